"""The rules of scenarios, each with a small model: which scenarios pass, and what the row of a failed one says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.reading import scenarios
from engine.reading.scenarios import Row
from webui.cli import compose

HERE = Path(__file__).parent / "scenarios"
MODELS = HERE / "models"
BPMN = Path(__file__).parents[2] / "bpmn"
AT = "2026-03-02T09:00:00+08:00"


def played(file: Path, template: Path) -> Row:
    return scenarios.run(file, compose.stand_ins, template)


@pytest.mark.parametrize("file", scenarios.files_of(sorted(HERE.glob("*.json"))), ids=lambda file: file.stem)
def test_the_rules_of_scenarios(file: Path, empty_database: Path) -> None:
    row = played(file, empty_database)

    assert row.passed, row


@pytest.fixture(scope="module")
def models() -> scenarios.Models:
    """Each chain is read once for all of its scenarios."""
    return {}


@pytest.mark.parametrize(
    "file", scenarios.files_of([BPMN]), ids=lambda file: f"{'-'.join(file.parts[-4:-2])}-{file.stem}"
)
def test_the_scenarios_that_ship(file: Path, empty_database: Path, models: scenarios.Models) -> None:
    row = scenarios.run(file, compose.stand_ins, empty_database, models=models)

    assert row.passed, row


def written(folder: Path, model: str | Path, steps: list[Any], start: Any = None, **more: Any) -> Path:
    file = folder / "written.json"
    scenario = {"name": "as written", "model": str(model), "start": start or {"at": AT}, "steps": steps, **more}
    file.write_text(json.dumps(scenario), "utf-8")
    return file


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ({"open": []}, {"open": ["grant"]}),
        ({"ended": True}, {"ended": False}),
        ({"variables": {"count": 3}}, {"variables": {"count": 1}}),
        ({"variables": {"count": True}}, {"variables": {"count": 1}}),
        ({"variables": {"unknown": ""}}, {"variables": {"unknown": None}}),
        ({"matters": {"seal": "granted"}}, {"matters": {"seal": None}}),
        ({"incidents": ["grant"]}, {"incidents": []}),
        ({"refused": True}, {"refused": False}),
    ],
    ids=str,
)
def test_a_step_that_comes_out_otherwise_is_named_with_what_was_found(
    expected: Any, found: Any, tmp_path: Path, empty_database: Path
) -> None:
    grant = {"complete": "decide", "variables": {"granted": True, "count": 1}, "expect": expected}

    row = played(written(tmp_path, MODELS / "decision.bpmn", [{"advance": "PT1H"}, grant]), empty_database)

    assert row.as_dict() == {
        "scenario": "as written",
        "passed": False,
        "step": 2,
        "expected": expected,
        "found": found,
        "where": "complete decide",
    }


def test_a_refusal_with_another_code_fails(tmp_path: Path, empty_database: Path) -> None:
    step = {"complete": "grant", "expect": {"refused": "not_allowed"}}

    row = played(written(tmp_path, MODELS / "decision.bpmn", [step]), empty_database)

    assert (row.passed, row.step, row.expected) == (False, 1, {"refused": "not_allowed"})
    assert row.found["refused"] == "not_open"


def test_an_unexpected_refusal_fails_with_its_reason(tmp_path: Path, empty_database: Path) -> None:
    row = played(written(tmp_path, MODELS / "decision.bpmn", [{"complete": "decide"}]), empty_database)

    assert (row.passed, row.step, row.expected) == (False, 1, "the step to be accepted")
    assert row.found["refused"] == "no_way_out" and "outcome" in row.found["message"]


def test_what_is_expected_of_the_start_is_step_0(tmp_path: Path, empty_database: Path) -> None:
    file = written(tmp_path, MODELS / "decision.bpmn", [], {"at": AT, "expect": {"open": ["grant"]}})

    row = played(file, empty_database)

    assert (row.passed, row.step, row.found) == (False, 0, {"open": ["decide"]})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"start": None}, "start: expected at"),
        ({"model": None}, "expected model"),
        ({"model": "nowhere.bpmn"}, "nowhere.bpmn; there is none"),
        ({"process": "other"}, "no 'other'"),
        ({"stepps": []}, "found stepps"),
        ({"start": {"at": "2026-03-02T09:00:00"}}, "start: at: expected a zone"),
        ({"start": {"at": "on Monday"}}, "start: at: expected a time"),
        ({"steps": {}}, "steps: expected a list"),
        ({"steps": [7]}, "step 1: expected one of"),
        ({"steps": [{"complete": "decide"}, {"wait": "P1D"}]}, "step 2: expected one of"),
        ({"steps": [{"complete": "decide", "nth": 0}]}, "nth: expected 1 or more"),
        ({"steps": [{"complete": "decide", "nth": True}]}, "nth: expected a whole number"),
        ({"steps": [{"advance": "3 days"}]}, "advance: Expected an ISO 8601 duration"),
        ({"steps": [{"complete": "decide", "expect": []}]}, "expect: expected an object"),
        ({"steps": [{"complete": "decide", "expect": {"opened": []}}]}, "found opened"),
    ],
    ids=str,
)
def test_a_scenario_that_cannot_be_loaded_is_a_failed_row(
    changed: dict[str, Any], said: str, tmp_path: Path, empty_database: Path
) -> None:
    file = written(tmp_path, MODELS / "decision.bpmn", [])
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | changed), "utf-8")

    row = played(file, empty_database)

    assert (row.scenario, row.passed, bool(row.found)) == ("as written", False, True)
    assert said in row.found


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b'"text"'])
def test_what_is_no_scenario_is_a_failed_row(content: bytes, tmp_path: Path, empty_database: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(content)

    row = played(file, empty_database)

    assert (row.scenario, row.passed, row.step) == ("broken", False, 0)


def test_a_model_with_an_error_is_a_failed_row_that_names_it(tmp_path: Path, empty_database: Path) -> None:
    model = (MODELS / "decision.bpmn").read_text("utf-8").replace("=granted<", "granted<")
    (tmp_path / "decision.bpmn").write_text(model, "utf-8")

    row = played(written(tmp_path, "decision.bpmn", []), empty_database)

    assert (row.scenario, row.passed, row.step) == ("as written", False, 0)
    assert "(condition" in row.found


def test_a_folder_without_a_hall_is_as_bare_as_a_file(tmp_path: Path, empty_database: Path) -> None:
    model = (MODELS / "decision.bpmn").read_text("utf-8")
    model = model.replace("<zeebe:userTask/>", '<zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="clerk"/>')
    (tmp_path / "chain.bpmn").write_text(model, "utf-8")
    (tmp_path / "scenarios").mkdir()
    steps = [{"complete": "decide", "by": "clerk", "variables": {"granted": False}, "expect": {"ended": True}}]
    written(tmp_path / "scenarios", "../chain.bpmn", steps)

    (file,) = scenarios.files_of([tmp_path])

    assert played(file, empty_database).passed


def test_a_chain_of_the_hall_knows_its_people(empty_database: Path, tmp_path: Path) -> None:
    start = {"at": AT, "expect": {"open": ["intake"]}}
    steps = [{"complete": "intake", "by": "market_reviewer1", "expect": {"refused": "not_allowed"}}]

    row = played(written(tmp_path, BPMN / "business_startup/after/chain.bpmn", steps, start), empty_database)

    assert row.passed, row
