"""Reads, writes and calculates with dates, times and durations. Pure: no clock, no locale.

Source: DMN 1.5 § 10.3.2.3.4-8 (the lexical forms are those of XML Schema and ISO 8601, plus `@zone`).
Years run from 1 to 9999; a second has six decimals, further digits are cut off.

Where a date meets a moment it is its midnight, in the zone of the evaluation's `now()`; in UTC if there is none.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.language.feel.values import Value, YearsMonths

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(
    r"(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d)(?::(\d\d))?|@([A-Za-z0-9_+\-]+(?:/[A-Za-z0-9_+\-]+)*))?",
    re.ASCII,
)
_DAYS = re.compile(r"(-)?P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d*))?S)?)?", re.ASCII)
_MONTHS = re.compile(r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?", re.ASCII)
_LARGEST_OFFSET = timedelta(hours=18)  # as in XML Schema's implementations; beyond it is a slip of the pen
_DIGITS = 12  # most digits of one part of a duration: Python holds no more


_midnights: ContextVar[tzinfo] = ContextVar("midnights", default=UTC)
"""The zone of the evaluation under way. A context variable, because an operator gets values alone."""


def in_zone_of(now: datetime.datetime | None, run: Callable[[], Value]) -> Value:
    """The value that `run` gives while midnight is that of the zone of `now`."""
    if now is None or now.tzinfo is None or now.tzinfo is _midnights.get():
        return run()
    token = _midnights.set(now.tzinfo)
    try:
        return run()
    finally:
        _midnights.reset(token)


def midnight(day: datetime.date) -> datetime.datetime:
    """The moment at which a day begins."""
    return datetime.datetime.combine(day, datetime.time(), _midnights.get())


def parse_date(text: str) -> datetime.date | None:
    """The date of a text such as `2024-09-02`, or None."""
    found = _DATE.fullmatch(text)
    if not found:
        return None
    try:
        return datetime.date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def parse_time(text: str) -> datetime.time | None:
    """The time of a text such as `09:00:00.5+08:00`, or None. Fraction and zone (`Z`, an offset, `@Zone/Name`) may be
    left out."""
    found = _TIME.fullmatch(text)
    return _time(found)[0] if found else None


def parse_datetime(text: str) -> datetime.datetime | None:
    """The date and time of a text such as `2024-09-02T09:00:00`, or None. A date alone gives its midnight. `24:00:00`
    is the midnight of the next day."""
    day_text, separator, time_text = text.partition("T")
    day = parse_date(day_text)
    if day is None:
        return None
    if not separator:
        return datetime.datetime.combine(day, datetime.time())
    found = _TIME.fullmatch(time_text)
    clock, next_day = _time(found) if found else (None, False)
    if clock is None:
        return None
    try:
        return datetime.datetime.combine(day + timedelta(days=next_day), clock)
    except OverflowError:
        return None


def _time(found: re.Match[str]) -> tuple[datetime.time | None, bool]:
    hour, minute, second, fraction = int(found[1]), int(found[2]), int(found[3]), found[4]
    next_day = (hour, minute, second) == (24, 0, 0) and not (fraction or "").strip("0")
    micros = int((fraction or "0").ljust(6, "0")[:6])
    zone = _zone(found)
    if zone is _BAD:
        return None, False
    try:
        return datetime.time(0 if next_day else hour, minute, second, micros, zone), next_day  # type: ignore[arg-type]
    except ValueError:
        return None, False


_BAD = object()


def _zone(found: re.Match[str]) -> object:
    if found[5]:
        return UTC
    if found[6]:
        offset = timedelta(hours=int(found[7]), minutes=int(found[8]), seconds=int(found[9] or 0))
        if int(found[8]) > 59 or offset > _LARGEST_OFFSET:
            return _BAD
        return offset_zone(-offset if found[6] == "-" else offset)
    if found[10]:
        return zone_named(found[10]) or _BAD
    return None


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of this name in the IANA database, or None."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def offset_zone(offset: timedelta) -> timezone | None:
    """The zone with a fixed offset from UTC; None if the offset is out of bounds."""
    if abs(offset) > _LARGEST_OFFSET:
        return None
    return timezone(offset) if offset else UTC


def parse_duration(text: str) -> timedelta | YearsMonths | None:
    """The duration of a text such as `P1DT2H`, `-PT5M` or `P1Y2M`, or None. Days and months can't be mixed."""
    found = _MONTHS.fullmatch(text)
    if found and (found[2] or found[3]):
        if max(len(found[2] or ""), len(found[3] or "")) > _DIGITS:
            return None
        months = int(found[2] or 0) * 12 + int(found[3] or 0)
        return YearsMonths(-months if found[1] else months)
    found = _DAYS.fullmatch(text)
    if not found or not any(found[i] for i in (2, 3, 4, 5)):
        return None
    if max(len(found[i] or "") for i in (2, 3, 4, 5)) > _DIGITS:
        return None
    micros = int((found[6] or "").ljust(6, "0")[:6])
    try:
        length = timedelta(int(found[2] or 0), int(found[5] or 0), micros, 0, int(found[4] or 0), int(found[3] or 0))
    except OverflowError:
        return None
    return -length if found[1] else length


_WRITTEN = re.compile(r'\s*(?:@\s*|duration\s*\(\s*(?:from\s*:\s*)?)"(P[0-9DTHMS.]+)"\s*\)?\s*')


def duration_in(expression: str) -> str | None:
    """The text of a duration above zero, such as `PT24H`, if the expression is nothing else; else None."""
    found = _WRITTEN.fullmatch(expression)
    length = parse_duration(found[1]) if found else None
    return found[1] if found and isinstance(length, timedelta) and length else None


