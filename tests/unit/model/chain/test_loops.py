"""Loops that only timers hold up: which are errors, which are warnings, and which are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model import chain as chains
from tests.unit.model.runtime import bpmn_text as bpmn

RULES = {"timer-loop": "error", "timer-loop-possible": "warning", "automatic-loop": "error"}


def found(folder: Path, *body: str) -> dict[str, tuple[str, ...]]:
    """Return the rules about loops that report something, with the path of the loop."""
    path = folder / "model.bpmn"
    path.write_bytes(bpmn.document(bpmn.process("P", bpmn.S, *body)))
    findings = [finding for finding in chains.read(path).findings if finding.rule in RULES]
    assert all(finding.severity == RULES[finding.rule] for finding in findings)
    return {finding.rule: finding.path for finding in findings}


def overdue(text: str, form: str = "timeDate", mark: str = "n", sets: str = "=1", begins: str = "") -> list[str]:
    """Return a task whose interrupting timer leads back to it by a script that sets a fact."""
    late = bpmn.boundary("late", "A", bpmn.timer(text, form))
    merge, end = bpmn.element("exclusiveGateway", "merge"), bpmn.element("endEvent", "end")
    first = [bpmn.script("first", begins, "limit"), bpmn.flows("S>first first>merge")] if begins else []
    ways = bpmn.flows(
        "merge>A A>end late>count count>merge" if begins else "S>merge merge>A A>end late>count count>merge"
    )
    return [*first, merge, bpmn.user("A"), late, bpmn.script("count", sets, mark), end, ways]


@pytest.mark.parametrize(
    "text", ["=now()", "=today()", '=now() - duration("PT1H")', "2026-03-01", "2026-03-01T09:00:00Z"]
)
def test_a_time_that_is_past_for_ever_is_an_error(tmp_path: Path, text: str):
    assert found(tmp_path, *overdue(text)) == {"timer-loop": ("merge", "A", "late", "count")}


@pytest.mark.parametrize(
    "begins", ['=now() + duration("PT3S")', '=date("2026-03-02")', '=@"2026-03-02T09:00:00+08:00"']
)
def test_a_date_that_is_set_once_before_the_loop_is_an_error(tmp_path: Path, begins: str):
    assert "timer-loop" in found(tmp_path, *overdue("=limit", begins=begins))


@pytest.mark.parametrize("text", ["=limit", '=due("decision")', "=date(limit)", "=if urgent then now() else limit"])
def test_a_time_that_may_be_past_is_a_warning(tmp_path: Path, text: str):
    assert found(tmp_path, *overdue(text)) == {"timer-loop-possible": ("merge", "A", "late", "count")}


@pytest.mark.parametrize("text", ['=now() + duration("P1D")', '=now() + @"PT1H"', "=workdays(3)"])
def test_a_time_counted_from_the_moment_waits(tmp_path: Path, text: str):
    assert found(tmp_path, *overdue(text)) == {}


def test_a_duration_waits(tmp_path: Path):
    assert found(tmp_path, *overdue("P1D", "timeDuration")) == {}


def test_a_date_that_the_loop_sets_anew_is_no_finding(tmp_path: Path):
    body = overdue("=limit", mark="limit", sets='=now() + duration("P1D")')

    assert found(tmp_path, *body) == {}


def test_a_timer_that_is_caught_in_the_flow_holds_up_no_loop(tmp_path: Path):
    caught = bpmn.element("intermediateCatchEvent", "wait", bpmn.timer("=limit", "timeDate"))
    gates = [
        bpmn.element("exclusiveGateway", "merge"),
        bpmn.element("exclusiveGateway", "split", default="split-merge"),
    ]
    out = bpmn.flow("out", "split", "end", "=done")
    ways = bpmn.flows("S>merge merge>wait wait>split split>merge")

    assert "timer-loop-possible" in found(tmp_path, caught, *gates, out, bpmn.element("endEvent", "end"), ways)


def test_a_task_in_the_loop_is_a_wait(tmp_path: Path):
    late = bpmn.boundary("late", "A", bpmn.timer("=limit", "timeDate"))
    merge, end = bpmn.element("exclusiveGateway", "merge"), bpmn.element("endEvent", "end")
    ways = bpmn.flows("S>merge merge>A A>end late>B B>merge")

    assert found(tmp_path, merge, bpmn.user("A"), late, bpmn.user("B"), end, ways) == {}


@pytest.mark.parametrize(("items", "rules"), [('=["a", "b"]', []), ("=signers", []), ("=[]", ["automatic-loop"])])
def test_signing_again_until_all_agree_is_allowed(tmp_path: Path, items: str, rules: list[str]):
    """A task of several instances waits, unless it has none."""
    signed = bpmn.user("sign", bpmn.multi(items, "signer"))
    gates = [bpmn.element("exclusiveGateway", "merge"), bpmn.element("exclusiveGateway", "split", default="split-end")]
    again = bpmn.flow("again", "split", "merge", '=opinion = "disagree"')
    ways = bpmn.flows("S>merge merge>sign sign>split split>end")

    assert sorted(found(tmp_path, signed, *gates, again, bpmn.element("endEvent", "end"), ways)) == rules


def test_a_script_of_several_instances_is_no_wait(tmp_path: Path):
    counted = bpmn.script("count", "=1", "n", bpmn.multi("=[1, 2]", "item"))
    gates = [bpmn.element("exclusiveGateway", "merge"), bpmn.element("exclusiveGateway", "split", default="split-end")]
    again = bpmn.flow("again", "split", "merge", "=more")
    ways = bpmn.flows("S>merge merge>count count>split split>end")

    assert "automatic-loop" in found(tmp_path, counted, *gates, again, bpmn.element("endEvent", "end"), ways)


@pytest.mark.parametrize("text", ['=@"P1D"', '=duration("PT24H")', "P1D"])
def test_a_cycle_that_is_a_duration_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "model.bpmn"
    urge = bpmn.boundary("urge", "A", bpmn.timer(text, "timeCycle"), interrupting=False)
    ends = bpmn.element("endEvent", "urged"), bpmn.element("endEvent", "end")
    body = (bpmn.S, bpmn.user("A"), urge, *ends, bpmn.flows("S>A A>end urge>urged"))
    path.write_bytes(bpmn.document(bpmn.process("P", *body)))

    assert [(f.element, f.severity) for f in chains.read(path).findings if f.rule == "timer"] == [("urge", "error")]
