"""Calendar versions: which days are workdays, by the State Council's yearly notices.

Knows days only, nothing of clocks. `licet calendar load` reads a file of one or more years:

    {"region": "CN", "zone": "Asia/Shanghai",              both optional; if given, the calendar's own
     "years": [
       {"year": 2027,
        "notice": "国办发明电〔2026〕8号",                   the notice's number or title
        "rest":   ["2027-01-01", "2027-02-05/2027-02-11"],  days, or spans with both ends; weekends too
        "makeup": ["2027-01-30", "2027-02-20"]}]}           Saturdays and Sundays that are worked 调休

A single year object is accepted too, and so is a table: CSV with commas, semicolons or tabs, in UTF-8 or GB 18030.
The first row of each year gives its notice. Dates are 2027-01-01, or 2027/1/1 as spreadsheets write them:

    year,notice,kind,from,to
    2027,国办发明电〔2026〕8号,rest,2027-01-01,
    2027,,rest,2027/2/5,2027/2/11
    2027,,makeup,2027-01-30,

A notice has days of its year and of the December before it, since a New Year holiday may begin there. The reader
refuses, and names the place in the file (in a table, the line): a day given twice, a make-up day on a weekday, a fixed
statutory holiday that isn't a rest day, a year that is missing between two others, a year given twice, unknown fields.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache, cached_property
from importlib import import_module
from io import StringIO
from itertools import accumulate, pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.base.errors import InvalidInput

EARLIEST_YEAR, LATEST_YEAR = 1900, 2499  # the years that can be counted; bounds tables and answers
LONGEST_NOTICE = 200  # characters
LARGEST_FILE = 1_000_000  # characters; a century of notices is about 50,000

# (month, day) of the holidays that the law itself fixes in the Gregorian calendar (全国年节及纪念日放假办法 art. 2).
# Spring Festival, Qingming, Dragon Boat and Mid-Autumn move from year to year: only notices give their rest days.
FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
_MAY_SECOND_SINCE = 2025

_NUMBERED_NOTICES = {
    2024: "国办发明电〔2023〕7号",
    2025: "国办发明电〔2024〕12号",
    2026: "国办发明电〔2025〕7号",
}


@dataclass(frozen=True, slots=True)
class Year:
    """The notice of one year. `makeup` holds the Saturdays and Sundays that are worked."""

    year: int
    notice: str
    rest: frozenset[date]
    makeup: frozenset[date]

    def as_json(self) -> dict[str, Any]:
        return {
            "year": self.year,
            "notice": self.notice,
            "rest": [day.isoformat() for day in sorted(self.rest)],
            "makeup": [day.isoformat() for day in sorted(self.makeup)],
        }


@dataclass(frozen=True)
class Calendar:
    """One immutable version: the notices of a range of years without a gap, for a region and its time zone.

    Calendars with the same content are equal and have the same `digest`. In years without a notice, workdays are the
    weekdays that are no fixed statutory holiday: a provisional count. `unpublished` tells which years have no notice.
    """

    years: tuple[Year, ...]
    region: str = "CN"
    zone: str = "Asia/Shanghai"
    _tables: list[_Table] = field(default_factory=list, compare=False, repr=False)

    @staticmethod
    def shipped() -> Calendar:
        """The calendar that ships with Licet: the notices from 2004 to the last year that chinesecalendar has."""
        return _shipped()

    @staticmethod
    def from_json(text: str | bytes) -> Calendar:
        """The calendar in the text of `to_json`, or in a file as the module describes it. Raises InvalidInput."""
        region, zone, years = _read(text)
        return Calendar(tuple(years), region or "CN", zone or "Asia/Shanghai")

    def __post_init__(self) -> None:
        if not self.years:
            raise _wrong("years", "expected at least one year")
        object.__setattr__(self, "years", tuple(sorted(self.years, key=lambda year: year.year)))
        numbers = [year.year for year in self.years]
        for earlier, later in pairwise(numbers):
            if earlier == later:
                raise _wrong("years", f"{later} stands twice")
            if later != earlier + 1:
                raise _wrong("years", f"{earlier + 1} is missing before {later}; load it first")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise _wrong("zone", f"expected a time zone such as Asia/Shanghai, found {self.zone!r}") from None

    def to_json(self) -> str:
        """The calendar as JSON text; calendars with the same content give the same text."""
        content = {"region": self.region, "zone": self.zone, "years": [y.as_json() for y in self.years]}
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def loaded(self, text: str | bytes) -> Calendar:
        """A new version with the years of the file added; a year that this version has is replaced.

        Raises InvalidInput, naming the field.
        """
        region, zone, years = _read(text)
        for name, found, own in (("region", region, self.region), ("zone", zone, self.zone)):
            if found not in (None, own):
                raise _wrong(name, f"this calendar is for {own}, the file for {found}")
        kept = {year.year: year for year in self.years}
        return replace(self, years=tuple((kept | {year.year: year for year in years}).values()), _tables=[])

    @cached_property
    def digest(self) -> str:
        """`sha256:…` of `to_json()`."""
        return "sha256:" + hashlib.sha256(self.to_json().encode()).hexdigest()

    @cached_property
    def zoneinfo(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def first_year(self) -> int:
        return self.years[0].year

    @property
    def last_year(self) -> int:
        return self.years[-1].year

    def is_workday(self, day: date) -> bool:
        return self.count(day - timedelta(days=1), day) == 1

    def unpublished(self, first: date, last: date) -> tuple[int, ...]:
        """The years from that of `first` to that of `last`, both included, of which this version has no notice."""
        if self.first_year <= first.year and last.year <= self.last_year:
            return ()
        published = range(self.first_year, self.last_year + 1)
        return tuple(year for year in range(first.year, last.year + 1) if year not in published)

    def differs(self, other: Calendar) -> tuple[date, date] | None:
        """The first and the last day on which two calendars may count differently; None if their years are the same."""
        own, others = ({year.year: year for year in calendar.years} for calendar in (self, other))
        changed = [year for year in own.keys() | others.keys() if own.get(year) != others.get(year)]
        if not changed:
            return None
        return date(min(changed) - 1, 12, 1), date(max(changed), 12, 31)

    def count(self, after: date, upto: date) -> int:
        """The number of workdays after `after` up to and including `upto`; 0 if `upto` isn't later."""
        return self.count_ordinals(after.toordinal(), upto.toordinal())

    def count_ordinals(self, after: int, upto: int) -> int:
        """`count`, with days as proleptic ordinals (`date.toordinal`)."""
        if upto <= after:
            return 0
        table = self._covering(after, upto)
        return table.before[upto + 1 - table.first] - table.before[after + 1 - table.first]

    def nth_ordinal(self, after: int, n: int) -> int:
        """The n-th workday after the day `after`, for n ≥ 1. Days are proleptic ordinals.

        Below 1 it counts backward: 0 gives the last workday up to and including `after`, -1 the workday before that.
        """
        spread = abs(n) * 2 + 40  # two calendar days a workday, and more than the longest holiday
        table = self._covering(after, after + spread) if n > 0 else self._covering(after - spread, after)
        return table.workdays[table.before[after + 1 - table.first] + n - 1]

    def _covering(self, first: int, last: int) -> _Table:
        """A table of days that covers both ordinals. It is kept, and made anew when a later call needs more years."""
        if self._tables:
            table = self._tables[0]
            if table.first < first and last < table.last:
                return table
        known = self._tables[0].years if self._tables else (self.first_year - 1, self.last_year + 3)
        table = _Table(self, min(_year_of(first - 1), known[0]), max(_year_of(last + 1), known[1]))
        self._tables[:] = [table]
        return table


