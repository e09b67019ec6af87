"""Lists are read from rows: they show what the cases would, and open none of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.case import authority
from engine.hall.door.derived import display_name
from engine.hall.door.stored import stored_case
from engine.hall.store import Waiting
from engine.hall.store.session import Session
from engine.reading.views import cases, chains, incidents, menu, worklist
from engine.reading.views.sight import Sight
from engine.reading.views.task_card import TaskCard, task_card
from tests.samples import small_hall as small_halls
from tests.samples.site import Site
from tests.samples.small_hall import PEOPLE

HOLDERS = (*PEOPLE, "market_reviewer2", "nobody")


@pytest.fixture(scope="module")
def hall(small_hall: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A copy: one process writes to a hall, and the tests of the pages keep theirs open."""
    copy = tmp_path_factory.mktemp("lists") / "hall"
    with small_halls.opened(Path(shutil.copytree(small_hall, copy))) as here:
        yield here


@pytest.fixture
def unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    """No case is opened: neither its facts nor its personal values may be read."""

    def refuse(session: Session, case: str) -> Any:
        raise AssertionError(f"case {case} was opened")

    monkeypatch.setattr(Session, "state", refuse)
    monkeypatch.setattr(Session, "facts", refuse)


def card_of_the_case(sight: Sight, number: str, token: int) -> TaskCard:
    row = sight.reading.case(number)
    assert row is not None
    case = stored_case(sight.reading, row)
    return task_card(sight.viewer, sight.version(row.chain), case, case.tasks[token], display_name(case.applicant))


def every_task(sight: Sight) -> Iterator[Waiting]:
    """All open tasks of the hall as rows of a worklist."""
    for row in sight.reading.cases(limit=1000):
        for task in sight.reading.tasks(row.id):
            yield Waiting(task, row.title, row.chain, row.process, row.applicant, row.core)


@pytest.mark.parametrize("person", HOLDERS)
def test_a_row_of_a_worklist_shows_what_the_case_would(hall: Site, person: str) -> None:
    with hall.hall.sights.of(person) as sight:
        tasks = list(every_task(sight))
        rows = [worklist.row(sight, one) for one in tasks]

        assert rows == [card_of_the_case(sight, one.task.case, one.task.token) for one in tasks]


def test_a_row_has_the_button_of_a_task_that_is_the_applicants_own(hall: Site) -> None:
    with hall.hall.sights.of("applicant1") as sight:
        rows = {one.task.case: worklist.row(sight, one) for one in every_task(sight) if "applicant" in one.task.roles}

    assert "ClaimTask" in rows[hall.cases["online"]].may


def test_a_row_has_no_button_for_whom_four_eyes_bar(small_hall: Path, tmp_path: Path) -> None:
    with small_halls.opened(Path(shutil.copytree(small_hall, tmp_path / "own"))) as here:
        number = here.cases["review"]
        here.complete(number, "review", by="market_reviewer1", outcome="grant")
        token = here.task(number, "sign_off")
        assert here.case(number).tasks[token].apart

        for person in ("market_reviewer1", "market_reviewer2", "market_head"):
            with here.hall.sights.of(person) as sight:
                (waiting,) = (one for one in every_task(sight) if (one.task.case, one.task.token) == (number, token))
                assert worklist.row(sight, waiting) == card_of_the_case(sight, number, token)
                if person == "market_reviewer1":
                    assert worklist.row(sight, waiting).may == ()


def test_the_worklists_of_the_hall_are_not_empty(hall: Site) -> None:
    shown = {}
    for person in HOLDERS:
        for group in ("open", "mine"):
            with hall.hall.sights.of(person) as sight:
                shown[person, group] = worklist.page(sight, group, limit=200).rows

    assert {"window1", "market_reviewer1"} <= {person for (person, _), rows in shown.items() if rows}
    assert shown["window1", "mine"] and not shown["nobody", "open"]
    assert any("ClaimTask" in row.may for row in shown["market_reviewer1", "open"])
    assert any(row.provisional or row.light for rows in shown.values() for row in rows)


def test_lists_open_no_case(hall: Site, unopened: None) -> None:
    with hall.hall.sights.of("window1") as sight:
        assert worklist.page(sight).rows and worklist.page(sight, "mine").rows
        assert cases.page(sight).rows
        assert menu.abilities(sight).counts.open
    with hall.hall.sights.of("admin") as sight:
        assert incidents.page(sight).rows


def test_a_list_of_cases_holds_those_that_the_person_may_see_and_what_they_say(hall: Site) -> None:
    for person in HOLDERS:
        with hall.hall.sights.of(person) as sight:
            viewer, rows = sight.viewer, cases.page(sight, limit=200).rows
            stored = {row.id: stored_case(sight.reading, row) for row in sight.reading.cases(limit=1000)}
            seen = [number for number, case in stored.items()
                    if authority.may_see(viewer.organisation, person, case, viewer.today)]  # fmt: skip

            assert [row.case for row in rows] == seen
            for row in rows:
                case = stored[row.case]
                due = min((task.due for task in case.tasks.values() if task.due), default=None)
                assert (row.title, row.applicant) == (case.title, display_name(case.applicant))
                assert (row.open_tasks, row.light) == (len(case.tasks), viewer.light(due)[0])
                assert row.outcome == (None if case.is_open else case.status)


def test_the_intake_tells_limits_without_what_the_law_allows_on_top(hall: Site) -> None:
    with hall.hall.sights.of("window1") as sight:
        cards = chains.page(sight)

    limits = [limit for card in cards for item in card.items for limit in (item.promised, item.statutory) if limit]
    assert limits and {limit.extension for limit in limits} == {0}
