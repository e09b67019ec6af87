"""Decides who may give which command, and on what basis, by one table over the commands. Pure.

Roles are looked up anew each time, for the day that is passed in: a power that was taken back yesterday is gone today.
The journal keeps the basis. Pages ask here what to show, and have no rules of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from engine.base.errors import NotAllowed
from engine.case.records import (
    COMMANDS,
    AddSigner,
    AnswerJob,
    BroadcastSignal,
    CancelCase,
    ClaimTask,
    Command,
    CompleteTask,
    ConfirmDeadline,
    DeliverMessage,
    EraseValues,
    ExtendClock,
    FailJob,
    FireDeadline,
    MigrateCase,
    MoveToken,
    OfDeadline,
    OfMatter,
    OfTask,
    Order,
    RecountClocks,
    ReleaseTask,
    RemoveMaterial,
    RemoveSigner,
    ResolveIncident,
    ResumeClock,
    RetryIncident,
    SendBack,
    SetFact,
    SettleMessage,
    SkipTask,
    StartCase,
    SupplyMaterial,
    SuspendClock,
    TaskOpened,
    TransferTask,
    WithdrawMatter,
    plain,
)
from engine.case.state import Case, Matter
from engine.law.organisation import Organisation
from engine.model.chain import INTAKE

CLOCK, OUTBOX = "system:clock", "system:outbox"
"""Actors that are no people: the scheduler as it fires deadlines, and as it brings answers back from outside."""

HALL_ROLES = ("window", "supervisor", "auditor", "administrator")
"""Roles that may look at every case of the hall."""

HANDLING_ROLES = ("reviewer", "deputy_head", "head", "leader")
"""Roles that may look at cases with matters of their department and items."""

APPLICANT = "applicant"

Basis = dict[str, Any]


@dataclass(frozen=True, slots=True)
class About:
    """The fields of a command on which it depends who may give it."""

    task: int | None = None
    matter: int | None = None
    deadline: str | None = None
    to: str | None = None  # the person to whom a task is to go
    applicant: Any = None
    intake: tuple[str, ...] = INTAKE  # roles that take in a case such as StartCase asks for

    @classmethod
    def of(cls, order: Order, intake: tuple[str, ...] = INTAKE) -> About:
        """The fields of this order. `intake`: the roles that take in a case of the process that it starts."""
        match order:
            case TransferTask():
                return cls(task=order.task, to=order.to)
            case OfTask():
                return cls(task=order.task)
            case OfMatter():
                return cls(matter=order.matter)
            case OfDeadline():
                return cls(deadline=order.deadline)
            case StartCase():
                return cls(applicant=order.applicant, intake=intake)
        return cls()


@dataclass(frozen=True, slots=True)
class Question:
    """Whether somebody may give a command on that day. `case` is None for StartCase."""

    organisation: Organisation
    actor: str
    about: About
    case: Case | None
    on: date

    def role(self, *roles: str) -> Basis | None:
        """The basis on which the actor holds one of these roles, anywhere in the hall."""
        return self._role(roles, None, None, None)

    def role_for(self, task: TaskOpened, *roles: str) -> Basis | None:
        """The basis on which the actor holds one of these roles for the department and the item of a task.

        The task keeps the department that had the power when it was opened; the one that has it on this day counts.
        """
        matter = self.case.matters.get(task.matter) if self.case is not None and task.matter is not None else None
        return self._role(roles, task.owner or task.department, task.item, matter.area if matter is not None else None)

    def role_in(self, matter: Matter, *roles: str) -> Basis | None:
        """The basis on which the actor holds one of these roles in the department that has the power over a matter."""
        return self._role(roles, matter.owner or matter.department, matter.item, matter.area)

    def _role(self, roles: tuple[str, ...], department: str | None, item: str | None, area: str | None) -> Basis | None:
        basis = self.organisation.may(self.actor, roles, department, item, self.on, area)
        return dict(basis.as_dict()) if basis is not None else None

    def task(self) -> TaskOpened | None:
        """The open task that the command is about; None if there is none."""
        number = self.about.task
        return self.case.tasks.get(number) if self.case is not None and number is not None else None

    def matter(self) -> Matter | None:
        """The matter that the command is about; None if there is none."""
        number = self.about.matter
        return self.case.matters.get(number) if self.case is not None and number is not None else None


Rule = Callable[[Question], Basis | None]
"""Gives the basis on which the actor may give the command; None if there is none. Raises NotAllowed to say why not."""


def candidate(question: Question, task: TaskOpened) -> Basis | None:
    """The basis on which the actor may take a task: assigned, named, by role in its department, or open to all.

    Doesn't ask for four eyes 四眼: see `Case.barred`.
    """
    if task.assignee is not None and task.claimed_at is None:
        return {"kind": "assigned"} if task.assignee == question.actor else None
    if task.users and question.actor in task.users:
        return {"kind": "named"}
    if task.roles:
        # A task for the role "applicant" is for the applicant of this case, not for everybody with that role.
        roles = tuple(role for role in task.roles if role != APPLICANT)
        staff = question.role_for(task, *roles) if roles else None
        return staff or (_applies(question) if APPLICANT in task.roles else None)
    return {"kind": "open"} if not task.users and _works_here(question) else None


def _works_here(question: Question) -> bool:
    return works_in(question.organisation, question.actor, question.on)


def works_in(organisation: Organisation, person: str, on: date) -> bool:
    """Whether the person works in the hall on that day: holds any role but that of an applicant."""
    return any(holding.role != APPLICANT for holding in organisation.roles_of(person, on))


def _takes(question: Question) -> Basis | None:
    """A candidate of the task. Raises NotAllowed for one who did a step that it must be independent of."""
    task = question.task()
    if task is None:  # closed meanwhile: let the case refuse it, which says so
        return {"kind": "none"} if question.organisation.roles_of(question.actor, question.on) else None
    if question.case is not None and question.actor in question.case.barred(task):
        raise NotAllowed(
            f"Expected other eyes for task '{task.name}': {question.actor} did the step that it must be independent "
            "of.",
            sentence="four_eyes",
            task=task.token,
            reason="four_eyes",
            task_name=task.name,
        )
    return candidate(question, task)


def _holds(question: Question) -> Basis | None:
    """The holder of the task, or a head or supervisor of its department."""
    task = question.task()
    if task is None:
        return _takes(question)
    if task.assignee == question.actor:
        return {"kind": "holder"}
    return question.role_for(task, "head", "supervisor")


def _returns(question: Question) -> Basis | None:
    """A candidate while nobody else holds the task; then a head or supervisor of its department."""
    task = question.task()
    if task is not None and task.assignee not in (None, question.actor):
        return _leads(question)
    return _takes(question)


def _leads(question: Question) -> Basis | None:
    """A head or supervisor of the task's department."""
    task = question.task()
    return None if task is None else question.role_for(task, "head", "supervisor")


