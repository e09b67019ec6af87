"""The host functions of FEEL: what an expression of a model may ask of its case. Pure; they read, they never write.

Their table, which designers are told of and `chain check` knows, is `engine.model.chain.dialect.FEEL_FUNCTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.base.errors import NotFound
from engine.case.records import ClockChanged, plain
from engine.case.working import Working
from engine.law import workdays
from engine.law.catalogue import Item
from engine.model.chain.dialect import FEEL_FUNCTIONS

DECISION_CLOCKS = ("promised", "statutory")


@dataclass(slots=True)
class Asked:
    """What an evaluation has asked of time.

    `at`: the instant from which it counts. `binding`: something happens by what it gives; then the due date of a
    provisional clock is null. `clock`: whose due date it asked for; `counted`: it counted workdays; `provisional`: by a
    year that isn't published.
    """

    at: datetime
    binding: bool = False
    clock: str | None = None
    counted: bool = False
    provisional: bool = False


class Functions:
    """The functions bound to one working copy; `scope` is set before each evaluation."""

    def __init__(self, working: Working) -> None:
        self._working = working
        self.scope = 0
        self.table: Mapping[str, Callable[..., Any]] = {
            name: getattr(self, f"_{name.replace(' ', '_')}") for name in FEEL_FUNCTIONS
        }
        self.asked = Asked(working.now)

    def ask(self, at: datetime | None = None, binding: bool = False) -> Asked:
        """Begin an evaluation that counts from `at` (None: from now); what it will have asked."""
        self.asked = Asked(at or self._working.now, binding)
        return self.asked

    def _workdays(self, n: Any = None) -> Any:
        count = _count(n)
        if count is None:
            return None
        today = self.asked.at.astimezone(self._working.zone).date()
        eve = today if count else today - timedelta(days=1)
        day = workdays.workdays_after(eve, count or 1, self._working.context.calendar)
        self._counted(eve + timedelta(days=1), day)
        return datetime.combine(day + timedelta(days=1), time(0), self._working.zone)

    def _workdays_before(self, day: Any = None, n: Any = None) -> Any:
        """A time at midnight is the end of the day before, as due dates are."""
        count = _count(n)
        if isinstance(day, datetime):
            day = (day.astimezone(self._working.zone) - datetime.resolution).date()
        if count is None or not isinstance(day, date):
            return None
        found = workdays.workdays_before(day, count, self._working.context.calendar)
        self._counted(found, day)
        return found

    def _counted(self, first: date, last: date) -> None:
        self.asked.counted = True
        self.asked.provisional |= bool(self._working.context.calendar.unpublished(first, last))

    def _due(self, name: Any = None) -> Any:
        number = plain(self._working.read(self.scope, "matter"))
        self.asked.clock = str(name)
        for wanted in DECISION_CLOCKS if name == "decision" else (name,):
            for clock in self._working.case.clocks.values():
                if clock.matter == number and clock.name == wanted:
                    return self._instant(clock)
        return None

    def _instant(self, clock: ClockChanged) -> datetime | None:
        """A provisional clock has no legal effect: what would happen by it waits until the year is published."""
        if clock.certainty != "final":
            self.asked.provisional = True
            if self.asked.binding:
                return None
        return None if clock.due_at is None else datetime.fromisoformat(clock.due_at)

    def _item(self, key: Any = None) -> Any:
        found = self._known(key)
        return None if found is None else found.as_facts()

    def _known(self, key: Any) -> Item | None:
        """The item as it holds today; one that a matter of the case is about goes on as it was received."""
        found = self._working.item_of(key) if isinstance(key, str) else None
        if found is None or found.holds_on(self._working.today):
            return found
        return found if any(m.item == key for m in self._working.case.matters.values()) else None

    def _missing(self, key: Any = None) -> Any:
        found = self._known(key)
        return None if found is None else [need.material for need in self._working.missing(found)]

    def _granted(self, key: Any = None) -> bool:
        return isinstance(key, str) and self._working.granted(key)

    def _supplied(self, key: Any = None) -> bool:
        return any(material == key for material, _ in self._working.case.materials)

    def _matters(self) -> list[dict[str, Any]]:
        return [
            {
                "number": m.number,
                "item": m.item,
                "state": str(m.state),
                "decision": m.decision and str(m.decision),
            }
            for m in self._working.case.matters.values()
        ]

    def _matter(self, number: Any = None) -> Any:
        return next((m for m in self._matters() if m["number"] == number), None)

    def _applicant(self) -> Any:
        return plain(self._working.case.applicant)

    def _name_of(self, key: Any = None) -> str | None:
        hall = self._working.organisation
        try:
            return hall.name_of(key) if hall is not None and isinstance(key, str) else None
        except NotFound:
            return None

    def _case(self) -> dict[str, Any]:
        case = self._working.case
        return {"number": case.id, "title": case.title, "chain": self._working.context.chain.name}


def _count(n: Any) -> int | None:
    """`n` as a number of workdays; None where it is no such."""
    return int(n) if isinstance(n, int | Decimal) and n >= 0 and n == int(n) else None


__all__ = ["Functions"]
