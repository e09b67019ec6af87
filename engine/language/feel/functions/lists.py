"""Functions of lists. Source: DMN 1.5 § 10.3.4.4."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal
from functools import cmp_to_key, reduce

from engine.language.feel import limits, operators
from engine.language.feel.callables import Function
from engine.language.feel.functions.registry import define
from engine.language.feel.invoke import invoke
from engine.language.feel.scope import Scope
from engine.language.feel.values import NUMBERS, Value, YearsMonths, number


def _numbers(items: list[Value]) -> list[Decimal] | None:
    return items if all(type(item) is Decimal for item in items) else None


@define("list contains(list: list, element: Any)")
def _list_contains(items: list[Value], element: Value) -> bool:
    if type(element) is str:
        return element in items
    return any(operators.equal(item, element) is True for item in items)


@define("count(list: list)")
def _count(items: list[Value]) -> Decimal:
    return Decimal(len(items))


@define("is empty(list: list)")
def _is_empty(items: list[Value]) -> bool:
    return not items


@define("min(...list: list)")
def _min(items: list[Value]) -> Value:
    return _extreme(items, -1)


@define("max(...list: list)")
def _max(items: list[Value]) -> Value:
    return _extreme(items, 1)


def _extreme(items: list[Value], sign: int) -> Value:
    if not items:
        return None
    if _numbers(items):
        return max(items) if sign > 0 else min(items)
    best = items[0]
    for item in items:
        ordering = operators.order(item, best)
        if ordering is None:
            return None
        if ordering * sign > 0:
            best = item
    return best


@define("sum(...list: list)")
def _sum(items: list[Value]) -> Value:
    if not items:
        return None
    if type(items[0]) in (datetime.timedelta, YearsMonths):
        return reduce(operators.add, items)
    return number(reduce(NUMBERS.add, items, Decimal(0))) if _numbers(items) else None


@define("product(...list: list)")
def _product(items: list[Value]) -> Value:
    return number(reduce(NUMBERS.multiply, items, Decimal(1))) if _numbers(items) else None


@define("mean(...list: list)")
def _mean(items: list[Value]) -> Value:
    total = _sum(items)
    return None if total is None else operators.divide(total, Decimal(len(items)))


@define("median(...list: list)")
def _median(items: list[Value]) -> Value:
    if not items or _numbers(items) is None:
        return None
    ordered = sorted(items)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return number(NUMBERS.divide(NUMBERS.add(ordered[middle - 1], ordered[middle]), Decimal(2)))


@define("stddev(...list: list)")
def _stddev(items: list[Value]) -> Value:
    """The standard deviation of a sample: the squares are divided by the count less one."""
    mean = _mean(items) if len(items) > 1 and _numbers(items) else None
    if mean is None:
        return None
    squares = (NUMBERS.power(NUMBERS.subtract(item, mean), 2) for item in items)
    return number(NUMBERS.sqrt(NUMBERS.divide(reduce(NUMBERS.add, squares), Decimal(len(items) - 1))))


@define("mode(...list: list)")
def _mode(items: list[Value]) -> Value:
    if _numbers(items) is None:
        return None
    counts: dict[Decimal, int] = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(item for item, times in counts.items() if times == most)


@define("all(...list: list)")
def _all(items: list[Value]) -> bool | None:
    return operators.conjunction(items)


@define("any(...list: list)")
def _any(items: list[Value]) -> bool | None:
    return operators.disjunction(items)


def _place(items: list[Value], position: Decimal) -> int | None:
    """The Python index of a position, which counts from 1, or from the end with -1; None if there is none."""
    if position % 1 or not position or abs(position) > len(items):
        return None
    return int(position) - 1 if position > 0 else len(items) + int(position)


@define("sublist(list: list, start position: number, length?: number)")
def _sublist(items: list[Value], start: Decimal, length: Decimal | None) -> Value:
    place = _place(items, start)
    if place is None or (length is not None and (length % 1 or length < 0 or place + length > len(items))):
        return None
    return items[place:] if length is None else items[place : place + int(length)]


@define("append(list: list, ...item: list)")
def _append(items: list[Value], more: list[Value]) -> Value:
    return [*items, *more]


@define("concatenate(...list: Any)")
def _concatenate(lists: Value) -> Value:
    return _joined(lists)


def _joined(lists: Value) -> list[Value] | None:
    if not isinstance(lists, list) or any(item is None for item in lists):
        return None
    parts = [item if isinstance(item, list) else [item] for item in lists]
    size = sum(len(part) for part in parts)
    if size > limits.LIST_ITEMS:
        limits.exceeded(f"a list grew to {size:,}", limits.LIST_ITEMS, "items in a list")
    return [item for part in parts for item in part]


@define("union(...list: Any)", with_scope=True)
def _union(scope: Scope, lists: Value) -> Value:
    joined = _joined(lists)
    return None if joined is None else _distinct(scope, joined)


@define("insert before(list: list, position: number, newItem: Any)")
def _insert(items: list[Value], position: Decimal, item: Value) -> Value:
    place = _place(items, position)
    return None if place is None else [*items[:place], item, *items[place:]]


@define("remove(list: list, position: number)")
def _remove(items: list[Value], position: Decimal) -> Value:
    place = _place(items, position)
    return None if place is None else [*items[:place], *items[place + 1 :]]


@define("list replace(list: list, position: number, newItem: Any)")
def _replace_at(items: list[Value], position: Decimal, item: Value) -> Value:
    place = _place(items, position.to_integral_value(ROUND_DOWN))  # here the standard's kit cuts decimals off
    return None if place is None else [*items[:place], item, *items[place + 1 :]]


@define("list replace(list: list, match: function, newItem: Any)", with_scope=True)
def _replace_where(scope: Scope, items: list[Value], match: Function, new: Value) -> Value:
    replaced: list[Value] = []
    for item in items:
        met = invoke(match, (item, new), None, scope)
        if not isinstance(met, bool):
            return None
        replaced.append(new if met else item)
    return replaced


@define("reverse(list: list)")
def _reverse(items: list[Value]) -> Value:
    return items[::-1]


@define("index of(list: list, match: Any)")
def _index_of(items: list[Value], match: Value) -> Value:
    return [Decimal(i) for i, item in enumerate(items, 1) if operators.equal(item, match) is True]


@define("distinct values(list: list)", with_scope=True)
def _distinct(scope: Scope, items: list[Value]) -> Value:
    return [first for first, _ in _groups(scope, items)]


@define("duplicate values(list: list)", with_scope=True)
def _duplicates(scope: Scope, items: list[Value]) -> Value:
    """The values that occur again, each once, in the order in which they occur first."""
    return [first for first, times in _groups(scope, items) if times > 1]


def _groups(scope: Scope, items: list[Value]) -> list[tuple[Value, int]]:
    """(first item of each value, how often the value occurs). Scalars are looked up by hash, others compared one by
    one."""
    hashed = _HASHED if datetime.datetime in map(type, items) else _HASHED_WITH_DAYS
    places: dict[tuple[type, Value], int] = {}
    compared: list[int] = []
    first: list[Value] = []
    times: list[int] = []
    for item in items:
        if type(item) in hashed:
            place = places.setdefault((type(item), item), len(first))
        else:
            scope.spend(len(compared))
            place = next((known for known in compared if operators.equal(item, first[known]) is True), len(first))
        if place < len(first):
            times[place] += 1
            continue
        if type(item) not in hashed:
            compared.append(place)
        first.append(item)
        times.append(1)
    return list(zip(first, times, strict=True))


_HASHED = frozenset((str, Decimal, bool, type(None)))
_HASHED_WITH_DAYS = _HASHED | {datetime.date}
"""A day may be equal to a moment: beside moments it isn't looked up by hash."""


