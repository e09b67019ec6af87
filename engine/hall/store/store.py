"""The store: opens a database, gives out transactions and readings, and leases what is due."""

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
        """The store behind `sqlite:///path`, a bare path, or `postgresql://…`; nothing is connected to yet.

        `durable` False, SQLite alone: for a file that is being made and is thrown away if that is broken off.
        Raises InvalidInput for another URL. All methods raise StoreUnreachable if the database can't be
        reached.
        """
        return cls(open_database(url, durable))

    def close(self) -> None:
        self._database.close()

    # ----------------------------------------------------------------------------------------- tables

    def upgrade(self) -> str:
        """Make the tables, or bring them to this version. Gives their revision."""
        with self._database.migrating() as connection:
            return migrations.upgrade(connection)

    def ready(self, writing: bool = False) -> None:
        """Check that the tables are of this version; with `writing`, become the process that writes.

        Raises StoreUnreachable otherwise, with what to do.
        """
        if writing:
            self._database.lock()
        with self._database.reading() as connection:
            found, wanted = migrations.current(connection), migrations.newest()
        if found != wanted:
            raise StoreUnreachable(
                f"Expected the tables at revision {wanted}, found {found or 'none'}. Run `licet upgrade`."
            )

    # ----------------------------------------------------------------------------------- transactions

    @contextmanager
    def transaction(self, patient: bool = False) -> Iterator[Transaction]:
        """One write transaction: committed when the block ends, rolled back on an exception.

        `patient`: a timer's; on SQLite, where one writes at a time, it lets people go first. Not to be
        nested.
        """
        with self._database.writing(patient) as raw:
            yield Transaction(self._database, self._statements, raw)

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """A view of one moment, beside whoever writes."""
        with self._database.reading() as connection:
            yield Reading(self._database, self._statements, self._questions, connection)

    # ----------------------------------------------------------------------------------------- leases

    def due(self, now: datetime, limit: int, holder: str, seconds: float) -> list[DeadlineRow]:
        """Take up to `limit` due deadlines, at most one per case, for `seconds`; in the order to fire them.

        Nobody else gets them meanwhile. Once fired they are gone; else they come again when the time is over.
        """
        taken = self._lease(self._statements.due, self._statements.deadlines_leased, now, limit, holder, seconds)
        return [DeadlineRow.of(row) for row in sorted(taken, key=lambda row: (row[2], row[3], row[0]))]

    def lease(
        self, now: datetime, destinations: tuple[str, ...], limit: int, holder: str, seconds: float
    ) -> list[MessageRow]:
        """Take up to `limit` messages that are due, at most one per case and destination, for `seconds`.

        The next one of the same case and destination comes once this one is settled: they arrive in order.
        """
        ready, leased = self._statements.leasing(destinations)
        taken = self._lease(ready, leased, now, limit, holder, seconds)
        return sorted((MessageRow._make(row) for row in taken), key=lambda row: (row.next_at, row.case, row.number))

    def postpone(self, message: MessageRow, until: datetime, error: str) -> None:
        """A message couldn't be delivered: count the attempt, and let it be tried again at `until`."""
        values = {
            "case": message.case,
            "number": message.number,
            "next_at": instant(until),
            "last_error": error,
        }
        with self._database.writing(patient=True) as raw:
            Session(self._database, self._statements, raw).run(self._statements.message_postponed, [values])

    def _lease(
        self, ready: Statement, taken: Statement, now: datetime, limit: int, holder: str, seconds: float
    ) -> list[tuple[Any, ...]]:
        moment, until = instant(now), instant(now + timedelta(seconds=seconds))
        # Most ticks find nothing: one indexed query tells, without asking for the right to write.
        with self.reading() as reading:
            if reading.first(ready, now=moment) is None:
                return []
        with self._database.writing(patient=True) as raw:
            session = Session(self._database, self._statements, raw)
            return session.rows(taken, now=moment, limit=limit, holder=holder, until=until)
