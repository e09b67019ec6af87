"""Commands: what somebody asks for, the shape of each type's payload, and how one is read from outside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from engine.base.errors import InvalidInput
from engine.case.records.values import encode, plain


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asks for. `case` is None for StartCase alone.

    `key`: the client's idempotency key. `effective_on`: the day from which it counts, where that isn't the day on
    which it is recorded; bounded per command. `payload` has the fields of the command's type (`COMMANDS`).
    """

    type: str
    actor: str
    case: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """Fields of a command's payload: name → Python types that it may have."""

    required: Mapping[str, tuple[type, ...]] = field(default_factory=dict)
    optional: Mapping[str, tuple[type, ...]] = field(default_factory=dict)
    backdated_days: int = 0  # how many natural days before the recording it may take effect
    when_due: bool = False  # it takes effect on the day of `due` in its payload, however late it is recorded


_INT, _STR, _OBJ, _LIST, _BOOL, _NUM = (int,), (str,), (dict,), (list,), (bool,), (int, Decimal)
_ANY = (object,)

COMMANDS: Mapping[str, Shape] = {
    "StartCase": Shape(
        {"chain": _STR},
        {"process": _STR, "variables": _OBJ, "title": _STR, "applicant": _OBJ, "channel": _STR},
        7,  # papers handed in at the window are entered within the week
    ),
    "ClaimTask": Shape({"task": _INT}),
    "ReleaseTask": Shape({"task": _INT}),
    "TransferTask": Shape({"task": _INT, "to": _STR}, {"reason": _STR}),
    "CompleteTask": Shape({"task": _INT}, {"variables": _OBJ}, 1),
    "DeliverMessage": Shape({"name": _STR}, {"correlation_key": _ANY, "variables": _OBJ}),
    "BroadcastSignal": Shape({"name": _STR}, {"variables": _OBJ}),
    "FireDeadline": Shape({"deadline": _STR, "due": _STR}, when_due=True),
    "ConfirmDeadline": Shape({"deadline": _STR, "due": _STR}, when_due=True),
    "RecountClocks": Shape(),
    "AnswerJob": Shape({"token": _INT}, {"message": _INT, "variables": _OBJ, "error": _STR}),
    "SettleMessage": Shape({"message": _INT}),
    "FailJob": Shape({"message": _INT, "reason": _STR}),
    "SupplyMaterial": Shape(
        {"material": _STR, "file": _STR, "name": _STR, "size": _INT, "media_type": _STR},
        {},
        7,
    ),
    "RemoveMaterial": Shape({"material": _STR, "file": _STR}, {"reason": _STR}),
    "SuspendClock": Shape({"matter": _INT, "reason": _STR}, {"workdays": _NUM}),
    "ResumeClock": Shape({"matter": _INT}),
    "ExtendClock": Shape({"matter": _INT, "amount": _NUM, "reason": _STR}),
    "WithdrawMatter": Shape({"matter": _INT}, {"reason": _STR}),
    "SetFact": Shape({"name": _STR, "value": _ANY, "reason": _STR}, {"scope": _INT}),
    "SendBack": Shape({"task": _INT, "target": _STR, "reason": _STR}),
    "AddSigner": Shape({"task": _INT, "signer": _ANY, "place": _STR, "reason": _STR}),
    "RemoveSigner": Shape({"task": _INT, "reason": _STR}, {"index": _INT}),
    "SkipTask": Shape({"task": _INT, "reason": _STR}, {"variables": _OBJ}),
    "MigrateCase": Shape({"to": _STR, "reason": _STR}, {"elements": _OBJ}),
    "MoveToken": Shape({"token": _INT, "target": _STR, "reason": _STR}),
    "RetryIncident": Shape({"incident": _INT}),
    "ResolveIncident": Shape({"incident": _INT, "reason": _STR}),
    "CancelCase": Shape({"reason": _STR}),
    "EraseValues": Shape({"digests": _LIST, "reason": _STR}),
}

_NAME = re.compile(r"[^\x00-\x1f]{1,200}\Z")


def command_from_json(data: Any) -> Command:
    """A checked command from its JSON object. Raises InvalidInput that names every wrong field at once.

    Shape: `{"type", "actor", "case"?, "payload"?, "key"?, "effective_on"?}`; numbers of the payload may be Decimal.
    """
    if not isinstance(data, Mapping):
        raise InvalidInput("Expected a command as a JSON object.")
    errors: dict[str, str] = {}
    for name in set(data) - {"type", "actor", "case", "payload", "key", "effective_on"}:
        errors[str(name)] = "unknown field"
    for name, needed in (("type", True), ("actor", True), ("case", False), ("key", False)):
        value = data.get(name)
        if (value is None and needed) or (value is not None and not (isinstance(value, str) and _NAME.match(value))):
            errors[name] = "expected a text of 1 to 200 characters"
    effective = data.get("effective_on")
    if isinstance(effective, str):
        try:
            effective = date.fromisoformat(effective)
        except ValueError:
            errors["effective_on"] = "expected a date such as 2026-03-02"
    elif effective is not None and type(effective) is not date:
        errors["effective_on"] = "expected a date such as 2026-03-02"
    payload = data.get("payload", {})
    if errors or not isinstance(payload, Mapping):
        raise _wrong(errors or {"payload": "expected an object"})
    day = effective if type(effective) is date else None
    command = Command(data["type"], data["actor"], data.get("case"), dict(payload), data.get("key"), day)
    check(command)
    return command


def check(command: Command) -> None:
    """Refuse a command whose payload isn't of its type's shape. Raises InvalidInput."""
    shape = COMMANDS.get(command.type)
    if shape is None:
        raise _wrong({"type": f"unknown command {command.type!r}; known are {', '.join(COMMANDS)}"})
    errors: dict[str, str] = {}
    for name, text in (("actor", command.actor), ("key", command.key)):
        if text is not None and not _NAME.match(text):
            errors[name] = "expected a text of 1 to 200 characters"
    if (command.case is None) != (command.type == "StartCase"):
        errors["case"] = "expected a case" if command.case is None else "StartCase makes its own case"
    known = {**shape.optional, **shape.required}
    for name, value in command.payload.items():
        if name not in known:
            errors[f"payload.{name}"] = f"unknown field; known are {', '.join(known) or 'none'}"
        elif value is not None and not _fits(plain(value), known[name]):
            errors[f"payload.{name}"] = f"expected {' or '.join(t.__name__ for t in known[name])}"
    for name in shape.required:
        if command.payload.get(name) is None and known[name] is not _ANY:
            errors[f"payload.{name}"] = "is missing"
    if errors:
        raise _wrong(errors)


def _fits(value: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds and object not in kinds)


def _wrong(errors: dict[str, str]) -> InvalidInput:
    text = "; ".join(f"{name}: {message}" for name, message in sorted(errors.items()))
    return InvalidInput(f"The command is wrong: {text}.", errors=errors)


def command_to_json(command: Command) -> dict[str, Any]:
    """What the journal keeps of a command: `{"type", "payload"}`; actor, case and times stand in the entry itself."""
    return {"type": command.type, "payload": encode(command.payload)}
