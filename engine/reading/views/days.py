"""Days as pages show them: a calendar year at a glance, and the days that a clock has counted. Knows no page.

Kinds of a day: work, weekend, rest (by notice), makeup (a Saturday or Sunday that is worked), law (a holiday by law in
a year that isn't published); on a clock's panel further used, left, over (after the due date) and suspended.
"""

from __future__ import annotations

import calendar as grid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from engine.law.workdays import Calendar, Reckoning

Span = tuple[date, date | None]
"""A suspension: the day on which it began, and the day on which it ended or None while it lasts."""
MOST_MONTHS = 12
"""Of a clock's panel: longer limits are shown from the month of the day on which they are looked at."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a month; `date` in ISO 8601, `day` its number. `is_start`, `is_due`: of the clock that is shown."""

    date: str
    day: int
    kind: str
    is_today: bool = False
    is_start: bool = False
    is_due: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    """A month; each of its weeks has seven days from Monday on, None outside the month."""

    year: int
    month: int
    weeks: tuple[tuple[Day | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Year:
    """A year at a glance. `notice` is the State Council's number of it, None where it isn't published."""

    year: int
    published: bool
    notice: str | None
    workdays: int
    rest_days: int
    makeup_days: int
    months: tuple[Month, ...]


_WEEKS = grid.Calendar(firstweekday=grid.MONDAY)


def kind_of(calendar: Calendar, day: date) -> str:
    """Return the kind of a day in the calendar, whatever a clock counts."""
    weekend, worked = day.weekday() >= 5, calendar.is_workday(day)
    if worked:
        return "makeup" if weekend else "work"
    if calendar.unpublished(day, day):
        return "weekend" if weekend else "law"
    named = any(day in year.rest for year in calendar.years if year.year in (day.year, day.year + 1))
    return "rest" if named or not weekend else "weekend"


def month(year: int, number: int, show: Callable[[date], Day]) -> Month:
    weeks = tuple(
        tuple(show(day) if day.month == number else None for day in week)
        for week in _WEEKS.monthdatescalendar(year, number)
    )
    return Month(year, number, weeks)


def year(calendar: Calendar, number: int, today: date) -> Year:
    """A year at a glance: its twelve months, its notice, and how many days of each kind it has."""
    kinds = {day: kind_of(calendar, day) for day in _days_of(number)}
    notice = next((one.notice for one in calendar.years if one.year == number), None)

    def show(day: date) -> Day:
        return Day(day.isoformat(), day.day, kinds[day], is_today=day == today)

    return Year(
        year=number,
        published=notice is not None,
        notice=notice,
        workdays=sum(kind in ("work", "makeup") for kind in kinds.values()),
        rest_days=sum(kind in ("rest", "law") for kind in kinds.values()),
        makeup_days=sum(kind == "makeup" for kind in kinds.values()),
        months=tuple(month(number, n, show) for n in range(1, 13)),
    )


def _days_of(year: int) -> Iterator[date]:
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    return map(date.fromordinal, range(first, last + 1))


def panel(reckoning: Reckoning, suspensions: Sequence[Span], calendar: Calendar, today: date) -> tuple[Month, ...]:
    """The months that a clock runs through: days counted up to today, those left, and those that a suspension took."""
    counted = frozenset(reckoning.counted_days)
    started = reckoning.run.start.date()

    def show(day: date) -> Day:
        kind = kind_of(calendar, day)
        if day in counted:
            kind = "used" if day <= today else "left"
        elif reckoning.due is not None and reckoning.due < day <= today and kind in ("work", "makeup"):
            kind = "over"
        elif kind in ("work", "makeup") and any(begin < day <= (end or today) for begin, end in suspensions):
            kind = "suspended"
        return Day(day.isoformat(), day.day, kind, day == today, day == started, day == reckoning.due)

    first, last = _month_of(started), _month_of(max(filter(None, (reckoning.due, today, *counted))))
    first = max(first, last - MOST_MONTHS + 1)
    return tuple(month(n // 12, n % 12 + 1, show) for n in range(first, last + 1))


def _month_of(day: date) -> int:
    return day.year * 12 + day.month - 1


def last_day(due: datetime) -> date:
    """The last day that is in time, of the instant at which a limit lapses: midnight belongs to the day before."""
    return (due - datetime.resolution).date()
