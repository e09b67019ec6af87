"""The examples of docs/commands.md do what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/commands.md").read_text("utf-8")
EXAMPLES = re.findall(r"^    \$ (.+)\n((?:    (?!\$).+\n)*)", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[command[:40] for command, _ in EXAMPLES])
def test_the_page_shows_what_the_command_prints(command: str, output: str, tmp_path: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "LICET_DATABASE": f"sqlite:///{tmp_path / 'none.db'}"}

    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], cwd=ROOT, env=environment, capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == re.sub(r"^    ", "", output, flags=re.MULTILINE)


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 5