def _transfers(question: Question) -> Basis | None:
    """Whoever holds the task or leads its department. Raises NotAllowed if the other person may not do the task."""
    task, to, basis = question.task(), question.about.to, _holds(question)
    if task is None or basis is None:
        return basis
    case, free = question.case, replace(task, assignee=None, claimed_at=None)
    if to is None or case is None or to in case.barred(task) or candidate(replace(question, actor=to), free) is None:
        raise NotAllowed(
            f"Expected somebody who may do task '{task.name}'; {to} may not.",
            sentence="transfer_unfit",
            task=task.token,
            to=to,
            task_name=task.name,
        )
    return basis


def _of_matter(*roles: str) -> Rule:
    """One of these roles in the department that has the power over the matter."""

    def rule(question: Question) -> Basis | None:
        matter = question.matter()
        return question.role_in(matter, *roles) if matter is not None else question.role(*roles)

    return rule


def _of_deadline(*roles: str) -> Rule:
    """One of these roles in the department that has the power over the deadline's matter."""

    def rule(question: Question) -> Basis | None:
        case, deadline = question.case, question.about.deadline
        matter = case.matter_of(deadline) if case is not None and deadline is not None else None
        return question.role_in(matter, *roles) if matter is not None else question.role(*roles)

    return rule


def _hands_in(question: Question) -> Basis | None:
    """Who takes in such cases, the applicant, or a candidate of an open task of the case."""
    basis, case = _takes_in(question) or _applies(question), question.case
    if basis is None and case is not None:
        tasks = (task for task in case.tasks.values() if question.actor not in case.barred(task))
        bases = (candidate(question, task) for task in tasks)
        basis = next((b for b in bases if b is not None), None)
    return basis


def _applies(question: Question) -> Basis | None:
    """The applicant of the case, who signs in as that person."""
    if question.case is None:
        return None
    applicant = plain(question.case.applicant)
    mine = isinstance(applicant, Mapping) and applicant.get("person") == question.actor
    return {"kind": "applicant"} if mine else None


