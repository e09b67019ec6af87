"""Fields that come to nothing: those that have to be filled in and are never shown, and those that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from math import prod
from typing import Any

from engine.base.canonical import text_of
from engine.language.feel import syntax
from engine.language.forms.fields import FieldLevel, Slot
from engine.law.matter import ACTIONS
from engine.model.chain.data import at_forms, read, readers, shapes
from engine.model.chain.data.inference import Names
from engine.model.chain.data.schema import Schema
from engine.model.chain.data.shapes import Shape
from engine.model.chain.files import Source
from engine.model.chain.model import Element
from engine.model.chain.names import WORD, expressions

_MOST = 512
"""Combinations of values that are tried; beyond that a field counts as shown."""
_OTHER = "\ue000"
"""A text that no expression names."""


@dataclass(frozen=True, slots=True)
class Unneeded:
    """A field that comes to nothing: its file, its id, its name, and why."""

    file: str
    component: str
    line: int | None
    name: str
    why: str


# ---------------------------------------------------------------------- never shown


def never_shown(schema: Schema) -> Iterator[Unneeded]:
    """Yield the required fields that are hidden whatever their facts are."""
    for id, source in schema.draft.forms.items():
        form = read.form_of(source.data)
        seen = at_forms.seen(schema, id, form) if form is not None else None
        if form is None or seen is None:
            continue
        own = source in schema.draft.given
        known = Names(*(seen.facts if own and not seen.is_open else (read.fields_of(form),)), is_open=True)
        for slot in _slots(form.level):
            if slot.field.is_required and slot.conditions and _is_hidden(slot, known):
                why = "it has to be filled in, and its condition hides it whatever the facts are"
                yield _lost(source, slot, why)


def _slots(level: FieldLevel) -> Iterator[Slot]:
    for slot in level.slots:
        yield slot
        yield from _slots(slot.row) if slot.row is not None else ()


def _is_hidden(slot: Slot, known: Names) -> bool:
    """Return whether a field is hidden with all values that its facts may have. In doubt it isn't."""
    trees = [read.tree_of(condition.text, True) for condition in slot.conditions]
    parts = [part for tree in trees if tree is not None for part in readers.parts_of(tree)]
    literals = [part.value for part in parts if isinstance(part, syntax.Literal)]
    names = sorted({part.name for part in parts if isinstance(part, syntax.Name)} - {"?"})
    found = [known.find(name) for name in names]
    unlike = any(not isinstance(value, _PLAIN) for value in literals) or any(map(_is_other, found))
    if None in trees or unlike or any(map(_is_beyond, parts)) or not {"this", "parent", "i"}.isdisjoint(names):
        return False
    tried = [_values(shape, literals) for shape in found]
    if prod(map(len, tried)) > _MOST:
        return False
    return all(
        any(condition.matches(None, dict(zip(names, values, strict=True))) is True for condition in slot.conditions)
        for values in product(*tried)
    )


_PLAIN = (str, bool, int, Decimal, type(None))
_BEYOND = (syntax.Path, syntax.Filter, syntax.For, syntax.Quantified, syntax.Lambda, syntax.ContextOf, syntax.ListOf)
_TRIED = frozenset({shapes.TEXT, shapes.BOOLEAN, shapes.NUMBER})


def _is_beyond(part: syntax.Part) -> bool:
    """Return whether a part of a condition is one whose values aren't tried."""
    return isinstance(part, _BEYOND) or (isinstance(part, syntax.Call) and part.name != "not")


def _is_other(shape: Shape | None) -> bool:
    return shape is not None and bool(shape.kinds) and not (shape.kinds or frozenset()) <= _TRIED


def _values(shape: Shape | None, literals: Sequence[Any]) -> list[Any]:
    """Return values that a fact may have, one for each way in which it may differ from the literals."""
    kinds = shape.kinds if shape is not None and shape.kinds else _TRIED
    values: list[Any] = [None]
    if shapes.TEXT in kinds:
        options = shape.options if shape is not None else None
        values += sorted(
            {text for text in literals if isinstance(text, str)} | {_OTHER} if options is None else options
        )
    if shapes.BOOLEAN in kinds:
        values += [True, False]
    if shapes.NUMBER in kinds:
        numbers = [n for n in literals if isinstance(n, int | Decimal) and not isinstance(n, bool)] or [Decimal(0)]
        values += sorted({number + step for number in numbers for step in (-1, Decimal("-0.5"), 0, Decimal("0.5"), 1)})
    return values


# ---------------------------------------------------------------------- never read


def never_read(schema: Schema) -> Iterator[Unneeded]:
    """Yield the fields of the draft's own forms that nothing reads: no expression, form, decision or action, or no
    output mapping of the tasks with the form.
    """
    read_anywhere = _read_anywhere(schema)
    for id, source in schema.draft.forms.items():
        form = read.form_of(source.data)
        tasks = [e for p in schema.draft.processes.values() for e in p.elements.values() if e.form == id]
        if form is None or not tasks or source not in schema.draft.given:
            continue
        dropped = all(task.outputs for task in tasks)
        taken = {name for task in tasks for name in _taken_by(task)} | readers.of_form(source.data).words
        for slot in form.level.slots:
            if not _is_filled_in(slot):
                continue
            if dropped and slot.path[0] not in taken:
                names = ", ".join(f"'{task.id}'" for task in tasks)
                yield _lost(source, slot, f"no output mapping of {names} takes it, and the journal alone keeps it")
            elif slot.path[0] not in read_anywhere:
                yield _lost(source, slot, "no expression, form, decision or action does. It is there for people alone")


def _read_anywhere(schema: Schema) -> set[str]:
    processes = schema.draft.processes.values()
    parts = [part for p in processes for part in (*p.elements.values(), *p.flows.values())]
    words = {word for part in parts for text in expressions(part) for word in WORD.findall(text)}
    for source in schema.draft.forms.values():
        words |= readers.of_form(source.data).words
    for source in schema.draft.decisions.values():
        words |= set(WORD.findall(text_of(source.data)))
    jobs = {part.job or "" for part in parts if isinstance(part, Element)}
    return words | {name for job in jobs & ACTIONS.keys() for name in (*ACTIONS[job].required, *ACTIONS[job].optional)}


def _taken_by(task: Element) -> Iterator[str]:
    for mapping in task.outputs:
        yield from readers.names_in(mapping.source)
    if task.multi is not None:
        yield from readers.names_in(task.multi.output_element or "")
        yield from readers.names_in(task.multi.completion or "")


def _is_filled_in(slot: Slot) -> bool:
    field = slot.field
    return field.type not in ("expression", "button") and not field.is_disabled and field.raw.get("readonly") is None


def _lost(source: Source, slot: Slot, why: str) -> Unneeded:
    line = at_forms.line_of(text_of(source.data), slot.field.raw)
    return Unneeded(source.file, slot.field.id, line, ".".join(slot.path), why)
