"""The two times of a command: when it is recorded, and the day from which it counts. Reads no clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from engine.base.errors import InvalidInput
from engine.case.records import Command, OfDeadline
from engine.hall.store import CaseRow

log = structlog.get_logger(__name__)


def recorded_at(now: datetime, row: CaseRow | None, zone: ZoneInfo) -> datetime:
    """The later of the clock's `now` and the case's last entry, in the zone of the hall: time never goes back."""
    now = now.astimezone(zone)
    last = datetime.fromisoformat(row.recorded_at) if row is not None else now
    if row is not None and last > now:
        log.warning("clock_stepped_back", case=row.id, clock=now.isoformat(), last=row.recorded_at)
        return last.astimezone(zone)
    return now


def effective_on(command: Command, now: datetime) -> date:
    """The day in the hall from which a command counts that is recorded at `now`.

    A deadline counts from the day on which it was due, however late it is fired. Raises InvalidInput where the command
    names a day to come, or one further back than its kind allows.
    """
    today, order = now.date(), command.order
    if isinstance(order, OfDeadline):
        return min(_due(order).astimezone(now.tzinfo).date(), today)
    day = command.effective_on or today
    earliest = today - timedelta(days=order.backdated_days)
    if not earliest <= day <= today:
        raise InvalidInput(
            f"Expected effective_on of {command.type} from {earliest} to {today}; found {day}.",
            sentence="day_out_of_reach",
            errors={"effective_on": f"from {earliest} to {today}"},
            earliest=earliest.isoformat(),
            latest=today.isoformat(),
        )
    return day


def _due(order: OfDeadline) -> datetime:
    """The instant `due` that an order names. Raises InvalidInput where it is none."""
    try:
        due = datetime.fromisoformat(order.due)
        if due.tzinfo is not None:
            return due.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidInput(
        f"Expected due as a time with its zone; found {order.due!r}.",
        sentence="time_without_zone",
        errors={"payload.due": "expected a time with its zone"},
        given=order.due,
    )
