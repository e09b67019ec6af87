"""The host functions of FEEL: what an expression of a model may ask of its case. Pure; they read, they never write.

Their table, which designers are told of and `chain check` knows, is `engine.chain.dialect.FEEL_FUNCTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine import workdays
from engine.case.working import Working
from engine.chain.dialect import FEEL_FUNCTIONS
from engine.errors import NotFound
from engine.records import plain

DECISION_CLOCKS = ("promised", "statutory")


class Functions:
    """The functions bound to one working copy; `scope` is set before each evaluation."""

    def __init__(self, working: Working) -> None:
        self._working = working
        self.scope = 0
        self.table: Mapping[str, Callable[..., Any]] = {name: getattr(self, f"_{name}") for name in FEEL_FUNCTIONS}
        self.follows: str | None = None  # the clock that the last evaluation asked the due date of

    def _workdays(self, n: Any = None) -> Any:
        if not isinstance(n, int | Decimal) or n < 0 or n != int(n):
            return None
        today = self._working.now.astimezone(self._working.zone).date()
        calendar = self._working.context.calendar
        day = (
            workdays.workdays_after(today, int(n), calendar)
            if n
            else workdays.workdays_after(today - timedelta(1), 1, calendar)
        )
        return datetime.combine(day + timedelta(days=1), time(0), self._working.zone)

    def _due(self, name: Any = None) -> Any:
        number = plain(self._working.read(self.scope, "matter"))
        self.follows = str(name)
        for wanted in DECISION_CLOCKS if name == "decision" else (name,):
            for clock in self._working.case.clocks.values():
                if clock.matter == number and clock.name == wanted:
                    return None if clock.due_at is None else datetime.fromisoformat(clock.due_at)
        return None

    def _item(self, key: Any = None) -> Any:
        catalogue = self._working.context.chain.catalogue
        if catalogue is None or not isinstance(key, str):
            return None
        try:
            return catalogue.item(key, self._on()).as_facts()
        except NotFound:
            return None

    def _on(self) -> date:
        return self._working.today

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

    def _case(self) -> dict[str, Any]:
        case = self._working.case
        return {"number": case.id, "title": case.title, "chain": self._working.context.chain.name}


__all__ = ["Functions"]
