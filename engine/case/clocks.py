"""The clocks of a matter: which one starts when, and what a change of its ledger gives. Pure.

Counting is `workdays`' business; here stands what the procedure does to clocks. Each change is one effect that
carries the ledger and what is computed from it. Source: 行政许可法 art. 32, 42, 44, 45; 民法典 art. 201.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.base.errors import IllegalMove, InvalidInput
from engine.case.records import ClockChanged
from engine.case.state import Matter
from engine.case.working import Working
from engine.law import workdays

RECEIPT_CHECK, PROMISED, STATUTORY, DELIVERY = "receipt_check", "promised", "statutory", "delivery"
CORRECTION, SUPPLY = "correction", "supply"  # the applicant's: to answer a correction, to hand in what was tolerated
STEP, HEARING, INTERMEDIARY = "step", "hearing", "intermediary"  # of a part of the procedure; its model starts them
DECISION = (PROMISED, STATUTORY)

ARTICLES: Mapping[str, str] = {
    RECEIPT_CHECK: "行政许可法 32",
    PROMISED: "行政许可法 42",
    STATUTORY: "行政许可法 42",
    DELIVERY: "行政许可法 44",
    CORRECTION: "行政许可法 32",
    HEARING: "行政许可法 47",
}
Event = dict[str, Any]


def of(w: Working, matter: Matter, names: tuple[str, ...] = ()) -> Iterator[ClockChanged]:
    """The running and suspended clocks of a matter, of these names (all, if none is given), oldest first."""
    for clock in list(w.case.clocks.values()):
        if clock.matter == matter.number and (not names or clock.name in names):
            yield clock


def start(w: Working, matter: Matter, name: str, limit: Mapping[str, Any], started: datetime | None = None) -> None:
    """Start a clock; it counts from the next day on.

    `limit`: {"amount", "unit"?, "office_hours"?, "extension"?, "article"?}.
    """
    if any(of(w, matter, (name,))):
        raise IllegalMove(
            f"Expected matter {w.name_of(matter)} to have no clock '{name}' yet; it is running.",
            sentence="clock_runs_already",
            clock=name,
        )
    hours = _office_hours(w, limit)
    kept = {
        "amount": limit["amount"],
        "unit": limit.get("unit", "workday"),
        "extension": limit.get("extension", 0),
    }
    if hours:
        kept["office_hours"] = hours
    begun = (started or _moment(w)).isoformat()
    article = limit.get("article") or ARTICLES.get(name, "")
    _change(w, ClockChanged(w.number(), matter.number, name, "running", begun, kept, article=article))


def _office_hours(w: Working, limit: Mapping[str, Any]) -> list[str]:
    """Those of the item; those of the hall where a limit in hours or in a fraction of a day can't do without."""
    given = limit.get("office_hours")
    by_the_hour = limit.get("unit") == "hour" or Decimal(limit["amount"]) % 1 != 0
    if given or not by_the_hour or w.organisation is None:
        return list(given or ())
    return list(w.organisation.office_hours)


def _moment(w: Working) -> datetime:
    """When the command counts from: its own time, or the start of the day on which it takes effect."""
    now = w.now.astimezone(w.zone)
    return now if now.date() == w.today else datetime.combine(w.today, datetime.min.time(), w.zone)


def start_published(w: Working, matter: Matter, names: tuple[str, ...], started: datetime | None = None) -> None:
    """Start those of the clocks for which the item of the catalogue publishes a limit."""
    item = w.item_of(matter.item)  # as it held when the matter was received, even if it has ended since
    limits = dict(item.limits.each()) if item is not None else {}
    for name in names:
        limit = limits.get(name)
        if limit is not None:
            start(w, matter, name, asdict(limit), started)


def suspend(w: Working, matter: Matter, reason: str) -> None:
    """Stop the decision clocks on this day. Source: 行政许可法 art. 45."""
    for clock in of(w, matter, DECISION):
        event = {"type": "suspend", "from": w.today.isoformat(), "to": None, "reason": reason}
        _change(w, replace(clock, state="suspended", events=(*clock.events, event), article="行政许可法 45"))


def resume(w: Working, matter: Matter) -> None:
    for clock in of(w, matter, DECISION):
        if clock.state == "suspended":
            ended = tuple(_ended(event, w.today) for event in clock.events)
            _change(w, replace(clock, state="running", events=ended, article="行政许可法 45"))


def _ended(event: Mapping[str, Any], on: date) -> Event:
    if event["type"] == "suspend" and event.get("to") is None:
        return {**event, "to": on.isoformat()}
    return dict(event)


