"""The figures of the house: how long, how many, how tangled. Runs on any checkout, with nothing but Python.

    python docs/house/figures.py [ROOT [ROOT]] [--json] [--names]

ROOT is a checkout (default: this one); two make a table "before, after". `--names` lists what each figure counts.

Counted are the Python files of engine/, adapters/ and webui/; not tests, nor scripts that npm brings.

names in engine/       entries of the folder engine/, `__pycache__` excepted
files over 500         files with more than 500 lines
functions over 40      functions and methods with more than 40 lines, from `def` to the last line, docstring included,
                       decorators not; a function inside another counts for both. Migrations of the database are left
                       out: lists of statements, written once
median function        median of those lengths
classes over 15        classes with more than 15 methods of different names in their own body, properties included
modules over 20        modules that import more than 20 others, the standard library's included: `from a import b` is
                       a.b where that is a module, else a; several names from one module are one
docstrings             of modules, classes, functions, and texts that stand below a constant or a field
docstrings "What"      those that begin with the word What
lines with "found"     lines that hold the word: in names, comments and texts; "as a name" are those of them in which
                       a variable, parameter or keyword is called so
circles                groups of modules that import each other in a ring, at whatever place an import stands: also
                       under TYPE_CHECKING and inside functions
against the contract   imports (wherever they stand) that a contract of setup.cfg doesn't allow: its layers, and its
                       protected modules; plus each import that a contract is told to ignore
"""

from __future__ import annotations

import argparse
import ast
import json
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from configparser import ConfigParser, SectionProxy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import TypeVar

ROOMS = ("engine", "adapters", "webui")
LONG_FILE = 500  # lines
LONG_FUNCTION = 40  # lines
MANY_METHODS = 15
MANY_IMPORTS = 20

Name = TypeVar("Name", bound=Hashable)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, order=True)
class Import:
    """A module imports another one, in that line of its file."""

    importer: str
    imported: str
    line: int


@dataclass(frozen=True)
class Module:
    """A Python file of the checkout. `name` is how it is imported, `path` is relative to the root."""

    name: str
    path: str
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @property
    def docstring(self) -> str:
        return ast.get_docstring(self.tree, clean=False) or ""

    @property
    def lines(self) -> int:
        return len(self.source.splitlines())

    @property
    def functions(self) -> list[Function]:
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    @property
    def package(self) -> str:
        return self.name if self.path.endswith("/__init__.py") else self.name.rpartition(".")[0]

    def imported(self) -> Iterator[tuple[str, str | None, int]]:
        """(module, name taken from it or None, line) of every import, wherever it stands."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, None, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
                parents = self.package.split(".")[: -(node.level - 1) or None] if node.level else []
                module = ".".join([*parents, *([node.module] if node.module else [])])
                yield from ((module, alias.name, node.lineno) for alias in node.names)


class House:
    """A checkout, read once. Raises FileNotFoundError where it has no engine/."""

    def __init__(self, root: Path) -> None:
        self.root = root
        if not (root / "engine").is_dir():
            raise FileNotFoundError(f"Expected a checkout with engine/ in {root}.")
        files = sorted(
            path for room in ROOMS for path in (root / room).rglob("*.py") if "node_modules" not in path.parts
        )
        read = (
            Module(_name(path.relative_to(root)), path.relative_to(root).as_posix(), path.read_text("utf-8"))
            for path in files
        )
        self.modules: Mapping[str, Module] = {module.name: module for module in read}

    @cached_property
    def imports(self) -> list[Import]:
        """Every import of every module, also of libraries, sorted."""
        found = set()
        for module in self.modules.values():
            for package, name, line in module.imported():
                inner = f"{package}.{name}"
                found.add(Import(module.name, inner if inner in self.modules else package, line))
        return sorted(found)

    @cached_property
    def graph(self) -> dict[str, set[str]]:
        """For each module those of the house that it imports, itself excepted."""
        graph: dict[str, set[str]] = {name: set() for name in self.modules}
        for one in self.imports:
            if one.imported in self.modules and one.imported != one.importer:
                graph[one.importer].add(one.imported)
        return graph

    def circles(self) -> list[list[str]]:
        """Groups of modules that import each other in a ring, each sorted."""
        ways = {name: reached(self.graph, name) for name in self.graph}
        rings = {frozenset(other for other in ways[name] if name in ways[other]) for name in self.graph}
        return sorted(sorted(ring) for ring in rings if len(ring) > 1)

    def against_the_contract(self) -> list[str]:
        """Imports that setup.cfg doesn't allow, and those that it is told to ignore."""
        ignored = [line for one in self.contracts for line in one.get("ignore_imports", "").splitlines() if line]
        imports = [*self.against_the_layers(), *self._against_protection()]
        return [
            *(f"ignored: {line}" for line in ignored),
            *(f"{one.importer}:{one.line} imports {one.imported}" for one in imports),
        ]

    @cached_property
    def contracts(self) -> list[SectionProxy]:
        """The import contracts of setup.cfg."""
        config = ConfigParser()
        config.read(self.root / "setup.cfg", "utf-8")
        return [config[name] for name in config.sections() if name.startswith("importlinter:")]

    def _against_protection(self) -> Iterator[Import]:
        """Imports of a protected module by one that isn't among its allowed importers."""
        for contract in self.contracts:
            if contract["type"] == "protected":
                protected = contract["protected_modules"].split()
                allowed = [*protected, *contract["allowed_importers"].split()]
                for one in self.imports:
                    if _within(one.imported, protected) and not _within(one.importer, allowed):
                        yield one

    def against_the_layers(self) -> Iterator[Import]:
        """Imports that go up where a contract of layers stands, or across between independent layers."""
        for contract in self.contracts:
            if contract["type"] == "layers":
                for container in contract.get("containers", "").split() or [""]:
                    yield from self._against_layers(container, contract["layers"].splitlines())

    def _against_layers(self, container: str, layers: Sequence[str]) -> Iterator[Import]:
        """Imports of a higher layer by a lower one, or between independent ones (`a | b`) in one line."""
        place: dict[str, tuple[int, str, bool]] = {}
        for height, line in enumerate(reversed([line for line in layers if line.strip()])):
            for name in line.replace("|", " ").replace(":", " ").replace("(", " ").replace(")", " ").split():
                place[f"{container}.{name}" if container else name] = (height, name, "|" in line)
        for one in self.imports:
            below, above = (_layer(place, name) for name in (one.importer, one.imported))
            if below is None or above is None or below == above:
                continue
            if below[0] < above[0] or (below[0] == above[0] and below[2]):
                yield one

    # ------------------------------------------------------------------ figures

    @cached_property
    def counted(self) -> dict[str, list[str]]:
        """What each figure counts, by the name of the figure."""
        modules = self.modules.values()
        functions = [(module, node) for module in modules for node in self._functions(module)]
        methods = [
            (module, node, _methods(node))
            for module in modules
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ClassDef)
        ]
        texts = [(module, text) for module in modules for text in _docstrings(module.tree)]
        entries = sorted(path.name for path in (self.root / "engine").iterdir() if path.name != "__pycache__")
        imported: dict[str, set[str]] = {}
        for one in self.imports:
            imported.setdefault(one.importer, set()).add(one.imported)
        return {
            "names in engine/": entries,
            f"files over {LONG_FILE}": [f"{m.path} {m.lines}" for m in modules if m.lines > LONG_FILE],
            f"functions over {LONG_FUNCTION}": [
                f"{m.path}:{node.lineno} {node.name} {_length(node)}"
                for m, node in functions
                if _length(node) > LONG_FUNCTION
            ],
            f"classes over {MANY_METHODS} methods": [
                f"{m.path}:{node.lineno} {node.name} {many}" for m, node, many in methods if many > MANY_METHODS
            ],
            f"modules over {MANY_IMPORTS} imports": [
                f"{self.modules[name].path} {len(others)}"
                for name, others in imported.items()
                if len(others) > MANY_IMPORTS
            ],
            "docstrings": [f"{m.path}: {_first_line(text)}" for m, text in texts],
            'docstrings "What"': [f"{m.path}: {_first_line(text)}" for m, text in texts if text.startswith("What ")],
            'lines with "found"': [f"{m.path}:{line}" for m in modules for line in _lines_with(m.source, "found")],
            "... as a name": [f"{m.path}:{line}" for m in modules for line in _lines_naming(m.tree, "found")],
            "circles": [" ".join(circle) for circle in self.circles()],
            "against the contract": self.against_the_contract(),
        }

    def figures(self) -> dict[str, float]:
        figures: dict[str, float] = {name: len(counted) for name, counted in self.counted.items()}
        lengths = [_length(node) for module in self.modules.values() for node in self._functions(module)]
        figures["median function"] = median(lengths or [0])
        figures["functions"] = len(lengths)
        figures["files"] = len(self.modules)
        figures["lines"] = sum(module.lines for module in self.modules.values())
        return figures

    def _functions(self, module: Module) -> list[Function]:
        return [] if "/migrations/" in module.path else module.functions


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def reached(graph: Mapping[Name, Iterable[Name]], start: Name) -> set[Name]:
    """All that the arrows of a graph lead to from `start`; `start` itself only if it stands in a circle."""
    known: set[Name] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in known:
            known.add(name)
            waiting += graph[name]
    return known


