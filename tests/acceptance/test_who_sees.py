"""The list of cases shows a person exactly the cases of which `authority.may_see` says that the person may see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random

import alembic.command
import pytest
from sqlalchemy import text

from engine.case import authority
from engine.case.records import TaskOpened
from engine.case.state import Case, Matter
from engine.hall.door.derived import task_row
from engine.hall.proof import verify
from engine.hall.store import CaseRow, EntryRow, Store, Write, migrations
from engine.law.organisation import Delegation, Department, Grant, Named, Organisation, Substitute
from engine.reading.views.seen import sees
from tests.samples.halls import BUSINESS_STARTUP
from tests.samples.walks import Walk

DEPARTMENTS, ITEMS = ("market", "tax", "police"), ("licence", "seal", "invoice")
AREAS = (None, "990001000", "990001100", "990001100001", "990002000")
PEOPLE = tuple(f"p{number}" for number in range(12))
ROLES = ("reviewer", "head", "leader", "window", "supervisor", "clerk", "applicant")
DAYS = (None, date(2026, 3, 2), date(2026, 3, 31), date(2026, 5, 4))
TODAY = (date(2026, 3, 1), date(2026, 3, 2), date(2026, 4, 1), date(2026, 5, 5))
NINE = "2026-03-02T09:00:00+08:00"
CASES = 60


def _dates(random: Random) -> dict[str, date | None]:
    first, last = random.choice(DAYS), random.choice(DAYS)
    return {"from_": first, "to": last if first is None or last is None or first <= last else None}


def _hall(random: Random) -> Organisation:
    def some(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(random.sample(values, random.randint(1, len(values))))

    grants = [
        Grant(
            random.choice(PEOPLE[2:]), random.choice(ROLES), random.choice((None, *DEPARTMENTS, *DEPARTMENTS)),
            random.choice((None, some(ITEMS))), **_dates(random),
        )
        for _ in range(14)
    ]  # fmt: skip
    substitutes = [Substitute(*random.sample(PEOPLE, 2), **_dates(random)) for _ in range(4)]
    delegations = [
        Delegation(item, *random.sample(DEPARTMENTS, 2), random.choice(AREAS), **_dates(random)) for item in ITEMS
    ]
    return Organisation(
        "示范大厅", "990001", tuple(Department(key, key) for key in DEPARTMENTS),
        tuple(Named(key, key) for key in ROLES), tuple(Named(key, key) for key in PEOPLE),
        tuple(grants), substitutes=tuple(substitutes), delegations=tuple(delegations),
    )  # fmt: skip


def _case(random: Random, number: int) -> Case:
    applicant = random.choice(({"name": "甲", "person": random.choice(PEOPLE)}, {"name": "乙"}, None))
    case = Case(f"2026-{number:06d}", "sha256:c", "main", "示范", applicant, "window", NINE)
    for n in range(1, random.randint(1, 3)):
        place = (random.choice(ITEMS), random.choice(DEPARTMENTS))
        owner = random.choice((None, *DEPARTMENTS))
        case.matters[n] = Matter(n, *place, 0, "under_review", "2026-03-02", area=random.choice(AREAS), owner=owner)
    for token in range(10, 10 + random.randint(0, 3)):
        case.tasks[token] = _task(random, case, token)
    return case


def _task(random: Random, case: Case, token: int) -> TaskOpened:
    matter = case.matters.get(random.choice((0, 1, 2)))
    own = matter is not None and random.random() < 0.6
    assignee = random.choice((None, None, *PEOPLE))
    return TaskOpened(
        token, "review", "审查", NINE,
        roles=tuple(random.sample(ROLES, random.choice((0, 1, 1, 2)))),
        users=tuple(random.sample(PEOPLE, random.choice((0, 0, 0, 2)))),
        assignee=assignee,
        claimed_at=random.choice((None, NINE)) if assignee else None,
        department=matter.department if matter and own else random.choice((None, *DEPARTMENTS)),
        owner=matter.owner if matter and own else None,
        item=matter.item if matter and own else random.choice((None, *ITEMS)),
        matter=matter.number if matter else None,
    )  # fmt: skip


def _keep(store: Store, case: Case) -> None:
    entry = EntryRow(case.id, 1, NINE, "window1", None, "StartCase", "{}", "h1")
    row = CaseRow(case.id, case.chain, "main", case.title, None, "open", 1, NINE, "h1", "{}", NINE)
    tasks = [task_row(case.id, task) for task in case.tasks.values()]
    with store.transaction() as tx:
        tx.write(Write(row, entry, tasks=tasks, concerns=sorted(authority.concerns(case))))


def _by_the_rules(organisation: Organisation, person: str, case: Case, on: date) -> bool:
    """Work out the same from the permissions: to handle a matter, take or hold a task, or see the whole hall."""
    question = authority.Question(organisation, person, authority.About(), case, on)
    return (
        question.role(*authority.HALL_ROLES) is not None
        or (case.applicant or {}).get("person") == person
        or any(question.role_in(matter, *authority.HANDLING_ROLES) for matter in case.matters.values())
        or any(task.assignee == person or authority.candidate(question, task) for task in case.tasks.values())
    )


def _listed(store: Store, organisation: Organisation | None, person: str, on: date) -> set[str]:
    with store.reading() as reading:
        found, last = [], None
        seen_by = sees(reading, organisation, person, on)
        while page := reading.cases(seen_by=seen_by, after=last, limit=7):
            found += [row.id for row in page]
            last = page[-1]
    assert found == sorted(set(found), reverse=True)
    return set(found)


@pytest.mark.parametrize("seed", range(4))
def test_the_list_holds_what_the_person_may_see(seed: int, new_url: Callable[[], str]) -> None:
    random = Random(seed)
    cases = [_case(random, number) for number in range(1, CASES + 1)]
    halls = [_hall(random) for _ in range(8)]
    store = Store.open(new_url())
    for case in cases:
        _keep(store, case)

    shown = 0
    for organisation in halls:
        for person in PEOPLE:
            on = random.choice(TODAY)
            wanted = {case.id for case in cases if authority.may_see(organisation, person, case, on)}
            assert wanted == {case.id for case in cases if _by_the_rules(organisation, person, case, on)}
            assert _listed(store, organisation, person, on) == wanted, (organisation, person, on)
            shown += 0 < len(wanted) < CASES

    store.close()
    assert shown > len(halls) * len(PEOPLE) / 2, "people who see some and not all are what this is about"


def test_the_day_decides_whom_a_case_concerns(new_url: Callable[[], str]) -> None:
    case = Case("2026-000001", "sha256:c", "main", "示范", None, "window", NINE)
    case.matters[1] = Matter(1, "licence", "market", 0, "under_review", "2026-03-02", area="990001100001")
    hall = Organisation(
        "示范大厅", "990001", tuple(Department(key, key) for key in DEPARTMENTS), (Named("reviewer", "审查"),),
        (Named("own", "甲"), Named("other", "乙"), Named("acting", "丙"), Named("elsewhere", "丁")),
        (
            Grant("own", "reviewer", "market", ("licence",)),
            Grant("elsewhere", "reviewer", "market", ("seal",)),
            Grant("other", "reviewer", "tax"),
        ),
        substitutes=(Substitute("acting", "other", to=date(2026, 4, 10)),),
        delegations=(Delegation("licence", "market", "tax", "990001100", date(2026, 4, 1), date(2026, 4, 30)),),
    )  # fmt: skip
    store = Store.open(new_url())
    _keep(store, case)

    def who(on: date) -> list[str]:
        return [person.key for person in hall.people if _listed(store, hall, person.key, on)]

    assert who(date(2026, 3, 31)) == ["own"]
    assert who(date(2026, 4, 10)) == ["other", "acting"]
    assert who(date(2026, 4, 11)) == ["other"]
    assert who(date(2026, 5, 1)) == ["own"]
    store.close()


def test_an_upgrade_finds_whom_the_cases_concern(new_url: Callable[[], str]) -> None:
    store = Store.open(new_url())
    walk = Walk.begin(store, BUSINESS_STARTUP, 1)
    walk.go(40)
    wanted = _concerned(store)
    _back_to_the_third_revision(store)

    store.upgrade()

    assert _concerned(store) == wanted != []
    assert verify(store, walk.door.engine.library).problems == []
    store.close()


def _concerned(store: Store) -> list[tuple[str, str]]:
    with store.reading() as reading:
        rows = reading.projections([row.id for row in reading.cases()], ["concerns"])
        return sorted((row["case"], row["concern"]) for _, row in rows)


def _back_to_the_third_revision(store: Store) -> None:
    with store._database.migrating() as connection:
        connection.execute(text("DROP TABLE concerns"))
        connection.execute(text("DROP INDEX cases_by_opening"))
        config = migrations._config()
        config.attributes["connection"] = connection
        alembic.command.stamp(config, "0003")
