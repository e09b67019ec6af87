"""The journal: entries, the hash chain through a case's entries, and signed heads.

Pure: values in; bodies, hashes and problems out. Must not know the store, the clock, or what a command means.

    body     = canonical JSON (RFC 8785) of all fields of the entry, among them the hash of the entry before
    hash     = "sha256:" + hex of the SHA-256 of the body
    previous = hash of the case's entry before; None in its first entry

A digest names its algorithm, so that another algorithm can follow without making the old digests doubtful.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from engine.base.canonical import SAFE_INTEGER, canonical, digest, trusted
from engine.base.errors import InvalidInput, JournalBroken

# ---------------------------------------------------------------------------------------------- entries


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted command of a case, its effects, and the circumstances. All values are plain JSON.

    sequence      its number within the case, from 1
    recorded_at   ISO 8601 with zone, never before that of the entry before
    effective_on  ISO date from which it counts
    key           the client's idempotency key
    basis         by what authority the actor gave the command
    context       what `decide` saw beside the case: digests of chain, calendar, organisation and settings, the
                  semantics number, the digests of personal values in the order of their salts
    state         digest of the case after it
    previous      hash of the case's entry before
    """

    case: str
    sequence: int
    recorded_at: str
    effective_on: str
    actor: str
    key: str | None
    basis: Mapping[str, Any]
    command: Mapping[str, Any]
    effects: Sequence[Mapping[str, Any]]
    context: Mapping[str, Any]
    state: str
    previous: str | None


class Sealed(NamedTuple):
    """An entry as it is stored: its canonical text, and the hash of that."""

    body: str
    hash: str


_FIELDS: Final = tuple(field.name for field in fields(Entry))
_TEXTS: Final = ("case", "recorded_at", "effective_on", "actor", "state")


def seal(entry: Entry) -> Sealed:
    """The entry as it is stored. Its values must be as our codecs make them: they aren't checked again."""
    body = trusted({name: getattr(entry, name) for name in _FIELDS})
    return Sealed(body.decode(), digest(body))


def read(body: str | bytes) -> Entry:
    """The entry with this body. Raises JournalBroken if it isn't the canonical body of an entry."""
    data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(body)
    try:
        value = json.loads(data, parse_float=_no_number, parse_int=_whole)
        if trusted(value) != data:
            raise JournalBroken("Expected a body in canonical form (RFC 8785), found another writing of it.")
    except (ValueError, RecursionError, InvalidInput) as error:
        raise JournalBroken(f"Expected a body in canonical JSON; it can't be read: {error}") from error
    return _entry(value)


def _whole(text: str) -> int:
    number = int(text)
    return number if -SAFE_INTEGER <= number <= SAFE_INTEGER else _no_number(text)


def _no_number(text: str) -> int:
    raise ValueError(f"the number {text:.40} is none that an entry has")


def _entry(value: Any) -> Entry:
    if not isinstance(value, dict) or value.keys() != set(_FIELDS):
        raise JournalBroken(f"Expected a body with exactly {', '.join(_FIELDS)}; found other ones.")
    entry = Entry(**value)
    sound = (
        all(isinstance(value[name], str) for name in _TEXTS)
        and type(entry.sequence) is int
        and all(isinstance(value[name], dict) for name in ("basis", "command", "context"))
        and isinstance(entry.effects, list)
        and all(isinstance(value[name], str | None) for name in ("key", "previous"))
    )
    if not sound:
        raise JournalBroken("Expected an entry's fields to be of their kinds; found others.")
    return entry


# --------------------------------------------------------------------------------------------- verifying


class Row(NamedTuple):
    """A row of the journal as the database has it. Any column may hold anything: `read_chain` checks it."""

    case: Any
    sequence: Any
    recorded_at: Any
    actor: Any
    key: Any
    command: Any
    body: Any
    hash: Any


class Head(NamedTuple):
    """The last entry of a case, as the case's own row says."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a journal that can't be true. `sequence` is None if the row has no readable one."""

    case: str
    sequence: int | None
    problem: str


def read_chain(rows: Iterable[Row], heads: Mapping[str, Head] | None = None) -> tuple[list[Problem], list[Entry]]:
    """Check the hashes; return the problems, and the entries that can be read.

    `rows` must be ordered by case and sequence. `heads` (of all cases that the rows belong to) let it find, too, that
    the end of a journal was cut off, or all of it. Never raises, whatever the columns hold.
    """
    problems: list[Problem] = []
    entries: list[Entry] = []
    last: dict[str, tuple[Any, set[str]]] = {}
    for case, group in groupby(rows, key=lambda row: _text(row.case)):
        expected, hashes, recorded = 1, set[str](), ""
        for row in group:
            wrong, entry, hashes = _row_problems(row, expected, hashes, recorded)
            problems += wrong
            entries += [entry] if entry is not None else []
            expected = (row.sequence if type(row.sequence) is int else expected) + 1
            recorded = entry.recorded_at if entry else recorded
        last[case] = (expected - 1, hashes)
    return problems + (_head_problems(heads, last) if heads is not None else []), entries


