"""SpiffWorkflow carries the run: `docs/spiffworkflow-functions.md` has each of its functions that runs.

Whether the runtime tests notice when a function does nothing is tried under `make soak`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.house.spiffworkflow import nothing, ran

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "spiffworkflow-functions.md"
FEWEST = {"main": 38, "constructs": 50, "noticed": 36}  # functions of both folders `specs`
MOST_CEREMONY = 20  # functions of both folders `specs`

ROW = re.compile(r"^\| `([\w.]+)` \| (.+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def main_played() -> ran.Watch:
    return ran.main_played()


@pytest.fixture(scope="module")
def constructs_played() -> ran.Watch:
    return ran.constructs_played()


def rows(title: str) -> dict[str, str]:
    """The rows of the page's section with this title: function → second cell."""
    _, _, section = PAGE.read_text("utf-8").partition(f"## {title}\n")
    return dict(ROW.findall(section.partition("\n## ")[0]))


NOTICED, CEREMONY = rows("Noticed"), rows("Ceremony")


def of_specs(names: dict[str, str]) -> list[str]:
    return [name for name in names if name.startswith(tuple(f"{folder}." for folder in ran.SPECS))]


def test_spiffworkflow_carries_the_main_scenario(main_played: ran.Watch) -> None:
    assert len(ran.of_specs(main_played.ran)) >= FEWEST["main"]


def test_spiffworkflow_carries_the_constructs(constructs_played: ran.Watch) -> None:
    assert len(ran.of_specs(constructs_played.ran)) >= FEWEST["constructs"]


def test_the_page_has_each_function_that_runs(main_played: ran.Watch, constructs_played: ran.Watch) -> None:
    names = {".".join(function) for function in main_played.ran | constructs_played.ran if nothing.is_tried(function)}

    assert NOTICED.keys() & CEREMONY.keys() == set()
    assert NOTICED.keys() | CEREMONY.keys() == names


def test_most_of_what_runs_is_needed() -> None:
    assert len(of_specs(NOTICED)) >= FEWEST["noticed"]
    assert len(of_specs(CEREMONY)) <= MOST_CEREMONY


@pytest.mark.parametrize("test", sorted(set(NOTICED.values())))
def test_the_test_that_notices_is_there(test: str) -> None:
    file, _, name = test.strip("`").partition("[")[0].partition("::")

    assert not name or f"def {name}(" in (nothing.TESTS / file).read_text("utf-8")


@pytest.mark.soak
@pytest.mark.skipif(not os.environ.get("LICET_SOAK"), reason="tries each function of SpiffWorkflow: `make soak`")
def test_a_function_is_noticed_unless_the_page_calls_it_ceremony() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "docs.house.spiffworkflow", "nothing"], cwd=ROOT, capture_output=True, text=True
    )
    found = dict(ROW.findall(done.stdout))

    assert done.returncode == 0, done.stderr
    assert {name for name, noticed_by in found.items() if noticed_by == "ceremony"} == CEREMONY.keys()
    assert found.keys() == NOTICED.keys() | CEREMONY.keys()
