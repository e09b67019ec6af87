"""One contract for the store, kept by SQLite and by a real PostgreSQL."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import alembic.command
import pytest
from sqlalchemy import text

from engine.base.canonical import canonical
from engine.base.errors import Conflict, InvalidInput, StoreUnreachable, Taken
from engine.case.journal import Head, Row
from engine.case.normal_form import core_of
from engine.case.state import Case
from engine.hall.store import (
    CaseRow,
    ClaimRow,
    DeadlineRow,
    EntryRow,
    FactRow,
    Grant,
    IncidentRow,
    MaterialRow,
    MessageRow,
    PersonalRow,
    Sees,
    ShelfRow,
    Store,
    SubscriptionRow,
    TaskRow,
    Write,
    instant,
    migrations,
)
from webui.sentences import say

NINE = "2026-03-02T09:00:00+08:00"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TO = ("notification", "courier")
CASE = "2026-000001"
OTHER = "2026-000002"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/licet.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store.open(url)
    opened.upgrade()
    yield opened
    opened.close()


def case(sequence: int = 1, number: str = CASE, **values) -> CaseRow:
    row = CaseRow(number, "sha256:c", "main", "开办企业", None, "open", sequence, NINE, f"h{sequence}", "{}", NINE)
    return row._replace(**values)


def entry(sequence: int = 1, number: str = CASE, actor: str = "window1", key: str | None = None) -> EntryRow:
    return EntryRow(number, sequence, NINE, actor, key, "CompleteTask", "{}", f"h{sequence}")


def task(token: int, number: str = CASE, **values) -> TaskRow:
    row = TaskRow(number, token, "check", "审查", ("reviewer",), (), "tax", "invoice", 1, None, None, NINE)
    return row._replace(**values)


def message(number: int, case: str = CASE, destination: str = "notification") -> MessageRow:
    return MessageRow(case, number, destination, "notice.send", "{}", None, "waiting", 0, NINE)


def do(store: Store, sequence: int = 1, number: str = CASE, **changes) -> None:
    with store.transaction() as tx:
        tx.write(Write(case(sequence, number), entry(sequence, number), **changes))


# ------------------------------------------------------------------------------------------- one command


def test_a_case_comes_back_as_it_was_written(store: Store):
    do(store, facts=[FactRow(0, "名称", '"甲"', "d1")], personal=[PersonalRow("p1", "salt", '"3301"')])

    with store.transaction() as tx:
        assert tx.case(CASE) == case()
        assert tx.head(CASE) == (1, "h1")
        assert tx.facts(CASE) == [FactRow(0, "名称", '"甲"', "d1")]
        assert tx.personal(CASE) == [PersonalRow("p1", "salt", '"3301"')]
        assert tx.case(OTHER) is None and tx.head(OTHER) is None


def test_only_what_changed_is_written(store: Store):
    do(store, facts=[FactRow(0, "a", "1", "d1"), FactRow(0, "b", "2", "d2"), FactRow(3, "a", "3", "d3")])

    do(store, 2, facts=[FactRow(0, "b", "20", "d20")], facts_dropped=[(3, "a")])

    with store.reading() as reading:
        assert reading.facts(CASE) == [FactRow(0, "a", "1", "d1"), FactRow(0, "b", "20", "d20")]
        assert reading.case(CASE) == case(2)
        assert [row.sequence for row in reading.entries(CASE)] == [1, 2]
        assert reading.entries(CASE, after=1) == [entry(2)]


def test_every_projection_is_set_and_dropped(store: Store):
    do(
        store,
        tasks=[task(3)],
        deadlines=[DeadlineRow(CASE, "token:3:check", NINE, 4)],
        messages=[message(5)],
        claims_taken=[ClaimRow("company_name", "甲", CASE)],
        incidents=[IncidentRow(CASE, 6, "check", "conflict", "原因", NINE)],
        subscriptions=[SubscriptionRow(CASE, 3, "wait", "message", "paid", None)],
        materials=[MaterialRow(CASE, "charter", "sha256:f", "章程.pdf", 2**40, "application/pdf", NINE)],
        personal=[PersonalRow("p1", "salt", "1")],
    )
    with store.reading() as reading:
        assert reading.tasks(CASE) == [task(3)] and reading.task(CASE, 3) == task(3)
        assert reading.deadlines(CASE) == [DeadlineRow(CASE, "token:3:check", NINE, 4)]
        assert reading.messages() == [message(5)._replace(next_at=instant(NINE))]
        assert reading.message(CASE, 5).key == "2026-000001/5"
        assert [row.key for row in reading.claims(CASE)] == ["甲"]
        assert reading.incidents()[0].cause == "原因"
        assert reading.subscribers("message", "paid")[0].token == 3
        assert [row.file for row in reading.materials(CASE)] == ["sha256:f"]

    do(
        store,
        2,
        tasks_dropped=[3],
        deadlines_dropped=["token:3:check"],
        messages_dropped=[5],
        claims_released=[("company_name", "甲")],
        incidents_resolved=[(6, NINE)],
        subscriptions_dropped=[(3, "wait")],
        materials_dropped=[("charter", "sha256:f")],
        personal_erased=["p1"],
    )

    with store.reading() as reading:
        assert reading.tasks(CASE) == reading.deadlines(CASE) == reading.messages() == []
        assert reading.claims(CASE) == reading.incidents() == reading.materials(CASE) == []
        assert reading.subscribers("message", "paid") == reading.personal(CASE) == []
        assert reading.incidents(resolved=True)[0].resolved_at == NINE


def test_a_transaction_that_fails_leaves_nothing(store: Store):
    do(store)

    with pytest.raises(ZeroDivisionError), store.transaction() as tx:
        tx.write(Write(case(2), entry(2)))
        raise ZeroDivisionError

    with store.reading() as reading:
        assert reading.case(CASE) == case(1)
        assert len(reading.entries(CASE)) == 1


# ---------------------------------------------------------------------------------------------- conflicts


@pytest.mark.parametrize("sequence", [1, 2, 4])
def test_a_command_on_a_state_that_is_not_the_stored_one_is_a_conflict(store: Store, sequence: int):
    do(store)
    do(store, 2)

    with pytest.raises(Conflict):
        do(store, sequence)

    with store.reading() as reading:
        assert [row.sequence for row in reading.entries(CASE)] == [1, 2]


def test_a_claim_that_another_case_holds_is_a_conflict_that_names_it(store: Store):
    do(store, claims_taken=[ClaimRow("unit", "330106-1", CASE)])

    with pytest.raises(Conflict, match="330106-1") as refusal:
        do(store, number=OTHER, claims_taken=[ClaimRow("unit", "330106-1", OTHER)])

    assert refusal.value.fields["holder"] == CASE
    do(store, 2, claims_released=[("unit", "330106-1")])
    do(store, number=OTHER, claims_taken=[ClaimRow("unit", "330106-1", OTHER)])


JULY = "2026-07-01T00:00:00+08:00"


def later(number: str, at: str, *claims: ClaimRow, sequence: int = 1) -> Write:
    """Return the write of a case that takes these things at that instant."""
    return Write(case(sequence, number), entry(sequence, number)._replace(recorded_at=at), claims_taken=claims)


@pytest.mark.parametrize(
    ("at", "is_free"), [("2026-06-30T23:59:59+08:00", False), (JULY, True), ("2026-06-30T16:00:00+00:00", True)]
)
def test_a_reservation_is_free_again_at_its_instant(store: Store, at: str, is_free: bool):
    do(store, claims_taken=[ClaimRow("company_name", "甲", CASE, JULY)])

    with contextlib.nullcontext() if is_free else pytest.raises(Taken) as refused, store.transaction() as tx:
        tx.write(later(OTHER, at, ClaimRow("company_name", "甲", OTHER, kept=True)))

    with store.reading() as reading:
        assert [row.case for number in (CASE, OTHER) for row in reading.claims(number)] == [OTHER if is_free else CASE]
        assert all(row.kept for row in reading.claims(OTHER))
    if refused is not None:
        assert say(refused.value) == ("企业名称“甲”已被预留至2026年6月30日，请另行选择，或在预留期满后再申请。")


@pytest.mark.parametrize(
    ("held", "words"),
    [
        ({"kept": True}, "不动产单元“9-1”已被登记使用，请另行选择。"),
        ({}, "不动产单元“9-1”已有办件正在办理，办结之前不能重复申请。"),
        ({"until": "2026-06-30T10:30:00+08:00"}, "不动产单元“9-1”已被预留至2026年6月30日10:30，"),
    ],
)
def test_an_applicant_is_told_what_is_taken_and_how_long(store: Store, held: dict[str, Any], words: str):
    do(store, claims_taken=[ClaimRow("real_estate_unit", "9-1", CASE, **held)])

    with pytest.raises(Taken, match="9-1") as refused, store.transaction() as tx:
        tx.write(later(OTHER, "2026-03-03T09:00:00+08:00", ClaimRow("real_estate_unit", "9-1", OTHER)))

    assert say(refused.value).startswith(words)
    assert (refused.value.code, refused.value.fields["holder"]) == ("conflict", CASE)


def test_what_a_case_has_reserved_it_keeps(store: Store):
    do(store, claims_taken=[ClaimRow("company_name", "甲", CASE, JULY)])

    do(store, 2, claims_taken=[ClaimRow("company_name", "甲", CASE, kept=True)])

    with store.reading() as reading:
        assert reading.claims(CASE) == [ClaimRow("company_name", "甲", CASE, None, True)]
    with pytest.raises(Taken), store.transaction() as tx:
        tx.write(later(OTHER, "2027-03-03T09:00:00+08:00", ClaimRow("company_name", "甲", OTHER)))


def test_a_case_releases_its_own_claims_only(store: Store):
    do(store, claims_taken=[ClaimRow("unit", "1", CASE)])

    do(store, number=OTHER, claims_released=[("unit", "1")])

    with store.reading() as reading:
        assert [row.key for row in reading.claims(CASE)] == ["1"]


def test_a_key_leads_to_its_receipt_and_is_used_once(store: Store):
    with store.transaction() as tx:
        tx.write(Write(case(), entry(key="k1")))

    with store.transaction() as tx:
        assert tx.receipt("window1", "k1") == entry(key="k1")
        assert tx.receipt("window2", "k1") is None
    with pytest.raises(Conflict), store.transaction() as tx:
        tx.write(Write(case(1, OTHER), entry(1, OTHER, key="k1")))
    do(store, 2)
    do(store, 3)  # commands without a key don't meet


def test_of_many_at_once_each_entry_is_written_by_one(store: Store):
    do(store)
    barrier = threading.Barrier(4)

    def attempt(_: int) -> bool:
        barrier.wait()
        try:
            with store.transaction() as tx:
                head = tx.head(CASE)
                tx.write(Write(case(head[0] + 1), entry(head[0] + 1)))
            return True
        except Conflict:
            return False

    with ThreadPoolExecutor(4) as pool:
        done = [won for _ in range(5) for won in pool.map(attempt, range(4))]

    with store.reading() as reading:
        assert [row.sequence for row in reading.entries(CASE)] == list(range(1, sum(done) + 2))


def test_without_the_lock_the_unique_sequence_is_the_last_line(store: Store):
    do(store)
    barrier = threading.Barrier(2)

    def attempt(_: int) -> bool:
        barrier.wait()
        try:
            do(store, 2)
            return True
        except Conflict:
            return False

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, range(2))) == [False, True]


def test_case_numbers_count_by_year_and_are_given_back(store: Store):
    with store.transaction() as tx:
        assert [tx.next_number(2026), tx.next_number(2026), tx.next_number(2027)] == [
            "2026-000001",
            "2026-000002",
            "2027-000001",
        ]
    with pytest.raises(ZeroDivisionError), store.transaction() as tx:
        tx.next_number(2026)
        raise ZeroDivisionError
    with store.transaction() as tx:
        assert tx.next_number(2026) == "2026-000003"


@pytest.mark.parametrize("when", ["2026-03-02T09:00:00", "morgen", "2026-03-02"])
def test_a_time_without_zone_is_refused(store: Store, when: str):
    with pytest.raises(InvalidInput):
        do(store, deadlines=[DeadlineRow(CASE, "k", when, 1)])


# ----------------------------------------------------------------------------------------------- worklist


def listed(store: Store, *grants: Grant, **options) -> list[int]:
    with store.reading() as reading:
        return [waiting.task.token for waiting in reading.worklist(grants, **options)]


def test_a_worklist_holds_what_the_grants_cover_by_limit(store: Store):
    do(
        store,
        tasks=[
            task(1, due_at="2026-03-04T17:30:00+08:00"),
            task(2, due_at="2026-03-04T09:00:00Z"),
            task(3),
            task(4, department="police"),
            task(5, roles=("head",)),
            task(6, item="other"),
            task(7, claimed_by="tax1", claimed_at=NINE),
            task(8, roles=("reviewer", "head"), users=("tax1",), due_at="2026-03-03T09:00:00+08:00"),
            task(9, assignee="tax1"),
        ],
    )
    tax = Grant("role:reviewer", "tax")

    assert listed(store, tax) == [8, 2, 1, 3, 6]
    assert listed(store, Grant("role:reviewer", "tax", ("other",))) == [6]
    assert listed(store, tax, Grant("role:head", "tax"), Grant("person:tax1", "tax")) == [8, 2, 1, 3, 5, 6, 9]
    assert listed(store, Grant("role:reviewer", "")) == [] == listed(store)
    with store.reading() as reading:
        assert [waiting.task.token for waiting in reading.held(["tax1"])] == [7]
        assert reading.worklist([tax])[0].title == "开办企业"


def test_a_worklist_goes_on_behind_the_page_before(store: Store):
    do(
        store,
        tasks=[task(token, due_at="2026-03-04T17:30:00+08:00" if token < 4 else None) for token in range(1, 8)],
    )
    tax = Grant("role:reviewer", "tax")

    with store.reading() as reading:
        first = reading.worklist([tax], limit=3)
        second = reading.worklist([tax], after=first[-1].task, limit=3)
        third = reading.worklist([tax], after=second[-1].task, limit=3)

    assert [[waiting.task.token for waiting in page] for page in (first, second, third)] == [
        [1, 2, 3],
        [4, 5, 6],
        [7],
    ]


def random_task(chance: random.Random, token: int, number: str) -> TaskRow:
    roles = chance.sample(("reviewer", "head", "window"), chance.randint(0, 2))
    claimed = chance.random() < 0.2
    return task(
        token,
        number,
        roles=tuple(roles),
        users=tuple(chance.sample(("tax1", "tax2"), chance.randint(0, 1))),
        department=chance.choice(("tax", "police", None)),
        item=chance.choice(("invoice", "seal", "税务", None)),
        assignee=None if claimed else chance.choice((None, None, "tax1")),
        due_at=chance.choice((None, f"2026-03-0{chance.randint(1, 4)}T{chance.choice((9, 17)):02}:00:00+08:00")),
        claimed_by="tax2" if claimed else None,
        claimed_at=NINE if claimed else None,
    )


def random_grant(chance: random.Random) -> Grant:
    candidate = chance.choice(("role:reviewer", "role:head", "role:window", "person:tax1", "person:tax2"))
    items = chance.choice((None, ("invoice",), ("seal", "税务"), ()))
    return Grant(candidate, chance.choice(("tax", "police", "")), items)


def covered(task: TaskRow, grants: list[Grant]) -> bool:
    """The rule of a worklist, written a second time without a database."""
    offers = task.candidates()
    return any(
        (offer["candidate"], offer["department"]) == (grant.candidate, grant.department)
        and (grant.items is None or offer["item"] in grant.items)
        for offer in offers
        for grant in grants
    )


def test_a_worklist_gives_what_the_rule_gives_for_any_tasks_and_grants(store: Store):
    chance = random.Random(9)
    written = {
        number: [random_task(chance, token, number) for token in range(1, 31)] for number in (CASE, OTHER, "2026-3")
    }
    for number, tasks in written.items():
        do(store, number=number, tasks=tasks)
    everything = sorted(
        (task for tasks in written.values() for task in tasks),
        key=lambda task: (task.due_or_never(), task.case, task.token),
    )

    for _ in range(60):
        grants = [random_grant(chance) for _ in range(chance.randint(1, 12))]
        wanted = [(task.case, task.token) for task in everything if covered(task, grants)]
        size, pages, last = chance.randint(1, 20), [], None
        with store.reading() as reading:
            while page := reading.worklist(grants, after=last, limit=size):
                pages.append([(waiting.task.case, waiting.task.token) for waiting in page])
                last = page[-1].task
            counted = reading.count_waiting(grants, 25)

        assert [key for page in pages for key in page] == wanted
        assert all(len(page) == size for page in pages[:-1])
        assert counted == min(25, len(wanted))


def test_a_list_of_cases_shows_open_tasks_and_the_earliest_limit(store: Store):
    do(store, tasks=[task(1, due_at="2026-03-04T17:30:00+08:00"), task(2, due_at="2026-03-04T09:00:00Z"), task(3)])
    do(store, number=OTHER)

    with store.reading() as reading:
        rows = reading.listed_cases()
        assert [row.id for row in rows] == [row.id for row in reading.cases()] == [OTHER, CASE]
        assert [(row.open_tasks, row.due_at) for row in rows] == [(0, None), (3, "2026-03-04T09:00:00.000000+00:00")]
        assert [row.id for row in reading.listed_cases(after=rows[0], status="open")] == [CASE]
        assert reading.count_held("tax1") == 0


def test_what_a_person_sees_of_the_cases_is_the_same_in_both_lists(store: Store):
    do(store, concerns=["person:applicant1"])
    do(store, number=OTHER, concerns=['["reviewer"]'])
    do(store, number="2026-000003", tasks=[task(1, "2026-000003", claimed_by="tax1", claimed_at=NINE)])

    with store.reading() as reading:
        for sees, numbers in (
            (Sees("applicant1"), [CASE]),
            (Sees("tax1", ('["reviewer"]', '["head"]')), ["2026-000003", OTHER]),
            (Sees("tax2", ('["head"]',)), []),
        ):
            listed = [row.id for row in reading.listed_cases(seen_by=sees, status="open", text="2026")]
            assert listed == [row.id for row in reading.cases(seen_by=sees)] == numbers


def test_a_task_leaves_the_worklist_when_claimed_and_returns_when_released(store: Store):
    tax = Grant("role:reviewer", "tax")
    do(store, tasks=[task(1)])

    do(store, 2, tasks=[task(1, claimed_by="tax1", claimed_at=NINE)])
    assert listed(store, tax) == []

    do(store, 3, tasks=[task(1)])
    assert listed(store, tax) == [1]


def test_cases_are_found_by_text_status_and_applicant_page_by_page(store: Store):
    for number in range(1, 6):
        name = f"2026-00000{number}"
        with store.transaction() as tx:
            row = case(number=name, opened_at=f"2026-03-0{number}T09:00:00+08:00", title=f"第{number}件 100%")
            tx.write(Write(row._replace(applicant="applicant1" if number % 2 else None), entry(number=name)))

    with store.reading() as reading:
        first = reading.cases(limit=2)
        assert [row.id[-1] for row in first] == ["5", "4"]
        assert [row.id[-1] for row in reading.cases(after=first[-1])] == ["3", "2", "1"]
        assert [row.id[-1] for row in reading.cases(text="第3件")] == ["3"]
        assert [row.id[-1] for row in reading.cases(text="00002")] == ["2"]
        assert reading.cases(text="1_0") == [] and len(reading.cases(text="100%")) == 5
        assert len(reading.cases(applicant="applicant1", status="open")) == 3
        assert (reading.count(), reading.count("open"), reading.count("completed")) == (5, 5, 0)


# ------------------------------------------------------------------------------------------------- leases


def test_due_deadlines_come_in_order_one_per_case_and_to_one_taker(store: Store):
    do(
        store,
        deadlines=[
            DeadlineRow(CASE, "late", "2026-03-02T11:00:00Z", 1),
            DeadlineRow(CASE, "tie2", "2026-03-02T18:00:00+08:00", 3),
            DeadlineRow(CASE, "tie1", "2026-03-02T10:00:00Z", 2),
            DeadlineRow(CASE, "future", "2026-03-02T12:00:01Z", 4),
        ],
    )
    do(store, number=OTHER, deadlines=[DeadlineRow(OTHER, "only", "2026-03-02T09:00:00Z", 1)])

    assert [row.key for row in store.due(NOW, 10, "a", 30)] == ["only", "tie1"]
    assert store.due(NOW, 10, "b", 30) == []
    do(store, 2, deadlines_dropped=["tie1"])
    assert [row.key for row in store.due(NOW, 10, "b", 30)] == ["tie2"]
    do(store, 3, deadlines_dropped=["tie2"])
    assert [row.key for row in store.due(NOW, 10, "b", 30)] == ["late"]


def test_a_lease_that_ran_out_is_taken_again(store: Store):
    do(store, deadlines=[DeadlineRow(CASE, "k", NINE, 1)])

    assert len(store.due(NOW, 10, "a", 30)) == 1
    assert len(store.due(NOW + timedelta(seconds=29), 10, "b", 30)) == 0
    assert len(store.due(NOW + timedelta(seconds=30), 10, "b", 30)) == 1


def test_a_deadline_that_is_set_anew_is_free_again(store: Store):
    do(store, deadlines=[DeadlineRow(CASE, "k", NINE, 1)])
    store.due(NOW, 10, "a", 30)

    do(store, 2, deadlines=[DeadlineRow(CASE, "k", "2026-03-02T10:00:00Z", 1)])

    assert [row.due_at for row in store.due(NOW, 10, "b", 30)] == ["2026-03-02T10:00:00Z"]


def test_many_takers_share_the_due_deadlines_without_doubles(store: Store):
    numbers = [f"2026-{number:06d}" for number in range(40)]
    for number in numbers:
        do(store, number=number, deadlines=[DeadlineRow(number, "k", NINE, 1)])

    with ThreadPoolExecutor(4) as pool:
        taken = [row.case for rows in pool.map(lambda n: store.due(NOW, 10, str(n), 30), range(8)) for row in rows]

    assert sorted(taken) == numbers


def test_messages_come_in_order_per_case_and_destination(store: Store):
    do(store, messages=[message(1), message(2), message(3, destination="courier")])
    do(store, number=OTHER, messages=[message(1, OTHER)])

    assert sorted(row.key for row in store.lease(NOW, TO, 10, "a", 30)) == [
        "2026-000001/1",
        "2026-000001/3",
        "2026-000002/1",
    ]
    assert store.lease(NOW, TO, 10, "b", 30) == []
    do(store, 2, messages_dropped=[1])
    assert [row.key for row in store.lease(NOW, TO, 10, "b", 30)] == ["2026-000001/2"]


def test_a_postponed_message_comes_when_its_time_has_come_and_holds_the_next(store: Store):
    do(store, messages=[message(1), message(2)])
    (leased,) = store.lease(NOW, TO, 10, "a", 30)

    store.postpone(leased, NOW + timedelta(minutes=1), "对方无应答")

    assert store.lease(NOW, TO, 10, "a", 30) == []
    (again,) = store.lease(NOW + timedelta(minutes=1), TO, 10, "a", 30)
    assert (again.number, again.attempts, again.last_error) == (1, 1, "对方无应答")


def test_what_is_awaited_from_now_on_is_due_now_and_nothing_else(store: Store):
    said = {1: "N-1", 2: "N-10", 3: "N-1"}
    texts = {number: f'{{"key":"{key}","name":"paid","variables":{{}}}}' for number, key in said.items()}
    posted = [message(n, destination="cases" if n < 3 else "jobs")._replace(payload=texts[n]) for n in said]
    do(store, messages=posted)
    for leased in store.lease(NOW, ("cases", "jobs"), 10, "a", 30):
        store.postpone(leased, NOW + timedelta(hours=1), "无人等待")
    assert store.lease(NOW, ("cases", "jobs"), 10, "a", 30) == []

    do(store, number=OTHER, messages_awaited=['{"key":"N-1","name":"paid","variables":'])

    assert [row.number for row in store.lease(NOW, ("cases", "jobs"), 10, "a", 30)] == [1]


def test_only_messages_to_the_named_destinations_are_leased(store: Store):
    do(store, messages=[message(1, destination="jobs"), message(2)])

    assert [row.number for row in store.lease(NOW, TO, 10, "a", 30)] == [2]
    assert store.lease(NOW, (), 10, "a", 30) == []


def test_a_parked_message_is_not_delivered_and_holds_the_next(store: Store):
    do(store, messages=[message(1)._replace(status="parked"), message(2)])

    assert store.lease(NOW, TO, 10, "a", 30) == []


# ------------------------------------------------------------------------------- journal, shelf, documents


def test_the_journal_is_read_by_case_and_sequence(store: Store):
    do(store, number=OTHER)
    do(store)
    do(store, 2)

    with store.reading() as reading:
        rows = list(reading.journal())
        assert [(row.case, row.sequence) for row in rows] == [(CASE, 1), (CASE, 2), (OTHER, 1)]
        assert isinstance(rows[0], Row) and list(reading.journal([OTHER])) == rows[2:]
        assert reading.heads() == {CASE: Head(2, "h2"), OTHER: Head(1, "h1")}


def test_documents_are_kept_once_under_their_digest(store: Store):
    with store.transaction() as tx:
        tx.keep_document("sha256:d", b"\x00\xff")
        tx.keep_document("sha256:d", b"\x00\xff")
        assert tx.document("sha256:d") == b"\x00\xff"
        assert tx.document("sha256:e") is None


def test_chain_versions_are_numbered_within_their_name(store: Store):
    with store.transaction() as tx:
        tx.publish_chain("b", "sha256:1", NINE, "designer")
        tx.publish_chain("a", "sha256:2", NINE, "designer")
        tx.publish_chain("b", "sha256:3", NINE, "designer")
        assert tx.chain("b").digest == "sha256:3"

    with store.reading() as reading:
        assert [(row.name, row.number) for row in reading.chains()] == [("a", 1), ("b", 1), ("b", 2)]


def test_settings_and_shelf_keep_the_last_value(store: Store):
    with store.transaction() as tx:
        tx.set("zone", '"Asia/Shanghai"')
        tx.set("zone", '"Asia/Urumqi"')
        tx.shelve(ShelfRow("letter", "1", "applicant1", "{}", NINE))
        tx.shelve(ShelfRow("letter", "1", "applicant1", '{"read":true}', NINE))
        tx.shelve(ShelfRow("letter", "2", "applicant2", "{}", NINE))
        tx.unshelve("letter", "3")

    with store.reading() as reading:
        assert reading.settings() == {"zone": '"Asia/Urumqi"'}
        assert reading.setting("zone") == '"Asia/Urumqi"'
        assert reading.shelved("letter", "1").value == '{"read":true}'
        assert [row.key for row in reading.shelf("letter")] == ["1", "2"]
        assert [row.key for row in reading.shelf("letter", "applicant2")] == ["2"]


def test_of_two_at_once_one_takes_the_place_on_the_shelf(store: Store):
    def add(number: int) -> bool:
        with store.transaction() as tx:
            return tx.shelve_new(ShelfRow("attempt", "1", None, str(number), NINE))

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(add, range(2))) == [False, True]


# ------------------------------------------------------------------------------------- opening, migrating


def test_an_upgrade_of_a_filled_database_keeps_what_is_in_it(store: Store):
    do(store)

    assert store.upgrade() == store.upgrade()

    store.ready()
    with store.reading() as reading:
        assert reading.case(CASE) == case()


def test_a_database_of_the_first_revision_is_upgraded_with_what_is_in_it(url: str):
    store = Store.open(url)
    core = canonical(core_of(Case(CASE, title="旧办件", applicant={"name": "甲", "person": "applicant1"}))).decode()
    old = case()._asdict() | {"title": "旧办件", "core": core}
    del old["project"]
    plain = entry()._replace(body='{"说明":"材料\\n齐全"}')
    with store._database.migrating() as connection:
        config = migrations._config()
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0001")
        names = ", ".join(f'"{name}"' for name in old)
        connection.execute(text(f"INSERT INTO cases ({names}) VALUES ({', '.join(f':{name}' for name in old)})"), old)
        connection.execute(
            text('INSERT INTO claims (kind, "key", "case") VALUES (:kind, :key, :case)'),
            {"kind": "company_name", "key": "甲", "case": CASE},
        )
        connection.execute(
            text(
                'INSERT INTO journal ("case", sequence, recorded_at, actor, "key", command, body, hash)'
                " VALUES (:case, :sequence, :recorded_at, :actor, :key, :command, :body, :hash)"
            ),
            plain._asdict(),
        )
    with pytest.raises(StoreUnreachable, match="licet upgrade"):
        store.ready()

    store.upgrade()

    store.ready()
    with store.reading() as reading:
        assert reading.case(CASE) == case(title="旧办件", core=core, project=None)
        assert [row.id for row in reading.cases(seen_by=Sees("applicant1"))] == [CASE]
        assert reading.cases(seen_by=Sees("applicant2")) == []
        assert reading.claims(CASE) == [ClaimRow("company_name", "甲", CASE, until=None, kept=False)]
    do(store, 2, claims_taken=[ClaimRow("company_name", "乙", CASE)])
    with store.reading() as reading:
        assert sorted(reading.claims(CASE))[1].kept is False
        assert reading.entries(CASE) == [plain, entry(2)]
        assert [row.body for row in reading.journal()] == [plain.body, entry(2).body]
    store.close()


def test_cases_are_found_by_their_project(store: Store):
    with store.transaction() as tx:
        tx.write(Write(case(1, CASE, project="2026-990101-47-03-500001"), entry(1)))
        tx.write(Write(case(1, OTHER), entry(1, OTHER)))
    with store.reading() as reading:
        assert [row.id for row in reading.cases(project="2026-990101-47-03-500001")] == [CASE]
        assert [row.id for row in reading.cases(text="990101-47")] == [CASE]
        assert reading.cases(project="2026-990101-47-03-500002") == []

    with store.transaction() as tx:  # joined later
        tx.write(Write(case(2, OTHER, project="2026-990101-47-03-500002"), entry(2, OTHER)))
    with store.reading() as reading:
        assert [row.id for row in reading.cases(project="2026-990101-47-03-500002")] == [OTHER]


def test_the_migrations_give_the_tables_that_the_statements_expect(store: Store):
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from engine.hall.store.tables import metadata

    with store._database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_database_without_tables_says_what_to_do(url: str, tmp_path: Path):
    store = Store.open(url)

    with pytest.raises(StoreUnreachable, match=r"licet (init|upgrade)"):
        store.ready()
    with pytest.raises(StoreUnreachable, match=r"licet (init|upgrade)"), store.transaction() as tx:
        tx.case(CASE)
    store.close()


def test_a_reader_cannot_write(store: Store):
    from engine.base.errors import LicetError
    from engine.hall.store.session import Transaction

    do(store)
    with store.reading() as reading, pytest.raises(LicetError):
        Transaction(reading._database, reading._do, reading._raw).set("a", "1")


@pytest.mark.parametrize(
    "where", ["postgresql://nobody@127.0.0.1:1/none", "sqlite:////proc/none/licet.db", "/proc/none/licet.db"]
)
def test_an_unreachable_database_is_one_clear_line(where: str):
    store = Store.open(where)

    for attempt in (store.ready, store.upgrade, lambda: store.transaction().__enter__()):
        with pytest.raises(StoreUnreachable) as refusal:
            attempt()
        assert "\n" not in refusal.value.message and "Expected" in refusal.value.message


@pytest.mark.parametrize("where", ["mysql://a/b", "sqlite://", "sqlite:///:memory:", "://"])
def test_a_url_of_something_else_is_refused(where: str):
    with pytest.raises(InvalidInput):
        Store.open(where)


# --------------------------------------------------------------------------------- what is PostgreSQL's own


@pytest.mark.postgres
def test_a_lost_connection_is_refused_clearly_and_replaced(postgres_url: str):
    import psycopg

    store = Store.open(postgres_url)
    store.upgrade()
    do(store)

    with pytest.raises(StoreUnreachable), store.transaction() as tx:
        tx.head(CASE)
        with psycopg.connect(postgres_url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        tx.write(Write(case(2), entry(2)))

    do(store, 2)
    store.close()


@pytest.mark.postgres
def test_a_case_that_is_locked_for_long_is_a_conflict(postgres_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("engine.hall.store.database.LOCK_MILLISECONDS", 100)
    store = Store.open(postgres_url)
    store.upgrade()
    do(store)

    with store.transaction() as tx:
        tx.head(CASE)
        with pytest.raises(Conflict, match="Try again"), store.transaction() as other:
            other.head(CASE)
    store.close()


# ------------------------------------------------------------------------------------- what is SQLite's own


WRITER = """
import sys
from engine.hall.store import Store
store = Store.open(sys.argv[1])
with store.transaction() as tx:
    tx.set("a", "1")
