"""How far it is through the house, from the click that completes a task to what it does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST = {"files": 61, "frames": 15}  # as docs/house/walk.py counts them


def test_completing_a_task_goes_no_longer_way_than_it_did() -> None:
    script = ROOT / "docs" / "house" / "walk.py"
    done = subprocess.run([sys.executable, str(script), "--json"], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert {name: value for name, value in json.loads(done.stdout).items() if value > MOST.get(name, value)} == {}
