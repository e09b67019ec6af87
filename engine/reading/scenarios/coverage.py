"""What the scenarios of a chain have visited of its models: elements and flows, read off the journals they made."""

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
"""Process, and an element or flow of it."""
EVERY = 10_000
"""Cases that one rehearsal may hold: far more than a scenario starts."""


@dataclass(slots=True)
class Covered:
    """A model with what was visited of it, and of all that it calls."""

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
        """Elements that no scenario comes to, and flows between elements that are: the others go without saying."""
        yield from (place for place in self.all_elements if place not in self.elements)
        for process, flow in self.all_flows:
            ends = self.version.processes[process].flows[flow]
            if (process, flow) not in self.flows and {(process, ends.source), (process, ends.target)} <= self.elements:
                yield process, flow


class Coverage:
    """Gathered while scenarios are played, by the model that they name."""

    def __init__(self) -> None:
        self.models: dict[Path, Covered] = {}

    def add(self, scenario: Scenario, stage: Rehearsal) -> None:
        """What the cases on the stage of a played scenario have visited."""
        covered = self.models.setdefault(scenario.model, Covered(scenario.version))
        with stage.engine.store.reading() as reading:
            for row in reading.cases(limit=EVERY):
                entries = [read_entry(found.body) for found in reading.entries(row.id)]
                process = stage.case(row.id).process
                progress = Progress(scenario.version, process).read(entries)
                covered.elements.update(progress.visited())
                covered.flows.update(progress.taken())
