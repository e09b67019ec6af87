"""FEEL, the expression language of DMN 1.5: compiled once, cached by its text, safe to run.

    expression = feel.compile('amount > 100 and outcome = "granted"')
    expression.evaluate({"amount": 120, "outcome": "granted"})        # True

Pure: no clock, no I/O; `now()` gives the moment that the host passes in, and a date is midnight in the zone of that
moment (in UTC if none is passed in). A wrong expression raises FeelError with the
place in the text. A wrong value never raises: the result is null. An expression can't reach into a host's objects:
whatever isn't a value of `values.py` is null. Steps, sizes and depth are bounded (`limits.py`); beyond the bounds
BudgetExceeded is raised.

*Host* is whoever evaluates an expression: it passes in variables, functions and the moment.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping
from decimal import InvalidOperation
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from engine.language.feel import limits, syntax, temporal
from engine.language.feel.callables import Function, Parameter
from engine.language.feel.closures import Closure
from engine.language.feel.compiler import Compiler
from engine.language.feel.functions import TABLE
from engine.language.feel.invoke import invoke
from engine.language.feel.parser import Parser
from engine.language.feel.plain import json_text, to_json
from engine.language.feel.scope import Scope
from engine.language.feel.tokens import Vocabulary, feel_error
from engine.language.feel.types import Type
from engine.language.feel.values import Range, Value, YearsMonths, from_host

__all__ = [
    "BUILT_IN",
    "Closure",
    "Expression",
    "Function",
    "Parameter",
    "Range",
    "Scope",
    "Type",
    "UnaryTests",
    "Value",
    "Vocabulary",
    "YearsMonths",
    "compile",
    "compile_unary",
    "embedded",
    "embedded_tests",
    "from_host",
    "invoke",
    "json_text",
    "syntax",
    "to_json",
    "tree",
    "vocabulary",
]  # fmt: skip

BUILT_IN: Collection[str] = TABLE.keys()
"""The names of the built-in functions."""

Names = Callable[[str], object] | Mapping[str, object]
Functions = Mapping[str, Callable[..., object]]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class _Compiled:
    """Base of expressions and unary tests.

    `names` are the free variables, which the host gives; `calls` the functions that are called by name, built-in ones
    included.
    """

    __slots__ = ("_run", "calls", "names", "text")

    def __init__(self, text: str, run: Closure, names: frozenset[str], calls: frozenset[str]) -> None:
        self.text = text
        self.names = names
        self.calls = calls
        self._run = run

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"


class Expression(_Compiled):
    """A compiled expression. Immutable; may be used by several threads at once.

    `duration` is the ISO 8601 text of a duration, if the expression is nothing else: of `@"PT24H"`. As values `PT24H`
    and `P1D` are equal; a timer tells them apart where the clocks change.
    """

    __slots__ = ("duration",)

    def __init__(
        self, text: str, run: Closure, names: frozenset[str], calls: frozenset[str], duration: str | None = None
    ) -> None:
        super().__init__(text, run, names, calls)
        self.duration = duration

    def evaluate(
        self,
        names: Names = _NOTHING,
        functions: Functions = _NOTHING,
        *,
        now: datetime.datetime | None = None,
        warnings: list[str] | None = None,
    ) -> Value:
        """The value of the expression, one of `values.py`; None (null) if something went wrong on the way.

        `names` gives the value of a free variable by its name; None if there is none. `functions` are the host's
        functions by name. `now` is the moment that `now()` gives, with its zone. Each reason why something became null
        is added to `warnings`. Raises BudgetExceeded if a bound of `limits.py` is passed.
        """
        scope = Scope(names if callable(names) else names.get, functions, now, warnings)
        return _finish(self._run, scope)


class UnaryTests(_Compiled):
    """Compiled unary tests: a cell of a decision table, or an input's allowed values."""

    __slots__ = ()

    def matches(
        self,
        value: object,
        names: Names = _NOTHING,
        functions: Functions = _NOTHING,
        *,
        now: datetime.datetime | None = None,
        warnings: list[str] | None = None,
    ) -> bool | None:
        """Whether the value meets one of the tests; None if that can't be said. Otherwise as `Expression.evaluate`."""
        scope = Scope(names if callable(names) else names.get, functions, now, warnings)
        met = _finish(self._run, scope.within({"?": from_host(value)}))
        return met if isinstance(met, bool) else None


