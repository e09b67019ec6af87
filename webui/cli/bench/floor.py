"""The floor for every time: one row inserted and committed through SQLAlchemy, on the same database.

The cost of a commit differs between machines far more than between programs, so a bar is a multiple of it.
Apart from `engine.hall.store`, this is the only module that knows SQLAlchemy: it must not go through the store.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Engine, Integer, MetaData, Table, Text, create_engine, event, insert

_rows = Table("bench_floor", MetaData(), Column("id", Integer, primary_key=True), Column("body", Text, nullable=False))

BODY = "x" * 1000
"""As many bytes as one journal entry has, roughly."""

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
        """Insert one row and commit it."""
        with self._engine.begin() as connection:
            connection.execute(self._insert, {"body": BODY})

    def settings(self) -> str:
        """Return the settings that make the database durable, as it reports them."""
        first, second = (self._ask(text)[0][0] for text in _DURABLE[self._engine.dialect.name])
        if self._engine.dialect.name == "sqlite":
            return f"journal_mode={first.upper()} synchronous={_SYNCHRONOUS[second]}"
        return f"fsync={first} synchronous_commit={second}"

    def sizes(self) -> dict[str, int]:
        """Return the bytes of each table and index, after the database has reclaimed the space of old rows."""
        name = self._engine.dialect.name
        self._ask(_TIDY[name])
        return {table: int(size) for table, size in self._ask(_SIZES[name]) if not table.startswith("bench_")}

    def close(self) -> None:
        self._engine.dispose()

    def _ask(self, text: str) -> list[Any]:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            result = connection.exec_driver_sql(text)
            return list(result) if result.returns_rows else []
