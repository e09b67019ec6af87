"""The tree of an expression, as the parser gives it to the compiler. Values only; knows no evaluation."""

from __future__ import annotations

from dataclasses import dataclass

from engine.feel.values import Value


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression; `at` is its 0-based position in the text."""

    at: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    value: Value


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str
    local: bool  # may be a variable of a loop, function, context or filter around it


@dataclass(frozen=True, slots=True)
class Path(Node):
    base: Node
    member: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    base: Node
    test: Node


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """`first op1 a op2 b …`, from left to right; flat, so that a long sum is no deep tree."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Logic(Node):
    operator: str  # "and" or "or"
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Membership(Node):
    """`value in (tests)`: true if one of them is met."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negative(Node):
    value: Node


@dataclass(frozen=True, slots=True)
class RangeOf(Node):
    start: Node
    start_included: bool
    end: Node
    end_included: bool


@dataclass(frozen=True, slots=True)
class OpenRange(Node):
    operator: str
    end: Node


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextOf(Node):
    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iteration(Node):
    """`name in source`, or `name in source..end` counted up or down."""

    name: str
    source: Node
    end: Node | None


@dataclass(frozen=True, slots=True)
class For(Node):
    iterations: tuple[Iteration, ...]
    result: Node
    partial: bool  # the results so far are asked for


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    every: bool
    iterations: tuple[Iteration, ...]
    test: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A call by name. `kind`: "built-in", "host", or "value" (a function that the name's value is)."""

    name: str
    kind: str
    target: Node | None
    arguments: tuple[tuple[str | None, Node], ...]


@dataclass(frozen=True, slots=True)
class Lambda(Node):
    parameters: tuple[tuple[str, TypeOf | None], ...]
    body: Node | None  # None: external code, which is never run


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    value: Node
    type: TypeOf


@dataclass(frozen=True, slots=True)
class TypeOf(Node):
    """A type as written: a name, and what stood in angle brackets."""

    name: str
    parts: tuple[tuple[str, TypeOf], ...] = ()
    result: TypeOf | None = None


@dataclass(frozen=True, slots=True)
class Test(Node):
    """One test of a cell. `complete`: it speaks of the input itself, as `?`."""

    test: Node
    complete: bool


@dataclass(frozen=True, slots=True)
class Tests(Node):
    """The unary tests of a cell. `negated`: `not(…)`. `any`: `-` or nothing at all, which everything meets."""

    tests: tuple[Test, ...]
    negated: bool
    any: bool