def _finish(run: Closure, scope: Scope) -> Value:
    try:
        value = temporal.in_zone_of(scope.root.now, lambda: run(scope))
    except RecursionError:
        limits.exceeded("it goes deeper", limits.NESTING, "levels of evaluation")
    except InvalidOperation:
        # A host's decimal that is no number: Python refuses to compare it.
        return None
    if type(value) is list or type(value) is dict:
        limits.check_value(value)
    return value


def compile(text: str, *, functions: Collection[str] = (), names: Collection[str] = ()) -> Expression:
    """The compiled expression of a text without its leading "=". Cached.

    `functions` are names of host functions that may be called besides the built-in ones. `names` are names of known
    variables. They are needed only if a name holds an operator (`a-b`), or if a variable's value is a function.
    Raises FeelError (with `text`, `position`, `line`, `column`) for a wrong expression or an unknown function.
    """
    return _expression(text, frozenset(functions), frozenset(names))


def compile_unary(
    text: str, *, functions: Collection[str] = (), names: Collection[str] = (), alone: bool = False
) -> UnaryTests:
    """The compiled unary tests of a text, such as `< 18`, `"a", "b"`, `not([1..5])` or `-`. In them `?` is the value
    that is tested. `alone`: there is none; they are a condition of a form, which form-js reads as unary tests.
    Otherwise as `compile`."""
    return _tests(text, frozenset(functions), frozenset(names), alone)


@lru_cache(maxsize=4_096)
def _expression(text: str, functions: frozenset[str], names: frozenset[str]) -> Expression:
    parser = Parser(text, vocabulary(names, functions))
    run = _compile(parser, parser.whole_expression, _NOTHING)
    return Expression(text, run, frozenset(parser.free), frozenset(parser.calls), temporal.duration_in(text))


@lru_cache(maxsize=4_096)
def _tests(text: str, functions: frozenset[str], names: frozenset[str], alone: bool) -> UnaryTests:
    parser = Parser(text, vocabulary(names, functions))
    run = _compile(parser, parser.whole_tests, _NOTHING, alone)
    return UnaryTests(text, run, frozenset(parser.free), frozenset(parser.calls))


@lru_cache(maxsize=4_096)
def tree(
    text: str, *, functions: frozenset[str] = frozenset(), names: frozenset[str] = frozenset(), tests: bool = False
) -> syntax.Part:
    """The tree of an expression, or of unary tests, for readers that ask of its parts. Otherwise as `compile`."""
    parser = Parser(text, vocabulary(names, functions))
    return parser.whole_tests() if tests else parser.whole_expression()


def embedded(text: str, vocabulary: Vocabulary, types: Mapping[str, Type], local: frozenset[str]) -> Closure:
    """The closure of an expression inside something larger, such as a decision, that binds the names `local`."""
    parser = Parser(text, vocabulary, local)
    return _compile(parser, parser.whole_expression, types)


def embedded_tests(text: str, vocabulary: Vocabulary, types: Mapping[str, Type], local: frozenset[str]) -> Closure:
    """As `embedded`, of unary tests. The scope passed to the closure must hold the tested value as `?`."""
    parser = Parser(text, vocabulary, local)
    return _compile(parser, parser.whole_tests, types)


def vocabulary(names: Collection[str] = (), functions: Collection[str] = ()) -> Vocabulary:
    """The names that the expressions of one text or model know."""
    return Vocabulary(names, functions, TABLE)


def _compile(
    parser: Parser, read: Callable[[], syntax.Part], types: Mapping[str, Type], alone: bool = False
) -> Closure:
    try:
        return Compiler(parser.text, parser.vocabulary, types, alone).compile(read())
    except RecursionError:
        message = f"Expected at most {limits.NESTING} levels of nesting. Split the expression up."
        raise feel_error(message, parser.text, parser.position) from None
