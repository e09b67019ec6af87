"""Who may do what, and on what basis: one table over commands. Pure; resolved live, on the day that is passed in.

The basis that is found goes into the journal. The pages ask here what to show; they hold no rule of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from engine.base.errors import NotAllowed
from engine.case.records import Command, TaskOpened, plain
from engine.case.state import Case, Matter
from engine.law.organisation import Organisation

CLOCK, OUTBOX = "system:clock", "system:outbox"
"""Actors that are no people: the scheduler firing deadlines, and carrying answers back."""

HALL_ROLES = ("window", "supervisor", "auditor", "administrator")
"""Roles whose holders see every case of the hall."""
HANDLING_ROLES = ("reviewer", "deputy_head", "head", "leader")
"""Roles whose holders see the cases with matters of their department and items."""
APPLICANT = "applicant"

Basis = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """Somebody wants to give a command. `case` is None for StartCase."""

    organisation: Organisation
    actor: str
    command: str
    payload: Mapping[str, Any]
    case: Case | None
    on: date

    def role(self, *roles: str) -> Basis | None:
        """The basis on which the actor holds one of these roles, anywhere in the hall."""
        return self._role(roles, None, None, None)

    def role_for(self, task: TaskOpened, *roles: str) -> Basis | None:
        """The same for the department and the item of a task: live, should the power have been taken back since."""
        found = self.case.matters.get(task.matter) if self.case is not None and task.matter is not None else None
        return self._role(roles, task.owner or task.department, task.item, found.area if found is not None else None)

    def role_in(self, found: Matter, *roles: str) -> Basis | None:
        """The same for the department that holds the power over a matter, in its area, on this day."""
        return self._role(roles, found.owner or found.department, found.item, found.area)

    def _role(self, roles: tuple[str, ...], department: str | None, item: str | None, area: str | None) -> Basis | None:
        found = self.organisation.may(self.actor, roles, department, item, self.on, area)
        return dict(found.as_dict()) if found is not None else None

    def task(self) -> TaskOpened | None:
        return self.case.tasks.get(self.payload.get("task", -1)) if self.case is not None else None

    def matter(self) -> Matter | None:
        return self.case.matters.get(self.payload.get("matter", -1)) if self.case is not None else None


Rule = Callable[[Question], Basis | None]


def candidate(q: Question, task: TaskOpened) -> Basis | None:
    """On what basis the actor may take this task: assigned, named, or by role in its department. Four eyes apart."""
    if task.assignee is not None and task.claimed_at is None:
        return {"kind": "assigned"} if task.assignee == q.actor else None
    if task.users and q.actor in task.users:
        return {"kind": "named"}
    if task.roles:
        # The role "applicant" in a model means the applicant of this case, not whoever applies for something.
        roles = tuple(role for role in task.roles if role != APPLICANT)
        staff = q.role_for(task, *roles) if roles else None
        return staff or (_applies(q) if APPLICANT in task.roles else None)
    return {"kind": "open"} if not task.users and _works_here(q) else None


def _works_here(q: Question) -> bool:
    return works_in(q.organisation, q.actor, q.on)


def works_in(organisation: Organisation, person: str, on: date) -> bool:
    """The hall's own: whoever holds a role beside that of an applicant."""
    return any(holding.role != APPLICANT for holding in organisation.roles_of(person, on))


def _takes(q: Question) -> Basis | None:
    task = q.task()
    if task is None:  # closed meanwhile: the case refuses it, more clearly
        return {"kind": "none"} if q.organisation.roles_of(q.actor, q.on) else None
    if q.case is not None and q.actor in q.case.barred(task):
        raise NotAllowed(
            f"Expected other eyes for task '{task.name}': {q.actor} did the step that it must be independent of.",
            sentence="four_eyes",
            task=task.token,
            reason="four_eyes",
            task_name=task.name,
        )
    return candidate(q, task)


def _holds(q: Question) -> Basis | None:
    """The holder of the task, or who leads its department."""
    task = q.task()
    if task is None:
        return _takes(q)
    if task.assignee == q.actor:
        return {"kind": "holder"}
    return q.role_for(task, "head", "supervisor")


def _returns(q: Question) -> Basis | None:
    """A candidate while nobody else holds the task; else who leads its department."""
    task = q.task()
    if task is not None and task.assignee not in (None, q.actor):
        return _leads(q)
    return _takes(q)


def _leads(q: Question) -> Basis | None:
    """Who leads the department of the task."""
    task = q.task()
    return None if task is None else q.role_for(task, "head", "supervisor")


def _transfers(q: Question) -> Basis | None:
    """To somebody who may take it, and needn't stay away."""
    task, to = q.task(), str(q.payload.get("to"))
    basis = _holds(q)
    if task is None or basis is None:
        return basis
    target = Question(q.organisation, to, q.command, q.payload, q.case, q.on)
    free = replace(task, assignee=None, claimed_at=None)
    if q.case is None or to in q.case.barred(task) or candidate(target, free) is None:
        raise NotAllowed(
            f"Expected somebody who may do task '{task.name}'; {to} may not.",
            sentence="transfer_unfit",
            task=task.token,
            to=to,
            task_name=task.name,
        )
    return basis


