"""The common processes, rehearsed in a chain of their own: who is asked, what silence means, what a promise is worth.

Source: 行政许可法 (2019) art. 26, 32, 46–48, 69; 国办发〔2020〕42号.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine import chain as chains
from engine import scenarios
from engine.scenarios.reading import read
from webui import compose

CHAIN = Path(__file__).parents[1] / "samples" / "common_processes"


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
