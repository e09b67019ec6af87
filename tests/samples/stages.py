"""A shipped chain on a stage of its own: scenarios played, cases begun, and the workdays that they took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from engine.case.state import Case
from engine.law.workdays import Calendar
from engine.reading.scenarios import Player, Rehearsal, Scenario, play, rehearsal
from engine.reading.scenarios.reading import read
from webui.cli import compose

BPMN = Path(__file__).parents[2] / "bpmn"


@dataclass(frozen=True)
class Shipped:
    """The present version of a chain of `bpmn/`."""

    name: str

    @property
    def folder(self) -> Path:
        return BPMN / self.name

    def scenario(self, name: str) -> Scenario:
        return read(self.folder / "after" / "scenarios" / f"{name}.json")

    @contextmanager
    def stage(self, name: str, empty_database: Path) -> Iterator[Rehearsal]:
        """A stage whose clock stands where that scenario begins."""
        first = self.scenario(name)
        with rehearsal(first.organisation, first.at, compose.stand_ins, empty_database) as made:
            yield made

    def played(self, stage: Rehearsal, name: str) -> Case:
        number, row = play(stage, self.scenario(name))
        assert number is not None and row.passed, row
        return stage.case(number)

    def begun(self, stage: Rehearsal, name: str = "main") -> Player:
        """Start a case of its own on the stage, on which nothing has been done yet."""
        found = self.scenario(name)
        stage.engine.publish(found.version, "system:rehearsal")
        player = Player(stage, found)
        player.start()
        return player


def workdays(calendar: Calendar, first: str | None, last: str | None) -> int:
    """Return the workdays after the first day, up to the last one (民法典 201)."""
    assert first is not None and last is not None
    start, end = date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal()
    return sum(calendar.is_workday(date.fromordinal(day)) for day in range(start + 1, end + 1))
