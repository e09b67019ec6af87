"""Timer texts: ISO 8601 dates, times, durations and cycles, and the instants that they give. Pure: `now` is passed in.

Days, weeks, months and years are calendar time: they keep the hour of the local clock across a change of the
offset; hours, minutes and seconds are elapsed time. Source: BPMN 2.0.2 § 10.5.5 (timers), ISO 8601-1 § 5.5.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from engine.errors import ModelError
from engine.feel import YearsMonths
from engine.runtime.changes import Arm

_DURATION = re.compile(
    r"P(?!$)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,6}))?S)?)?\Z"
)
_CYCLE = re.compile(r"R(\d{0,6})/(.+)\Z")
LONGEST_DAYS = 366 * 100  # a timer further off is a slip of the pen


@dataclass(frozen=True, slots=True)
class Span:
    """A duration: calendar months and days, and elapsed time."""

    months: int = 0
    days: int = 0
    elapsed: timedelta = timedelta()

    def after(self, start: datetime) -> datetime:
        """`start` (zone-aware) plus this span."""
        zone = start.tzinfo
        year, month = divmod(start.month - 1 + self.months, 12)
        year, month = start.year + year, month + 1
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
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ModelError(f"Expected an ISO 8601 date, time or duration; found {text!r}.") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def cycle(text: str, now: datetime) -> Arm:
    """The first arm of a repeating interval such as R3/P1D, or R/PT1H without an end."""
    found = _CYCLE.match(text.strip())
    if found is None or found[1] == "0":
        raise ModelError(f"Expected a cycle such as R3/P1D; found {text!r}.")
    due = duration(found[2]).after(now)
    return Arm("timer", due=due.isoformat(), every=found[2], left=int(found[1]) if found[1] else -1)


def rearm(arm: Arm, zone: tzinfo) -> Arm | None:
    """The arm after one firing; None: that was the last. Late firings keep the beat of the first due date."""
    if arm.left is None or arm.every is None or arm.due is None or arm.left == 1:
        return None
    due = duration(arm.every).after(datetime.fromisoformat(arm.due).astimezone(zone))
    return replace(arm, due=due.isoformat(), left=arm.left - 1 if arm.left > 0 else arm.left)
