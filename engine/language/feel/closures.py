"""The closures that the compiler puts together: one evaluation of one kind of part each.

A closure takes the scope of an evaluation and gives a value; it gives None for a wrong value, and raises only
BudgetExceeded.
"""

from __future__ import annotations

import datetime
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine.language.feel import limits, operators
from engine.language.feel.callables import Function
from engine.language.feel.conformance import kind_of
from engine.language.feel.functions import registry
from engine.language.feel.invoke import invoke
from engine.language.feel.members import member
from engine.language.feel.scope import Scope
from engine.language.feel.values import NUMBERS, PLAIN, Range, Value, from_host

Closure = Callable[[Scope], Value]
Loop = tuple[str, Closure, Closure | None]
"""The variable of an iteration, its range, and the end of the range where it is counted up or down."""

_NUMERIC: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": NUMBERS.add, "-": NUMBERS.subtract, "*": NUMBERS.multiply, "/": NUMBERS.divide, "**": NUMBERS.power,
}  # fmt: skip
_NATIVE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def name_or_function(name: str, function: Function) -> Closure:
    def read(scope: Scope) -> Value:
        value = scope.find(name)
        return function if value is None else value

    return read


def host_path(name: str, members: tuple[str, ...]) -> Closure:
    """Reads members of a host's value; only the member is converted, not the whole value."""

    def read(scope: Scope) -> Value:
        value = scope.get(name)
        for position, key in enumerate(members):
            if type(value) is not dict:
                value = from_host(value)
                for rest in members[position:]:
                    value = member(value, rest, scope)
                return value
            value = value.get(key)
        return value if type(value) in PLAIN else from_host(value)

    return read


def value_path(base: Closure, members: tuple[str, ...]) -> Closure:
    def read(scope: Scope) -> Value:
        value = base(scope)
        for key in members:
            value = value[key] if type(value) is dict and key in value else member(value, key, scope)
        return value

    return read


def item_at(value: Value, index: Decimal) -> Value:
    """The item of a list at a place, counted from 1, or from the end with -1; None if there is none.

    A value that is no list counts as a list of one.
    """
    items = value if isinstance(value, list) else [value]
    if index != index.to_integral_value() or not index or abs(index) > len(items):
        return None
    return items[int(index) - 1 if index > 0 else int(index)]


def filtered(base: Closure, test: Closure, reused: bool) -> Closure:
    def run(scope: Scope) -> Value:
        value = base(scope)
        if value is None:
            return None
        items = value if isinstance(value, list) else [value]
        scope.spend(len(items))
        kept: list[Value] = []
        with_item = scope.each(reused)
        for item in items:
            inner = with_item({"item": item})
            if isinstance(item, dict):
                inner.frame = (item, inner.frame)
            met = test(inner)
            if type(met) is Decimal:
                return item_at(items, met)
            if met is True:
                kept.append(item)
        return kept

    return run


def unconverted(name: str) -> Callable[[Scope], object]:
    """Reads a host's variable without converting it."""
    return lambda scope: scope.get(name)


def filtered_entries(
    source: Callable[[Scope], object], entry: str, fixed: Value, sign: str, general: Closure
) -> Closure:
    """Filters a host's list of contexts by one entry, as `rows[a > 25]`. Only the contexts that are kept are converted.

    A list that holds anything else is left to the general filter.
    """
    native, compare, exact = _NATIVE[sign], operators.COMPARISONS[sign], exact_types(fixed)

    def run(scope: Scope) -> Value:
        items = source(scope)
        if type(items) is not list or len(items) > limits.LIST_ITEMS:
            return general(scope)
        kept: list[Value] = []
        for item in items:
            if type(item) is not dict or entry not in item:
                return general(scope)
            value = item[entry]
            met = native(value, fixed) if type(value) in exact else compare(from_host(value), fixed)
            if met is True:
                kept.append(from_host(item))
        scope.spend(len(items))
        return kept

    return run


def is_comparable(fixed: Value, sign: str) -> bool:
    """Whether Python's own operator compares a constant with values of its kind as FEEL does."""
    return type(fixed) is Decimal or (type(fixed) in (str, bool) and sign in ("=", "!="))


