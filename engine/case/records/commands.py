"""Commands: who asks for what, on which case; how one is read from outside, and what a journal keeps of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from engine.base import shapes
from engine.base.errors import InvalidInput
from engine.case.records.orders import COMMANDS, Order, StartCase, given
from engine.case.records.values import encode

_NAME = re.compile(r"[^\x00-\x1f]{1,200}\Z")
_NAME_EXPECTED = "expected a text of 1 to 200 characters"


@dataclass(frozen=True, slots=True)
class Command:
    """An order with who gives it (`actor`) and on which case (`case`; None for StartCase alone).

    `key` is the client's idempotency key: a command is carried out once under it. `effective_on` is the day from which
    it counts, where that isn't the day on which it is recorded; how far back it may lie, the order's class says.

    Raises InvalidInput where actor or key can't be one, or where a case is missing or too many.
    """

    actor: str
    case: str | None
    order: Order
    key: str | None = None
    effective_on: date | None = None

    def __post_init__(self) -> None:
        errors = _wrong_envelope(self.actor, self.case, self.key, type(self.order))
        if errors:
            raise _wrong(errors)

    @property
    def type(self) -> str:
        """The name by which JSON and the journal know what is asked for."""
        return type(self.order).__name__


def _wrong_envelope(actor: str, case: str | None, key: str | None, kind: type[Order]) -> dict[str, str]:
    errors = {}
    if not _NAME.match(actor):
        errors["actor"] = _NAME_EXPECTED
    if key is not None and not _NAME.match(key):
        errors["key"] = _NAME_EXPECTED
    if (case is None) != (kind is StartCase):
        errors["case"] = "expected a case" if case is None else "StartCase makes its own case"
    return errors


def _wrong(errors: Mapping[str, str]) -> InvalidInput:
    text = "; ".join(f"{name}: {message}" for name, message in sorted(errors.items()))
    return InvalidInput(f"The command is wrong: {text}.", sentence="command_wrong", errors=dict(errors))


# ------------------------------------------------------------------ reading what comes from outside


def command_from_json(data: Any) -> Command:
    """The command of a JSON object whose numbers may be Decimals.

    Shape: `{"type", "actor", "case"?, "payload"?, "key"?, "effective_on"?}`; null counts as not given. Raises
    InvalidInput that names all wrong fields at once; those of the payload only where the rest is right.
    """
    if not isinstance(data, Mapping):
        raise InvalidInput("Expected a command as a JSON object.", sentence="command_wrong")
    errors = {str(name): "unknown field" for name in data if name not in _ENVELOPE}
    for name in ("type", "actor", "case", "key"):
        text = data.get(name)
        if not (isinstance(text, str) and _NAME.match(text)) and (text is not None or name in ("type", "actor")):
            errors[name] = _NAME_EXPECTED
    payload, day = data.get("payload", {}), data.get("effective_on")
    if not isinstance(payload, Mapping):
        errors["payload"] = "expected an object"
    try:
        effective_on = None if day is None else date.fromisoformat(day)
    except (TypeError, ValueError):
        errors["effective_on"] = "expected a date such as 2026-03-02"
    if errors:
        raise _wrong(errors)
    return read_command(data["type"], data["actor"], data.get("case"), payload, data.get("key"), effective_on)


def read_command(
    type: str,
    actor: str,
    case: str | None,
    payload: Mapping[str, Any],
    key: str | None = None,
    effective_on: date | None = None,
) -> Command:
    """The command of this type with the values of a payload. Raises InvalidInput that names all wrong fields.

    Fields of the payload are called `payload.task` and so on in `errors`.
    """
    kind = COMMANDS.get(type)
    if kind is None:
        raise _wrong({"type": f"unknown command {type!r}; known are {', '.join(COMMANDS)}"})
    errors = _wrong_envelope(actor, case, key, kind)
    try:
        order = _reader(type)(payload)
    except InvalidInput as error:
        raise _wrong(errors | {f"payload.{name}": text for name, text in error.fields["errors"].items()}) from error
    if errors:
        raise _wrong(errors)
    return Command(actor, case, order, key, effective_on)


_ENVELOPE = frozenset({"type", "actor", "case", "payload", "key", "effective_on"})


@cache
def _reader(name: str) -> Callable[[Mapping[str, Any]], Order]:
    return shapes.values_reader(COMMANDS[name])


# ------------------------------------------------------------------ what the journal keeps


def command_to_json(command: Command) -> dict[str, Any]:
    """`{"type", "payload"}` of a command; actor, case and times stand in the entry itself."""
    return {"type": command.type, "payload": encode(given(command.order))}
