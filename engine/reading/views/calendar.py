"""The calendar in force, a year at a glance."""

from __future__ import annotations

from dataclasses import dataclass

from engine.base.errors import NotFound
from engine.hall.library import RECOUNT
from engine.law.workdays.calendar import EARLIEST_YEAR, LATEST_YEAR
from engine.reading.views import days
from engine.reading.views.sight import Sight


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """A year of the calendar, the first and last year that it has, and whether open clocks are being counted again."""

    shown: days.Year
    first_year: int
    last_year: int
    region: str
    digest: str
    counting: bool


def page(sight: Sight, year: int | None = None) -> CalendarPage:
    """A year, today's where none is named. For administrators. Raises NotFound beyond the years that are counted."""
    sight.need_administrator()
    calendar, today = sight.viewer.calendar, sight.viewer.today
    number = today.year if year is None else year
    if not EARLIEST_YEAR < number < LATEST_YEAR:
        raise NotFound(
            f"Expected a year after {EARLIEST_YEAR} and before {LATEST_YEAR}; found {number}.",
            sentence="year_out_of_range",
            year=number,
        )
    return CalendarPage(
        shown=days.year(calendar, number, today),
        first_year=calendar.first_year,
        last_year=calendar.last_year,
        region=calendar.region,
        digest=calendar.digest,
        counting=sight.reading.setting(RECOUNT) not in (None, "null"),
    )
