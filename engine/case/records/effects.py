"""Effects: what a command did, as values. Changes of a run (`engine.model.runtime.changes`) are effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.model.runtime import changes


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
    """`state` is that of `engine.law.matter.State`; `on` the day from which it counts.

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

    `events` are those of `engine.law.workdays`; `due` is a date, `due_at` and `warn_at` instants, all None while
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
