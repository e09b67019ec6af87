"""Why: what the decisions and conditions of an entry read, which rules matched, and what came out.

The journal has the values; the texts of rules, columns, forms and flows are those of the version that the case ran.
Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from engine.base.canonical import of_json
from engine.case.journal import Entry
from engine.case.records import Personal, decode
from engine.language.decisions.outline import DecisionText, Outline, outline
from engine.model.chain import ChainVersion
from engine.reading.views.application import Answer, Listing, answer_of, named


@dataclass(frozen=True, slots=True)
class Read:
    """A value that was read. `value` None: there was none, or (`hidden`) it isn't shown, as it is personal or long."""

    label: str
    value: Answer | None
    hidden: str | None = None  # personal | long


@dataclass(frozen=True, slots=True)
class Matched:
    """A rule that matched: its table, its number there, the designer's note on it, and its conditions as written."""

    table: str
    number: int
    note: str
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something came out. `name`: that of the decision, or of the element.

    decision: `outcome`, `rules`, `warnings` (English texts of the engine) · way: `ways`, the flows that were taken
    met, unmet: the completion condition of several instances
    """

    what: str
    name: str
    read: tuple[Read, ...]
    outcome: Read | None = None
    ways: tuple[str, ...] = ()
    rules: tuple[Matched, ...] = ()
    warnings: tuple[str, ...] = ()


def reasons(version_of: Callable[[str], ChainVersion], entry: Entry) -> Iterator[Reason]:
    """Yield the reasons of an entry, in the order in which things came out. `version_of`: a chain version by digest."""
    told = [effect for effect in entry.effects if effect["type"] in _TELLERS]
    if told:
        version = version_of(entry.context["chain"])
        for effect in told:
            yield _TELLERS[effect["type"]](version, effect)


def _decided(version: ChainVersion, effect: Mapping[str, Any]) -> Reason:
    texts = _texts(version.decisions[effect["decision"]])
    decision = texts.decisions.get(effect["decision"])
    columns = {c.text: c.label for d in texts.decisions.values() if d.table for c in d.table.inputs if c.label}
    outputs = {c.text: c.label for c in decision.table.outputs} if decision is not None and decision.table else {}
    name = decision.name if decision is not None and decision.name else effect["decision"]
    return Reason(
        "decision",
        name,
        tuple(_read(version, effect, "inputs", columns)),
        outcome=_value("", decode(effect.get("output")), {}, outputs),
        rules=tuple(_matched(texts, effect.get("rules", {}))),
        warnings=tuple(effect.get("warnings", ())),
    )


def _asked(version: ChainVersion, effect: Mapping[str, Any]) -> Reason:
    element, taken = effect["element"], effect.get("flows", ())
    processes = [p for p in version.processes.values() if element in p.elements and p.flows.keys() >= set(taken)]
    name, ways = element, taken
    if processes:
        elements, flows = processes[0].elements, processes[0].flows
        name = elements[element].name or element
        ends = [(flows[flow].name, elements[flows[flow].target]) for flow in taken]
        ways = [label or target.name or target.id for label, target in ends]
    met = effect.get("met")
    what = "way" if met is None else "met" if met else "unmet"
    return Reason(what, name, tuple(_read(version, effect, "facts", {})), ways=tuple(ways))


_TELLERS: Final[Mapping[str, Callable[[ChainVersion, Mapping[str, Any]], Reason]]] = {
    "decision_made": _decided,
    "conditions_asked": _asked,
}


@lru_cache(maxsize=256)
def _texts(content: bytes) -> Outline:
    return outline(content)


@lru_cache(maxsize=1024)
def _fields(form: bytes) -> Mapping[str, Mapping[str, Any]]:
    """The components of a form that have a label, by key."""

    def components(inside: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        for component in inside:
            yield component
            yield from components(component.get("components", ()) if component.get("type") == "group" else ())

    return {c["key"]: c for c in components(of_json(form).get("components", ())) if c.get("key") and c.get("label")}


def _field(version: ChainVersion, name: str) -> Mapping[str, Any]:
    """The field that asks for this fact; empty where none does, or where forms give it different labels: then the fact
    may be another one than a form asks for.
    """
    files = (version.files[f"forms/{form}.form"] for form in version.forms)
    found = [fields[name] for fields in map(_fields, files) if name in fields]
    return found[0] if len({field["label"] for field in found}) == 1 else {}


def _read(version: ChainVersion, effect: Mapping[str, Any], kept: str, labels: Mapping[str, str]) -> Iterator[Read]:
    for name, coded in effect.get(kept, {}).items():
        field = _field(version, name)
        yield _value(labels.get(name) or str(field.get("label") or name), decode(coded), field)
    for name in effect.get("digests", {}):
        yield Read(labels.get(name) or str(_field(version, name).get("label") or name), None, "long")


def _value(label: str, value: Any, field: Mapping[str, Any], parts: Mapping[str, str] | None = None) -> Read:
    """`parts`: the labels of the values in a context, by name."""
    if type(value) is Personal:
        return Read(label, None, "personal")
    if isinstance(value, Mapping):
        return Read(label, Listing((named(value, parts),)))
    return Read(label, None if value is None else answer_of(field, value))


def _matched(texts: Outline, rules: Mapping[str, Iterable[int]]) -> Iterator[Matched]:
    for holder, numbers in rules.items():
        decision = texts.decisions.get(holder)
        first = decision is not None and decision.table is not None and decision.table.policy == "FIRST"
        for number in tuple(numbers)[:1] if first else numbers:  # of a table whose first match counts, that one alone
            yield _rule(holder, decision, number)


def _rule(holder: str, decision: DecisionText | None, number: int) -> Matched:
    """A rule as the designer wrote it. A table of a knowledge model has no texts here."""
    table = decision.table if decision is not None else None
    if decision is None or table is None or number > len(table.rows):
        return Matched(holder, number, "", ())
    row = table.rows[number - 1]
    cells = zip(table.inputs, row.inputs, strict=False)
    asked = tuple(f"{column.label or column.text} {cell.text}" for column, cell in cells if cell.text not in ("", "-"))
    return Matched(decision.name or holder, number, row.note, asked)
