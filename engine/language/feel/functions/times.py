"""Functions that make dates, times and durations, and read the calendar. `now()` gives the moment that the host passed.

Source: DMN 1.5 § 10.3.4.1, § 10.3.4.6, § 10.3.4.8.
"""

from __future__ import annotations

import calendar
import datetime
from decimal import Decimal

from engine.language.feel import temporal
from engine.language.feel.functions.registry import define
from engine.language.feel.scope import Scope
from engine.language.feel.values import Value, YearsMonths

_DAY = "date | date and time"


def _whole(*values: Decimal) -> list[int] | None:
    """The values as integers; None if one is no whole number, or far beyond any calendar."""
    if any(value % 1 or abs(value) > 1_000_000_000 for value in values):
        return None
    return [int(value) for value in values]


@define("date(from: string)")
def _date_of_text(text: str) -> Value:
    return temporal.parse_date(text)


@define(f"date(from: {_DAY})")
def _date_of(value: datetime.date) -> Value:
    return value.date() if isinstance(value, datetime.datetime) else value


@define("date(year: number, month: number, day: number)")
def _date(year: Decimal, month: Decimal, day: Decimal) -> Value:
    parts = _whole(year, month, day)
    try:
        return datetime.date(*parts) if parts else None
    except (ValueError, OverflowError):
        return None


@define("time(from: string)")
def _time_of_text(text: str) -> Value:
    return temporal.parse_time(text)


@define("time(from: date and time | time | date)")
def _time_of(value: Value) -> Value:
    if isinstance(value, datetime.datetime):
        return value.timetz()
    return value if isinstance(value, datetime.time) else temporal.midnight(value).timetz()


@define("time(hour: number, minute: number, second: number, offset?: days and time duration)")
def _time(hour: Decimal, minute: Decimal, second: Decimal, offset: datetime.timedelta | None) -> Value:
    parts = _whole(hour, minute, second // 1)
    zone = None if offset is None else temporal.offset_zone(offset)
    if parts is None or (offset is not None and zone is None):
        return None
    try:
        return datetime.time(parts[0], parts[1], parts[2], int(second % 1 * 1_000_000), zone)
    except ValueError:
        return None


@define("date and time(from: string)")
def _datetime_of_text(text: str) -> Value:
    return temporal.parse_datetime(text)


@define(f"date and time(date: {_DAY}, time: time)")
def _datetime_of(day: datetime.date, time: datetime.time) -> Value:
    return datetime.datetime.combine(_date_of(day), time)


@define(f"date and time(from: {_DAY})")
def _datetime_of_day(value: datetime.date) -> Value:
    if isinstance(value, datetime.datetime):
        return value
    return temporal.midnight(value)


@define(f"date and time(date: {_DAY}, timezone: string)")
def _datetime_in_zone(value: datetime.date, timezone: str) -> Value:
    zone = temporal.zone_named(timezone)
    if zone is None or not isinstance(value, datetime.datetime) or value.tzinfo is None:
        return None
    return value.astimezone(zone)


@define(
    "date and time(year: number, month: number, day: number, hour: number, minute: number, second: number,"
    " offset?: days and time duration)"
)
def _datetime(
    year: Decimal, month: Decimal, day: Decimal, hour: Decimal, minute: Decimal, second: Decimal,
    offset: datetime.timedelta | None,
) -> Value:  # fmt: skip
    date, time = _date(year, month, day), _time(hour, minute, second, offset)
    return None if date is None or time is None else datetime.datetime.combine(date, time)


@define(
    "date and time(year: number, month: number, day: number, hour: number, minute: number, second: number,"
    " timezone: string)"
)
def _datetime_with_zone(
    year: Decimal, month: Decimal, day: Decimal, hour: Decimal, minute: Decimal, second: Decimal, timezone: str
) -> Value:
    moment, zone = _datetime(year, month, day, hour, minute, second, None), temporal.zone_named(timezone)
    return None if moment is None or zone is None else moment.replace(tzinfo=zone)


@define("duration(from: string)")
def _duration(text: str) -> Value:
    return temporal.parse_duration(text)


@define(f"years and months duration(from: {_DAY}, to: {_DAY})")
def _months_between(start: datetime.date, end: datetime.date) -> YearsMonths:
    return temporal.months_between(start, end)


@define("now()", with_scope=True)
def _now(scope: Scope) -> Value:
    return scope.root.now


@define("today()", with_scope=True)
def _today(scope: Scope) -> Value:
    now = scope.root.now
    return None if now is None else now.date()


@define(f"day of year(date: {_DAY})")
def _day_of_year(day: datetime.date) -> Decimal:
    return Decimal(day.timetuple().tm_yday)


@define(f"day of week(date: {_DAY})")
def _day_of_week(day: datetime.date) -> str:
    return calendar.day_name[day.weekday()]


@define(f"month of year(date: {_DAY})")
def _month_of_year(day: datetime.date) -> str:
    return calendar.month_name[day.month]


@define(f"week of year(date: {_DAY})")
def _week_of_year(day: datetime.date) -> Decimal:
    return Decimal(day.isocalendar().week)


@define(f"last day of month(date: {_DAY})")
def _last_day(day: datetime.date) -> Value:
    return _date_of(day).replace(day=calendar.monthrange(day.year, day.month)[1])
