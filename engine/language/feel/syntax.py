"""The tree of an expression, as the parser gives it to the compiler. Values only; knows no evaluation.

Nodes live from parsing to compiling, and nobody changes or compares them: the classes leave out what
takes 20 ms to make when this is imported.
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
    local: bool  # may be a variable of a loop, function, context or filter around it


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
    """`first op1 a op2 b …`, from left to right; flat, so that a long sum is no deep tree."""

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
    """`value in (tests)`: true if one of them is met."""

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
    partial: bool  # the results so far are asked for


@dataclass(eq=False, repr=False, match_args=False)
class Quantified(Node):
    every: bool
    iterations: tuple[Iteration, ...]
    test: Node


@dataclass(eq=False, repr=False, match_args=False)
class Call(Node):
    """A call by name. `kind`: "built-in", "host", or "value" (a function that the name's value is)."""

    name: str
    kind: str
    target: Node | None
    arguments: tuple[tuple[str | None, Node], ...]


@dataclass(eq=False, repr=False, match_args=False)
class Lambda(Node):
    parameters: tuple[tuple[str, TypeOf | None], ...]
    body: Node | None  # None: external code, which is never run


@dataclass(eq=False, repr=False, match_args=False)
class InstanceOf(Node):
    value: Node
    type: TypeOf


@dataclass(eq=False, repr=False, match_args=False)
class TypeOf(Node):
    """A type as written: a name, and what stood in angle brackets."""

    name: str
    parts: tuple[tuple[str, TypeOf], ...] = ()
    result: TypeOf | None = None


@dataclass(eq=False, repr=False, match_args=False)
class Test(Node):
    """One test of a cell. `complete`: it speaks of the input itself, as `?`."""

    test: Node
    complete: bool


@dataclass(eq=False, repr=False, match_args=False)
class Tests(Node):
    """The unary tests of a cell. `negated`: `not(…)`. `any`: `-` or nothing at all, which everything meets."""

    tests: tuple[Test, ...]
    negated: bool
    any: bool


def parts(node: Node) -> Iterator[Node]:
    """The nodes right within a node."""
    for value in vars(node).values():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Node):
                yield part
            elif isinstance(part, tuple):  # an entry, an argument: its name and its node
                yield from (inner for inner in part if isinstance(inner, Node))


def captures(node: Node) -> bool:
    """Whether a function may be written in the node: it keeps the names that it was written among."""
    return isinstance(node, Lambda) or any(captures(part) for part in parts(node))