def extend(w: Working, matter: Matter, amount: Decimal | int, reason: str, names: tuple[str, ...] = DECISION) -> None:
    """Add days, once, before the clock lapses, within what the item's law allows. Source: 行政许可法 art. 42."""
    found = list(of(w, matter, names))
    if not found:
        raise IllegalMove(
            f"Expected matter {w.name_of(matter)} to have a running clock {' or '.join(names)}; it has none.",
            sentence="clock_not_running",
        )
    for clock in found:
        allowed = Decimal(clock.limit.get("extension") or 0)
        if clock.name != PROMISED and Decimal(amount) > allowed:
            raise InvalidInput(
                f"Expected an extension of at most {allowed} {clock.limit['unit']} for clock '{clock.name}'; "
                f"found {amount}.",
                sentence="extension_too_long",
                errors={"amount": f"at most {allowed}"},
                clock=clock.name,
                allowed={"amount": allowed, "unit": clock.limit["unit"]},
            )
        event = {"type": "extend", "amount": amount, "approved_at": w.today.isoformat(), "reason": reason}
        extended = replace(clock, events=(*clock.events, event), article="行政许可法 42")
        answer = workdays.reckon(ledger(extended), w.context.calendar).extensions[-1]
        if not answer.accepted:
            raise IllegalMove(
                f"Expected clock '{clock.name}' of matter {w.name_of(matter)} to be extended once and before it lapses "
                f"on {clock.due}; found: {answer.reason}.",
                sentence="extension_refused",
                matter=w.name_of(matter),
                reason=answer.reason,
                clock=clock.name,
            )
        _change(w, extended)
    _tell_extended(w, matter, amount, reason)


def _tell_extended(w: Working, matter: Matter, amount: Decimal | int, reason: str) -> None:
    """The applicant is told the reason. Source: 行政许可法 art. 42."""
    due = next((clock.due for clock in of(w, matter, DECISION) if clock.due is not None), None)
    content = {"matter": matter.number, "item": w.item_name(matter), "reason": reason, "workdays": amount}
    w.notify("applicant", "extended", content | ({"due": date.fromisoformat(due)} if due else {}))


def stop(w: Working, matter: Matter, names: tuple[str, ...] = ()) -> None:
    """End clocks: what they measured has happened. Their last ledger stays in the journal."""
    for clock in of(w, matter, names):
        w.stop_clock(clock)


def mark(w: Working, clock: ClockChanged, arm: str) -> None:
    """Note that the warning or the lapse of this due date was given."""
    w.emit(replace(clock, warned=clock.due) if arm == "warn" else replace(clock, lapsed=clock.due))


def ledger(clock: ClockChanged) -> workdays.Clock:
    """The clock as `workdays` counts it."""
    limit = workdays.Limit(
        Decimal(clock.limit["amount"]), clock.limit["unit"], tuple(clock.limit.get("office_hours", ()))
    )
    return workdays.Clock(datetime.fromisoformat(clock.start), limit, tuple(_event(event) for event in clock.events))


def _event(event: Mapping[str, Any]) -> workdays.Suspend | workdays.Extend:
    if event["type"] == "suspend":
        to = event.get("to")
        return workdays.Suspend(date.fromisoformat(event["from"]), to and date.fromisoformat(to), event["reason"])
    return workdays.Extend(Decimal(event["amount"]), date.fromisoformat(event["approved_at"]), event["reason"])


def recount(w: Working, clock: ClockChanged) -> None:
    """Count the clock by the calendar now in force; an effect only where that makes a difference."""
    fresh = _reckoned(w, clock)
    if fresh != clock:
        w.emit(fresh)


def _change(w: Working, clock: ClockChanged) -> None:
    """Emit the clock with its due date, days and warning computed anew."""
    fresh = _reckoned(w, clock)
    w.emit(fresh)
    w.clocks_changed = True
    w.calendar_moved |= clock.certainty != fresh.certainty == "final"


def _reckoned(w: Working, clock: ClockChanged) -> ClockChanged:
    answer = workdays.reckon(ledger(clock), w.context.calendar)
    warn_at = workdays.warn_at(answer, w.context.settings.light())
    return replace(
        clock,
        due=answer.due.isoformat() if answer.due else None,
        due_at=answer.due_at.isoformat() if answer.due_at else None,
        warn_at=_warned_at(w, clock, answer.due, warn_at),
        certainty=answer.certainty,
        days=answer.limit,
    )


def _warned_at(w: Working, clock: ClockChanged, due: date | None, warn_at: datetime | None) -> str | None:
    """A due date that is so near from the first is warned of now: it wasn't due before it was known."""
    if warn_at is None or due is None or warn_at > w.now:
        return None if warn_at is None else warn_at.isoformat()
    return clock.warn_at if due.isoformat() == clock.due and clock.warn_at else w.at