def _starts(question: Question) -> Basis | None:
    """A role that takes in such cases, for anybody; or an applicant for themselves, where the model lets them."""
    applicant, roles = plain(question.about.applicant), question.about.intake
    own = isinstance(applicant, Mapping) and applicant.get("person") == question.actor
    basis = question.role(*(role for role in roles if role != APPLICANT))
    return basis or (question.role(APPLICANT) if own and APPLICANT in roles else None)


def _takes_in(question: Question) -> Basis | None:
    """A window clerk, or a role that takes in cases of this kind."""
    return question.role("window", *(question.case.intake if question.case is not None else ()))


def _system(*actors: str) -> Rule:
    return lambda question: {"kind": "system"} if question.actor in actors else None


def _role(*roles: str) -> Rule:
    return lambda question: question.role(*roles)


def _any(*rules: Rule) -> Rule:
    return lambda question: next((basis for rule in rules if (basis := rule(question)) is not None), None)


_administrator = _role("administrator")

RULES: Mapping[type[Order], tuple[Rule, str]] = {
    StartCase: (_starts, "somebody who takes in such cases, or the applicant in person,"),
    ClaimTask: (_takes, "a candidate of the task"),
    ReleaseTask: (_holds, "the holder of the task, or the head of its department"),
    TransferTask: (_transfers, "the holder of the task, or the head of its department"),
    CompleteTask: (_takes, "a candidate of the task"),
    DeliverMessage: (_any(_system(OUTBOX), _takes_in, _administrator), "a window clerk or an administrator"),
    BroadcastSignal: (_any(_system(OUTBOX), _administrator), "an administrator"),
    FireDeadline: (_system(CLOCK), "the clock"),
    ConfirmDeadline: (_of_deadline("reviewer", "head", "supervisor"), "a reviewer or the head of the department"),
    RecountClocks: (_system(CLOCK), "the clock"),
    AnswerJob: (_any(_system(OUTBOX), _administrator), "the outbox or an administrator"),
    SettleMessage: (_system(OUTBOX), "the outbox"),
    FailJob: (_system(OUTBOX), "the outbox"),
    SupplyMaterial: (_hands_in, "a window clerk, the applicant, or who works on the case"),
    RemoveMaterial: (_hands_in, "a window clerk, the applicant, or who works on the case"),
    SuspendClock: (_of_matter("reviewer", "head"), "a reviewer or the head of the department"),
    ResumeClock: (_of_matter("reviewer", "head"), "a reviewer or the head of the department"),
    ExtendClock: (_of_matter("head", "leader"), "the head of the department (行政许可法 42)"),
    WithdrawMatter: (_any(_takes_in, _applies), "a window clerk or the applicant"),
    SetFact: (_administrator, "an administrator"),
    SendBack: (_returns, "the holder of the task, or a candidate while nobody holds it,"),
    AddSigner: (_holds, "the holder of the task, or the head of its department"),
    RemoveSigner: (_any(_leads, _administrator), "the head of the department or an administrator"),
    SkipTask: (_administrator, "an administrator"),
    MigrateCase: (_administrator, "an administrator"),
    MoveToken: (_administrator, "an administrator"),
    RetryIncident: (_administrator, "an administrator"),
    ResolveIncident: (_administrator, "an administrator"),
    CancelCase: (_administrator, "an administrator"),
    EraseValues: (_administrator, "an administrator"),
}


def authorise(
    organisation: Organisation | None, command: Command, case: Case | None, on: date, intake: tuple[str, ...] = INTAKE
) -> Basis:
    """The basis on which the actor gives this command. Raises NotAllowed, which says who may.

    `intake`: the roles that take in a case of the process that StartCase names.
    Without an organisation (a bare model that is rehearsed) anybody may do anything.
    """
    if organisation is None:
        return {"kind": "anybody"}
    rule, who = RULES[type(command.order)]
    basis = rule(Question(organisation, command.actor, About.of(command.order, intake), case, on))
    if basis is None:
        raise NotAllowed(
            f"Expected {who} for {command.type}; {command.actor} is not.",
            sentence="command_not_yours",
            actor=command.actor,
            command=command.type,
        )
    return basis