def _within(module: str, packages: Iterable[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def _layer(place: Mapping[str, tuple[int, str, bool]], module: str) -> tuple[int, str, bool] | None:
    return next((layer for package, layer in place.items() if _within(module, [package])), None)


def _length(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _methods(node: ast.ClassDef) -> int:
    return len({child.name for child in node.body if isinstance(child, Function)})


def _docstrings(tree: ast.Module) -> Iterator[str]:
    """Docstrings, and bare texts that stand below an assignment."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, Function)):
            for before, child in zip([None, *node.body], node.body, strict=False):
                match child:
                    case ast.Expr(value=ast.Constant(value=str(text))):
                        if isinstance(before, ast.Assign | ast.AnnAssign | None):
                            yield text


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _lines_with(source: str, word: str) -> list[int]:
    return [at for at, line in enumerate(source.splitlines(), 1) if re.search(rf"\b{word}\b", line)]


def _lines_naming(tree: ast.Module, name: str) -> list[int]:
    """Lines in which a variable, parameter or keyword has this name."""
    lines = {node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name}
    lines |= {node.lineno for node in ast.walk(tree) if isinstance(node, ast.arg | ast.keyword) and node.arg == name}
    return sorted(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("roots", metavar="ROOT", nargs="*", type=Path, default=[Path(__file__).parents[2]])
    parser.add_argument("--json", action="store_true", help="one JSON object a checkout, in a list")
    parser.add_argument("--names", action="store_true", help="list what each figure counts")
    asked = parser.parse_args()
    houses = [House(root.resolve()) for root in asked.roots]
    figures = [house.figures() for house in houses]
    if asked.json:
        print(json.dumps([{"root": str(house.root), **found} for house, found in zip(houses, figures, strict=True)]))
        return
    for name in figures[0]:
        print(f"{name:28}" + "".join(f"{found[name]:>10g}" for found in figures))
        if asked.names and name != "docstrings":
            for house in houses:
                print("".join(f"    {line}\n" for line in house.counted.get(name, [])), end="")


if __name__ == "__main__":
    main()
