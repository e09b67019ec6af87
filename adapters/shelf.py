"""The shelf in the database: `engine.hall.ports.Shelf` over the store. Every call is a transaction of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.hall.store import ShelfRow, Store, instant


class StoreShelf:
    """Lends adapters a table of the store. Must not be called inside a transaction of the same store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        with self._store.reading() as reading:
            row = reading.shelved(kind, key)
        return None if row is None else _loaded(row)

    def put(self, kind: str, key: str, value: Mapping[str, Any], *, owner: str | None = None, at: datetime) -> None:
        with self._store.transaction() as transaction:
            transaction.shelve(_row(kind, key, value, owner, at))

    def add(self, kind: str, key: str, value: Mapping[str, Any], *, owner: str | None = None, at: datetime) -> bool:
        with self._store.transaction() as transaction:
            return transaction.shelve_new(_row(kind, key, value, owner, at))

    def find(self, kind: str, *, owner: str | None = None, limit: int = 100) -> list[tuple[str, dict[str, Any]]]:
        with self._store.reading() as reading:
            return [(row.key, _loaded(row)) for row in reading.shelf(kind, owner, limit)]

    def delete(self, kind: str, key: str) -> None:
        with self._store.transaction() as transaction:
            transaction.unshelve(kind, key)


def _row(kind: str, key: str, value: Mapping[str, Any], owner: str | None, at: datetime) -> ShelfRow:
    return ShelfRow(kind, key, owner, json.dumps(dict(value), ensure_ascii=False), instant(at))


def _loaded(row: ShelfRow) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(row.value)
    return value
