"""The floor beside every time: one row inserted and committed through SQLAlchemy, on the same database.

What a commit costs differs from machine to machine by far more than any program does, so a bar is a multiple of it.
Beside `engine.hall.store`, this is the only module that knows SQLAlchemy: it must not go through the store.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Engine, Integer, MetaData, Table, Text, create_engine, event, insert

_rows = Table("bench_floor", MetaData(), Column("id", Integer, primary_key=True), Column("body", Text, nullable=False))

BODY = "x" * 1000
"""About what one journal entry says, in bytes."""

_SIZES = {
    "sqlite": "SELECT name, SUM(pgsize) FROM dbstat GROUP BY name",
    "postgresql": "SELECT relname, pg_relation_size(oid) FROM pg_class "
    "WHERE relkind IN ('r', 'i', 't') AND relnamespace NOT IN ('pg_catalog'::regnamespace, "
    "'information_schema'::regnamespace)",
}
_TIDY = {"sqlite": "PRAGMA wal_checkpoint(TRUNCATE)", "postgresql": "VACUUM"}
_DURABLE = {
    "sqlite": ("PRAGMA journal_mode", "PRAGMA synchronous"),
    "postgresql": ("SHOW fsync", "SHOW synchronous_commit"),
}
_SYNCHRONOUS = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}


class Floor:
    """A connection of its own to the database, with the store's settings."""

    def __init__(self, url: str) -> None:
        self._engine: Engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        if self._engine.dialect.name == "sqlite":
            # As the store's own connection: a committed row survives a power cut.
            event.listen(self._engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = FULL"))
        _rows.metadata.create_all(self._engine)
        self._insert = insert(_rows)

    def insert(self) -> None:
        """One row, committed."""
        with self._engine.begin() as connection:
            connection.execute(self._insert, {"body": BODY})

    def settings(self) -> str:
        """What makes it durable, as the database says."""
        first, second = (self._ask(text)[0][0] for text in _DURABLE[self._engine.dialect.name])
        if self._engine.dialect.name == "sqlite":
            return f"journal_mode={first.upper()} synchronous={_SYNCHRONOUS[second]}"
        return f"fsync={first} synchronous_commit={second}"

    def sizes(self) -> dict[str, int]:
        """Bytes of each table and index, after the database has put away what it left lying about."""
        name = self._engine.dialect.name
        self._ask(_TIDY[name])
        return {table: int(size) for table, size in self._ask(_SIZES[name]) if not table.startswith("bench_")}

    def close(self) -> None:
        self._engine.dispose()

    def _ask(self, text: str) -> list[Any]:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            result = connection.exec_driver_sql(text)
            return list(result) if result.returns_rows else []
