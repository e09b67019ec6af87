"""Fixtures of the command line's tests: a command run in this process, and a small hall with two cases."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from adapters.settings import Settings
from engine.hall.store import Store
from engine.reading import scenarios
from webui.cli import compose, demonstration
from webui.cli.main import licet

FINISHED, OPEN = "2026-000001", "2026-000002"
"""The cases of the hall: one with everything handed over, one whose application waits to be checked."""

MONDAY = datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
UNREACHABLE = "postgresql://127.0.0.1:1/x"
CHAIN = demonstration.chain_folder("business_startup")


@dataclass(frozen=True)
class Licet:
    """`licet` in this process, on a database and a data folder of the test's own."""

    folder: Path
    database: str

    def run(self, *words: str | Path, input: str | bytes | None = None, database: str | None = None) -> Result:
        environment = {"LICET_DATABASE": database or self.database, "LICET_DATA": str(self.folder)}
        return CliRunner().invoke(licet, [str(word) for word in words], input=input, env=environment)

    def json(self, *words: str | Path, input: str | bytes | None = None, code: int = 0) -> Any:
        """Return what the command prints with --json. Fails if it ends with another code than `code`."""
        result = self.run(*words, "--json", input=input)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def task(self) -> str:
        """The open task of the open case."""
        rows = self.json("task", "list", "--as", "window1")
        return next(str(row["token"]) for row in rows if row["case"] == OPEN)


def assert_refused(result: Result, code: int, *said: str) -> None:
    """Assert that the command ended with `code`, one line on standard error and nothing on standard output."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1 or lines[0].startswith("Usage:"), lines
    for text in said:
        assert text in result.stderr


@pytest.fixture(scope="session")
def lived_in(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Path:
    """The database of the hall with its two cases, to be copied."""
    path = tmp_path_factory.mktemp("hall") / "licet.db"
    shutil.copy(empty_database, path)
    clock = scenarios.VirtualClock(MONDAY)
    store = Store.open(str(path))
    hall = compose.composed(store, Settings(data=path.parent, seed="tests"), clock)
    demonstration.set_up(hall)
    stage = scenarios.Rehearsal(hall.engine, hall.scheduler, demonstration.organisation(), clock)
    finished = scenarios.read(demonstration.main_scenario("business_startup"))
    intake = json.loads(json.dumps(finished.steps[0]).replace("\\u4e91\\u5cad", "\\u9752\\u6eaa"))  # 云岭 → 青溪
    for scenario in (finished, replace(finished, steps=[intake])):
        player = scenarios.Player(stage, scenario)
        player.begin()
        for step in scenario.steps:
            player.act(step)
    store.close()
    return path


@pytest.fixture
def cli(lived_in: Path, tmp_path: Path) -> Licet:
    """The command line on a copy of the hall."""
    path = tmp_path / "licet.db"
    shutil.copy(lived_in, path)
    return Licet(tmp_path, f"sqlite:///{path}")


@pytest.fixture
def bare(tmp_path: Path) -> Licet:
    """The command line in a place without a database."""
    return Licet(tmp_path, f"sqlite:///{tmp_path / 'none.db'}")