class _Table:
    """Running counts of workdays from 1 January of one year to 31 December of another.

    `before[i]` is the number of workdays before the day `first + i`; `workdays` has the ordinal of each. So counting
    days, and finding the n-th, take one look-up however long the span is.
    """

    def __init__(self, calendar: Calendar, first_year: int, last_year: int) -> None:
        self.years = (first_year, last_year)
        self.first = date(first_year, 1, 1).toordinal()
        self.last = date(last_year, 12, 31).toordinal()
        named: dict[int, bool] = {}
        for year in calendar.years:  # in order, so that a later notice has the last word on a December
            named |= {day.toordinal(): False for day in year.rest} | {d.toordinal(): True for d in year.makeup}
        for number in range(first_year, last_year + 1):
            if not calendar.first_year <= number <= calendar.last_year:
                for day in _fixed_holidays(number):
                    named.setdefault(day.toordinal(), False)
        days = range(self.first, self.last + 1)
        worked = [named.get(day, day % 7 not in (6, 0)) for day in days]  # ordinal 1 was a Monday
        self.before = [0, *accumulate(worked)]
        self.workdays = [day for day, works in zip(days, worked, strict=True) if works]


def _year_of(ordinal: int) -> int:
    """The year of a day. Raises InvalidInput for a day outside the years that can be counted."""
    earliest, latest = date(EARLIEST_YEAR, 1, 1).toordinal(), date(LATEST_YEAR, 12, 31).toordinal()
    if not earliest <= ordinal <= latest:
        raise InvalidInput(
            f"Expected days between {EARLIEST_YEAR} and {LATEST_YEAR}; the counting leaves them.",
            sentence="days_out_of_range",
            field="start",
            earliest=EARLIEST_YEAR,
            latest=LATEST_YEAR,
        )
    return date.fromordinal(ordinal).year


