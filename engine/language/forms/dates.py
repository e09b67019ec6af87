"""Dates and times of a field: one form for each, the days and minutes that a field takes. Knows no submission.

A page of form-js sends `09:30` and `2026-03-02T09:30+08:00`. FEEL's `time` and `date and time` need seconds (XML Schema
part 2, 3.2.7 and 3.2.8), so a value is kept with them, `09:30:00`, and pages and server read one text.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from math import gcd
from typing import Any

from engine.language.forms.fields import Field, FieldContext
from engine.language.forms.messages import Wrong

INTERVALS = (1, 5, 10, 15, 30, 60)
"""Minutes between the times that a page offers; for any other number it offers each quarter of an hour."""
QUARTER = 15

_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = rf"(?P<minute>{_CLOCK})(?P<second>:[0-5][0-9](\.[0-9]{{1,6}})?)?(?P<zone>Z|[+-]{_CLOCK})?"
_SUBTYPES = {
    "date": (re.compile(_DAY), date.fromisoformat),
    "time": (re.compile(_TIME), time.fromisoformat),
    "datetime": (re.compile(rf"(?P<day>{_DAY}T){_TIME}"), datetime.fromisoformat),
}


def subtype(field: Field) -> str:
    """Return the kind of value that a datetime field asks for: "date" | "time" | "datetime"."""
    stated = field.raw.get("subtype", "date")
    return stated if isinstance(stated, str) and stated in _SUBTYPES else "date"


def shape(field: Field, value: Any) -> str | None:
    """Return the value in its one form, `2026-03-02`, `09:30:00+08:00` or `2026-03-02T09:30:00`. Raises Wrong."""
    if value is None or value == "":
        return None
    kind = subtype(field)
    pattern, parse = _SUBTYPES[kind]
    parts = pattern.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise Wrong(kind)
    try:
        parse(value)
    except ValueError:
        raise Wrong(kind) from None
    if kind == "date":
        return str(value)
    if _kept_as(field) and not parts["zone"]:
        raise Wrong("zone")
    found = parts.groupdict()
    return f"{found.get('day') or ''}{found['minute']}{found['second'] or ':00'}{found['zone'] or ''}"


def rules(field: Field, value: str | None, context: FieldContext) -> str | None:
    """Check the day and the minute. A field that nobody can change keeps what it shows. Raises Wrong."""
    if value is None or field.is_readonly(context):
        return value
    kind = subtype(field)
    asks_day = kind != "time" and field.raw.get("disallowPassedDates") is True
    if asks_day and context.now is not None and _day(value, context.now) < context.now.date():
        raise Wrong("past")
    minutes = interval(field)
    if kind != "date" and _seconds(value) % (minutes * 60):
        raise Wrong("interval", bound=minutes)
    return value


def interval(field: Field) -> int:
    """Return the minutes of which a time is a multiple. In UTC it is one of what they share with a quarter of an hour:
    the page offers them in the zone of whoever fills it in, and zones differ by quarters.
    """
    stated = field.raw.get("timeInterval")
    minutes = stated if type(stated) is int and stated in INTERVALS else QUARTER
    return gcd(minutes, QUARTER) if _kept_as(field) == "utc_normalized" else minutes


def equal(one: Any, other: Any) -> bool:
    """Return whether two values name one moment: a page writes it in the zone of whoever sees it."""
    if one == other or not (isinstance(one, str) and isinstance(other, str)):
        return bool(one == other)
    parse = datetime.fromisoformat if "T" in one and "T" in other else _on_any_day
    try:
        return parse(one) == parse(other)
    except ValueError:
        return False


def _on_any_day(text: str) -> datetime:
    return datetime.fromisoformat(f"2000-01-01T{text}")


def _kept_as(field: Field) -> str | None:
    """Return the form with a zone in which the field keeps a time; None for one without."""
    stated = field.raw.get("timeSerializingFormat")
    return stated if stated in ("utc_offset", "utc_normalized") else None


def _day(value: str, now: datetime) -> date:
    """Return the day on which the value falls in the hall."""
    moment = datetime.fromisoformat(value)
    return moment.date() if moment.tzinfo is None else moment.astimezone(now.tzinfo).date()


def _seconds(value: str) -> float:
    clock = time.fromisoformat(value.rpartition("T")[2])
    return clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1_000_000
