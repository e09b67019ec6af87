"""The names in a scenario that must exist in its chain and its hall: tasks, items, people, kinds of commands.

A misspelt one would be refused, or not found, when its turn comes; a step that expects to be refused would even pass.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from engine.case.records import COMMANDS
from engine.law import matter as law
from engine.law.organisation import Organisation
from engine.model.chain import ChainVersion
from engine.model.chain.names import WORD, expressions
from engine.model.chain.rules.remark import nearest

_NEAR = 0.8
"""Likeness of two facts from which one is taken for the other, misspelt: a case may have facts that no model names."""
Wrong = Iterator[tuple[int, str]]
"""Numbers of steps, 0 for the start, each with a message."""


def wrong(
    start: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], version: ChainVersion,
    organisation: Organisation | None,
) -> Wrong:  # fmt: skip
    """Yield a message for each name that the chain or the organisation doesn't have."""
    known = _Known(version, organisation)
    yield from ((0, f"start: {said}") for said in (*known.of_step(start), *known.of_facts(start)))
    for number, step in enumerate(steps, 1):
        yield from ((number, f"step {number}: {said}") for said in known.of_step(step))


class _Known:
    """The names that a chain version and an organisation have."""

    def __init__(self, version: ChainVersion, organisation: Organisation | None) -> None:
        elements = [element for process in version.processes.values() for element in process.elements.values()]
        self.elements = {element.id for element in elements}
        flows = [flow for process in version.processes.values() for flow in process.flows.values()]
        caught = [e.event for e in elements if e.event is not None and e.event.name]
        self.messages = {str(event.name) for event in caught if event.kind == "message"}
        self.signals = {str(event.name) for event in caught if event.kind == "signal"}
        self.people = None if organisation is None else {person.key for person in organisation.people}
        texts = (text for part in (*elements, *flows) for text in expressions(part))
        self.facts = version.names.filled_in | {word for text in texts for word in WORD.findall(text)}
        self.known_facts = version.names.known
        catalogue = version.catalogue
        self.items = None if catalogue is None else set(catalogue.items)
        self.materials = None if catalogue is None else set(catalogue.materials)

    def of_step(self, step: Mapping[str, Any]) -> Iterator[str]:
        if "complete" in step:
            yield from _unknown("complete: the chain has no element", step["complete"], self.elements)
        if "command" in step:
            yield from _unknown("command: there is no command", step["command"], COMMANDS)
            yield from self._payload(step.get("payload") or {})
        for kind, known in (("message", self.messages), ("signal", self.signals)):
            yield from _near(f"{kind}: the chain waits for no {kind}", step.get(kind), known)
        yield from self._person("by", step.get("by"))
        yield from self._expected(step.get("expect") or {})

    def of_facts(self, start: Mapping[str, Any]) -> Iterator[str]:
        for name in start.get("variables") or ():
            if name not in self.known_facts:
                near = get_close_matches(name, self.facts, 1, _NEAR)
                yield from _near("variables: the chain has no fact", name, near)

    def _payload(self, payload: Mapping[str, Any]) -> Iterator[str]:
        if isinstance(payload.get("task"), str):
            yield from _unknown("task: the chain has no element", payload["task"], self.elements)
        if isinstance(payload.get("matter"), str):
            yield from _unknown("matter: the catalogue has no item", payload["matter"], self.items)
        yield from _near("material: the catalogue has no material", payload.get("material"), self.materials or ())

    def _person(self, place: str, person: Any) -> Iterator[str]:
        if isinstance(person, str) and not person.startswith("system:"):
            yield from _unknown(f"{place}: the organisation has nobody", person, self.people)

    def _expected(self, expect: Mapping[str, Any]) -> Iterator[str]:
        named = [*(expect.get("open") or ()), *(expect.get("due") or ()), *(expect.get("candidates") or ())]
        for element in named:
            yield from _unknown("expect: the chain has no element", str(element), self.elements)
        for name in (name for name in expect.get("variables") or () if name not in self.known_facts):
            near = get_close_matches(name, self.facts, 1, _NEAR)
            yield from _near("expect: variables: the chain has no fact", name, near)
        for item in (*(expect.get("matters") or ()), *(expect.get("clocks") or ())):
            yield from _unknown("expect: the catalogue has no item", item, self.items)
        for state in (expect.get("matters") or {}).values():
            if state is not None:
                yield from _unknown("expect: matters have no state", str(state), tuple(law.State))
        for people in (expect.get("candidates") or {}).values():
            for person in people if isinstance(people, list) else ():
                yield from self._person("expect: candidates", person)


def _unknown(said: str, name: str, known: Collection[str] | None) -> Iterator[str]:
    """Yield a message unless the name is known; None knows every name."""
    if known is not None and name not in known:
        yield f"{said} '{name}'.{nearest(name, known)}"


def _near(said: str, name: Any, known: Collection[str]) -> Iterator[str]:
    """Yield a message for a name that only resembles a known one: others may be meant to be unknown."""
    if isinstance(name, str) and name not in known and "Did you mean" in (close := nearest(name, known)):
        yield f"{said} '{name}'.{close}"
