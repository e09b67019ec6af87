"""The tree of an expression, which the parser makes and the compiler reads. Knows no evaluation.

Nobody changes or compares nodes. So the classes leave out methods that would take 20 ms to make at import.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.language.feel.values import Value


@dataclass(eq=False, repr=False, match_args=False)
class Node:
    """A part of an expression; `at` is its 0-based position in the text."""

    at: int


@dataclass(eq=False, repr=False, match_args=False)
class Literal(Node):
    value: Value


@dataclass(eq=False, repr=False, match_args=False)
class Name(Node):
    name: str
    local: bool  # it may be a variable of a loop, function, context or filter around


@dataclass(eq=False, repr=False, match_args=False)
class Path(Node):
    base: Node
    member: str


@dataclass(eq=False, repr=False, match_args=False)
class Filter(Node):
    base: Node
    test: Node


@dataclass(eq=False, repr=False, match_args=False)
class Chain(Node):
    """`first + second - third …`, worked out from left to right. Flat, so that a long sum is no deep tree."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(eq=False, repr=False, match_args=False)
class Logic(Node):
    operator: str  # "and" or "or"
    parts: tuple[Node, ...]


@dataclass(eq=False, repr=False, match_args=False)
class Comparison(Node):
    operator: str
    left: Node
    right: Node


@dataclass(eq=False, repr=False, match_args=False)
class Between(Node):
    value: Node
    low: Node
    high: Node


@dataclass(eq=False, repr=False, match_args=False)
class Membership(Node):
    """`value in (tests)`: true if the value meets one of them."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(eq=False, repr=False, match_args=False)
class Negative(Node):
    value: Node


@dataclass(eq=False, repr=False, match_args=False)
class RangeOf(Node):
    start: Node
    start_included: bool
    end: Node
    end_included: bool


@dataclass(eq=False, repr=False, match_args=False)
class OpenRange(Node):
    operator: str
    end: Node


@dataclass(eq=False, repr=False, match_args=False)
class ListOf(Node):
    items: tuple[Node, ...]


@dataclass(eq=False, repr=False, match_args=False)
class ContextOf(Node):
    entries: tuple[tuple[str, Node], ...]


@dataclass(eq=False, repr=False, match_args=False)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node


@dataclass(eq=False, repr=False, match_args=False)
class Iteration(Node):
    """`name in source`, or `name in source..end` counted up or down."""

    name: str
    source: Node
    end: Node | None


@dataclass(eq=False, repr=False, match_args=False)
class For(Node):
    iterations: tuple[Iteration, ...]
    result: Node
    partial: bool  # the result reads `partial`, the results so far


@dataclass(eq=False, repr=False, match_args=False)
class Quantified(Node):
    every: bool
    iterations: tuple[Iteration, ...]
    test: Node


@dataclass(eq=False, repr=False, match_args=False)
class Call(Node):
    """A call of a function. `kind`: "built-in", "host", or "value", where `target` gives the function."""

    name: str
    kind: str
    target: Node | None
    arguments: tuple[tuple[str | None, Node], ...]


@dataclass(eq=False, repr=False, match_args=False)
class Lambda(Node):
    parameters: tuple[tuple[str, TypeOf | None], ...]
    body: Node | None  # None: the function is external code, which is never run


@dataclass(eq=False, repr=False, match_args=False)
class InstanceOf(Node):
    value: Node
    type: TypeOf


@dataclass(eq=False, repr=False, match_args=False)
class TypeOf(Node):
    """A type as it is written: its name, and the types in its angle brackets."""

    name: str
    parts: tuple[tuple[str, TypeOf], ...] = ()
    result: TypeOf | None = None


@dataclass(eq=False, repr=False, match_args=False)
class Test(Node):
    """One test of a cell. `complete`: it names the input itself, as `?`."""

    test: Node
    complete: bool


@dataclass(eq=False, repr=False, match_args=False)
class Tests(Node):
    """The unary tests of a cell. `negated`: they stand in `not(…)`. `any`: it is `-` or empty; any value meets it."""

    tests: tuple[Test, ...]
    negated: bool
    any: bool


def parts(node: Node) -> Iterator[Node]:
    """The nodes directly inside a node."""
    for value in vars(node).values():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Node):
                yield part
            elif isinstance(part, tuple):  # an entry, an argument: its name and its node
                yield from (inner for inner in part if isinstance(inner, Node))


def captures(node: Node) -> bool:
    """Whether a function is written inside the node. A function keeps the scope that it was written in."""
    return isinstance(node, Lambda) or any(captures(part) for part in parts(node))