def _fixed_holidays(year: int) -> list[date]:
    return [date(year, *day) for day in FIXED_HOLIDAYS if day != (5, 2) or year >= _MAY_SECOND_SINCE]


@cache
def _shipped() -> Calendar:
    """The shipped calendar, from the tables of chinesecalendar, which is imported when it is first needed."""
    table = import_module("chinese_calendar.constants")
    years = range(min(table.holidays).year, max(table.holidays).year + 1)
    return Calendar(
        tuple(
            Year(
                year,
                _NUMBERED_NOTICES.get(year, f"国务院办公厅关于{year}年部分节假日安排的通知"),
                frozenset(day for day in table.holidays if day.year == year),
                frozenset(day for day in table.workdays if day.year == year),
            )
            for year in years
        )
    )


def _wrong(where: str, problem: str) -> InvalidInput:
    return InvalidInput(f"{where}: {problem}.", sentence="calendar_wrong", field=where)


def _read(text: str | bytes) -> tuple[str | None, str | None, list[Year]]:
    """Region and zone of a calendar file, None where it doesn't give them, and its years."""
    if len(text) > LARGEST_FILE:
        raise _wrong("file", f"expected at most {LARGEST_FILE} characters, found {len(text)}")
    text = _decoded(text)
    if not text.lstrip().startswith(("{", "[")):
        return None, None, _read_table(text)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong("file", f"expected JSON in UTF-8, found something else ({error})") from None
    if isinstance(content, dict) and "years" not in content:
        content = {"years": [content]}
    content = _object("file", content, {"region", "zone", "years"})
    for name in ("region", "zone"):
        if not isinstance(content.get(name), str | None):
            raise _wrong(name, "expected text")
    if not isinstance(content["years"], list):
        raise _wrong("years", "expected a list of years")
    years = [_read_year(f"years[{i}]", entry) for i, entry in enumerate(content["years"])]
    return content.get("region"), content.get("zone"), years


def _decoded(text: str | bytes) -> str:
    """The text of the file. Spreadsheets write GB 18030 unless they are told otherwise."""
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return text.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _wrong("file", "expected JSON or CSV in UTF-8, found something else")


# ------------------------------------------------------------------ a table


COLUMNS = ("year", "notice", "kind", "from", "to")
KINDS = ("rest", "makeup")


