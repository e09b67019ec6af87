"""Construction as it ships: its figures, its limits as data, a joint review with an objection, a project in stages.

Source: 国办发〔2019〕11号; 行政许可法 art. 42, 45; 建筑法 art. 8.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine.case.records import plain
from engine.case.state import Case
from engine.hall.proof import verify
from engine.language import decisions
from engine.law.workdays import Calendar
from engine.model import chain as chains
from engine.model.chain.measures import measure, workdays
from engine.reading import scenarios
from engine.reading.scenarios import Models, Rehearsal, Scenario, play, rehearsal
from engine.reading.scenarios.reading import read
from webui.cli import compose

CHAIN = Path(__file__).parents[2] / "bpmn" / "construction"
TO_THE_PERMIT = ("land_main", "planning_main", "main")
STAGES = (*TO_THE_PERMIT, "completion_industrial")
MODELS: Models = {}  # read once
KINDS = ("government", "industrial", "approved", "enterprise", "standard_land", "low_risk")


def scenario(name: str) -> Scenario:
    return read(CHAIN / "after" / "scenarios" / f"{name}.json", models=MODELS)


@cache
def version(name: str) -> chains.ChainVersion:
    found = chains.read(CHAIN / name).version
    assert found is not None
    return found


def decide(decision: str, **inputs: Any) -> Any:
    return decisions.read((CHAIN / "after" / "decisions" / f"{decision}.dmn").read_bytes()).decide(decision, inputs)


def test_the_figures_of_the_reform() -> None:
    before, after = measure(version("before")).figures(), measure(version("after")).figures()

    assert (before["steps"], after["steps"]) == (19, 3)
    assert (before["materials"], after["materials"]) == (83, 25)
    assert after["days"] <= 50


# ------------------------------------------------------------------ limits as data

PROJECT = {"investor": "enterprise", "listed": False, "low_risk": False, "standard_land": False, "category": "civil"}


@pytest.mark.parametrize(
    ("project", "kind", "limit", "whole"),
    [
        ({"category": "industrial"}, "industrial", 50, 62),
        ({}, "enterprise", 31, 43),
        ({"standard_land": True}, "standard_land", 22, 30),
        ({"low_risk": True}, "low_risk", 10, 17),
        ({"listed": True, "low_risk": True}, "approved", 50, 62),
        ({"investor": "government"}, "government", 80, 100),
    ],
)
def test_the_limits_of_the_stages_add_up_to_that_of_the_kind(
    project: Mapping[str, Any], kind: str, limit: int, whole: int
) -> None:
    found = decide("project_kind", **{**PROJECT, **project})
    stages = [decide("stage_rules", kind=kind, stage=s)["limit"] for s in ("land", "planning", "permit", "completion")]

    assert (found["kind"], found["limit"], found["whole"]) == (kind, limit, whole)
    assert (sum(stages[:3]), sum(stages)) == (limit, whole)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stage_has_time_for_what_its_items_promise(kind: str) -> None:
    items = version("after").catalogue
    assert items is not None
    promised = {key: workdays(item) for key, item in items.items.items()}

    def limit(stage: str) -> Decimal:
        return Decimal(decide("stage_rules", kind=kind, stage=stage)["limit"])

    if kind not in ("low_risk", "standard_land"):  # these have their land by transfer: nothing to be sited
        assert limit("land") >= promised["siting_pre_review"] + promised["land_use_planning_permit"]
    if kind != "low_risk":  # decided on a commitment
        assert limit("permit") >= promised["fire_design_review"] + promised["construction_permit"]
        assert limit("planning") >= promised["environmental_impact"]
    assert limit("planning") >= promised["engineering_planning_permit"]
    assert limit("permit") >= promised["construction_permit"]
    assert limit("completion") >= promised["fire_acceptance"] + promised["completion_filing"]


def test_the_lead_of_a_stage_is_data() -> None:
    assert decide("stage_rules", kind="government", stage="land")["lead"] == "development_reform"
    assert decide("stage_rules", kind="enterprise", stage="land")["lead"] == "natural_resources"


# ------------------------------------------------------------------ the joint review of eight departments


def test_two_silent_one_objecting_one_that_withdraws_late(empty_database: Path) -> None:
    told = scenarios.told(scenario("joint_review_contested"), compose.stand_ins, empty_database)
    effects = [effect for step in told["steps"] for effect in step["effects"]]
    opinions = [e["value"] for e in effects if e["type"] == "fact_set" and e["name"] == "opinions"]

    assert told["passed"] and told["verified"]
    assert {o["department"]: o["opinion"] for o in opinions[-1]} == {
        "civil_air_defence": "agree",
        "meteorology": "silent",  # safety: silence is no consent
        "landscape": "object",
        "water": "agree",
        "ecology": "agree",
        "cultural_relics": "agree",  # objected, and took it back after the day
        "health": "deemed",
        "public_security": "agree",
    }


def test_what_was_not_answered_grants_no_short_way(empty_database: Path) -> None:
    found = scenario("commitment_true")
    info = {k: v for k, v in found.start["project"]["facts"]["info"].items() if k != "low_risk"}
    unanswered = {**found.start, "project": {**found.start["project"], "facts": {"info": info}}}

    with rehearsal(found.organisation, found.at, compose.stand_ins, empty_database) as made:
        number, _ = play(made, replace(found, start=unanswered, steps=found.steps[:1]))
        case = made.case(number or "")

    assert decide("project_kind", **{**PROJECT, "low_risk": None}) is None
    assert [plain(v) for (_, name), v in case.facts.items() if name == "project_kind"] == [None]
    assert {task.element for task in case.tasks.values()} == {"check_completeness"}  # all drawings are reviewed


# ------------------------------------------------------------------ a project through its stages


@pytest.fixture
def hall(empty_database: Path) -> Iterator[Rehearsal]:
    first = scenario(STAGES[0])
    with rehearsal(first.organisation, first.at, compose.stand_ins, empty_database) as made:
        yield made


def handled(hall: Rehearsal, name: str) -> Case:
    """Handle a stage of the project as a case of its own, which knows only what the earlier cases have handed on."""
    found = scenario(name)
    hall.until(found.at)
    start = {**found.start, "applicant": {"kind": "organisation", "name": "示范县园区制造有限公司"}}
    number, row = play(hall, replace(found, start={k: v for k, v in start.items() if k != "project"}))
    assert number is not None and row.passed, row
    return hall.case(number)


def test_a_project_goes_through_its_stages_within_fifty_workdays(hall: Rehearsal) -> None:
    cases = [handled(hall, name) for name in STAGES]
    land, planning = ({n: plain(v) for (scope, n), v in case.facts.items() if scope == 0} for case in cases[:2])

    assert {case.project for case in cases} == {"2602-990101-47-01-500012"}
    assert all(case.status == "completed" for case in cases)
    assert sum(map(counted, cases[:3])) <= 50
    assert planning["project_info"] == land["project_info"]  # told once
    assert planning["reused"] == ["soil_water_plan"]  # the assessment of the zone does
    assert {key: paper.origin for (key, _), paper in cases[2].materials.items()} == {
        "land_use_planning_permit": cases[0].id,
        "engineering_planning_permit_copy": cases[1].id,
    }
    assert verify(hall.engine.store, hall.engine.library, [case.id for case in cases]).proves()


def counted(case: Case) -> int:
    """Return the workdays from the first receipt of a case to its last decision, suspended ones included."""
    decided = [date.fromisoformat(m.decided_on) for m in case.matters.values() if m.decided_on is not None]
    received = min(date.fromisoformat(m.received_on) for m in case.matters.values())
    calendar = Calendar.shipped()
    days = range(received.toordinal() + 1, max(decided).toordinal() + 1)
    return sum(calendar.is_workday(date.fromordinal(day)) for day in days)
