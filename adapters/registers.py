"""The embedded shared registers 共享登记簿, on the shelf.

A register is never written over: each record is an object of its own, and an entry is what its records make together,
the later over the earlier. So two writers lose nothing, and a message that comes twice changes nothing.
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
"""Records of one entry that are read."""

_SINCE: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Since when the fictional entries stand: whatever is recorded is later."""


class ShelfRegisters:
    """`engine.hall.ports.Registers` on the shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def find(self, register: str, key: str) -> dict[str, Any] | None:
        found = self._shelf.find(_RECORD, owner=_owner(register, key), limit=_MOST)
        entry: dict[str, Any] = {}
        for _, value in sorted(found, key=_in_order):
            entry |= records.decode(value["entry"])
        return entry if found else None

    def record(self, message: str, register: str, key: str, entry: Mapping[str, Any], at: datetime) -> None:
        value = {"at": at.astimezone(UTC).isoformat(timespec="microseconds"), "entry": records.encode(dict(entry))}
        self._shelf.add(_RECORD, message, value, owner=_owner(register, key), at=at)


def _in_order(row: tuple[str, Mapping[str, Any]]) -> tuple[str, int, str]:
    """By time; what one case recorded in the same moment, by the number of its message."""
    message, value = row
    return value["at"], len(message), message


def _owner(register: str, key: str) -> str:
    """Entries are found by a digest: what the index holds is nobody's ID number."""
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
    """The fictional entries that ship: `[{"register", "key", "entry"}]`, the entry as JSON of `records`."""
    return demonstration.rows("registers")


def enter(registers: ShelfRegisters, row: Mapping[str, Any]) -> None:
    """Enter a fictional row, as if it had always stood there. Doing it twice changes nothing."""
    message = f"demonstration/{_owner(row['register'], row['key'])}"
    registers.record(message, row["register"], row["key"], records.decode(row["entry"]), _SINCE)


def open_demonstration(registers: ShelfRegisters) -> int:
    """Fill the registers with the fictional entries that ship; how many there are. Doing it twice adds none."""
    rows = shipped()
    for row in rows:
        enter(registers, row)
    return len(rows)
