"""The shelf: `engine.ports.Shelf` on a table. Knows JSON objects, and not what adapters mean by them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from engine.store.reading import Reading
from engine.store.rows import ShelfRow, instant
from engine.store.session import Transaction


class _Store(Protocol):
    def transaction(self) -> AbstractContextManager[Transaction]: ...

    def reading(self) -> AbstractContextManager[Reading]: ...


class StoreShelf:
    """A small table of JSON objects, lent to adapters. Every call is a transaction of its own."""

    def __init__(self, store: _Store) -> None:
        self._store = store

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """The object; None if there is none."""
        with self._store.reading() as reading:
            row = reading.shelved(kind, key)
        return None if row is None else _loaded(row)

    def put(self, kind: str, key: str, value: Mapping[str, Any], *, owner: str | None = None, at: datetime) -> None:
        """Set the object, its owner and its time, whether there is one already or not."""
        with self._store.transaction() as tx:
            tx.shelve(_row(kind, key, value, owner, at))

    def add(self, kind: str, key: str, value: Mapping[str, Any], *, owner: str | None = None, at: datetime) -> bool:
        """Set the object if there is none yet. Of two at the same moment, one gets True."""
        with self._store.transaction() as tx:
            return tx.shelve_new(_row(kind, key, value, owner, at))

    def find(self, kind: str, *, owner: str | None = None, limit: int = 100) -> list[tuple[str, dict[str, Any]]]:
        """Keys and objects of a kind (of one owner), the latest first; ties by key."""
        with self._store.reading() as reading:
            return [(row.key, _loaded(row)) for row in reading.shelf(kind, owner, limit)]

    def delete(self, kind: str, key: str) -> None:
        """Remove the object; nothing happens if there is none."""
        with self._store.transaction() as tx:
            tx.unshelve(kind, key)


def _row(kind: str, key: str, value: Mapping[str, Any], owner: str | None, at: datetime) -> ShelfRow:
    return ShelfRow(kind, key, owner, json.dumps(dict(value), ensure_ascii=False), instant(at))


def _loaded(row: ShelfRow) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(row.value)
    return value
