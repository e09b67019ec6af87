"""The functions by which an expression of a model asks its case, such as `due("decision")`. Pure: they only read.

Their names stand in `engine.model.chain.dialect.FEEL_FUNCTIONS`, for designers and for `chain check`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar, cast

from engine.base.errors import NotFound
from engine.case.records import ClockChanged, Personal, plain
from engine.case.working import Working
from engine.law import workdays
from engine.law.catalogue import Item
from engine.model.chain.dialect import FEEL_FUNCTIONS

DECISION_CLOCKS = ("promised", "statutory")
_HIDDEN = "…"


@dataclass(slots=True)
class Asked:
    """A record of what one evaluation asked of time.

    `at` is the instant from which it counts. `binding`: something will happen at the instant that it gives; then the
    due date of a clock that counts by an unpublished calendar is null. `clock` names the clock whose due date it asked
    for. `counted`: it counted workdays. `provisional`: it counted in a year whose calendar isn't published.
    """

    at: datetime
    binding: bool = False
    clock: str | None = None
    counted: bool = False
    provisional: bool = False


_Method = TypeVar("_Method", bound=Callable[..., Any])


def _told(method: _Method) -> _Method:
    """The function, with a note of each call and what it gave, if the host keeps notes.

    `item` isn't noted: what it gives stands in the catalogue of the chain version, for ever. Once something personal
    was read, the note doesn't say with which arguments: they may be made of it.
    """
    name = method.__name__[1:].replace("_", " ")

    @functools.wraps(method)
    def call(self: Functions, *given: Any, **named: Any) -> Any:
        value = method(self, *given, **named)
        if self.read is not None:
            is_personal = any(map(_holds_personal, self.read.values()))
            told = (_HIDDEN if is_personal else _written(one) for one in (*given, *named.values()))
            self.read[f"{name}({', '.join(told)})"] = value
        return value

    return cast(_Method, call)


def _written(value: Any) -> str:
    """An argument as FEEL writes it, where that is short."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(value) if isinstance(value, int | Decimal | date) else _HIDDEN


def _holds_personal(value: Any) -> bool:
    return type(value) is Personal or (isinstance(value, Mapping) and any(map(_holds_personal, value.values())))


class Functions:
    """The functions of one working copy. Whoever evaluates sets `scope` first, and `read` where calls are noted."""

    def __init__(self, working: Working) -> None:
        self._working = working
        self.scope = 0
        self.read: dict[str, Any] | None = None
        self.table: Mapping[str, Callable[..., Any]] = {
            name: getattr(self, f"_{name.replace(' ', '_')}") for name in FEEL_FUNCTIONS
        }
        self.asked = Asked(working.now)

    def ask(self, at: datetime | None = None, binding: bool = False) -> Asked:
        """Begin an evaluation that counts from `at`; None: from now. Gives the record that it will write to."""
        self.asked = Asked(at or self._working.now, binding)
        return self.asked

    @_told
    def _workdays(self, n: Any = None) -> Any:
        count = _count(n)
        if count is None:
            return None
        today = self.asked.at.astimezone(self._working.zone).date()
        eve = today if count else today - timedelta(days=1)
        day = workdays.workdays_after(eve, count or 1, self._working.context.calendar)
        self._counted(eve + timedelta(days=1), day)
        return datetime.combine(day + timedelta(days=1), time(0), self._working.zone)

    @_told
    def _workdays_before(self, day: Any = None, n: Any = None) -> Any:
        """A time at midnight counts as the end of the day before, as it does in due dates."""
        count = _count(n)
        if isinstance(day, datetime):
            day = (day.astimezone(self._working.zone) - datetime.resolution).date()
        if count is None or not isinstance(day, date):
            return None
        first = workdays.workdays_before(day, count, self._working.context.calendar)
        self._counted(first, day)
        return first

    def _counted(self, first: date, last: date) -> None:
        self.asked.counted = True
        self.asked.provisional |= bool(self._working.context.calendar.unpublished(first, last))

    @_told
    def _due(self, name: Any = None) -> Any:
        number = plain(self._working.read(self.scope, "matter"))
        self.asked.clock = str(name)
        for wanted in DECISION_CLOCKS if name == "decision" else (name,):
            for clock in self._working.case.clocks.values():
                if clock.matter == number and clock.name == wanted:
                    return self._instant(clock)
        return None

    def _instant(self, clock: ClockChanged) -> datetime | None:
        """The due instant of a clock; null if it is provisional, hence without effect, and something would happen."""
        if clock.certainty != "final":
            self.asked.provisional = True
            if self.asked.binding:
                return None
        return None if clock.due_at is None else datetime.fromisoformat(clock.due_at)

    def _item(self, key: Any = None) -> Any:
        item = self._known(key)
        return None if item is None else item.as_facts()

    def _known(self, key: Any) -> Item | None:
        """The item of this key, if it is in force today or a matter of the case is about it; else None."""
        item = self._working.item_of(key) if isinstance(key, str) else None
        if item is None or item.holds_on(self._working.today):
            return item
        return item if any(m.item == key for m in self._working.case.matters.values()) else None

    @_told
    def _missing(self, key: Any = None) -> Any:
        item = self._known(key)
        return None if item is None else [need.material for need in self._working.missing(item)]

    @_told
    def _granted(self, key: Any = None) -> bool:
        return isinstance(key, str) and self._working.granted(key)

    @_told
    def _supplied(self, key: Any = None) -> bool:
        return any(material == key for material, _ in self._working.case.materials)

    @_told
    def _matters(self) -> list[dict[str, Any]]:
        return [
            {
                "number": matter.number,
                "item": matter.item,
                "state": str(matter.state),
                "decision": matter.decision and str(matter.decision),
            }
            for matter in self._working.case.matters.values()
        ]

    @_told
    def _matter(self, number: Any = None) -> Any:
        return next((m for m in self._matters() if m["number"] == number), None)

    def _applicant(self) -> Any:
        applicant = self._working.case.applicant
        if self.read is not None:
            self.read["applicant()"] = applicant  # as it is stored: its values are personal
        return plain(applicant)

    @_told
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
    """`n` as a number of workdays; None if it isn't a whole number from 0 on."""
    return int(n) if isinstance(n, int | Decimal) and n >= 0 and n == int(n) else None


__all__ = ["Functions"]
