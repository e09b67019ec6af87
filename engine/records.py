"""Commands and effects as frozen values, their JSON shapes, and how old shapes are read.

A command is what somebody asks for; an effect is what it did, as values, so that a journal is readable without
running anything. What a run changes (`engine.runtime.changes`) are effects as they are. Pure.

JSON of an effect: `{"type": "fact_set", ...fields}`; fields that hold their default are left out.
JSON of values: what JSON has stands for itself; the rest is tagged: `{"$decimal": "1.5"}`, `{"$date": "2026-03-02"}`,
`{"$datetime": …}`, `{"$time": …}`, `{"$duration": seconds as text}`, `{"$months": 14}`, `{"$personal": digest}`,
`{"$object": {…}}` for an object that has a key with a leading `$`.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine import feel
from engine.canonical import SAFE_INTEGER, digest, trusted
from engine.errors import InvalidInput, JournalBroken
from engine.runtime import changes

SEMANTICS = 3
"""Number of the rules by which commands give effects. An entry is run again only under the number it was made with.

2: what the outside answers is personal in the facts too that output mappings make of it.
3: acceptance and grant are refused for want of materials or of what has to be granted first; the clock of what was
tolerated ends with the last material; items tell more of themselves to expressions.
"""

# ------------------------------------------------------------------ values


LARGEST_POWER = 6176
"""Of ten, up or down, in a number that a fact may have: as far as decimal128 reaches, by which FEEL counts."""


class _Erased:
    """Stands where a personal value was, once it has been erased."""

    def __repr__(self) -> str:
        return "ERASED"


ERASED = _Erased()


@dataclass(frozen=True, slots=True)
class Personal:
    """A personal value. What is hashed and journalled is `digest`; value and salt lie beside the chain."""

    value: Any
    salt: str
    digest: str

    @classmethod
    def of(cls, value: Any, salt: str) -> Personal:
        return cls(value, salt, digest(salt.encode() + trusted(encode(value))))

    @classmethod
    def erased(cls, digest: str) -> Personal:
        return cls(ERASED, "", digest)


def plain(value: Any) -> Any:
    """The value without its wrapper; None where it has been erased."""
    if type(value) is not Personal:
        return value
    return None if value.value is ERASED else value.value


_ENCODERS: dict[type, Callable[[Any], Any]] = {
    type(None): lambda v: v,
    bool: lambda v: v,
    str: lambda v: v,
    int: lambda v: v if -SAFE_INTEGER <= v <= SAFE_INTEGER else _decimal(Decimal(v)),
    Decimal: lambda v: _decimal(v),
    list: lambda v: [encode(item) for item in v],
    tuple: lambda v: [encode(item) for item in v],
    dict: lambda v: _object(v),
    datetime: lambda v: {"$datetime": v.isoformat()},
    date: lambda v: {"$date": v.isoformat()},
    time: lambda v: {"$time": v.isoformat()},
    timedelta: lambda v: {"$duration": str(Decimal(v // timedelta(microseconds=1)).scaleb(-6).normalize())},
    feel.YearsMonths: lambda v: {"$months": v.months},
    Personal: lambda v: {"$personal": v.digest},
}


_ITSELF = frozenset({type(None), bool, str})
"""What is its own JSON form, whatever its value."""


def encode(value: Any) -> Any:
    """JSON form of a value. Raises InvalidInput for a type that no fact may have."""
    if type(value) in _ITSELF:
        return value
    try:
        return _ENCODERS[type(value)](value)
    except KeyError:
        if isinstance(value, Mapping):
            return _object(value)
        if isinstance(value, str):
            return str(value)
        raise InvalidInput(f"Expected a value that a fact may have; found {type(value).__name__}.") from None


def normal(value: Any) -> Any:
    """The value as it comes back from its stored form: a decided case and a loaded one see the same.

    Integral decimals become int, others lose trailing zeros; times have an offset instead of a named zone; tuples
    become lists; objects sort their keys.
    """
    kind = type(value)
    if kind is Decimal or (kind is int and not -SAFE_INTEGER <= value <= SAFE_INTEGER):
        return decode(encode(value))
    if kind is datetime or kind is time:  # a zone comes back as the offset that it had then
        return kind.fromisoformat(value.isoformat())
    if kind is list or kind is tuple:
        return [normal(item) for item in value]
    if kind is dict:
        return {key: normal(value[key]) for key in sorted(value)}
    if kind in _ENCODERS:
        return value
    return decode(encode(value))


def _decimal(value: Decimal) -> Any:
    if not value.is_finite() or (value and abs(value.adjusted()) > LARGEST_POWER):
        raise InvalidInput(f"Expected a finite number of at most {LARGEST_POWER} digits; found {value}.")
    if not value:
        return 0
    if value == value.to_integral_value() and abs(value) <= SAFE_INTEGER:
        return int(value)
    sign, digits, exponent = value.as_tuple()
    kept = "".join(map(str, digits)).rstrip("0")  # not normalize(): it rounds to the precision of the thread
    return {"$decimal": str(Decimal((sign, tuple(map(int, kept)), int(exponent) + len(digits) - len(kept))))}


def _object(value: Mapping[str, Any]) -> Any:
    coded = {key: encode(item) for key, item in value.items()}
    return {"$object": coded} if any(key.startswith("$") for key in value) else coded


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "$decimal": Decimal,
    "$datetime": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$duration": lambda v: timedelta(microseconds=int(Decimal(v).scaleb(6))),
    "$months": lambda v: feel.YearsMonths(v),
    "$object": lambda v: {key: decode(item) for key, item in v.items()},
}


def decode(value: Any, personal: Callable[[str], Personal] = Personal.erased) -> Any:
    """The value of its JSON form; `personal` finds the value behind a digest."""
    kind = type(value)
    if kind is list:
        return [decode(item, personal) for item in value]
    if kind is not dict:
        return value
    if len(value) == 1:
        (tag, inner), *_ = value.items()
        if tag == "$personal":
            return personal(inner)
        if tag == "$object":
            return {key: decode(item, personal) for key, item in inner.items()}
        if tag in _DECODERS:
            return _DECODERS[tag](inner)
    return {key: decode(item, personal) for key, item in value.items()}


# ------------------------------------------------------------------ commands


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
    title: str = field(default="", kw_only=True)


_INT, _STR, _OBJ, _LIST, _BOOL, _NUM = (int,), (str,), (dict,), (list,), (bool,), (int, Decimal)
_ANY = (object,)

COMMANDS: Mapping[str, Shape] = {
    "StartCase": Shape(
        {"chain": _STR},
        {"process": _STR, "variables": _OBJ, "title": _STR, "applicant": _OBJ, "channel": _STR},
        7,  # papers handed in at the window are entered within the week
        title="收件立案",
    ),
    "ClaimTask": Shape({"task": _INT}, title="签收"),
    "ReleaseTask": Shape({"task": _INT}, title="退回待签收"),
    "TransferTask": Shape({"task": _INT, "to": _STR}, {"reason": _STR}, title="转办"),
    "CompleteTask": Shape({"task": _INT}, {"variables": _OBJ}, 1, title="办理完成"),
    "DeliverMessage": Shape({"name": _STR}, {"correlation_key": _ANY, "variables": _OBJ}, title="消息"),
    "BroadcastSignal": Shape({"name": _STR}, {"variables": _OBJ}, title="信号"),
    "FireDeadline": Shape({"deadline": _STR, "due": _STR}, when_due=True, title="到期"),
    "ConfirmDeadline": Shape({"deadline": _STR, "due": _STR}, when_due=True, title="确认到期效力"),
    "RecountClocks": Shape(title="按新历重算时限"),
    "AnswerJob": Shape({"token": _INT}, {"message": _INT, "variables": _OBJ, "error": _STR}, title="外部回复"),
    "SettleMessage": Shape({"message": _INT}, title="已送出"),
    "FailJob": Shape({"message": _INT, "reason": _STR}, title="外部失败"),
    "SupplyMaterial": Shape(
        {"material": _STR, "file": _STR, "name": _STR, "size": _INT, "media_type": _STR},
        {},
        7,
        title="提交材料",
    ),
    "RemoveMaterial": Shape({"material": _STR, "file": _STR}, {"reason": _STR}, title="撤下材料"),
    "SuspendClock": Shape({"matter": _INT, "reason": _STR}, {"workdays": _NUM}, title="停表"),
    "ResumeClock": Shape({"matter": _INT}, title="恢复计时"),
    "ExtendClock": Shape({"matter": _INT, "amount": _NUM, "reason": _STR}, title="延长时限"),
    "WithdrawMatter": Shape({"matter": _INT}, {"reason": _STR}, title="撤回"),
    "SetFact": Shape({"name": _STR, "value": _ANY, "reason": _STR}, {"scope": _INT}, title="更正要素"),
    "SendBack": Shape({"task": _INT, "target": _STR, "reason": _STR}, title="退回"),
    "AddSigner": Shape({"task": _INT, "signer": _ANY, "place": _STR, "reason": _STR}, title="加签"),
    "RemoveSigner": Shape({"task": _INT, "reason": _STR}, {"index": _INT}, title="减签"),
    "SkipTask": Shape({"task": _INT, "reason": _STR}, {"variables": _OBJ}, title="跳过"),
    "MigrateCase": Shape({"to": _STR, "reason": _STR}, {"elements": _OBJ}, title="迁移版本"),
    "MoveToken": Shape({"token": _INT, "target": _STR, "reason": _STR}, title="移动"),
    "RetryIncident": Shape({"incident": _INT}, title="重试异常"),
    "ResolveIncident": Shape({"incident": _INT, "reason": _STR}, title="关闭异常"),
    "CancelCase": Shape({"reason": _STR}, title="终止办件"),
    "EraseValues": Shape({"digests": _LIST, "reason": _STR}, title="删除个人信息"),
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


# ------------------------------------------------------------------ effects


@dataclass(frozen=True, slots=True)
class CaseStarted:
    """`process` is the main process; the case's own token 0 is entered by an effect of its own."""

    case: str
    chain: str
    process: str
    title: str
    applicant: Any  # a context {"name", …}, mostly Personal
    channel: str
    at: str


