"""Scenarios: each form of expectation holds, or fails with step, expected and found; broken files are failed rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.reading import scenarios
from engine.reading.scenarios import Row
from tests.samples import halls
from tests.unit.model.runtime import bpmn_text as bpmn

AT = "2026-03-02T09:00:00+08:00"


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    with scenarios.empty_database() as path:
        yield path


MODEL = bpmn.document(
    bpmn.process(
        "P",
        bpmn.S,
        bpmn.user("A"),
        bpmn.boundary("late", "A", bpmn.timer("P1D"), interrupting=False),
        bpmn.user("B"),
        bpmn.user("C"),
        bpmn.element("intermediateCatchEvent", "paid", bpmn.event("message", "M")),
        bpmn.element("exclusiveGateway", "choice"),
        bpmn.E,
        bpmn.element("endEvent", "done"),
        bpmn.flow("S-A", "S", "A"),
        bpmn.flow("A-choice", "A", "choice"),
        bpmn.flow("late-C", "late", "C"),
        bpmn.flow("C-done", "C", "done"),
        bpmn.flow("choice-B", "choice", "B", '=way = "b"'),
        bpmn.flow("choice-paid", "choice", "paid", '=way = "pay"'),
        bpmn.flow("B-E", "B", "E"),
        bpmn.flow("paid-E", "paid", "E"),
    ),
    bpmn.definition("message", "M", key="=customer", name="paid"),
)

Play = Callable[..., Row]


@pytest.fixture
def play(tmp_path: Path, empty: Path) -> Play:
    """Plays a scenario of these steps over the model."""
    (tmp_path / "model.bpmn").write_bytes(MODEL)

    def run(*steps: Any, **more: Any) -> Row:
        file = tmp_path / "scenario.json"
        whole = {"name": "n", "model": "model.bpmn", "start": {"at": AT}, "steps": list(steps), **more}
        file.write_text(json.dumps(whole, ensure_ascii=False))
        return scenarios.run(file, lambda shelf, folder: halls.outside(), empty)

    return run


def done(element: str, expect: dict[str, Any] | None = None, **variables: Any) -> dict[str, Any]:
    return {"complete": element, "variables": variables, "expect": expect or {}}


def test_a_scenario_without_steps_passes(play: Play) -> None:
    assert play() == Row("n", True)


@pytest.mark.parametrize(
    ("expect", "found"),
    [
        ({"open": ["B"]}, None),
        ({"open": ["A"]}, {"open": ["B"]}),
        ({"open": []}, {"open": ["B"]}),
        ({"ended": False}, None),
        ({"ended": True}, {"ended": False}),
        ({"variables": {"way": "b", "absent": None}}, None),
        ({"variables": {"way": "c"}}, {"variables": {"way": "b"}}),
        ({"variables": {"absent": 1}}, {"variables": {"absent": None}}),
        ({"matters": {"licence": "granted"}}, {"matters": {"licence": None}}),
        ({"incidents": []}, None),
        ({"refused": False}, None),
        ({"refused": True}, {"refused": False}),
    ],
)
def test_what_is_expected_after_a_step(play: Play, expect: dict[str, Any], found: Any) -> None:
    row = play(done("A", expect, way="b"))

    assert (row.passed, row.found) == (found is None, found)
    if found is not None:
        assert row.step == 1
        assert row.expected == expect


@pytest.mark.parametrize(
    ("refused", "passed"), [(True, True), ("no_way_out", True), ("not_open", False), (False, False), (None, False)]
)
def test_a_refusal_may_be_what_is_expected(play: Play, refused: Any, passed: bool) -> None:
    expect = {"refused": refused, "open": ["A"]} if refused is not None else {"open": ["A"]}

    row = play(done("A", expect, way="nowhere"))

    assert row.passed is passed
    if not passed:
        assert (row.step, row.found["refused"]) == (1, "no_way_out")


def test_the_start_is_step_0(play: Play) -> None:
    row = play(start={"at": AT, "expect": {"open": ["B"]}})

    assert (row.passed, row.step, row.found) == (False, 0, {"open": ["A"]})


def test_who_completes_what_is_not_open_is_refused(play: Play) -> None:
    assert play(done("B", {"refused": "not_open"})).passed
    assert play({"complete": "A", "nth": 2, "expect": {"refused": "not_open"}}).passed
    assert not play(done("B")).passed


def test_the_clock_moves_by_advance_alone_and_deadlines_fire_on_the_way(play: Play) -> None:
    before, after = {"advance": "PT23H", "expect": {"open": ["A"]}}, {"advance": "PT1H", "expect": {"open": ["A", "C"]}}

    assert play(before, after).passed


def test_a_message_is_kept_until_somebody_waits_for_it(play: Play) -> None:
    early = {"message": "paid", "correlationKey": "K-1", "variables": {"amount": 3}, "expect": {"open": ["A"]}}
    other = {**early, "correlationKey": "K-2"}
    wait = done("A", {"ended": True, "variables": {"amount": 3}}, way="pay", customer="K-1")

    assert play(early, wait).passed
    assert not play(other, wait).passed
    waiting = done("A", {"ended": False}, way="pay", customer="K-1")
    assert play(other, waiting, {**early, "expect": {"ended": True}}).passed


def test_any_command_may_be_a_step(play: Play) -> None:
    step = {"command": "SetFact", "payload": {"name": "note", "value": 7, "reason": "x"}}

    assert play({**step, "expect": {"variables": {"note": 7}}}).passed
    assert not play({"command": "SetFact", "payload": {}}).passed
    assert play({"command": "SetFact", "payload": {}, "expect": {"refused": "invalid_input"}}).passed


def test_a_signal_that_nobody_waits_for_is_no_fault(play: Play) -> None:
    assert play({"signal": "weather", "expect": {"open": ["A"]}}).passed


@pytest.mark.parametrize(
    "step",
    [
        {},
        {"dance": "A"},
        {"complete": "A", "advance": "P1D"},
        {"advance": "soon"},
        {"complete": "A", "expect": {"opne": []}},
    ],
)
def test_a_step_that_is_none_is_a_failed_row(play: Play, step: dict[str, Any]) -> None:
    row = play(step)

    assert not row.passed
    assert row.scenario == "n"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"name": "n"}',
        '{"model": "absent.bpmn", "start": {"at": "2026-03-02T09:00:00+08:00"}}',
        '{"model": "model.bpmn"}',
        '{"model": "model.bpmn", "start": {"at": "2026-03-02T09:00:00"}}',
        '{"model": "model.bpmn", "start": {"at": "yesterday"}}',
        '{"model": "model.bpmn", "start": {"at": "2026-03-02T09:00:00+08:00"}, "steps": {}}',
        '{"model": "model.bpmn", "start": {"at": "2026-03-02T09:00:00+08:00"}, "stpes": []}',
        '{"model": "model.bpmn", "process": "absent", "start": {"at": "2026-03-02T09:00:00+08:00"}}',
        '{"model": "broken.bpmn", "start": {"at": "2026-03-02T09:00:00+08:00"}}',
    ],
)
def test_a_scenario_that_cannot_be_loaded_is_a_failed_row(tmp_path: Path, empty: Path, content: str) -> None:
    (tmp_path / "model.bpmn").write_bytes(MODEL)
    (tmp_path / "broken.bpmn").write_bytes(b"<bpmn>")
    file = tmp_path / "scenario.json"
    file.write_text(content)

    row = scenarios.run(file, lambda shelf, folder: halls.outside(), empty)

    assert not row.passed
    assert row.found


def test_a_file_that_is_not_there_is_a_failed_row(tmp_path: Path, empty: Path) -> None:
    assert not scenarios.run(tmp_path / "absent.json", lambda shelf, folder: halls.outside(), empty).passed


def test_the_story_of_a_scenario_is_its_journal(tmp_path: Path, empty: Path) -> None:
    (tmp_path / "model.bpmn").write_bytes(MODEL)
    file = tmp_path / "scenario.json"
    steps = [done("A", way="b"), done("B")]
    file.write_text(json.dumps({"name": "n", "model": "model.bpmn", "start": {"at": AT}, "steps": steps}))

    story = scenarios.told(scenarios.read(file), lambda shelf, folder: halls.outside(), empty)

    assert story["passed"] and story["verified"]
    assert [(step["command"], step["element"]) for step in story["steps"]] == [
        ("StartCase", None),
        ("CompleteTask", "A"),
        ("CompleteTask", "B"),
    ]
    assert story["steps"][-1]["effects"][-1]["type"] == "case_ended"


SENDING = bpmn.document(
    bpmn.process(
        "P",
        bpmn.S,
        bpmn.service("tell", "notice.send", extensions=(bpmn.mapping({"to": "applicant", "template": "recieved"}),)),
        bpmn.element("intermediateThrowEvent", "call", bpmn.event("message", "M")),
        bpmn.element("intermediateThrowEvent", "shout", bpmn.event("signal", "G")),
        bpmn.user("A"),
        bpmn.E,
        bpmn.flows("S>tell tell>call call>shout shout>A A>E"),
    ),
    bpmn.definition("message", "M", name="called"),
    bpmn.definition("signal", "G", name="shouted"),
)


@pytest.mark.parametrize(
    ("expect", "found"),
    [
        ({"incidents": ["notice.send recieved"], "notices": []}, None),
        ({"messages": {"kept": ["called"], "thrown": ["shouted", "called"]}}, None),
        ({"messages": {"thrown": []}}, {"messages": {"thrown": ["called", "shouted"]}}),
        ({"incidents": []}, {"incidents": {"notice.send recieved": "Expected a notice template (message, received"}}),
    ],
)
def test_what_was_thrown_and_what_could_not_be_sent_have_names(
    tmp_path: Path, empty: Path, expect: dict[str, Any], found: Any
) -> None:
    (tmp_path / "sending.bpmn").write_bytes(SENDING)
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps({"name": "n", "model": "sending.bpmn", "start": {"at": AT, "expect": expect}}))

    row = scenarios.run(file, lambda shelf, folder: halls.outside(), empty)

    assert row.passed is (found is None), row
    if found is not None:
        incidents = row.found.get("incidents")
        assert (row.found if incidents is None else {"incidents": {k: v[:45] for k, v in incidents.items()}}) == found
