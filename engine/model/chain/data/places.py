"""The places of a process in which an expression stands: what each sees, and what it has to give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.model.chain.data import known, shapes
from engine.model.chain.data.inference import Names
from engine.model.chain.data.schema import Schema
from engine.model.chain.data.shapes import Shape
from engine.model.chain.model import Element, Flow, Process

_TIMES = (shapes.DATE, shapes.MOMENT, shapes.DAYS, shapes.MONTHS, shapes.TEXT)
_LISTED = (shapes.LIST, shapes.TEXT)


@dataclass(frozen=True, slots=True)
class Spot:
    """One expression: where it stands, what it is called there, its text with the `=`, and the names that it sees.

    `wants`: the kinds that it has to give; empty: any.
    """

    process: Process
    element: Element | Flow
    what: str
    text: str
    names: Names
    wants: tuple[str, ...] = ()


def spots(schema: Schema, process: Process) -> Iterator[Spot]:
    """Yield all places of a process that hold an expression."""
    for element in process.elements.values():
        for flow in (process.flows[id] for id in element.outgoing):
            if flow.condition:
                names = schema.outside(process, element)
                yield Spot(process, flow, "condition", flow.condition, names, (shapes.BOOLEAN,))
        for find in _FINDERS:
            yield from (spot for spot in find(schema, process, element) if spot.text.startswith("="))


def _mapped(schema: Schema, process: Process, element: Element) -> Iterator[Spot]:
    own = schema.names(process, element)
    for place, mapping in enumerate(element.inputs):
        yield Spot(
            process, element, f"input '{mapping.target}'", mapping.source, schema.before(process, element, place)
        )
    for key, value in element.headers.items():
        yield Spot(process, element, f"header '{key}'", value, own)
    brought, is_open = schema.results(process, element)
    seen: dict[str, Shape] = {}
    for mapping in element.outputs:
        names = schema.names(process, element, dict(seen), brought)
        names.is_open = names.is_open or is_open
        yield Spot(process, element, f"output '{mapping.target}'", mapping.source, names)
        seen[mapping.target] = schema.shape(mapping.source, names)


def _stated(schema: Schema, process: Process, element: Element) -> Iterator[Spot]:
    stated: list[tuple[str, str | None, tuple[str, ...]]] = [
        ("script", element.script, ()),
        ("assignee", element.assignee, (shapes.TEXT,)),
        ("candidateGroups", element.candidate_groups, _LISTED),
        ("candidateUsers", element.candidate_users, _LISTED),
        ("dueDate", element.due_date, _TIMES),
        ("property 'department'", element.properties.get("department"), (shapes.TEXT,)),
    ]
    for what, text, wants in stated:
        if text:
            yield Spot(process, element, what, text, schema.names(process, element), wants)


def _repeated(schema: Schema, process: Process, element: Element) -> Iterator[Spot]:
    multi = element.multi
    if multi is None:
        return
    yield Spot(
        process, element, "inputCollection", multi.input_collection, schema.outside(process, element), (shapes.LIST,)
    )
    if multi.output_element:
        yield Spot(process, element, "outputElement", multi.output_element, schema.names(process, element))
    if multi.completion:
        names = schema.names(process, element, known.COUNTS)
        yield Spot(process, element, "completionCondition", multi.completion, names, (shapes.BOOLEAN,))


def _awaited(schema: Schema, process: Process, element: Element) -> Iterator[Spot]:
    event = element.event
    if event is None:
        return
    host = process.elements.get(element.attached_to or "")
    names = schema.names(process, host if host is not None else element)
    stated = [
        ("time", event.text, _TIMES if event.kind == "timer" else ()),
        ("correlationKey", event.key, ()),
        ("name of the event", event.name, (shapes.TEXT,)),
    ]
    for what, text, wants in stated:
        if text:
            yield Spot(process, element, what, text, names, wants)


_FINDERS: tuple[Callable[[Schema, Process, Element], Iterator[Spot]], ...] = (_mapped, _stated, _repeated, _awaited)
