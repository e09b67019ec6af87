"""Finds which classes of SpiffWorkflow the runtime builds on, and which of their methods it overrides.

An override is a method, property, class method or static method in the body of a class of `engine.model.runtime` for
which a class of SpiffWorkflow, later in the order of inheritance, has one of the same name, or sets an attribute of
that name in its constructor; where classes of both are joined in another class, it counts for the class that has it in
its body. Two things are counted apart and need no row: constructors that call the one they override, and methods that
every Python object has (`object`).
"""

from __future__ import annotations

import dis
import importlib
import pkgutil
import re
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import NamedTuple

import engine.model.runtime as room
from engine.model.runtime.reading import CLASSES

PAGE = Path(__file__).parents[2] / "spiffworkflow.md"
STOCK = "SpiffWorkflow."
METHOD = re.compile(r"`(\w+\.\w+)`")


class Override(NamedTuple):
    """`ours` overrides `stock`; both are "Class.method", named by the class that has it in its body."""

    ours: str
    stock: str


class Kind(NamedTuple):
    """What the runtime makes of one kind of element, or of a part that isn't one. `bases` are nearest first."""

    name: str
    made: type
    bases: list[type]
    overrides: list[Override]


def kinds() -> list[Kind]:
    """The kinds of elements, in the order of the table CLASSES, then what else builds on SpiffWorkflow.

    Left out are classes from which others of ours inherit: whatever they override, those have as well.
    """
    others = [
        made
        for made in classes()
        if made not in CLASSES.values() and bases(made) and not any(map(_is_ours, made.__subclasses__()))
    ]
    named = [*CLASSES.items(), *(("", made) for made in others)]
    return [Kind(name, made, bases(made), [*overrides(made)]) for name, made in named]


def classes() -> list[type]:
    """Every class that a module of the room defines, in the order of the modules' names and of their text."""
    modules = [importlib.import_module(f"{room.__name__}.{one.name}") for one in pkgutil.iter_modules(room.__path__)]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__
    ]


def bases(made: type) -> list[type]:
    """The classes of SpiffWorkflow from which a class of ours inherits directly or through others of ours."""
    direct = [base for ours in made.__mro__ if _is_ours(ours) for base in ours.__bases__ if _is_stock(base)]
    return [one for one in dict.fromkeys(direct) if not any(issubclass(two, one) for two in direct if two is not one)]


def overrides(made: type) -> Iterator[Override]:
    """The methods of SpiffWorkflow that something else takes the place of in this class."""
    for place, ours in enumerate(made.__mro__):
        if not _is_ours(ours):
            continue
        for name, value in vars(ours).items():
            if not _is_method(value) or _is_apart(name, value):
                continue
            stock = next((one for one in made.__mro__[place:] if _is_stock(one) and name in _names_of(one)), None)
            if stock is not None:
                yield Override(f"{ours.__name__}.{name}", f"{stock.__name__}.{name}")


def counted_apart() -> list[str]:
    """Constructors that call the one they override, and methods that every object has, as "Class.method"."""
    return [
        f"{made.__name__}.{name}"
        for made in classes()
        if bases(made)
        for name, value in vars(made).items()
        if isinstance(value, FunctionType) and _is_apart(name, value)
    ]


def rows(page: Path = PAGE) -> dict[str, list[str]]:
    """For each method that the page names in a column "overrides": the ids of its rows, from their first column."""
    told: dict[str, list[str]] = {}
    column: int | None = None
    for line in page.read_text("utf-8").splitlines() if page.exists() else ():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        if not cells:
            column = None  # the table has ended
        elif column is None:
            column = next((at for at, title in enumerate(cells) if "overrid" in title.lower()), len(cells))
        elif column < len(cells):
            for method in METHOD.findall(cells[column]):
                told.setdefault(method, []).append(cells[0].strip("`*[] "))
    return told


def without_row(told: Mapping[str, list[str]]) -> list[str]:
    """Methods that override one of SpiffWorkflow and that the page doesn't name."""
    return sorted({one.ours for kind in kinds() for one in kind.overrides} - told.keys())


def stale(told: Mapping[str, list[str]]) -> list[str]:
    """Methods that the page names and that override nothing, or that don't exist; a constructor may have a row."""
    return sorted(told.keys() - {one.ours for kind in kinds() for one in kind.overrides} - {*counted_apart()})


def report() -> None:
    """Prints the table: kind, class of ours, classes of SpiffWorkflow, overrides with the row of each."""
    told, table = rows(), kinds()
    common = {one.ours for one in table[0].overrides}.intersection(
        *({one.ours for one in kind.overrides} for kind in table if kind.name)
    )
    print(f"{'kind':24}{'class':16}{'stock base class':26}overrides (rows of docs/spiffworkflow.md)")
    _print_line("every element", "", "", [f"{one} ({_rows_of(one, told)})" for one in sorted(common)])
    for kind in table:
        own = [f"{one.ours} ({_rows_of(one.ours, told)})" for one in kind.overrides if one.ours not in common]
        more = ["those of every element"] if common & {one.ours for one in kind.overrides} else []
        bases = ", ".join(one.__name__ for one in kind.bases)
        _print_line(kind.name or "(no element)", kind.made.__name__, bases, own + more)
    print(f"\noverrides: {len({one.ours for kind in table for one in kind.overrides})}")
    print(f"counted apart, constructors that call theirs and methods of object: {len(counted_apart())}")
    print(f"overrides without a row: {len(without_row(told))}", *without_row(told), sep="\n  ")
    print(f"rows that name no override: {len(stale(told))}", *stale(told), sep="\n  ")


def _rows_of(method: str, told: Mapping[str, list[str]]) -> str:
    return ", ".join(told.get(method, ["no row"]))


def _print_line(kind: str, made: str, bases: str, cells: list[str]) -> None:
    first, *more = textwrap.wrap("; ".join(cells) or "none", 94, break_on_hyphens=False)
    print(f"{kind:24}{made:16}{bases:25} {first}", *(f"{'':66}{line}" for line in more), sep="\n")


def _is_ours(one: type) -> bool:
    return one.__module__.startswith(f"{room.__name__}.")


def _is_stock(one: type) -> bool:
    return one.__module__.startswith(STOCK)


def _is_method(value: object) -> bool:
    return isinstance(value, FunctionType | property | classmethod | staticmethod)


@cache
def _names_of(stock: type) -> set[str]:
    """The names of the methods in the body of a class, and of the attributes that its constructor sets."""
    names = {name for name, value in vars(stock).items() if _is_method(value)}
    constructor = vars(stock).get("__init__")
    if constructor is not None:
        names |= {one.argval for one in dis.get_instructions(constructor) if one.opname == "STORE_ATTR"}
    return names


def _is_apart(name: str, value: object) -> bool:
    """Whether it is a constructor that calls the one it overrides, or another method that every object has."""
    if name == "__init__":
        return isinstance(value, FunctionType) and {"super", "__init__"} <= set(value.__code__.co_names)
    return name in vars(object)
