"""A hall to measure in: the shipped organisation, a chain in force, and people who give one command after another."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import Any

from engine.case.context import Settings
from engine.case.records import Command, CompleteTask, Order, StartCase
from engine.hall.door import Engine, Receipt
from engine.hall.store import Store
from engine.law import organisation as organisations
from engine.law.workdays import Calendar
from engine.model.chain import INSTALLED, ChainVersion
from engine.reading.scenarios import VirtualClock
from webui.cli.bench.models import ANSWER

AT = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
"""A Monday morning: the result must not depend on the day on which the benchmark runs."""

_keys = count(1)


class BenchHall:
    """An engine on a store, with one chain. `cached_cases` 0: every case is read from the database each time."""

    def __init__(self, store: Store, version: ChainVersion, cached_cases: int | None = None) -> None:
        sizes: dict[str, Any] = {} if cached_cases is None else {"cached_cases": cached_cases}
        self.engine = Engine(store, VirtualClock(AT), **sizes)
        self.version = version
        organisation = organisations.read((INSTALLED / "organisation.json").read_bytes())
        self.engine.set_up(Calendar.shipped(), organisation, Settings())
        self.engine.publish(version, "system:bench")

    def start(self, variables: Mapping[str, Any]) -> Receipt:
        applicant = {"name": "示例科技有限公司", "credit_code": "91350200M0001XY43N"}
        order = StartCase(self.version.name, variables=dict(variables), applicant=applicant)
        return self._give("window1", None, order)

    def complete(self, case: str, task: int, by: str = "window1", answer: Mapping[str, Any] = ANSWER) -> Receipt:
        return self._give(by, case, CompleteTask(task, dict(answer)))

    def _give(self, by: str, case: str | None, order: Order) -> Receipt:
        return self.engine.execute(Command(by, case, order, f"bench-{next(_keys)}"))


class Workload:
    """Cases of a hall, and the next task of each: `step` completes one, and `prepare` starts a case where none is
    open.
    """

    def __init__(self, hall: BenchHall, variables: Mapping[str, Any], people: Mapping[str, str] | None = None) -> None:
        self._hall, self._variables, self._people = hall, variables, dict(people or {})
        self._open: deque[tuple[str, int, str]] = deque()

    def prepare(self) -> None:
        """Make sure that there is a task to complete."""
        if not self._open:
            self._take(self._hall.start(self._variables))

    def step(self, answer: Mapping[str, Any] = ANSWER) -> Receipt:
        """Complete the next task."""
        case, task, element = self._open.popleft()
        receipt = self._hall.complete(case, task, self._people.get(element, "window1"), answer)
        self._take(receipt)
        return receipt

    @property
    def at_end(self) -> bool:
        return not self._open

    def _take(self, receipt: Receipt) -> None:
        opened = {e["token"]: e["element"] for e in receipt.effects if e["type"] == "task_opened"}
        self._open.extend((receipt.case, token, opened[token]) for token in receipt.tasks if token in opened)


def facts(kilobytes: int) -> dict[str, Any]:
    """Return an application of that size: fields of a form, of about 1 kB each, none of them personal."""
    lines: Iterator[int] = iter(range(1, kilobytes + 1))
    return {
        f"part_{n:03}": {"title": f"第{n}部分", "text": "一" * 280, "amount": n, "checked": n % 2 == 0} for n in lines
    }
