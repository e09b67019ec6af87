"""Times as models write them: ISO 8601 dates, times, durations and repeating intervals. Pure.

Days, weeks, months and years are calendar time: they keep the hour of the local clock when the offset changes in
between; hours, minutes and seconds are elapsed time. A time may name its zone, as in Camunda 8:
`2026-10-25T02:30:00+02:00[Europe/Berlin]`, or as in FEEL, `2026-10-25T09:00:00@Europe/Berlin`.
Source: BPMN 2.0.2 § 10.5.5 (timers), ISO 8601-1 § 5.5, 5.6.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.base.errors import ModelError

_DURATION = re.compile(
    r"P(?!$)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,6}))?S)?)?\Z",
    re.ASCII,
)
_CYCLE = re.compile(r"R(\d{0,6})/(?:(.+)/)?([^/]+)\Z", re.ASCII)
_ZONED = re.compile(r"([^@\[]+)(?:\[([\w+\-/:]{1,60})\]|@([\w+\-/]{1,60}))\Z", re.ASCII)
_LITERAL = re.compile(r'=\s*(?:duration\(\s*"([^"]*)"\s*\)|@"(P[^"]*)")\s*\Z')
LONGEST_DAYS = 366 * 100  # a timer further off than a century is a typing error


@dataclass(frozen=True, slots=True)
class Span:
    """A duration: calendar months and days, and elapsed time."""

    months: int = 0
    days: int = 0
    elapsed: timedelta = timedelta()

    def times(self, n: int) -> Span:
        return Span(self.months * n, self.days * n, self.elapsed * n)

    def after(self, start: datetime) -> datetime:
        """Return `start` (zone-aware) plus this span. Raises ModelError for a time beyond the calendar."""
        zone = start.tzinfo
        year, month = divmod(start.month - 1 + self.months, 12)
        year, month = start.year + year, month + 1
        if not self.months and not self.days:
            return (start.astimezone(UTC) + self.elapsed).astimezone(zone)
        try:
            day = min(start.day, calendar.monthrange(year, month)[1])
            local = start.replace(year=year, month=month, day=day, tzinfo=None, fold=0) + timedelta(days=self.days)
            moved = local.replace(tzinfo=zone)
            return (moved.astimezone(UTC) + self.elapsed).astimezone(zone) if self.elapsed else moved
        except (ValueError, OverflowError) as error:
            raise ModelError(f"Expected a timer within {LONGEST_DAYS // 366} years; it is further off.") from error


def duration(text: str) -> Span:
    """Return the span of an ISO 8601 duration. Raises ModelError for another text, and for a length of zero."""
    parts = _DURATION.match(text.strip())
    if parts is None:
        raise ModelError(f"Expected an ISO 8601 duration such as P3D or PT8H; found {text!r}.")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in parts.groups()[:7])
    micros = int((parts[8] or "0").ljust(6, "0"))
    if max(years, months, weeks, days) > LONGEST_DAYS or max(hours, minutes, seconds) > LONGEST_DAYS * 86400:
        raise ModelError(f"Expected a timer within {LONGEST_DAYS // 366} years; found {text!r}.")
    elapsed = timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=micros)
    span = Span(years * 12 + months, weeks * 7 + days, elapsed)
    if span == Span():
        raise ModelError(f"Expected a duration above zero; found {text!r}.")
    return span


def literal_duration(text: str) -> str | None:
    """Return the ISO 8601 text of an expression that is nothing but a duration, `=@"PT24H"` or `=duration("PT24H")`.

    It means what the text means by itself; FEEL's own value has forgotten whether it said a day or 24 hours.
    """
    literal = _LITERAL.match(text)
    return None if literal is None else literal[1] or literal[2]


def zone_of(text: str) -> str | None:
    """Return the name of the zone that a time names, or its offset; None where it names neither."""
    zoned = _ZONED.match(text)
    if zoned is not None:
        return zoned[2] or zoned[3]
    offset = re.search(r"(?:Z|[+-]\d\d:?\d\d)\Z", text)
    return None if offset is None or "T" not in text else "+00:00" if offset[0] == "Z" else offset[0]


def _zone(name: str) -> tzinfo:
    return time.fromisoformat(f"00:00{name}").tzinfo or UTC if name[0] in "+-" else ZoneInfo(name)


def moment(text: str, zone: tzinfo | None) -> datetime:
    """Return the time that a text names, in `zone` where the text names none. Raises ModelError for another text."""
    try:
        zoned = _ZONED.match(text)
        at = datetime.fromisoformat(zoned[1] if zoned else text)
        named = _zone(zoned[2] or zoned[3]) if zoned else None
    except (ValueError, ZoneInfoNotFoundError, OSError) as error:
        raise ModelError(f"Expected an ISO 8601 date, time or duration; found {text!r}.") from error
    if at.tzinfo is None:
        return at.replace(tzinfo=named or zone)
    return at.astimezone(named) if named is not None else at


class Repeated(NamedTuple):
    """A repeating interval: how many times (-1: without end), the text of its first time or None, the text of its
    length.
    """

    times: int
    first: str | None
    every: str


def repeated(text: str) -> Repeated:
    """Return the parts of a cycle such as R3/P1D. Raises ModelError for another text, and for a cycle of no times."""
    cycle = _CYCLE.match(text.strip())
    if cycle is None or (cycle[1] and int(cycle[1]) == 0):
        raise ModelError(f"Expected a cycle such as R3/P1D; found {text!r}.")
    return Repeated(int(cycle[1]) if cycle[1] else -1, cycle[2], cycle[3])
