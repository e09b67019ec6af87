"""Receipts: the answer to an accepted command, also when the same command comes a second time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.base.errors import KeyReused
from engine.case.records import Command, command_to_json
from engine.hall.store import Reading


@dataclass(frozen=True, slots=True)
class Receipt:
    """The entry that an accepted command has become. `tasks` are the tokens of the tasks that it opened.

    `again`: the same command had been accepted before under its key; nothing was done twice.
    """

    case: str
    sequence: int
    recorded_at: str
    hash: str
    effects: tuple[Mapping[str, Any], ...]
    tasks: tuple[int, ...] = ()
    again: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {
            "case": self.case,
            "sequence": self.sequence,
            "recorded_at": self.recorded_at,
            "hash": self.hash,
            "effects": [dict(effect) for effect in self.effects],
            "tasks": list(self.tasks),
            "again": self.again,
        }


def opened(effects: Iterable[Mapping[str, Any]]) -> tuple[int, ...]:
    """The tokens of the tasks that these effects, as JSON, open and leave open."""
    effects = list(effects)
    closed = {effect["token"] for effect in effects if effect["type"] == "task_closed"}
    return tuple(e["token"] for e in effects if e["type"] == "task_opened" and e["token"] not in closed)


def kept(reading: Reading, command: Command) -> Receipt | None:
    """The receipt of the entry that has the command's key already; None if there is none, or no key.

    Raises KeyReused if it was for another command.
    """
    row = reading.receipt(command.actor, command.key) if command.key is not None else None
    if row is None:
        return None
    entry = json.loads(row.body)
    values = {value.digest: json.loads(value.value) for value in reading.personal(row.case)}
    if command.case not in (None, row.case) or not _is_same(entry["command"], command, values):
        raise KeyReused(
            f"Expected key {command.key!r} to be used for one command; it was {entry['command']['type']} on case "
            f"{row.case}. Make a new key.",
            sentence="key_reused",
            key=command.key,
            case=row.case,
        )
    effects = tuple(entry["effects"])
    return Receipt(row.case, row.sequence, row.recorded_at, row.hash, effects, opened(effects), again=True)


def _is_same(journalled: Mapping[str, Any], command: Command, values: Mapping[str, Any]) -> bool:
    """Whether a journalled command asks for the same. `values`: JSON of the personal values by their digests."""
    asked = command_to_json(command)
    return bool(
        journalled["type"] == asked["type"]
        and _without_nulls(_with_personal(journalled["payload"], values)) == _without_nulls(asked["payload"])
    )


def _without_nulls(payload: Mapping[str, Any]) -> dict[str, Any]:
    """An old entry may hold null for a field that wasn't given; a new one leaves it out."""
    return {name: value for name, value in payload.items() if value is not None}


def _with_personal(value: Any, values: Mapping[str, Any]) -> Any:
    """Journalled JSON with its personal values put back; an erased one stays a digest."""
    if isinstance(value, list):
        return [_with_personal(item, values) for item in value]
    if isinstance(value, dict):
        if set(value) == {"$personal"}:
            return values.get(value["$personal"], value)
        return {key: _with_personal(item, values) for key, item in value.items()}
    return value
