"""Many statements to PostgreSQL in one round trip, by libpq's pipeline mode.

psycopg has pipelines of its own, but talks to the server after each statement; the ten statements of a command then
cost more in the client and in waiting than in the database. Here all are sent together, and all results read together.
Measured: 0.67 ms a command instead of 0.91 ms; one row inserted and committed takes 0.38 ms.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from itertools import count
from typing import Any

from psycopg import Connection, OperationalError, pq
from psycopg.errors import error_from_result

from engine.hall.store.statements import Statement

_numbers = count()


class PipeliningConnection(Connection[Any]):
    """A connection that remembers its prepared statements. `parsed`: text of a statement → its name on the server."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parsed: dict[str, bytes] = {}

    def rollback(self) -> None:
        """Roll back, and forget the prepared statements: psycopg ends all of them with a transaction (DEALLOCATE
        ALL).
        """
        idle = self.info.transaction_status == pq.TransactionStatus.IDLE
        super().rollback()
        if not idle:
            self.parsed.clear()


def send(connection: PipeliningConnection, commands: Sequence[tuple[Statement, dict[str, Any]]]) -> list[int]:
    """Run the commands in the open transaction; return for each how many rows it has touched.

    Raises the psycopg error of the first command that failed; the commands after it weren't carried out.
    """
    if not commands:
        return []
    names = _prepare(connection, {statement.numbered for statement, _ in commands})
    pgconn = connection.pgconn
    pgconn.enter_pipeline_mode()
    for statement, row in commands:
        pgconn.send_query_prepared(names[statement.numbered], [_sent(row[name]) for name in statement.order])
    results = _results(pgconn, len(commands))
    pgconn.exit_pipeline_mode()
    return [result.command_tuples or 0 for result in _checked(results)]


def _prepare(connection: PipeliningConnection, texts: set[str]) -> dict[str, bytes]:
    names = connection.parsed
    for text in sorted(texts - names.keys()):
        name = b"licet_%d" % next(_numbers)  # never used twice: the server may still hold an older one
        _checked([connection.pgconn.prepare(name, text.encode())])
        names[text] = name
    return names


def _sent(value: Any) -> bytes | None:
    """Return the value as the text that PostgreSQL reads it from."""
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    return None if value is None else str(value).encode()


def _results(pgconn: pq.abc.PGconn, expected: int) -> list[pq.abc.PGresult]:
    pgconn.pipeline_sync()
    while pgconn.flush():
        select.select([pgconn.socket], [pgconn.socket], [])
        pgconn.consume_input()
    results: list[pq.abc.PGresult] = []
    while len(results) < expected + 1:  # one more for the sync
        result = _next(pgconn)
        if result is not None:
            results.append(result)
        elif pgconn.status == pq.ConnStatus.BAD:  # otherwise the None separates the results of two commands
            raise OperationalError("the connection was lost")
    return results[:-1]


def _next(pgconn: pq.abc.PGconn) -> pq.abc.PGresult | None:
    """Return the next result. Waits on the socket: `get_result` would block all other threads meanwhile."""
    while pgconn.is_busy():
        select.select([pgconn.socket], [], [])
        pgconn.consume_input()
    return pgconn.get_result()


def _checked(results: list[pq.abc.PGresult]) -> list[pq.abc.PGresult]:
    for result in results:
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise error_from_result(result)
    return results
