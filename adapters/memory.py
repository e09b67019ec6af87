"""A shelf and a storage in memory, for a process that keeps nothing, such as a scenario under virtual time."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import IO, Any, BinaryIO

from adapters import media
from engine.base.canonical import digest
from engine.base.errors import NotFound
from engine.hall.ports import StoredFile


class MemoryShelf:
    """`engine.hall.ports.Shelf` in a dict. Objects are kept as JSON text, as on the real shelf."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], tuple[str, str | None, datetime]] = {}
        self._lock = threading.Lock()

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        row = self._rows.get((kind, key))
        return None if row is None else _loaded(row[0])

    def put(self, kind: str, key: str, value: Mapping[str, Any], *, owner: str | None = None, at: datetime) -> None:
        self._rows[kind, key] = (json.dumps(value), owner, at)

    def add(self, kind: str, key: str, value: Mapping[str, Any], *, owner: str | None = None, at: datetime) -> bool:
        with self._lock:
            if (kind, key) in self._rows:
                return False
            self.put(kind, key, value, owner=owner, at=at)
            return True

    def find(self, kind: str, *, owner: str | None = None, limit: int = 100) -> list[tuple[str, dict[str, Any]]]:
        rows = [
            (key, at, text)
            for (row_kind, key), (text, row_owner, at) in self._rows.items()
            if row_kind == kind and owner in (None, row_owner)
        ]
        rows.sort(key=lambda row: row[0])
        rows.sort(key=lambda row: row[1], reverse=True)
        return [(key, _loaded(text)) for key, _, text in rows[:limit]]

    def delete(self, kind: str, key: str) -> None:
        self._rows.pop((kind, key), None)


def _loaded(text: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(text)
    return value


class MemoryStorage:
    """`engine.hall.ports.Storage` in a dict."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def receive(
        self, stream: IO[bytes], name: str, declared: str | None, types: Collection[str], max_bytes: int
    ) -> StoredFile:
        copy = io.BytesIO()
        for chunk in media.chunks(stream, name, max_bytes):
            copy.write(chunk)
        type = media.accepted(copy, name, declared, types)
        return self.keep(copy.getvalue(), name, type)

    def keep(self, content: bytes, name: str, type: str) -> StoredFile:
        file = digest(content)
        self._files[file] = content
        return StoredFile(file, media.clean_name(name), len(content), type)

    def open(self, file: str) -> BinaryIO:
        try:
            return io.BytesIO(self._files[file])
        except KeyError:
            raise NotFound(f"Expected a stored file {file}; there is none.", sentence="file_gone", file=file) from None
