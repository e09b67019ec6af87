"""A step without a person behind it that can't be done waits behind an incident, until somebody resolves it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from engine.base.errors import NotOpen, NoWayOut, Refused
from engine.case.records import IncidentRaised, IncidentResolved, MessageSettled
from tests.samples import halls
from tests.samples.desk import Desk
from tests.unit.model.runtime import bpmn_text as bpmn


def gateway_after(host: str, *extra: str) -> bytes:
    """Return a model with a task, or a job, with a timer; a choice by `way` without a default follows each."""
    choice = bpmn.element("exclusiveGateway", "choice")
    left, right = (bpmn.flow(f"to_{way}", "choice", way, f'=way = "{way}"') for way in ("left", "right"))
    ends = (bpmn.element("endEvent", way) for way in ("left", "right"))
    body = (bpmn.S, host, *extra, choice, *ends, left, right)
    return bpmn.document(bpmn.process("P", *body))


@pytest.fixture
def timed(tmp_path: Path) -> Desk:
    late = bpmn.boundary("late", "A", bpmn.timer("P1D"))
    return Desk.bare(tmp_path, gateway_after(bpmn.user("A"), late, bpmn.flows("S>A A>choice late>choice")))


@pytest.fixture
def asking(tmp_path: Path) -> Desk:
    return Desk.bare(tmp_path, gateway_after(bpmn.service("ask", "ask.outside"), bpmn.flows("S>ask ask>choice")))


def test_a_person_is_refused_and_nothing_has_changed(timed: Desk) -> None:
    timed.start()
    before = timed.case

    with pytest.raises(NoWayOut):
        timed.complete("A", way="nowhere")

    assert timed.case is before
    assert timed.open == ["A"]


def test_a_timer_that_cannot_go_on_parks_behind_an_incident(timed: Desk) -> None:
    timed.start()
    (key,) = timed.case.deadlines()

    (raised, *_) = timed.fire_next()

    assert isinstance(raised, IncidentRaised)
    assert (raised.element, raised.code, raised.deadline) == ("late", "no_way_out", key)
    assert "choice" in raised.cause
    assert timed.case.deadlines() == {}
    assert timed.open == ["A"]  # nothing but the incident


def test_an_administrator_corrects_the_fact_and_retries(timed: Desk) -> None:
    timed.start()
    (raised, *_) = timed.fire_next()
    timed.give("SetFact", name="way", value="left", reason="漏填")

    (resolved, *_) = timed.give("RetryIncident", incident=raised.incident)

    assert resolved == IncidentResolved(raised.incident, "retried")
    timed.fire_next()
    assert timed.case.status == "completed"
    assert timed.case.incidents == {}


def test_an_answer_that_cannot_be_used_parks_its_message(asking: Desk) -> None:
    asking.start()
    (message,) = asking.case.outbox.values()
    answer = {"token": message.token, "message": message.message}

    (raised, *_) = asking.give("AnswerJob", "system:outbox", **answer, variables={"way": "nowhere"})

    assert isinstance(raised, IncidentRaised)
    assert (raised.message, raised.token, raised.element) == (message.message, message.token, "ask")
    assert list(asking.case.outbox) == [message.message]
    asking.give("RetryIncident", incident=raised.incident)
    asking.give("AnswerJob", "system:outbox", **answer, variables={"way": "right"})
    assert asking.case.status == "completed"


def test_a_message_that_outside_gave_up_is_an_incident_that_the_token_waits_behind(asking: Desk) -> None:
    asking.start()
    (message,) = asking.case.outbox.values()

    (raised, *_) = asking.give("FailJob", "system:outbox", message=message.message, reason="五次未果")

    assert (raised.element, raised.code, raised.cause) == ("ask", "outside", "五次未果")
    with pytest.raises(NotOpen, match="incident 99"):
        asking.give("RetryIncident", incident=99)


def test_a_cancelled_case_leaves_no_incident_and_no_deadline(timed: Desk) -> None:
    timed.start()
    timed.fire_next()

    effects = timed.give("CancelCase", reason="申请人放弃")

    assert any(isinstance(effect, IncidentResolved) for effect in effects)
    assert (timed.case.status, timed.case.incidents, timed.case.deadlines(), timed.open) == ("cancelled", {}, {}, [])


def test_an_answer_that_a_person_gives_is_refused_like_any_command(asking: Desk) -> None:
    asking.start()
    (message,) = asking.case.outbox.values()
    before = asking.case

    with pytest.raises(NoWayOut):
        asking.give("AnswerJob", "admin", token=message.token, message=message.message, variables={"way": "nowhere"})

    assert asking.case is before


def test_an_incident_with_a_token_behind_it_is_not_closed(timed: Desk, asking: Desk) -> None:
    timed.start()
    (late, *_) = timed.fire_next()
    asking.start()
    (message,) = asking.case.outbox.values()
    (failed, *_) = asking.give("FailJob", "system:outbox", message=message.message, reason="五次未果")

    for desk, raised in ((timed, late), (asking, failed)):
        with pytest.raises(Refused, match="Retry it, correct a fact, or move the token"):
            desk.give("ResolveIncident", incident=raised.incident, reason="不再处理")


def test_a_message_that_is_given_up_is_not_delivered_any_more() -> None:
    desk = Desk.of(halls.BUSINESS_STARTUP, "2026-03-02 09:00")
    desk.start(applicant={"name": "示范申请人甲"})
    desk.complete("intake", "window1", **halls.APPLICATION)
    desk.answer_all()
    desk.complete("check_completeness", "window1", outcome="accept")
    while all(m.token is not None for m in desk.case.outbox.values()):
        first = min(desk.case.outbox.values(), key=lambda m: m.message)
        desk.give("AnswerJob", "system:outbox", token=first.token, message=first.message, variables={})
    notice = next(m for m in desk.case.outbox.values() if m.token is None)
    (failed,) = desk.give("FailJob", "system:outbox", message=notice.message, reason="五次未果")

    desk.give("ResolveIncident", incident=failed.incident, reason="已电话告知")

    assert notice.message not in desk.case.outbox
    assert desk.case.incidents == {}


def test_what_was_asked_of_the_outside_is_taken_back_with_its_token(tmp_path: Path) -> None:
    late = bpmn.boundary("late", "ask", bpmn.timer("P1D"))
    model = gateway_after(bpmn.service("ask", "ask.outside"), late, bpmn.flows("S>ask ask>choice late>choice"))
    desk = Desk.bare(tmp_path, model)
    desk.start(variables={"way": "left"})
    (message,) = desk.case.outbox.values()
    (failed, *_) = desk.give("FailJob", "system:outbox", message=message.message, reason="五次未果")

    effects = desk.fire_next()

    assert MessageSettled(message.message, "dropped") in effects
    assert IncidentResolved(failed.incident, "gone") in effects
    assert (desk.case.outbox, desk.case.incidents) == ({}, {})


def test_a_case_is_not_cancelled_under_a_decision_that_was_made() -> None:
    desk = Desk.of(halls.BUSINESS_STARTUP, "2026-03-02 09:00")
    desk.start(applicant={"name": "示范申请人甲"})
    desk.complete("intake", "window1", **halls.APPLICATION)
    desk.answer_all()
    desk.complete("check_completeness", "window1", outcome="accept")
    desk.answer_all()
    desk.complete("review", "market_reviewer1", outcome="grant")
    while "sign_off" in desk.open:
        desk.complete("sign_off", "market_head", outcome="agree")
    assert {found.state for found in desk.case.matters.values()} == {"granted"}

    with pytest.raises(Refused, match="Hand their decisions over first"):
        desk.give("CancelCase", reason="申请人放弃")


def test_a_value_is_not_erased_while_a_message_carries_it(asking: Desk) -> None:
    asking.start()
    (message,) = asking.case.outbox.values()

    with pytest.raises(Refused, match="still carries them"):
        asking.give("EraseValues", digests=[message.payload.digest], reason="申请人要求")


# ------------------------------------------------------------------ cycles that are none


CYCLES = {
    "boundary": (bpmn.user("B"), bpmn.boundary("again", "B", bpmn.timer("=beat", "timeCycle"), interrupting=False)),
    "event subprocess": (
        bpmn.subprocess(
            "B",
            bpmn.element("startEvent", "BS"),
            bpmn.user("inside"),
            bpmn.element("endEvent", "BE"),
            bpmn.flows("BS>inside inside>BE"),
            bpmn.subprocess(
                "X",
                bpmn.element("startEvent", "again", bpmn.timer("=beat", "timeCycle"), isInterrupting="false"),
                bpmn.element("endEvent", "XE"),
                bpmn.flows("again>XE"),
                triggered=True,
            ),
        ),
    ),
}


@pytest.fixture(params=CYCLES)
def cycling(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    """A task, and behind it an activity with a cycle that a fact gives."""
    late = bpmn.boundary("late", "A", bpmn.timer("P1D"))
    flows = bpmn.flows("S>A A>B late>B B>E" + (" again>E" if request.param == "boundary" else ""))
    body = (bpmn.S, bpmn.user("A"), late, *CYCLES[request.param], bpmn.E, flows)
    return Desk.bare(tmp_path, bpmn.document(bpmn.process("P", *body)))


@pytest.mark.parametrize("every", ["P1D", 5, None, "tomorrow"])
@pytest.mark.parametrize("by", ["a person", "a timer"])
def test_a_cycle_that_is_none_stands_behind_an_incident_and_is_set_by_a_retry(
    cycling: Desk, by: str, every: object
) -> None:
    cycling.start(variables={"beat": every})
    effects = cycling.complete("A") if by == "a person" else cycling.fire_next()
    (incident,) = [effect for effect in effects if isinstance(effect, IncidentRaised)]
    assert cycling.case is not None

    assert incident.element == "again" and len(cycling.open) == 1
    assert cycling.case.deadlines() == {}
    cycling.give("RetryIncident", incident=incident.incident)
    (again,) = cycling.case.incidents.values()
    assert again.incident != incident.incident and cycling.case.deadlines() == {}

    cycling.give("SetFact", name="beat", value="R/P2D", reason="r")
    cycling.give("RetryIncident", incident=again.incident)

    assert cycling.case.incidents == {}
    assert list(cycling.case.deadlines().values()) == [(cycling.now + timedelta(days=2)).isoformat()]


def test_an_incident_of_a_cycle_goes_with_the_activity(cycling: Desk) -> None:
    cycling.start(variables={"beat": "P1D"})
    cycling.complete("A")

    cycling.complete(*cycling.open)

    assert cycling.case is not None
    assert cycling.case.status == "completed" and cycling.case.incidents == {}
