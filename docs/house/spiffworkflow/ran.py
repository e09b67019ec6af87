"""Notes which functions of SpiffWorkflow run while scenarios are played.

A function counts once, with its comprehensions and the functions inside it, under the class that defines it. Left out
are constructors, and the bodies of modules and classes.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import SpiffWorkflow

from engine.model.runtime import Program
from engine.reading import scenarios
from webui.cli import compose
from webui.cli.demonstration import main_scenario

ROOT = Path(__file__).parents[3]
PACKAGE = f"{Path(SpiffWorkflow.__file__).parent}/"
SPECS = ("bpmn.specs", "specs")
"""The folders of SpiffWorkflow that hold what the elements of a model do."""

BODY_OF_A_FUNCTION = 0x1  # CO_OPTIMIZED of `inspect`: not set in the body of a module or class

RUNS = re.compile(r"^\| .+ \| runs \| \[\w+\]\(\.\./(\S+)\.bpmn\) \|$", re.MULTILINE)

Function = tuple[str, str]
"""(module below SpiffWorkflow, qualified name): ("specs.base", "TaskSpec._update")."""


class Watch:
    """The functions of SpiffWorkflow that ran, by phase: `read` while a `Program` was made of a model, else `played`.

    `given` holds the types of the values that each function gave.
    """

    def __init__(self) -> None:
        self.phases: dict[str, set[Function]] = {"read": set(), "played": set()}
        self.given: dict[Function, set[type]] = {}
        self._known: dict[CodeType, Function | None] = {}
        self._reading: set[FrameType] = set()

    @property
    def ran(self) -> set[Function]:
        return self.phases["read"] | self.phases["played"]

    def __call__(self, frame: FrameType, event: str, value: Any) -> None:
        code = frame.f_code
        if code is Program.__init__.__code__:
            (self._reading.add if event == "call" else self._reading.discard)(frame)
        if code not in self._known:
            self._known[code] = function_of(code)
        function = self._known[code]
        if function is None:
            return
        if event == "call":
            self.phases["read" if self._reading else "played"].add(function)
        elif event == "return" and code.co_qualname == function[1]:
            self.given.setdefault(function, set()).add(type(value))

    @contextmanager
    def watching(self) -> Iterator[None]:
        threading.setprofile(self)
        sys.setprofile(self)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)


def function_of(code: CodeType) -> Function | None:
    """The function of SpiffWorkflow that this code belongs to; None for other code, and for what isn't counted."""
    if not code.co_filename.startswith(PACKAGE) or not code.co_flags & BODY_OF_A_FUNCTION:
        return None
    name = code.co_qualname.partition(".<locals>")[0]
    if name.endswith("__init__") or "<" in name:
        return None
    module = code.co_filename.removeprefix(PACKAGE).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return module, name


def of_specs(functions: Iterable[Function]) -> set[Function]:
    """Those of the functions that stand in the two folders of elements."""
    return {(module, name) for module, name in functions if module.startswith(tuple(f"{one}." for one in SPECS))}


def construct_scenarios() -> list[Path]:
    """The scenarios of the constructs that run, by the table in docs/constructs.md."""
    table = (ROOT / "docs" / "constructs.md").read_text("utf-8")
    models = [ROOT / name for name in RUNS.findall(table)]
    return [file for model in models for file in sorted(model.parent.glob(f"{model.name}.*.json"))]


def played(files: Iterable[Path]) -> Watch:
    """Plays scenarios, each on a stage of its own, and tells what ran. Raises AssertionError if one fails."""
    watch = Watch()
    with scenarios.empty_database() as template:
        for file in files:
            with watch.watching():
                row = scenarios.run(file, compose.stand_ins, template)
            assert row.passed, row
    return watch


def main_played() -> Watch:
    """What runs while the main scenario of business start-up is played."""
    return played([main_scenario("business_startup")])


def constructs_played() -> Watch:
    """What runs while the scenarios of all constructs are played."""
    return played(construct_scenarios())


def report() -> None:
    """Prints how many functions ran, then which, each with the scenarios and the phase in which it ran."""
    columns = {"main": main_played(), "constructs": constructs_played()}
    print(f"{'functions of both folders `specs` that ran':46}" + "".join(f"{name:>12}" for name in columns))
    for told, phases in (("read or played", ("read", "played")), ("played", ("played",)), ("read", ("read",))):
        many = (len(of_specs(set().union(*(watch.phases[phase] for phase in phases)))) for watch in columns.values())
        print(f"{f'while the model was {told}':46}" + "".join(f"{number:>12}" for number in many))
    print()
    for function in sorted(set().union(*(watch.ran for watch in columns.values()))):
        marks = (
            "+".join(phase for phase, functions in watch.phases.items() if function in functions) or "-"
            for watch in columns.values()
        )
        print(f"{'.'.join(function):86}" + "".join(f"{mark:>14}" for mark in marks))
