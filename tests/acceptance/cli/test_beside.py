"""Commands that write beside a running hall: they go to the process that holds the SQLite database."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.settings import Settings
from engine.base.errors import Fault, InvalidInput, Refused, StoreUnreachable
from tests.acceptance.cli.conftest import CHAIN, FINISHED, OPEN, UNREACHABLE, Licet, assert_refused
from tests.acceptance.cli.test_administration import ORGANISATION, year
from webui.cli import compose, wire, writing

START = json.dumps({"type": "StartCase", "payload": {"chain": "business_startup"}})


@contextmanager
def held(cli: Licet) -> Iterator[Path]:
    """A process that holds the database and takes commands: this one. Gives the path of the database."""
    with compose.hall(cli.database, settings=Settings(data=cli.folder)) as hall, writing.taken(hall, cli.database):
        path = compose.file_of(cli.database)
        assert path is not None
        yield path


@pytest.fixture
def beside(cli: Licet) -> Iterator[Licet]:
    """The command line on a hall that a process holds."""
    with held(cli):
        yield cli


def path_of(cli: Licet) -> Path:
    return Path(cli.database.removeprefix("sqlite:///"))


# ------------------------------------------------------------------ what comes out is the same


def written(cli: Licet) -> list[tuple[int, Any, str]]:
    """Exit code, output and reason of every kind of command that writes, right and wrong ones."""
    (cli.folder / "2027.json").write_text(json.dumps(year(2027)), "utf-8")
    (cli.folder / "wrong.json").write_text("{}", "utf-8")
    other = cli.folder / "other"
    shutil.copytree(CHAIN, other, ignore=shutil.ignore_patterns("scenarios"))
    for model in other.glob("*.bpmn"):
        model.write_bytes(model.read_bytes() + b"<!-- another version -->\n")
    task = cli.task()
    given = [
        (("chain", "publish", other, "--as", "designer"), None),
        (("chain", "publish", other, "--as", "window1"), None),
        (("org", "import", ORGANISATION, "--as", "admin"), None),
        (("org", "import", cli.folder / "wrong.json"), None),
        (("calendar", "load", cli.folder / "2027.json", "--as", "admin"), None),
        (("calendar", "load", cli.folder / "wrong.json"), None),
        (("task", "claim", OPEN, task, "--as", "window1"), None),
        (("task", "claim", OPEN, task, "--as", "window2"), None),
        (("task", "complete", OPEN, task, "--as", "window1", "--variables", '{"nonsense": 1.50}'), None),
        (("execute", "--as", "window1"), START),
        (("execute", "--as", "window1"), '{"type": "Nothing"}'),
        (("execute", "--as", "window1"), "{"),
        (("case", "migrate", "business_startup", OPEN, "--reason", "r", "--dry-run", "--as", "admin"), None),
        (("case", "migrate", "business_startup", OPEN, FINISHED, "--reason", "r", "--as", "admin"), None),
        (("case", "migrate", "nothing", "--from", "nothing", "--reason", "r", "--as", "admin"), None),
        (("incident", "retry", OPEN, "1", "--as", "admin"), None),
        (("account", "open", "window1"), None),
        (("account", "reset", "window1"), None),
        (("account", "open", "nobody"), None),
    ]
    results = [cli.run(*words, *(() if n % 2 else ("--json",)), input=text) for n, (words, text) in enumerate(given)]
    return [(result.exit_code, _lasting(result.stdout), result.stderr) for result in results]


def _lasting(text: str) -> Any:
    """What is printed, without what is made anew each time."""
    try:
        value = json.loads(text)
    except ValueError:
        return text.partition("window1  ")[0]
    if isinstance(value, dict):
        return {name: "…" if name in ("recorded_at", "hash", "password", "effects") else value[name] for name in value}
    return value


def test_every_command_prints_and_ends_beside_a_hall_as_it_does_alone(cli: Licet, tmp_path: Path) -> None:
    (tmp_path / "twin").mkdir()
    shutil.copy(path_of(cli), tmp_path / "twin" / "licet.db")
    twin = Licet(tmp_path / "twin", f"sqlite:///{tmp_path / 'twin' / 'licet.db'}")

    alone = written(twin)
    with held(cli):
        together = written(cli)

    assert [code for code, _, _ in alone] == [0, 1, 0, 2, 0, 2, 0, 1, 2, 0, 2, 2, 0, 1, 1, 1, 0, 0, 2]
    assert together == alone
    assert cli.json("verify", "--all")["problems"] == []


def test_every_writing_command_is_among_them() -> None:
    tried = {"chain publish", "org import", "calendar load", "task claim", "task complete", "execute", "case migrate",
             "incident retry", "account password"}  # fmt: skip

    assert set(writing._FUNCTIONS) == tried


# ------------------------------------------------------------------ a real server


@contextmanager
def serving(cli: Licet) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`licet serve` in a process of its own, with its address."""
    environment = os.environ | {"LICET_DATABASE": cli.database, "LICET_DATA": str(cli.folder)}
    words = [sys.executable, "-c", "from webui.cli import main; main()", "serve", "--port", "0"]
    process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().removeprefix("Licet:").strip()
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_a_chain_is_published_while_a_server_answers_requests(cli: Licet) -> None:
    quiet = cli.folder / "quiet"
    shutil.copytree(CHAIN.parents[1] / "real_estate" / "after", quiet, ignore=shutil.ignore_patterns("scenarios"))
    with serving(cli) as (server, address):
        stopped, answers = threading.Event(), []

        def ask() -> None:
            while not stopped.is_set():
                with urllib.request.urlopen(f"{address}sign-in", timeout=10) as answer:
                    answers.append(answer.status)

        with ThreadPoolExecutor(2) as pool:
            asked = [pool.submit(ask) for _ in range(2)]
            try:
                published = cli.json("chain", "publish", quiet, "--as", "designer")
                organisation = cli.json("org", "import", ORGANISATION, "--as", "admin")
                started = [cli.json("execute", "--as", "window1", input=START) for _ in range(3)]
            finally:
                stopped.set()
            for one in asked:
                one.result()

        assert published["digest"] in {row["digest"] for row in cli.json("chain", "list")}
        assert organisation["people"] and len({one["case"] for one in started}) == 3
        assert answers and set(answers) == {200}
        assert cli.json("verify", "--all")["problems"] == []

        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
    assert not (wire.folder_of(path_of(cli)) / "socket").exists()
    assert cli.json("execute", "--as", "window1", input=START)["sequence"] == 1


