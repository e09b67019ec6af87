"""One case whose timers go round beside many with deadlines of their own: none of these is late by more than a tick.

`make soak` has 1,000 of them. The figures are printed (pytest -s).
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.case.context import Settings
from engine.case.handlers.deadlines import MOST_AT_ONCE
from engine.case.journal import read as read_entry
from engine.case.records import Command, StartCase
from engine.hall.door import Engine
from engine.hall.proof import verify
from engine.hall.scheduler import TICK_SECONDS, Scheduler
from engine.law.workdays import Calendar
from engine.model import chain as chains
from engine.model.chain import ChainVersion
from engine.reading.scenarios import ANYBODY, VirtualClock
from tests.acceptance.conftest import NewUrl, opened
from tests.samples.clocks import at
from tests.unit.model.runtime import bpmn_text as bpmn

CASES = 1_000 if os.environ.get("LICET_SOAK") else 50
A_SECOND = 10
"""So many deadlines fall due each second."""
STARTED, LIMIT = at("2026-03-02 09:00"), at("2026-03-02 10:00")


class Working(VirtualClock):
    """A clock on which each look takes a millisecond: about five a command."""

    def now(self) -> datetime:
        self.move(super().now() + timedelta(milliseconds=1))
        return super().now()


def version(folder: Path) -> ChainVersion:
    """Return a task with a timer at the fact `limit`, which leads back to it while `again` is true."""
    late = bpmn.boundary("late", "A", bpmn.timer("=limit", "timeDate"))
    gates = [
        bpmn.element("exclusiveGateway", "merge"),
        bpmn.element("exclusiveGateway", "choice", default="choice-end"),
    ]
    back = bpmn.flow("back", "choice", "merge", "=again")
    ways = bpmn.flows("S>merge merge>A A>end late>choice choice>end")
    path = folder / "chain.bpmn"
    body = (bpmn.S, *gates, bpmn.user("A"), late, bpmn.element("endEvent", "end"), back, ways)
    path.write_bytes(bpmn.document(bpmn.process("P", *body)))
    reading = chains.read(path)
    assert reading.version is not None, reading.findings
    assert [f.rule for f in reading.findings if f.rule.startswith("timer")] == ["timer-loop-possible"]
    return reading.version


@pytest.mark.soak
def test_no_deadline_is_late_by_more_than_a_tick_beside_a_run_away(new_url: NewUrl, tmp_path: Path):
    clock = Working(STARTED)
    with opened(new_url()) as store:
        engine = Engine(store, clock)
        engine.set_up(Calendar.shipped(), None, Settings())
        chain = version(tmp_path)
        engine.publish(chain, "system:test")

        def start(limit: datetime, again: bool) -> str:
            order = StartCase(chain=chain.digest, variables={"limit": limit, "again": again})
            return str(engine.execute(Command(ANYBODY, None, order)).case)

        dues = {start(LIMIT + timedelta(seconds=n / A_SECOND), False): n / A_SECOND for n in range(CASES)}
        wild = start(LIMIT, True)
        scheduler = Scheduler(engine, {}, clock)
        clock.move(LIMIT)
        for _ in range(CASES // A_SECOND * 2 + 4):
            scheduler.tick_deadlines()
            clock.move(clock.now() + timedelta(seconds=TICK_SECONDS / 2))
        with store.reading() as reading:
            fired = [row for row in reading.journal() if row.command == "FireDeadline"]
            late = [
                (datetime.fromisoformat(read_entry(row.body).recorded_at) - LIMIT).total_seconds() - dues[row.case]
                for row in fired
                if row.case != wild
            ]
            (parked,) = reading.incidents_of(wild)
        counted = Counter(row.case for row in fired)
        assert verify(store, engine.library, [wild]).proves()

    print(f"\n{len(late)} deadlines beside a run-away: the latest by {max(late):.3f} s; it fired {counted[wild]} times")
    assert len(late) == CASES and max(late) <= TICK_SECONDS
    assert counted[wild] == MOST_AT_ONCE + 1 and parked.incident.element == "late"
