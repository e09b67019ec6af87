"""Reading a form-js schema into a frozen Form. Knows no submission.

A file that is no form at all is a ModelError. Everything else that is wrong with it is a FormProblem, for
`chain check` to report all at once; a form with errors among them can't check submissions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any, Literal, TypeVar, cast

from engine.base import terms
from engine.base.canonical import json_text, of_json
from engine.base.errors import FeelError, ModelError
from engine.language import feel
from engine.language.forms import patterns, properties, values
from engine.language.forms.fields import MISSING, Field, FieldLevel, FormProblem, Slot
from engine.language.forms.messages import Wrong
from engine.language.forms.submission import check
from engine.language.forms.values import COMPONENTS

T = TypeVar("T")

LARGEST_SCHEMA = 2_000_000  # bytes
MOST_COMPONENTS = 2_000
DEEPEST = 20  # groups and lists within each other
DEEPEST_JSON = 100  # lists and objects: two for each group, and what a property holds

LISTS = ("dynamiclist",)
CONTAINERS = ("group", *LISTS)
WITHOUT_VALUE = (
    *("text", "html", "image", "separator", "spacer", "button", "table", "iframe"),
    "documentPreview",
)

_FEEL_PROPERTIES = (  # of a component, as paths; the browser evaluates them if they begin with "="
    *(("valuesExpression",), ("expression",), ("multiple",), ("accept",)),
    *(("dataSource",), ("columnsExpression",), ("label",), ("description",)),
    *(("validate", name) for name in ("min", "max", "minLength", "maxLength")),
)
CONFIDENTIAL = "confidential"
"""Name of the property that lists the roles that may read a value."""

_ONLY_FEEL = ("conditional.hide", "valuesExpression", "expression")  # the browser ignores it without the "="


@dataclass(frozen=True)
class Form:
    """A form as read. `personal`: names at the top that hold personal values; `problems`: everything wrong with it."""

    id: str
    title: str
    fields: tuple[Field, ...]
    problems: tuple[FormProblem, ...]
    level: FieldLevel = field(repr=False)

    @cached_property
    def personal(self) -> frozenset[str]:
        return frozenset(slot.path[0] for slot in self.level.slots if _is_personal(slot)) | self.confidential.keys()

    @cached_property
    def confidential(self) -> Mapping[str, frozenset[frozenset[str]]]:
        """Names at the top that hold confidential values; sets of roles: who holds one of each may read them."""
        needed: dict[str, frozenset[frozenset[str]]] = {}
        for slot in self.level.slots:
            if readers := _readers(slot):
                needed[slot.path[0]] = needed.get(slot.path[0], frozenset()) | readers
        return needed

    @cached_property
    def names(self) -> frozenset[str]:
        """The facts that a submission may set: the names at the top."""
        return frozenset(slot.path[0] for slot in self.level.slots)

    @property
    def errors(self) -> tuple[FormProblem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")

    def check(
        self, data: object, facts: Mapping[str, Any] = MappingProxyType({}), now: datetime | None = None
    ) -> dict[str, Any]:
        """Return the cleaned values of a submission: those of visible fields, None for a field left empty and for the
        fact of a field that is hidden, numbers as int or Decimal, dates and times in one form, identifiers normalised,
        defaults filled in, expressions computed here. An object keeps the names that the form hasn't.

        `facts` are the initial data that the browser was given: conditions, options and read-only fields see them.
        `now`, in the hall's zone, is the moment that `now()` gives, and its day the first that isn't past.
        Raises InvalidInput with `fields["errors"]`: path → `wrong_field(…)`, all wrong fields at once; ModelError if
        the form itself is wrong.
        """
        if self.errors:
            raise ModelError(f"Form {self.id} can't be used: {self.errors[0].message}", form=self.id)
        return check(self.level, self.id, data, facts, now)


def read(data: bytes) -> Form:
    """Return the form in a `.form` file. Raises ModelError, naming the component, for a file that is no form."""
    return _Reader(_parsed(data), json_text(data)).form()


def _parsed(data: bytes) -> dict[str, Any]:
    if len(data) > LARGEST_SCHEMA:
        raise ModelError(f"Expected a form of at most {LARGEST_SCHEMA} bytes, found {len(data)}.")
    try:
        schema = of_json(data, parse_float=Decimal, parse_constant=_no_constant)
    except ValueError as error:
        raise ModelError(f"Expected a form as JSON in UTF-8, found something else ({error}).") from None
    if not isinstance(schema, dict) or not isinstance(schema.get("components"), list):
        raise ModelError("Expected a form: an object with a list of components.")
    if _depth(schema) > DEEPEST_JSON:
        raise ModelError(f"Expected lists and objects at most {DEEPEST_JSON} deep within each other.")
    if not isinstance(schema.get("id"), str) or not schema["id"]:
        raise ModelError("Expected a form with an id; give the form one.")
    return cast(dict[str, Any], schema)


def _depth(value: Any) -> int:
    """Return how deep lists and objects stand within each other; without recursion, which ends at some depth."""
    deep, level = 0, [value]
    while level := [one for one in level if isinstance(one, dict | list)]:
        deep += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return deep


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _is_personal(slot: Slot) -> bool:
    return slot.is_personal or (slot.row is not None and any(map(_is_personal, slot.row.slots)))


def _readers(slot: Slot) -> frozenset[frozenset[str]]:
    inner = (_readers(one) for one in slot.row.slots) if slot.row is not None else ()
    return slot.readers.union(*inner)


class _Reader:
    """Reads one schema and collects its problems."""

    def __init__(self, schema: dict[str, Any], text: str) -> None:
        self.schema = schema
        self.text = text
        self.problems: list[FormProblem] = []
        self.ids: set[str] = set()
        self.components = 0

    def form(self) -> Form:
        fields = tuple(self.read_fields(self.schema["components"], "components", 0))
        level = self.level(fields, (), (), False)
        if self.schema.get("type") != "default":
            self.report(None, "form-type", 'The form\'s type has to be "default".')
        self.report_circles(level)
        return Form(self.schema["id"], self.title(), fields, tuple(self.problems), level)

    def report(
        self, component: str | None, rule: str, message: str, severity: Literal["error", "warning"] = "error"
    ) -> None:
        self.problems.append(FormProblem(component, self.line(component), rule, message, severity))

    def line(self, component: str | None) -> int | None:
        place = re.search(rf'"id"\s*:\s*{re.escape(json.dumps(component))}', self.text) if component else None
        return self.text.count("\n", 0, place.start()) + 1 if place else None

    def title(self) -> str:
        """Return the first heading among the texts of the form, else its id: form-js has no title."""
        for component in self.schema["components"]:
            text = component.get("text") if component.get("type") == "text" else None
            if isinstance(text, str) and text.strip().startswith("#") and "{{" not in text.splitlines()[0]:
                return text.strip().splitlines()[0].lstrip("#").strip()
        return str(self.schema["id"])

    # -------------------------------------------------------------- components

    def read_fields(self, components: list[Any], where: str, depth: int) -> Iterator[Field]:
        if depth > DEEPEST:
            raise ModelError(f"{where}: expected at most {DEEPEST} groups and lists within each other.")
        for i, component in enumerate(components):
            self.components += 1
            if self.components > MOST_COMPONENTS:
                raise ModelError(f"{where}: expected at most {MOST_COMPONENTS} components in a form.")
            if not isinstance(component, dict):
                raise ModelError(f"{where}[{i}]: expected a component, an object with a type.")
            field = self.read_field(component, f"{where}[{i}]", depth)
            if field is not None:
                yield field

    def read_field(self, raw: dict[str, Any], where: str, depth: int) -> Field | None:
        kind, id = raw.get("type"), self.read_id(raw, where)
        if isinstance(kind, str) and kind in properties.ANY:
            for message in properties.told(raw):
                self.report(id, "form-property", f"{id}: {message}", "warning")
        if kind in WITHOUT_VALUE:
            self.compiled(raw, id)
            self.tests(raw, ("conditional", "hide"), id)
            return None
        if not isinstance(kind, str) or (kind not in COMPONENTS and kind not in CONTAINERS):
            self.report(id, "form-component", f"{where}: there is no component of type {str(kind)[:40]!r}.")
            return None
        children: tuple[Field, ...] = ()
        if kind in CONTAINERS:
            inner = raw.get("components", [])
            if not isinstance(inner, list):
                raise ModelError(f"{where}: expected its components as a list.")
            children = tuple(self.read_fields(inner, f"{where}.components", depth + 1))
        label = self.read_label(raw, id)
        path = self.read_path(raw, id)
        field = Field(
            id,
            kind,
            label,
            path,
            self.read_term(raw, id),
            _property(raw, "personal") in ("true", True),
            frozenset(listed(_property(raw, CONFIDENTIAL))),
            children,
            MappingProxyType(raw),
            MappingProxyType(self.compiled(raw, id)),
            self.tests(raw, ("conditional", "hide"), id),
            self.tests(raw, ("readonly",), id),
        )
        self.check_field(field)
        return field

    def read_id(self, raw: dict[str, Any], where: str) -> str:
        id = raw.get("id")
        if not isinstance(id, str) or not id:
            self.report(None, "form-id", f"{where}: the component has no id. Give it one.")
            return where
        if id in self.ids:
            self.report(id, "form-id", f"{where}: the id {id} is used twice.")
        self.ids.add(id)
        return id

    def read_label(self, raw: dict[str, Any], id: str) -> str:
        names = ("label", "dateLabel", "timeLabel") if raw.get("type") == "datetime" else ("label",)
        for name in names:
            text = raw.get(name)
            if isinstance(text, str) and text.strip():
                is_computed = text.startswith("=") or "{{" in text
                return str(raw.get("key") or raw.get("path") or id) if is_computed else text.strip()
        if raw.get("type") in COMPONENTS and raw["type"] != "expression":
            message = f"{id}: the field has no label, so that no message can name it."
            self.report(id, "form-label", message, "warning")
        return str(raw.get("key") or raw.get("path") or id)

    def read_path(self, raw: dict[str, Any], id: str) -> tuple[str, ...]:
        is_keyed = raw["type"] in COMPONENTS
        text = raw.get("key" if is_keyed else "path")
        if raw["type"] == "group" and not text:
            return ()
        if not isinstance(text, str) or not all(text.split(".")):
            name = "key" if is_keyed else "path"
            self.report(id, "form-key", f"{id}: the field needs a {name}, under which its value is kept.")
            return (id,)
        return tuple(text.split("."))

    def read_term(self, raw: dict[str, Any], id: str) -> str | None:
        term = _property(raw, "term")
        if term is None:
            return None
        if not isinstance(term, str) or term not in terms.KINDS or raw["type"] not in ("textfield", "textarea"):
            known = ", ".join(sorted(terms.KINDS))
            message = f"{id}: expected the term of a text field, one of {known}; found {str(term)[:40]!r}."
            self.report(id, "form-term", message)
            return None
        return str(term)

    def compiled(self, raw: dict[str, Any], id: str) -> dict[str, feel.Expression]:
        """Return the FEEL expressions of a component, by their text with the `=`."""
        pairs = ((_at(raw, path), self.one_feel(raw, path, id, feel.compile)) for path in _FEEL_PROPERTIES)
        return {text: expression for text, expression in pairs if expression is not None}

    def tests(self, raw: dict[str, Any], path: tuple[str, ...], id: str) -> feel.UnaryTests | None:
        return self.one_feel(raw, path, id, partial(feel.compile_unary, alone=True))

    def one_feel(self, raw: dict[str, Any], path: tuple[str, ...], id: str, compiled: Callable[[str], T]) -> T | None:
        """Return one property compiled; None if it isn't FEEL, or wrong FEEL."""
        text, name = _at(raw, path), ".".join(path)
        if not isinstance(text, str) or not text:
            return None
        if not text.startswith("="):
            if name in _ONLY_FEEL:
                message = f'{id}: {name} has to begin with "=", else the browser ignores it: ={text[:60]}'
                self.report(id, "form-feel", message)
            return None
        try:
            return compiled(text[1:])
        except FeelError as error:
            self.report(id, "form-feel", f"{id}: {name}: {error.message}")
            return None

    # -------------------------------------------------------------- rules of one field

    def check_field(self, field: Field) -> None:
        raw, id = field.raw, field.id
        for name in ("validate", "conditional"):
            if not isinstance(raw.get(name, {}), dict):
                self.report(id, "form-property", f"{id}: {name} has to be an object.")
        pattern = field.validate.get("pattern")
        wrong = patterns.problem(pattern) if isinstance(pattern, str) else pattern and "it isn't text"
        if wrong:
            self.report(id, "form-pattern", f"{id}: the pattern can't be used: {wrong}.")
        for name in ("min", "max", "minLength", "maxLength"):
            bound = field.validate.get(name)
            is_feel = isinstance(bound, str) and bound in field.expressions
            if bound not in (None, "") and not _is_number(bound) and not is_feel:
                self.report(id, "form-property", f"{id}: validate.{name} has to be a number or FEEL.")
        for name in ("decimalDigits", "increment"):
            if raw.get(name) not in (None, "") and not _is_number(raw[name]):
                self.report(id, "form-property", f"{id}: {name} has to be a number that isn't negative.")
        if field.type in values.CHOICES:
            self.check_options(field)
        if field.type == "expression" and not raw.get("expression"):
            self.report(id, "form-feel", f"{id}: the expression is missing.")
        self.check_default(field)

    def check_options(self, field: Field) -> None:
        sources = [name for name in ("values", "valuesKey", "valuesExpression") if field.raw.get(name) is not None]
        if len(sources) != 1:
            message = f"{field.id}: expected one of values, valuesKey, valuesExpression; found {sources or 'none'}."
            self.report(field.id, "form-options", message)
        elif sources == ["values"]:
            chosen = values.options(field.raw["values"])
            if not chosen or any(values.same(a, b) for i, a in enumerate(chosen) for b in chosen[:i]):
                self.report(field.id, "form-options", f"{field.id}: options are missing, or one stands twice.")
            elif len(chosen) < len(field.raw["values"]):
                message = f"{field.id}: an option without a value, or with an empty one, is never offered."
                self.report(field.id, "form-options", message, "warning")

    def check_default(self, field: Field) -> None:
        """Report a default value that the field itself would refuse. Options that need facts are left to the
        browser.
        """
        if field.default is MISSING or field.type not in COMPONENTS:
            return
        kind = COMPONENTS[field.type]
        try:
            value = kind.shape(field, field.default)
            if not values.is_empty(value) and field.raw.get("values") is not None:
                kind.rules(field, value, _Nothing())
        except Wrong as wrong:
            message = f"{field.id}: the default value is refused: {wrong.as_field(field.label)['message']}"
            self.report(field.id, "form-default", message)

    def report_circles(self, level: FieldLevel) -> None:
        """Report what depends on its own value: page and server work it out a different number of times."""
        computed = {slot.path[0]: slot for slot in level.slots if slot.field.type == "expression"}
        needs = {
            name: {other for one in slot.field.expressions.values() for other in one.names if other in computed}
            for name, slot in computed.items()
        }
        for name, slot in computed.items():
            reached, ahead = set[str](), needs[name]
            while ahead:
                reached |= ahead
                ahead = {other for one in ahead for other in needs[one]} - reached
            if name in reached:
                self.report(slot.field.id, "form-circle", f"{slot.field.id}: it is computed from itself.", "warning")
        for slot in level.slots:
            if slot.field.hide is not None and len(slot.path) == 1 and slot.path[0] in slot.field.hide.names:
                message = f"{slot.field.id}: it is hidden by its own value, so that it may vanish when it is filled in."
                self.report(slot.field.id, "form-circle", message, "warning")

    # -------------------------------------------------------------- scopes

    def level(
        self,
        fields: tuple[Field, ...],
        path: tuple[str, ...],
        conditions: tuple[feel.UnaryTests, ...],
        is_personal: bool,
        readers: frozenset[frozenset[str]] = frozenset(),
    ) -> FieldLevel:
        level = FieldLevel(tuple(self.slots(fields, path, conditions, is_personal, readers)))
        owners: dict[tuple[str, ...], str] = {}  # whole path → id of its field
        within: dict[tuple[str, ...], str] = {}  # beginning of a path → id of a field below it
        for slot in level.slots:
            begins = [slot.path[:length] for length in range(1, len(slot.path))]
            others = (owners.get(slot.path), within.get(slot.path), *map(owners.get, begins))
            other = next(filter(None, others), None)
            if other is not None:
                name = ".".join(slot.path)
                message = f"{slot.field.id}: the key {name} is taken by {other}. Give one of them another key."
                self.report(slot.field.id, "form-key", message)
            owners[slot.path] = slot.field.id
            within.update(dict.fromkeys(begins, slot.field.id))
        return level

    def slots(
        self,
        fields: tuple[Field, ...],
        path: tuple[str, ...],
        conditions: tuple[feel.UnaryTests, ...],
        is_personal: bool,
        readers: frozenset[frozenset[str]],
    ) -> Iterator[Slot]:
        for part in fields:
            here, personal = path + part.path, is_personal or part.is_personal
            needed = readers | {part.confidential} if part.confidential else readers
            hidden = (*conditions, part.hide) if part.hide else conditions
            if part.type == "group":
                yield from self.slots(part.children, here, hidden, personal, needed)
            else:
                row = self.level(part.children, (), (), personal, needed) if part.type in LISTS else None
                yield Slot(part, here, hidden, personal, needed, row)


class _Nothing:
    """The context of a default value: no fact is known yet, so that bounds in FEEL don't apply."""

    now = None

    def evaluate(self, written: Any) -> Any:
        return None if isinstance(written, str) and written.startswith("=") else written

    def meets(self, tests: feel.UnaryTests) -> bool:
        return False

    def fact(self, name: str) -> Any:
        return None


def listed(value: Any) -> list[str]:
    """The keys that a property lists, separated by commas, each once; none where it isn't text."""
    parts = value.split(",") if isinstance(value, str) else ()
    return list(dict.fromkeys(filter(None, (part.strip() for part in parts))))


def _property(raw: Mapping[str, Any], name: str) -> Any:
    properties = raw.get("properties")
    return properties.get(name) if isinstance(properties, dict) else None


def _at(raw: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = raw
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"-?[0-9]{1,30}(\.[0-9]{1,30})?", value) is not None
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
