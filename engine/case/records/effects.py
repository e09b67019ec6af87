"""Effects: everything that a command does, as values. The changes of a run (`engine.model.runtime.changes`) are effects
too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.model.runtime import changes


@dataclass(frozen=True, slots=True)
class CaseStarted:
    """A case was started. `process` is its main process; its token 0 comes with an effect of its own.

    `intake`: the roles that take in cases of this kind, beside the window and the applicant.
    """

    case: str
    chain: str
    process: str
    title: str
    applicant: Any  # a context {"name", …}, mostly Personal
    channel: str
    at: str
    intake: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseEnded:
    """The case is over."""

    outcome: str  # completed | cancelled
    at: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """The counter of the case stands here. Emitted if numbers were drawn that no other effect carries."""

    counter: int


@dataclass(frozen=True, slots=True)
class FactSet:
    """A fact of a scope has this value now."""

    scope: int
    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class TaskOpened:
    """A user task was opened, or is described anew by another version of the chain.

    `department` does it (None: any department may). Whoever did one of the elements `apart` may not do it. `owner` is
    the department whose power is exercised, if `department` has that by delegation.
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
    """A person holds the task now."""

    token: int
    person: str
    at: str


@dataclass(frozen=True, slots=True)
class TaskReleased:
    """Nobody holds the task any more."""

    token: int


@dataclass(frozen=True, slots=True)
class TaskRescheduled:
    """The task has another due date, because a clock or the calendar was changed. None: no limit for now."""

    token: int
    due: str | None


@dataclass(frozen=True, slots=True)
class TaskClosed:
    """The task is no longer open. `person` completed it; None: it was taken away."""

    token: int
    element: str
    person: str | None = None


@dataclass(frozen=True, slots=True)
class MatterReceived:
    """A matter was received. `level` is the token of the procedure that it is bound to until it is decided.

    `department` handles it: the item's own, or the one to which its power is delegated in the `area` (a region code);
    in the second case `owner` is the item's own.
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
    """A matter took a step of its lifecycle. `state` is an `engine.law.matter.State`; it counts from the day `on`.

    `basis` of an acceptance, if not on complete papers: deemed | tolerated | committed.
    """

    matter: int
    move: str
    state: str
    on: str
    reason: str | None = None
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class ClockChanged:
    """A clock as it stands now: its ledger, and the values computed from it. `state`: running | suspended | stopped.

    `events` are those of `engine.law.workdays`. `due` is a date, `due_at` and `warn_at` are instants; all three are
    None while the clock is suspended or stopped. `warned` and `lapsed` are the due dates for which a warning or a
    lapse was told already.
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
    """The case holds a thing: until the case ends; or until the instant `until`, if given; or for good, if `kept`."""

    kind: str
    key: str
    until: str | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class ClaimReleased:
    """The case holds the thing no longer."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class MaterialSupplied:
    """A material is at hand, for every matter of the case. `source`: applicant | certificate | matter | department.

    `origin` is the case of the same project that it was supplied to, if that is another one.
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
    """A material is no longer at hand."""

    material: str
    file: str


@dataclass(frozen=True, slots=True)
class ProjectJoined:
    """The case became a stage of a project. `granted`: the items that earlier cases of it had been granted by then."""

    project: str
    granted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FactsHandedOn:
    """Facts for later cases of the same project. `facts` is a context, mostly Personal."""

    number: int
    facts: Any
    at: str


@dataclass(frozen=True, slots=True)
class ResultAdded:
    """The case has a new result, a document or a certificate. `value` is the answer of the port that made it."""

    number: int
    kind: str  # document | certificate
    title: str
    matter: int | None
    value: Any


@dataclass(frozen=True, slots=True)
class MessageQueued:
    """A message to the outside is in the outbox. `token` waits for the answer; None: nobody does."""

    message: int
    destination: str
    action: str
    payload: Any
    token: int | None = None


@dataclass(frozen=True, slots=True)
class MessageSettled:
    """A message of the outbox was delivered, answered, or given up."""

    message: int
    outcome: str  # delivered | answered | dropped


@dataclass(frozen=True, slots=True)
class MessageKept:
    """A message came before anything waited for it, and is kept."""

    number: int
    name: str
    key: str | None
    variables: Any


@dataclass(frozen=True, slots=True)
class MessageTaken:
    """A kept message was given to a token that waited for it."""

    number: int


@dataclass(frozen=True, slots=True)
class IncidentRaised:
    """A deadline or an answer could not be carried out, and is parked until the incident is resolved.

    `cause` is the English message of the refusal, `code` its code. `deadline` or `message` is what is parked.
    """

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
    """The incident is closed; what it had parked is free again, or given up."""

    incident: int
    how: str  # retried | closed | gone | confirmed


@dataclass(frozen=True, slots=True)
class DecisionMade:
    """A decision was made with these inputs: those that it asked for. Changes nothing; it says why.

    `model` is the digest of the DMN file. `rules`: numbers of the rules that matched, from 1, by the id of what holds
    their table. `warnings`: English texts that say why something became null. `digests`: those of inputs that are too
    long to be kept here, by name; they are facts of the state before.
    """

    token: int
    element: str
    decision: str
    model: str
    inputs: Mapping[str, Any]
    output: Any = None
    rules: Mapping[str, Sequence[int]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConditionsAsked:
    """Conditions of an element were asked. Changes nothing; it says why a way was taken, or a step has ended.

    `facts`: the values that they read, by the name of the fact, or by the call of a function. Of a gateway, `flows`
    are those that were taken; of a multi-instance, `met` says whether its completion condition is. `digests`: as in
    `DecisionMade`.
    """

    token: int
    element: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    flows: tuple[str, ...] = ()
    met: bool | None = None
    digests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseMigrated:
    """The case runs another version of its chain from now on. `elements`: new ids by old ones, if they differ.

    `facts`: new names of facts by old ones; a fact of any scope goes by its new name.
    """

    chain: str
    process: str
    elements: Mapping[str, str]
    facts: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ValuesErased:
    """The personal values with these digests were erased."""

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
    | DecisionMade
    | ConditionsAsked
    | CaseMigrated
    | ValuesErased
)
