"""Kinds of files that may be handed in, recognised by their bytes, and names that are safe to keep.

Neither the file's name nor its declared type is trusted: both must agree with the content. Kinds that a browser would
run (HTML, SVG, scripts) are not in the table, so nobody can hand them in.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, BinaryIO

from engine.base.errors import FileRefused

CHUNK_BYTES = 1 << 16
LONGEST_NAME = 120  # characters; below the 255 bytes of common file systems, in UTF-8 too
_MEGABYTE = 1_000_000  # bytes, as catalogue and pages say it
_PDF_HEAD_BYTES = 1024  # PDF readers accept %PDF- within this many bytes


@dataclass(frozen=True, slots=True)
class _Kind:
    """A media type: the endings of such files' names, and its title in messages."""

    suffixes: tuple[str, ...]
    title: str
    magic: bytes = b""
    member: str = ""  # a zip archive that has this member is of this type


_KINDS = {
    "application/pdf": _Kind((".pdf",), "PDF"),
    "image/png": _Kind((".png",), "PNG", magic=b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": _Kind((".jpg", ".jpeg"), "JPEG", magic=b"\xff\xd8\xff"),
    "application/ofd": _Kind((".ofd",), "OFD", member="OFD.xml"),  # GB/T 33190
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _Kind(
        (".docx",), "DOCX", member="word/document.xml"
    ),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _Kind(
        (".xlsx",), "XLSX", member="xl/workbook.xml"
    ),
    "application/zip": _Kind((".zip",), "ZIP"),
}
_NEUTRAL = (None, "", "application/octet-stream")  # what clients declare when they don't know


def chunks(stream: IO[bytes], name: str, max_bytes: int) -> Iterator[bytes]:
    """Yield the bytes of a stream, piece by piece. Raises FileRefused as soon as there are more than `max_bytes`, or if
    there are none.
    """
    size = 0
    while chunk := stream.read(CHUNK_BYTES):
        size += len(chunk)
        if size > max_bytes:
            shown = clean_name(name)
            message = f"Expected another file than {shown!r}: over {max_bytes} bytes."
            raise FileRefused(message, sentence="file_too_large", name=shown, most_mb=max_bytes // _MEGABYTE)
        yield chunk
    if size == 0:
        shown = clean_name(name)
        raise FileRefused(f"Expected another file than {shown!r}: empty.", sentence="file_empty", name=shown)


def accepted(file: BinaryIO, name: str, declared: str | None, types: Collection[str]) -> str:
    """Return the media type of a handed-in file, recognised by its bytes.

    Raises FileRefused if it isn't one of `types`, or not what the name's ending and `declared` say.
    """
    type, shown = sniffed(file), clean_name(name)
    expected = f"Expected another file than {shown!r}:"
    if type is None:
        message = f"{expected} found None, expected {', '.join(types)}."
        raise FileRefused(message, sentence="file_unknown", name=shown, wanted=_titles(types))
    kind = _KINDS[type]
    if type not in types:
        message = f"{expected} found {type}, expected {', '.join(types)}."
        raise FileRefused(message, sentence="file_unwanted", name=shown, found=kind.title, wanted=_titles(types))
    suffix = PurePosixPath(name.lower()).suffix
    if suffix not in kind.suffixes:
        message = f"{expected} found {type}, but named {suffix!r}."
        raise FileRefused(message, sentence="file_misnamed", name=shown, found=kind.title)
    if _bare(declared) not in (*_NEUTRAL, type):
        message = f"{expected} found {type}, declared {declared}."
        raise FileRefused(message, sentence="file_misdeclared", name=shown, found=kind.title)
    return type


def _titles(types: Collection[str]) -> list[str]:
    return [_KINDS[type].title for type in types if type in _KINDS]


def sniffed(file: BinaryIO) -> str | None:
    """Return the media type by content; None for a type that isn't in the table. Leaves the file at its start."""
    file.seek(0)
    head = file.read(_PDF_HEAD_BYTES)
    try:
        if b"%PDF-" in head:
            return "application/pdf"
        for type, kind in _KINDS.items():
            if kind.magic and head.startswith(kind.magic):
                return type
        return _archive(file) if head.startswith(b"PK\x03\x04") else None
    finally:
        file.seek(0)


def _archive(file: BinaryIO) -> str | None:
    try:
        with zipfile.ZipFile(file) as archive:
            members = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return None
    named = (type for type, kind in _KINDS.items() if kind.member and kind.member in members)
    return next(named, "application/zip")


def clean_name(name: str) -> str:
    """Return the name alone: no folders, no control or direction characters, no longer than LONGEST_NAME."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    shown = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs")).strip(" .")
    stem, dot, suffix = shown.rpartition(".")
    if dot and len(suffix) <= 10:
        return f"{stem[: LONGEST_NAME - len(suffix) - 1]}.{suffix}" if stem else suffix
    return shown[:LONGEST_NAME] or "file"


def _bare(declared: str | None) -> str | None:
    return declared.partition(";")[0].strip().lower() if declared else declared