def allowed(
    organisation: Organisation | None, actor: str, command: str, about: About, case: Case | None, on: date
) -> bool:
    """Whether the actor might give a command of this type now, so that a page shows its button."""
    if organisation is None:
        return True
    try:
        return RULES[COMMANDS[command]][0](Question(organisation, actor, about, case, on)) is not None
    except NotAllowed:
        return False


# ------------------------------------------------------------------ who may look

PERSON = "person:"
"""Begins the text of a concern that is one person. The text of a `Concern` is a JSON list, which sorts before it."""

WORKED = "worked:"
"""Begins the text of a concern that is one person who has worked on the case; it counts while they work in the hall."""


class Concern(NamedTuple):
    """People whom a case concerns: those with one of the roles, for this department, item and area.

    `roles` None means the roles that handle matters; empty, everybody who works in the hall. A row of the case holds
    it as text, so that a person's cases can be found without opening them.
    """

    roles: tuple[str, ...] | None
    department: str | None = None
    item: str | None = None
    area: str | None = None

    @lru_cache(maxsize=4096)  # noqa: B019 (of a tuple; a hall has few that differ, and each command asks for some)
    def text(self) -> str:
        """The concern as text; `of` reads it."""
        return json.dumps(self, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def of(cls, text: str) -> Concern:
        """The concern with this text."""
        roles, *rest = json.loads(text)
        return cls(None if roles is None else tuple(roles), *rest)

    def includes(self, organisation: Organisation, person: str, on: date) -> bool:
        """Whether the person is one of these people on that day."""
        if self.roles == ():
            return works_in(organisation, person, on)
        roles = HANDLING_ROLES if self.roles is None else self.roles
        return organisation.may(person, roles, self.department, self.item, on, self.area) is not None


def concerns(case: Case) -> set[str]:
    """The people whom the case concerns, as texts of `Concern` and `person:<key>`.

    They don't depend on the day. Holders of tasks aren't among them: `may_see` looks at the tasks.
    """
    handled = {Concern(None, m.owner or m.department, m.item, m.area).text() for m in case.matters.values()}
    applicant = plain(case.applicant)
    own = applicant.get("person") if isinstance(applicant, Mapping) else None
    others = {f"{PERSON}{own}"} if isinstance(own, str) else set()
    if case.intake:
        others.add(Concern(case.intake).text())
    for task in case.tasks.values():
        others.update(_of_task(case, task))
    return handled | others


_EVERYBODY = Concern(()).text()


def lasting(before: Case, after: Case, actor: str) -> set[str]:
    """The people whom the case goes on to concern after a command, beside `concerns(after)`; as texts, for good.

    Whoever gave the command, and for whom a task was that is over or has changed. A task that was open to everybody in
    the hall concerns only those who worked on it.
    """
    kept = set() if actor.startswith("system:") else {f"{WORKED}{actor}"}
    for token, task in before.tasks.items():
        if after.tasks.get(token) is not task:
            kept.update(_of_task(before, task))
    kept.discard(_EVERYBODY)
    return {f"{WORKED}{text.removeprefix(PERSON)}" if text.startswith(PERSON) else text for text in kept}


def _of_task(case: Case, task: TaskOpened) -> Iterator[str]:
    """The people who may take an open task by `candidate`, but for those that its matter concerns already."""
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
    """Whether the person may look at every case: by a role of the hall, or because there is no organisation."""
    return organisation is None or organisation.may(person, HALL_ROLES, None, None, on) is not None


def seen(organisation: Organisation, person: str, concerned: Iterable[str], on: date) -> tuple[str, ...]:
    """Those of these texts of `Concern` that include the person on that day, and the one of who has worked on a case.

    Empty for somebody who doesn't work in the hall on that day.
    """
    if not works_in(organisation, person, on):
        return ()
    return (*(text for text in concerned if Concern.of(text).includes(organisation, person, on)), f"{WORKED}{person}")


def may_see(organisation: Organisation | None, person: str, case: Case, on: date, kept: Collection[str] = ()) -> bool:
    """Whether the person may look at the case: by a role of the hall, as a holder of a task, or because it concerns
    the person. `kept`: what is stored of whom the case has concerned (`lasting`)."""
    if organisation is None or sees_all(organisation, person, on):
        return True
    if any(task.assignee == person for task in case.tasks.values()):
        return True
    concerned = concerns(case)
    if f"{PERSON}{person}" in concerned:
        return True
    concerned.update(kept)
    shared = (text for text in concerned if not text.startswith((PERSON, WORKED)))
    return not concerned.isdisjoint(seen(organisation, person, shared, on))
