"""Coverage of a chain by its scenarios: the elements and flows that their journals show as visited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.case.journal import read as read_entry
from engine.model.chain import ChainVersion
from engine.reading.scenarios.reading import Scenario
from engine.reading.scenarios.stage import Rehearsal
from engine.reading.views.progress import Progress

Place = tuple[str, str]
"""The id of a process, and the id of one of its elements or flows."""
EVERY = 10_000
"""At most so many cases of one rehearsal are read: far more than a scenario starts."""


@dataclass(slots=True)
class Covered:
    """A model with its visited elements and flows, those of the processes that it calls included."""

    version: ChainVersion
    elements: set[Place] = field(default_factory=set)
    flows: set[Place] = field(default_factory=set)

    @property
    def all_elements(self) -> list[Place]:
        """Elements of all its processes, in the order of the document."""
        return [(process.id, element) for process in self.version.processes.values() for element in process.elements]

    @property
    def all_flows(self) -> list[Place]:
        return [(process.id, flow) for process in self.version.processes.values() for flow in process.flows]

    def uncovered(self) -> Iterator[Place]:
        """Yield the elements that were never visited, and the flows not taken between visited elements.

        A flow from or to an element that was never visited is left out: the element says it already.
        """
        yield from (place for place in self.all_elements if place not in self.elements)
        for process, flow in self.all_flows:
            ends = self.version.processes[process].flows[flow]
            if (process, flow) not in self.flows and {(process, ends.source), (process, ends.target)} <= self.elements:
                yield process, flow


class Coverage:
    """Collects what played scenarios visit, by model."""

    def __init__(self) -> None:
        self.models: dict[Path, Covered] = {}

    def add(self, scenario: Scenario, stage: Rehearsal) -> None:
        """Add the elements and flows that the cases on the stage of a played scenario have visited."""
        covered = self.models.setdefault(scenario.model, Covered(scenario.version))
        with stage.engine.store.reading() as reading:
            for row in reading.cases(limit=EVERY):
                entries = [read_entry(entry.body) for entry in reading.entries(row.id)]
                process = stage.case(row.id).process
                progress = Progress(scenario.version, process).read(entries)
                covered.elements.update(progress.visited())
                covered.flows.update(progress.taken())
