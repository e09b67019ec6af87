"""Who reads a fact: the names that expressions, forms, decisions, actions and called processes read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.base.canonical import of_json, text_of
from engine.language.feel import syntax
from engine.law.matter import ACTIONS
from engine.model.chain.data import read
from engine.model.chain.data.schema import Schema
from engine.model.chain.model import Element, Process
from engine.model.chain.version import texts

_WORD = re.compile(r"[^\W\d]\w*")
_TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAMES = frozenset(("id", "key", "path", "type"))


@dataclass(frozen=True, slots=True)
class Reads:
    """The names that are read, as they stand there, and all words that may be names too."""

    names: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    def __or__(self, other: Reads) -> Reads:
        return Reads(self.names | other.names, self.words | other.words)


NOTHING = Reads()


def together(reads: Iterable[Reads]) -> Reads:
    listed = list(reads)
    names = frozenset().union(*(one.names for one in listed))
    return Reads(names, names.union(*(one.words for one in listed)))


def names_in(written: str) -> frozenset[str]:
    """Return all names in an expression with its `=`."""
    return _names(written[1:]) if written.startswith("=") else frozenset()


@lru_cache(maxsize=4_096)
def _names(text: str) -> frozenset[str]:
    tree = read.tree_of(text)
    return frozenset(p.name for p in parts_of(tree) if isinstance(p, syntax.Name)) if tree is not None else frozenset()


def parts_of(tree: syntax.Part) -> Iterator[syntax.Part]:
    todo = [tree]
    while todo:
        part = todo.pop()
        yield part
        todo.extend(syntax.parts(part))


@lru_cache(maxsize=512)
def of_form(data: bytes) -> Reads:
    """Return what the expressions of a form read; its fields are no readers."""
    texts = written_in(data)
    names = frozenset().union(*(_names(text) for text in texts))
    return Reads(names, frozenset(word for text in texts for word in _WORD.findall(text)))


@lru_cache(maxsize=512)
def written_in(data: bytes) -> tuple[str, ...]:
    """Return the expressions in a form, without their marks."""
    try:
        return tuple(_texts(of_json(data)))
    except ValueError:
        return ()


def _texts(value: Any, key: str = "") -> Iterator[str]:
    """Yield the expressions in a form, without their marks."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str) and key not in _NAMES:
        if value.startswith("="):
            yield value[1:]
        elif key == "valuesKey":
            yield value
        yield from _TEMPLATE.findall(value)


@lru_cache(maxsize=512)
def fields_of(data: bytes) -> frozenset[str]:
    """Return the facts that the fields of a form show and set."""
    form = read.form_of(data)
    return frozenset(read.fields_of(form)) if form is not None else frozenset()


@lru_cache(maxsize=512)
def of_decision(data: bytes) -> Reads:
    model = read.outline_of(data)
    names = frozenset(given.name for given in model.inputs.values()) if model is not None else frozenset()
    return Reads(names, frozenset(_WORD.findall(text_of(data))))


class Readers:
    """The facts that each process of a draft reads, worked out once."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._inside: dict[str, Reads | None] = {}
        self._above: dict[str, Reads | None] = {}

    def inside(self, process: Process) -> Reads | None:
        """Return what anything in a process reads, except the fields of its forms; None where nobody can know."""
        if process.id not in self._inside:
            self._inside[process.id] = self._within(process)
        return self._inside[process.id]

    def _within(self, process: Process) -> Reads | None:
        found = [Reads(frozenset({"matter"}))]
        for element in process.elements.values():
            action = ACTIONS.get(element.job or "")
            passes_all = element.called in self.schema.facts and element.propagate_in
            if passes_all or (element.job is not None and action is None and not element.inputs):
                return None
            found.append(self.at(element))
        conditions = (flow.condition for flow in process.flows.values() if flow.condition)
        return together([*found, *(Reads(names_in(text)) for text in conditions)])

    def at(self, element: Element) -> Reads:
        """Return what an element itself reads: its expressions, its form, decision or action."""
        stated = (*texts(element), *element.properties.values(), element.candidate_users or "")
        found = [Reads(names_in(text)) for text in stated]
        action = ACTIONS.get(element.job or "")
        if action is not None:
            found.append(Reads(frozenset((*action.required, *action.optional, "bad_credit"))))
        form, decision = self.form_of(element), self.schema.draft.decisions.get(element.decision or "")
        found.append(of_form(form) if form is not None else NOTHING)
        found.append(of_decision(decision.data) if decision is not None else NOTHING)
        return together(found)

    def form_of(self, element: Element) -> bytes | None:
        source = self.schema.draft.forms.get(element.form or "")
        return source.data if source is not None else None

    def shown(self, process: Process, but: str | None = None) -> Reads:
        """Return the facts that fields of the process's forms show; `but`: except those of this form."""
        forms = {e.form: self.form_of(e) for e in process.elements.values() if e.form and e.form != but}
        return together(Reads(fields_of(data)) for data in forms.values() if data is not None)

    def above(self, process: Process) -> Reads | None:
        """Return what those who call a process read of its facts; None where nobody can know."""
        if process.id not in self._above:
            self._above[process.id] = NOTHING  # a process that calls itself, through others
            self._above[process.id] = self._from_outside(process)
        return self._above[process.id]

    def _from_outside(self, process: Process) -> Reads | None:
        found: list[Reads] = []
        for caller in self.schema.draft.processes.values():
            for element in (e for e in caller.elements.values() if e.called == process.id):
                found += [Reads(names_in(mapping.source)) for mapping in element.outputs]
                if element.multi is not None and element.multi.output_element:
                    found.append(Reads(names_in(element.multi.output_element)))
                if not element.outputs and element.propagate_out:
                    inside, above = self.inside(caller), self.above(caller)
                    if inside is None or above is None:
                        return None
                    found += [inside, above, self.shown(caller)]
        return together(found)
