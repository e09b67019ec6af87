"""Who has worked on a case, or might have, still sees it when the task is done; nobody else comes to see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.hall.proof import verify
from engine.law import organisation
from tests.samples import site
from tests.samples.site import SAMPLES, Site

HOTLINE = SAMPLES / "hotline"
HALL = organisation.read((HOTLINE / "organisation.json").read_bytes())


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Site]:
    with site.site(tmp_path, organisation=HALL) as here:
        here.app.config["WTF_CSRF_ENABLED"] = False
        yield here


@pytest.fixture
def handled(hall: Site) -> str:
    """A case whose second task, in the department of ecology, its reviewer has completed on the page."""
    digest = hall.publish(HOTLINE)
    number = hall.give("StartCase", "operator1", None, chain=digest, title="噪声扰民")
    hall.complete(number, "take_call", "operator1", content="夜间施工")
    assert sees(hall, number) == {*TAKING_IN, "ecology_reviewer1", "ecology_reviewer2"}
    return number


TAKING_IN = {"operator1", "operator2", "window1", "auditor", "supervisor", "admin"}


def sees(here: Site, number: str) -> set[str]:
    """The people who see the case on its page; each of them, and nobody else, finds it in the list."""
    found = set()
    for person in here.passwords:
        client = here.client(person)
        is_open = client.get(f"/cases/{number}").status_code == 200
        assert is_open == (number in client.get("/cases").get_data(as_text=True)), person
        assert is_open == (client.get(f"/cases/{number}/history").status_code == 200)
        found |= {person} if is_open else set()
    return found


def test_a_clerk_of_another_department_lands_on_the_case(hall: Site, handled: str) -> None:
    client, task = hall.client("ecology_reviewer1"), hall.task(handled, "handle")

    answer = client.post(f"/cases/{handled}/tasks/{task}/complete", json={"variables": {"reply": "已责令停工"}})

    assert client.get(answer.get_json()["location"]).status_code == 200
    assert sees(hall, handled) == {*TAKING_IN, "ecology_reviewer1", "ecology_reviewer2"}
    hall.complete(handled, "call_back", "operator2", satisfied=True)
    assert sees(hall, handled) == {*TAKING_IN, "ecology_reviewer1", "ecology_reviewer2"}
    assert not verify(hall.hall.store, hall.hall.engine.library).problems


def test_who_has_left_the_hall_sees_nothing_any_more(hall: Site, handled: str) -> None:
    hall.complete(handled, "handle", "ecology_reviewer1", reply="已责令停工")
    until = date(2026, 3, 1)
    left = [replace(grant, to=until) if grant.person == "ecology_reviewer1" else grant for grant in HALL.grants]
    moved = organisation.Grant("ecology_reviewer2", "reviewer", "water")
    grants = [moved if grant.person == "ecology_reviewer2" else grant for grant in left]

    hall.hall.engine.put_organisation(replace(HALL, grants=tuple(grants)), "system:test")

    assert sees(hall, handled) == TAKING_IN


def test_who_handed_a_task_over_goes_on_seeing_the_case(hall: Site, handled: str) -> None:
    task = hall.task(handled, "handle")
    hall.give("ClaimTask", "ecology_reviewer1", handled, task=task)

    hall.give("TransferTask", "ecology_reviewer1", handled, task=task, to="ecology_reviewer2")
    hall.complete(handled, "handle", "ecology_reviewer2", reply="已责令停工")

    assert {"ecology_reviewer1", "ecology_reviewer2"} <= sees(hall, handled)


def test_a_task_open_to_everybody_concerns_afterwards_who_did_it(hall: Site) -> None:
    digest = hall.publish("moves/branches")
    number = hall.give("StartCase", "window1", None, chain=digest, title="示范申办")
    staff = {person for person in hall.passwords if person != "applicant1"}
    assert sees(hall, number) == staff

    hall.complete(number, "P", "water_reviewer1")
    hall.give("CancelCase", "admin", number, reason="重复")

    assert sees(hall, number) == {"window1", "auditor", "supervisor", "admin", "water_reviewer1"}
    assert not verify(hall.hall.store, hall.hall.engine.library).problems


def test_verify_tells_a_row_that_nobody_earned_and_spares_one_that_is_gone(hall: Site, handled: str) -> None:
    hall.complete(handled, "handle", "ecology_reviewer1", reply="已责令停工")
    with hall.hall.store._database.migrating() as connection:
        connection.execute(text("DELETE FROM concerns WHERE concern = 'worked:ecology_reviewer1'"))
    assert not verify(hall.hall.store, hall.hall.engine.library).problems

    with hall.hall.store._database.migrating() as connection:
        connection.execute(text("INSERT INTO concerns VALUES (:case, 'worked:water_reviewer1')"), {"case": handled})

    (problem,) = verify(hall.hall.store, hall.hall.engine.library).problems
    assert problem.problem == "table concerns: row worked:water_reviewer1 doesn't follow from the journal"
