"""The two databases behind the store: how each is opened, locked and written to, and what its errors mean.

SQLite: one process with one writer, many readers (WAL). PostgreSQL: any number of processes. No module above this one
knows which of the two it is.
"""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from engine.base.errors import Conflict, Fault, InvalidInput, LicetError, StoreUnreachable
from engine.hall.store.statements import Statement

BUSY_MILLISECONDS: Final = 5_000
"""How long SQLite waits for another connection's lock; only migrations hold one for long."""

LOCK_MILLISECONDS: Final = 5_000
"""How long PostgreSQL waits for a case that another command has locked, before the later command is refused."""

PATIENCE_SECONDS: Final = 1.0
"""How long a timer's transaction lets people's go first before it queues with them: it may be late, but must happen."""

CONNECTIONS: Final = 12
"""Connections kept open per process: for the web server's eight threads, the scheduler's, and some that only read."""

TAKEN: Final = {
    "journal_one_entry_per_sequence": "another command on this case came in between. Look at it again.",
    "journal_one_entry_per_key": "this key was used in the same moment. Send it again to get the receipt.",
    "cases": "a case with this number was opened in the same moment. Try again.",
    "claims": "another case took the same thing in the same moment. Look at the case again.",
}
"""Unique constraint, or table whose primary key is violated → what that means."""

_SQLITE_UNIQUE: Final = {
    "journal.case, journal.sequence": "journal_one_entry_per_sequence",
    "journal.actor, journal.key": "journal_one_entry_per_key",
}


class Database(ABC):
    """One opened database. `error`: the root of the driver's errors."""

    engine: Engine
    error: type[Exception]

    @abstractmethod
    def writing(self, patient: bool) -> AbstractContextManager[Any]:
        """Give a driver connection in a write transaction; commit at the end, roll back on an exception.

        `patient`: a timer's transaction, which lets others go first.
        """

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]:
        """Give a connection that sees one state of the database and can't write."""

    @abstractmethod
    def migrating(self) -> AbstractContextManager[Connection]:
        """Give the only connection that may change tables; make the database where there is none."""

    @abstractmethod
    def translated(self, error: Exception) -> LicetError:
        """Return the error of our tree that an error of the driver means."""

    @abstractmethod
    def send(self, raw: Any, commands: Sequence[tuple[Statement, dict[str, Any]]]) -> list[int]:
        """Run statements in order, each with a row, in the open transaction; return how many rows each has touched."""

    def unread(self, raw: Any) -> AbstractContextManager[Any]:
        """Within the block, text columns are returned as they are stored, even where their bytes are no text."""
        return nullcontext()

    @abstractmethod
    def lock(self) -> None:
        """Become the writing process, where there can be only one."""

    def close(self) -> None:
        self.engine.dispose()


def open_database(url: str, durable: bool = True) -> Database:
    """Return the database of a URL: `sqlite:///path` (or a bare path), `postgresql://user@host/name`.

    `durable` False: a power cut may cost the latest commits; only for a file that is thrown away unless it is
    completed.
    Raises InvalidInput for another URL. Connects to nothing yet.
    """
    if "://" not in url:
        return Sqlite(Path(url), durable)
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InvalidInput(
            "Expected a database URL such as sqlite:///var/licet.db.", sentence="database_address"
        ) from error
    if parsed.drivername.startswith("sqlite") and parsed.database and parsed.database != ":memory:":
        return Sqlite(Path(parsed.database), durable)
    if parsed.drivername.startswith("postgres"):
        return Postgres(parsed.set(drivername="postgresql+psycopg"))
    raise InvalidInput(
        f"Expected a database URL that starts with sqlite:/// (and names a file) or postgresql://, found "
        f"{parsed.render_as_string()}.",
        sentence="database_address",
    )


# ------------------------------------------------------------------------------------------------ SQLite


