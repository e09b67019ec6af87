"""`licet chain test --record CASE`: a case of the hall becomes a scenario file, which is played at once."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.cli.conftest import CHAIN, FINISHED, OPEN, UNREACHABLE, Licet, assert_refused


def test_a_case_is_written_and_passes_at_once(cli: Licet) -> None:
    file = cli.folder / "recorded.json"

    done = cli.run("chain", "test", "--record", FINISHED, "-o", file)

    lines, written = done.stdout.splitlines(), json.loads(file.read_text("utf-8"))
    assert done.exit_code == 0, done.output
    assert lines[0].startswith(f"{file}: {len(written['steps'])} steps of case {FINISHED}, ")
    assert lines[1:3] == [f"passed  企业开办一件事 {FINISHED}", "1 of 1 scenarios passed"]
    assert (file.parent / written["model"]).resolve() == (CHAIN / "chain.bpmn").resolve()
    assert written["steps"][-1]["expect"]["ended"] is True
    assert "示范申请人甲" not in file.read_text("utf-8") and "11010519491231002X" not in file.read_text("utf-8")


@pytest.fixture(scope="module")
def recorded(lived_in: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Licet, Path, Any]:
    """The open case, recorded once: the command line, the file, and what was printed."""
    folder = tmp_path_factory.mktemp("recorded")
    shutil.copy(lived_in, folder / "licet.db")
    licet = Licet(folder, f"sqlite:///{folder / 'licet.db'}")
    return licet, folder / "open.json", licet.json("chain", "test", CHAIN, "--record", OPEN, "-o", folder / "open.json")


def test_an_open_case_is_recorded_as_far_as_it_came(recorded: tuple[Licet, Path, Any]) -> None:
    cli, file, rows = recorded

    assert [row["passed"] for row in rows] == [True]
    steps = json.loads(file.read_text("utf-8"))["steps"]
    assert [step["complete"] for step in steps if "complete" in step] == ["intake"]
    assert "ended" not in steps[-1]["expect"]
    assert cli.run("chain", "test", file).exit_code == 0


def test_recording_changes_nothing(recorded: tuple[Licet, Path, Any], lived_in: Path) -> None:
    def kept(path: Path) -> list[str]:
        with closing(sqlite3.connect(path)) as database:
            return list(database.iterdump())

    assert kept(recorded[0].folder / "licet.db") == kept(lived_in)


def test_a_recording_that_comes_out_otherwise_fails(recorded: tuple[Licet, Path, Any]) -> None:
    """The file stays: it says where the case depends on what a scenario doesn't have."""
    cli, file, _ = recorded
    told = json.loads(file.read_text("utf-8"))
    told["steps"][0]["expect"]["open"] = ["review"]
    other = file.with_name("otherwise.json")
    other.write_text(json.dumps(told), "utf-8")

    assert cli.run("chain", "test", other).exit_code == 1


def test_what_cannot_be_recorded_is_told_and_writes_nothing(cli: Licet, bare: Licet) -> None:
    file = cli.folder / "recorded.json"
    record = ("chain", "test", "--record")

    assert_refused(cli.run(*record, "2026-000099", "-o", file), 1, "not_found", "2026-000099")
    assert_refused(cli.run(*record, OPEN, "-o", cli.folder / "no" / "x.json"), 2, "can be written at")
    other = CHAIN.parent / "before"
    assert_refused(
        cli.run("chain", "test", other, "--record", OPEN, "-o", file), 2, "the files that were published"
    )
    assert_refused(cli.run(*record, OPEN, "-o", file, database=UNREACHABLE), 3, "store_unreachable")
    assert not file.exists()

    file.write_text("mine")
    assert_refused(cli.run(*record, OPEN, "-o", file), 2, "Expected a new file")
    assert file.read_text() == "mine"
    assert_refused(cli.run("chain", "test"), 2, "Name a chain folder")
