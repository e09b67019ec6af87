"""Orders: for each kind of command a frozen value that says what is asked for. Pure.

The name of a class is the `type` of the command in JSON, its fields are the `payload`. Journals hold both, so neither
is ever renamed. A field that is None wasn't given, and is left out of the JSON, unless the kind of command needs it.
Numbers (`task`, `matter`, `token`, `message`, `incident`) are those that the case has given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from engine.case.records.values import Personal

Values = Mapping[str, Any]
"""Values of facts by their names; see `values.py` for what a fact may hold."""


@dataclass(frozen=True, slots=True)
class Order:
    """The base of all kinds of commands: how far back one may reach."""

    backdated_days: ClassVar[int] = 0
    """How many natural days before the day of its recording the command may take effect."""


@dataclass(frozen=True, slots=True)
class OfTask(Order):
    """The base of orders that concern one open task."""

    task: int


@dataclass(frozen=True, slots=True)
class OfMatter(Order):
    """The base of orders that concern one matter."""

    matter: int


@dataclass(frozen=True, slots=True)
class OfDeadline(Order):
    """The base of orders that concern one deadline: its key in the case, and its instant `due`, ISO 8601 with a zone.

    The order takes effect on the day of `due`, however late it is recorded.
    """

    deadline: str
    due: str


@dataclass(frozen=True, slots=True)
class OfIncident(Order):
    """The base of orders that concern one incident."""

    incident: int


# ------------------------------------------------------------------ the case and its papers


@dataclass(frozen=True, slots=True)
class StartCase(Order):
    """Open a case. `chain`: the name of a chain, or the digest of a version; `process`: another one than its main one.

    `applicant` is personal: an object with `name`, and with `person` for those who have an account. `channel` is how
    the application came in: window, online or courier.
    """

    backdated_days: ClassVar[int] = 7  # papers handed in at the window are entered within the week

    chain: str
    process: str | None = None
    variables: Values | None = None
    title: str | None = None
    applicant: Values | Personal | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class SupplyMaterial(Order):
    """Hand in a file as a material of the catalogue. `file` is its digest in the storage, `size` its bytes."""

    backdated_days: ClassVar[int] = 7  # as for the papers that a case starts with

    material: str
    file: str
    name: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class RemoveMaterial(Order):
    """Take a file back, as long as no matter was received with it."""

    material: str
    file: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CancelCase(Order):
    """End the case with all that is open in it, and terminate its undecided matters."""

    reason: str


# ------------------------------------------------------------------ tasks


@dataclass(frozen=True, slots=True)
class ClaimTask(OfTask):
    """Take a task on: nobody else can complete it until it is released."""


@dataclass(frozen=True, slots=True)
class ReleaseTask(OfTask):
    """Give a claimed task back to its candidates."""


@dataclass(frozen=True, slots=True)
class TransferTask(OfTask):
    """Hand a task over for good to the person with the key `to`."""

    to: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CompleteTask(OfTask):
    """Complete a task with what its form asks for. Claims it first where nobody holds it."""

    backdated_days: ClassVar[int] = 1  # what was handed over yesterday may be entered today

    variables: Values | None = None


# ------------------------------------------------------------------ clocks and matters


@dataclass(frozen=True, slots=True)
class SuspendClock(OfMatter):
    """Stop the decision clocks of a matter. Source: 行政许可法 art. 45.

    `reason` is one of the special procedures that the article names; `workdays` is how long it takes, as the
    applicant is told.
    """

    reason: str
    workdays: int | Decimal | None = None


@dataclass(frozen=True, slots=True)
class ResumeClock(OfMatter):
    """Let the decision clocks of a suspended matter run on. Source: 行政许可法 art. 45."""


@dataclass(frozen=True, slots=True)
class ExtendClock(OfMatter):
    """Add to the decision clocks of a matter `amount` of the units that they count in. Source: 行政许可法 art. 42."""

    amount: int | Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class WithdrawMatter(OfMatter):
    """Withdraw the application for a matter, as long as its procedure waits for that."""

    reason: str | None = None


# ------------------------------------------------------------------ time


@dataclass(frozen=True, slots=True)
class FireDeadline(OfDeadline):
    """Let a deadline take its effect, once it is due."""


@dataclass(frozen=True, slots=True)
class ConfirmDeadline(OfDeadline):
    """Let a deadline take effect that a calendar published late has shown to be past: an officer says so."""


@dataclass(frozen=True, slots=True)
class RecountClocks(Order):
    """Count the open clocks, and the timers in workdays, by the calendar now in force."""


# ------------------------------------------------------------------ other cases and other systems


@dataclass(frozen=True, slots=True)
class DeliverMessage(Order):
    """Give a message to what waits for it in the case; the case keeps it where nothing does yet.

    `correlation_key` is compared as text; None reaches what waits for the name with no key.
    """

    name: str
    correlation_key: object = None
    variables: Values | None = None


@dataclass(frozen=True, slots=True)
class BroadcastSignal(Order):
    """Give a signal to all that waits for it in the case now."""

    name: str
    variables: Values | None = None


@dataclass(frozen=True, slots=True)
class AnswerJob(Order):
    """Answer what a token has asked of another system. `message` is the question; None: the one of that token.

    `error` is a code that the model may catch: it can't be done.
    """

    token: int
    message: int | None = None
    variables: Values | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class SettleMessage(Order):
    """Record that a message that wants no answer has been delivered."""

    message: int


@dataclass(frozen=True, slots=True)
class FailJob(Order):
    """Record that a message can't be delivered: it is parked behind an incident."""

    message: int
    reason: str