def exact_types(fixed: Value) -> tuple[type, type]:
    """The types of a host's values that Python's own operator compares with the constant as FEEL does."""
    return (Decimal, int) if type(fixed) is Decimal else (type(fixed), type(fixed))


def length_of(name: str, result: Callable[[int], Value], general: Closure) -> Closure:
    """Answers `count(xs)` for a host's list without converting its items."""

    def run(scope: Scope) -> Value:
        value = scope.get(name)
        if type(value) is list and len(value) <= limits.LIST_ITEMS:
            return result(len(value))
        return general(scope)

    return run


LENGTHS: Mapping[str, Callable[[int], Value]] = {"count": Decimal, "is empty": lambda length: length == 0}
"""Built-in functions whose result follows from the length of a list."""


def one_operation(left: Closure, rule: Callable[[Value, Value], Value], sign: str, right: Closure) -> Closure:
    native = _NUMERIC[sign]

    def run(scope: Scope) -> Value:
        first, second = left(scope), right(scope)
        if type(first) is Decimal and type(second) is Decimal:
            result = native(first, second)
            if result.is_finite():
                return result
        return operate(rule, sign, first, second, scope)

    return run


def operate(rule: Callable[[Value, Value], Value], sign: str, left: Value, right: Value, scope: Scope) -> Value:
    result = rule(left, right)
    if result is None and left is not None and right is not None:
        scope.warn(f"{kind_of(left)} {sign} {kind_of(right)} has no result; null.")
    return result


def two_parts(settles: bool, left: Closure, right: Closure) -> Closure:
    """`and` or `or` of two parts, the most frequent case. `settles` is the value that decides it: false or true."""
    other = not settles

    def run(scope: Scope) -> Value:
        first = left(scope)
        if first is settles:
            return settles
        second = right(scope)
        if second is settles:
            return settles
        return other if first is other and second is other else None

    return run


def compare_with(left: Closure, fixed: Value, sign: str) -> Closure:
    kind, native, general = type(fixed), _NATIVE[sign], operators.COMPARISONS[sign]

    def run(scope: Scope) -> Value:
        value = left(scope)
        return native(value, fixed) if type(value) is kind else general(value, fixed)

    return run


def compare_named(name: str, fixed: Value, sign: str) -> Closure:
    """Compares a host's variable with a constant in one call; most conditions of gateways are of this kind."""
    native, general, exact = _NATIVE[sign], operators.COMPARISONS[sign], exact_types(fixed)

    def run(scope: Scope) -> Value:
        value = scope.get(name)
        return native(value, fixed) if type(value) in exact else general(from_host(value), fixed)

    return run


def compare_two(left: Closure, right: Closure, sign: str) -> Closure:
    native, general = _NATIVE[sign], operators.COMPARISONS[sign]

    def run(scope: Scope) -> Value:
        first, second = left(scope), right(scope)
        if type(first) is Decimal and type(second) is Decimal:
            return native(first, second)
        result = general(first, second)
        if result is None and first is not None and second is not None:
            scope.warn(f"{kind_of(first)} {sign} {kind_of(second)} has no result; null.")
        return result

    return run


def one_of_constants(value: Closure, tests: list[Value]) -> Closure:
    """Tests `x in ("a", "b")` and the like. If all are strings, or all numbers, the value is looked up by hash."""
    flat = tests[0] if len(tests) == 1 and isinstance(tests[0], list) else tests
    kinds = {type(test) for test in flat}
    kind = kinds.pop() if len(kinds) == 1 else None
    known = frozenset(flat) if kind in (str, Decimal) else frozenset()

    def run(scope: Scope) -> Value:
        found = value(scope)
        return found in known if known and type(found) is kind else one_of(found, tests, scope)

    return run


def one_of(value: Value, tests: Sequence[Value], scope: Scope) -> bool | None:
    for test in tests:
        if isinstance(test, list):
            scope.spend(len(test))
    if len(tests) == 1:
        return operators.member(value, tests[0])
    return operators.disjunction(operators.member(value, test) for test in tests)


def meets_condition(value: Value, test: Value, scope: Scope) -> bool | None:
    """Whether an input meets a test that speaks of `?`: its own value is the answer. Null isn't met."""
    return test if isinstance(test, bool) or test is None else operators.member(value, test)


