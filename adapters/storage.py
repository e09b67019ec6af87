"""Files in a folder, by content: `<folder>/ab/cd/<sha256>`. Knows no case and no material.

A file is written beside its place, synced, and renamed into it, so that a crash leaves either the whole file or none
under its name. Reading first checks the content against the name.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from adapters import media
from engine.base.errors import Fault, NotFound
from engine.hall.ports import StoredFile

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


class FolderStorage:
    """`engine.hall.ports.Storage` in a folder, which is made when it is first needed. Safe for many processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def receive(
        self, stream: IO[bytes], name: str, declared: str | None, types: Collection[str], max_bytes: int
    ) -> StoredFile:
        with self._draft() as draft:
            file, size = _copied(media.chunks(stream, name, max_bytes), draft)
            type = media.accepted(draft, name, declared, types)
            self._settle(draft, file)
        return StoredFile(file, media.clean_name(name), size, type)

    def keep(self, content: bytes, name: str, type: str) -> StoredFile:
        with self._draft() as draft:
            file, size = _copied([content], draft)
            self._settle(draft, file)
        return StoredFile(file, media.clean_name(name), size, type)

    def open(self, file: str) -> BinaryIO:
        try:
            stream = self._place(file).open("rb")
        except FileNotFoundError:
            raise NotFound(f"Expected a stored file {file}; there is none.", sentence="file_gone", file=file) from None
        actual = "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()
        if actual != file:
            stream.close()
            raise Fault(f"Expected the bytes of {file}, found those of {actual}. Restore it from a backup.", file=file)
        stream.seek(0)
        return stream

    @contextmanager
    def _draft(self) -> Iterator[BinaryIO]:
        """Open a new file beside the others; it is removed afterwards unless it was renamed into its place."""
        drafts = self._folder / "drafts"
        drafts.mkdir(parents=True, exist_ok=True)
        path = drafts / f"{secrets.token_hex(16)}.part"
        try:
            with path.open("x+b") as draft:
                yield draft
        finally:
            path.unlink(missing_ok=True)

    def _settle(self, draft: BinaryIO, file: str) -> None:
        """Rename the draft into its place. Two calls that keep the same bytes at the same moment both succeed."""
        place = self._place(file)
        if place.exists():
            return
        draft.flush()
        os.fsync(draft.fileno())
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(draft.name, place)
        _sync(place.parent)

    def _place(self, file: str) -> Path:
        match = _DIGEST.fullmatch(file)
        if match is None:
            raise NotFound(f"Expected the digest of a stored file, found {file!r}.", sentence="file_gone", file=file)
        name = match[1]
        return self._folder / name[:2] / name[2:4] / name


def _copied(parts: Iterable[bytes], target: BinaryIO) -> tuple[str, int]:
    seen, size = hashlib.sha256(), 0
    for part in parts:
        target.write(part)
        seen.update(part)
        size += len(part)
    return "sha256:" + seen.hexdigest(), size


def _sync(folder: Path) -> None:
    """Sync a folder to disk: without it a crash may lose the new name in it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
