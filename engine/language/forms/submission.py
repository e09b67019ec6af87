"""Checking a whole submission: which fields are visible, what value each has, and all that is wrong at once.

As in the browser (form-js 1.23.0), conditions are evaluated twice: first over all values, then over the values of the
fields that the first time left visible, with a hidden field's initial value in place of its own. Hidden values are
dropped, and so are the facts that hidden fields had; disabled fields aren't submitted. In a row of a list, `this` is
the row, `parent` the object around it, `i` the positions, counted from 1.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from engine.base.errors import InvalidInput
from engine.language import feel
from engine.language.forms import dates
from engine.language.forms.fields import MISSING, Field, FieldLevel, Slot
from engine.language.forms.messages import Wrong
from engine.language.forms.values import CHOICES, COMPONENTS, Shown, is_empty, options, same

MOST_ROWS = 500  # in one list; a page can't show more, and nobody types more
MOST_NAMES = 10_000  # in one submission, all rows together
MOST_ERRORS = 200  # reported at once
MOST_UNKNOWN = 50  # unknown names reported at once: fewer than MOST_ERRORS, to leave room for the form's fields
_ROUNDS = 3  # rounds until visibility is taken as settled; expressions that depend on each other need fewer

Place = tuple[str | int, ...]


@dataclass(slots=True)
class FieldEntry:
    """One value of the submission: its place, the value that the browser would hold, and what is wrong with it."""

    slot: Slot
    place: Place
    value: Any
    given: Any  # the value handed in, or MISSING
    known: Any  # the fact of the case, or MISSING
    wrong: Wrong | None = None
    rows: list[list[FieldEntry]] | None = None
    given_rows: int = 0  # as many rows were handed in; the browser leaves out those at the end that show nothing
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class FormScope:
    """The names that an expression sees: those of the case and the form, and its own row."""

    data: Mapping[str, Any]
    this: Any
    parent: Any
    positions: tuple[int, ...]
    now: datetime | None

    def get(self, name: str) -> Any:
        if name in self.data:
            return self.data[name]
        plain = name[1:-1] if name.startswith("_") and name.endswith("_") else name
        special = {"this": self.this, "parent": self.parent, "i": list(self.positions)}
        return special.get(plain)

    def row(self, this: Any, position: int) -> FormScope:
        return FormScope(self.data, this, self.this, (*self.positions, position), self.now)


@dataclass(frozen=True, slots=True)
class Seen:
    """The context of one entry, for the rules of its field."""

    entry: FieldEntry
    scope: FormScope

    @property
    def now(self) -> datetime | None:
        return self.scope.now

    def evaluate(self, written: Any) -> Any:
        expression = self.entry.slot.field.expressions.get(written) if isinstance(written, str) else None
        return written if expression is None else expression.evaluate(self.scope.get, now=self.now)

    def meets(self, tests: feel.UnaryTests) -> bool:
        return tests.matches(None, self.scope.get, now=self.now) is True

    def fact(self, name: str) -> Any:
        return self.scope.data.get(name)


def check(level: FieldLevel, form: str, data: object, facts: Mapping[str, Any], now: datetime | None) -> dict[str, Any]:
    """Check a submission against the values of `level`. Arguments, result and errors are those of `Form.check`."""
    known, facts = facts, Shown(facts)
    errors: dict[str, dict[str, Any]] = {}
    if not isinstance(data, Mapping):
        raise InvalidInput(
            f"Expected the values of form {form} as an object.", sentence="body_unreadable", errors={}, form=form
        )
    _unknown(level, data, (), errors, [MOST_NAMES])
    entries = list(_entries(level, data, facts, (), facts))
    scope = _settle(entries, facts, now)
    cleaned = _finish(entries, scope, errors)
    if errors:
        wrong = ", ".join(list(errors)[:10])
        raise InvalidInput(
            f"Expected a valid submission of form {form}; wrong: {wrong}. Correct these fields.",
            sentence="fields_wrong",
            errors=errors,
            form=form,
        )
    return _with_what_was(level, entries, scope, known, cleaned)


# ------------------------------------------------------------------ what was handed in


def _unknown(
    level: FieldLevel, given: Mapping[Any, Any], where: Place, errors: dict[str, Any], budget: list[int]
) -> None:
    """Report names that the form doesn't have; names in a row are looked up in the level of the row."""

    def walk(values: Mapping[Any, Any], path: tuple[str, ...]) -> None:
        for name, value in values.items():
            budget[0] -= 1
            here = (*path, str(name))
            if budget[0] < 0 or len(errors) >= MOST_UNKNOWN:
                return
            if here in level.open_paths:
                if isinstance(value, Mapping):
                    walk(value, here)
                elif value is not None:
                    errors[_text((*where, *here))] = Wrong("object").as_field(here[-1])
            elif here not in level.paths:
                errors[_text((*where, *here))] = Wrong("unknown").as_field(_text(here)[:60])
            elif isinstance(value, list) and len(value) <= MOST_ROWS:
                row = level.paths[here].row
                for i, item in enumerate(value):
                    if row is not None and isinstance(item, Mapping):
                        _unknown(row, item, (*where, *here, i), errors, budget)

    walk(given, ())
    if budget[0] < 0:
        errors["(all)"] = Wrong("too_many_values", bound=MOST_NAMES).as_field("")


