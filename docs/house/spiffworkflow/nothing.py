"""Makes each function of SpiffWorkflow that runs do nothing, one at a time, and sees whether a runtime test notices.

The functions are those that run in the scenarios of the constructs or in the main scenario of business start-up, of
the folders and modules in `TRIED`. In place of a function stands one that only gives the empty value of the type that
the function gave ([] for a list, False for a truth value), or None if it gave values of several types, or other ones.

Each function is tried in a process of its own, forked from this one, under the tests in tests/unit/model/runtime with
their small sizes, until the first failure. A process that doesn't come to an end counts as a failure.
"""

from __future__ import annotations

import importlib
import inspect
import os
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import pytest

from docs.house.spiffworkflow.ran import ROOT, SPECS, Function, constructs_played, main_played, of_specs

TRIED = (*SPECS, "task", "workflow", "bpmn.workflow", "bpmn.util.subworkflow", "bpmn.parser", "bpmn.script_engine")
TESTS = ROOT / "tests" / "unit" / "model" / "runtime"
AT_ONCE = 2  # processes
LONGEST = 180  # seconds that the tests may take with one function doing nothing; they take 20

MOST_LETTERS = 4096  # of the name of a test: what a pipe takes without a reader

EMPTY = (bool, int, float, str, list, tuple, dict, set)

UNCHANGED: Function = ("", "")
"""Stands for no function: the tests run with all of SpiffWorkflow as it is."""


class Tried(NamedTuple):
    """`noticed_by` is the test that failed first; empty if all passed."""

    function: Function
    noticed_by: str


def tried() -> list[Tried]:
    """Tries all functions, and gives them in the order of their names. Takes some minutes."""
    given: dict[Function, set[type]] = {}
    for watch in (main_played(), constructs_played()):
        for function in filter(is_tried, watch.ran):
            given.setdefault(function, set()).update(watch.given.get(function, set()))
    if failed := _each({UNCHANGED: set()})[UNCHANGED]:
        raise SystemExit(f"Expected the tests to pass as long as every function does what it does; {failed} failed.")
    return [Tried(function, noticed_by) for function, noticed_by in sorted(_each(given).items())]


def is_tried(function: Function) -> bool:
    return f"{function[0]}.".startswith(tuple(f"{part}." for part in TRIED))


def do_nothing(function: Function, given: Iterable[type]) -> None:
    """From now on the function does nothing in this process. `given` are the types of the values that it gave.

    A property is one function with its setter, as in what `ran` counts.
    """
    only, *others = set(given) or {type(None)}
    empty: Any = only() if only in EMPTY and not others else None
    for original in _originals(function):
        body = _yields_nothing if inspect.isgeneratorfunction(original) else _gives(empty)
        # The code is exchanged and not the function, which may be held under other names, or bound to a token.
        original.__code__ = body.__code__.replace(co_freevars=original.__code__.co_freevars)


def _gives(empty: Any) -> FunctionType:
    made: FunctionType = eval(f"lambda *args, **kwargs: {empty!r}")
    return made


def _yields_nothing(*args: Any, **kwargs: Any) -> Iterator[Any]:
    yield from ()


def _originals(function: Function) -> list[FunctionType]:
    module, name = function
    value: Any = importlib.import_module(f"SpiffWorkflow.{module}")
    for part in name.split("."):
        value = vars(value)[part]
    if isinstance(value, property):
        return [one for one in (value.fget, value.fset) if isinstance(one, FunctionType)]
    return [getattr(value, "__func__", value)]  # of a class method or static method: the function in it


# ------------------------------------------------------------------ processes


def _each(given: Mapping[Function, set[type]]) -> dict[Function, str]:
    """Which test noticed, for each function that is tried."""
    todo = sorted(given, reverse=True)
    running: dict[int, tuple[Function, int, float]] = {}  # process → (function, pipe to read from, since when)
    noticed: dict[Function, str] = {}
    while todo or running:
        while todo and len(running) < AT_ONCE:
            function = todo.pop()
            process, pipe = _start(function, given[function])
            running[process] = (function, pipe, time.monotonic())
        time.sleep(0.05)
        for process, (function, pipe, since) in list(running.items()):
            if os.waitpid(process, os.WNOHANG)[0]:
                noticed[function] = os.read(pipe, MOST_LETTERS).decode()
            elif time.monotonic() - since > LONGEST:
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)
                noticed[function] = f"no end after {LONGEST} seconds"
            else:
                continue
            os.close(pipe)
            del running[process]
    return noticed


def _start(function: Function, given: set[type]) -> tuple[int, int]:
    """Starts the tests in a process of their own; it writes the name of the first that fails into the pipe."""
    reads, writes = os.pipe()
    process = os.fork()
    if process:
        os.close(writes)
        return process, reads
    noticed_by = "the process broke"
    try:
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        os.environ.pop("LICET_SOAK", None)  # small sizes
        if function != UNCHANGED:
            do_nothing(function, given)
        noticed_by = _first_failure()
    finally:
        os.write(writes, noticed_by.encode()[:MOST_LETTERS])
        os._exit(0)


def _first_failure() -> str:
    """Runs the tests until the first failure; gives its name, or nothing if all pass."""
    first = _First()
    end = pytest.main(["-x", "-q", "--rootdir", str(ROOT), *map(str, files())], plugins=[first])
    return first.failed or ("" if end == pytest.ExitCode.OK else f"pytest ended with {end}")


def files() -> list[Path]:
    """The tests of single rules first: their names tell more than those of random models, and they fail sooner."""
    return sorted(TESTS.glob("test_*.py"), key=lambda file: ("soak" in file.read_text("utf-8"), file.name))


class _First:
    """A plugin of pytest that keeps the name of the first test, or file of tests, that fails."""

    failed = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid.removeprefix(f"{TESTS.relative_to(ROOT).as_posix()}/")


def report() -> None:
    """Prints the table as rows of Markdown: function, and the test that noticed or the word ceremony; then how many."""
    table = tried()
    for function, noticed_by in table:
        print(f"| `{'.'.join(function)}` | {f'`{noticed_by}`' if noticed_by else 'ceremony'} |")
    specs = of_specs(one.function for one in table)
    noticed = [one for one in table if one.noticed_by and one.function in specs]
    ceremony = len(specs) - len(noticed)
    print(f"\nof both folders `specs`: {len(specs)} tried, {len(noticed)} noticed, {ceremony} ceremony")
    print(f"of all: {len(table)} tried, {sum(not one.noticed_by for one in table)} ceremony")
