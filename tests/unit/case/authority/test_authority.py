"""Permission on a given day: roles, departments, four eyes, applicants, the system's own actors."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.base.errors import NotAllowed
from engine.case import authority, records
from engine.case.handlers import HANDLERS
from engine.case.records import CancelCase, Command, CompleteTask
from engine.law import organisation
from tests.samples import halls
from tests.samples.desk import Desk
from tests.samples.orders import sample

MONDAY = date(2026, 3, 2)
HALL = halls.chain(halls.BUSINESS_STARTUP)[1]


@pytest.fixture
def desk() -> Desk:
    found = Desk.of(halls.BUSINESS_STARTUP, "2026-03-02 09:00")
    found.start(applicant={"name": "示范申请人甲", "person": "applicant1"})
    found.complete("intake", "window1", **halls.APPLICATION)
    found.answer_all()
    found.complete("check_completeness", "window1", outcome="accept")
    found.answer_all()
    return found


def basis(desk: Desk, type: str, actor: str, **payload: object) -> dict[str, object]:
    number = None if type == "StartCase" else "2026-000001"
    return authority.authorise(HALL, Command(actor, number, sample(type, **payload)), desk.case, MONDAY)


def test_there_is_a_rule_and_a_handler_for_every_command() -> None:
    assert set(HANDLERS) == set(records.COMMANDS.values())
    assert set(authority.RULES) == set(records.COMMANDS.values())


def test_the_reviewer_of_the_department_may_and_another_ones_may_not(desk: Desk) -> None:
    task = desk.task("review")

    found = basis(desk, "CompleteTask", "market_reviewer1", task=task)

    assert found == {"kind": "role", "role": "reviewer", "department": "market_regulation"}
    for actor in ("tax_reviewer1", "window1", "market_head", "nobody"):
        with pytest.raises(NotAllowed, match=f"a candidate of the task for CompleteTask; {actor} is not"):
            basis(desk, "CompleteTask", actor, task=task)


def test_who_reviewed_may_not_sign_off(desk: Desk) -> None:
    desk.complete("review", "market_reviewer1", outcome="grant")
    task = desk.task("sign_off")

    with pytest.raises(NotAllowed, match="other eyes") as refused:
        basis(desk, "CompleteTask", "market_reviewer1", task=task)

    assert refused.value.fields["reason"] == "four_eyes"
    assert basis(desk, "CompleteTask", "market_reviewer2", task=task)["role"] == "reviewer"


def test_a_task_is_not_handed_to_who_must_stay_away(desk: Desk) -> None:
    desk.complete("review", "market_reviewer1", outcome="grant")
    task = desk.task("sign_off")
    desk.give("ClaimTask", "market_reviewer2", task=task)

    for to in ("market_reviewer1", "tax_reviewer1"):
        with pytest.raises(NotAllowed, match=f"{to} may not"):
            basis(desk, "TransferTask", "market_reviewer2", task=task, to=to)


def test_the_holder_or_the_head_gives_a_task_back(desk: Desk) -> None:
    task = desk.task("review")
    desk.give("ClaimTask", "market_reviewer1", task=task)

    assert basis(desk, "ReleaseTask", "market_reviewer1", task=task) == {"kind": "holder"}
    assert basis(desk, "ReleaseTask", "market_head", task=task)["role"] == "head"
    with pytest.raises(NotAllowed):
        basis(desk, "ReleaseTask", "market_reviewer2", task=task)


@pytest.mark.parametrize(
    ("type", "actor", "payload"),
    [
        ("FireDeadline", "system:clock", {}),
        ("AnswerJob", "system:outbox", {"token": 1}),
        ("SettleMessage", "system:outbox", {"message": 1}),
        ("SetFact", "admin", {}),
        ("CancelCase", "admin", {}),
        ("SuspendClock", "market_reviewer1", {}),
        ("ExtendClock", "market_head", {}),
        ("WithdrawMatter", "window1", {}),
        ("WithdrawMatter", "applicant1", {}),
        ("SupplyMaterial", "applicant1", {}),
        ("SupplyMaterial", "market_reviewer2", {}),
    ],
)
def test_who_may_has_a_basis(desk: Desk, type: str, actor: str, payload: dict[str, object]) -> None:
    (number,) = desk.case.matters

    assert basis(desk, type, actor, **{"matter": number, **payload})["kind"] in ("system", "role", "applicant")


@pytest.mark.parametrize(
    ("type", "actor"),
    [
        ("FireDeadline", "admin"),
        ("SettleMessage", "admin"),
        ("SetFact", "supervisor"),
        ("CancelCase", "system:clock"),
        ("SuspendClock", "tax_head"),
        ("ExtendClock", "market_reviewer1"),
        ("WithdrawMatter", "applicant2"),
        ("SupplyMaterial", "tax_reviewer1"),
        ("DeliverMessage", "tax_reviewer1"),
    ],
)
def test_who_may_not_is_refused(desk: Desk, type: str, actor: str) -> None:
    (number,) = desk.case.matters

    with pytest.raises(NotAllowed, match=f"{actor} is not"):
        basis(desk, type, actor, matter=number)


def test_authority_ends_with_its_date(desk: Desk) -> None:
    data = HALL.to_json().decode()
    granted = '"person":"market_reviewer1","role":"reviewer","to":null'
    assert granted in data
    until_february = organisation.read(data.replace(granted, granted.replace("null", '"2026-02-28"')).encode())
    command = Command("market_reviewer1", "2026-000001", CompleteTask(task=desk.task("review")))

    assert authority.authorise(until_february, command, desk.case, date(2026, 2, 28))["role"] == "reviewer"
    with pytest.raises(NotAllowed):
        authority.authorise(until_february, command, desk.case, date(2026, 3, 1))


def test_a_bare_model_has_no_organisation_and_anybody_may() -> None:
    command = Command("anybody", "2026-000001", CancelCase(reason="x"))

    assert authority.authorise(None, command, None, MONDAY) == {"kind": "anybody"}


def test_who_may_see_a_case(desk: Desk) -> None:
    seen = {
        person
        for person in ("window2", "auditor", "supervisor", "market_reviewer2", "applicant1", "tax_head", "applicant2",
                       "nobody")
        if authority.may_see(HALL, person, desk.case, MONDAY)
    }

    assert seen == {"window2", "auditor", "supervisor", "market_reviewer2", "applicant1"}


def test_a_page_asks_whether_a_button_is_to_be_shown(desk: Desk) -> None:
    about = authority.About(task=desk.task("review"))

    assert authority.allowed(HALL, "market_reviewer1", "CompleteTask", about, desk.case, MONDAY)
    assert not authority.allowed(HALL, "window1", "CompleteTask", about, desk.case, MONDAY)


def test_who_applies_on_their_own_applies_for_themselves() -> None:
    def may(actor: str, person: str | None) -> bool:
        applicant = {"name": "示范申请人甲"} | ({"person": person} if person else {})
        return authority.allowed(HALL, actor, "StartCase", authority.About(applicant=applicant), None, MONDAY)

    assert may("applicant1", "applicant1")
    assert not may("applicant1", "applicant2")
    assert not may("applicant1", None)
    assert may("window1", None)
    assert not may("tax_head", "tax_head")


def test_who_designs_and_who_leads_another_department_sees_no_case(desk: Desk) -> None:
    def sees(person: str) -> bool:
        return authority.may_see(HALL, person, desk.case, MONDAY)

    assert [sees(person) for person in ("designer", "tax_head")] == [False, False]
    assert [sees(person) for person in ("market_deputy_head", "leader")] == [True, True]


def test_a_task_for_nobody_in_particular_is_the_staffs(desk: Desk) -> None:
    task = desk.task("review")
    desk.case.tasks[task] = replace(desk.case.tasks[task], roles=(), users=())

    assert basis(desk, "CompleteTask", "tax_reviewer1", task=task) == {"kind": "open"}
    with pytest.raises(NotAllowed):
        basis(desk, "CompleteTask", "applicant2", task=task)