def _entries(level: FieldLevel, given: Any, facts: Any, where: Place, top: Mapping[str, Any]) -> Iterator[FieldEntry]:
    """Yield the values of a level as the browser would hold them: the given value, else the default, else empty.

    A field that nobody can change has the fact. `facts` are those of the level, `top` those of the case.
    """
    for slot in level.slots:
        handed_in, known = _dig(given, slot.path), _dig(facts, slot.path)
        place = (*where, *slot.path)
        if slot.row is not None:
            yield _list_entry(slot, slot.row, handed_in, known, place, top)
            continue
        is_fixed = slot.field.is_disabled or slot.field.raw.get("readonly") is True
        start = _initial(slot.field, known if is_fixed else MISSING, top)
        entry = FieldEntry(slot, place, start, handed_in, known)
        if handed_in is not MISSING:
            try:
                entry.value = COMPONENTS[slot.field.type].shape(slot.field, handed_in)
            except Wrong as wrong:
                entry.wrong = wrong
        yield entry


def _initial(field: Field, known: Any, facts: Mapping[str, Any]) -> Any:
    """Return the value that the browser shows before anybody types: the fact, else the default, else nothing.

    A fact that isn't of the field's kind is turned, or left out, as the browser does when it takes it in.
    """
    kind = COMPONENTS[field.type]
    if known is MISSING and field.default is MISSING:
        return kind.empty()
    try:
        if known is MISSING:
            return kind.shape(field, field.default)
        value = kind.shape(field, kind.taken_in(field, known))
    except Wrong:
        return kind.empty()
    return _offered(field, value, facts)


def _offered(field: Field, value: Any, facts: Mapping[str, Any]) -> Any:
    """Return what is offered of a choice that a fact made. Options that are computed aren't known so early."""
    if field.type not in CHOICES or field.raw.get("valuesExpression"):
        return value
    key = field.raw.get("valuesKey")
    offered = options(facts.get(key) if key else field.raw.get("values"))
    if isinstance(value, list):
        return [chosen for chosen in value if any(same(chosen, option) for option in offered)]
    return value if any(same(value, option) for option in offered) else None


def _list_entry(
    slot: Slot, row: FieldLevel, given: Any, known: Any, place: Place, top: Mapping[str, Any]
) -> FieldEntry:
    entry = FieldEntry(slot, place, None, given, known, rows=[])
    rows = [] if given is MISSING or given is None else given
    if not isinstance(rows, list):
        entry.wrong = Wrong("rows")
    elif len(rows) > MOST_ROWS:
        entry.wrong = Wrong("too_many_rows", bound=MOST_ROWS)
    elif not all(item is None or isinstance(item, Mapping) for item in rows):
        entry.wrong = Wrong("row")
    else:
        entry.given_rows = len(rows)
        entry.rows = [
            list(_entries(row, item, _dig(known, (i,)), (*place, i), top))
            for i, item in enumerate(rows + [None] * (_fixed_rows(slot.field, known) - len(rows)))
        ]
    return entry


def _fixed_rows(field: Field, known: Any) -> int:
    """Return how many rows the page shows of a list where nobody may add or remove one; 0 for other lists."""
    if field.raw.get("allowAddRemove", True):
        return 0
    if isinstance(known, list):
        return min(len(known), MOST_ROWS)
    stated = field.raw.get("defaultRepetitions", 1)
    return min(stated, MOST_ROWS) if type(stated) is int and stated > 0 else 0