def test_a_killed_server_leaves_a_socket_that_is_in_nobodys_way(cli: Licet) -> None:
    with serving(cli) as (server, _):
        cli.json("execute", "--as", "window1", input=START)
        server.kill()
        server.wait()
    assert (wire.folder_of(path_of(cli)) / "socket").exists()

    assert cli.json("execute", "--as", "window1", input=START)["sequence"] == 1  # alone
    with held(cli):
        assert cli.json("execute", "--as", "window1", input=START)["sequence"] == 1  # beside the next one
    assert cli.json("verify", "--all")["problems"] == []


# ------------------------------------------------------------------ who may


def test_the_socket_is_its_owners_alone(cli: Licet) -> None:
    folder = wire.folder_of(path_of(cli))
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)

    with held(cli):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "socket").stat().st_mode) == 0o600


def test_the_system_tells_as_whom_the_other_runs() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert wire.caller_of(ours) == wire.caller_of(theirs) == os.geteuid()


def test_another_user_is_refused_by_the_process_that_holds_the_database(
    beside: Licet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "caller_of", lambda connection: os.geteuid() + 1)
    before = len(beside.json("case", "list"))

    with connected(path_of(beside)) as connection, pytest.raises((ConnectionError, EOFError)):
        connection.sendall(request("execute", {"actor": "window1"}, command=START.encode()))
        wire._read(connection, 1)

    assert len(beside.json("case", "list")) == before


