"""Which cases a new calendar may change: a request that lies in the database until all of them were looked at.

The case knows what is to be counted again, and how; here the open cases are gone through in parts, so that a process
that ends in between loses nothing, and two don't do the same work. Knows no clock: the moment is passed in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from engine.base.canonical import canonical
from engine.hall.library import RECOUNT
from engine.hall.store import Store
from engine.hall.store.session import Session, Transaction
from engine.law.workdays import Calendar

LEASE_SECONDS = 60.0
"""A part takes a second or two; who hasn't come back in a minute has died."""


@dataclass(frozen=True, slots=True)
class Request:
    """Count again what reaches into the days from `first` to `last`; the cases up to number `after` are done.

    `calendar` is the digest of the one by which they are counted. `cases`: these alone, whatever they count.
    """

    calendar: str
    first: str
    last: str
    after: str = ""
    leased_by: str = ""
    leased_until: str = ""
    cases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the open cases: those of them that the calendar may change. `request` goes on behind them."""

    cases: tuple[str, ...]
    request: Request
    is_last: bool


def ask(tx: Transaction, before: Calendar, after: Calendar) -> None:
    """A calendar took the place of another: all open cases are to be looked at, by whoever has time."""
    span, pending = after.differs(before), _pending(tx)
    if span is None:
        return
    first, last = (day.isoformat() for day in span)
    if pending is not None and not pending.cases:  # some were counted by that one already: both differences matter
        first, last = min(first, pending.first), max(last, pending.last)
    _put(tx, Request(after.digest, first, last))


def ask_again(tx: Transaction, calendar: str, case: str) -> None:
    """Counting this case again has failed, and somebody has seen to it: it is to be tried once more."""
    pending = _pending(tx)
    if pending is None:
        _put(tx, Request(calendar, "", "", cases=(case,)))
    elif pending.cases:
        _put(tx, replace(pending, cases=(*pending.cases, case), leased_by="", leased_until=""))
    else:  # all cases are gone through at the moment: once more from the beginning, since that one may be done
        _put(tx, replace(pending, after="", leased_by="", leased_until=""))


def take(store: Store, now: datetime, limit: int, holder: str) -> Part | None:
    """The next part of at most `limit` open cases, under a lease; None: nothing to do, or somebody is at it."""
    with store.reading() as reading:
        if not _is_free(_pending(reading), now, holder):
            return None
    with store.transaction(patient=True) as tx:
        request = _pending(tx)
        if request is None or not _is_free(request, now, holder):
            return None
        until = (now + timedelta(seconds=LEASE_SECONDS)).isoformat()
        _put(tx, replace(request, leased_by=holder, leased_until=until))
    if request.cases:
        return Part(request.cases, request, is_last=True)
    with store.reading() as reading:
        rows = reading.open_cases(request.after, limit)
    first, last = date.fromisoformat(request.first), date.fromisoformat(request.last)
    cases = tuple(row.id for row in rows if _may_change(json.loads(row.core), first, last))
    reached = rows[-1].id if rows else request.after
    return Part(cases, replace(request, after=reached), len(rows) < limit)


def done(store: Store, part: Part, holder: str) -> None:
    """The cases of the part were counted; the next part is free for anybody."""
    with store.transaction(patient=True) as tx:
        request = _pending(tx)
        if request is None or request.leased_by != holder or request.calendar != part.request.calendar:
            return  # taken over, or begun anew for a calendar that was loaded since
        _put(tx, None if part.is_last else part.request)


# ------------------------------------------------------------------ the request as a setting


def _pending(session: Session) -> Request | None:
    text = session.setting(RECOUNT)
    value = None if text is None else json.loads(text)
    return None if value is None else Request(**{**value, "cases": tuple(value.get("cases", ()))})


def _is_free(request: Request | None, now: datetime, holder: str) -> bool:
    if request is None:
        return False
    held = request.leased_by not in ("", holder) and datetime.fromisoformat(request.leased_until) > now
    return not held


def _put(tx: Transaction, request: Request | None) -> None:
    tx.set(RECOUNT, canonical(None if request is None else asdict(request)).decode())


# ------------------------------------------------------------------ what a calendar may change in a case


def _may_change(core: Mapping[str, Any], first: date, last: date) -> bool:
    """Whether a span that is counted in the case reaches into the days from `first` to `last`.

    Rather one too many: the case itself says in the end that nothing changes.
    """
    return any(_overlap(began, due, first, last) for began, due in _counted(core))


def _counted(core: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """From when to when clocks, timers and tasks of a stored case are counted; None: without an end."""
    for clock in core.get("clocks", {}).values():
        yield clock["start"], clock.get("due")
    for token in core["tokens"].values():
        for arm in token.get("arms", {}).values():
            if arm.get("since") is not None and arm.get("every") is None:
                yield arm["since"], arm.get("due")
    for task in core.get("tasks", {}).values():
        yield task["at"], task.get("due")


def _overlap(began: str, due: str | None, first: date, last: date) -> bool:
    """Days are compared in whatever zone they are written: a day more or less makes no harm."""
    day = timedelta(days=1)
    return _day(began) - day <= last and (due is None or _day(due) + day >= first)


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])