def _dig(value: Any, path: Place) -> Any:
    for name in path:
        if type(value) is dict:  # nearly all values are plain dicts, which this recognises faster than isinstance
            value = value.get(name, MISSING)
            continue
        is_there = (
            name < len(value)
            if isinstance(value, list) and isinstance(name, int)
            else isinstance(value, Mapping) and name in value
        )
        if not is_there:
            return MISSING
        value = value[name]
    return value


# ------------------------------------------------------------------ what is visible


def _settle(entries: list[FieldEntry], facts: Mapping[str, Any], now: datetime | None) -> FormScope:
    """Mark the hidden entries and compute the expressions; return the scope of what is then visible."""
    is_computed = any(entry.slot.field.type == "expression" for entry in _all(entries))
    scope = _scope(entries, facts, now)
    if not is_computed and not any(entry.slot.conditions for entry in _all(entries)):
        return scope
    for _ in range(_ROUNDS if is_computed else 1):
        _compute(entries, scope)
        for entry in _all(entries):
            entry.is_hidden = False
        _hide(entries, _scope(entries, facts, now))
        scope = _scope(entries, facts, now)
        _hide(entries, scope)
    return scope


def _scope(entries: list[FieldEntry], facts: Mapping[str, Any], now: datetime | None) -> FormScope:
    values = _nested(entries, lambda entry: _before(entry, facts) if entry.is_hidden else entry.value)
    data = ChainMap(values, cast(dict[str, Any], facts))  # facts are read, never written
    return FormScope(data, data, None, (), now)


def _before(entry: FieldEntry, facts: Mapping[str, Any]) -> Any:
    """Return the value that conditions see of a hidden field: at the top of the form its initial value, in a row
    None.
    """
    if len(entry.place) > 1:
        return None
    if entry.slot.row is not None:
        return None if entry.known is MISSING else entry.known
    return _initial(entry.slot.field, entry.known, facts)


def _nested(entries: list[FieldEntry], value_of: Callable[[FieldEntry], Any]) -> dict[str, Any]:
    """Return the entries of a level as nested objects, by their paths."""
    result: dict[str, Any] = {}
    for entry in entries:
        inner = result
        for name in entry.slot.path[:-1]:
            inner = inner.setdefault(name, {})
        if entry.rows is None or entry.is_hidden:
            inner[entry.slot.path[-1]] = value_of(entry)
        else:
            inner[entry.slot.path[-1]] = [_nested(row, value_of) for row in entry.rows]
    return result


def _all(entries: list[FieldEntry]) -> Iterator[FieldEntry]:
    for entry in entries:
        yield entry
        for row in entry.rows or ():
            yield from _all(row)


def _scoped(entries: list[FieldEntry], scope: FormScope) -> Iterator[tuple[FieldEntry, FormScope]]:
    """Yield each entry with the scope that its expressions see; rows of hidden lists are left out."""
    for entry in entries:
        yield entry, scope
        for seen, row in _rows(entry, scope) if not entry.is_hidden else ():
            yield from _scoped(row, seen)


def _rows(entry: FieldEntry, scope: FormScope) -> Iterator[tuple[FormScope, list[FieldEntry]]]:
    """Yield the rows of a list, each with its scope; `this` is the row as it stands, hidden values included."""
    for position, row in enumerate(entry.rows or (), start=1):
        yield scope.row(_nested(row, lambda inner: inner.value), position), row


def _hide(entries: list[FieldEntry], scope: FormScope) -> None:
    for entry, seen in _scoped(entries, scope):
        if entry.slot.conditions:
            entry.is_hidden = any(map(Seen(entry, seen).meets, entry.slot.conditions))


def _compute(entries: list[FieldEntry], scope: FormScope) -> None:
    for entry, seen in _scoped(entries, scope):
        if entry.slot.field.type == "expression":
            entry.value = _storable(Seen(entry, seen).evaluate(entry.slot.field.raw["expression"]))


def _storable(value: Any) -> Any:
    """Return a FEEL value in the form that a fact may have: whole numbers as int, ranges and functions as text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {name: _storable(item) for name, item in value.items()}
    return feel.to_json(value) if isinstance(value, feel.Range | feel.Function) else value


# ------------------------------------------------------------------ the verdict


def _finish(entries: list[FieldEntry], scope: FormScope, errors: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the cleaned values of a level; problems go to `errors`."""
    result: dict[str, Any] = {}
    for entry in entries:
        if entry.is_hidden or (entry.slot.field.is_disabled and _is_untouched(entry, scope)):
            continue
        try:
            value = _cleaned(entry, scope, errors)
        except Wrong as wrong:
            if len(errors) < MOST_ERRORS:
                errors[_text(entry.place)] = wrong.as_field(entry.slot.field.label)
            continue
        inner = result
        for name in entry.slot.path[:-1]:
            inner = inner.setdefault(name, {})
        inner[entry.slot.path[-1]] = value
    return result


