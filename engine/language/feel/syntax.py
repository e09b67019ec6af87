"""The tree of an expression, which the parser makes and the compiler reads. Knows no evaluation.

Nobody changes or compares nodes. So the classes leave out methods that would take 20 ms to make at import.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.language.feel.values import Value


@dataclass(eq=False, repr=False, match_args=False)
class Part:
    """A part of an expression; `at` is its 0-based position in the text."""

    at: int


@dataclass(eq=False, repr=False, match_args=False)
class Literal(Part):
    value: Value


@dataclass(eq=False, repr=False, match_args=False)
class Name(Part):
    name: str
    local: bool  # it may be a variable of a loop, function, context or filter around


@dataclass(eq=False, repr=False, match_args=False)
class Path(Part):
    base: Part
    member: str


@dataclass(eq=False, repr=False, match_args=False)
class Filter(Part):
    base: Part
    test: Part


@dataclass(eq=False, repr=False, match_args=False)
class Chain(Part):
    """`first + second - third …`, worked out from left to right. Flat, so that a long sum is no deep tree."""

    first: Part
    rest: tuple[tuple[str, Part], ...]


@dataclass(eq=False, repr=False, match_args=False)
class Logic(Part):
    operator: str  # "and" or "or"
    parts: tuple[Part, ...]


@dataclass(eq=False, repr=False, match_args=False)
class Comparison(Part):
    operator: str
    left: Part
    right: Part


@dataclass(eq=False, repr=False, match_args=False)
class Between(Part):
    value: Part
    low: Part
    high: Part


@dataclass(eq=False, repr=False, match_args=False)
class Membership(Part):
    """`value in (tests)`: true if the value meets one of them."""

    value: Part
    tests: tuple[Part, ...]


@dataclass(eq=False, repr=False, match_args=False)
class Negative(Part):
    value: Part


@dataclass(eq=False, repr=False, match_args=False)
class RangeOf(Part):
    start: Part
    start_included: bool
    end: Part
    end_included: bool


@dataclass(eq=False, repr=False, match_args=False)
class OpenRange(Part):
    operator: str
    end: Part


@dataclass(eq=False, repr=False, match_args=False)
class ListOf(Part):
    items: tuple[Part, ...]


@dataclass(eq=False, repr=False, match_args=False)
class ContextOf(Part):
    entries: tuple[tuple[str, Part], ...]


@dataclass(eq=False, repr=False, match_args=False)
class If(Part):
    condition: Part
    then: Part
    otherwise: Part


@dataclass(eq=False, repr=False, match_args=False)
class Iteration(Part):
    """`name in source`, or `name in source..end` counted up or down."""

    name: str
    source: Part
    end: Part | None


@dataclass(eq=False, repr=False, match_args=False)
class For(Part):
    iterations: tuple[Iteration, ...]
    result: Part
    partial: bool  # the result reads `partial`, the results so far


@dataclass(eq=False, repr=False, match_args=False)
class Quantified(Part):
    every: bool
    iterations: tuple[Iteration, ...]
    test: Part


@dataclass(eq=False, repr=False, match_args=False)
class Call(Part):
    """A call of a function. `kind`: "built-in", "host", or "value", where `target` gives the function."""

    name: str
    kind: str
    target: Part | None
    arguments: tuple[tuple[str | None, Part], ...]


@dataclass(eq=False, repr=False, match_args=False)
class Lambda(Part):
    parameters: tuple[tuple[str, TypeOf | None], ...]
    body: Part | None  # None: the function is external code, which is never run


@dataclass(eq=False, repr=False, match_args=False)
class InstanceOf(Part):
    value: Part
    type: TypeOf


@dataclass(eq=False, repr=False, match_args=False)
class TypeOf(Part):
    """A type as it is written: its name, and the types in its angle brackets."""

    name: str
    parts: tuple[tuple[str, TypeOf], ...] = ()
    result: TypeOf | None = None


@dataclass(eq=False, repr=False, match_args=False)
class Test(Part):
    """One test of a cell. `complete`: it names the input itself, as `?`."""

    test: Part
    complete: bool


@dataclass(eq=False, repr=False, match_args=False)
class Tests(Part):
    """The unary tests of a cell. `negated`: they stand in `not(…)`. `any`: it is `-` or empty; any value meets it."""

    tests: tuple[Test, ...]
    negated: bool
    any: bool


def parts(node: Part) -> Iterator[Part]:
    """The nodes directly inside a node."""
    for value in vars(node).values():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Part):
                yield part
            elif isinstance(part, tuple):  # an entry, an argument: its name and its node
                yield from (inner for inner in part if isinstance(inner, Part))


def captures(node: Part) -> bool:
    """Whether a function is written inside the node. A function keeps the scope that it was written in."""
    return isinstance(node, Lambda) or any(captures(part) for part in parts(node))