def meets_null(value: Value, test: Value, scope: Scope) -> bool | None:
    """Whether an input meets a test that is written as `null`, `= null` or `!= null`."""
    return value is None if test is None else operators.member(value, test)


def meets_value(value: Value, test: Value, scope: Scope) -> bool | None:
    """Whether an input is a value, lies in a range, or is an item of a list.

    Null for an input that is null, unless null is an item: an unknown input satisfies no test that doesn't ask for
    it. So `true` is met by true alone, and `not("a")` by texts alone.
    """
    if value is None:
        return True if isinstance(test, list) and None in test else None
    if test is None:
        return None
    if isinstance(test, bool) and not isinstance(value, bool):
        scope.warn(f"A cell asks for {str(test).lower()}, and its input is a {kind_of(value)}; not met.")
        return None
    return operators.member(value, test)


def meets_statement(value: Value, test: Value, scope: Scope) -> bool | None:
    """Whether an input meets a test that is true or false without speaking of `?`, such as `other > 3`.

    It decides by itself, as the standard has it, but for an input that is null, which satisfies nothing.
    """
    if not isinstance(test, bool) or isinstance(value, bool):
        return meets_value(value, test, scope)
    if value is None and test:
        scope.warn("A cell is true, and its input is null; not met.")
    return None if value is None else test


def meets_alone(value: Value, test: Value, scope: Scope) -> bool | None:
    """Whether a test that has no input is met, as form-js has it."""
    return test if isinstance(test, bool) else operators.member(value, test)


def scopes_of(scope: Scope, loops: tuple[Loop, ...], place: int, reused: bool) -> Iterator[Scope | None]:
    """A scope for each combination of the loops' variables; a single None if a source is no list."""
    name, source, end = loops[place]
    items = items_of(source(scope)) if end is None else counted(source(scope), end(scope))
    if items is None:
        yield None
        return
    innermost = place + 1 == len(loops)
    with_item, root = scope.each(reused), scope.root
    for item in items:
        root.steps += 1
        if root.steps > limits.STEPS:
            scope.spend(0)
        inner = with_item({name: item})
        if innermost:
            yield inner
        else:
            yield from scopes_of(inner, loops, place + 1, reused)


def items_of(value: Value) -> Iterator[Value] | Sequence[Value] | None:
    if isinstance(value, Range):
        return counted(value.start, value.end, value.start_included, value.end_included)
    return value if isinstance(value, list) else None if value is None else [value]


def counted(start: Value, end: Value, start_included: bool = True, end_included: bool = True) -> Iterator[Value] | None:
    """The numbers or dates from `start` to `end`, upwards or downwards; None for other values."""
    order = operators.order(start, end)
    if order is None or kind_of(start) not in ("number", "date") or kind_of(start) != kind_of(end):
        return None
    return counting(start, end, 1 if order <= 0 else -1, start_included, end_included)


def counting(start: Value, end: Value, step: int, start_included: bool, end_included: bool) -> Iterator[Value]:
    value, one = start, _ONE[kind_of(start)][step]
    while value is not None and (operators.order(value, end) or 0) * step <= 0:
        if (start_included or value != start) and (end_included or value != end):
            yield value
        following = operators.add(value, one)
        if following == value:
            return  # 34 digits are not enough to count on from here
        value = following


_ONE: Mapping[str, Mapping[int, Value]] = {
    "number": {1: Decimal(1), -1: Decimal(-1)},
    "date": {1: datetime.timedelta(days=1), -1: datetime.timedelta(days=-1)},
}


def call_value(
    target: Closure, values: tuple[Closure, ...], names: tuple[str, ...] | None, built_in: str | None
) -> Closure:
    def run(scope: Scope) -> Value:
        function = target(scope)
        arguments = [value(scope) for value in values]
        if isinstance(function, Function):
            return invoke(function, arguments, names, scope)
        if built_in:
            # A variable that is called like a built-in function doesn't hide it.
            return registry.call(built_in, arguments, names, scope)
        scope.warn("What is called isn't a function; null.")
        return None

    return run
