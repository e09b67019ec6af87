"""The state of a case, and `evolve`: the only way that it changes. Pure; knows no runtime.

The state is the normal form (open tokens, scopes, facts, open tasks, matters, clocks …): what is stored, what is
digested, and what a migration maps. Finished branches are gone from it; the journal has them.
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
    decode,
    encode,
    fields_from_json,
    fields_to_json,
)
from engine.law import matter as law
from engine.model.runtime import changes
from engine.model.runtime.changes import NormalForm, Token

Find = Callable[[str], Personal]


@dataclass(frozen=True, slots=True)
class Matter:
    """One item being handled. Dates are ISO days; `decision` is granted | denied once it is made."""

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
    basis: str | None = None  # deemed | tolerated | committed, of the acceptance
    area: str | None = None  # region code that it is about
    owner: str | None = None  # whose power it is by law, where `department` handles it by delegation

    @property
    def is_open(self) -> bool:
        return law.State(self.state) in law.OPEN


class Signers(NamedTuple):
    """How often an element was completed, and by whom: each person once, however long a loop goes on."""

    rounds: int
    people: tuple[str, ...]

    def and_also(self, person: str) -> Signers:
        people = self.people if person in self.people else (*self.people, person)
        return Signers(self.rounds + 1, people)


NOBODY = Signers(0, ())


@dataclass(slots=True)
class Case:
    """A working copy of a case's state. Outside this room and its callers treat it as frozen; `evolve` copies."""

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
    digests: dict[FactKey, str] = field(default_factory=dict)  # of each fact; derived
    tasks: dict[int, TaskOpened] = field(default_factory=dict)
    matters: dict[int, Matter] = field(default_factory=dict)
    clocks: dict[int, ClockChanged] = field(default_factory=dict)
    claims: dict[tuple[str, str], ClaimTaken] = field(default_factory=dict)
    materials: dict[tuple[str, str], MaterialSupplied] = field(default_factory=dict)
    results: dict[int, ResultAdded] = field(default_factory=dict)
    outbox: dict[int, MessageQueued] = field(default_factory=dict)  # not settled yet
    inbox: dict[int, MessageKept] = field(default_factory=dict)
    incidents: dict[int, IncidentRaised] = field(default_factory=dict)
    signers: dict[tuple[int, str], Signers] = field(default_factory=dict)  # by level and element
    project: str | None = None  # code of the project that the case is a stage of
    granted: tuple[str, ...] = ()  # items that earlier cases of the project had been granted when it was joined
    handed_on: dict[int, FactsHandedOn] = field(default_factory=dict)  # for later cases of the project

    @property
    def is_open(self) -> bool:
        return self.status == "open"

    def copy(self) -> Case:
        """A copy whose tables may be changed without touching this one; the values in them are frozen."""
        values: list[Any] = [value.copy() if type(value) in _TABLE_TYPES else value for value in _fields(self)]
        return Case(*values)

    def normal_form(self) -> NormalForm:
        return NormalForm(self.tokens, self.scopes)

    def barred(self, task: TaskOpened) -> tuple[str, ...]:
        """Who did an element that needs other eyes than this task's, in its body or in one around it."""
        found: dict[str, None] = {}
        level = body_of(self, task.token) if task.apart else -1
        while level >= changes.ROOT:
            for element in task.apart:
                found.update(dict.fromkeys(self.signers.get((level, element), NOBODY).people))
            level = self.tokens[level].level if level in self.tokens else -1
        return tuple(found)

    def matter_of(self, deadline: str) -> Matter | None:
        """The matter that a deadline belongs to: that of its clock, or of the procedure that its token runs in."""
        kind, _, rest = deadline.partition(":")
        number = int(rest.partition(":")[0]) if rest.partition(":")[0].isdecimal() else -1
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
        """Due instant by key: `token:<number>:<element>`, `clock:<number>:warn|lapse`; parked ones are left out."""
        parked = {incident.deadline for incident in self.incidents.values()}
        standing = self.standing()
        return {key: due for key, due in standing.items() if key not in parked} if parked else standing

    def standing(self) -> dict[str, str]:
        """All deadlines, those too that an incident has parked. A provisional clock has none, for want of effect."""
        found = {
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
                found[f"clock:{clock.clock}:warn"] = clock.warn_at
            if clock.due_at is not None:
                found[f"clock:{clock.clock}:lapse"] = clock.due_at
        return found


_TABLE_TYPES = frozenset({dict, Facts})
_fields: Callable[[Case], tuple[Any, ...]] = attrgetter(*Case.__dataclass_fields__)


def evolve(case: Case, effects: Iterable[Effect]) -> Case:
    """The case after `effects`. The given one stays as it is."""
    after = case.copy()
    for effect in effects:
        apply(after, effect)
    return after


def apply(case: Case, effect: Effect) -> None:
    """Fold one effect into a working copy, in place."""
    _HANDLERS[type(effect)](case, effect)


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


def _started(case: Case, e: CaseStarted) -> None:
    case.chain, case.process, case.title = e.chain, e.process, e.title
    case.applicant, case.channel, case.started_at = e.applicant, e.channel, e.at


def _migrated(case: Case, e: CaseMigrated) -> None:
    def new(id: str) -> str:
        return e.elements.get(id, id)

    case.chain, case.process = e.chain, e.process
    for number, token in case.tokens.items():
        via = None if token.via is None else new(token.via)
        arms = {new(element): arm for element, arm in token.arms.items()}
        case.tokens[number] = replace(token, element=new(token.element), via=via, arms=arms)
    case.tasks = {number: replace(task, element=new(task.element)) for number, task in case.tasks.items()}
    case.signers = {(level, new(element)): done for (level, element), done in case.signers.items()}
    for number, incident in case.incidents.items():
        kind, _, rest = (incident.deadline or "").partition(":")
        if kind == "token":
            token_number, _, element = rest.partition(":")
            case.incidents[number] = replace(incident, deadline=f"token:{token_number}:{new(element)}")


def _ended(case: Case, e: CaseEnded) -> None:
    case.status, case.ended_at = e.outcome, e.at


def _fact(case: Case, e: FactSet) -> None:
    key = (e.scope, e.name)
    case.facts[key] = e.value
    case.digests[key] = fact_digest(e.scope, e.name, e.value)


def _task_claimed(case: Case, e: TaskClaimed) -> None:
    case.tasks[e.token] = replace(case.tasks[e.token], assignee=e.person, claimed_at=e.at)


def _task_released(case: Case, e: TaskReleased) -> None:
    case.tasks[e.token] = replace(case.tasks[e.token], assignee=None, claimed_at=None)


def _task_rescheduled(case: Case, e: TaskRescheduled) -> None:
    case.tasks[e.token] = replace(case.tasks[e.token], due=e.due)


def _task_closed(case: Case, e: TaskClosed) -> None:
    case.tasks.pop(e.token, None)
    if e.person is not None:
        level = body_of(case, e.token)
        case.signers[level, e.element] = case.signers.get((level, e.element), NOBODY).and_also(e.person)


def body_of(case: Case, token: int) -> int:
    """The (sub)process body that a token runs in: instances of a multi-instance share the one around it."""
    level = case.tokens[token].level if token in case.tokens else changes.ROOT
    while level in case.tokens and case.tokens[level].multi is not None:
        level = case.tokens[level].level
    return level


def _matter_received(case: Case, e: MatterReceived) -> None:
    _number(case, e.matter)
    case.matters[e.matter] = Matter(
        e.matter, e.item, e.department, e.level, law.State.RECEIVED, e.on, area=e.area, owner=e.owner
    )


def _matter_moved(case: Case, e: MatterMoved) -> None:
    found = replace(case.matters[e.matter], state=e.state, reason=e.reason)
    if e.move == law.Move.ACCEPT:
        found = replace(found, accepted_on=e.on, basis=e.basis)
    elif e.move in (law.Move.GRANT, law.Move.DENY):
        found = replace(found, decided_on=e.on, decision=e.state)
    case.matters[e.matter] = found


def _clock(case: Case, e: ClockChanged) -> None:
    _number(case, e.clock)
    if e.state == "stopped":
        case.clocks.pop(e.clock, None)
    else:
        case.clocks[e.clock] = e


def _numbered(table: str, field_name: str) -> Callable[[Case, Any], None]:
    def handler(case: Case, effect: Any) -> None:
        number = getattr(effect, field_name)
        _number(case, number)
        getattr(case, table)[number] = effect

    return handler


def _dropped(table: str, field_name: str) -> Callable[[Case, Any], None]:
    def handler(case: Case, effect: Any) -> None:
        getattr(case, table).pop(getattr(effect, field_name), None)

    return handler


def _material_removed(case: Case, e: MaterialRemoved) -> None:
    case.materials.pop((e.material, e.file), None)


def _claim_released(case: Case, e: ClaimReleased) -> None:
    case.claims.pop((e.kind, e.key), None)


def _project_joined(case: Case, e: ProjectJoined) -> None:
    case.project, case.granted = e.project, e.granted


def _erased(case: Case, e: ValuesErased) -> None:
    """As the case is loaded from then on: digests without values."""
    gone = frozenset(e.digests)
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
    Numbered: lambda case, e: _number(case, e.counter),
    FactSet: _fact,
    TaskOpened: lambda case, e: case.tasks.__setitem__(e.token, e),
    TaskClaimed: _task_claimed,
    TaskReleased: _task_released,
    TaskRescheduled: _task_rescheduled,
    TaskClosed: _task_closed,
    MatterReceived: _matter_received,
    MatterMoved: _matter_moved,
    ClockChanged: _clock,
    ClaimTaken: lambda case, e: case.claims.__setitem__((e.kind, e.key), e),
    ClaimReleased: _claim_released,
    MaterialSupplied: lambda case, e: case.materials.__setitem__((e.material, e.file), e),
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
}