def _cleaned(entry: FieldEntry, scope: FormScope, errors: dict[str, dict[str, Any]]) -> Any:
    """Return the value of one visible entry. Raises Wrong."""
    field, seen = entry.slot.field, Seen(entry, scope)
    if entry.wrong is not None:
        raise entry.wrong
    if entry.rows is not None:
        if not _keeps_rows(entry):
            raise Wrong("rows_fixed", bound=_fixed_rows(field, entry.known))
        return [_finish(row, here, errors) for here, row in _rows(entry, scope)]
    if field.is_disabled:
        raise Wrong("readonly")
    value = entry.value
    if field.type != "expression" and field.is_readonly(seen):
        if not _is_untouched(entry, scope):
            raise Wrong("readonly")
        value = _initial(field, entry.known, scope.data)
    if is_empty(value) and field.is_required:
        raise Wrong("required")
    return COMPONENTS[field.type].rules(field, value, seen)


def _keeps_rows(entry: FieldEntry) -> bool:
    """Return whether rows were neither added nor removed where nobody may: a row that wasn't handed in shows no field
    that the browser would have sent.
    """
    if entry.slot.field.raw.get("allowAddRemove", True):
        return True
    rows = entry.rows or []
    missing = (inner for row in rows[entry.given_rows :] for inner in row)
    return len(rows) == _fixed_rows(entry.slot.field, entry.known) and not any(map(_is_sent, missing))


def _is_sent(entry: FieldEntry) -> bool:
    """Return whether the browser sends the field, or a field of its rows."""
    if entry.is_hidden or entry.slot.field.is_disabled:
        return False
    return entry.rows is None or any(_is_sent(inner) for row in entry.rows for inner in row)


def _is_untouched(entry: FieldEntry, scope: FormScope) -> bool:
    """Return whether the submission leaves the value as the browser showed it at first."""
    if entry.given is MISSING:
        return True
    initial = _initial(entry.slot.field, entry.known, scope.data)
    return dates.equal(entry.value, initial) if entry.slot.field.type == "datetime" else same(entry.value, initial)


# ------------------------------------------------------------------ what was there before


def _with_what_was(
    level: FieldLevel, entries: list[FieldEntry], scope: FormScope, facts: Mapping[str, Any], cleaned: dict[str, Any]
) -> dict[str, Any]:
    """Return the cleaned values with null for the facts of hidden fields; an object keeps the names that aren't the
    form's to set.
    """
    cleared = {entry.slot.path for entry in entries if _clears(entry, scope)}
    for top in {path[0]: None for path in level.paths}:
        if (top,) in cleared:
            cleaned[top] = None
        elif (top,) in level.open_paths and (top in cleaned or any(path[0] == top for path in cleared)):
            cleaned[top] = _merged(level, facts.get(top), cleaned.get(top, {}), (top,), cleared)
    return cleaned


def _clears(entry: FieldEntry, scope: FormScope) -> bool:
    """Return whether the entry is hidden and had a fact. Where nobody could have changed it, disabled or read-only, the
    field only showed the fact, which stays.
    """
    if not entry.is_hidden or entry.known is MISSING or entry.known is None or entry.slot.field.is_disabled:
        return False
    return not entry.slot.field.is_readonly(Seen(entry, scope))


def _merged(
    level: FieldLevel, known: Any, cleaned: dict[str, Any], path: tuple[str, ...], cleared: set[tuple[str, ...]]
) -> dict[str, Any]:
    """Return the object that was known with the cleaned values in it, and without what is cleared."""
    if not isinstance(known, Mapping):
        return cleaned
    merged = {name: value for name, value in known.items() if (*path, name) not in cleared} | cleaned
    for name, value in known.items():
        here = (*path, name)
        if here in level.open_paths:
            merged[name] = _merged(level, value, cleaned.get(name, {}), here, cleared)
    return merged


def _text(place: Place) -> str:
    """Return a place as text, such as `shareholders[0].name`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return "".join(parts).removeprefix(".")