@dataclass(frozen=True, slots=True)
class CaseEnded:
    outcome: str  # completed | cancelled
    at: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """The counter of the case, where numbers were drawn that no effect carries."""

    counter: int


@dataclass(frozen=True, slots=True)
class FactSet:
    scope: int
    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class TaskOpened:
    """A user task is open. `department` has it (None: any); who did one of the elements `apart` may not do it.

    `owner`: the department whose power is exercised, where `department` has it by delegation.
    """

    token: int
    element: str
    name: str
    at: str
    roles: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    assignee: str | None = None
    department: str | None = None
    item: str | None = None
    matter: int | None = None
    form: str | None = None
    due: str | None = None
    round: int = 1
    apart: tuple[str, ...] = ()
    claimed_at: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class TaskClaimed:
    token: int
    person: str
    at: str


@dataclass(frozen=True, slots=True)
class TaskReleased:
    token: int


@dataclass(frozen=True, slots=True)
class TaskRescheduled:
    """It is due another day: the clock that it follows was changed, or the calendar. None: no limit for now."""

    token: int
    due: str | None


@dataclass(frozen=True, slots=True)
class TaskClosed:
    """`person` completed it; None: it was taken away."""

    token: int
    element: str
    person: str | None = None


@dataclass(frozen=True, slots=True)
class MatterReceived:
    """`level` is the token of the procedure instance that the matter is bound to until it is decided.

    `department` handles it: that of the item, or the one that its power is delegated to in the `area` (region code);
    then `owner` is that of the item.
    """

    matter: int
    item: str
    department: str
    level: int
    on: str
    area: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class MatterMoved:
    """`state` is that of `engine.matter.State`; `on` the day from which it counts.

    `basis` of an acceptance: deemed | tolerated | committed.
    """

    matter: int
    move: str
    state: str
    on: str
    reason: str | None = None
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class ClockChanged:
    """A clock's ledger as it stands now, with what is computed from it. `state`: running | suspended | stopped.

    `events` are those of `engine.workdays`; `due` is a date, `due_at` and `warn_at` instants, all None while
    suspended or stopped; `warned` and `lapsed` are the due dates for which that was given already.
    """

    clock: int
    matter: int
    name: str
    state: str
    start: str
    limit: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...] = ()
    due: str | None = None
    due_at: str | None = None
    warn_at: str | None = None
    certainty: str = "final"
    days: Any = 0
    article: str = ""
    warned: str | None = None
    lapsed: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimTaken:
    """The case holds the thing until it ends; until the instant `until`, if that is given; for good, if `kept`."""

    kind: str
    key: str
    until: str | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class ClaimReleased:
    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class MaterialSupplied:
    """A material is at hand, for every matter of the case. `source`: applicant | certificate | matter | department.

    `origin`: the case of the same project that it was supplied to, where that is another one.
    """

    material: str
    file: str
    name: str
    size: int
    media_type: str
    by: str
    at: str
    source: str = "applicant"
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class MaterialRemoved:
    material: str
    file: str