@define("flatten(list: list)")
def _flatten(items: list[Value]) -> Value:
    limits.check_value(items)
    flat: list[Value] = []

    def put(values: list[Value]) -> None:
        for value in values:
            if isinstance(value, list):
                put(value)
            else:
                flat.append(value)

    put(items)
    return flat


@define("sort(list: list)", with_scope=True)
def _sort(scope: Scope, items: list[Value]) -> Value:
    if any(operators.order(item, items[0]) is None for item in items):
        return None
    return _sorted(scope, items, lambda a, b: operators.order(a, b) or 0)


@define("sort(list: list, precedes: function)", with_scope=True)
def _sort_by(scope: Scope, items: list[Value], precedes: Function) -> Value:
    def compare(left: Value, right: Value) -> int:
        if invoke(precedes, (left, right), None, scope) is True:
            return -1
        return 1 if invoke(precedes, (right, left), None, scope) is True else 0

    if not precedes.variadic and len(precedes.parameters) != 2:
        return None
    return _sorted(scope, items, compare)


def _sorted(scope: Scope, items: list[Value], compare: Callable[[Value, Value], int]) -> list[Value]:
    scope.spend(len(items))
    return sorted(items, key=cmp_to_key(compare))


@define("partition(list: list, size: number)")
def _partition(items: list[Value], size: Decimal) -> Value:
    if size % 1 or size < 1:
        return None
    step = int(min(size, Decimal(limits.LIST_ITEMS)))
    return [items[i : i + step] for i in range(0, len(items), step)]
