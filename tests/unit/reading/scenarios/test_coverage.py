"""Visits of several scenarios add up; a token that was removed has been there; called processes count."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.reading import scenarios
from engine.reading.scenarios import Coverage, Covered
from tests.samples import halls

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