@dataclass(frozen=True, slots=True)
class ProjectJoined:
    """The case is a stage of a project. `granted`: items that earlier cases of it had been granted by then."""

    project: str
    granted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FactsHandedOn:
    """What later cases of the same project are to know. `facts` is a context, mostly Personal."""

    number: int
    facts: Any
    at: str


@dataclass(frozen=True, slots=True)
class ResultAdded:
    """A result of the case: a document or a certificate. `value` is what the port answered."""

    number: int
    kind: str  # document | certificate
    title: str
    matter: int | None
    value: Any


@dataclass(frozen=True, slots=True)
class MessageQueued:
    """Something for outside, carried there after the commit. `token` waits for the answer; None: nobody does."""

    message: int
    destination: str
    action: str
    payload: Any
    token: int | None = None


@dataclass(frozen=True, slots=True)
class MessageSettled:
    """It was delivered, answered, or given up."""

    message: int
    outcome: str  # delivered | answered | dropped


@dataclass(frozen=True, slots=True)
class MessageKept:
    """A message that came before anything waited for it."""

    number: int
    name: str
    key: str | None
    variables: Any


@dataclass(frozen=True, slots=True)
class MessageTaken:
    number: int


@dataclass(frozen=True, slots=True)
class IncidentRaised:
    """`deadline` or `message` is what could not be carried out; it is parked until the incident is resolved."""

    incident: int
    element: str | None
    code: str
    cause: str
    at: str
    token: int | None = None
    deadline: str | None = None
    message: int | None = None


