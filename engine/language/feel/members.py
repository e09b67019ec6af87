"""Reads `value.name`: entries of contexts, and properties of dates, durations and ranges.

There is no other way into a value: no attribute of a Python object is read by a name from a text.
Source: DMN 1.5 § 10.3.2.9 table 61-64.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.language.feel.conformance import kind_of
from engine.language.feel.scope import Scope
from engine.language.feel.values import Range, Value, YearsMonths


def member(value: Value, name: str, scope: Scope) -> Value:
    """The value of `value.name`; None if there is none. For a list, the list of the values for each item."""
    if type(value) is dict:
        if name not in value:
            scope.warn(f'There is no entry "{name}"; null.')
        return value.get(name)
    if value is None:
        return None
    if type(value) is list:
        scope.spend(len(value))
        return [member(item, name, scope) for item in value]
    read = _PROPERTIES.get(type(value), {}).get(name)
    if read is None:
        scope.warn(f'A {kind_of(value)} has no property "{name}"; null.')
        return None
    return read(value)


def _number(read: Callable[[Any], int]) -> Callable[[Any], Value]:
    return lambda value: Decimal(read(value))


def _offset(value: datetime.time | datetime.datetime) -> Value:
    return value.utcoffset()


def _zone(value: datetime.time | datetime.datetime) -> Value:
    return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None


def _signed(value: datetime.timedelta, part: int) -> int:
    """The days (part 0), hours (1), minutes (2) or seconds (3) of a duration, with the duration's sign."""
    length = abs(value)
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    amount = (length.days, hours, minutes, seconds)[part]
    return -amount if value < datetime.timedelta() else amount


def _months(value: YearsMonths, part: int) -> int:
    amount = divmod(abs(value.months), 12)[part]
    return -amount if value.months < 0 else amount


_DATE: Mapping[str, Callable[[Any], Value]] = {
    "year": _number(lambda v: v.year), "month": _number(lambda v: v.month), "day": _number(lambda v: v.day),
    "weekday": _number(lambda v: v.isoweekday()),
}  # fmt: skip
_TIME: Mapping[str, Callable[[Any], Value]] = {
    "hour": _number(lambda v: v.hour), "minute": _number(lambda v: v.minute), "second": _number(lambda v: v.second),
    "time offset": _offset, "timezone": _zone,
}  # fmt: skip
_PROPERTIES: Mapping[type, Mapping[str, Callable[[Any], Value]]] = {
    datetime.date: _DATE,
    datetime.time: _TIME,
    datetime.datetime: {**_DATE, **_TIME},
    datetime.timedelta: {
        "days": _number(lambda v: _signed(v, 0)), "hours": _number(lambda v: _signed(v, 1)),
        "minutes": _number(lambda v: _signed(v, 2)), "seconds": _number(lambda v: _signed(v, 3)),
    },
    YearsMonths: {"years": _number(lambda v: _months(v, 0)), "months": _number(lambda v: _months(v, 1))},
    Range: {
        "start": lambda v: v.start, "end": lambda v: v.end,
        "start included": lambda v: v.start_included, "end included": lambda v: v.end_included,
    },
}  # fmt: skip
