"""The ledger of one clock: its start, its limit, its suspensions and extensions. Values only; counts nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from engine.base.errors import IllegalMove, InvalidInput
from engine.law.workdays.counting import MOST_DAYS

Unit = Literal["workday", "day", "hour"]
UNITS: tuple[Unit, ...] = ("workday", "day", "hour")

FINEST_AMOUNT = Decimal("0.0001")  # the smallest step of an amount; of a workday it is less than three seconds
MOST_OFFICE_HOURS = 12  # spans in a day

_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00))")


def wrong(where: str, problem: str) -> InvalidInput:
    """The error for one field, in one line that names it."""
    return InvalidInput(f"{where}: {problem}.", sentence="calendar_wrong", field=where)


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a clock runs. `office_hours` are spans of the day such as "09:00-12:00", in order.

    A limit in whole workdays or natural days doesn't count the day on which it starts. One in hours, or in a fraction
    of a workday, counts office hours from its start on (民法典 art. 201, second paragraph), and so needs
    `office_hours`. A limit of 0 is due on the day on which it starts.
    """

    amount: Decimal
    unit: Unit = "workday"
    office_hours: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", checked_amount("limit.amount", self.amount))
        if self.unit not in UNITS:
            raise wrong("limit.unit", f"expected one of {', '.join(UNITS)}, found {str(self.unit)[:40]!r}")
        office_spans(self.office_hours)
        if self.unit == "day" and not _is_whole(self.amount):
            raise wrong("limit.amount", f"expected a whole number of days, found {self.amount}")
        self.check_runs()

    def check_runs(self) -> None:
        """Raise InvalidInput if the limit counts office hours and has none."""
        if self.runs_in_hours and not self.office_hours:
            raise wrong(
                "limit.office_hours",
                "expected, here or of the organisation, for hours or a fraction of a workday; found none",
            )

    @property
    def runs_in_hours(self) -> bool:
        """Whether the limit counts office hours from the moment of its start."""
        return self.unit == "hour" or not _is_whole(self.amount)

    @property
    def unit_length(self) -> timedelta:
        """The office hours in one unit: an hour, or all office hours of a day."""
        return timedelta(hours=1) if self.unit == "hour" else office_day(self.office_hours)


@dataclass(frozen=True, slots=True)
class Suspend:
    """A suspension: the days after `start` up to and including `to` don't count. `to` is None while it lasts.

    Source: 行政许可法 art. 45.
    """

    start: date
    to: date | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.to is not None and self.to < self.start:
            raise wrong("events.to", f"expected no day before {self.start}, when it began, found {self.to}")


@dataclass(frozen=True, slots=True)
class Extend:
    """An extension by `amount` units of the limit, approved on a day. Source: 行政许可法 art. 42."""

    amount: Decimal
    approved_at: date
    reason: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", checked_amount("events.amount", self.amount))
        if not self.amount:
            raise wrong("events.amount", "expected more than 0")


Event = Suspend | Extend


@dataclass(frozen=True, slots=True)
class Clock:
    """A limit that runs from `start`, a time with its zone. The order of `events` doesn't matter."""

    start: datetime
    limit: Limit
    events: tuple[Event, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise wrong("start", "expected a time with its zone, such as 2024-09-02T09:00:00+08:00")

    @property
    def is_suspended(self) -> bool:
        """Whether a suspension lasts."""
        return any(isinstance(event, Suspend) and event.to is None for event in self.events)

    def suspended(self, day: date, reason: str = "") -> Clock:
        """The clock with a suspension that begins on `day`."""
        return replace(self, events=(*self.events, Suspend(day, None, reason)))

    def resumed(self, day: date) -> Clock:
        """The clock with each suspension that lasts ended on `day`. Raises IllegalMove if there is none."""
        if not self.is_suspended:
            raise IllegalMove("Expected a suspended clock to resume; it is running.", sentence="clock_not_suspended")
        ended = (
            replace(event, to=day) if isinstance(event, Suspend) and event.to is None else event
            for event in self.events
        )
        return replace(self, events=tuple(ended))

    def extended(self, amount: Decimal | int, approved_at: date, reason: str = "") -> Clock:
        """The clock with an extension added. `reckon` tells whether it is accepted."""
        return replace(self, events=(*self.events, Extend(Decimal(amount), approved_at, reason)))


def checked_amount(where: str, amount: Decimal | int) -> Decimal:
    """The amount as Decimal. Raises InvalidInput for one that is negative, not finite, too large or too fine."""
    value = amount if isinstance(amount, Decimal) else Decimal(amount)
    if not value.is_finite() or not 0 <= value <= MOST_DAYS:
        raise wrong(where, f"expected a number from 0 to {MOST_DAYS}, found {str(amount)[:40]}")
    if value % FINEST_AMOUNT:
        raise wrong(where, f"expected steps of {FINEST_AMOUNT} at the finest, found {str(amount)[:40]}")
    return value


@lru_cache(maxsize=256)
def office_spans(office_hours: tuple[str, ...]) -> tuple[tuple[timedelta, timedelta], ...]:
    """When each span opens and closes, as time since midnight. Raises InvalidInput for texts that are no such spans."""
    if len(office_hours) > MOST_OFFICE_HOURS:
        raise wrong("limit.office_hours", f"expected at most {MOST_OFFICE_HOURS} spans")
    spans: list[tuple[timedelta, timedelta]] = []
    for text in office_hours:
        found = _HOURS.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise wrong("limit.office_hours", f"expected spans such as 09:00-12:00, found {str(text)[:40]!r}")
        hours = [int(part) for part in found.groups() if part is not None]
        opens, closes = (
            timedelta(hours=hours[0], minutes=hours[1]),
            timedelta(hours=hours[2], minutes=hours[3]),
        )
        if opens >= closes or (spans and opens < spans[-1][1]):
            raise wrong("limit.office_hours", f"expected spans in order that don't overlap, found {text}")
        spans.append((opens, closes))
    return tuple(spans)


@lru_cache(maxsize=256)
def office_day(office_hours: tuple[str, ...]) -> timedelta:
    """The length of all office hours of a day together."""
    return sum((closes - opens for opens, closes in office_spans(office_hours)), timedelta())


def since_midnight(moment: time) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)


def _is_whole(amount: Decimal) -> bool:
    return amount == amount.to_integral_value()