print("writing", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    store = Store.open(str(tmp_path / "licet.db"))
    store.upgrade()
    store.close()
    return tmp_path / "licet.db"


def test_a_second_writing_process_is_refused_until_the_first_one_dies(file: Path):
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout.readline() == "writing\n"
    store = Store.open(str(file))
    try:
        with pytest.raises(StoreUnreachable, match=str(writer.pid)), store.transaction():
            pass
        with store.reading() as reading:  # reading goes on beside it
            assert reading.setting("a") == "1"
    finally:
        writer.kill()
        writer.communicate()

    with store.transaction() as tx:
        assert tx.setting("a") == "1"
    store.close()


def test_a_reading_sees_one_moment(file: Path):
    store = Store.open(str(file))
    with store.reading() as reading:
        assert reading.count() == 0
        do(store)
        assert reading.count() == 0
    with store.reading() as reading:
        assert reading.count() == 1
    store.close()


def test_rubbish_in_the_journal_can_be_read(file: Path):
    import sqlite3

    store = Store.open(str(file))
    do(store)
    with sqlite3.connect(file) as raw:
        raw.execute("UPDATE journal SET body = CAST(x'ff7b' AS TEXT), sequence = 'zwei', actor = x'00ff'")
    raw.close()

    with store.reading() as reading:
        (row,) = reading.journal()

    assert (row.body, row.sequence, row.actor) == ("\udcff{", "zwei", b"\x00\xff")
    store.close()


def test_people_go_before_timers(file: Path):
    store = Store.open(str(file))
    order: list[str] = []
    started = threading.Barrier(4)

    def enter(name: str, patient: bool) -> Callable[[], None]:
        def run() -> None:
            started.wait()
            with store.transaction(patient=patient):
                order.append(name)

        return run

    with store.transaction():
        threads = [threading.Thread(target=enter("timer", True))]
        threads += [threading.Thread(target=enter(name, False)) for name in ("person", "person")]
        for thread in threads:
            thread.start()
        started.wait()
        threading.Event().wait(0.1)
    for thread in threads:
        thread.join()

    assert order == ["person", "person", "timer"]
    store.close()
