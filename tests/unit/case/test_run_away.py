"""A loop of timers that are each due as soon as they are set is parked behind an incident; what waits goes on."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from engine.case.handlers.deadlines import MOST_AT_ONCE
from engine.case.records import IncidentRaised
from engine.model import chain as chains
from tests.samples.desk import Desk, moment
from tests.unit.model.runtime import bpmn_text as bpmn

PAST = moment("2026-03-01 09:00")


def overdue(text: str, form: str = "timeDate", **more: str) -> bytes:
    """Return a task with an interrupting timer that leads back to it."""
    late = bpmn.boundary("late", "A", bpmn.timer(text, form))
    count = bpmn.script("count", more.get("script", "=get or else(n, 0) + 1"), more.get("result", "n"))
    merge, end = bpmn.element("exclusiveGateway", "merge"), bpmn.element("endEvent", "end")
    ways = bpmn.flows("S>merge merge>A A>end late>count count>merge")
    return bpmn.document(bpmn.process("P", bpmn.S, merge, bpmn.user("A"), late, count, end, ways))


def published(folder: Path, text: str) -> Desk:
    """Return a desk whose version was published before the check knew of such loops: it runs for ever."""
    desk = Desk.bare(folder, overdue("PT1H", "timeDuration"))
    harmless, wanted = bpmn.timer("PT1H").encode(), bpmn.timer(text, "timeDate").encode()
    files = {name: data.replace(harmless, wanted) for name, data in desk.version.files.items()}
    return Desk(chains.load(files), None, desk.now)


def go_round(desk: Desk) -> IncidentRaised:
    """Fire timers at the moment that it is, until an incident parks one."""
    for _ in range(MOST_AT_ONCE + 2):
        (first, *_) = desk.fire_next()
        if isinstance(first, IncidentRaised):
            return first
    raise AssertionError("it went on")


def fact(desk: Desk, name: str) -> object:
    assert desk.case is not None
    return desk.case.facts.get((0, name))


@pytest.mark.parametrize(
    "text",
    ["=limit", "=now()", '=now() - duration("PT1H")', '=now() + duration("PT0.5S")', "2026-03-01", "=today()"],
)
def test_a_timer_that_is_due_as_soon_as_it_is_set_goes_round_a_hundred_times(tmp_path: Path, text: str):
    desk = published(tmp_path, text)
    desk.start(variables={"limit": PAST})

    raised = go_round(desk)

    assert (raised.element, raised.code) == ("late", "budget_exceeded")
    assert fact(desk, "n") == MOST_AT_ONCE
    assert "late → count → merge → A → late" in raised.cause and text in raised.cause
    assert desk.case.deadlines() == {} and desk.open == ["A"]


def test_the_person_goes_on_and_the_incident_is_gone(tmp_path: Path):
    desk = Desk.bare(tmp_path, overdue("=limit"))
    desk.start(variables={"limit": PAST})
    go_round(desk)

    desk.complete("A")

    assert desk.case.status == "completed" and desk.case.incidents == {}


def test_a_retry_begins_a_new_row(tmp_path: Path):
    desk = Desk.bare(tmp_path, overdue("=limit"))
    desk.start(variables={"limit": PAST})
    raised = go_round(desk)

    desk.give("RetryIncident", incident=raised.incident)

    again = go_round(desk)
    assert again.incident != raised.incident and fact(desk, "n") == 2 * MOST_AT_ONCE


def test_with_the_date_corrected_a_retry_brings_it_to_rest(tmp_path: Path):
    desk = Desk.bare(tmp_path, overdue("=limit"))
    desk.start(variables={"limit": PAST})
    raised = go_round(desk)
    desk.give("SetFact", name="limit", value=moment("2026-03-10 09:00"), reason="误填")

    desk.give("RetryIncident", incident=raised.incident)
    desk.fire_next()

    assert [datetime.fromisoformat(due).day for due in desk.case.deadlines().values()] == [10]
    (arm,) = (arm for token in desk.case.tokens.values() for arm in token.arms.values())
    assert arm.again is None


def test_a_timer_that_waits_between_ends_the_row(tmp_path: Path):
    """Odd rounds wait for an hour: two hundred rounds of a case that only half hurries are no loop without a wait."""
    desk = published(tmp_path, '=if even(get or else(n, 0)) then now() else now() + duration("PT1H")')
    desk.start()

    fired = [desk.fire_next()[0] for _ in range(2 * MOST_AT_ONCE + 10)]

    assert not any(isinstance(first, IncidentRaised) for first in fired)


def test_many_timers_of_one_moment_are_no_row(tmp_path: Path):
    """Each instance has its own date, and all are past: none of the timers was set by another."""
    late = bpmn.boundary("late", "B", bpmn.timer("=limit", "timeDate"), interrupting=False)
    inner = (bpmn.element("startEvent", "go"), bpmn.user("B"), late, bpmn.element("endEvent", "noted"))
    items = bpmn.multi("=for i in 1..150 return i", "item")
    each, end = bpmn.subprocess("body", *inner, bpmn.flows("go>B late>noted")), bpmn.element("endEvent", "end")
    each = each.replace("<bpmn:startEvent", f"{items}<bpmn:startEvent", 1)
    desk = Desk.bare(tmp_path, bpmn.document(bpmn.process("P", bpmn.S, each, end, bpmn.flows("S>body body>end"))))
    desk.start(variables={"limit": PAST})
    assert len(desk.case.deadlines()) == 150

    while desk.case.deadlines():
        assert not isinstance(desk.fire_next()[0], IncidentRaised)


def test_a_cycle_that_was_late_catches_up(tmp_path: Path):
    """The hall stood still for a day: each quarter of an hour is made up for, and that is no loop."""
    urge = bpmn.boundary("urge", "A", bpmn.timer("R/PT15M", "timeCycle"), interrupting=False)
    ends = bpmn.element("endEvent", "urged"), bpmn.element("endEvent", "end")
    body = (bpmn.S, bpmn.user("A"), urge, *ends, bpmn.flows("S>A A>end urge>urged"))
    desk = Desk.bare(tmp_path, bpmn.document(bpmn.process("P", *body)), "2026-03-02 09:00")
    desk.start()
    desk.at("2026-03-04 09:00")

    fired = [desk.fire_next()[0] for _ in range(2 * 24 * 4)]

    assert not any(isinstance(first, IncidentRaised) for first in fired)


def test_a_cycle_of_less_than_a_second_never_catches_up(tmp_path: Path):
    urge = bpmn.boundary("urge", "A", bpmn.timer("R/PT0.01S", "timeCycle"), interrupting=False)
    ends = bpmn.element("endEvent", "urged"), bpmn.element("endEvent", "end")
    body = (bpmn.S, bpmn.user("A"), urge, *ends, bpmn.flows("S>A A>end urge>urged"))
    desk = Desk.bare(tmp_path, bpmn.document(bpmn.process("P", *body)), "2026-03-02 09:00")
    desk.start()
    desk.at("2026-03-02 10:00")

    raised = go_round(desk)

    assert raised.element == "urge" and "urge" in raised.cause
