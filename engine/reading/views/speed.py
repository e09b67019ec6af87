"""How fast matters were decided, from their clocks in the journal: 办理提速. Read-only.

A matter counts once it is decided, with the workdays that its statutory clock had counted by then: suspensions aren't
among them. Speed-up = 1 − actual / statutory, averaged over matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from engine.case import clocks
from engine.case.journal import read as read_entry
from engine.case.records import ClockChanged, effect_from_json
from engine.hall.door.stored import stored_case
from engine.hall.library import Library
from engine.hall.store import CaseRow, Reading
from engine.law import workdays
from engine.law.workdays import Calendar

CASES_AT_A_TIME = 200


class Decided(NamedTuple):
    """A decided matter: what its statutory clock had counted, and the statutory limit, in `unit`."""

    used: Decimal
    limit: Decimal
    unit: str


class Speed(NamedTuple):
    """The decided matters that count."""

    matters: tuple[Decided, ...]

    @property
    def speed_up(self) -> Decimal | None:
        """None where no matter was decided."""
        return _average([1 - one.used / one.limit for one in self.matters])

    @property
    def used_workdays(self) -> Decimal | None:
        """On average, over those that have a limit in workdays."""
        return _average([one.used for one in self.matters if one.unit == "workday"])

    @property
    def limit_workdays(self) -> Decimal | None:
        return _average([one.limit for one in self.matters if one.unit == "workday"])


def _average(values: list[Decimal]) -> Decimal | None:
    return sum(values, Decimal(0)) / len(values) if values else None


def speed(reading: Reading, library: Library, chain: str) -> Speed:
    """Of all decided matters of the cases that run this chain version (a digest)."""
    calendar = library.calendar(library.versions(reading).calendar)
    return Speed(tuple(one for row in _cases(reading, chain) for one in _decided(reading, row, calendar)))


def _cases(reading: Reading, chain: str) -> Iterator[CaseRow]:
    last: CaseRow | None = None
    while page := reading.cases(chain=chain, after=last, limit=CASES_AT_A_TIME):
        yield from page
        last = page[-1]


def _decided(reading: Reading, row: CaseRow, calendar: Calendar) -> Iterator[Decided]:
    """The decided matters of a case whose item has a statutory limit."""
    matters = [m for m in stored_case(reading, row).matters.values() if m.decided_on is not None]
    ledgers = _statutory(reading, row.id) if matters else {}
    for matter in matters:
        clock = ledgers.get(matter.number)
        limit = Decimal(clock.limit["amount"]) if clock is not None else Decimal(0)
        if clock is not None and limit and matter.decided_on is not None:
            as_of = workdays.reckon(clocks.ledger(clock), calendar, date.fromisoformat(matter.decided_on)).as_of
            assert as_of is not None  # a day was asked for
            yield Decided(as_of.used, limit, clock.limit["unit"])


def _statutory(reading: Reading, case: str) -> dict[int, ClockChanged]:
    """The last ledger of each matter's statutory clock: a stopped one is no longer in the case's state."""
    ledgers: dict[int, ClockChanged] = {}
    for row in reading.entries(case):
        for effect in read_entry(row.body).effects:
            if effect["type"] == "clock_changed" and effect["name"] == clocks.STATUTORY:
                clock = effect_from_json(effect)
                assert isinstance(clock, ClockChanged)
                ledgers[clock.matter] = clock
    return ledgers
