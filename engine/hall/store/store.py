"""The store: opens a database, gives transactions and readings, and leases deadlines and messages that are due."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from engine.base.errors import StoreUnreachable
from engine.hall.store import migrations
from engine.hall.store.database import Database, open_database
from engine.hall.store.questions import Questions
from engine.hall.store.reading import Reading
from engine.hall.store.rows import DeadlineRow, MessageRow, instant
from engine.hall.store.session import Session, Transaction
from engine.hall.store.statements import Statement, Statements


class Store:
    """A database of cases. Threads may share it; a process that forks opens its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._statements = Statements(database.engine.dialect)
        self._questions = Questions(database.engine.dialect)

    @classmethod
    def open(cls, url: str, durable: bool = True) -> Store:
        """Return the store of `sqlite:///path`, a bare path, or `postgresql://…`; it connects to nothing yet.

        `durable` False, for SQLite only: a file that is thrown away unless it is completed. Raises InvalidInput for
        another URL. All methods raise StoreUnreachable if the database can't be reached.
        """
        return cls(open_database(url, durable))

    def close(self) -> None:
        self._database.close()

    # ----------------------------------------------------------------------------------------- tables

    def upgrade(self) -> str:
        """Make the tables, or bring them to this version; return their revision."""
        with self._database.migrating() as connection:
            return migrations.upgrade(connection)

    def ready(self, writing: bool = False) -> None:
        """Check that the tables are of this version; with `writing`, become the process that writes.

        Raises StoreUnreachable, which says what to do, if they aren't or another process writes.
        """
        if writing:
            self._database.lock()
        with self._database.reading() as connection:
            revision, wanted = migrations.current(connection), migrations.newest()
        if revision != wanted:
            raise StoreUnreachable(
                f"Expected the tables at revision {wanted}, found {revision or 'none'}. Run `licet upgrade`."
            )

    # ----------------------------------------------------------------------------------- transactions

    @contextmanager
    def transaction(self, patient: bool = False) -> Iterator[Transaction]:
        """Open a write transaction: committed when the block ends, rolled back on an exception. Not to be nested.

        `patient`: a timer's transaction. On SQLite, where one thread writes at a time, it lets people's go first.
        """
        with self._database.writing(patient) as raw:
            yield Transaction(self._database, self._statements, raw)

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Open a view of one moment; it waits for no writer."""
        with self._database.reading() as connection:
            yield Reading(self._database, self._statements, self._questions, connection)

    # ----------------------------------------------------------------------------------------- leases

    def due(
        self, now: datetime, limit: int, holder: str, seconds: float, after: DeadlineRow | None = None
    ) -> list[DeadlineRow]:
        """Lease up to `limit` due deadlines, at most one per case, for `seconds`; return them in the order to fire
        them, the oldest first. `after`: only those that come after this one in that order.

        Nobody else gets them meanwhile. A deadline that is fired is gone; otherwise it is due again after the lease.
        """
        place = (instant(after.due_at), after.number, after.case) if after is not None else ("", 0, "")
        names = ("after_due", "after_number", "after_case")
        ready, leased = self._statements.due, self._statements.deadlines_leased
        taken = self._lease(ready, leased, now, limit, holder, seconds, **dict(zip(names, place, strict=True)))
        return [DeadlineRow.of(row) for row in sorted(taken, key=lambda row: (row[2], row[3], row[0]))]

    def lease(
        self, now: datetime, destinations: tuple[str, ...], limit: int, holder: str, seconds: float
    ) -> list[MessageRow]:
        """Lease up to `limit` messages that are due, at most one per case and destination, for `seconds`.

        The next message of the same case and destination is due once this one is settled: they arrive in order.
        """
        ready, leased = self._statements.leasing(destinations)
        taken = self._lease(ready, leased, now, limit, holder, seconds)
        return sorted((MessageRow._make(row) for row in taken), key=lambda row: (row.next_at, row.case, row.number))

    def postpone(self, message: MessageRow, until: datetime, error: str) -> None:
        """Note that a message couldn't be delivered: count the attempt, and try again at `until`."""
        values = {
            "case": message.case,
            "number": message.number,
            "next_at": instant(until),
            "last_error": error,
        }
        with self._database.writing(patient=True) as raw:
            Session(self._database, self._statements, raw).run(self._statements.message_postponed, [values])

    def _lease(
        self, ready: Statement, taken: Statement, now: datetime, limit: int, holder: str, seconds: float, **after: Any
    ) -> list[tuple[Any, ...]]:
        moment, until = instant(now), instant(now + timedelta(seconds=seconds))
        # Mostly nothing is due: one indexed query tells, without a write transaction.
        with self.reading() as reading:
            if reading.first(ready, now=moment, **after) is None:
                return []
        with self._database.writing(patient=True) as raw:
            session = Session(self._database, self._statements, raw)
            return session.rows(taken, now=moment, limit=limit, holder=holder, until=until, **after)