@dataclass(frozen=True, slots=True)
class IncidentResolved:
    incident: int
    how: str  # retried | closed | gone | confirmed


@dataclass(frozen=True, slots=True)
class CaseMigrated:
    """The case runs another version of its chain from now on. `elements`: new ids by old ones, where they differ."""

    chain: str
    process: str
    elements: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ValuesErased:
    digests: tuple[str, ...]


Effect = (
    changes.Change
    | CaseStarted
    | CaseEnded
    | Numbered
    | FactSet
    | TaskOpened
    | TaskClaimed
    | TaskReleased
    | TaskRescheduled
    | TaskClosed
    | MatterReceived
    | MatterMoved
    | ClockChanged
    | ClaimTaken
    | ClaimReleased
    | MaterialSupplied
    | MaterialRemoved
    | ProjectJoined
    | FactsHandedOn
    | ResultAdded
    | MessageQueued
    | MessageSettled
    | MessageKept
    | MessageTaken
    | IncidentRaised
    | IncidentResolved
    | CaseMigrated
    | ValuesErased
)

_RUNTIME_TYPES: dict[type, str] = {
    changes.Entered: "element_entered",
    changes.Completed: "element_completed",
    changes.Terminated: "element_terminated",
    changes.Taken: "flow_taken",
    changes.Armed: "event_awaited",
    changes.Disarmed: "event_dropped",
    changes.ScopeOpened: "scope_opened",
    changes.ScopeClosed: "scope_closed",
    changes.MultiAdvanced: "multi_instance_advanced",
}


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


EFFECTS: Mapping[str, type] = {
    _RUNTIME_TYPES.get(kind, _snake(kind.__name__)): kind for kind in typing.get_args(Effect)
}
"""Effect type by the name that the journal uses."""
_NAMES = {kind: name for name, kind in EFFECTS.items()}
_NESTED = {"arm": changes.Arm, "multi": changes.Multi}
_NESTED_TYPES = frozenset(_NESTED.values())


@functools.cache
def _fields_of(kind: Any) -> tuple[tuple[str, ...], tuple[Any, ...], Callable[[Any], tuple[Any, ...]]]:
    """Names and defaults of a dataclass, and what gets its values; without default: the marker of `dataclasses`."""
    found = dataclasses.fields(kind)
    names = tuple(f.name for f in found)
    defaults = (f.default_factory() if f.default_factory is not dataclasses.MISSING else f.default for f in found)
    if len(names) == 1:
        return names, tuple(defaults), lambda value: (getattr(value, names[0]),)
    return names, tuple(defaults), operator.attrgetter(*names)


def fields_to_json(value: Any) -> dict[str, Any]:
    """JSON of a frozen value of ours, without the fields that hold their default."""
    out: dict[str, Any] = {}
    names, defaults, values_of = _fields_of(value.__class__)
    for name, default, item in zip(names, defaults, values_of(value), strict=True):
        if item is default or item == default:
            continue
        kind = type(item)
        if kind in _ITSELF:
            out[name] = item
        else:
            out[name] = fields_to_json(item) if kind in _NESTED_TYPES else encode(item)
    return out


def effect_to_json(effect: Effect) -> dict[str, Any]:
    return {"type": _NAMES[type(effect)], **fields_to_json(effect)}


def fields_from_json(kind: type, data: Mapping[str, Any], personal: Callable[[str], Personal] = Personal.erased) -> Any:
    """The frozen value of type `kind` from its JSON. Raises TypeError where fields don't fit."""
    values: dict[str, Any] = {}
    for name, item in data.items():
        if name == "type":
            continue
        if name in _NESTED and item is not None:
            values[name] = fields_from_json(_NESTED[name], item, personal)
        else:
            value = decode(item, personal)
            values[name] = tuple(value) if name in _tuple_fields(kind) else value
    return kind(**values)


@functools.cache
def _tuple_fields(kind: type) -> frozenset[str]:
    hints = typing.get_type_hints(kind)
    return frozenset(name for name, hint in hints.items() if typing.get_origin(hint) is tuple)


def effect_from_json(data: Any, personal: Callable[[str], Personal] = Personal.erased) -> Effect:
    """The effect of a journal entry. Raises JournalBroken where it can't be one."""
    try:
        effect: Effect = fields_from_json(EFFECTS[data["type"]], data, personal)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise JournalBroken(f"Expected an effect of a known type; found {str(data)[:200]}.") from error
    return effect