# ------------------------------------------------------------------ stored form and digest


def fact_digest(scope: int, name: str, value: Any) -> str:
    """Digest of one fact; of a personal value only its own salted digest goes in."""
    return digest(trusted([scope, name, encode(value)]))


_TABLES: Mapping[str, type] = {
    "tasks": TaskOpened,
    "matters": Matter,
    "clocks": ClockChanged,
    "results": ResultAdded,
    "outbox": MessageQueued,
    "inbox": MessageKept,
    "incidents": IncidentRaised,
    "handed_on": FactsHandedOn,
}
_PLAIN = ("chain", "process", "title", "channel", "started_at", "status", "ended_at", "counter")


def core_of(case: Case) -> dict[str, Any]:
    """All but the facts, as JSON: what is stored in one column. Numbers are keys as text."""
    out: dict[str, Any] = {name: getattr(case, name) for name in _PLAIN}
    out["applicant"] = encode(case.applicant)
    out["tokens"] = {str(number): _token_to_json(token) for number, token in case.tokens.items()}
    out["scopes"] = {str(scope): parent for scope, parent in case.scopes.items()}
    for table in _TABLES:
        rows = getattr(case, table)
        if rows:
            out[table] = {str(n): fields_to_json(row) for n, row in rows.items()}
    if case.claims:
        lasting = {key: [held.until, held.kept] for key, held in case.claims.items() if held.until or held.kept}
        out["claims"] = [[*key, *lasting.get(key, ())] for key in sorted(case.claims)]
    if case.materials:
        out["materials"] = [fields_to_json(row) for _, row in sorted(case.materials.items())]
    if case.project is not None:
        out["project"] = [case.project, *case.granted]
    if case.signers:
        signers = sorted(case.signers.items())
        out["signers"] = [[level, element, done.rounds, list(done.people)] for (level, element), done in signers]
    return out


