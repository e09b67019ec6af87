"""Timer texts: ISO 8601 dates, times, durations and cycles, and the instants that they give. Pure: `now` is passed in.

Days, weeks, months and years are calendar time: they keep the hour of the local clock across a change of the
offset; hours, minutes and seconds are elapsed time. A time may name its zone, as Camunda 8 has it:
`2026-10-25T02:30:00+02:00[Europe/Berlin]`. Source: BPMN 2.0.2 § 10.5.5 (timers), ISO 8601-1 § 5.5, 5.6.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.errors import ModelError
from engine.feel import YearsMonths
from engine.runtime.changes import Arm

_DURATION = re.compile(
    r"P(?!$)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,6}))?S)?)?\Z"
)
_CYCLE = re.compile(r"R(\d{0,6})/(?:(.+)/)?([^/]+)\Z")
_ZONED = re.compile(r"(.+)\[([\w+\-/]{1,60})\]\Z", re.ASCII)
LONGEST_DAYS = 366 * 100  # a timer further off is a slip of the pen


@dataclass(frozen=True, slots=True)
class Span:
    """A duration: calendar months and days, and elapsed time."""

    months: int = 0
    days: int = 0
    elapsed: timedelta = timedelta()

    def times(self, n: int) -> Span:
        return Span(self.months * n, self.days * n, self.elapsed * n)

    def after(self, start: datetime) -> datetime:
        """`start` (zone-aware) plus this span."""
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
    """The span of an ISO 8601 duration. Raises ModelError for another text, and for a length of zero."""
    found = _DURATION.match(text.strip())
    if found is None:
        raise ModelError(f"Expected an ISO 8601 duration such as P3D or PT8H; found {text!r}.")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[:7])
    micros = int((found[8] or "0").ljust(6, "0"))
    if max(years, months, weeks, days) > LONGEST_DAYS or max(hours, minutes, seconds) > LONGEST_DAYS * 86400:
        raise ModelError(f"Expected a timer within {LONGEST_DAYS // 366} years; found {text!r}.")
    elapsed = timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=micros)
    span = Span(years * 12 + months, weeks * 7 + days, elapsed)
    if span == Span():
        raise ModelError(f"Expected a duration above zero; found {text!r}.")
    return span


def instant(value: Any, now: datetime) -> datetime:
    """When a timer of this value is due: a date, a date-time, a duration, or the ISO 8601 text of one of them."""
    if isinstance(value, str):
        text = value.strip()
        return duration(text).after(now) if text.startswith("P") else _parsed(text, now.tzinfo)
    if isinstance(value, timedelta):
        return Span(days=value.days, elapsed=value - timedelta(days=value.days)).after(now)
    if isinstance(value, YearsMonths):
        return Span(months=value.months).after(now)
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=now.tzinfo)
    if isinstance(value, date):
        return datetime.combine(value, datetime.min.time(), now.tzinfo)
    raise ModelError(f"Expected a timer to give a date, a time or a duration; it gave {value!r}.")


def _parsed(text: str, zone: tzinfo | None) -> datetime:
    try:
        zoned = _ZONED.match(text)
        found = datetime.fromisoformat(zoned[1] if zoned else text)
        named = ZoneInfo(zoned[2]) if zoned else None
    except (ValueError, ZoneInfoNotFoundError, OSError) as error:
        raise ModelError(f"Expected an ISO 8601 date, time or duration; found {text!r}.") from error
    if found.tzinfo is None:
        return found.replace(tzinfo=named or zone)
    return found.astimezone(named) if named is not None else found


def cycle(text: str, now: datetime) -> Arm:
    """The first arm of a repeating interval: R3/P1D, R/PT1H without an end, R3/2026-03-02T09:00:00+08:00/P1D with the
    instant of its first beat; where that is past, it begins with the next beat."""
    found = _CYCLE.match(text.strip())
    if found is None or found[1] == "0":
        raise ModelError(f"Expected a cycle such as R3/P1D; found {text!r}.")
    span = duration(found[3])
    origin = _parsed(found[2], now.tzinfo) if found[2] else now
    due = origin if found[2] and origin >= now.astimezone(UTC) else _beat(span, origin, now)
    left = int(found[1]) if found[1] else -1
    return Arm("timer", due=due.isoformat(), every=found[3], left=left, since=origin.isoformat())


def rearm(arm: Arm, zone: tzinfo) -> Arm | None:
    """The arm after one firing; None: that was the last. The beat is counted from the origin, so that neither a late
    firing, nor a short month, nor an hour that the clocks skip moves the ones that follow."""
    if arm.left is None or arm.every is None or arm.due is None or arm.left == 1:
        return None
    origin = datetime.fromisoformat(arm.since or arm.due).astimezone(zone)
    due = _beat(duration(arm.every), origin, datetime.fromisoformat(arm.due))
    return replace(arm, due=due.isoformat(), left=arm.left - 1 if arm.left > 0 else arm.left)


def _beat(span: Span, origin: datetime, last: datetime) -> datetime:
    """The first repetition of `span` from `origin` that is later than `last`."""
    longest = timedelta(days=span.months * 31 + span.days) + span.elapsed
    skew = timedelta(days=1) if span.months or span.days else timedelta()  # of local time against elapsed time
    n = max(1, (last.astimezone(UTC) - origin.astimezone(UTC) - skew) // longest)
    while (due := span.times(n).after(origin)).astimezone(UTC) <= last.astimezone(UTC):
        n += 1
    return due
