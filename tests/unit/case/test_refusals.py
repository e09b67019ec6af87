"""Every refused command says what was expected, what was found, and what to do; and nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.base.errors import Conflict, IllegalMove, InvalidInput, LicetError, NotOpen, Refused
from engine.case import records
from engine.case.records import given
from tests.samples import halls
from tests.samples.desk import Desk
from tests.samples.orders import sample

FILE = {"file": "sha256:00", "name": "章程.pdf", "size": 3, "media_type": "application/pdf"}


@pytest.fixture
def desk() -> Desk:
    """A case with one matter received; window1 holds the task to check whether it is complete."""
    found = Desk.of(halls.BUSINESS_STARTUP, "2026-03-02 09:00")
    found.start(applicant={"name": "示范申请人甲"})
    found.complete("intake", "window1", **halls.APPLICATION)
    found.give("SupplyMaterial", "window1", material="articles", **FILE)
    found.answer_all()
    found.give("ClaimTask", "window1", task=found.task("check_completeness"))
    return found


MATTER = 0
"""Stands for the number of the matter."""

Payload = dict[str, Any] | Callable[[Desk], dict[str, Any]]


def held(desk: Desk) -> dict[str, Any]:
    return {"task": desk.task("check_completeness")}


REFUSED: list[tuple[str, Payload, type[LicetError], str]] = [
    ("ClaimTask", {"task": 2}, NotOpen, r"task 2 .* to be open.*Reload"),
    ("ClaimTask", held, Conflict, r"to be free; it is claimed by window1"),
    ("ReleaseTask", {"task": 2}, NotOpen, r"task 2"),
    ("TransferTask", {"task": 2, "to": "window2"}, NotOpen, r"task 2"),
    ("CompleteTask", {"task": 2}, NotOpen, r"task 2"),
    ("CompleteTask", held, Conflict, r"claimed by window1"),
    ("FireDeadline", {"deadline": "token:9:x", "due": "2026-03-02T00:00:00+08:00"}, NotOpen, r"stands at None"),
    ("AnswerJob", {"token": 1}, NotOpen, r"to wait for an answer"),
    ("SettleMessage", {"message": 1}, NotOpen, r"to be pending"),
    ("FailJob", {"message": 1, "reason": "x"}, NotOpen, r"to be pending"),
    ("SupplyMaterial", {"material": "unheard", **FILE}, InvalidInput, r"catalogue asks for; found 'unheard'"),
    ("RemoveMaterial", {"material": "articles", "file": "sha256:01"}, NotOpen, r"at hand"),
    ("RemoveMaterial", {"material": "articles", "file": "sha256:00"}, Refused, r"matters were received"),
    ("SuspendClock", {"matter": 1, "reason": "x"}, NotOpen, r"number of a matter"),
    ("SuspendClock", {"matter": MATTER, "reason": "专家评审"}, IllegalMove, r"it is received.*What can be done now"),
    ("SuspendClock", {"matter": MATTER, "reason": " "}, InvalidInput, r"'reason' as a text"),
    ("ResumeClock", {"matter": MATTER}, IllegalMove, r"to be suspended for 'resume'"),
    ("ExtendClock", {"matter": MATTER, "amount": 1, "reason": "复杂"}, IllegalMove, r"running clock"),
    ("ExtendClock", {"matter": MATTER, "amount": 0, "reason": "复杂"}, InvalidInput, r"above 0"),
    ("WithdrawMatter", {"matter": 1}, NotOpen, r"number of a matter"),
    ("SetFact", {"name": "x", "value": 1, "reason": "更正", "scope": 4711}, NotOpen, r"open scope"),
    ("MoveToken", {"token": 4711, "target": "intake", "reason": "错"}, NotOpen, r"token 4711"),
    ("RetryIncident", {"incident": 4711}, NotOpen, r"incident 4711"),
    ("ResolveIncident", {"incident": 4711, "reason": "x"}, NotOpen, r"incident 4711"),
    ("CancelCase", {"reason": ""}, InvalidInput, r"'reason' as a text"),
    ("EraseValues", {"digests": [], "reason": "x"}, InvalidInput, r"at least one digest"),
]


@pytest.mark.parametrize(("type", "payload", "error", "text"), REFUSED, ids=[f"{row[0]}-{row[3]}" for row in REFUSED])
def test_a_refusal_says_what_was_expected_and_changes_nothing(
    desk: Desk, type: str, payload: Payload, error: type[LicetError], text: str
) -> None:
    before = desk.case
    given = dict(payload(desk) if callable(payload) else payload)
    if given.get("matter") == MATTER:
        (given["matter"],) = desk.case.matters

    with pytest.raises(error, match=text) as refused:
        desk.give(type, "market_head", **given)

    assert str(refused.value).startswith(("Expected", "The "))
    assert desk.case is before


@pytest.mark.parametrize("type", sorted(set(records.COMMANDS) - {"StartCase"}))
def test_a_case_that_has_ended_takes_no_command_but_what_clears_up_after_it(desk: Desk, type: str) -> None:
    desk.give("CancelCase", reason="申请人放弃")
    before = desk.case

    with pytest.raises(LicetError):
        desk.give(type, "admin", **given(sample(type)))

    assert desk.case is before


def test_a_process_that_the_chain_does_not_have_is_refused() -> None:
    desk = Desk.of(halls.BUSINESS_STARTUP, "2026-03-02 09:00")

    with pytest.raises(InvalidInput, match="process of chain business_startup; found 'nothing'"):
        desk.start(process="nothing")
    assert desk.case is None


def test_a_form_names_all_wrong_fields_at_once() -> None:
    desk = Desk.of(halls.BUSINESS_STARTUP, "2026-03-02 09:00")
    desk.start()

    with pytest.raises(InvalidInput) as refused:
        desk.complete("intake", "window1", company_name="短", employees=0)

    errors = refused.value.fields["errors"]
    assert {"company_name", "employees", "domicile"} <= set(errors)
