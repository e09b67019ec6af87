"""`licet chain test --record CASE`: a case of the hall becomes a scenario file, which is played at once."""

from __future__ import annotations

import json
from pathlib import Path

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
    assert cli.run("chain", "test", file).exit_code == 0
    assert "示范申请人甲" not in file.read_text("utf-8") and "11010519491231002X" not in file.read_text("utf-8")


def test_an_open_case_is_recorded_as_far_as_it_came(cli: Licet) -> None:
    rows = cli.json("chain", "test", CHAIN, "--record", OPEN, "-o", cli.folder / "open.json")

    assert [row["passed"] for row in rows] == [True]
    steps = json.loads((cli.folder / "open.json").read_text("utf-8"))["steps"]
    assert [step["complete"] for step in steps if "complete" in step] == ["intake"]
    assert "ended" not in steps[-1]["expect"]


def test_recording_changes_nothing(cli: Licet) -> None:
    before = cli.json("verify", "--all")

    cli.run("chain", "test", "--record", FINISHED, "-o", cli.folder / "recorded.json")

    assert cli.json("verify", "--all") == before


def test_a_recording_that_comes_out_otherwise_fails_at_once(cli: Licet, tmp_path: Path) -> None:
    """The file stays: it says where the case depends on what a scenario doesn't have."""
    file = tmp_path / "recorded.json"
    cli.run("chain", "test", "--record", FINISHED, "-o", file)
    told = json.loads(file.read_text("utf-8"))
    told["steps"][0]["expect"]["open"] = ["review"]
    file.write_text(json.dumps(told), "utf-8")

    assert cli.run("chain", "test", file).exit_code == 1


def test_what_cannot_be_recorded_is_told_and_writes_nothing(cli: Licet, bare: Licet) -> None:
    file = cli.folder / "recorded.json"
    record = ("chain", "test", "--record")

    assert_refused(cli.run(*record, "2026-000099", "-o", file), 1, "not_found", "2026-000099")
    assert_refused(cli.run(*record, FINISHED, "-o", cli.folder / "no" / "x.json"), 2, "can be written at")
    other = CHAIN.parent / "before"
    assert_refused(
        cli.run("chain", "test", other, "--record", FINISHED, "-o", file), 2, "the files that were published"
    )
    assert_refused(cli.run(*record, FINISHED, "-o", file, database=UNREACHABLE), 3, "store_unreachable")
    assert not file.exists()

    file.write_text("mine")
    assert_refused(cli.run(*record, FINISHED, "-o", file), 2, "Expected a new file")
    assert file.read_text() == "mine"
    assert_refused(cli.run("chain", "test"), 2, "Name a chain folder")
