"""Answers the questions of the runtime (`engine.model.runtime.host.Host`) from the working copy of a case. Pure."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.base.errors import BudgetExceeded, InvalidInput, ModelError, Refused
from engine.case import actions, timers
from engine.case.facts import Visible
from engine.case.functions import Asked, Functions
from engine.case.records import (
    ConditionsAsked,
    DecisionMade,
    TaskClosed,
    TaskOpened,
    TaskRescheduled,
    normal,
    plain,
    shortened,
)
from engine.case.state import NOBODY, Matter
from engine.case.working import Thrown, Working
from engine.language import decisions, feel
from engine.law import matter as law
from engine.model.chain.dialect import FEEL_FUNCTIONS
from engine.model.chain.model import Element
from engine.model.runtime.changes import Arm, Change
from engine.model.runtime.places import Place

_NAMES = tuple(FEEL_FUNCTIONS)
_PRIMITIVE = (bool, int, type(None))
MOST_WARNINGS = 5
"""Most warnings that an effect tells: one broken cell may warn for each rule."""


class CaseHost:
    """The host of one run during one command."""

    def __init__(self, working: Working) -> None:
        self.working = working
        self.functions = Functions(working)

    # ---------------------------------------------------------------- numbers, changes, facts

    def number(self) -> int:
        return self.working.number()

    def emit(self, change: Change) -> None:
        self.working.emit(change)

    def set_local(self, scope: int, name: str, value: Any) -> None:
        self.working.set_local(scope, name, value)

    def assign(self, scope: int, name: str, value: Any) -> None:
        self.working.assign(scope, name, value)

    def visible(self, scope: int) -> Mapping[str, Any]:
        return Visible(self.working.case.facts, self.working.case.scopes, scope)

    def values(self, scope: int) -> Mapping[str, Any]:
        """As `visible`, with personal values without their wrapper."""
        return Visible(self.working.case.facts, self.working.case.scopes, scope, unwrapped=True)

    def local(self, scope: int) -> Mapping[str, Any]:
        """Sorted by name: a live case has its facts in the order in which they were made, a loaded one hasn't."""
        facts = self.working.case.facts
        return {name: facts[scope, name] for name in sorted(name for owner, name in facts if owner == scope)}

    def drop(self, scope: int) -> None:
        """Does nothing: the effect that closes the scope takes its facts along."""

    # ---------------------------------------------------------------- expressions

    def evaluate(
        self,
        expression: str,
        scope: int,
        names: Mapping[str, Any] | None = None,
        read: dict[str, Any] | None = None,
        at: datetime | None = None,
    ) -> Any:
        if not expression.startswith("="):
            return expression
        compiled = feel.compile(expression[1:], functions=_NAMES)
        working, functions = self.working, self.functions

        def look_up(name: str) -> Any:
            value = names[name] if names is not None and name in names else working.read(scope, name)
            if read is not None:
                read[name] = value
            return plain(value)

        functions.scope, functions.read = scope, read
        value = compiled.evaluate(look_up, functions.table, now=(at or working.now).astimezone(working.zone))
        return value if type(value) in _PRIMITIVE else normal(value)

    def asked(
        self, token: int, element: Element, read: Mapping[str, Any], flows: Sequence[str] = (), met: bool | None = None
    ) -> None:
        facts, digests = shortened(read)
        self.working.emit(ConditionsAsked(token, element.id, facts, tuple(flows), met, digests))

    def decide(self, token: int, element: Element, scope: int) -> Any:
        """The value as the result's fact will hold it: what is personal, wrapped once."""
        decision, files = element.decision or "", self.working.context.chain.decisions
        if decision not in files:
            raise ModelError(f"Expected decision '{decision}' in the chain version; it isn't there.", decision=decision)
        now = self.working.now.astimezone(self.working.zone)
        model = _model(files[decision])
        read: dict[str, Any] = {}
        warnings: list[str] = []
        case = self.working.case
        given = model.inputs_from_json(Visible(case.facts, case.scopes, scope, unwrapped=True, read=read))
        self.functions.scope, self.functions.read = scope, read
        try:
            with decisions.watched() as matched:
                value = normal(model.decide(decision, given, self.functions.table, now, warnings=warnings))
        except (BudgetExceeded, InvalidInput) as error:
            error.fields["facts"] = model.inputs_of(decision)  # the place is known to whoever asks for the decision
            raise
        value = self.working.wrap(element.result or "", value)
        inputs, digests = shortened(read)
        rules: dict[str, list[int]] = {}
        for holder, number in sorted(matched):
            rules.setdefault(holder, []).append(number)
        told = tuple(dict.fromkeys(warnings))[:MOST_WARNINGS]
        self.working.emit(DecisionMade(token, element.id, decision, model.digest, inputs, value, rules, told, digests))
        return value

    # ---------------------------------------------------------------- time

    def timer(self, form: str, text: str, scope: int, since: str | None = None) -> Arm:
        arm = self._timer(form, text, scope, since)
        return arm if since is not None else self._in_its_row(arm)

    def _in_its_row(self, arm: Arm) -> Arm:
        """The timer with its place in the row of those that were due at once, each set by the one before."""
        at_once = arm.due is not None and timers.is_at_once(arm.due, self.working.now)
        return replace(arm, again=self.working.row) if at_once else arm

    def _timer(self, form: str, text: str, scope: int, since: str | None) -> Arm:
        began = self.working.now if since is None else datetime.fromisoformat(since)
        began = began.astimezone(self.working.zone)
        value, asked = self._timed(timers.read(form, text), scope, began, binding=True)
        if form == "timeCycle":
            return timers.cycle(value, began)
        counted_since = began.isoformat() if asked.counted else None
        parked = asked.provisional or (value is None and asked.clock is not None)
        due = None if parked else timers.instant(value, began).isoformat()
        return Arm("timer", due=due, follows=asked.clock, since=counted_since)

    def _timed(self, text: str, scope: int, began: datetime, binding: bool = False) -> tuple[Any, Asked]:
        """The value of an expression that counts from the instant `began`, and a record of what it asked of time.

        A duration counts as it is written: `=@"PT24H"` is 24 hours, as `PT24H` is, and no day of the calendar.
        """
        asked = self.functions.ask(began, binding)
        written = feel.compile(text[1:], functions=_NAMES).duration if text.startswith("=") else None
        if written is not None:
            self.functions.ask()
            return written, asked
        try:
            return self.evaluate(text, scope, at=began), asked
        finally:
            self.functions.ask()

    def unset(self, token: int, element: Element, error: ModelError) -> Arm:
        """A cycle that is none is parked behind an incident, whoever brought the token there. A retry sets it anew."""
        if element.event is None or element.event.form != "timeCycle":
            raise error
        deadline = f"token:{token}:{element.id}"
        self.working.raise_incident(element.id, error.code, str(error), token=token, deadline=deadline)
        return Arm("timer", due=self.working.at, left=0)

    def rearm(self, arm: Arm) -> Arm | None:
        following = timers.rearm(arm, self.working.zone)
        # A cycle that was late catches up beat by beat, and comes to its end. One of less than a second never does.
        hasty = following is not None and timers.is_hasty(following)
        return self._in_its_row(following) if following is not None and hasty else following

    # ---------------------------------------------------------------- work

    def perform(self, token: int, element: Element, scope: int, level: int) -> Mapping[str, Any] | None:
        action = law.ACTIONS.get(element.job or "")
        if action is None:
            payload = {name: plain(value) for name, value in self._given(element, scope).items()}
            self.working.queue("jobs", element.job or element.id, payload, token)
            return None
        names = (*action.required, *action.optional)
        mapped = {mapping.target for mapping in element.inputs}
        # Optional inputs come from the element's own mappings alone: a fact `reason` of an outer scope is no input.
        seen = (name for name in names if name in mapped or name in action.required or name == "matter")
        inputs = {name: plain(self.working.read(scope, name)) for name in seen}
        for name, text in element.headers.items():
            if name in names:
                with Place(element, "header", text, name):
                    inputs[name] = self.evaluate(text, scope)
        with Place(element, "job", element.job or ""):
            return actions.perform(actions.Call(self.working, token, level, scope, element.job or "", inputs))

    def _given(self, element: Element, scope: int) -> Mapping[str, Any]:
        """The values that an outside job gets: its headers, and the facts of its input mappings, or all that are
        visible if it has none."""
        local = self.local(scope) if element.inputs else self.visible(scope)
        return {**local, **element.headers}

    def opened(self, token: int, element: Element, scope: int, level: int) -> None:
        working = self.working
        number = plain(working.read(scope, "matter"))
        matter = working.case.matters.get(number) if isinstance(number, int) else None
        key = (level, element.id)
        working.emit(
            TaskOpened(
                token,
                element.id,
                element.name or element.id,
                working.at,
                **self._candidates(element, scope, matter),
                assignee=self._assignee(element, scope),
                item=matter.item if matter is not None else None,
                matter=matter.number if matter is not None else None,
                form=element.form,
                due=self._due(element, scope, working.now)[0] if element.due_date else None,
                round=working.case.signers.get(key, NOBODY).rounds + 1,
                apart=_listed(element.properties.get("fourEyes")),
            )
        )

    def described(self, task: TaskOpened, element: Element, scope: int) -> TaskOpened:
        """The open task as another version of the chain describes it. Its due date, holder and round stay."""
        return replace(
            task,
            name=element.name or element.id,
            **self._candidates(element, scope, self.working.case.matters.get(task.matter or -1)),
            form=element.form,
            apart=_listed(element.properties.get("fourEyes")),
        )

    def rescheduled(self, token: int, element: Element, scope: int, recount: bool) -> None:
        """Compute a due date anew if it follows a clock; with `recount`, if it counts workdays too."""
        task = self.working.case.tasks.get(token)
        if task is None or not element.due_date or not element.due_date.startswith("="):
            return
        due, asked = self._due(element, scope, datetime.fromisoformat(task.at))
        if due != task.due and (asked.clock is not None or (recount and asked.counted)):
            self.working.emit(TaskRescheduled(token, due))

    def _due(self, element: Element, scope: int, opened: datetime) -> tuple[str | None, Asked]:
        """The instant at which a task that was opened then is due; None: no limit. A date by a calendar that isn't
        published is given too: it is only shown, nothing happens by it."""
        began, text = opened.astimezone(self.working.zone), element.due_date or ""
        with Place(element, "due_date", text):
            value, asked = self._timed(text, scope, began)
            return None if value is None else timers.instant(value, began).isoformat(), asked

    def closed(self, token: int, element: Element) -> None:
        if token in self.working.case.tasks:
            self.working.emit(TaskClosed(token, element.id, self.working.completing(token)))

    def _candidates(self, element: Element, scope: int, matter: Matter | None) -> dict[str, Any]:
        """`roles`, `users`, `department` and `owner` of a task.

        A candidate is a person, a department, or a role in one: see `Organisation.party`. A name that stands for nobody
        is kept as a person's. Raises Refused where the candidates are of several departments.
        """
        roles = self._names(element, "candidate_groups", element.candidate_groups, scope)
        names = self._names(element, "candidate_users", element.candidate_users, scope)
        department, owner = self._belongs(element, scope, matter)
        hall, today = self.working.organisation, self.working.today
        found = {name: party for name in names if hall is not None and (party := hall.party(name, today)) is not None}
        parties = [party for party in found.values() if party.person is None]
        places = {party.department or department for party in parties}
        if len(places) > 1:
            task, several = element.name or element.id, sorted(filter(None, places))
            raise Refused(
                f"Expected the candidates of '{task}' to be of one department; found {', '.join(several)}. "
                "Give each department a task of its own.",
                sentence="candidates_of_several",
                task=task,
            )
        if places != {department} and parties:
            department, owner = places.pop(), None
        roles = tuple(dict.fromkeys((*roles, *(role for party in parties for role in party.roles))))
        users = tuple(name for name in names if name not in found or found[name].person is not None)
        return {"roles": roles, "users": users, "department": department, "owner": owner}

    def _names(self, element: Element, kind: str, text: str | None, scope: int) -> tuple[str, ...]:
        """The names of groups or people that a text gives. Raises ModelError where it gives something else."""
        if not text:
            return ()
        with Place(element, kind, text):
            value = self.evaluate(text, scope)
            names = value.split(",") if isinstance(value, str) else value
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise ModelError(f"Expected {text!r} to give a list of names; it gave {value!r}.")
        return tuple(name.strip() for name in names if name.strip())

    def _belongs(self, element: Element, scope: int, matter: Matter | None) -> tuple[str | None, str | None]:
        """(department, owner) of a task. The department is the one that the task's property names; else the one that
        handles the matter today. The owner is the department whose power is exercised, if that is another one."""
        named = self._named_department(element, scope)
        if named is not None or matter is None:
            return named, None
        owner = matter.owner or matter.department
        handles = self.working.handles(matter.item, owner, matter.area)
        return handles, owner if handles != owner else None

    def _named_department(self, element: Element, scope: int) -> str | None:
        text = element.properties.get("department")
        if not text:
            return None
        with Place(element, "department", text):
            named = self.evaluate(text, scope)
            if named is None:
                return None
            hall, task = self.working.organisation, element.name or element.id
            if not isinstance(named, str) or (hall is not None and not hall.has_department(named, self.working.today)):
                raise Refused(
                    f"Expected {text!r} to name a department of the hall for '{task}'; it gave {named!r}.",
                    sentence="department_unknown",
                    task=task,
                    department=named,
                )
            return named

    def _assignee(self, element: Element, scope: int) -> str | None:
        if not element.assignee:
            return None
        with Place(element, "assignee", element.assignee):
            value = self.evaluate(element.assignee, scope)
        return value if isinstance(value, str) and value else None

    # ---------------------------------------------------------------- thrown and left

    def throw(self, element: Element, scope: int, name: str, key: str | None) -> None:
        signal = element.event is not None and element.event.kind == "signal"
        variables = {k: plain(v) for k, v in self.local(scope).items()} if element.inputs else {}
        self.working.thrown.append(Thrown(name, key, variables, signal))

    def unhandled(self, kind: str, code: str | None, element: str) -> None:
        if kind == "error":
            raise Refused(
                f"Expected a boundary event or event subprocess to catch error {code!r} of {element}; none does.",
                sentence="error_uncaught",
                element=element,
                error=code,
            )

    def left(self, level: int, elements: Sequence[str]) -> None:
        """End the undecided matters of a procedure that has ended."""
        for matter in list(self.working.case.matters.values()):
            if matter.level == level and law.State(matter.state) in law.UNDECIDED:
                self.working.end_matter(matter, "procedure ended")


@functools.lru_cache(maxsize=256)
def _model(content: bytes) -> decisions.Model:
    """A DMN file, read once."""
    return decisions.read(content, functions=_NAMES)


def _listed(text: str | None) -> tuple[str, ...]:
    """The names of a comma-separated property."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())
