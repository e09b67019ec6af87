"""The state of a case, and `evolve`, the only way that it changes. Pure; runs no model.

The state is the normal form: open tokens, scopes, facts, open tasks, matters, clocks and so on. It is what is stored
and digested, and what a migration maps to another chain version. It has no finished branches: only the journal does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, NamedTuple

from engine.base.canonical import digest, trusted
from engine.case.facts import FactKey, Facts
from engine.case.records import (
    CaseEnded,
    CaseMigrated,
    CaseStarted,
    ClaimReleased,
    ClaimTaken,
    ClockChanged,
    ConditionsAsked,
    DecisionMade,
    Effect,
    FactSet,
    FactsHandedOn,
    IncidentRaised,
    IncidentResolved,
    MaterialRemoved,
    MaterialSupplied,
    MatterMoved,
    MatterReceived,
    MessageKept,
    MessageQueued,
    MessageSettled,
    MessageTaken,
    Numbered,
    Personal,
    ProjectJoined,
    ResultAdded,
    TaskClaimed,
    TaskClosed,
    TaskOpened,
    TaskReleased,
    TaskRescheduled,
    ValuesErased,
    encode,
)
from engine.law import matter as law
from engine.model.runtime import changes
from engine.model.runtime.changes import NormalForm, Token


@dataclass(frozen=True, slots=True)
class Matter:
    """One item being handled. Dates are ISO days; `decision` is granted or denied, None until it is made."""

    number: int
    item: str
    department: str
    level: int
    state: str
    received_on: str
    accepted_on: str | None = None
    decided_on: str | None = None
    decision: str | None = None
    reason: str | None = None
    basis: str | None = None  # of the acceptance, if it wasn't complete: deemed | tolerated | committed
    area: str | None = None  # code of the region that it is about
    owner: str | None = None  # the department whose power it is by law, if `department` has it by delegation

    @property
    def is_open(self) -> bool:
        return law.State(self.state) in law.OPEN


class Signers(NamedTuple):
    """How often an element was completed, and by whom. Each person is listed once, so that loops don't lengthen it."""

    rounds: int
    people: tuple[str, ...]

    def and_also(self, person: str) -> Signers:
        """With one more completion, by this person."""
        people = self.people if person in self.people else (*self.people, person)
        return Signers(self.rounds + 1, people)


NOBODY = Signers(0, ())