def state_digest(case: Case, stored: bytes | None = None) -> str:
    """Digest of the whole state: the canonical core (`stored`, if at hand), and the digests of the facts in order."""
    facts = "\n".join(case.digests[key] for key in sorted(case.digests))
    return digest(b"\n".join((stored if stored is not None else trusted(core_of(case)), facts.encode())))


def load(
    case_id: str, stored: Mapping[str, Any], facts: Facts, digests: Mapping[FactKey, str], find: Find = Personal.erased
) -> Case:
    """The case of its stored core, its facts and their digests; `find` gives the personal value behind a digest."""
    case = Case(case_id, **{name: stored[name] for name in _PLAIN})
    case.applicant = decode(stored["applicant"], find)
    case.tokens = {int(n): _token_from_json(int(n), row) for n, row in stored["tokens"].items()}
    case.scopes = {int(scope): parent for scope, parent in stored["scopes"].items()}
    for table, kind in _TABLES.items():
        rows = {int(n): fields_from_json(kind, row, find) for n, row in stored.get(table, {}).items()}
        setattr(case, table, dict(sorted(rows.items())))
    case.claims = {(row[0], row[1]): ClaimTaken(*row) for row in stored.get("claims", ())}
    for row in stored.get("materials", ()):
        material = fields_from_json(MaterialSupplied, row, find)
        case.materials[material.material, material.file] = material
    case.project, *granted = stored.get("project", [None])
    case.granted = tuple(granted)
    case.signers = {
        (level, element): Signers(rounds, tuple(people)) for level, element, rounds, people in stored.get("signers", ())
    }
    case.facts, case.digests = facts, dict(digests)
    return case


def _token_to_json(token: Token) -> dict[str, Any]:
    out: dict[str, Any] = {"element": token.element, "level": token.level}
    for name in ("scope", "inner", "via", "index"):
        if getattr(token, name) is not None:
            out[name] = getattr(token, name)
    if token.multi is not None:
        out["multi"] = fields_to_json(token.multi)
    if token.arms:
        out["arms"] = {element: fields_to_json(arm) for element, arm in token.arms.items()}
    return out


def _token_from_json(number: int, row: Mapping[str, Any]) -> Token:
    multi = fields_from_json(changes.Multi, row["multi"]) if "multi" in row else None
    arms = {element: fields_from_json(changes.Arm, arm) for element, arm in row.get("arms", {}).items()}
    plain = {name: row.get(name) for name in ("scope", "inner", "via", "index")}
    return Token(number, row["element"], row["level"], multi=multi, arms=arms, **plain)