def _of_matter(*roles: str) -> Rule:
    """A role in the department that holds the matter's item."""

    def rule(q: Question) -> Basis | None:
        found = q.matter()
        return q.role_in(found, *roles) if found is not None else q.role(*roles)

    return rule


def _of_deadline(*roles: str) -> Rule:
    """A role in the department whose matter the deadline belongs to."""

    def rule(q: Question) -> Basis | None:
        found = q.case.matter_of(str(q.payload.get("deadline"))) if q.case is not None else None
        return q.role_in(found, *roles) if found is not None else q.role(*roles)

    return rule


def _hands_in(q: Question) -> Basis | None:
    """The window, the applicant, or who has an open task of the case."""
    basis = q.role("window") or _applies(q)
    if basis is None and q.case is not None:
        found = (candidate(q, task) for task in q.case.tasks.values() if q.actor not in q.case.barred(task))
        basis = next((b for b in found if b is not None), None)
    return basis


def _applies(q: Question) -> Basis | None:
    """The applicant of the case, with an account of their own."""
    if q.case is None:
        return None
    applicant = plain(q.case.applicant)
    mine = isinstance(applicant, Mapping) and applicant.get("person") == q.actor
    return {"kind": "applicant"} if mine else None


def _starts(q: Question) -> Basis | None:
    """The window for anybody; who applies on their own, for themselves."""
    applicant = plain(q.payload.get("applicant"))
    own = isinstance(applicant, Mapping) and applicant.get("person") == q.actor
    return q.role("window") or (q.role(APPLICANT) if own else None)


def _system(*actors: str) -> Rule:
    return lambda q: {"kind": "system"} if q.actor in actors else None


def _role(*roles: str) -> Rule:
    return lambda q: q.role(*roles)


def _any(*rules: Rule) -> Rule:
    return lambda q: next((basis for rule in rules if (basis := rule(q)) is not None), None)


_administrator = _role("administrator")

RULES: Mapping[str, tuple[Rule, str]] = {
    "StartCase": (_starts, "a window clerk, or the applicant in person,"),
    "ClaimTask": (_takes, "a candidate of the task"),
    "ReleaseTask": (_holds, "the holder of the task, or the head of its department"),
    "TransferTask": (_transfers, "the holder of the task, or the head of its department"),
    "CompleteTask": (_takes, "a candidate of the task"),
    "DeliverMessage": (_any(_system(OUTBOX), _role("window", "administrator")), "a window clerk or an administrator"),
    "BroadcastSignal": (_any(_system(OUTBOX), _administrator), "an administrator"),
    "FireDeadline": (_system(CLOCK), "the clock"),
    "ConfirmDeadline": (_of_deadline("reviewer", "head", "supervisor"), "a reviewer or the head of the department"),
    "RecountClocks": (_system(CLOCK), "the clock"),
    "AnswerJob": (_any(_system(OUTBOX), _administrator), "the outbox or an administrator"),
    "SettleMessage": (_system(OUTBOX), "the outbox"),
    "FailJob": (_system(OUTBOX), "the outbox"),
    "SupplyMaterial": (_hands_in, "a window clerk, the applicant, or who works on the case"),
    "RemoveMaterial": (_hands_in, "a window clerk, the applicant, or who works on the case"),
    "SuspendClock": (_of_matter("reviewer", "head"), "a reviewer or the head of the department"),
    "ResumeClock": (_of_matter("reviewer", "head"), "a reviewer or the head of the department"),
    "ExtendClock": (_of_matter("head", "leader"), "the head of the department (行政许可法 42)"),
    "WithdrawMatter": (_any(_role("window"), _applies), "a window clerk or the applicant"),
    "SetFact": (_administrator, "an administrator"),
    "SendBack": (_returns, "the holder of the task, or a candidate while nobody holds it,"),
    "AddSigner": (_holds, "the holder of the task, or the head of its department"),
    "RemoveSigner": (_any(_leads, _administrator), "the head of the department or an administrator"),
    "SkipTask": (_administrator, "an administrator"),
    "MigrateCase": (_administrator, "an administrator"),
    "MoveToken": (_administrator, "an administrator"),
    "RetryIncident": (_administrator, "an administrator"),
    "ResolveIncident": (_administrator, "an administrator"),
    "CancelCase": (_administrator, "an administrator"),
    "EraseValues": (_administrator, "an administrator"),
}


def authorise(organisation: Organisation | None, command: Command, case: Case | None, on: date) -> Basis:
    """The basis on which the actor gives this command. Raises NotAllowed, saying who may.

    `organisation` None: a bare model, rehearsed without a hall: anybody may do anything.
    """
    if organisation is None:
        return {"kind": "anybody"}
    rule, who = RULES[command.type]
    basis = rule(Question(organisation, command.actor, command.type, command.payload, case, on))
    if basis is None:
        raise NotAllowed(
            f"Expected {who} for {command.type}; {command.actor} is not.",
            sentence="command_not_yours",
            actor=command.actor,
            command=command.type,
        )
    return basis


