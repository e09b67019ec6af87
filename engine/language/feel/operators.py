"""The operators: equality, order, membership, arithmetic, three-valued logic. Pure; knows no syntax.

Each function gives None where the standard says null, and raises nothing but BudgetExceeded.
Source: DMN 1.5 § 10.3.2.13-15 (tables 42, 53-57).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal
from typing import Any

from engine.language.feel import limits, temporal
from engine.language.feel.callables import Function
from engine.language.feel.values import NUMBERS, Range, Value, YearsMonths, number


def equal(left: Value, right: Value) -> bool | None:
    """`left = right`. Null equals null alone. Values of different kinds give null."""
    if left is None or right is None:
        return left is right
    kind = type(left)
    if kind is not type(right):
        return _equal_days(left, right) if kind in _DAYS and type(right) in _DAYS else None
    test = _EQUAL.get(kind)
    return test(left, right) if test else bool(left == right)


def not_equal(left: Value, right: Value) -> bool | None:
    """`left != right`."""
    same = equal(left, right)
    return None if same is None else not same


def _equal_days(a: Value, b: Value) -> bool | None:
    left, right = temporal.as_instant(a, b), temporal.as_instant(b, a)
    return None if left is None or right is None else _equal_datetimes(left, right)


def _equal_datetimes(left: datetime.datetime, right: datetime.datetime) -> bool:
    # To the second: that is what the standard's `value` function keeps, and what its kit asks for.
    if not temporal.same_zone_kind(left, right):
        return False
    return left.replace(microsecond=0) == right.replace(microsecond=0)


def _equal_times(left: datetime.time, right: datetime.time) -> bool:
    if not temporal.same_zone_kind(left, right):
        return False
    return temporal.day_seconds(left.replace(microsecond=0)) == temporal.day_seconds(right.replace(microsecond=0))


def _equal_lists(left: list[Value], right: list[Value]) -> bool | None:
    if len(left) != len(right):
        return False
    limits.check_value(left)
    return conjunction(equal(x, y) for x, y in zip(left, right, strict=True))


def _equal_contexts(left: dict[str, Value], right: dict[str, Value]) -> bool | None:
    if left.keys() != right.keys():
        return False
    limits.check_value(left)
    return conjunction(equal(x, right[key]) for key, x in left.items())


_DAYS = {datetime.date, datetime.datetime}
_EQUAL: dict[type, Callable[[Any, Any], bool | None]] = {
    list: _equal_lists, dict: _equal_contexts, datetime.time: _equal_times, datetime.datetime: _equal_datetimes,
    Function: lambda a, b: a is b,
}  # fmt: skip


def conjunction(values: Any) -> bool | None:
    """`and` of all values: false if one is false, else null if one is no boolean, else true."""
    result: bool | None = True
    for value in values:
        if value is False:
            return False
        if value is not True:
            result = None
    return result


def disjunction(values: Any) -> bool | None:
    """`or` of all values: true if one is true, else null if one is no boolean, else false."""
    result: bool | None = False
    for value in values:
        if value is True:
            return True
        if value is not False:
            result = None
    return result


def negation(value: Value) -> bool | None:
    """`not(value)`; null for a value that is no boolean."""
    return not value if isinstance(value, bool) else None


def order(left: Value, right: Value) -> int | None:
    """-1, 0 or 1: `left` comes before, with or after `right`. None if there is no order between them."""
    kind = type(left)
    if kind in _DAYS and type(right) in _DAYS:
        apart = temporal.between(left, right)
        return None if apart is None else (apart > datetime.timedelta()) - (apart < datetime.timedelta())
    if kind is not type(right):
        return None
    if kind is datetime.time:
        if not temporal.same_zone_kind(left, right):
            return None
        left, right = temporal.day_seconds(left), temporal.day_seconds(right)
    elif kind not in _ORDERED:
        return None
    return int(left > right) - int(left < right)


_ORDERED = {Decimal, str, datetime.timedelta, YearsMonths}


def less(left: Value, right: Value) -> bool | None:
    sign = order(left, right)
    return None if sign is None else sign < 0


def less_equal(left: Value, right: Value) -> bool | None:
    sign = order(left, right)
    return None if sign is None else sign <= 0


def greater(left: Value, right: Value) -> bool | None:
    sign = order(left, right)
    return None if sign is None else sign > 0


def greater_equal(left: Value, right: Value) -> bool | None:
    sign = order(left, right)
    return None if sign is None else sign >= 0


COMPARISONS: dict[str, Callable[[Value, Value], bool | None]] = {
    "=": equal, "!=": not_equal, "<": less, "<=": less_equal, ">": greater, ">=": greater_equal,
}  # fmt: skip


def between(value: Value, low: Value, high: Value) -> bool | None:
    """`value between low and high`, both included."""
    return conjunction((greater_equal(value, low), less_equal(value, high)))


def make_range(start: Value, start_included: bool, end: Value, end_included: bool) -> Range | None:
    """A range such as `[start..end]`; None unless both ends are of one ordered kind, and the start isn't later."""
    sign = order(start, end) if type(start) is type(end) else None
    if sign is None or sign > 0:
        return None
    return Range(start, start_included, end, end_included)


