"""The same scenario in two processes with different hash seeds: the same effects, the same digests of the state."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from tests.samples import halls


def told(seed: str, chain: str) -> Any:
    """Return what `licet demo` prints in a new process."""
    program = [sys.executable, "-c", "from webui.cli import main; main()", "demo", chain, "--json"]
    ran = subprocess.run(
        program, cwd=halls.TESTS.parent, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_the_demonstration_tells_the_same_story_in_every_process() -> None:
    first, second = told("1", halls.BUSINESS_STARTUP), told("4711", halls.BUSINESS_STARTUP)

    assert [step["effects"] for step in first["steps"]] == [step["effects"] for step in second["steps"]]
    assert [step["state"] for step in first["steps"]] == [step["state"] for step in second["steps"]]
    assert first == second
    assert first["verified"] is True
    assert len(first["steps"]) > 40
    assert {matter["state"] for matter in first["matters"]} == {"handed_over"}
    assert len(first["matters"]) == 6
    assert "business_licence" in json.dumps(first["results"])
