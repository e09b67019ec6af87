"""A project with a case per stage: papers and facts of one stage are at hand in the next, and replays hold."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from engine.base.errors import InvalidInput, NotFound
from engine.case.records import plain
from engine.case.state import Case
from engine.hall.ports import OutboxMessage
from engine.hall.proof import verify
from engine.hall.store import Store
from engine.law import organisation as organisations
from engine.model import chain as chains
from engine.reading.scenarios import Rehearsal, VirtualClock, empty_database
from engine.reading.views import case as case_page
from engine.reading.views import cases, history, projects
from engine.reading.views.application import Row
from engine.reading.views.history import Told
from engine.reading.views.projects import StageMatter
from engine.reading.views.sight import Sights
from webui.cli import compose
from webui.cli.main import licet
from webui.sentences import say

FOLDER = Path(__file__).parents[1] / "samples" / "projects"
NINE = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
CODE, OTHER = "2026-990101-47-03-500001", "2026-990101-47-03-500002"
OWNER = "91990101MA900002XF"
BUILDER = {"name": "示范县园区制造有限公司", "id_number": OWNER}
VERSION = chains.read(FOLDER).version


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    with empty_database() as path:
        yield path


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path, empty: Path) -> str:
    if getattr(request, "param", "sqlite") == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{shutil.copy(empty, tmp_path / 'licet.db')}"


@pytest.fixture
def stage(url: str, tmp_path: Path) -> Iterator[Rehearsal]:
    store = Store.open(url)
    store.upgrade()
    organisation = organisations.read((FOLDER / "organisation.json").read_bytes())
    made = Rehearsal.alone(store, organisation, compose.stand_ins(store, tmp_path), VirtualClock(NINE))
    made.engine.publish(VERSION, "system:test")
    yield made
    store.close()


def begin(stage: Rehearsal, process: str, code: str = CODE, applicant: Mapping[str, Any] = BUILDER) -> str:
    variables = {"project_code": code, "area": "990101100", "owner_id": OWNER}
    payload = {"chain": VERSION.digest, "process": process, "title": "示范厂房", "variables": variables}
    return stage.give("StartCase", "window1", None, payload | {"applicant": dict(applicant)}).case


def complete(stage: Rehearsal, case: str, element: str, **variables: Any) -> Case:
    task = next(token for token, task in stage.case(case).tasks.items() if task.element == element)
    stage.give("CompleteTask", "window1", case, {"task": task, "variables": variables})
    return stage.case(case)


def supply(stage: Rehearsal, case: str, material: str, file: str = "sha256:00") -> None:
    payload = {
        "material": material,
        "file": file,
        "name": f"{material}.pdf",
        "size": 7,
        "media_type": "application/pdf",
    }
    stage.give("SupplyMaterial", "window1", case, payload)


def land(stage: Rehearsal) -> str:
    """The first stage, from intake to its end."""
    case = begin(stage, "land")
    supply(stage, case, "site_plan")
    supply(stage, case, "owner_papers")
    assert complete(stage, case, "land_intake").status == "completed"
    return case


def project(case: Case) -> dict[str, Any]:
    return plain(case.facts[0, "project"])


@pytest.mark.parametrize("url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_the_second_stage_has_what_the_first_was_given_and_found(stage: Rehearsal) -> None:
    first = land(stage)
    second = complete(stage, begin(stage, "permit"), "permit_intake")

    assert (second.project, second.granted) == (CODE, ("land_permit",))
    reused = [(paper.material, paper.name, paper.source, paper.origin) for paper in second.materials.values()]
    assert reused == [(key, f"{key}.pdf", "matter", first) for key in ("owner_papers", "site_plan")]
    told = project(second)
    assert told["code"] == CODE
    row = {"case": first, "process": "land", "title": "示范厂房", "status": "completed", "own": True}
    assert told["cases"] == [row]
    assert told["matters"] == [
        {"case": first, "item": "land_permit", "state": "handed_over", "decision": "granted", "decided_on": NINE.date()}
    ]
    assert told["materials"] == ["owner_papers", "site_plan"]
    assert told["facts"]["plot_ratio"] * 10 == 18
    assert len(told["facts"]["assessed"]) == 8  # of the register, through the first stage
    assert "papers" not in told and (0, "papers") not in second.facts

    assert complete(stage, second.id, "check").status == "completed"
    checked = verify(stage.engine.store, stage.engine.library)
    assert (checked.proves(), checked.as_dict()["cases"], checked.as_dict()["problems"]) == (True, 2, [])


def test_what_the_applicant_has_handed_in_again_stays(stage: Rehearsal) -> None:
    land(stage)
    case = begin(stage, "permit")
    supply(stage, case, "site_plan", "sha256:11")

    materials = complete(stage, case, "permit_intake").materials

    assert list(materials) == [("owner_papers", "sha256:00"), ("site_plan", "sha256:11")]


def test_a_reused_paper_leads_to_the_case_that_they_came_to(stage: Rehearsal) -> None:
    first = land(stage)
    complete(stage, begin(stage, "permit"), "permit_intake")
    third = complete(stage, begin(stage, "permit"), "permit_intake")

    assert {paper.origin for paper in third.materials.values()} == {first}


def test_a_case_that_was_given_up_hands_nothing_on(stage: Rehearsal) -> None:
    case = begin(stage, "permit")
    supply(stage, case, "site_plan")
    complete(stage, case, "permit_intake")
    stage.give("CancelCase", "admin", case, {"reason": "申请人放弃"})

    second = complete(stage, begin(stage, "permit"), "permit_intake")

    assert [row["status"] for row in project(second)["cases"]] == ["cancelled"]
    assert (project(second)["materials"], second.materials) == ([], {})


@pytest.mark.parametrize(
    ("applicant", "own"),
    [
        ({"name": "改名后的公司", "id_number": OWNER}, True),
        ({"name": BUILDER["name"]}, True),
        ({"name": BUILDER["name"], "kind": "organisation"}, True),
        ({"name": BUILDER["name"], "kind": "person"}, False),  # people share names
        ({"name": BUILDER["name"], "id_number": "91990101MA9000011P"}, False),
        ({"name": "另一公司"}, False),
        ({}, False),
    ],
)
def test_what_another_applicant_handed_in_is_nobody_elses(
    stage: Rehearsal, applicant: Mapping[str, Any], own: bool
) -> None:
    land(stage)

    case = complete(stage, begin(stage, "permit", CODE, applicant), "permit_intake")

    assert [(row["own"], row["title"]) for row in project(case)["cases"]] == [(own, "示范厂房" if own else None)]
    assert (bool(case.materials), bool(project(case)["facts"])) == (own, own)
    assert case.granted == ("land_permit",)  # what was decided is public


def test_nobody_is_the_same_as_nobody(stage: Rehearsal) -> None:
    first = begin(stage, "permit", CODE, {})
    supply(stage, first, "site_plan")
    complete(stage, first, "permit_intake")

    assert complete(stage, begin(stage, "permit", CODE, {}), "permit_intake").materials == {}


def test_projects_are_told_apart_and_a_case_stays_in_its_own(stage: Rehearsal) -> None:
    land(stage)
    case = complete(stage, begin(stage, "permit", OTHER), "permit_intake")

    assert (project(case)["cases"], project(case)["facts"], case.granted) == ([], {}, ())
    with stage.engine.store.reading() as reading:
        assert [row.id for row in reading.cases(project=OTHER)] == [case.id]
        assert [row.project for row in reading.cases(text="47-03-500001")] == [CODE]


def test_the_pages_show_a_project_to_whom_its_cases_concern(stage: Rehearsal) -> None:
    first = land(stage)
    second = complete(stage, begin(stage, "permit"), "permit_intake").id
    sights = Sights(stage.engine.store, stage.engine.library, stage.clock)

    with sights.of("head1") as sight:  # of the department that granted the first
        page = projects.page(sight, CODE)
    with sights.of("window1") as sight:
        whole, later = projects.page(sight, CODE), case_page.page(sight, second)
        listed = cases.page(sight, text=CODE)
        told = [one for row in history.page(sight, second).rows for one in row.told]

    assert [row.case for row in page.cases] == [first]
    assert page.cases[0].matters == (StageMatter("建设用地规划许可", "handed_over", "2026-03-02"),)
    assert Row("plot_ratio", "1.8") in page.cases[0].facts
    assert [row.case for row in whole.cases] == [first, second]
    assert later.project is not None and [row.case for row in later.project.cases] == [first]
    assert [row.project for row in listed.rows] == [CODE, CODE]
    assert {file.origin for one in later.materials for file in one.files} == {first}
    assert {Told("joined", CODE), Told("supplied", "site_plan.pdf", origin=first)} <= set(told)
    for stranger, code in (("nobody", CODE), ("window1", OTHER)):
        with sights.of(stranger) as sight, pytest.raises(NotFound):
            projects.page(sight, code)


def test_the_command_line_lists_the_cases_of_a_project(stage: Rehearsal, url: str) -> None:
    first = land(stage)
    complete(stage, begin(stage, "permit", OTHER), "permit_intake")

    answer = CliRunner().invoke(licet, ["case", "list", "--project", CODE, "--database", url, "--json"])

    assert [(row["id"], row["project"]) for row in json.loads(answer.stdout)] == [(first, CODE)]


@pytest.mark.parametrize("code", ["2026-47", "", 7, "2026-990101-47-03-50000一"])
def test_a_malformed_code_is_refused_with_its_form(stage: Rehearsal, code: Any) -> None:
    case = begin(stage, "permit", code)

    with pytest.raises(InvalidInput) as refusal:
        complete(stage, case, "permit_intake")

    assert "项目代码" in say(refusal.value) and "2019-320582-47-03-500001" in say(refusal.value)
    assert stage.case(case).project is None


def test_a_full_width_code_is_the_same_project(stage: Rehearsal) -> None:
    first = land(stage)
    wide = CODE.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})

    second = complete(stage, begin(stage, "permit", wide), "permit_intake")

    assert second.project == CODE
    assert [row["case"] for row in project(second)["cases"]] == [first]


def test_what_a_register_is_told_is_found_by_the_next_case(stage: Rehearsal) -> None:
    land(stage)
    complete(stage, complete(stage, begin(stage, "permit"), "permit_intake").id, "check")

    asked = OutboxMessage("c", 1, "registers", "register.find", {"register": "credit", "key": OWNER})

    assert stage.scheduler.tell(asked) == {"entry": {"serious": True, "reason": "演示"}}
