"""The applicant's statements, with the labels of the forms that asked for them. Pure.

So that a reviewer sees the application beside the task, and nothing is asked or typed twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from engine.base.canonical import of_json
from engine.case.confidential import Withheld
from engine.case.records import encode, plain
from engine.case.state import Case
from engine.model.chain import ChainVersion
from engine.model.runtime.changes import ROOT


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of a list, or the one row of an object, each with what it says."""

    rows: tuple[tuple[Row, ...], ...]


class Kept(Enum):
    """Stands for a value that there is, and that the viewer may not read."""

    CONFIDENTIAL = "confidential"


Answer = str | bool | tuple[str, ...] | Listing | Kept
"""A value as a page shows it: a text, yes or no, several texts, a list; or that it is confidential."""


@dataclass(frozen=True, slots=True)
class Row:
    """One statement, under the label of the form that asked for it."""

    label: str
    value: Answer


@dataclass(frozen=True, slots=True)
class Block:
    """The statements that one form asked for."""

    title: str
    rows: tuple[Row, ...]


EMPTY: tuple[Any, ...] = (None, "", [])
"""Values that say nothing."""

_LISTS = ("dynamiclist",)
_GROUPS = ("group",)


def stated(version: ChainVersion, case: Case, withheld: Withheld = frozenset()) -> tuple[Block, ...]:
    """A block per filled form of the case's own process; of the facts `withheld`, only that there is a value.

    A form whose task nobody has completed labels nothing: another task, or no form at all, has set its fact.
    """
    facts = covered({name: plain(value) for (scope, name), value in case.facts.items() if scope == ROOT}, withheld)
    seen: set[str] = set()
    blocks = []
    for form in _forms(version, case):
        schema = of_json(version.files[f"forms/{form}.form"])
        rows = tuple(_rows(schema.get("components", ()), facts, seen))
        if rows:
            blocks.append(Block(version.forms[form].title or form, rows))
    return tuple(blocks)


def covered(facts: Mapping[str, Any], withheld: Withheld) -> dict[str, Any]:
    """The facts, with `Kept` in the place of each value that is withheld."""
    return {n: Kept.CONFIDENTIAL if n in withheld and v not in EMPTY else v for n, v in facts.items()}


def labelled(version: ChainVersion, facts: Mapping[str, Any]) -> tuple[Row, ...]:
    """Facts, each with the label of a form of the version that asks for it, else under its own name."""
    seen: set[str] = set()
    schemas = [of_json(version.files[f"forms/{form}.form"]) for form in version.forms]
    rows = [row for schema in schemas for row in _rows(schema.get("components", ()), facts, seen)]
    others = {name: value for name, value in facts.items() if name not in seen and value not in EMPTY}
    for name in [name for name, value in others.items() if isinstance(value, Mapping)]:
        told = [row for schema in schemas for row in _rows(schema.get("components", ()), others[name], seen)]
        if told:  # what forms asked for, in one value: its parts have labels, it has none
            rows += told
            del others[name]
    return (*rows, *(Row(name, answer_of({}, value)) for name, value in others.items()))


def _forms(version: ChainVersion, case: Case) -> Iterator[str]:
    """Forms of the user tasks that were completed, in the order of the document, each once.

    Who has completed a task inside a subprocess is forgotten with it: its form may have been filled in, and comes last.
    """
    elements = [e for e in version.processes[case.process].elements.values() if e.kind == "userTask"]
    filled = [e.form for e in elements if (ROOT, e.id) in case.signers]
    inside = [e.form for e in elements if e.parent != case.process]
    return (form for form in dict.fromkeys((*filled, *inside)) if form is not None and form in version.forms)


def _rows(components: Any, facts: Mapping[str, Any], seen: set[str]) -> Iterator[Row]:
    for component in components:
        kind, key = component.get("type"), component.get("key") or component.get("path")
        if kind in _GROUPS:
            yield from _rows(component.get("components", ()), facts, seen)
        elif key and key not in seen and facts.get(key) not in EMPTY:
            seen.add(key)
            yield Row(str(component.get("label") or key), answer_of(component, facts[key]))


def answer_of(component: Mapping[str, Any], value: Any) -> Answer:
    """The value as an answer: the label of a choice, yes or no, the rows of a list."""
    if isinstance(value, Kept):
        return value
    if component.get("type") in _LISTS and isinstance(value, list):
        return Listing(tuple(tuple(_parts(component, row)) for row in value if isinstance(row, Mapping)))
    labels = {option.get("value"): option.get("label") for option in component.get("values", ())}
    if isinstance(value, bool):
        return value
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        return Listing(tuple(named(item) for item in value if isinstance(item, Mapping)))
    if isinstance(value, list):
        return tuple(str(item if isinstance(item, list) else labels.get(item, item)) for item in value)
    if isinstance(value, Mapping):
        return Listing((tuple(Row("", str(item)) for item in value.values() if item is not None),))
    coded = encode(value)
    text = next(iter(coded.values())) if isinstance(coded, dict) else coded
    return str(labels.get(value, text)) if isinstance(value, str) else str(text)


def named(value: Mapping[str, Any], labels: Mapping[str, str] | None = None) -> tuple[Row, ...]:
    """The values of a context, each under its label or its own name."""
    shown = {name: "" if one is None else answer_of({}, one) for name, one in value.items()}
    return tuple(Row((labels or {}).get(name) or name, one) for name, one in shown.items())


def _parts(component: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[Row]:
    for inner in component.get("components", ()):
        value = row.get(inner.get("key", ""))
        if value not in (None, ""):
            yield Row(str(inner.get("label") or inner["key"]), answer_of(inner, value))