@dataclass(slots=True)
class Case:
    """The state of a case. Mutable for `apply` alone: everybody else treats it as frozen, and `evolve` copies it."""

    id: str
    chain: str = ""
    process: str = ""
    title: str = ""
    applicant: Any = None
    channel: str = ""
    started_at: str = ""
    status: str = "open"  # open | completed | cancelled
    ended_at: str | None = None
    counter: int = 0
    tokens: dict[int, Token] = field(default_factory=dict)
    scopes: dict[int, int | None] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)
    digests: dict[FactKey, str] = field(default_factory=dict)  # of each fact, derived from it
    tasks: dict[int, TaskOpened] = field(default_factory=dict)
    matters: dict[int, Matter] = field(default_factory=dict)
    clocks: dict[int, ClockChanged] = field(default_factory=dict)
    claims: dict[tuple[str, str], ClaimTaken] = field(default_factory=dict)
    materials: dict[tuple[str, str], MaterialSupplied] = field(default_factory=dict)
    results: dict[int, ResultAdded] = field(default_factory=dict)
    outbox: dict[int, MessageQueued] = field(default_factory=dict)  # messages not settled yet
    inbox: dict[int, MessageKept] = field(default_factory=dict)
    incidents: dict[int, IncidentRaised] = field(default_factory=dict)
    signers: dict[tuple[int, str], Signers] = field(default_factory=dict)  # by level and element id
    project: str | None = None  # code of the project that the case is a stage of
    granted: tuple[str, ...] = ()  # items granted in earlier cases of the project, when this case joined it
    handed_on: dict[int, FactsHandedOn] = field(default_factory=dict)  # for later cases of the project
    intake: tuple[str, ...] = ()  # roles that take in cases of its kind, beside the window and the applicant

    @property
    def is_open(self) -> bool:
        return self.status == "open"

    def copy(self) -> Case:
        """A copy whose tables can be changed without changing this one. Their values are frozen, and shared."""
        values: list[Any] = [value.copy() if type(value) in _TABLE_TYPES else value for value in _fields(self)]
        return Case(*values)

    def normal_form(self) -> NormalForm:
        return NormalForm(self.tokens, self.scopes)

    def barred(self, task: TaskOpened) -> tuple[str, ...]:
        """The people who may not do this task 四眼: they did an element that it must be independent of.

        Looked for in the task's body and in those around it.
        """
        people: dict[str, None] = {}
        level = body_of(self, task.token) if task.apart else -1
        while level >= changes.ROOT:
            for element in task.apart:
                people.update(dict.fromkeys(self.signers.get((level, element), NOBODY).people))
            level = self.tokens[level].level if level in self.tokens else -1
        return tuple(people)

    def matter_of(self, deadline: str) -> Matter | None:
        """The matter that a deadline belongs to: that of its clock, or that of the procedure in which its token is."""
        kind, _, rest = deadline.partition(":")
        token = rest.partition(":")[0]
        number = int(token) if token.isascii() and token.isdecimal() else -1
        if kind == "clock":
            clock = self.clocks.get(number)
            return self.matters.get(clock.matter) if clock is not None else None
        while number in self.tokens:
            found = next((matter for matter in self.matters.values() if matter.level == number), None)
            if found is not None:
                return found
            number = self.tokens[number].level
        return None

    def deadlines(self) -> dict[str, str]:
        """The instant of each deadline by its key, `token:<number>:<element>` or `clock:<number>:warn|lapse`.

        Leaves out those that an incident has parked.
        """
        parked = {incident.deadline for incident in self.incidents.values()}
        standing = self.standing()
        return {key: due for key, due in standing.items() if key not in parked} if parked else standing

    def standing(self) -> dict[str, str]:
        """All deadlines, parked ones too. A provisional clock has none, since it has no legal effect."""
        instants = {
            f"token:{token.number}:{element}": arm.due
            for token in self.tokens.values()
            for element, arm in token.arms.items()
            if arm.due is not None
        }
        for clock in self.clocks.values():
            if clock.state != "running" or clock.certainty != "final" or clock.due is None:
                continue
            if clock.lapsed == clock.due:
                continue
            if clock.warn_at is not None and clock.warned != clock.due:
                instants[f"clock:{clock.clock}:warn"] = clock.warn_at
            if clock.due_at is not None:
                instants[f"clock:{clock.clock}:lapse"] = clock.due_at
        return instants


_TABLE_TYPES = frozenset({dict, Facts})
_fields: Callable[[Case], tuple[Any, ...]] = attrgetter(*Case.__dataclass_fields__)


def evolve(case: Case, effects: Iterable[Effect]) -> Case:
    """The case after these effects. The given one doesn't change."""
    after = case.copy()
    for effect in effects:
        apply(after, effect)
    return after


def apply(case: Case, effect: Effect) -> None:
    """Change the case by one effect, in place."""
    _HANDLERS[type(effect)](case, effect)


def fact_digest(scope: int, name: str, value: Any) -> str:
    """The digest of one fact. Of a personal value it takes in the salted digest, not the value."""
    return digest(trusted([scope, name, encode(value)]))


# ------------------------------------------------------------------ one handler an effect


def _number(case: Case, number: int) -> None:
    if number > case.counter:
        case.counter = number


def _run(case: Case, change: changes.Change) -> None:
    if isinstance(change, changes.ScopeClosed):
        for key in [key for key in case.facts if key[0] == change.scope]:
            del case.facts[key], case.digests[key]
    elif isinstance(change, changes.Entered):
        _number(case, change.token)
    elif isinstance(change, changes.ScopeOpened):
        _number(case, change.scope)
    elif isinstance(change, changes.Completed | changes.Terminated):
        for gone in [key for key in case.signers if key[0] == change.token]:
            del case.signers[gone]
    changes.fold(case.tokens, case.scopes, change)


