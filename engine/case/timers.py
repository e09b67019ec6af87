"""Computes the instants at which timers are due, those of cycles included. Pure: `now` is passed in.

The texts of timers are read by `engine.model.chain.times`. Source: BPMN 2.0.2 § 10.5.5.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final

from engine.base.errors import ModelError
from engine.language.feel import YearsMonths
from engine.model.chain.times import Span, duration, literal_duration, moment, repeated, zone_of
from engine.model.runtime.changes import Arm


def instant(value: Any, now: datetime) -> datetime:
    """The instant at which a timer is due, from a date, a time, a duration, or the ISO 8601 text of one of them.

    A time without zone is in that of `now`, and so is the midnight of a date. Raises ModelError for another value.
    """
    if isinstance(value, str):
        text = value.strip()
        return duration(text).after(now) if text.startswith("P") else moment(text, now.tzinfo)
    if isinstance(value, timedelta):
        return Span(days=value.days, elapsed=value - timedelta(days=value.days)).after(now)
    if isinstance(value, YearsMonths):
        return Span(months=value.months).after(now)
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=now.tzinfo)
    if isinstance(value, date):
        return datetime.combine(value, datetime.min.time(), now.tzinfo)
    raise ModelError(f"Expected a timer to give a date, a time or a duration; it gave {value!r}.")


MOMENT: Final = timedelta(seconds=1)
"""A timer that is due sooner than this is due at once: the scheduler looks about as often."""


def is_at_once(due: str, now: datetime) -> bool:
    """Say whether a timer that is set now is as good as due: between it and the next command no time passes."""
    return datetime.fromisoformat(due) < now + MOMENT


def is_hasty(arm: Arm) -> bool:
    """Say whether the timer is a cycle of less than a second."""
    span = duration(arm.every) if arm.every is not None else None
    return span is not None and not span.months and not span.days and span.elapsed < MOMENT


def read(form: str, text: str) -> str:
    """Return the text of a timer; that of a literal duration without FEEL around it."""
    return (literal_duration(text) if form != "timeCycle" else None) or text


def cycle(text: Any, now: datetime) -> Arm:
    """The first arm of a repeating interval, such as R3/P1D, R/PT1H (without end), or R3/2026-03-02T09:00:00+08:00/P1D
    (with the instant of the first firing; if that is past, the next one is the first).

    Raises ModelError for another text or value.
    """
    if not isinstance(text, str):
        raise ModelError(f"Expected a repeating interval such as R3/P1D; the cycle gave {text!r}.")
    times, first, every = repeated(text)
    span = duration(every)
    origin = moment(first, now.tzinfo) if first else now
    zone = zone_of(first) if first else None  # none: that of the hall
    due = origin if first and origin >= now.astimezone(UTC) else _beat(span, origin, now)
    return Arm(
        "timer", due=due.isoformat(), every=every, left=times, since=origin.isoformat() + (f"[{zone}]" if zone else "")
    )


def rearm(arm: Arm, zone: tzinfo) -> Arm | None:
    """The arm after one firing; None after the last one.

    Firings are counted from the origin of the cycle. So neither a late firing, nor a short month, nor an hour that
    clocks skip in spring moves those that follow.
    """
    if arm.left is None or arm.every is None or arm.due is None or arm.left == 1:
        return None
    since = arm.since or arm.due
    origin = moment(since, zone) if since.endswith("]") else datetime.fromisoformat(since).astimezone(zone)
    due = _beat(duration(arm.every), origin, datetime.fromisoformat(arm.due))
    return replace(arm, due=due.isoformat(), left=arm.left - 1 if arm.left > 0 else arm.left)


def _beat(span: Span, origin: datetime, last: datetime) -> datetime:
    """The first repetition of `span` from `origin` that is later than `last`."""
    longest = timedelta(days=span.months * 31 + span.days) + span.elapsed
    skew = timedelta(days=1) if span.months or span.days else timedelta()  # of local time against elapsed time
    times = max(1, (last.astimezone(UTC) - origin.astimezone(UTC) - skew) // longest)
    while (due := span.times(times).after(origin)).astimezone(UTC) <= last.astimezone(UTC):
        times += 1
    return due


__all__ = ["cycle", "duration", "instant", "is_at_once", "is_hasty", "read", "rearm"]