def parse(text: str) -> Value:
    """The date, date and time, time or duration of a text, as it may follow `@`; or None."""
    if text[4:5] == "-" and text[10:11] == "T":
        return parse_datetime(text)
    for reader in (parse_date, parse_time, parse_duration):
        value = reader(text)
        if value is not None:
            return value
    return None


def format_time(value: datetime.time | datetime.datetime) -> str:
    """The text of a time, such as `09:00:00`, with its fraction and zone if it has them."""
    text = f"{value.hour:02}:{value.minute:02}:{value.second:02}"
    if value.microsecond:
        text += f".{value.microsecond:06}".rstrip("0")
    return text + _format_zone(value)


def _format_zone(value: datetime.time | datetime.datetime) -> str:
    zone = value.tzinfo
    if zone is None:
        return ""
    if isinstance(zone, ZoneInfo):
        return f"@{zone.key}"
    offset = value.utcoffset()
    if not offset:
        return "Z"
    seconds = int(abs(offset).total_seconds())
    text = f"{'-' if offset < timedelta() else '+'}{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return text + (f":{seconds % 60:02}" if seconds % 60 else "")


def format_datetime(value: datetime.datetime) -> str:
    """The text of a date and time, such as `2024-09-02T09:00:00+08:00`."""
    return f"{value.date().isoformat()}T{format_time(value)}"


def format_duration(value: timedelta | YearsMonths) -> str:
    """The shortest ISO 8601 text of a duration: `P1DT2H`, `PT0S`, `-P1Y2M`, `P0M`."""
    if isinstance(value, YearsMonths):
        years, months = divmod(abs(value.months), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return f"{'-' if value.months < 0 else ''}P{text or '0M'}"
    length = abs(value)
    hours, rest = divmod(length.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{length.microseconds:06}".rstrip("0") if length.microseconds else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock += f"{seconds}{fraction}S" if seconds or fraction else ""
    days = f"{length.days}D" if length.days else ""
    return f"{'-' if value < timedelta() else ''}P{days}{'T' + clock if clock else ''}" if days or clock else "PT0S"


def same_zone_kind(one: datetime.time | datetime.datetime, other: datetime.time | datetime.datetime) -> bool:
    """Whether both have a zone, or neither has: only then is there an order between them."""
    return (one.tzinfo is None) == (other.tzinfo is None)


def day_seconds(value: datetime.time) -> timedelta:
    """The time since midnight UTC; for a time without offset, since its own midnight.

    A named zone has no offset without a date; such times are compared by the clock on the wall.
    """
    own = timedelta(0, (value.hour * 60 + value.minute) * 60 + value.second, value.microsecond)
    return own - (value.utcoffset() or timedelta())


def add_months(value: datetime.date, months: int) -> datetime.date | None:
    """The same day so many months later; the last day of that month if it has no such day. None beyond year 9999."""
    year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return None
    for day in (value.day, 30, 29, 28):
        try:
            return value.replace(year=year, month=month + 1, day=min(day, value.day))
        except ValueError:
            continue
    return None


def add_days(value: datetime.date, length: timedelta) -> datetime.date | None:
    """A date, or date and time, plus a duration. Of a plain date, hours beyond whole days are cut off."""
    try:
        if isinstance(value, datetime.datetime):
            # By the clock on the wall, as in other implementations of FEEL: 24 hours later it shows the same hour.
            return value + length
        return (datetime.datetime.combine(value, datetime.time()) + length).date()
    except OverflowError:
        return None


def add_clock(value: datetime.time, length: timedelta) -> datetime.time:
    """A time plus a duration; past midnight it begins again from 0."""
    own = timedelta(0, (value.hour * 60 + value.minute) * 60 + value.second, value.microsecond)
    length = length % timedelta(days=1)
    return (datetime.datetime(2000, 1, 1) + own + length).time().replace(tzinfo=value.tzinfo)


def between(later: datetime.date, earlier: datetime.date) -> timedelta | None:
    """`later - earlier`; None without an order. A plain date beside a moment counts as its midnight."""
    left, right = as_instant(later, earlier), as_instant(earlier, later)
    if left is None or right is None:
        return None
    # Not by way of UTC, where the first and the last day of the calendar may have no place.
    apart = left.replace(tzinfo=None) - right.replace(tzinfo=None)
    return apart - ((left.utcoffset() or timedelta()) - (right.utcoffset() or timedelta()))


def as_instant(value: datetime.date, other: datetime.date) -> datetime.datetime | None:
    """A date, or date and time, as an instant that can be compared with `other`; None if it can't be."""
    if isinstance(value, datetime.datetime):
        if isinstance(other, datetime.datetime) and not same_zone_kind(value, other):
            return None
        return value
    if isinstance(other, datetime.datetime):
        return midnight(value) if other.tzinfo is not None else None
    return datetime.datetime.combine(value, datetime.time())


def months_between(start: datetime.date, end: datetime.date) -> YearsMonths:
    """The whole months from the day of `start` to that of `end`; negative if `end` is earlier. Times don't count.

    The day of a moment is the one on its own clock; beside a plain date, the day in the zone of midnight.
    """
    first, last = _day(start, end), _day(end, start)
    months = (last.year - first.year) * 12 + last.month - first.month
    if months > 0 and last.day < first.day:
        months -= 1
    elif months < 0 and last.day > first.day:
        months += 1
    return YearsMonths(months)


def _day(value: datetime.date, other: datetime.date) -> datetime.date:
    if not isinstance(value, datetime.datetime):
        return value
    if value.tzinfo is not None and not isinstance(other, datetime.datetime):
        with suppress(OverflowError):
            return value.astimezone(_midnights.get()).date()
    return value.date()
