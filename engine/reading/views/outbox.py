"""The outbox: messages that still have to go outside."""

from __future__ import annotations

from dataclasses import dataclass

from engine.hall.store import MessageRow
from engine.reading.views.sight import Sight


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message for outside. `state`: waiting | leased | failed; `at` and `next_at`: when it is tried next."""

    case: str
    message: int
    destination: str
    action: str
    at: str
    attempts: int
    next_at: str
    state: str
    error: str | None


@dataclass(frozen=True, slots=True)
class Outbox:
    """Messages by when each is tried next. `next` is always None: they stand on one page."""

    rows: tuple[MessageLine, ...]
    next: str | None = None


def page(sight: Sight) -> Outbox:
    """Return the messages that haven't been settled yet. For administrators."""
    sight.need_administrator()
    return Outbox(tuple(_line(row) for row in sight.reading.messages()))


def _line(row: MessageRow) -> MessageLine:
    return MessageLine(
        case=row.case,
        message=row.number,
        destination=row.destination,
        action=row.action,
        at=row.next_at,
        attempts=row.attempts,
        next_at=row.next_at,
        state="failed" if row.status == "parked" else "leased" if row.leased_by else "waiting",
        error=row.last_error,
    )
