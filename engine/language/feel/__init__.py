"""FEEL, the expression language of DMN 1.5: compiled once, cached by its text, safe to run.

    expression = feel.compile('amount > 100 and outcome = "granted"')
    expression.evaluate({"amount": 120, "outcome": "granted"})        # True

Pure: no clock, no I/O; `now()` is the moment that the host gives. A wrong expression is a FeelError
with its place; a wrong value is never an error, it is null. Nothing of a host object can be reached:
what isn't a value of `values.py` is null. What an expression may use up is bounded (`limits.py`):
BudgetExceeded.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping
from decimal import InvalidOperation
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from engine.language.feel import limits, syntax
from engine.language.feel.callables import Function, Parameter
from engine.language.feel.compiler import Closure, Compiler
from engine.language.feel.functions import TABLE
from engine.language.feel.invoke import invoke
from engine.language.feel.parser import Parser
from engine.language.feel.plain import from_json, json_text, to_json
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
    "from_json",
    "invoke",
    "json_text",
    "to_json",
    "vocabulary",
]  # fmt: skip

BUILT_IN: Collection[str] = TABLE.keys()
"""The names of the built-in functions."""

Names = Callable[[str], object] | Mapping[str, object]
Functions = Mapping[str, Callable[..., object]]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class _Compiled:
    """What expressions and unary tests have in common.

    `names`: the free variables; `calls`: the functions called by name, built-in ones included.
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
    """A compiled expression. Immutable; may be used by several threads at once."""

    __slots__ = ()

    def evaluate(
        self,
        names: Names = _NOTHING,
        functions: Functions = _NOTHING,
        *,
        now: datetime.datetime | None = None,
        warnings: list[str] | None = None,
    ) -> Value:
        """The value, one of `values.py`; null (None) for whatever went wrong on the way.

        `names` gives a free variable by name, None where there is none. `functions` are the host's.
        `now` is what `now()` gives, with its zone. To `warnings` is added why something became null.
        Raises BudgetExceeded when a bound of `limits.py` is met.
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
        """Whether the value meets one of the tests; null where that can't be said."""
        scope = Scope(names if callable(names) else names.get, functions, now, warnings)
        met = _finish(self._run, scope.within({"?": from_host(value)}))
        return met if isinstance(met, bool) else None


def _finish(run: Closure, scope: Scope) -> Value:
    try:
        value = run(scope)
    except RecursionError:
        limits.exceeded("it goes deeper", limits.NESTING, "levels of evaluation")
    except InvalidOperation:
        # A host's decimal that is no number: Python refuses to compare it.
        return None
    if type(value) is list or type(value) is dict:
        limits.check_value(value)
    return value


def compile(text: str, *, functions: Collection[str] = (), names: Collection[str] = ()) -> Expression:
    """The expression, without a leading "=".

    `functions`: names of host functions that may be called besides the built-in ones. `names`: the
    variables that are known; needed where names hold operators, or functions are values of variables.
    Raises FeelError (with `text`, `position`, `line`, `column`) for a wrong expression, an unknown
    function included. Cached.
    """
    return _expression(text, frozenset(functions), frozenset(names))


def compile_unary(text: str, *, functions: Collection[str] = (), names: Collection[str] = ()) -> UnaryTests:
    """Unary tests, such as `< 18`, `"a", "b"`, `not([1..5])`, `-`; the input is `?`. Otherwise as `compile`."""
    return _tests(text, frozenset(functions), frozenset(names))


@lru_cache(maxsize=4_096)
def _expression(text: str, functions: frozenset[str], names: frozenset[str]) -> Expression:
    parser = Parser(text, vocabulary(names, functions))
    run = _compile(parser, parser.whole_expression, _NOTHING)
    return Expression(text, run, frozenset(parser.free), frozenset(parser.calls))


@lru_cache(maxsize=4_096)
def _tests(text: str, functions: frozenset[str], names: frozenset[str]) -> UnaryTests:
    parser = Parser(text, vocabulary(names, functions))
    run = _compile(parser, parser.whole_tests, _NOTHING)
    return UnaryTests(text, run, frozenset(parser.free), frozenset(parser.calls))


def embedded(text: str, vocabulary: Vocabulary, types: Mapping[str, Type], local: frozenset[str]) -> Closure:
    """The closure of an expression that stands within something larger, which has bound the `local` names."""
    parser = Parser(text, vocabulary, local)
    return _compile(parser, parser.whole_expression, types)


def embedded_tests(text: str, vocabulary: Vocabulary, types: Mapping[str, Type], local: frozenset[str]) -> Closure:
    """As `embedded`, of unary tests; the scope it is given has the input as `?`."""
    parser = Parser(text, vocabulary, local)
    return _compile(parser, parser.whole_tests, types)


def vocabulary(names: Collection[str] = (), functions: Collection[str] = ()) -> Vocabulary:
    """The names that expressions of one place share."""
    return Vocabulary(names, functions, TABLE)


def _compile(parser: Parser, read: Callable[[], syntax.Node], types: Mapping[str, Type]) -> Closure:
    try:
        return Compiler(parser.text, parser.vocabulary, types).compile(read())
    except RecursionError:
        message = f"Expected at most {limits.NESTING} levels of nesting. Split the expression up."
        raise feel_error(message, parser.text, parser.position) from None
