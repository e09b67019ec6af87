"""The clocks of a matter: started, suspended, extended and stopped by its procedure. Pure.

`engine.law.workdays` counts. Each change is one effect with the clock's whole ledger, and its due date, days and
warning computed from that. Sources: 行政许可法 art. 32, 42, 44, 45; 民法典 art. 201.
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
CORRECTION, SUPPLY = "correction", "supply"  # the applicant's: to answer a correction, to hand in a tolerated material
STEP, HEARING, INTERMEDIARY = "step", "hearing", "intermediary"  # of parts of the procedure; the model starts them
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


def of(working: Working, matter: Matter, names: tuple[str, ...] = ()) -> Iterator[ClockChanged]:
    """The running and suspended clocks of a matter with these names (by default all), the oldest first."""
    for clock in list(working.case.clocks.values()):
        if clock.matter == matter.number and (not names or clock.name in names):
            yield clock


def start(
    working: Working, matter: Matter, name: str, limit: Mapping[str, Any], started: datetime | None = None
) -> None:
    """Start a clock at `started`, by default when the command takes effect.

    `limit` is {"amount", "unit"?, "office_hours"?, "extension"?, "article"?}. Raises IllegalMove if the clock exists.
    """
    if any(of(working, matter, (name,))):
        raise IllegalMove(
            f"Expected matter {working.name_of(matter)} to have no clock '{name}' yet; it is running.",
            sentence="clock_runs_already",
            clock=name,
        )
    hours = _office_hours(working, limit)
    kept = {
        "amount": limit["amount"],
        "unit": limit.get("unit", "workday"),
        "extension": limit.get("extension", 0),
    }
    if hours:
        kept["office_hours"] = hours
    begun = (started or _moment(working)).isoformat()
    article = limit.get("article") or _article(working, matter, name)
    _change(working, ClockChanged(working.number(), matter.number, name, "running", begun, kept, article=article))


def _article(working: Working, matter: Matter, name: str) -> str:
    """The article of 行政许可法 that sets such a limit; none for a public service, which isn't under that law."""
    catalogue = working.context.chain.catalogue
    item = catalogue.items.get(matter.item) if catalogue is not None else None
    return ARTICLES.get(name, "") if item is None or item.kind != "service" else ""


def _office_hours(working: Working, limit: Mapping[str, Any]) -> list[str]:
    """The office hours of the limit; the hall's if it has none, but runs in hours or in a fraction of a workday."""
    given = limit.get("office_hours")
    by_the_hour = limit.get("unit") == "hour" or Decimal(limit["amount"]) % 1 != 0
    if given or not by_the_hour or working.organisation is None:
        return list(given or ())
    return list(working.organisation.office_hours)


def _moment(working: Working) -> datetime:
    """When the command takes effect: the time at which it is given, or the start of another day if it names one."""
    now = working.now.astimezone(working.zone)
    return now if now.date() == working.today else datetime.combine(working.today, datetime.min.time(), working.zone)


def start_published(working: Working, matter: Matter, names: tuple[str, ...], started: datetime | None = None) -> None:
    """Start the clocks of these names for which the matter's item has a limit in the catalogue."""
    item = working.item_of(matter.item)  # an item that has ended since the receipt still has its limits
    limits = dict(item.limits.each()) if item is not None else {}
    for name in names:
        limit = limits.get(name)
        if limit is not None:
            start(working, matter, name, asdict(limit), started)


def suspend(working: Working, matter: Matter, reason: str) -> None:
    """Suspend the decision clocks from today on. Source: 行政许可法 art. 45."""
    for clock in of(working, matter, DECISION):
        event = {"type": "suspend", "from": working.today.isoformat(), "to": None, "reason": reason}
        _change(working, replace(clock, state="suspended", events=(*clock.events, event), article="行政许可法 45"))


def resume(working: Working, matter: Matter) -> None:
    """End the suspension of the decision clocks today."""
    for clock in of(working, matter, DECISION):
        if clock.state == "suspended":
            ended = tuple(_ended(event, working.today) for event in clock.events)
            _change(working, replace(clock, state="running", events=ended, article="行政许可法 45"))


def _ended(event: Mapping[str, Any], on: date) -> Event:
    if event["type"] == "suspend" and event.get("to") is None:
        return {**event, "to": on.isoformat()}
    return dict(event)


