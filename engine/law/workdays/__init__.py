"""Working-day arithmetic: calendars, limits, suspensions, extensions, lights.

Pure: no clock, no database. Dates in, dates out; every moment is passed in, with its time zone. Knows nothing of cases
and matters: reckons one clock over one calendar version. The only room that knows chinesecalendar, from which the
shipped calendar is made.

    calendar.py    Calendar, Year: which days count; digest; the file that an administrator loads
    counting.py    Line: counts days of a calendar forward and backward, without suspended spans
    clock.py       Limit, Suspend, Extend, Clock: the ledger of one clock
    reckoning.py   reckon(clock, calendar) -> due date, days counted, extensions, light; warn_at
    request.py     due(request): the same with JSON in and out, for `licet due`

Sources: 行政许可法 arts. 42, 45, 82; 民法典 arts. 201, 203.
"""

from engine.law.workdays.calendar import Calendar, Year
from engine.law.workdays.clock import Clock, Extend, Limit, Suspend
from engine.law.workdays.counting import workdays_after, workdays_before
from engine.law.workdays.reckoning import AsOf, Extension, Light, Reckoning, reckon, warn_at
from engine.law.workdays.request import due

__all__ = [
    "AsOf",
    "Calendar",
    "Clock",
    "Extend",
    "Extension",
    "Light",
    "Limit",
    "Reckoning",
    "Suspend",
    "Year",
    "due",
    "reckon",
    "warn_at",
    "workdays_after",
    "workdays_before",
]
