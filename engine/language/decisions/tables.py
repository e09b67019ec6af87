"""Decision tables: which rules match, and the result that the hit policy makes of them. Knows no XML.

Source: DMN 1.5 § 8.2.8-8.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal

from engine.language.decisions.itemtypes import dated
from engine.language.feel import Closure, Scope, Type, Value, operators
from engine.language.feel.conformance import coerce, kind_of
from engine.language.feel.functions.registry import call

HIT_POLICIES: Mapping[str, str] = {
    "U": "UNIQUE", "A": "ANY", "P": "PRIORITY", "F": "FIRST", "C": "COLLECT", "R": "RULE ORDER", "O": "OUTPUT ORDER",
}  # fmt: skip
LISTS = ("COLLECT", "RULE ORDER", "OUTPUT ORDER")
"""Hit policies that give a list, which may be empty."""


Place = tuple[str, int]
"""The id of the decision, or of what else holds a table, and the number of a rule in it, from 1."""

_watched: ContextVar[set[Place] | None] = ContextVar("watched", default=None)


@contextmanager
def watched() -> Iterator[set[Place]]:
    """Collect the places of the rules that match within the block, in whichever decision. Blocks may be nested."""
    matched: set[Place] = set()
    around = _watched.get()
    token = _watched.set(matched)
    try:
        yield matched
    finally:
        _watched.reset(token)
        if around is not None:
            around |= matched


@dataclass(frozen=True, slots=True)
class Input:
    """A column of conditions. `allowed`: the tests that the input value itself has to meet."""

    label: str
    expression: Closure
    type: Type | None
    allowed: Closure | None


@dataclass(frozen=True, slots=True)
class Output:
    """A column of results. `priorities`: its values, the most important first."""

    name: str
    type: Type | None
    priorities: Sequence[Value]
    default: Closure | None


@dataclass(frozen=True, slots=True)
class TableRule:
    """A row: a test for each input, an expression for each output. `place`: see `Place`."""

    tests: tuple[Closure, ...]
    outputs: tuple[Closure, ...]
    place: Place = ("", 0)


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table. `policy` is the full name; `aggregator` one of SUM, MIN, MAX, COUNT, or empty."""

    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[TableRule, ...]
    policy: str
    aggregator: str

    def decide(self, scope: Scope) -> Value:
        """Return the table's result in the scope; null, with a warning, where it has none."""
        given = self._inputs(scope)
        if given is None:
            return None
        matching = [rule for rule in self.rules if _matches(rule, given, scope)]
        if (matched := _watched.get()) is not None:
            matched.update(rule.place for rule in matching)
        if not matching:
            return self._nothing(scope)
        return _POLICIES[self.policy](self, [self._result(rule, scope) for rule in matching], scope)

    def _inputs(self, scope: Scope) -> list[Value] | None:
        given: list[Value] = []
        for column in self.inputs:
            found = dated(column.expression(scope), column.type)
            value, fits = coerce(found, column.type)
            if not fits and column.type is not None:
                kinds = f"is a {kind_of(found)}, and its column is of type {column.type.kind}"
                scope.warn(f'The input "{column.label}" of the table {kinds}; null.')
                return None
            if column.allowed is not None and column.allowed(scope.within({"?": value})) is not True:
                scope.warn(f'The input "{column.label}" of the table isn\'t one of its allowed values; null.')
                return None
            given.append(value)
        return given

    def _result(self, rule: TableRule, scope: Scope) -> tuple[Value, ...]:
        return tuple(
            _typed(entry(scope), output, scope) for entry, output in zip(rule.outputs, self.outputs, strict=True)
        )

    def _nothing(self, scope: Scope) -> Value:
        if any(output.default for output in self.outputs):
            values = tuple(output.default(scope) if output.default else None for output in self.outputs)
            return self.shaped(values)
        if self.aggregator == "COUNT":
            return Decimal(0)
        if self.policy in LISTS and not self.aggregator:
            return []
        scope.warn("No rule of the table matches; null.")
        return None

    def shaped(self, values: tuple[Value, ...]) -> Value:
        """Return the values of a row: a single value as it is, several as a context."""
        if len(self.outputs) == 1:
            return values[0]
        return {output.name: value for output, value in zip(self.outputs, values, strict=True)}

    def rank(self, values: tuple[Value, ...]) -> tuple[int, ...]:
        """Return the row's position in the order of the outputs' values; a value that isn't listed comes last."""
        return tuple(
            next(
                (i for i, known in enumerate(output.priorities) if operators.equal(known, value)),
                len(output.priorities),
            )
            for output, value in zip(self.outputs, values, strict=True)
        )


_Results = list[tuple[Value, ...]]


def _typed(value: Value, output: Output, scope: Scope) -> Value:
    result, fits = coerce(value, output.type)
    if not fits and output.type is not None:
        kinds = f"is a {kind_of(value)}, and its column is of type {output.type.kind}"
        scope.warn(f'A result "{output.name}" of the table {kinds}; null.')
    return result


def _matches(rule: TableRule, given: list[Value], scope: Scope) -> bool:
    scope.spend(len(given))
    return all(test(scope.within({"?": value})) is True for test, value in zip(rule.tests, given, strict=True))


def _unique(table: Table, results: _Results, scope: Scope) -> Value:
    if len(results) > 1:
        scope.warn(f"Expected one matching rule (hit policy unique), found {len(results)}; null.")
        return None
    return table.shaped(results[0])


def _any(table: Table, results: _Results, scope: Scope) -> Value:
    if any(operators.equal(list(row), list(results[0])) is not True for row in results):
        scope.warn("Expected matching rules to agree (hit policy any), found different results; null.")
        return None
    return table.shaped(results[0])


def _collect(table: Table, results: _Results, scope: Scope) -> Value:
    if not table.aggregator:
        return [table.shaped(row) for row in results]
    if table.aggregator == "COUNT":
        return Decimal(len(results))
    columns = zip(table.outputs, zip(*results, strict=True), strict=True)
    return table.shaped(tuple(_aggregate(table.aggregator, output, column, scope) for output, column in columns))


def _aggregate(aggregator: str, output: Output, values: tuple[Value, ...], scope: Scope) -> Value:
    """The sum, least or greatest of the results, as FEEL's function gives it.

    Null, with a warning, if one of them is null or of another kind.
    """
    kinds = {kind_of(value) for value in values}
    result = None if len(kinds) > 1 or None in values else call(aggregator.lower(), [list(values)], None, scope)
    if result is None:
        found = " and ".join(sorted(kinds))
        scope.warn(f'The results "{output.name}" of the table have no {aggregator}: their kinds are {found}; null.')
    return result


_POLICIES: Mapping[str, Callable[[Table, _Results, Scope], Value]] = {
    "UNIQUE": _unique,
    "ANY": _any,
    "PRIORITY": lambda table, results, scope: table.shaped(min(results, key=table.rank)),
    "FIRST": lambda table, results, scope: table.shaped(results[0]),
    "COLLECT": _collect,
    "RULE ORDER": lambda table, results, scope: [table.shaped(row) for row in results],
    "OUTPUT ORDER": lambda table, results, scope: [table.shaped(row) for row in sorted(results, key=table.rank)],
}  # fmt: skip