def open_range(operator: str, end: Value) -> Range | None:
    """A range such as `(< 10)`; None if there is no order among values of this kind."""
    if operator in ("=", "!="):
        return Range(end, True, end, True, operator)
    if order(end, end) is None:
        return None
    included = operator in ("<=", ">=")
    if operator[0] == "<":
        return Range(None, False, end, included, operator)
    return Range(end, included, None, False, operator)


def in_range(value: Value, within: Range) -> bool | None:
    """Whether the value lies in the range; None if they can't be compared."""
    if within.operator in ("=", "!="):
        return COMPARISONS[within.operator](value, within.start)
    above = below = None
    if within.start is not None:
        above = (greater_equal if within.start_included else greater)(value, within.start)
        if within.end is None:
            return above
    if within.end is not None:
        below = (less_equal if within.end_included else less)(value, within.end)
        if within.start is None:
            return below
    return conjunction((above, below))


def member(value: Value, test: Value) -> bool | None:
    """`value in test`: whether it is an item of a list, lies in a range, or is equal. Null if the test is null and the
    value isn't."""
    if test is None:
        return True if value is None else None
    if isinstance(test, Range):
        return in_range(value, test)
    if isinstance(test, list):
        is_item = disjunction(_matches_item(value, item) for item in test)
        return equal(value, test) if is_item is not True and isinstance(value, list) else is_item
    return equal(value, test)


def _matches_item(value: Value, item: Value) -> bool | None:
    if isinstance(item, Range) and not isinstance(value, Range):
        return in_range(value, item)
    # An item of another kind isn't equal, rather than null: else one odd item would make the whole test null.
    return equal(value, item) or False


def add(left: Value, right: Value) -> Value:
    """`left + right`."""
    rule = _ADD.get((type(left), type(right)))
    return rule(left, right) if rule else None


def subtract(left: Value, right: Value) -> Value:
    """`left - right`."""
    rule = _SUBTRACT.get((type(left), type(right)))
    return rule(left, right) if rule else None


def multiply(left: Value, right: Value) -> Value:
    """`left * right`."""
    rule = _MULTIPLY.get((type(left), type(right)))
    return rule(left, right) if rule else None


def divide(left: Value, right: Value) -> Value:
    """`left / right`; null for a division by zero."""
    rule = _DIVIDE.get((type(left), type(right)))
    return rule(left, right) if rule else None


def power(left: Value, right: Value) -> Value:
    """`left ** right`."""
    if type(left) is Decimal and type(right) is Decimal:
        return number(NUMBERS.power(left, right))
    return None


def negative(value: Value) -> Value:
    """`-value`, of a number or a duration."""
    if type(value) is Decimal:
        return NUMBERS.minus(value)
    if type(value) is datetime.timedelta:
        return -value
    return YearsMonths(-value.months) if type(value) is YearsMonths else None


ARITHMETIC: dict[str, Callable[[Value, Value], Value]] = {
    "+": add, "-": subtract, "*": multiply, "/": divide, "**": power,
}  # fmt: skip

_Duration = datetime.timedelta
_Rules = dict[tuple[type, type], Callable[[Any, Any], Value]]


def _add_text(a: str, b: str) -> str:
    return limits.check_text(a + b)


def _add_durations(a: _Duration, b: _Duration) -> _Duration | None:
    try:
        return a + b
    except OverflowError:
        return None


