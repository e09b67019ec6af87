"""The rules of the house itself: who may import whom, what no file may contain."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from docs.house.figures import House

ROOT = Path(__file__).parents[2]
ROOMS = ("engine", "adapters", "webui")
LONGEST_FILE = 500  # lines
LONGEST_FUNCTION = 40  # lines

BOUNDS = {
    "names in engine/": 9,  # seven storeys, `__init__.py`, `py.typed`
    "files over 500": 0,
    "functions over 40": 0,
    "classes over 15 methods": 22,
    "modules over 20 imports": 6,
    "median function": 6,  # lines
    'docstrings "What"': 0,
    "circles": 0,
    "against the contract": 0,
}
"""The most that each figure of docs/house/figures.py may be. They only ever go down."""

READS_THE_CLOCK = {"adapters/clock.py"}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "now", "utcnow"}


def modules(*rooms: str) -> list[Path]:
    files = (path for room in rooms for path in (ROOT / room).rglob("*.py"))
    return sorted(path for path in files if "node_modules" not in path.parts)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse(path.read_text("utf-8"))
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_rooms_import_only_what_the_drawing_allows() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(lint), "--no-cache"], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def imported(path: Path, known: Collection[str]) -> Iterator[str]:
    """The modules of the house that a file imports, those under TYPE_CHECKING and inside functions included."""
    module = dotted(path)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            around = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*around, *([node.module] if node.module else [])])
            names = (f"{source}.{alias.name}" for alias in node.names)
            yield from {name if name in known else source for name in names} & set(known)


def dotted(path: Path) -> str:
    return named(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def test_no_modules_import_each_other_in_a_circle() -> None:
    paths = {dotted(path): path for path in modules(*ROOMS)}
    left = {module: set(imported(path, paths.keys())) - {module} for module, path in paths.items()}

    while free := [module for module, needed in left.items() if not needed & left.keys()]:
        for module in free:
            del left[module]

    # The remaining modules are part of a circle, or import one.
    assert {module: sorted(needed & left.keys()) for module, needed in left.items()} == {}


def test_only_the_calendars_know_chinesecalendar() -> None:
    # It is imported by name, to avoid the slow start of its package: the import contracts can't see that.
    knowing = [named(path) for path in modules(*ROOMS) if "chinese_calendar" in path.read_text("utf-8")]

    assert all(name.startswith("engine/law/workdays/") for name in knowing)


@pytest.mark.parametrize("path", modules(*ROOMS), ids=named)
def test_every_module_says_what_lives_in_it(path: Path) -> None:
    source = path.read_text("utf-8")

    assert not source.strip() or ast.get_docstring(ast.parse(source))


def test_no_file_and_no_function_is_too_long() -> None:
    long = [named(path) for path in modules(*ROOMS) if len(path.read_text("utf-8").splitlines()) > LONGEST_FILE]
    for path in modules(*ROOMS):
        if "migrations" in path.parts:
            continue  # a migration is a list of statements, written once
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long.append(f"{named(path)}:{node.name}")

    assert long == []


@pytest.fixture(scope="module")
def house() -> House:
    return House(ROOT)


def test_the_figures_of_the_house_only_go_down(house: House) -> None:
    figures, counted = house.figures(), house.counted
    grown = {name: counted.get(name) for name, most in BOUNDS.items() if figures[name] > most}

    assert grown == {}


def test_nothing_runs_text_as_code() -> None:
    found = [
        f"{named(path)}:{call.lineno}"
        for path in modules(*ROOMS)
        for call in calls(path)
        if isinstance(call.func, ast.Name) and call.func.id in {"eval", "exec", "compile", "__import__"}
    ]

    assert found == []


def reads_the_clock(path: Path) -> bool:
    knows_time = re.search(r"^import time$", path.read_text("utf-8"), re.MULTILINE)
    readers = CLOCKS | ({"time.time", "time.time_ns"} if knows_time else set())
    return any(ast.unparse(call.func).removeprefix("datetime.") in readers for call in calls(path))


def test_only_the_outermost_edge_reads_the_clock() -> None:
    found = {named(path) for path in modules("engine", "adapters") if reads_the_clock(path)}

    assert found <= READS_THE_CLOCK


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    absolute = re.compile(rb"(?<![\w.$}>:)-])/(?:home|root|Users|work|tmp|private)/[\w.-]")
    found = [named(path) for path in tracked() if absolute.search(path.read_bytes())]

    assert [name for name in found if name != "tests/unit/test_house.py"] == []


def test_the_lock_file_names_no_registry() -> None:
    lock = (ROOT / "webui" / "assets" / "package-lock.json").read_text("utf-8")

    assert '"resolved"' not in lock


def test_nothing_is_left_to_do() -> None:
    words = re.compile(r"\b(?:TODO|FIXME|XXX)\b|raise NotImplementedError")
    found = [named(path) for path in modules(*ROOMS, "tests") if words.search(path.read_text("utf-8"))]

    assert [name for name in found if name != "tests/unit/test_house.py"] == []
