"""What a step may expect of time, people and the outside holds when it is so, and else tells what was found; names and
values that are wrong are told with the nearest right ones, and the number of the step.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from engine.reading import scenarios
from engine.reading.scenarios import Row
from webui.cli import compose

BPMN = Path(__file__).parents[2] / "bpmn"
MAIN = BPMN / "business_startup/after/scenarios/main.json"
MATTER = "establishment_registration"
CHECK = "check_completeness"
WINDOWS = [f"window{number}" for number in range(1, 7)]


@pytest.fixture(scope="module")
def models() -> scenarios.Models:
    return {}


def story(steps: int, **last: Any) -> dict[str, Any]:
    """The shipped main scenario up to a step (0: the start), with these fields in the last one. Nothing else expected.

    1 intake at 9:00 on Monday 2026-03-02, 3 accepted at 10:00, 4 and 5 review and first signature, 6 granted.
    """
    whole = copy.deepcopy(json.loads(MAIN.read_text("utf-8")))
    whole["name"] = "as written"
    whole["model"] = str((MAIN.parent / whole["model"]).resolve())
    whole["steps"] = whole["steps"][:steps]
    for step in (whole["start"], *whole["steps"]):
        step.pop("expect", None)
    (whole["steps"][-1] if steps else whole["start"]).update(last)
    return whole


def played(scenario: dict[str, Any], folder: Path, template: Path, models: scenarios.Models) -> Row:
    file = folder / "written.json"
    file.write_text(json.dumps(scenario, ensure_ascii=False), "utf-8")
    return scenarios.run(file, compose.stand_ins, template, models=models)


HOLDS: list[tuple[int, dict[str, Any]]] = [
    (0, {"due": {"intake": "2026-03-02"}}),  # the intake is due on the day of receipt
    (1, {"due": {CHECK: "2026-03-09", "deemed_accepted": "2026-03-10T00:00:00+08:00"}}),  # 5 workdays: 行政许可法 32
    (1, {"due": {"review": None, CHECK: ["2026-03-09"]}}),
    (1, {"due": {CHECK: "2026-03-09T16:00:00+00:00"}}),  # the same instant, in another zone
    (1, {"clocks": {MATTER: {"receipt_check": {"state": "running", "due": "2026-03-09", "days_left": 5}}}}),
    (3, {"clocks": {MATTER: {"receipt_check": None, "promised": {"light": "yellow"}, "statutory": {"days_used": 0}}}}),
    (3, {"clocks": {MATTER: {"statutory": {"light": "green", "extended": False}}}}),
    (0, {"candidates": {"intake": WINDOWS}}),
    (3, {"candidates": {"review": ["market_reviewer2", "market_reviewer1"]}}),
    (5, {"candidates": {"sign_off": ["market_head"]}}),  # whoever has signed doesn't sign again
    (3, {"notices": [{"template": "accepted", "to": "applicant", "text": "公司设立登记"}]}),
    (3, {"notices": [{"template": "clock_warned"}, {"text": "承诺期限内作出决定"}]}),
    (1, {"notices": []}),
    (2, {"notices": [], "documents": [], "registers": []}),
    (1, {"documents": [{"template": "receipt"}]}),
    (6, {"documents": [{"certificate": "business_licence", "title": "营业执照", "matter": MATTER}]}),
    (6, {"documents": [{"certificate": "business_licence", "number": "91990101MA00000237"}]}),
    (1, {"registers": [{"asked": "credit", "key": "11010519491231002X", "entry": {"serious": False}}]}),
    (1, {"messages": {"kept": [], "thrown": []}, "incidents": []}),
]

DIFFERS: list[tuple[int, dict[str, Any], Any]] = [
    (1, {"due": {CHECK: "2026-03-10"}}, {"due": {CHECK: "2026-03-09"}}),
    (1, {"due": {CHECK: None}}, {"due": {CHECK: "2026-03-10T00:00:00+08:00"}}),
    (1, {"due": {CHECK: ["2026-03-09", "2026-03-09"]}}, {"due": {CHECK: "2026-03-09"}}),
    (1, {"due": {"review": "2026-03-09"}}, {"due": {"review": None}}),
    (
        3,
        {"clocks": {MATTER: {"promised": {"light": "green", "days_left": 3}}}},
        {"clocks": {MATTER: {"promised": {"light": "yellow", "days_left": 2}}}},
    ),
    (3, {"clocks": {MATTER: {"delivery": {}}}}, {"clocks": {MATTER: ["promised", "statutory"]}}),
    (3, {"candidates": {"review": []}}, {"candidates": {"review": ["market_reviewer1", "market_reviewer2"]}}),
    (3, {"candidates": {"sign_off": []}}, {"candidates": {"sign_off": None}}),
    (2, {"notices": [{"template": "accepted"}]}, {"notices": []}),
    (1, {"documents": []}, {"documents": [{"template": "receipt", "title": "收件凭证.txt"}]}),
    (1, {"messages": {"kept": ["paid"]}}, {"messages": {"kept": []}}),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "expect"), HOLDS, ids=lambda value: str(value)[:70])
def test_what_is_so_may_be_expected(
    steps: int, expect: dict[str, Any], tmp_path: Path, empty_database: Path, models: scenarios.Models
) -> None:
    row = played(story(steps, expect=expect), tmp_path, empty_database, models)

    assert row.passed, row


@pytest.mark.parametrize(("steps", "expect", "found"), DIFFERS, ids=lambda value: str(value)[:70])
def test_what_is_not_so_is_told_with_what_was_found(
    steps: int, expect: dict[str, Any], found: Any, tmp_path: Path, empty_database: Path, models: scenarios.Models
) -> None:
    row = played(story(steps, expect=expect), tmp_path, empty_database, models)

    assert (row.passed, row.step, row.found) == (False, steps, found)
    assert row.where is not None and row.where.startswith(("start", "complete", "advance"))


def test_a_notice_with_other_words_is_told_with_its_words(
    tmp_path: Path, empty_database: Path, models: scenarios.Models
) -> None:
    expect = {"notices": [{"template": "accepted", "text": "已准予"}]}

    row = played(story(3, expect=expect), tmp_path, empty_database, models)

    assert not row.passed and row.expected == expect
    assert any("已受理" in notice["text"] for notice in row.found["notices"])


def test_days_that_pass_turn_the_light(tmp_path: Path, empty_database: Path, models: scenarios.Models) -> None:
    whole = story(3)
    for days, light in (("P2D", "yellow"), ("P1D", "red")):  # its last day is Wednesday 2026-03-04
        expect = {"clocks": {MATTER: {"promised": {"light": light, "days_left": 0, "due": "2026-03-04"}}}}
        whole["steps"].append({"advance": days, "expect": expect})

    assert played(whole, tmp_path, empty_database, models).passed


# ------------------------------------------------------------------ refusals and mistakes


@pytest.mark.parametrize("code", [True, "not_allowed", "command_not_yours"])
def test_a_step_that_has_to_be_refused_changes_nothing_and_the_scenario_goes_on(
    code: Any, tmp_path: Path, empty_database: Path, models: scenarios.Models
) -> None:
    whole = story(3)
    refused = {
        "complete": "review",
        "by": "market_head",
        "variables": {"outcome": "grant"},
        "expect": {"refused": code},
    }
    whole["steps"] += [refused, {**refused, "by": "market_reviewer1", "expect": {"open": ["sign_off"]}}]

    row = played(whole, tmp_path, empty_database, models)

    assert row.passed, row


MISSPELT: list[tuple[dict[str, Any], str]] = [
    ({"complete": "revieww"}, "step 4: complete: the chain has no element 'revieww'. Did you mean 'review'?"),
    ({"complete": "revieww", "expect": {"refused": True}}, "Did you mean 'review'?"),
    ({"complete": "review", "by": "market_reviewr1"}, "has nobody 'market_reviewr1'. Did you mean 'market_reviewer1'?"),
    ({"command": "CompletTask"}, "there is no command 'CompletTask'. Did you mean 'CompleteTask'?"),
    ({"command": "SendBack", "payload": {"task": "reviews"}}, "Did you mean 'review'?"),
    ({"command": "WithdrawMatter", "payload": {"matter": "seal_engravings"}}, "Did you mean 'seal_engraving'?"),
    ({"complete": "review", "expect": {"open": ["sign_of"]}}, "Did you mean 'sign_off'?"),
    ({"complete": "review", "expect": {"due": {"sign_of": None}}}, "Did you mean 'sign_off'?"),
    ({"complete": "review", "expect": {"matters": {"tax_registraton": None}}}, "Did you mean 'tax_registration'?"),
    ({"complete": "review", "expect": {"matters": {MATTER: "grnated"}}}, "Did you mean 'granted'?"),
    ({"complete": "review", "expect": {"candidates": {"sign_off": ["market_haed"]}}}, "Did you mean 'market_head'?"),
    ({"complete": "review", "expect": {"variables": {"company_nmae": None}}}, "Did you mean 'company_name'?"),
    ({"complete": "review", "expects": {}}, "expected complete, nth, by, on, variables, expect; found expects. Did"),
    ({"complete": "review", "expect": {"notices": [{"templat": "x"}]}}, "number 1: expected to, template, text"),
    ({"complete": "review", "expect": {"clocks": {MATTER: {"promised": {"days": 1}}}}}, f"clocks: {MATTER}: promised"),
]  # fmt: skip


@pytest.mark.parametrize(("step", "said"), MISSPELT, ids=str)
def test_a_misspelt_name_is_told_with_the_number_of_the_step(
    step: dict[str, Any], said: str, tmp_path: Path, empty_database: Path, models: scenarios.Models
) -> None:
    whole = story(3)
    whole["steps"].append(step)

    row = played(whole, tmp_path, empty_database, models)

    assert (row.passed, row.step) == (False, 4)
    assert said in row.found


def test_a_misspelt_fact_at_the_start_is_told(tmp_path: Path, empty_database: Path, models: scenarios.Models) -> None:
    whole = story(3)
    known = whole | {"start": {**whole["start"], "variables": {"company_name": "示范", "investers": 1}}}
    wrong = whole | {"start": {**whole["start"], "variables": {"companyname": "示范"}}}

    assert played(known, tmp_path, empty_database, models).passed
    row = played(wrong, tmp_path, empty_database, models)
    assert (row.passed, row.step) == (False, 0)
    assert "start: variables: the chain has no fact 'companyname'. Did you mean 'company_name'?" in row.found


WRONG_VALUES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "outcome", "is required"),
    (
        {"outcome": "grant", "review_opnion": "x"},
        "review_opnion",
        "has no field 'review_opnion'. Did you mean 'review_opinion'?",
    ),
    ({"outcome": "granted"}, "outcome", "has no such option. Offered are: "),
]


@pytest.mark.parametrize(("variables", "field", "said"), WRONG_VALUES, ids=str)
def test_a_missing_an_unknown_and_a_not_offered_value_are_told_apart(
    variables: dict[str, Any], field: str, said: str, tmp_path: Path, empty_database: Path, models: scenarios.Models
) -> None:
    whole = story(3)
    whole["steps"].append({"complete": "review", "by": "market_reviewer1", "variables": variables})

    row = played(whole, tmp_path, empty_database, models)

    assert (row.step, row.expected, row.found["refused"]) == (4, "the step to be accepted", "invalid_input")
    assert list(row.found["fields"]) == [field]
    assert said in row.found["fields"][field]


def test_what_is_not_open_is_told_with_what_is(tmp_path: Path, empty_database: Path, models: scenarios.Models) -> None:
    whole = story(3)
    whole["steps"].append({"complete": "sign_off"})

    row = played(whole, tmp_path, empty_database, models)

    assert (row.found["refused"], row.found["message"]) == (
        "not_open",
        "Expected 'sign_off' to be open; open is review.",
    )


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"nth": 5}, "Expected the 5th open 'check_completeness'; 4 are open."),
        ({"by": "tax_reviewer1"}, 'the 1st of 4 open \'check_completeness\', but may the 2nd: say "nth": 2'),
        ({"nth": 3, "by": "estate_head"}, "the 3rd of 4 open 'check_completeness'; social_reviewer1, "),
    ],
    ids=str,
)  # fmt: skip
def test_an_instance_that_is_not_theirs_is_told_with_the_one_that_is(
    step: dict[str, Any], said: str, tmp_path: Path, empty_database: Path, models: scenarios.Models
) -> None:
    whole = story(6)
    whole["steps"].append({"complete": CHECK, "variables": {"outcome": "accept"}, **step})

    row = played(whole, tmp_path, empty_database, models)

    assert row.step == 7
    assert said in row.found["message"]
