"""Deadlines take effect once they are due; clocks are counted again by another calendar."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from engine.base.errors import BudgetExceeded, NotOpen
from engine.case import clocks
from engine.case.execution import LATE_CALENDAR, Execution
from engine.case.records import ConfirmDeadline, FireDeadline, IncidentResolved, OfDeadline, RecountClocks
from engine.case.state import Matter
from engine.model.chain import ways
from engine.model.runtime.places import Place

MOST_AT_ONCE: Final = 100
"""Timers in a row that may each be due as soon as they are set. Dates of a list may be past, one after the other; more
of them than this are a loop in which nothing waits, and which would fill the journal for ever."""


def fire(execution: Execution, order: FireDeadline) -> None:
    _take_effect(execution, order)


def _take_effect(execution: Execution, order: OfDeadline) -> None:
    """Raises NotOpen where the deadline has gone or was moved, and where it isn't due yet."""
    working, key, due = execution.working, order.deadline, order.due
    standing = working.case.deadlines().get(key)
    if standing is None or datetime.fromisoformat(standing) != datetime.fromisoformat(due):
        raise NotOpen(
            f"Expected deadline {key} of case {working.case.id} at {due}; it stands at {standing}.",
            sentence="deadline_moved",
            deadline=key,
        )
    if datetime.fromisoformat(due) > working.now:
        raise NotOpen(
            f"Expected deadline {key} to be due; it is {due}, and now is {working.at}.",
            sentence="deadline_not_due",
            deadline=key,
        )
    kind, number, arm = key.split(":", 2)
    if kind == "token":
        if isinstance(order, FireDeadline):
            _go_on_in_row(execution, int(number), arm)
        execution.run.fire(int(number), arm, {})
    else:
        _clock_due(execution, int(number), arm)


def _go_on_in_row(execution: Execution, number: int, element: str) -> None:
    """Note the place of the timer in the row of those that were due as soon as they were set, for those that it sets.

    Raises BudgetExceeded after `MOST_AT_ONCE` of them: then an incident parks the timer, until somebody has looked.
    """
    working = execution.working
    before = working.case.tokens[number].arms[element].again or 0
    working.row = before + 1
    if before < MOST_AT_ONCE:
        return
    process = next(p for p in working.context.chain.processes.values() if element in p.elements)
    timer, loop = process.elements[element], ways.round_trip(process, element)
    names = [process.elements[id].name or id for id in loop]
    place = Place(timer, "timer", timer.event.text or "" if timer.event is not None else "")
    raise BudgetExceeded(
        f"Expected timer '{element}' to wait; {MOST_AT_ONCE} timers in a row were due as soon as they were set, and "
        f"the case goes round by itself: {' → '.join(loop)}. Correct the time ({place.expression}) or the fact that it "
        "reads, then retry; or let the loop wait for a task.",
        sentence="timer_loop",
        **place.fields(),
        times=MOST_AT_ONCE,
        loop=names,
    )


def confirm(execution: Execution, order: ConfirmDeadline) -> None:
    """A legal effect that waited for its calendar takes place, from its true day on: an officer has said so."""
    working, key = execution.working, order.deadline
    incidents = working.case.incidents.values()
    held = next((i for i in incidents if i.deadline == key and i.code == LATE_CALENDAR), None)
    if held is None:
        raise NotOpen(
            f"Expected deadline {key} of case {working.case.id} to wait for somebody; it doesn't.",
            sentence="deadline_not_waiting",
            deadline=key,
        )
    working.emit(IncidentResolved(held.incident, "confirmed"))
    _take_effect(execution, order)


def recount(execution: Execution, order: RecountClocks) -> None:
    """Raises NotOpen where the calendar changes nothing in the case."""
    working = execution.working
    working.calendar_moved = True
    for clock in list(working.case.clocks.values()):
        clocks.recount(working, clock)
    execution.retime(recount=True)
    if not working.effects:
        raise NotOpen(
            f"Expected case {working.case.id} to have a clock that the calendar changes; it has none.",
            sentence="clocks_unaffected",
        )


def _clock_due(execution: Execution, number: int, arm: str) -> None:
    """Tell those who work on the matter that its clock is about to lapse (`arm` is warn) or has lapsed.

    Of a lapse the supervisor is told as well. Source: 行政许可法 art. 42, 74.
    """
    working = execution.working
    clock = working.case.clocks[number]
    clocks.mark(working, clock, arm)
    matter = working.matter(clock.matter)
    if arm == "warn" and clock.due_at is not None and datetime.fromisoformat(clock.due_at) <= working.now:
        return  # late: that it will lapse isn't worth saying any more
    content = {"matter": matter.number, "clock": clock.name, "due": clock.due, "item": working.item_name(matter)}
    for to in _responsible(execution, matter):
        working.notify(to, f"clock_{'warned' if arm == 'warn' else 'lapsed'}", content)
    if arm != "warn":
        working.notify("role:supervisor", "clock_lapsed", content)


def _responsible(execution: Execution, matter: Matter) -> list[str]:
    """Who works on the matter now: holders of its open tasks, else the head of the department that handles it."""
    working = execution.working
    holders = {t.assignee for t in working.case.tasks.values() if t.matter == matter.number and t.assignee}
    department = working.handles(matter.item, matter.owner or matter.department, matter.area)
    return [f"person:{person}" for person in sorted(holders)] or [f"role:head@{department}"]
