"""Business start-up as it ships: its figures, its days over a long holiday, and which case holds a company name.

Source: 企业名称登记管理规定 (2020) art. 16–18; 公司法 (2023) art. 6; 民法典 art. 201.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.base.errors import Conflict
from engine.law.workdays import Calendar
from engine.model import chain as chains
from engine.model.chain.measures import measure
from engine.reading.scenarios import Player, Rehearsal
from tests.samples.stages import Shipped, workdays
from webui.sentences import say

SHIPPED = Shipped("business_startup")
CHAIN = SHIPPED.folder
BPMN = CHAIN.parent
NAME = "云岭示范科技有限公司"


@pytest.fixture
def stage(request: pytest.FixtureRequest, empty_database: Path) -> Iterator[Rehearsal]:
    """A stage whose clock stands where the scenario begins: `main`, or the one that the test names."""
    with SHIPPED.stage(getattr(request, "param", "main"), empty_database) as made:
        yield made


def apply(player: Player) -> None:
    player.act(SHIPPED.scenario("main").steps[0])


def figures(folder: Path) -> dict[str, object]:
    version = chains.read(folder).version
    assert version is not None
    return dict(measure(version).figures())


def test_the_figures_of_the_reform() -> None:
    assert figures(CHAIN / "before") == {"steps": 5, "materials": 27, "days": 8, "visits": 4, "windows": 4}
    assert figures(CHAIN / "after") == {"steps": 2, "materials": 5, "days": 3, "visits": 1, "windows": 1}


def test_a_mark_or_a_material_less_is_a_figure_less(tmp_path: Path) -> None:
    copy = tmp_path / "bpmn"
    shutil.copytree(BPMN / "common", copy / "common")
    shutil.copytree(CHAIN / "after", copy / "business_startup" / "after")
    shutil.copy(BPMN / "organisation.json", copy)
    shutil.copytree(BPMN / "catalogue", copy / "catalogue")
    file = copy / "catalogue" / "business_startup.json"
    catalogue = json.loads(file.read_text("utf-8"))
    registration = next(item for item in catalogue["items"] if item["key"] == "establishment_registration")
    registration["materials"] = [n for n in registration["materials"] if n["material"] != "appointment"]
    file.write_text(json.dumps(catalogue), "utf-8")
    model = copy / "business_startup" / "after" / "chain.bpmn"
    mark = '<zeebe:property name="step" value="true" />'
    model.write_text(model.read_text("utf-8").replace(mark, "", 1), "utf-8")

    found = figures(model.parent)

    assert found == {"steps": 1, "materials": 4, "days": 3, "visits": 1, "windows": 1}


@pytest.mark.parametrize("stage", ["spring_festival"], indirect=True)
def test_over_the_spring_festival_nothing_takes_more_than_three_workdays(stage: Rehearsal) -> None:
    case = SHIPPED.played(stage, "spring_festival")
    calendar = Calendar.shipped()

    took = {m.item: workdays(calendar, m.accepted_on, m.decided_on) for m in case.matters.values()}

    assert took == {"establishment_registration": 0, "seal_engraving": 0, "tax_registration": 1, "social_insurance": 0}
    assert workdays(calendar, "2026-02-13", "2026-02-24") == 2


def test_a_name_that_is_reserved_is_refused_with_the_day_until_which_it_is(stage: Rehearsal) -> None:
    first, second = SHIPPED.begun(stage), SHIPPED.begun(stage)
    apply(first)

    with pytest.raises(Conflict) as refused:
        apply(second)

    words = say(refused.value)
    assert NAME in words and "2026年5月2日" in words
    assert [task.element for task in stage.case(str(second.case)).tasks.values()] == ["intake"]


def test_a_name_that_was_denied_is_free_for_others(stage: Rehearsal) -> None:
    SHIPPED.played(stage, "denial")

    apply(SHIPPED.begun(stage))


def test_a_registered_name_stays_taken_when_its_case_has_long_ended(stage: Rehearsal) -> None:
    case = SHIPPED.played(stage, "main")
    assert not case.is_open
    late = SHIPPED.begun(stage)
    late.act({"advance": "P200D"})

    with pytest.raises(Conflict, match=NAME):
        apply(late)