class Sqlite(Database):
    """A file, its WAL beside it, and a lock file that lets only one process write."""

    error = sqlite3.Error

    def __init__(self, path: Path, durable: bool = True) -> None:
        self.path = path.absolute()
        self._durable = durable
        self.engine = create_engine(
            "sqlite+pysqlite://",
            creator=lambda: self._connect("rw"),
            poolclass=QueuePool,
            pool_size=CONNECTIONS,
            paramstyle="named",
        )
        event.listen(self.engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
        self._turnstile = Turnstile()
        self._lock_file: IO[str] | None = None
        self._writer: sqlite3.Connection | None = None

    def _connect(self, mode: str) -> sqlite3.Connection:
        raw = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode={mode}",
            uri=True,
            timeout=BUSY_MILLISECONDS / 1000,
            isolation_level=None,  # transactions begin where the store says so
            check_same_thread=False,  # turnstile and pool give a connection to one thread at a time
            cached_statements=256,
        )
        raw.execute("PRAGMA foreign_keys = ON")
        # FULL: a committed entry survives a power cut. SQLite's usual NORMAL would lose the latest ones with WAL.
        raw.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'OFF'}")
        return raw

    @contextmanager
    def writing(self, patient: bool) -> Iterator[sqlite3.Connection]:
        with self._turnstile.held(patient):
            raw = self._writer or self._open_writer()
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise self.translated(error) from error
            try:
                yield raw
                raw.execute("COMMIT")
            except BaseException as error:
                if raw.in_transaction:
                    raw.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise self.translated(error) from error
                raise

    def _open_writer(self) -> sqlite3.Connection:
        self.lock()
        try:
            self._writer = self._connect("rw")
            self._writer.execute("PRAGMA journal_mode = WAL")
        except sqlite3.Error as error:
            raise self.translated(error) from error
        return self._writer

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                connection.exec_driver_sql("BEGIN")
                yield connection
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise self.translated(_original(error)) from error

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.lock()
            maker = create_engine("sqlite+pysqlite://", creator=lambda: self._connect("rwc"))
            with maker.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                connection.exec_driver_sql("COMMIT")
            maker.dispose()
        except OSError as error:
            raise StoreUnreachable(f"Expected a place to write {self.path}: {error.strerror}.") from error
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise self.translated(_original(error)) from error

    def send(self, raw: Any, commands: Sequence[tuple[Statement, dict[str, Any]]]) -> list[int]:
        return [raw.execute(statement.sql, row).rowcount for statement, row in commands]

    @contextmanager
    def unread(self, raw: Any) -> Iterator[None]:
        raw.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        try:
            yield
        finally:
            raw.text_factory = str

    def lock(self) -> None:
        """Take the lock beside the file. The system releases it when the process ends, however it ends."""
        if self._lock_file is not None:
            return
        if not self.path.parent.is_dir():
            raise self._missing()
        file = Path(f"{self.path}.lock").open("a+", encoding="ascii")  # noqa: SIM115 (held until closed)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read(20).strip() or "unknown"
            file.close()
            raise StoreUnreachable(
                f"Expected to be the one process that writes to {self.path}; process {holder} is. "
                "Use its pages, or stop it first; reading goes on beside it.",
                holder=holder,
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._lock_file = file

    def translated(self, error: Exception) -> LicetError:
        text = str(error)
        if isinstance(error, sqlite3.IntegrityError):
            match = re.match(r"UNIQUE constraint failed: (.+)", text)
            columns = match[1] if match else ""
            return _broken(_SQLITE_UNIQUE.get(columns, columns.partition(".")[0]), text)
        if "unable to open" in text and not self.path.exists():
            return self._missing()
        if "no such table" in text or "no such column" in text:
            return _outdated(str(self.path), text)
        if isinstance(error, sqlite3.OperationalError | PoolTimeout) or type(error) is sqlite3.DatabaseError:
            return StoreUnreachable(f"Expected to work with the database {self.path}; it answers: {text}.")
        return Fault(f"The database refused a statement: {text}.")

    def _missing(self) -> StoreUnreachable:
        return StoreUnreachable(f"Expected a database at {self.path}, found none. `licet init` makes one.")

    def close(self) -> None:
        super().close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None


class Turnstile:
    """Lets one thread through at a time. Patient threads (timers) wait as long as others do, up to PATIENCE_SECONDS."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = False
        self._waiting = 0

    @contextmanager
    def held(self, patient: bool) -> Iterator[None]:
        with self._changed:
            if patient:
                self._changed.wait_for(lambda: not self._taken and not self._waiting, PATIENCE_SECONDS)
            self._waiting += 1
            self._changed.wait_for(lambda: not self._taken)
            self._waiting -= 1
            self._taken = True
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()


# -------------------------------------------------------------------------------------------- PostgreSQL


class Postgres(Database):
    """A server that many processes share. Two commands on one case wait for each other at the lock of its row."""

    def __init__(self, url: URL) -> None:
        import psycopg  # imported here, so that an installation on SQLite doesn't load it

        self.error = psycopg.Error
        self.shown = url.render_as_string(hide_password=True).replace("+psycopg", "")
        self.engine = create_engine(
            url,
            pool_size=CONNECTIONS,
            pool_timeout=LOCK_MILLISECONDS / 1000,
            connect_args={"options": f"-c lock_timeout={LOCK_MILLISECONDS}", "connect_timeout": 5},
        )
        event.listen(self.engine, "do_connect", self._connect)

    def _connect(self, dialect: Any, record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        from engine.hall.store.pipeline import PipeliningConnection

        return PipeliningConnection.connect(*arguments, **options)

    @contextmanager
    def writing(self, patient: bool) -> Iterator[Any]:
        try:
            held = self.engine.raw_connection()
        except (SQLAlchemyError, self.error) as error:
            raise self.translated(_original(error)) from error
        raw = held.dbapi_connection
        try:
            yield raw
            held.commit()
        except BaseException as error:
            self._abandon(held, error)
            if isinstance(error, self.error):
                raise self.translated(error) from error
            raise
        finally:
            held.close()

    def _abandon(self, held: Any, error: BaseException) -> None:
        """Roll back. If the connection is gone, drop it and all others to the same server."""
        if held.dbapi_connection.closed:
            held.invalidate()
            self.engine.dispose()
        else:
            held.rollback()

    def lock(self) -> None:
        """Do nothing: any number of processes may write, and wait for each other at the rows."""

    def send(self, raw: Any, commands: Sequence[tuple[Statement, dict[str, Any]]]) -> list[int]:
        from engine.hall.store import pipeline

        if raw.info.transaction_status == raw.info.transaction_status.IDLE:
            raw.execute("SELECT")  # psycopg begins a transaction only before a statement of its own
        return pipeline.send(raw, commands)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                yield connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        except (SQLAlchemyError, self.error) as error:
            raise self.translated(_original(error)) from error

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        try:
            with self.engine.begin() as connection:
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('licet upgrade'))")
                yield connection
        except (SQLAlchemyError, self.error) as error:
            raise self.translated(_original(error)) from error

    def translated(self, error: Exception) -> LicetError:
        state: str = getattr(error, "sqlstate", None) or ""
        text = str(error).partition("\n")[0]
        if state.startswith("23"):
            diagnosis: Any = getattr(error, "diag", None)
            name = diagnosis.constraint_name or ""
            return _broken(name if name in TAKEN else diagnosis.table_name or "", text)
        if state in ("40001", "40P01", "55P03"):  # serialisation, deadlock, lock not available
            return Conflict(
                "Expected the case to be free; another command is at it. Try again.",
                sentence="case_moved_on",
                cause=text,
            )
        if state in ("42P01", "42703"):  # undefined table, undefined column
            return _outdated(self.shown, text)
        if state.startswith("22"):
            return InvalidInput(f"Expected values that the database can hold: {text}.", sentence="value_unstorable")
        if state and not state.startswith(("08", "3D", "28", "53", "57", "58")):
            return Fault(f"The database refused a statement: {text}.")
        return StoreUnreachable(f"Expected a database at {self.shown}; it can't be reached: {text}.")


def _original(error: Exception) -> Exception:
    """Return the driver's error inside SQLAlchemy's."""
    original = error.orig if isinstance(error, DBAPIError) else None
    return original if isinstance(original, Exception) else error


def _broken(constraint: str, text: str) -> LicetError:
    if constraint in TAKEN:
        return Conflict(
            f"Expected to be the first; {TAKEN[constraint]}",
            sentence="thing_just_taken" if constraint == "claims" else "case_moved_on",
            constraint=constraint,
        )
    return Fault(f"The database refused a row: {text}.")


def _outdated(where: str, text: str) -> StoreUnreachable:
    return StoreUnreachable(f"Expected the tables of this version in {where}: {text}. Run `licet upgrade`.")
