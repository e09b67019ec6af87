"""The stage on which a scenario is played: its database, a clock moved by hand, stand-ins for the outside."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from engine.base.canonical import digest, trusted
from engine.base.errors import BudgetExceeded, InvalidInput
from engine.case import timers
from engine.case.context import Settings
from engine.case.records import TaskOpened, decode, encode, read_command
from engine.case.state import Case
from engine.hall.door import Engine, Receipt
from engine.hall.door.stored import stored_case
from engine.hall.ports import Handler, OutboxMessage
from engine.hall.scheduler import Scheduler
from engine.hall.store import Store
from engine.law.organisation import Organisation
from engine.law.workdays import Calendar

ANYBODY = "anybody"
"""The actor of all commands in a bare model, which has no organisation."""

MOST_ON_THE_WAY = 10_000
"""Timers and answers of a case within one step, which take about a minute; what needs more goes round in a loop."""

Handlers = Callable[[Store, Path], Mapping[str, Handler]]
"""Makes the stand-ins for one rehearsal, by destination; they may keep files in the folder."""


class Delivered(NamedTuple):
    """A message that a case sent outside in a rehearsal, and what the stand-in answered."""

    message: OutboxMessage
    answer: Mapping[str, Any]


class VirtualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    @classmethod
    def epoch(cls) -> VirtualClock:
        """Return a clock that stands in the year 2000, before everything that a scenario does."""
        return cls(datetime(2000, 1, 1, tzinfo=UTC))

    def now(self) -> datetime:
        return self._at

    def move(self, to: datetime) -> None:
        """Move the clock forward to `to`; it never goes back."""
        self._at = max(self._at, to)


class Rehearsal:
    """A database with one chain and one clock, in which a scenario is played."""

    def __init__(
        self, engine: Engine, scheduler: Scheduler, organisation: Organisation | None, clock: VirtualClock
    ) -> None:
        self.engine, self.scheduler = engine, scheduler
        self.organisation, self.clock = organisation, clock
        self.calendar, self.settings = Calendar.shipped(), Settings()
        self.delivered: list[Delivered] = []

    @classmethod
    def alone(
        cls, store: Store, organisation: Organisation | None, handlers: Mapping[str, Handler], clock: VirtualClock
    ) -> Rehearsal:
        """Set up a rehearsal on an empty database."""
        engine, delivered = Engine(store, clock, seed=b"rehearsal"), list[Delivered]()
        heard = {destination: _heard(handler, delivered) for destination, handler in handlers.items()}
        stage = cls(engine, Scheduler(engine, heard, clock), organisation, clock)
        stage.delivered = delivered
        engine.set_up(stage.calendar, organisation, stage.settings)
        return stage

    def case(self, number: str) -> Case:
        with self.engine.store.reading() as reading:
            row = reading.case(number)
            if row is None:
                raise InvalidInput(f"Expected case {number} in the rehearsal; it isn't there.")
            return stored_case(reading, row)

    def furnish(
        self,
        registers: Mapping[str, Mapping[str, Any]],
        project: Mapping[str, Any] | None,
        certificates: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Put entries into registers (by register and key) and certificates into the library (by kind and holder), and
        bring in a project: all dated one day before now.
        """
        for register, entries in registers.items():
            for key, entry in entries.items():
                self._tell("registers", "register.record", {"register": register, "key": key, "entry": entry})
        for kind, holders in (certificates or {}).items():
            for holder, one in holders.items():
                self._tell("certificates", "certificate.bring", {"kind": kind, "holder": holder, **one})
        if project is not None:
            self._tell("projects", "project.bring", project)

    def _tell(self, destination: str, action: str, content: Mapping[str, Any]) -> None:
        """Send content to a stand-in. The message's key is the digest of its content: the same content is sent once."""
        payload = {**decode(dict(content)), "at": self.clock.now() - timedelta(days=1)}
        self.scheduler.tell(OutboxMessage(digest(trusted(encode(payload))), 1, destination, action, payload))

    def give(
        self, type: str, actor: str, case: str | None, payload: Mapping[str, Any], on: str | None = None
    ) -> Receipt:
        """Execute one command, then deliver what it put into the outbox. Raises what `Engine.execute` raises.

        `on`: the day from which it counts, where that isn't today.
        """
        day = None if on is None else date.fromisoformat(on)
        receipt = self.engine.execute(read_command(type, actor, case, payload, effective_on=day))
        self.scheduler.drain()
        return receipt

    def advance(self, case: str, text: str) -> None:
        """Move the clock by an ISO 8601 duration; each deadline of the case on the way fires at its own time."""
        self.until(timers.duration(text).after(self.clock.now()), case)

    def until(self, target: datetime, case: str | None = None) -> None:
        """Move the clock to `target`, stopping at each deadline on the way: of `case`, or of all cases if None."""
        done = 0
        while (due := self._next_due(case)) is not None and due <= target:
            self.clock.move(due)
            now_done = self.scheduler.drain()
            if now_done == 0:
                break  # what is due can't be done: an incident has parked it
            done += now_done
            if case is not None and done > MOST_ON_THE_WAY:
                raise BudgetExceeded(
                    f"Expected at most {MOST_ON_THE_WAY} timers and answers until {target.isoformat()}; it was more by "
                    f"{due.isoformat()}. Advance the clock by less, or let the loop wait for a task.",
                    sentence="due_without_end",
                )
        self.clock.move(target)
        self.scheduler.drain()

    def _next_due(self, case: str | None) -> datetime | None:
        with self.engine.store.reading() as reading:
            due = reading.next_deadline(case)
        return None if due is None else datetime.fromisoformat(due)

    def somebody(self, case: Case, task: TaskOpened) -> str:
        """Return the first person who may complete the task, for steps that name nobody."""
        if self.organisation is None:
            return ANYBODY
        if task.assignee:
            return str(task.assignee)
        matter = case.matters.get(task.matter) if task.matter is not None else None
        area, today = matter.area if matter is not None else None, self.clock.now().date()
        owner = task.owner or task.department
        holders = self.organisation.candidates(task.roles, owner, task.item, today, area)
        return next((person for person in (*task.users, *holders) if person not in case.barred(task)), ANYBODY)

    def today(self) -> date:
        """Return the day in the hall."""
        return self.clock.now().astimezone(self.calendar.zoneinfo).date()

    def starter(self, roles: Collection[str] = ("window",)) -> str:
        """Return the first person with one of the roles, who starts cases in scenarios that name nobody."""
        if self.organisation is None:
            return ANYBODY
        return next(iter(self.organisation.candidates(roles, None, None, self.clock.now().date())), ANYBODY)


def _heard(handler: Handler, delivered: list[Delivered]) -> Handler:
    """The handler, with what it has delivered noted down."""

    def handle(message: OutboxMessage) -> Mapping[str, Any] | None:
        answer = handler(message)
        delivered.append(Delivered(message, answer or {}))
        return answer

    return handle


@contextmanager
def rehearsal(
    organisation: Organisation | None, at: datetime, handlers: Handlers, template: Path
) -> Iterator[Rehearsal]:
    """Open a rehearsal on a copy of the empty database `template`; the copy is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="licet-") as folder:
        path = Path(folder) / "rehearsal.db"
        shutil.copy(template, path)
        store = Store.open(f"sqlite:///{path}", durable=False)
        try:
            yield Rehearsal.alone(store, organisation, handlers(store, Path(folder)), VirtualClock(at))
        finally:
            store.close()


@contextmanager
def empty_database() -> Iterator[Path]:
    """Make an empty database with its tables, which rehearsals copy; it is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="licet-") as folder:
        path = Path(folder) / "empty.db"
        store = Store.open(f"sqlite:///{path}")
        store.upgrade()
        store.close()
        yield path
