"""The common processes, each rehearsed in a chain of its own: consultation, silence as consent, commitments.

Source: 行政许可法 (2019) art. 26, 32, 46–48, 69; 国办发〔2020〕42号.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.model import chain as chains
from engine.reading import scenarios
from engine.reading.scenarios.reading import read
from webui.cli import compose

CHAIN = Path(__file__).parents[1] / "samples" / "common_processes"
BPMN = Path(__file__).parents[2] / "bpmn"


@pytest.mark.parametrize("file", scenarios.files_of([CHAIN]), ids=lambda file: file.stem)
def test_the_rehearsals(file: Path, empty_database: Path) -> None:
    row = scenarios.run(file, compose.stand_ins, empty_database)

    assert row.passed, row


def test_the_sample_has_no_findings() -> None:
    assert [finding.message for finding in chains.read(CHAIN).findings] == []


def effects(name: str, template: Path) -> Iterator[Mapping[str, Any]]:
    told = scenarios.told(read(CHAIN / "scenarios" / f"{name}.json"), compose.stand_ins, template)
    assert told["verified"]
    return (effect for step in told["steps"] for effect in step["effects"])


def facts(name: str, fact: str, template: Path) -> list[Any]:
    return [e["value"] for e in effects(name, template) if e["type"] == "fact_set" and e["name"] == fact]


def test_silence_is_consent_but_on_safety_and_environment(empty_database: Path) -> None:
    opinions = facts("joint_review", "opinions", empty_database)[0]

    assert {o["department"]: o["opinion"] for o in opinions} == {
        "ecology": "agree",
        "water": "object",
        "transport": "deemed",
        "civil_air_defence": "agree",
        "meteorology": "agree",
        "landscape": "object",
        "cultural_relics": "agree",
        "fire_rescue": "silent",
    }


def test_an_opinion_that_is_withdrawn_late_is_on_record(empty_database: Path) -> None:
    withdrawn = facts("joint_review", "withdrawn", empty_database)[-1]
    opinions = facts("joint_review", "opinions", empty_database)[-1]

    assert [w["department"] for w in withdrawn] == ["landscape", "fire_rescue"]
    assert [o["department"] for o in opinions if o["opinion"] != "agree"] == ["water", "transport"]


def test_a_false_commitment_goes_into_the_credit_register(empty_database: Path) -> None:
    asked = [e for e in effects("commitment_false", empty_database) if e.get("action") == "register.record"]

    assert [e["destination"] for e in asked] == ["registers"]


def test_a_department_takes_part_by_files_alone(tmp_path: Path, empty_database: Path) -> None:
    """A new department and its place in a joint review: one line in each of two files, no model touched."""
    folder = tmp_path / "chain"
    shutil.copytree(CHAIN, folder)
    hall = json.loads((BPMN / "organisation.json").read_text("utf-8"))
    hall["departments"].append({"key": "seismology", "name": "示范县地震局"})
    hall["people"].append({"key": "quake_reviewer1", "name": "示范地震甲"})
    hall["grants"].append({"person": "quake_reviewer1", "role": "reviewer", "department": "seismology"})
    (folder / "organisation.json").write_text(json.dumps(hall), "utf-8")
    catalogue = json.loads((folder / "catalogue.json").read_text("utf-8"))
    plain = next(item for item in catalogue["items"] if item["key"] == "plain")
    plain["consults"], plain["limits"]["step"] = [{"department": "seismology"}], {"amount": 3}
    (folder / "catalogue.json").write_text(json.dumps(catalogue), "utf-8")
    file = folder / "scenarios" / "correction_limit.json"
    scenario = json.loads(file.read_text("utf-8"))
    scenario["steps"] = [
        scenario["steps"][0],
        {"complete": "check_completeness", "by": "window1", "variables": {"outcome": "accept"}},
        {"complete": "give_opinion", "by": "water_reviewer1", "variables": {"outcome": "agree"},
         "expect": {"refused": "not_allowed"}},
        {"complete": "give_opinion", "by": "quake_reviewer1", "variables": {"outcome": "agree"},
         "expect": {"open": ["consolidate"]}},
    ]  # fmt: skip
    file.write_text(json.dumps(scenario), "utf-8")

    row = scenarios.run(file, compose.stand_ins, empty_database)

    assert row.passed, row
