"""The embedded shared registers 共享登记簿, on the shelf.

A register is never overwritten: each record is an object of its own, and an entry is all its records merged, later
fields over earlier ones. So two writers lose nothing, and a message that is delivered twice changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from adapters import demonstration
from engine.base.errors import InvalidInput
from engine.case import records
from engine.hall.ports import Shelf
from engine.law import matter

_RECORD: Final = "register"
_MOST: Final = 10_000
"""Records of one entry that are read at most."""

_SINCE: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Time of the fictional entries: everything that is really recorded is later."""


class ShelfRegisters:
    """`engine.hall.ports.Registers` on the shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def find(self, register: str, key: str) -> dict[str, Any] | None:
        rows = self._shelf.find(_RECORD, owner=_owner(register, key), limit=_MOST)
        entry: dict[str, Any] = {}
        for _, value in sorted(rows, key=_in_order):
            entry |= records.decode(value["entry"])
        return entry if rows else None

    def record(self, message: str, register: str, key: str, entry: Mapping[str, Any], at: datetime) -> None:
        value = {"at": at.astimezone(UTC).isoformat(timespec="microseconds"), "entry": records.encode(dict(entry))}
        self._shelf.add(_RECORD, message, value, owner=_owner(register, key), at=at)


def _in_order(row: tuple[str, Mapping[str, Any]]) -> tuple[str, int, str]:
    """Return the sort key of a record: its time; within one instant, the number of its message."""
    message, value = row
    return value["at"], len(message), message


def _owner(register: str, key: str) -> str:
    """Return the key by which an entry is looked up: a digest, so that the index holds no ID number."""
    if register not in matter.REGISTERS:
        known = ", ".join(matter.REGISTERS)
        raise InvalidInput(
            f"Expected a register ({known}); found {register!r}.",
            sentence="register_unknown",
            errors={"register": "unknown"},
            register=register,
        )
    return hashlib.sha256(f"{register}|{key}".encode()).hexdigest()


def shipped() -> list[dict[str, Any]]:
    """Return the fictional entries that ship: `[{"register", "key", "entry"}]`, the entry as JSON of `records`."""
    return demonstration.rows("registers")


def enter(registers: ShelfRegisters, row: Mapping[str, Any]) -> None:
    """Enter a fictional row under a time before everything else. A second call changes nothing."""
    message = f"demonstration/{_owner(row['register'], row['key'])}"
    registers.record(message, row["register"], row["key"], records.decode(row["entry"]), _SINCE)


def open_demonstration(registers: ShelfRegisters) -> int:
    """Fill the registers with the fictional entries that ship; return how many there are. A second call adds none."""
    rows = shipped()
    for row in rows:
        enter(registers, row)
    return len(rows)