def _started(case: Case, effect: CaseStarted) -> None:
    case.chain, case.process, case.title = effect.chain, effect.process, effect.title
    case.applicant, case.channel, case.started_at = effect.applicant, effect.channel, effect.at
    case.intake = effect.intake


def _migrated(case: Case, effect: CaseMigrated) -> None:
    def new(id: str) -> str:
        return effect.elements.get(id, id)

    case.chain, case.process = effect.chain, effect.process
    for number, token in case.tokens.items():
        via = None if token.via is None else new(token.via)
        arms = {new(element): arm for element, arm in token.arms.items()}
        case.tokens[number] = replace(token, element=new(token.element), via=via, arms=arms)
    case.tasks = {number: replace(task, element=new(task.element)) for number, task in case.tasks.items()}
    case.signers = {(level, new(element)): done for (level, element), done in case.signers.items()}
    moved = {key: effect.facts[key[1]] for key in case.facts if key[1] in effect.facts} if effect.facts else {}
    values = [(scope, name, case.facts[scope, old]) for (scope, old), name in moved.items()]
    for key in moved:
        del case.facts[key], case.digests[key]
    for scope, name, value in values:
        _fact(case, FactSet(scope, name, value))
    for number, incident in case.incidents.items():
        kind, _, rest = (incident.deadline or "").partition(":")
        if kind == "token":
            token_number, _, element = rest.partition(":")
            case.incidents[number] = replace(incident, deadline=f"token:{token_number}:{new(element)}")


def _ended(case: Case, effect: CaseEnded) -> None:
    case.status, case.ended_at = effect.outcome, effect.at


def _fact(case: Case, effect: FactSet) -> None:
    key = (effect.scope, effect.name)
    case.facts[key] = effect.value
    case.digests[key] = fact_digest(effect.scope, effect.name, effect.value)


def _task_claimed(case: Case, effect: TaskClaimed) -> None:
    case.tasks[effect.token] = replace(case.tasks[effect.token], assignee=effect.person, claimed_at=effect.at)


def _task_released(case: Case, effect: TaskReleased) -> None:
    case.tasks[effect.token] = replace(case.tasks[effect.token], assignee=None, claimed_at=None)


def _task_rescheduled(case: Case, effect: TaskRescheduled) -> None:
    case.tasks[effect.token] = replace(case.tasks[effect.token], due=effect.due)


def _task_closed(case: Case, effect: TaskClosed) -> None:
    case.tasks.pop(effect.token, None)
    if effect.person is not None:
        level = body_of(case, effect.token)
        case.signers[level, effect.element] = case.signers.get((level, effect.element), NOBODY).and_also(effect.person)


def body_of(case: Case, token: int) -> int:
    """The token of the process or subprocess body that a token is in. An instance of a multi-instance is in the body
    around the multi-instance."""
    level = case.tokens[token].level if token in case.tokens else changes.ROOT
    while level in case.tokens and case.tokens[level].multi is not None:
        level = case.tokens[level].level
    return level


def _matter_received(case: Case, effect: MatterReceived) -> None:
    _number(case, effect.matter)
    case.matters[effect.matter] = Matter(
        effect.matter, effect.item, effect.department, effect.level, law.State.RECEIVED, effect.on,
        area=effect.area, owner=effect.owner,
    )  # fmt: skip


def _matter_moved(case: Case, effect: MatterMoved) -> None:
    matter = replace(case.matters[effect.matter], state=effect.state, reason=effect.reason)
    if effect.move == law.Move.ACCEPT:
        matter = replace(matter, accepted_on=effect.on, basis=effect.basis)
    elif effect.move in (law.Move.GRANT, law.Move.DENY):
        matter = replace(matter, decided_on=effect.on, decision=effect.state)
    case.matters[effect.matter] = matter


