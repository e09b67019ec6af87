"""The values of FEEL as Python values, and the conversion of a host's values into them. Knows no syntax.

| FEEL | Python |
| --- | --- |
| null | `None` |
| boolean | `bool` |
| number | `Decimal`, 34 digits (`int` and `float` are taken in; a float through its shortest text) |
| string | `str` |
| date, time, date and time | `date`, `time`, `datetime`; zone: none, an offset (`timezone`) or a `ZoneInfo` |
| days and time duration | `timedelta` |
| years and months duration | `YearsMonths` |
| range | `Range` |
| list, context | `list`, `dict` with string keys |
| function | `FunctionValue`; those of FEEL are `callables.Function` |

Any other value of a host becomes null: no attribute of a host's object can be reached.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from engine.language.feel import limits

Value = Any
"""A value of the table above. (Python has no name for it that a checker could use.)"""

# Decimal128, as DMN 1.5 § 10.3.2.3.1 asks for. No traps: what can't be a number becomes null.
NUMBERS = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, traps=[])


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A years and months duration, as a count of months; negative goes back."""

    months: int


@dataclass(frozen=True, slots=True)
class Range:
    """The range from `start` to `end`; None: no bound on that side. `operator` is set for one written like `(< 10)`."""

    start: Value
    start_included: bool
    end: Value
    end_included: bool
    operator: str = ""


class FunctionValue:
    """Base of functions as values, so that this module knows one without knowing how it is called."""

    __slots__ = ()


# The types of a host's values that need no conversion.
PLAIN = frozenset((type(None), bool, str, Decimal))


def number(value: Decimal) -> Decimal | None:
    """The number, or None if a calculation gave none (division by zero, overflow)."""
    return value if value.is_finite() else None


def from_host(value: object) -> Value:
    """A host's value as a value of FEEL; None if FEEL has none for it.

    Lists and mappings are copied, so that later changes by the host don't show.
    """
    return _from_host(value, 0)


def _from_host(value: object, depth: int) -> Value:
    convert = _CONVERSIONS.get(type(value))
    if convert is not None:
        return convert(value)
    if depth > limits.VALUE_DEPTH:
        limits.exceeded("a value is nested deeper", limits.VALUE_DEPTH, "lists and contexts within each other")
    if type(value) is dict or isinstance(value, Mapping):  # the first test is quick, the second slow
        return {
            key if type(key) is str else str(key): item if type(item) in PLAIN else _from_host(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        if len(value) > limits.LIST_ITEMS:
            limits.exceeded(f"a list has {len(value):,}", limits.LIST_ITEMS, "items in a list")
        if set(map(type, value)) == _INTEGERS:
            return [_SMALL.get(item) or NUMBERS.create_decimal(item) for item in value]
        return [item if type(item) in PLAIN else _from_host(item, depth + 1) for item in value]
    # A subclass (an enumeration of strings, a library's date) counts as its plain parent.
    for kind, plain in _PARENTS:
        if isinstance(value, kind):
            return plain(value)
    return None


def _same(value: Any) -> Value:
    return value


_SMALL = {value: Decimal(value) for value in range(-1, 1_025)}
"""Small numbers, which are the most frequent, made once."""
_INTEGERS = {int}


def _from_int(value: int) -> Decimal:
    return _SMALL.get(value) or NUMBERS.create_decimal(value)


def _from_float(value: float) -> Decimal | None:
    return number(Decimal(repr(value)))


_CONVERSIONS: dict[type, Callable[[Any], Value]] = {
    type(None): _same, bool: _same, str: _same, Decimal: number, int: _from_int, float: _from_float,
    datetime.date: _same, datetime.time: _same, datetime.datetime: _same, datetime.timedelta: _same,
    YearsMonths: _same, Range: _same,
}  # fmt: skip

_PARENTS: tuple[tuple[type, Callable[[Any], Value]], ...] = (
    (str, lambda v: str.__str__(v)),
    (int, lambda v: NUMBERS.create_decimal(int(v))),
    (float, _from_float),
    (Decimal, lambda v: number(Decimal(v))),
    (datetime.datetime, lambda v: datetime.datetime.combine(v.date(), v.timetz())),
    (datetime.date, lambda v: datetime.date(v.year, v.month, v.day)),
    (datetime.timedelta, lambda v: datetime.timedelta(v.days, v.seconds, v.microseconds)),
    (FunctionValue, _same),
)