def _row_problems(
    row: Row, expected: int, before: set[str], recorded: str
) -> tuple[list[Problem], Entry | None, set[str]]:
    """The problems of one row; its entry, if it can be read; the hashes by which the next row may name it.

    Those are the stored hash and that of the body, so that one changed byte is one problem, and not two.
    """
    case, sequence = _text(row.case), row.sequence if type(row.sequence) is int else None
    problems: list[str] = []
    if sequence != expected:
        problems.append(f"Expected entry {expected} of the case, found {_shown(row.sequence)}.")
    body, stored = _bytes(row.body), _text(row.hash)
    computed = digest(body)
    if stored != computed:
        problems.append(f"Expected the hash of the body, {computed}, found {_shown(row.hash)}.")
    entry = None
    try:
        entry = read(body)
    except JournalBroken as error:
        problems.append(error.message)
    if entry is not None:
        problems += _column_problems(row, entry) + _link_problems(entry, expected, before, recorded)
    return [Problem(case, sequence, text) for text in problems], entry, {stored, computed}


def _column_problems(row: Row, entry: Entry) -> list[str]:
    command = entry.command.get("type")
    written = (entry.case, entry.sequence, entry.recorded_at, entry.actor, entry.key, command)
    return [
        f"Expected in the column {name} what the body says, {_shown(said)}, found {_shown(column)}."
        for name, said, column in zip(Row._fields[:6], written, row[:6], strict=True)
        if type(column) is not type(said) or column != said
    ]


def _link_problems(entry: Entry, expected: int, before: set[str], recorded: str) -> list[str]:
    said = []
    linked = entry.previous in before if before else (entry.previous is None or expected != 1)
    if not linked:
        said.append(f"Expected the hash of the entry before, found {_shown(entry.previous)}.")
    if recorded and _instant(entry.recorded_at) < _instant(recorded):
        said.append(f"Expected a time not before {recorded}, found {entry.recorded_at}.")
    return said


def _head_problems(heads: Mapping[str, Head], last: Mapping[str, tuple[Any, set[str]]]) -> list[Problem]:
    problems = []
    for case, head in heads.items():
        sequence, hashes = last.get(case, (0, set()))
        if sequence != head.sequence:
            text = f"Expected entry {head.sequence} to be the last one, as the case says; found {sequence}."
            problems.append(Problem(case, max(sequence, head.sequence), text))
        elif hashes and head.hash not in hashes:
            text = f"Expected the last entry to have the hash that the case says, {head.hash}; found another."
            problems.append(Problem(case, head.sequence, text))
    unknown = "Expected a case to these entries, found none."
    return problems + [Problem(case, None, unknown) for case in last if case not in heads]


def _instant(text: str) -> float:
    """Seconds since 1970; 0 for a text that is no time, so that only a time can be before another."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return str(value).encode("utf-8", "surrogatepass")


def _text(value: Any) -> str:
    """The value as text that can be printed, whatever it is."""
    return _bytes(value).decode("utf-8", "backslashreplace")


def _shown(value: Any) -> str:
    return f"{value!r:.80}"


# ----------------------------------------------------------------------------------------------- anchors


def anchor(heads: Mapping[str, Head], at: str, key: Ed25519PrivateKey) -> dict[str, Any]:
    """The signed heads of all cases as JSON, to be kept outside the database.

    `{"at", "heads": [{"case", "sequence", "hash"}], "public_key": "ed25519:…", "signature": "ed25519:…"}`. Key and
    signature are in Base64; the signature is over the canonical bytes of everything but itself.
    """
    listed = [{"case": case, **head._asdict()} for case, head in sorted(heads.items())]
    said = {"at": at, "heads": listed, "public_key": _key_text(key.public_key().public_bytes_raw())}
    return {**said, "signature": _key_text(key.sign(canonical(said)))}


def verify_anchor(
    anchored: Mapping[str, Any], trusted: Ed25519PublicKey, hash_of: Callable[[str, int], str | None]
) -> list[Problem]:
    """The heads in an anchor that the journal no longer has, as problems.

    `hash_of(case, sequence)` must give the hash of that entry in the journal, None if there is none. Raises
    InvalidInput if it is no anchor, or wasn't signed with the key `trusted`: then it proves nothing.
    """
    try:
        said = {name: value for name, value in anchored.items() if name != "signature"}
        trusted.verify(_key_bytes(anchored["signature"]), canonical(said))
        heads = [(head["case"], head["sequence"], head["hash"]) for head in said["heads"]]
    except (InvalidSignature, KeyError, TypeError, AttributeError, ValueError) as error:
        raise InvalidInput(
            "Expected an anchor signed with the key of this installation; its signature doesn't fit. "
            "Take the file as `licet anchor` wrote it.",
            sentence="anchor_signature",
        ) from error
    compared = ((case, sequence, expected, hash_of(case, sequence)) for case, sequence, expected in heads)
    return [
        Problem(case, sequence, f"Expected the anchored hash {expected}, found {_shown(now)}.")
        for case, sequence, expected, now in compared
        if now != expected
    ]


def _key_text(data: bytes) -> str:
    return "ed25519:" + b64encode(data).decode()


def _key_bytes(text: str) -> bytes:
    return b64decode(text.removeprefix("ed25519:"), validate=True)
