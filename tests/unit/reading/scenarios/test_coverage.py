"""Visits of several scenarios add up; a token that was removed has been there; called processes count."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.reading import scenarios
from engine.reading.scenarios import Coverage, Covered
from tests.samples import halls
from tests.unit.model.runtime import bpmn_text as bpmn
from webui.cli import compose

CONSTRUCTS = Path(__file__).parents[3] / "samples" / "constructs"


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    with scenarios.empty_database() as path:
        yield path


def covered(empty: Path, model: str) -> Covered:
    coverage = Coverage()
    for file in sorted(CONSTRUCTS.glob(f"{model}.*.json")):
        assert scenarios.run(file, lambda shelf, folder: halls.outside(), empty, coverage=coverage).passed
    (found,) = coverage.models.values()
    return found


@pytest.mark.parametrize(
    "model", ["parallel_gateway_loop", "event_subprocess_inner", "call_activity_all", "links", "multi_call_sequential"]
)
def test_scenarios_that_go_everywhere_cover_everything(empty: Path, model: str) -> None:
    found = covered(empty, model)

    assert found.elements == set(found.all_elements)
    assert found.flows == set(found.all_flows)
    assert list(found.uncovered()) == []


def test_what_no_scenario_comes_to_is_listed_once(empty: Path) -> None:
    found = covered(empty, "boundary_call")

    assert sorted(found.uncovered()) == [("called", "e"), ("process", "B"), ("process", "end")]


def test_a_flow_between_visited_elements_that_nothing_took_is_listed(empty: Path) -> None:
    found = covered(empty, "exclusive_gateway_no_default")
    process, flow = sorted(found.flows)[0]
    found.flows.remove((process, flow))

    assert (process, flow) in list(found.uncovered())


def test_the_chain_is_told_apart_from_the_common_processes_that_it_calls(empty: Path) -> None:
    chain = CONSTRUCTS.parents[2] / "bpmn" / "business_startup" / "after"
    coverage, file = Coverage(), chain / "scenarios" / "refused.json"

    assert scenarios.run(file, compose.stand_ins, empty, coverage=coverage).passed

    (found,) = coverage.models.values()
    shares = found.shares()
    assert coverage.played == {file: found}
    assert found.own >= {"business_startup", "bank_appointment", "company_rules"}
    assert "licensing_procedure" in found.version.processes and "licensing_procedure" not in found.own
    for name, everything in (("elements", found.all_elements), ("flows", found.all_flows), ("rules", found.all_rules)):
        assert sum(part[name].of for part in shares.values()) == len(everything)
    own, common = set(found.uncovered(common=False)), set(found.uncovered(common=True))
    assert own | common == set(found.uncovered()) and not own & common


RULES = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
<decision id="Way" name="Way"><decisionTable hitPolicy="FIRST"><input><inputExpression><text>amount</text>
</inputExpression></input><output name="way"/>
<rule><inputEntry><text>&lt; 10</text></inputEntry><outputEntry><text>"short"</text></outputEntry></rule>
<rule><inputEntry><text>&gt;= 10</text></inputEntry><outputEntry><text>"long"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def test_rules_that_matched_are_counted_one_by_one(empty: Path, tmp_path: Path) -> None:
    rule = bpmn.element(
        "businessRuleTask", "R", extensions=(bpmn.zeebe("calledDecision", decisionId="Way", resultVariable="way"),)
    )
    (tmp_path / "model.bpmn").write_bytes(bpmn.document(bpmn.process("P", bpmn.S, rule, bpmn.E, bpmn.flows("S>R R>E"))))
    (tmp_path / "way.dmn").write_bytes(RULES)
    coverage, seen = Coverage(), []
    for amount in (3, 5, 12):
        file = tmp_path / f"{amount}.json"
        start = {"at": "2026-03-02T09:00:00+08:00", "variables": {"amount": amount}}
        file.write_text(json.dumps({"model": "model.bpmn", "start": start}), "utf-8")
        assert scenarios.run(file, lambda shelf, folder: halls.outside(), empty, coverage=coverage).passed
        found = coverage.models[tmp_path / "model.bpmn"]
        seen.append((found.shares()["chain"]["rules"], [place for place in found.uncovered() if place[0] == "Way"]))

    assert seen == [((1, 2), [("Way", "2")]), ((1, 2), [("Way", "2")]), ((2, 2), [])]
    assert "common" not in found.shares()
