"""Whose task it is: the matter's department, a consulted department, or one to which the power was delegated."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from engine.base.errors import NotAllowed, Refused
from engine.case import authority
from engine.case.records import Command, CompleteTask, MessageQueued, plain
from tests.samples.desk import Desk
from tests.unit.case.small_hall import ORGANISATION, action, desk, steps, task
from tests.unit.model.runtime import bpmn_text as bpmn
from webui.sentences import say

TOWN = "990001100"


def basis(at: Desk, actor: str, element: str, on: date | None = None) -> dict[str, object] | None:
    """Return on what basis the actor might complete the task on that day; None if on none."""
    command = Command(actor, "2026-000001", CompleteTask(task=at.task(element)))
    try:
        return authority.authorise(at.organisation, command, at.case, on or at.now.date())
    except NotAllowed:
        return None


# ------------------------------------------------------------------ the property `department`


def review_by(department: str, folder: Path) -> Desk:
    model = steps(
        task("first"),
        action("receive", "matter.receive", item="permit"),
        task("opinion", groups="reviewer", department=department),
        task("last", groups="reviewer"),
    )
    found = desk(folder, model)
    found.start()
    return found


def test_a_task_may_belong_to_another_department_than_its_matter(tmp_path):
    found = review_by("ecology", tmp_path)
    found.complete("first")

    opened = found.case.tasks[found.task("opinion")]
    assert (opened.department, opened.item) == ("ecology", "permit")
    assert basis(found, "ecologist", "opinion") == {"kind": "role", "role": "reviewer", "department": "ecology"}
    assert basis(found, "planner", "opinion") is None
    found.complete("opinion")
    assert found.case.tasks[found.task("last")].department == "planning"


def test_without_a_value_it_is_the_matters_department(tmp_path):
    found = review_by("=wanted", tmp_path)
    found.complete("first")

    assert found.case.tasks[found.task("opinion")].department == "planning"


@pytest.mark.parametrize("wanted", ["moon", "dissolved", 7])
def test_a_department_that_the_hall_does_not_have_is_refused(tmp_path, wanted):
    found = review_by("=wanted", tmp_path)

    with pytest.raises(Refused, match=r"to name a department of the hall for 'opinion'; it gave") as refused:
        found.complete("first", wanted=wanted)

    assert str(wanted) in say(refused.value)


def test_each_participant_of_a_joint_review_answers_for_itself(tmp_path):
    each = task("opinion", bpmn.multi('=["ecology", "planning"]', "who"), groups="reviewer", department="=who")
    model = steps(task("first"), action("receive", "matter.receive", item="permit"), each, task("last"))
    found = desk(tmp_path, model)
    found.start()

    found.complete("first")

    opened = [t for t in found.case.tasks.values() if t.element == "opinion"]
    assert [t.department for t in opened] == ["ecology", "planning"]
    for actor, place in (("ecologist", 0), ("planner", 1)):
        free, other = (authority.About(task=opened[at].token) for at in (place, 1 - place))
        assert authority.allowed(found.organisation, actor, "CompleteTask", free, found.case, found.now.date())
        assert not authority.allowed(
            found.organisation, actor, "CompleteTask", other, found.case, found.now.date()
        )


# ------------------------------------------------------------------ the area


def in_area(folder: Path, area: str | None, at: str = "2026-03-02 09:00") -> Desk:
    model = steps(
        task("first"),
        action("receive", "matter.receive", item="town_item", area="=place"),
        task("check", groups="reviewer"),
        task("last", groups="reviewer"),
    )
    found = desk(folder, model, at)
    found.start()
    found.complete("first", place=area)
    return found


def test_a_delegated_power_is_exercised_in_the_area_that_it_was_delegated_for(tmp_path):
    found = in_area(tmp_path, f"{TOWN}003")

    matter = found.matter("town_item")
    assert (matter.department, matter.owner, matter.area) == ("town", "planning", f"{TOWN}003")
    assert found.case.tasks[found.task("check")].department == "town"
    assert basis(found, "townsman", "check") == {
        "kind": "delegation", "role": "reviewer", "department": "town", "from_department": "planning",
    }  # fmt: skip
    assert basis(found, "planner", "check") is None
    assert authority.may_see(found.organisation, "townsman", found.case, found.now.date())


@pytest.mark.parametrize("area", [None, "990001200", "990001"])
def test_elsewhere_nothing_changes(tmp_path, area):
    found = in_area(tmp_path, area)

    matter = found.matter("town_item")
    assert (matter.department, matter.owner) == ("planning", None)
    assert basis(found, "planner", "check") == {"kind": "role", "role": "reviewer", "department": "planning"}
    assert basis(found, "townsman", "check") is None


def test_a_power_that_was_taken_back_is_the_owners_again(tmp_path):
    """能放能收: the delegation ends on 31 March."""
    found = in_area(tmp_path, TOWN, at="2026-03-31 16:00")
    assert basis(found, "townsman", "check", date(2026, 3, 31)) is not None

    assert basis(found, "townsman", "check", date(2026, 4, 1)) is None
    assert basis(found, "planner", "check", date(2026, 4, 1)) == {
        "kind": "role", "role": "reviewer", "department": "planning",
    }  # fmt: skip
    found.at("2026-04-01 09:00").complete("check")
    assert found.case.tasks[found.task("last")].department == "planning"
    assert found.organisation.elsewhere("planning", found.now.date()) == (("town", "town_item"),)


def test_warnings_go_to_the_department_that_handles_it_now(tmp_path):
    model = steps(
        task("first"), action("receive", "matter.receive", item="town_item", area=TOWN),
        action("accept", "matter.accept"), task("last", groups="reviewer"),
    )  # fmt: skip
    found = desk(tmp_path, model, at="2026-03-20 09:00")
    found.start()
    found.complete("first")

    told = []
    while not told:
        effects = found.fire_next()
        told = [plain(e.payload)["to"] for e in effects if isinstance(e, MessageQueued)]

    assert found.now.date() >= date(2026, 4, 1)
    assert told == ["role:head@planning"]


def test_a_task_that_a_department_was_named_for_is_no_delegates(tmp_path):
    shared = ORGANISATION["delegations"][0] | {"item": "permit", "area": None, "from_department": "planning"}
    model = steps(
        task("first"), action("receive", "matter.receive", item="permit"),
        task("opinion", groups="reviewer", department="ecology"), task("last", groups="reviewer"),
    )  # fmt: skip
    found = desk(tmp_path, model, delegations=[shared])
    found.start()
    found.complete("first")

    assert found.matter("permit").department == "town"
    assert basis(found, "ecologist", "opinion") is not None
    assert basis(found, "townsman", "opinion") is None
