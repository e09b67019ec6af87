"""The promise of every command: its name and options, its exit codes, and one clear line for every error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from engine.hall.store import Store
from tests.acceptance.cli.conftest import CHAIN, FINISHED, OPEN, UNREACHABLE, Licet, assert_refused
from webui.cli import main
from webui.cli.main import licet

COMMANDS = {
    "init", "upgrade", "serve", "worker", "demo", "due", "feel", "decide", "execute", "replay", "verify", "export",
    "anchor", "bench", "chain check", "chain test", "chain publish", "chain list", "task list", "task claim",
    "task complete", "case list", "case show", "case journal", "calendar load", "calendar show", "org import",
    "org export", "incident list", "incident retry", "outbox list",
}  # fmt: skip

PRINTS_NO_JSON = {"serve", "worker", "export"}
"""The first two run on; the third has --format."""

WRITES = {
    "execute", "task claim", "task complete", "case migrate", "chain publish", "org import", "calendar load",
    "incident retry",
}  # fmt: skip

EXECUTE = json.dumps({"type": "ClaimTask", "case": OPEN, "payload": {"task": 1}})

SMALL = Path(__file__).parents[2] / "samples" / "between_cases"
ON_A_DATABASE = [
    ("init",), ("init", "--demo"), ("upgrade",), ("serve", "--port", "0"), ("worker",), ("execute", "--as", "window1"),
    ("replay", OPEN), ("verify", "--all"), ("export", "--all", "--format", "jsonl"), ("anchor",), ("chain", "list"),
    ("chain", "publish", str(SMALL)), ("task", "list", "--as", "window1"),
    ("task", "claim", OPEN, "1", "--as", "window1"),
    ("task", "complete", OPEN, "1", "--as", "window1"), ("case", "list"), ("case", "show", OPEN),
    ("case", "journal", OPEN), ("org", "import", str(CHAIN.parents[1] / "organisation.json")), ("incident", "list"),
    ("org", "export"), ("incident", "retry", OPEN, "1", "--as", "admin"), ("outbox", "list"),
]  # fmt: skip


def commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name, command


def options(command: click.Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}


def test_the_commands_have_their_promised_names() -> None:
    assert {name for name, _ in commands(licet)} >= COMMANDS


@pytest.mark.parametrize(("name", "command"), [*commands(licet)], ids=[name for name, _ in commands(licet)])
def test_what_prints_takes_json_and_what_writes_takes_an_actor(name: str, command: click.Command) -> None:
    assert ("--json" in options(command)) == (name not in PRINTS_NO_JSON)
    assert ("--as" in options(command)) == (name in WRITES or name == "task list")
    assert command.help


@pytest.mark.parametrize("words", ON_A_DATABASE, ids=" ".join)
def test_an_unreachable_database_is_one_clear_line(words: tuple[str, ...], bare: Licet) -> None:
    result = bare.run(*words, input=EXECUTE, database=UNREACHABLE)

    assert_refused(result, 3, "store_unreachable", "127.0.0.1")


@pytest.mark.parametrize("words", [w for w in ON_A_DATABASE if w[0] not in ("init", "upgrade")], ids=" ".join)
def test_without_a_database_the_way_to_one_is_told(words: tuple[str, ...], bare: Licet) -> None:
    result = bare.run(*words, input=EXECUTE)

    assert_refused(result, 3, "licet init")
    assert not (bare.folder / "none.db").exists()


@pytest.mark.parametrize("words", [("case", "list"), ("init",)], ids=" ".join)
@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("mysql://somewhere/x", 2, "postgresql://"),
        ("sqlite:////proc/nowhere/x.db", 3, "/proc/nowhere"),
        ("://", 2, "database URL"),
    ],
)
def test_a_database_that_cannot_be(words: tuple[str, ...], url: str, code: int, said: str, bare: Licet) -> None:
    assert_refused(bare.run(*words, database=url), code, said)


@pytest.mark.parametrize("words", [("case", "list"), ("init",), ("upgrade",)], ids=" ".join)
def test_a_file_that_is_no_database(words: tuple[str, ...], bare: Licet) -> None:
    path = bare.folder / "junk.db"
    path.write_bytes(b"junk, and no database at all" * 100)

    assert_refused(bare.run(*words, database=f"sqlite:///{path}"), 3, "junk.db")


def test_a_second_writing_process_is_refused_while_readers_go_on(cli: Licet) -> None:
    with closing(Store.open(cli.database)) as first:
        first.ready(writing=True)

        for words in (("task", "claim", OPEN, "1", "--as", "window1"), ("worker",), ("serve", "--port", "0")):
            assert_refused(cli.run(*words), 3, "one process that writes", str(os.getpid()))
        assert len(cli.json("case", "list")) == 2
        assert cli.json("verify", OPEN)["problems"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("bogus",), "No such command"),
        (("verify",), "--all"),
        (("verify", FINISHED, "--all"), "--all"),
        (("export", "--all", "--format", "pdf"), "'jsonl', 'xes', 'ocel'"),
        (("export", "--format", "xes"), "--all"),
        (("replay", FINISHED, "--upto", "0"), "x>=1"),
        (("task", "claim", OPEN, "one", "--as", "window1"), "integer"),
        (("task", "claim", OPEN, "1"), "--as"),
        (("execute",), "--as"),
        (("chain", "check", "nowhere.bpmn"), "does not exist"),
        (("chain", "check"), "Missing argument"),
        (("org", "import", "nowhere.json"), "does not exist"),
        (("calendar", "load", "nowhere.json"), "does not exist"),
        (("decide", "nowhere.dmn", "--decision", "x"), "does not exist"),
        (("demo", "nowhere"), "business_startup"),
        (("serve", "--demo", "--host", "0.0.0.0"), "127.0.0.1"),
        (("serve", "--port", "99999"), "65535"),
        (("bench", "nothing"), "'complete'"),
        (("case", "list", "--status", "odd"), "'open'"),
    ],
    ids=str,
)
def test_wrong_usage_ends_with_2(words: tuple[str, ...], said: str, cli: Licet) -> None:
    assert_refused(cli.run(*words, input="{}"), 2, said)


@pytest.mark.parametrize(
    "words",
    [("case", "show", "none"), ("case", "journal", "none"), ("replay", "none"), ("export", "none", "--format", "xes"),
     ("task", "claim", "none", "1", "--as", "window1"), ("incident", "retry", "none", "1", "--as", "admin")],
    ids=" ".join,
)  # fmt: skip
def test_a_case_that_is_not_there(words: tuple[str, ...], cli: Licet) -> None:
    assert_refused(cli.run(*words), 1, "not_found", "none")


def test_a_fault_of_ours_shows_where_and_ends_with_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(licet.commands["due"], "callback", lambda **_: broken())
    monkeypatch.setattr(sys, "argv", ["licet", "due"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 3
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_help_tells_every_command() -> None:
    result = CliRunner().invoke(licet, ["--help"])

    assert result.exit_code == 0
    assert all(name.split()[0] in result.output for name in COMMANDS)


# ------------------------------------------------------------------ as a program


def spawned(cli: Licet, *words: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "LICET_DATABASE": cli.database, "LICET_DATA": str(cli.folder)}
    program = Path(sys.executable).with_name("licet")
    return subprocess.Popen([str(program), *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_reader_that_goes_away_is_no_fault(cli: Licet) -> None:
    process = spawned(cli, "export", "--all", "--format", "jsonl")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()

    said = process.stderr.read()
    process.wait(60)

    assert said == b""


def test_the_program_ends_in_one_line_where_the_database_is_unreachable(cli: Licet) -> None:
    process = spawned(cli, "case", "list", "--database", UNREACHABLE)

    out, said = process.communicate(timeout=60)

    assert (process.returncode, out) == (3, b"")
    assert len(said.splitlines()) == 1
