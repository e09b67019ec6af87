"""`licet due`: a request in JSON read as a clock, and the reckoning written as JSON. Counts nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.law.workdays.calendar import EARLIEST_YEAR, LATEST_YEAR, Calendar
from engine.law.workdays.clock import Clock, Event, Extend, Limit, Suspend, checked_amount, wrong
from engine.law.workdays.reckoning import AsOf, Extension, Light, Reckoning, reckon

MOST_EVENTS = 1_000  # of one clock: far more than a case ever has

_EVENT_FIELDS = {
    "suspend": {"type", "from", "to", "reason"},
    "extend": {"type", "amount", "approved_at", "reason"},
}


def due(request: object, calendar: Calendar) -> dict[str, Any]:
    """The answer to one request, both in JSON values:

        {"start", "limit": {"amount", "unit", "office_hours"?}, "events"?: [...], "as_of"?, "light"?}
     -> {"certainty", "unpublished_years", "due", "due_at", "limit", "counted_days", "extensions", "as_of"?}

    Raises InvalidInput with one line that begins with the field, which is also in `fields["field"]`.
    """
    content = _object("request", request, {"start", "limit", "events", "as_of", "light"})
    clock = Clock(_moment("start", content.get("start")), _limit(content.get("limit")), _events(content))
    as_of = None if content.get("as_of") is None else _day("as_of", content["as_of"])
    return _answer(reckon(clock, calendar, as_of, _light(content.get("light"))))


def _answer(reckoning: Reckoning) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "certainty": reckoning.certainty,
        "unpublished_years": list(reckoning.unpublished_years),
        "due": _iso(reckoning.due),
        "due_at": _iso(reckoning.due_at),
        "limit": _number(reckoning.limit),
        "counted_days": [day.isoformat() for day in reckoning.counted_days],
        "extensions": [_extension(extension) for extension in reckoning.extensions],
    }
    if reckoning.as_of is not None:
        answer["as_of"] = _as_of(reckoning.as_of)
    return answer


def _extension(extension: Extension) -> dict[str, Any]:
    answer = {
        "approved_at": extension.approved_at.isoformat(),
        "accepted": extension.accepted,
        "due_before": _iso(extension.due_before),
    }
    return answer if extension.accepted else answer | {"reason": extension.reason}


def _as_of(as_of: AsOf) -> dict[str, Any]:
    return {
        "date": as_of.date.isoformat(),
        "used": _number(as_of.used),
        "remaining": _number(as_of.remaining),
        "overdue": _number(as_of.overdue),
        "light": as_of.light,
        "state": as_of.state,
    }


def _limit(value: object) -> Limit:
    content = _object("limit", value, {"amount", "unit", "office_hours"})
    hours = [] if content.get("office_hours") is None else content["office_hours"]
    if not isinstance(hours, list) or not all(isinstance(span, str) for span in hours):
        raise wrong("limit.office_hours", 'expected a list of spans such as "09:00-12:00"')
    if "unit" not in content:
        raise wrong("limit.unit", "expected one of workday, day, hour, found none")
    return Limit(_amount("limit.amount", content.get("amount")), content["unit"], tuple(hours))


def _events(content: Mapping[str, Any]) -> tuple[Event, ...]:
    events = [] if content.get("events") is None else content["events"]
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise wrong("events", f"expected a list of at most {MOST_EVENTS} events")
    return tuple(_event(f"events[{i}]", event) for i, event in enumerate(events))


def _event(where: str, value: object) -> Event:
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _EVENT_FIELDS:
        raise wrong(f"{where}.type", "expected an object whose type is suspend or extend")
    content = _object(where, value, _EVENT_FIELDS[kind])
    reason = "" if content.get("reason") is None else content["reason"]
    if not isinstance(reason, str):
        raise wrong(f"{where}.reason", "expected text")
    if kind == "extend":
        amount = _amount(f"{where}.amount", content.get("amount"))
        if not amount:
            raise wrong(f"{where}.amount", "expected more than 0")
        return Extend(amount, _day(f"{where}.approved_at", content.get("approved_at")), reason)
    begin = _day(f"{where}.from", content.get("from"))
    end = None if content.get("to") is None else _day(f"{where}.to", content["to"])
    if end is not None and end < begin:
        raise wrong(f"{where}.to", f"expected no day before {begin}, when it began, found {end}")
    return Suspend(begin, end, reason)


def _light(value: object) -> Light:
    if value is None:
        return Light()
    content = _object("light", value, {"yellow_workdays", "yellow_share"})
    light = Light()
    if content.get("yellow_workdays") is not None:
        light = Light(_amount("light.yellow_workdays", content["yellow_workdays"]))
    if content.get("yellow_share") is not None:
        share = _amount("light.yellow_share", content["yellow_share"])
        if share > 1:
            raise wrong("light.yellow_share", f"expected a share from 0 to 1, found {share}")
        light = Light(light.yellow_workdays, share)
    return light


def _object(where: str, value: object, allowed: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong(where, f"expected an object with {', '.join(sorted(allowed))}")
    for name in value:
        if name not in allowed:
            raise wrong(f"{where}.{name}"[:100], f"unknown field; expected {', '.join(sorted(allowed))}")
    return value


def _amount(where: str, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise wrong(where, f"expected a number, found {_shown(value)}")
    if isinstance(value, int) and value.bit_length() > 64:
        raise wrong(where, "expected a smaller number")
    return checked_amount(where, Decimal(repr(value)) if isinstance(value, float) else Decimal(value))


def _day(where: str, value: object) -> date:
    try:
        if not isinstance(value, str) or len(value) != len("2024-09-02"):
            raise ValueError
        day = date.fromisoformat(value)
    except ValueError:
        raise wrong(where, f"expected a day such as 2024-09-02, found {_shown(value)}") from None
    return _within(where, day)


def _moment(where: str, value: object) -> datetime:
    expected = "expected a time with its zone, such as 2024-09-02T09:00:00+08:00"
    try:
        if not isinstance(value, str) or len(value) > 40:
            raise ValueError
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise wrong(where, f"{expected}, found {_shown(value)}") from None
    if moment.tzinfo is None:
        raise wrong(where, f"{expected}, found none in {_shown(value)}")
    _within(where, moment.date())
    return moment


def _within(where: str, day: date) -> date:
    if not EARLIEST_YEAR < day.year < LATEST_YEAR:
        raise wrong(where, f"expected a year after {EARLIEST_YEAR} and before {LATEST_YEAR}, found {day.year}")
    return day


def _shown(value: object) -> str:
    """A wrong value in one short line."""
    return "nothing" if value is None else repr(value)[:40]


def _iso(moment: date | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _number(value: Decimal) -> int | float:
    """The JSON number: an integer if there is no fraction."""
    return int(value) if value == value.to_integral_value() else float(value)