def _read_table(text: str) -> list[Year]:
    """The years of a CSV file."""
    header = text.partition("\n")[0]
    delimiter = next((mark for mark in (",", ";", "\t") if mark in header), None)
    expected = f"expected JSON, or CSV that begins with {','.join(COLUMNS)}"
    if delimiter is None:
        raise _wrong("file", f"{expected}; found {header[:60]!r}")
    try:
        lines = list(csv.reader(StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise _wrong("file", f"{expected}; found something else ({error})") from None
    if [name.strip() for name in lines[0]] != list(COLUMNS):
        raise _wrong("line 1", f"{expected}; found {header[:60]!r}")
    years: dict[int, _Rows] = {}
    for number, cells in enumerate(lines[1:], start=2):
        if any(cell.strip() for cell in cells):
            _read_row(f"line {number}", [cell.strip() for cell in cells], years)
    return [
        _year(year, rows.notice, rows.days["rest"], rows.days["makeup"], rows.place) for year, rows in years.items()
    ]


@dataclass(slots=True)
class _Rows:
    """The rows of one year in a table: the place of the first, the notice, and the days of each kind."""

    place: str
    notice: str
    days: dict[str, list[_Placed]] = field(default_factory=lambda: {kind: [] for kind in KINDS})


def _read_row(place: str, cells: list[str], years: dict[int, _Rows]) -> None:
    if len(cells) != len(COLUMNS):
        raise _wrong(place, f"expected {len(COLUMNS)} columns ({','.join(COLUMNS)}), found {len(cells)}")
    text, notice, kind, first, last = cells
    year = _number(place, int(text) if text.isascii() and text.isdecimal() else None)
    if kind not in KINDS:
        raise _wrong(place, f"expected the kind rest or makeup, found {kind[:40]!r}")
    rows = years.setdefault(year, _Rows(place, _notice(place, notice or (None if year not in years else "-"))))
    if notice and notice != rows.notice:
        raise _wrong(place, f"the notice of {year} is {rows.notice!r} in {rows.place}, here {notice[:40]!r}")
    ends = (_written(first), _written(last)) if last else (_written(first),)
    rows.days[kind].append((place, "/".join(ends)))


def _written(day: str) -> str:
    """The date in the form of ISO 8601: spreadsheets write 2027/1/1 for 2027-01-01."""
    parts = day.split("/")
    return "-".join([parts[0], *(part.zfill(2) for part in parts[1:])]) if len(parts) == 3 else day


# ------------------------------------------------------------------ a year


def _object(where: str, value: object, allowed: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(where, "expected an object")
    for name in value:
        if name not in allowed:
            raise _wrong(f"{where}.{name}"[:100], f"unknown field; expected {', '.join(sorted(allowed))}")
    return value


_Placed = tuple[str, object]
"""(place in the file, day or span as it is written there)"""


def _read_year(where: str, value: object) -> Year:
    content = _object(where, value, {"year", "notice", "rest", "makeup"})
    number = _number(f"{where}.year", content.get("year"))
    notice = _notice(f"{where}.notice", content.get("notice"))
    rest, makeup = (_listed(f"{where}.{kind}", content.get(kind)) for kind in KINDS)
    return _year(number, notice, rest, makeup, f"{where}.rest")


def _listed(where: str, value: object) -> list[_Placed]:
    if not isinstance(value, list):
        raise _wrong(where, "expected a list of days")
    return [(f"{where}[{i}]", entry) for i, entry in enumerate(value)]


def _number(where: str, value: object) -> int:
    if type(value) is not int or not EARLIEST_YEAR <= value <= LATEST_YEAR:
        raise _wrong(where, f"expected a year between {EARLIEST_YEAR} and {LATEST_YEAR}")
    return value


def _notice(where: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_NOTICE:
        raise _wrong(where, f"expected the notice's number, at most {LONGEST_NOTICE} characters")
    return value.strip()


def _year(number: int, notice: str, rest: Iterable[_Placed], makeup: Iterable[_Placed], where: str) -> Year:
    """The year with these days. Raises InvalidInput if it breaks a rule; `where` is the place of its rest days."""
    seen: dict[date, str] = {}
    rested, worked = _read_days(rest, number, seen), _read_days(makeup, number, seen)
    for day in worked:
        if day.weekday() < 5:
            raise _wrong(seen[day], f"{day} is a weekday; a make-up day is a Saturday or Sunday")
    for day in _fixed_holidays(number):
        if day not in rested and (day in worked or day.weekday() < 5):
            raise _wrong(where, f"{day} is a holiday by law and isn't among the rest days of {number}")
    return Year(number, notice, rested, worked)


def _read_days(entries: Iterable[_Placed], year: int, seen: dict[date, str]) -> frozenset[date]:
    """All days of these days and spans. Adds the place of each to `seen`; raises InvalidInput for a day seen before."""
    first, last = date(year - 1, 12, 1), date(year, 12, 31)
    days: set[date] = set()
    for place, entry in entries:
        for day in _span(place, entry):
            if not first <= day <= last:
                raise _wrong(place, f"{day} is neither in {year} nor in the December before")
            if day in seen:
                raise _wrong(place, f"{day} stands twice, first in {seen[day]}")
            seen[day] = place
            days.add(day)
    return frozenset(days)


def _span(where: str, entry: object) -> Iterable[date]:
    expected = "expected a day such as 2027-01-01, or a span such as 2027-02-05/2027-02-11"
    if not isinstance(entry, str):
        raise _wrong(where, expected)
    try:
        ends = [date.fromisoformat(end) for end in entry.split("/", 1)]
    except ValueError:
        raise _wrong(where, f"{expected}, found {entry[:40]!r}") from None
    length = (ends[-1] - ends[0]).days
    if not 0 <= length <= 31:
        raise _wrong(where, "expected a span of at most 31 days whose end isn't before its start")
    return [ends[0] + timedelta(days=i) for i in range(length + 1)]
