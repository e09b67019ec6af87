"""Cases in memory, with the live runs of their tokens: a command on one of them needs no look at its rows."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from engine.case.state import Case
from engine.hall.store import CaseRow
from engine.model.runtime import Run


@dataclass(frozen=True, slots=True)
class Live:
    """A case in memory. It is as stored while the stored row has the head of `row`."""

    row: CaseRow
    case: Case
    run: Run | None = None


class LiveCases:
    """At most `limit` cases; the one that was used longest ago goes first. Threads may share it.

    A case is taken out while a command is decided on it, and kept again once that is committed: so two commands never
    work on the same run, and one that fails leaves none behind.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._cases: OrderedDict[str, Live] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, case: str, head: str | None) -> Live | None:
        """Take the case out; None where it isn't here as it is stored under this head."""
        with self._lock:
            live = self._cases.pop(case, None)
        return live if live is not None and live.row.head == head else None

    def copy(self, case: str, head: str) -> Case | None:
        """A copy of the case, which stays here; None where it isn't here as it is stored under this head."""
        with self._lock:  # whoever takes the case out meanwhile would read its facts while they are copied
            live = self._cases.get(case)
            return live.case.copy() if live is not None and live.row.head == head else None

    def keep(self, live: Live) -> None:
        with self._lock:
            self._cases[live.row.id] = live
            self._cases.move_to_end(live.row.id)
            while len(self._cases) > self._limit:
                self._cases.popitem(last=False)
