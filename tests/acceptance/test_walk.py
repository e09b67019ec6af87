"""The way of a click through the house: as long as it may be, and as docs/architecture.md tells it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MOST = {"files": 68, "frames": 15}  # as docs/house/walk.py counts them
STEP = re.compile(r"^\| `([\w/]+\.py)` \| `([\w.]+)` \|", re.MULTILINE)


@pytest.fixture(scope="module")
def walk() -> dict[str, Any]:
    script = ROOT / "docs" / "house" / "walk.py"
    done = subprocess.run([sys.executable, str(script), "--json"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_completing_a_task_goes_no_longer_way_than_it_did(walk: dict[str, Any]) -> None:
    assert {name: walk[name] for name, most in MOST.items() if walk[name] > most} == {}


@pytest.mark.parametrize(("part", "entered"), [(0, "entered"), (1, "page")])
def test_the_walk_of_the_docs_is_the_one_that_is_walked(walk: dict[str, Any], part: int, entered: str) -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    told = [f"{file} {function}" for file, function in STEP.findall(text.split("The browser then opens")[part])]

    assert [step for step in told if step not in walk[entered]] == []
    assert told == sorted(told, key=walk[entered].index)
