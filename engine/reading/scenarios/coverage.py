"""Coverage of a chain by its scenarios: the elements and flows that their journals show as visited, and the rules of
decision tables that matched. The chain's own files are told apart from the common processes that it calls.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from engine.case.journal import read as read_entry
from engine.language import decisions
from engine.model.chain import ChainVersion
from engine.model.chain.files import inside
from engine.reading.scenarios.reading import Scenario
from engine.reading.scenarios.stage import Rehearsal
from engine.reading.views.progress import Progress

Place = tuple[str, str]
"""The id of a process, and the id of one of its elements or flows; or the id of a decision, and the number of a rule of
its table.
"""
EVERY = 10_000
"""At most so many cases of one rehearsal are read: far more than a scenario starts."""


class Share(NamedTuple):
    """How many of a model's elements, flows or rules were visited."""

    visited: int
    of: int


@dataclass(slots=True)
class Covered:
    """A model with its visited elements, flows and rules, those of the processes that it calls included.

    `own`: the ids of the processes and decisions that lie in its own folder; the others are common ones.
    """

    version: ChainVersion
    own: frozenset[str] = frozenset()
    elements: set[Place] = field(default_factory=set)
    flows: set[Place] = field(default_factory=set)
    rules: set[Place] = field(default_factory=set)

    @property
    def all_elements(self) -> list[Place]:
        """Elements of all its processes, in the order of the document."""
        return [(process.id, element) for process in self.version.processes.values() for element in process.elements]

    @property
    def all_flows(self) -> list[Place]:
        return [(process.id, flow) for process in self.version.processes.values() for flow in process.flows]

    @property
    def all_rules(self) -> list[Place]:
        """Rules of all its decision tables, in the order of the document."""
        files = dict.fromkeys(self.version.decisions.values())
        return [(holder, str(number)) for data in files for holder, number in _rules_of(data)]

    def shares(self) -> Mapping[str, Mapping[str, Share]]:
        """Return `{"chain": {"elements", "flows", "rules"}, "common": …}`; `common` only if it calls any."""
        sorts = (
            ("elements", self.elements, self.all_elements),
            ("flows", self.flows, self.all_flows),
            ("rules", self.rules, self.all_rules),
        )
        chain = {name: _share(visited, [p for p in all if self._is_own(p)]) for name, visited, all in sorts}
        common = {name: _share(visited, [p for p in all if not self._is_own(p)]) for name, visited, all in sorts}
        return {"chain": chain} | ({"common": common} if any(share.of for share in common.values()) else {})

    def uncovered(self, common: bool | None = None) -> Iterator[Place]:
        """Yield the elements that were never visited, the flows not taken between visited elements, and the rules that
        never matched: those of the chain's own files, of common processes, or (None) of both.

        A flow from or to an element that was never visited is left out: the element says it already.
        """
        for place in self._missed():
            if common is None or common is not self._is_own(place):
                yield place

    def _missed(self) -> Iterator[Place]:
        yield from (place for place in self.all_elements if place not in self.elements)
        for process, flow in self.all_flows:
            ends = self.version.processes[process].flows[flow]
            if (process, flow) not in self.flows and {(process, ends.source), (process, ends.target)} <= self.elements:
                yield process, flow
        yield from (place for place in self.all_rules if place not in self.rules)

    def _is_own(self, place: Place) -> bool:
        return place[0] in self.own


def _share(visited: Collection[Place], everything: Collection[Place]) -> Share:
    return Share(len(set(everything) & set(visited)), len(set(everything)))


@lru_cache(maxsize=256)
def _rules_of(data: bytes) -> tuple[tuple[str, int], ...]:
    """The rules of all tables in a DMN file."""
    return tuple(decisions.read(data).rules)


class Coverage:
    """Collects what played scenarios visit, by model. `played`: the model of each scenario file."""

    def __init__(self) -> None:
        self.models: dict[Path, Covered] = {}
        self.played: dict[Path, Covered] = {}

    def add(self, file: Path, scenario: Scenario, stage: Rehearsal, matched: Collection[tuple[str, int]]) -> None:
        """Add the elements and flows that the cases on the stage of a played scenario have visited, and the rules that
        matched meanwhile.
        """
        if scenario.model not in self.models:
            self.models[scenario.model] = Covered(scenario.version, _own(scenario))
        covered = self.played[file] = self.models[scenario.model]
        covered.rules.update((holder, str(number)) for holder, number in matched)
        with stage.engine.store.reading() as reading:
            for row in reading.cases(limit=EVERY):
                entries = [read_entry(entry.body) for entry in reading.entries(row.id)]
                process = stage.case(row.id).process
                progress = Progress(scenario.version, process).read(entries)
                covered.elements.update(progress.visited())
                covered.flows.update(progress.taken())


def _own(scenario: Scenario) -> frozenset[str]:
    """The processes and decisions of the version whose files lie in the model's folder."""
    version, there = scenario.version, {path.read_bytes() for path in inside(scenario.model.parent)}
    own = {id for id in version.processes if version.document_of(id) in there}
    tables = (data for data in version.decisions.values() if data in there)
    return frozenset(own | {holder for data in tables for holder, _ in _rules_of(data)})