def _scale_days(a: _Duration, factor: Decimal) -> _Duration | None:
    micros = Decimal(a // datetime.timedelta(microseconds=1))
    return _days(NUMBERS.multiply(micros, factor))


def _days(micros: Decimal) -> _Duration | None:
    # Longer than 18 digits of microseconds is beyond what a duration holds; int() of it could be huge.
    if not micros.is_finite() or micros.adjusted() > 20:
        return None
    try:
        return datetime.timedelta(microseconds=int(micros.to_integral_value(ROUND_DOWN)))
    except OverflowError:
        return None


def _scale_months(a: YearsMonths, factor: Decimal) -> YearsMonths | None:
    return _months(NUMBERS.multiply(Decimal(a.months), factor))


def _months(months: Decimal) -> YearsMonths | None:
    if not months.is_finite() or months.adjusted() > 20:
        return None
    return YearsMonths(int(months.to_integral_value(ROUND_DOWN)))


def _divide_days(a: _Duration, b: Decimal) -> _Duration | None:
    return _days(NUMBERS.divide(Decimal(a // datetime.timedelta(microseconds=1)), b))


def _ratio(a: _Duration, b: _Duration) -> Decimal | None:
    micro = datetime.timedelta(microseconds=1)
    return number(NUMBERS.divide(Decimal(a // micro), Decimal(b // micro)))


def _swapped(rule: Callable[[Any, Any], Value]) -> Callable[[Any, Any], Value]:
    return lambda a, b: rule(b, a)


def _back(value: datetime.date, length: _Duration) -> Value:
    return temporal.add_days(value, -length)


def _back_months(value: datetime.date, length: YearsMonths) -> Value:
    return temporal.add_months(value, -length.months)


def _forth_months(value: datetime.date, length: YearsMonths) -> Value:
    return temporal.add_months(value, length.months)


def _subtract_times(left: datetime.time, right: datetime.time) -> _Duration | None:
    if not temporal.same_zone_kind(left, right):
        return None
    return temporal.day_seconds(left) - temporal.day_seconds(right)


_D, _DT, _T = datetime.date, datetime.datetime, datetime.time

_ADD: _Rules = {
    (Decimal, Decimal): lambda a, b: number(NUMBERS.add(a, b)),
    (str, str): _add_text,
    (_Duration, _Duration): _add_durations,
    (YearsMonths, YearsMonths): lambda a, b: YearsMonths(a.months + b.months),
    (_D, _Duration): temporal.add_days, (_Duration, _D): _swapped(temporal.add_days),
    (_DT, _Duration): temporal.add_days, (_Duration, _DT): _swapped(temporal.add_days),
    (_D, YearsMonths): _forth_months, (YearsMonths, _D): _swapped(_forth_months),
    (_DT, YearsMonths): _forth_months, (YearsMonths, _DT): _swapped(_forth_months),
    (_T, _Duration): temporal.add_clock, (_Duration, _T): _swapped(temporal.add_clock),
}  # fmt: skip
_SUBTRACT: _Rules = {
    (Decimal, Decimal): lambda a, b: number(NUMBERS.subtract(a, b)),
    (_Duration, _Duration): lambda a, b: _add_durations(a, -b),
    (YearsMonths, YearsMonths): lambda a, b: YearsMonths(a.months - b.months),
    (_D, _D): temporal.between, (_DT, _DT): temporal.between, (_D, _DT): temporal.between, (_DT, _D): temporal.between,
    (_T, _T): _subtract_times,
    (_D, _Duration): _back, (_DT, _Duration): _back, (_T, _Duration): lambda a, b: temporal.add_clock(a, -b),
    (_D, YearsMonths): _back_months, (_DT, YearsMonths): _back_months,
}  # fmt: skip
_MULTIPLY: _Rules = {
    (Decimal, Decimal): lambda a, b: number(NUMBERS.multiply(a, b)),
    (_Duration, Decimal): _scale_days, (Decimal, _Duration): _swapped(_scale_days),
    (YearsMonths, Decimal): _scale_months, (Decimal, YearsMonths): _swapped(_scale_months),
}  # fmt: skip
_DIVIDE: _Rules = {
    (Decimal, Decimal): lambda a, b: number(NUMBERS.divide(a, b)),
    (_Duration, Decimal): _divide_days,
    (_Duration, _Duration): _ratio,
    (YearsMonths, Decimal): lambda a, b: _months(NUMBERS.divide(Decimal(a.months), b)),
    (YearsMonths, YearsMonths): lambda a, b: number(NUMBERS.divide(Decimal(a.months), Decimal(b.months))),
}  # fmt: skip
