"""What nobody stands behind and can't be done parks behind an incident, until somebody puts it right."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import NotOpen, NoWayOut
from engine.records import IncidentRaised, IncidentResolved
from tests.samples.desk import Desk
from tests.unit.runtime import bpmn_text as bpmn


def gateway_after(host: str, *extra: str) -> bytes:
    """A task, or a job, with a timer; behind each a choice by `way` without a default."""
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