def _clock(case: Case, effect: ClockChanged) -> None:
    _number(case, effect.clock)
    if effect.state == "stopped":
        case.clocks.pop(effect.clock, None)
    else:
        case.clocks[effect.clock] = effect


def _numbered(table: str, field_name: str) -> Callable[[Case, Any], None]:
    """A handler that puts the effect into a table, under the number in that field of it."""

    def handler(case: Case, effect: Any) -> None:
        number = getattr(effect, field_name)
        _number(case, number)
        getattr(case, table)[number] = effect

    return handler


def _dropped(table: str, field_name: str) -> Callable[[Case, Any], None]:
    """A handler that takes the row with the number in that field of the effect out of a table."""

    def handler(case: Case, effect: Any) -> None:
        getattr(case, table).pop(getattr(effect, field_name), None)

    return handler


def _material_removed(case: Case, effect: MaterialRemoved) -> None:
    case.materials.pop((effect.material, effect.file), None)


def _claim_released(case: Case, effect: ClaimReleased) -> None:
    case.claims.pop((effect.kind, effect.key), None)


def _project_joined(case: Case, effect: ProjectJoined) -> None:
    case.project, case.granted = effect.project, effect.granted


def _erased(case: Case, effect: ValuesErased) -> None:
    """Leave the digests of the erased values, without the values: so the case is loaded from then on."""
    gone = frozenset(effect.digests)
    for key, value in list(case.facts.items()):
        if type(value) is Personal and value.digest in gone:
            case.facts[key] = Personal.erased(value.digest)
    case.applicant = _without(case.applicant, gone)
    for table, name in _PERSONAL_TABLES:
        rows = getattr(case, table)
        for number, row in rows.items():
            rows[number] = replace(row, **{name: _without(getattr(row, name), gone)})


_PERSONAL_TABLES = (("results", "value"), ("outbox", "payload"), ("inbox", "variables"), ("handed_on", "facts"))


def _without(value: Any, gone: frozenset[str]) -> Any:
    if type(value) is Personal and value.digest in gone:
        return Personal.erased(value.digest)
    return {name: _without(item, gone) for name, item in value.items()} if type(value) is dict else value


_HANDLERS: Mapping[type, Callable[[Case, Any], None]] = {
    **dict.fromkeys(
        (
            changes.Entered,
            changes.Completed,
            changes.Terminated,
            changes.Taken,
            changes.Armed,
            changes.Disarmed,
            changes.ScopeOpened,
            changes.ScopeClosed,
            changes.MultiAdvanced,
        ),
        _run,
    ),
    CaseStarted: _started,
    CaseEnded: _ended,
    CaseMigrated: _migrated,
    Numbered: lambda case, effect: _number(case, effect.counter),
    FactSet: _fact,
    TaskOpened: lambda case, effect: case.tasks.__setitem__(effect.token, effect),
    TaskClaimed: _task_claimed,
    TaskReleased: _task_released,
    TaskRescheduled: _task_rescheduled,
    TaskClosed: _task_closed,
    MatterReceived: _matter_received,
    MatterMoved: _matter_moved,
    ClockChanged: _clock,
    ClaimTaken: lambda case, effect: case.claims.__setitem__((effect.kind, effect.key), effect),
    ClaimReleased: _claim_released,
    MaterialSupplied: lambda case, effect: case.materials.__setitem__((effect.material, effect.file), effect),
    MaterialRemoved: _material_removed,
    ProjectJoined: _project_joined,
    FactsHandedOn: _numbered("handed_on", "number"),
    ResultAdded: _numbered("results", "number"),
    MessageQueued: _numbered("outbox", "message"),
    MessageSettled: _dropped("outbox", "message"),
    MessageKept: _numbered("inbox", "number"),
    MessageTaken: _dropped("inbox", "number"),
    IncidentRaised: _numbered("incidents", "incident"),
    IncidentResolved: _dropped("incidents", "incident"),
    ValuesErased: _erased,
    DecisionMade: lambda case, effect: None,
    ConditionsAsked: lambda case, effect: None,
}