# ------------------------------------------------------------------ moves and corrections by hand


@dataclass(frozen=True, slots=True)
class SendBack(OfTask):
    """Move the token of a task to the task `target`, an element of its scope that it has passed."""

    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class AddSigner(OfTask):
    """Let one more sign. `place`: before or after the one of `task` where they sign in turn, else beside it."""

    signer: object
    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class RemoveSigner(OfTask):
    """Let one fewer sign: the one at `index` of the signers, 0-based; None: the one of `task`."""

    reason: str
    index: int | None = None


@dataclass(frozen=True, slots=True)
class SkipTask(OfTask):
    """Go on as if the task had been completed with `variables`; nobody has done it, and it counts as no round."""

    reason: str
    variables: Values | None = None


@dataclass(frozen=True, slots=True)
class MoveToken(Order):
    """Move a token to the element `target` of its scope."""

    token: int
    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class MigrateCase(Order):
    """Let the case go on in another version. `to`: name of the chain, or digest of a version.

    `elements`: ids of the new version by those of the old one, where they differ. `facts`: names of facts likewise.
    """

    to: str
    reason: str
    elements: Mapping[str, str] | None = None
    facts: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class SetFact(Order):
    """Correct a fact of the case. `scope` is the number of the scope that holds it; None: the case's own."""

    name: str
    value: object
    reason: str
    scope: int | None = None


@dataclass(frozen=True, slots=True)
class RetryIncident(OfIncident):
    """Try again what has raised an incident."""


@dataclass(frozen=True, slots=True)
class ResolveIncident(OfIncident):
    """Give up for good what has raised an incident."""

    reason: str


@dataclass(frozen=True, slots=True)
class EraseValues(Order):
    """Erase personal values from the database, by their digests; what the journal holds of them stays."""

    digests: Sequence[str]
    reason: str


COMMANDS: Mapping[str, type[Order]] = {
    kind.__name__: kind
    for kind in (
        StartCase, ClaimTask, ReleaseTask, TransferTask, CompleteTask, DeliverMessage, BroadcastSignal, FireDeadline,
        ConfirmDeadline, RecountClocks, AnswerJob, SettleMessage, FailJob, SupplyMaterial, RemoveMaterial,
        SuspendClock, ResumeClock, ExtendClock, WithdrawMatter, SetFact, SendBack, AddSigner, RemoveSigner, SkipTask,
        MigrateCase, MoveToken, RetryIncident, ResolveIncident, CancelCase, EraseValues,
    )
}  # fmt: skip
"""Every kind of command by its name."""

_NAMES: Mapping[type[Order], tuple[tuple[str, bool], ...]] = {
    kind: tuple(sorted((field.name, field.default is MISSING) for field in fields(kind))) for kind in COMMANDS.values()
}
"""The names of the fields of each kind in alphabetical order, and whether the kind needs the field."""

OrderKind = TypeVar("OrderKind", bound=Order)


def given(order: Order) -> dict[str, Any]:
    """The fields that were given, by name in alphabetical order."""
    values = [(name, getattr(order, name), needed) for name, needed in _NAMES[type(order)]]
    return {name: value for name, value, needed in values if value is not None or needed}


def made(kind: type[OrderKind], values: Mapping[str, Any]) -> OrderKind:
    """The order of this kind with values that are known to be right."""
    make: Callable[..., OrderKind] = kind
    return make(**values)