ADMINISTRATION: Mapping[str, tuple[tuple[str, ...], str]] = {
    "publish": (("designer", "administrator"), "a designer or an administrator"),
    "organisation": (("administrator",), "an administrator"),
    "calendar": (("administrator",), "an administrator"),
}
"""What concerns no case: roles that may do it, for the whole hall."""


def administer(organisation: Organisation | None, actor: str, act: str, on: date) -> None:
    """Refuse an act of `ADMINISTRATION` by whom it isn't for. Raises NotAllowed, saying who may.

    The operator of the machine (`system:…`) may: somebody has to set a hall up before there are people in it.
    """
    roles, who = ADMINISTRATION[act]
    if organisation is None or actor.startswith("system:"):
        return
    if organisation.may(actor, roles, None, None, on) is None:
        raise NotAllowed(f"Expected {who} for this; {actor} is not.", sentence="administration_not_yours", actor=actor)


def allowed(organisation: Organisation | None, actor: str, command: str, payload: Mapping[str, Any], case: Case | None,
            on: date) -> bool:  # fmt: skip
    """Whether the actor might give this command now: what a page shows a button by."""
    try:
        authorise(organisation, Command(command, actor, case.id if case else None, payload), case, on)
    except NotAllowed:
        return False
    return True


# ------------------------------------------------------------------ who may look

PERSON = "person:"
"""How the text of a concern begins that is one person's; that of a `Concern` is a JSON list, which sorts before."""


class Concern(NamedTuple):
    """Whom a case concerns beside the hall's own: who holds one of the roles for that department, item and area.

    `roles` None: those that handle matters; empty: whoever works in the hall. As text it is a row of the case, so
    that the cases of a person are found without being opened.
    """

    roles: tuple[str, ...] | None
    department: str | None = None
    item: str | None = None
    area: str | None = None

    @lru_cache(maxsize=4096)  # noqa: B019 (of a tuple; a hall has few that differ, and each command asks for some)
    def text(self) -> str:
        return json.dumps(self, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def of(cls, text: str) -> Concern:
        roles, *rest = json.loads(text)
        return cls(None if roles is None else tuple(roles), *rest)

    def includes(self, organisation: Organisation, person: str, on: date) -> bool:
        """Whether the person is among them on that day."""
        if self.roles == ():
            return works_in(organisation, person, on)
        roles = HANDLING_ROLES if self.roles is None else self.roles
        return organisation.may(person, roles, self.department, self.item, on, self.area) is not None


def concerns(case: Case) -> set[str]:
    """Whom the case concerns, whatever the day: texts of concerns, and `person:<key>`. Holders of tasks apart."""
    handled = {Concern(None, m.owner or m.department, m.item, m.area).text() for m in case.matters.values()}
    applicant = plain(case.applicant)
    own = applicant.get("person") if isinstance(applicant, Mapping) else None
    found = {f"{PERSON}{own}"} if isinstance(own, str) else set()
    for task in case.tasks.values():
        found.update(_of_task(case, task))
    return handled | found


def _of_task(case: Case, task: TaskOpened) -> Iterator[str]:
    """Who may take an open task, as `candidate` has it. Whoever handles its matter is concerned already."""
    if task.assignee is not None and task.claimed_at is None:
        yield f"{PERSON}{task.assignee}"
        return
    yield from (f"{PERSON}{person}" for person in task.users)
    roles = tuple(sorted({role for role in task.roles if role != APPLICANT}))
    if not roles and (task.roles or task.users):
        return
    if not roles:
        yield Concern(()).text()
        return
    matter = case.matters.get(task.matter) if task.matter is not None else None
    area = matter.area if matter is not None else None
    place = (task.owner or task.department, task.item, area)
    handles = matter is not None and (matter.owner or matter.department, matter.item, area) == place
    if not (handles and set(roles) <= set(HANDLING_ROLES)):
        yield Concern(roles, *place).text()


def sees_all(organisation: Organisation | None, person: str, on: date) -> bool:
    """Whether the person may look at every case: the hall's own, and anybody where there is no hall."""
    return organisation is None or organisation.may(person, HALL_ROLES, None, None, on) is not None


def seen(organisation: Organisation, person: str, concerned: Iterable[str], on: date) -> tuple[str, ...]:
    """Those of the concerns (texts of `Concern`) by which the person may look at a case on that day."""
    return tuple(text for text in concerned if Concern.of(text).includes(organisation, person, on))


def may_see(organisation: Organisation | None, person: str, case: Case, on: date) -> bool:
    """Whether the person may look at the case: the hall's own, the departments that handle it, its applicant."""
    if organisation is None or sees_all(organisation, person, on):
        return True
    if any(task.assignee == person for task in case.tasks.values()):
        return True
    found = concerns(case)
    shared = (text for text in found if not text.startswith(PERSON))
    return f"{PERSON}{person}" in found or bool(seen(organisation, person, shared, on))