def extend(
    working: Working, matter: Matter, amount: Decimal | int, reason: str, names: tuple[str, ...] = DECISION
) -> None:
    """Extend clocks by `amount` of their units, and tell the applicant. Source: 行政许可法 art. 42.

    Raises IllegalMove if none is running, or one was extended before or has lapsed; InvalidInput for more than the
    limit's law allows.
    """
    running = list(of(working, matter, names))
    if not running:
        raise IllegalMove(
            f"Expected matter {working.name_of(matter)} to have a running clock {' or '.join(names)}; it has none.",
            sentence="clock_not_running",
        )
    for clock in running:
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
        event = {"type": "extend", "amount": amount, "approved_at": working.today.isoformat(), "reason": reason}
        extended = replace(clock, events=(*clock.events, event), article="行政许可法 42")
        answer = workdays.reckon(ledger(extended), working.context.calendar).extensions[-1]
        if not answer.accepted:
            raise IllegalMove(
                f"Expected clock '{clock.name}' of matter {working.name_of(matter)} to be extended once and before it "
                f"lapses on {clock.due}; found: {answer.reason}.",
                sentence="extension_refused",
                matter=working.name_of(matter),
                reason=answer.reason,
                clock=clock.name,
            )
        _change(working, extended)
    _tell_extended(working, matter, amount, reason)


def _tell_extended(working: Working, matter: Matter, amount: Decimal | int, reason: str) -> None:
    """Tell the applicant of the extension and its reason. Source: 行政许可法 art. 42."""
    due = next((clock.due for clock in of(working, matter, DECISION) if clock.due is not None), None)
    content = {"matter": matter.number, "item": working.item_name(matter), "reason": reason, "workdays": amount}
    working.notify("applicant", "extended", content | ({"due": date.fromisoformat(due)} if due else {}))


def stop(working: Working, matter: Matter, names: tuple[str, ...] = ()) -> None:
    """Stop clocks because what they measured has happened. The journal keeps their last ledger."""
    for clock in of(working, matter, names):
        working.stop_clock(clock)


def mark(working: Working, clock: ClockChanged, arm: str) -> None:
    """Note that the deadline `arm` of the clock, warn or lapse, has fired for its due date."""
    working.emit(replace(clock, warned=clock.due) if arm == "warn" else replace(clock, lapsed=clock.due))


def ledger(clock: ClockChanged) -> workdays.Clock:
    """The clock in the form that `workdays` counts."""
    limit = workdays.Limit(
        Decimal(clock.limit["amount"]), clock.limit["unit"], tuple(clock.limit.get("office_hours", ()))
    )
    return workdays.Clock(datetime.fromisoformat(clock.start), limit, tuple(_event(event) for event in clock.events))


def _event(event: Mapping[str, Any]) -> workdays.Suspend | workdays.Extend:
    if event["type"] == "suspend":
        to = event.get("to")
        return workdays.Suspend(date.fromisoformat(event["from"]), to and date.fromisoformat(to), event["reason"])
    return workdays.Extend(Decimal(event["amount"]), date.fromisoformat(event["approved_at"]), event["reason"])


def recount(working: Working, clock: ClockChanged) -> None:
    """Count the clock anew by the calendar in force. It gives an effect only if something differs."""
    fresh = _reckoned(working, clock)
    if fresh != clock:
        working.emit(fresh)


def _change(working: Working, clock: ClockChanged) -> None:
    """Emit the clock with its due date, days and warning computed from its ledger."""
    fresh = _reckoned(working, clock)
    working.emit(fresh)
    working.clocks_changed = True
    working.calendar_moved |= clock.certainty != fresh.certainty == "final"


def _reckoned(working: Working, clock: ClockChanged) -> ClockChanged:
    answer = workdays.reckon(ledger(clock), working.context.calendar)
    warn_at = workdays.warn_at(answer, working.context.settings.light())
    return replace(
        clock,
        due=answer.due.isoformat() if answer.due else None,
        due_at=answer.due_at.isoformat() if answer.due_at else None,
        warn_at=_warned_at(working, clock, answer.due, warn_at),
        certainty=answer.certainty,
        days=answer.limit,
    )


def _warned_at(working: Working, clock: ClockChanged, due: date | None, warn_at: datetime | None) -> str | None:
    """The instant of the warning: `warn_at`, or now if that has passed.

    A warning in the past would be fired as overdue, though nobody could have known the due date then. A clock whose
    due date hasn't changed keeps the instant that it has.
    """
    if warn_at is None or due is None or warn_at > working.now:
        return None if warn_at is None else warn_at.isoformat()
    return clock.warn_at if due.isoformat() == clock.due and clock.warn_at else working.at
