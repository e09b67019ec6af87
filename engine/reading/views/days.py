"""Days as pages show them: a calendar year at a glance, and the days that a clock has counted. Knows no page.

A month is `{"year", "month", "weeks"}`; a week has seven entries from Monday on, None outside the month, else
`{"date", "day", "kind", …}`. Kinds of a day: work, weekend, rest (by notice), makeup (a Saturday or Sunday that is
worked), law (a holiday by law in a year that isn't published); on a clock's panel further used, left, over (after the
due date) and suspended.
"""

from __future__ import annotations

import calendar as grid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from engine.law.workdays import Calendar, Reckoning

View = dict[str, Any]
MOST_MONTHS = 12
"""Of a clock's panel: longer limits are shown from the month of the day on which they are looked at."""

_WEEKS = grid.Calendar(firstweekday=grid.MONDAY)


def kind_of(calendar: Calendar, day: date) -> str:
    """What the calendar says of a day, apart from any clock."""
    weekend, worked = day.weekday() >= 5, calendar.is_workday(day)
    if worked:
        return "makeup" if weekend else "work"
    if calendar.unpublished(day, day):
        return "weekend" if weekend else "law"
    named = any(day in year.rest for year in calendar.years if year.year in (day.year, day.year + 1))
    return "rest" if named or not weekend else "weekend"


def month(year: int, number: int, show: Callable[[date], Mapping[str, Any]]) -> View:
    weeks = [
        [{"date": day.isoformat(), "day": day.day, **show(day)} if day.month == number else None for day in week]
        for week in _WEEKS.monthdatescalendar(year, number)
    ]
    return {"year": year, "month": number, "weeks": weeks}


def year(calendar: Calendar, number: int, today: date) -> View:
    """A year at a glance: its twelve months, its notice, and how many days of each kind it has."""
    days = {day: kind_of(calendar, day) for day in _days_of(number)}
    notice = next((one.notice for one in calendar.years if one.year == number), None)

    def show(day: date) -> View:
        return {"kind": days[day], "is_start": False, "is_due": False, "is_today": day == today}

    return {
        "year": number,
        "published": notice is not None,
        "notice": notice,
        "workdays": sum(kind in ("work", "makeup") for kind in days.values()),
        "rest_days": sum(kind in ("rest", "law") for kind in days.values()),
        "makeup_days": sum(kind == "makeup" for kind in days.values()),
        "months": [month(number, n, show) for n in range(1, 13)],
    }


def _days_of(year: int) -> Iterator[date]:
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    return map(date.fromordinal, range(first, last + 1))


def panel(reckoning: Reckoning, suspensions: Sequence[View], calendar: Calendar, today: date) -> list[View]:
    """The months that a clock runs through: days counted up to today, those left, and those that a suspension took."""
    counted = frozenset(reckoning.counted_days)
    started = reckoning.run.start.date()
    spans = [(date.fromisoformat(one["from"]), one.get("to") and date.fromisoformat(one["to"])) for one in suspensions]

    def show(day: date) -> View:
        kind = kind_of(calendar, day)
        if day in counted:
            kind = "used" if day <= today else "left"
        elif reckoning.due is not None and reckoning.due < day <= today and kind in ("work", "makeup"):
            kind = "over"
        elif kind in ("work", "makeup") and any(begin < day <= (end or today) for begin, end in spans):
            kind = "suspended"
        marks = {"is_start": day == started, "is_due": day == reckoning.due, "is_today": day == today}
        return {"kind": kind, **marks}

    first, last = _month_of(started), _month_of(max(filter(None, (reckoning.due, today, *counted))))
    first = max(first, last - MOST_MONTHS + 1)
    return [month(n // 12, n % 12 + 1, show) for n in range(first, last + 1)]


def _month_of(day: date) -> int:
    return day.year * 12 + day.month - 1


def last_day(due: datetime) -> date:
    """The last day that is in time, of the instant at which a limit lapses: midnight belongs to the day before."""
    return (due - datetime.resolution).date()