def test_a_command_is_not_given_to_another_users_process(beside: Licet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "caller_of", lambda connection: os.geteuid() + 1)

    result = beside.run("execute", "--as", "window1", input=START)

    assert result.exit_code == 3 and "Give the command as that user" in result.stderr


def test_a_link_in_the_place_of_the_folder_is_not_entered(cli: Licet, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    wire.folder_of(path_of(cli)).symlink_to(tmp_path / "elsewhere")

    with held(cli):  # it works on, and says in its log that it takes no commands
        assert_refused(cli.run("execute", "--as", "window1", input=START), 3, "one process that writes")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_nobody_is_asked_on_postgresql(bare: Licet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "ask", lambda *_: pytest.fail("asked"))

    assert_refused(bare.run("task", "claim", OPEN, "1", "--as", "window1", database=UNREACHABLE), 3)


# ------------------------------------------------------------------ what goes wrong on the way


def request(command: Any, arguments: Any, /, **files: bytes) -> bytes:
    head = {"format": 1, "command": command, "arguments": arguments, "files": [(n, len(c)) for n, c in files.items()]}
    data = json.dumps(head).encode()
    return struct.pack(">I", len(data)) + data + b"".join(files.values())


@contextmanager
def connected(database: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        with wire._entered(wire.folder_of(database)) as place:
            connection.connect(place)
        yield connection


def answer_to(database: Path, sent: bytes) -> dict[str, Any]:
    with connected(database) as connection:
        connection.sendall(sent)
        (length,) = struct.unpack(">Q", wire._read(connection, 8))
        answer: dict[str, Any] = json.loads(wire._read(connection, length))
        return answer


def sized(size: str) -> bytes:
    head = f'{{"format": 1, "command": "execute", "arguments": {{}}, "files": [["command", {size}]]}}'.encode()
    return struct.pack(">I", len(head)) + head


def test_what_is_no_request_is_wrong_input(beside: Licet) -> None:
    wrong = [
        struct.pack(">I", wire.HEAD_BYTES + 1),
        struct.pack(">I", 1) + b"{",
        struct.pack(">I", 2) + b"[]",
        struct.pack(">I", 5) + b'{"\xff":',
        struct.pack(">I", 60_000) + b"[" * 60_000,
        request("nothing that there is", {}),
        request(3, {}),
        request("execute", []),
        request("execute", {}),
        request("execute", {"actor": "window1", "more": 1}),
        request("execute", {"actor": "window1"}, command=b"\xff"),
        request("execute", {"actor": 7}, command=START.encode()),
        request("org import", {"actor": "admin"}, organisation=b"{}"),
        request("chain publish", {"actor": "designer"}, chain=b"no chain"),
        request("execute", {}).replace(b'"format": 1', b'"format": 2'),
        request("execute", {}).replace(b'"files": []', b'"files": 77'),
        sized("-1"),
        sized(str(wire.FILES_BYTES + 1)),
        sized("1e400"),
    ]

    codes = [answer_to(path_of(beside), sent).get("error", {}).get("code") for sent in wrong]

    assert set(codes) == {"invalid_input", "model_error"}, codes
    assert beside.json("execute", "--as", "window1", input=START)["sequence"] == 1


def test_files_that_are_too_large_are_not_sent(beside: Licet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "FILES_BYTES", 100)

    assert_refused(beside.run("org", "import", ORGANISATION), 2, "at most 100 bytes")


def test_half_a_request_does_nothing_and_a_whole_one_is_carried_out_though_nobody_waits(beside: Licet) -> None:
    sent, before = request("execute", {"actor": "window1"}, command=START.encode()), len(beside.json("case", "list"))

    for most in (0, 3, 30, len(sent) - 1):
        with connected(path_of(beside)) as connection:
            connection.sendall(sent[:most])
    time.sleep(0.3)
    assert len(beside.json("case", "list")) == before

    with connected(path_of(beside)) as connection:
        connection.sendall(sent)
    until = time.monotonic() + 10
    while len(beside.json("case", "list")) == before and time.monotonic() < until:
        time.sleep(0.05)
    assert len(beside.json("case", "list")) == before + 1
    assert beside.json("verify", "--all")["problems"] == []


def test_a_silent_caller_holds_nobody_up(beside: Licet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SILENT_SECONDS", 0.3)
    silent = [connected(path_of(beside)) for _ in range(wire.CALLERS)]
    for one in silent:
        one.__enter__()

    assert beside.json("execute", "--as", "window1", input=START)["sequence"] == 1

    for one in silent:
        one.__exit__(None, None, None)


def test_a_process_that_ends_before_it_answers(cli: Licet) -> None:
    folder = wire.folder_of(path_of(cli))
    folder.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dying:
        dying.bind(str(folder / "socket"))
        dying.listen()

        def die() -> None:
            connection, _ = dying.accept()
            connection.recv(2**20)
            connection.close()

        thread = threading.Thread(target=die)
        thread.start()
        assert_refused(cli.run("task", "claim", OPEN, "1", "--as", "window1"), 3, "before it answered")
        thread.join()


def test_many_at_once_each_get_their_own_answer(beside: Licet) -> None:
    def start(number: int) -> Any:
        files = {"command": json.dumps(json.loads(START) | {"key": f"k{number % 10}"}).encode()}
        return writing.give(beside.database, "execute", files, actor="window1")["case"]

    with ThreadPoolExecutor(20) as pool:
        cases = list(pool.map(start, range(20)))

    assert len(set(cases)) == 10 and all(cases[n] == cases[n + 10] for n in range(10))


def test_a_long_command_is_waited_for_while_others_go_on(beside: Licet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SILENT_SECONDS", 0.2)
    begun, end = threading.Event(), threading.Event()

    def long(hall: compose.Hall, files: Mapping[str, bytes], word: str) -> str:
        begun.set()
        end.wait(20)
        return word

    monkeypatch.setitem(writing._FUNCTIONS, "long", long)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(writing.give, beside.database, "long", word="长")
        assert begun.wait(20)
        assert beside.json("execute", "--as", "window1", input=START)["sequence"] == 1
        time.sleep(0.5)
        end.set()
        assert waiting.result(20) == "长"


def test_an_error_comes_back_as_its_class(beside: Licet, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(hall: compose.Hall, files: Mapping[str, bytes], error: str) -> None:
        raise {"refused": Refused, "fault": Fault, "input": InvalidInput, "ours": ZeroDivisionError}[error]("no")

    monkeypatch.setitem(writing._FUNCTIONS, "wrong", wrong)

    for error, expected in (("refused", Refused), ("fault", Fault), ("input", InvalidInput), ("ours", Fault)):
        with pytest.raises(expected):
            writing.give(beside.database, "wrong", error=error)


def test_a_command_waits_a_moment_for_a_process_that_begins(cli: Licet) -> None:
    with compose.hall(cli.database) as hall, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(cli.json, "task", "claim", OPEN, cli.task(), "--as", "window1")
        time.sleep(0.4)
        with writing.taken(hall, cli.database):
            assert waiting.result(20)["case"] == OPEN


def test_a_long_path_has_a_socket_too(cli: Licet) -> None:
    folder = cli.folder / ("a" * 100) / ("b" * 100)
    folder.mkdir(parents=True)
    shutil.copy(path_of(cli), folder / "licet.db")
    far = Licet(cli.folder, f"sqlite:///{folder / 'licet.db'}")

    with held(far):
        assert far.json("execute", "--as", "window1", input=START)["sequence"] == 1


def test_without_a_listener_the_refusal_stays(cli: Licet) -> None:
    with compose.hall(cli.database), pytest.raises(StoreUnreachable, match="one process that writes"):
        writing.give(cli.database, "execute", {"command": START.encode()}, actor="window1")
