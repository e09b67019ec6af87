"""`decide(case, command, context) -> Outcome`: what an accepted command does, or a refusal. Pure: no clock, no I/O.

One handler a command, in one table. A person's command that can't be done is refused, and nothing has changed. A
timer or an answer from outside that can't be done raises an incident on the case, and parks.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine import matter as law
from engine.case import actions, clocks
from engine.case.context import Context
from engine.case.host import CaseHost
from engine.case.state import Case
from engine.case.working import ROOT, Thrown, Working, text_of
from engine.errors import Conflict, InvalidInput, LicetError, NotOpen, Refused
from engine.records import (
    CaseEnded,
    CaseStarted,
    ClaimReleased,
    Command,
    Effect,
    FactSet,
    IncidentRaised,
    IncidentResolved,
    MaterialRemoved,
    MaterialSupplied,
    MessageKept,
    MessageSettled,
    MessageTaken,
    Numbered,
    Personal,
    ResultAdded,
    TaskClaimed,
    TaskReleased,
    ValuesErased,
    normal,
    plain,
)
from engine.runtime import Run
from engine.runtime.changes import Arm

MOST_DELIVERIES = 1000
"""Messages and signals that one command may set off within its case: beyond it, they chase each other."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did: its effects, the case after them, and the live run (a cache; None where there is none)."""

    command: Command  # in canonical form, as it is to be journalled
    effects: tuple[Effect, ...]
    case: Case
    run: Run | None


class Decision:
    """One decision in the making: the working copy, the host and the run, made when first needed."""

    def __init__(self, case: Case, command: Command, context: Context, run: Run | None) -> None:
        self.w = Working(case.copy(), command, context)
        self.host = CaseHost(self.w)
        self._run = run
        if run is not None:
            run.set_host(self.host)

    @property
    def payload(self) -> Mapping[str, Any]:
        return self.w.command.payload

    @property
    def run(self) -> Run:
        if self._run is None:
            self._run = self.w.context.program.load(self.w.case.process, self.w.case.normal_form(), self.host)
        return self._run

    def start(self, process: str) -> None:
        self._run = self.w.context.program.start(process, self.host)

    def settle(self) -> None:
        """Bring everything to rest: timers that follow clocks, thrown and early messages, the end of the case."""
        for _ in range(MOST_DELIVERIES):
            if self.w.clocks_changed:
                self.w.clocks_changed = False
                self.run.retime()
            elif not (self._deliver_thrown() or self._deliver_kept()):
                break
        else:
            raise Refused(f"Expected at most {MOST_DELIVERIES} messages from one command; they set off each other.")
        if self._run is not None and self._run.ended and self.w.case.is_open:
            self._end("completed")
        if self.w.case.counter != _counter(self.w.effects):
            self.w.emit(Numbered(self.w.case.counter))

    def outcome(self) -> Outcome:
        run = self._run if self.w.case.is_open else None
        return Outcome(self.w.command, tuple(self.w.effects), self.w.case, run)

    # ---------------------------------------------------------------- messages and signals

    def waiting(self, kind: str, name: str, key: str | None) -> Iterator[tuple[int, str]]:
        """(token, element) of what waits for this message or signal, in the order of creation."""
        for token in sorted(self.w.case.tokens.values(), key=lambda token: token.number):
            for element, arm in token.arms.items():
                if arm.kind == kind and arm.name == name and (kind == "signal" or _correlates(arm, key)):
                    yield token.number, element

    def _deliver_thrown(self) -> bool:
        if not self.w.thrown:
            return False
        thrown = self.w.thrown.pop(0)
        if thrown.signal:
            self.broadcast(thrown.name, thrown.variables)
        elif not self.deliver(thrown.name, thrown.key, thrown.variables):
            self.keep(thrown)
        return True

    def deliver(self, name: str, key: str | None, variables: Mapping[str, Any]) -> bool:
        """Give the message to the first that waits for it. False: nobody does."""
        target = next(self.waiting("message", name, key), None)
        if target is not None:
            self.run.fire(*target, variables)
        return target is not None

    def broadcast(self, name: str, variables: Mapping[str, Any]) -> None:
        """Give the signal to all that wait for it now."""
        for token, element in list(self.waiting("signal", name, None)):
            held = self.w.case.tokens.get(token)
            if held is not None and element in held.arms:
                self.run.fire(token, element, variables)

    def keep(self, thrown: Thrown) -> None:
        self.w.emit(MessageKept(self.w.number(), thrown.name, thrown.key, self.w.personal(dict(thrown.variables))))

    def _deliver_kept(self) -> bool:
        for kept in self.w.case.inbox.values():
            target = next(self.waiting("message", kept.name, kept.key), None)
            if target is not None:
                self.w.emit(MessageTaken(kept.number))
                self.run.fire(*target, plain(kept.variables) or {})
                return True
        return False

    # ---------------------------------------------------------------- the end

    def _end(self, outcome: str) -> None:
        """No case ends with an open matter; what it claimed is free again."""
        w = self.w
        still_open = [w.name_of(found) for found in w.case.matters.values() if found.is_open]
        if still_open and outcome == "completed":
            raise Refused(
                f"Expected every matter to be closed before the case ends; open are {', '.join(still_open)}. "
                "The model ends too early.",
                matters=still_open,
            )
        for incident in list(w.case.incidents):
            w.emit(IncidentResolved(incident, "gone"))
        for kind, key in list(w.case.claims):
            w.emit(ClaimReleased(kind, key))
        w.emit(CaseEnded(outcome, w.at))

    def cancel(self) -> None:
        for found in list(self.w.case.matters.values()):
            self.w.end_matter(found, text_of(self.payload.get("reason"), "reason"))
        self.run.cancel()
        self._end("cancelled")


def _counter(effects: list[Effect]) -> int:
    """The highest number that the effects carry: what folding them makes of the counter."""
    numbers = (getattr(effect, name, 0) for effect in effects for name in _NUMBERED)
    return max((number for number in numbers if isinstance(number, int)), default=0)


_NUMBERED = ("token", "scope", "matter", "clock", "number", "message", "incident", "counter")


def _correlates(arm: Arm, key: str | None) -> bool:
    return arm.key is None or arm.key == key


# ------------------------------------------------------------------ handlers: starting, tasks


def _start_case(d: Decision) -> None:
    w, payload, chain = d.w, d.payload, d.w.context.chain
    process = payload.get("process") or chain.main
    if process not in chain.processes:
        raise InvalidInput(f"Expected a process of chain {chain.name}; found {process!r}.", errors={"process": "unknown"})
    title = payload.get("title") or chain.title or chain.processes[process].name
    w.emit(
        CaseStarted(
            w.case.id,
            chain.digest,
            process,
            title,
            payload.get("applicant"),
            payload.get("channel") or "window",
            w.at,
        )
    )
    for name, value in (payload.get("variables") or {}).items():
        w.emit(FactSet(ROOT, name, w.wrap(name, value)))
    d.start(process)


def _open_task(d: Decision) -> Any:
    number = d.payload["task"]
    task = d.w.case.tasks.get(number)
    if task is None:
        raise NotOpen(
            f"Expected task {number} of case {d.w.case.id} to be open; it was completed or withdrawn meanwhile. "
            "Reload the worklist.",
            task=number,
        )
    return task


def _claim(d: Decision) -> None:
    task, actor = _open_task(d), d.w.command.actor
    if task.assignee not in (None, actor):
        raise Conflict(
            f"Expected task '{task.name}' to be free; it is claimed by {task.assignee}.", task=task.token, holder=task.assignee
        )
    if task.assignee is None:
        d.w.emit(TaskClaimed(task.token, actor, d.w.at))


def _release(d: Decision) -> None:
    task = _open_task(d)
    if task.assignee is None:
        raise NotOpen(f"Expected task '{task.name}' to be claimed; nobody holds it.", task=task.token)
    d.w.emit(TaskReleased(task.token))


def _transfer(d: Decision) -> None:
    task = _open_task(d)
    d.w.emit(TaskClaimed(task.token, text_of(d.payload.get("to"), "to"), d.w.at))


def _complete(d: Decision) -> None:
    """Claims implicitly; the form says which values it takes."""
    task, w = _open_task(d), d.w
    _claim(d)
    variables = dict(d.payload.get("variables") or {})
    form = w.context.chain.forms.get(task.form) if task.form else None
    if form is not None:
        given = {name: plain(value) for name, value in variables.items()}
        scope = _scope_of(d, task.token)
        facts = {name: plain(value) for name, value in d.host.visible(scope).items()}
        checked = form.check(given, facts)
        variables = {n: variables[n] if n in given and given[n] == v else v for n, v in checked.items()}
    w.completed_by = (task.token, w.command.actor)
    d.run.complete(task.token, {name: w.wrap(name, value) for name, value in variables.items()})


def _scope_of(d: Decision, token: int) -> int:
    """The scope that a token sees: its own, or that of the nearest body around it."""
    current = d.w.case.tokens[token]
    while current.scope is None and current.level >= 0:
        current = d.w.case.tokens[current.level]
    return current.scope if current.scope is not None else ROOT


# ------------------------------------------------------------------ handlers: messages, time, outside


def _message(d: Decision) -> None:
    key = d.payload.get("correlation_key")
    thrown = Thrown(d.payload["name"], None if key is None else str(key), d.payload.get("variables") or {})
    if not d.deliver(thrown.name, thrown.key, thrown.variables):
        d.keep(thrown)


def _signal(d: Decision) -> None:
    d.broadcast(d.payload["name"], d.payload.get("variables") or {})


def _deadline(d: Decision) -> None:
    """One that is stale does nothing; one that isn't due yet is refused."""
    w, key, due = d.w, d.payload["deadline"], d.payload["due"]
    standing = w.case.deadlines().get(key)
    if standing != due:
        raise NotOpen(f"Expected deadline {key} of case {w.case.id} at {due}; it stands at {standing}.", deadline=key)
    if datetime.fromisoformat(due) > w.now:
        raise Refused(f"Expected deadline {key} to be due; it is {due}, and now is {w.at}.", deadline=key)
    kind, number, arm = key.split(":", 2)
    if kind == "token":
        d.run.fire(int(number), arm, {})
    else:
        _clock_due(d, int(number), arm)


def _clock_due(d: Decision, number: int, arm: str) -> None:
    """Warning to those who work on it; lapse to the supervisor as well. Source: 行政许可法 art. 42, 74."""
    clock = d.w.case.clocks[number]
    clocks.mark(d.w, clock, arm)
    found = d.w.matter(clock.matter)
    content = {"matter": found.number, "clock": clock.name, "due": clock.due, "item": found.item}
    for to in _responsible(d, found.number, found.department):
        d.w.notify(to, f"clock_{'warned' if arm == 'warn' else 'lapsed'}", content)
    if arm != "warn":
        d.w.notify("role:supervisor", "clock_lapsed", content)


def _responsible(d: Decision, matter: int, department: str) -> list[str]:
    """Who works on the matter now: holders of its open tasks, else the head of the department."""
    holders = {t.assignee for t in d.w.case.tasks.values() if t.matter == matter and t.assignee}
    return [f"person:{person}" for person in sorted(holders)] or [f"role:head@{department}"]


def _answer(d: Decision) -> None:
    """An answer that nobody waits for any more is dropped; its message is settled all the same."""
    token, number = d.payload["token"], d.payload.get("message")
    pending = next((m for m in d.w.case.outbox.values() if number in (None, m.message) and m.token == token), None)
    if pending is None:
        raise NotOpen(f"Expected token {token} to wait for an answer of message {number}; it doesn't.", token=token)
    waits = token in d.w.case.tokens
    d.w.emit(MessageSettled(pending.message, "answered" if waits else "dropped"))
    variables = d.payload.get("variables") or {}
    if waits:
        _keep_results(d, pending.payload, variables)
        d.run.answer(token, variables)


def _keep_results(d: Decision, payload: Any, variables: Mapping[str, Any]) -> None:
    """Documents and certificates that came back are results of the case, to be shown and handed over."""
    asked = plain(payload) or {}
    for kind in ("document", "certificate"):
        value = plain(variables.get(kind))
        if isinstance(value, Mapping) and not (kind == "certificate" and "content" not in asked):
            title = str(value.get("title") or value.get("name") or asked.get("name") or asked.get("kind") or kind)
            number = asked.get("matter")
            d.w.emit(ResultAdded(d.w.number(), kind, title, number if isinstance(number, int) else None, d.w.personal(value)))


def _settle_message(d: Decision) -> None:
    if d.payload["message"] not in d.w.case.outbox:
        raise NotOpen(f"Expected message {d.payload['message']} to be pending; it is settled.", message=d.payload["message"])
    d.w.emit(MessageSettled(d.payload["message"], "delivered"))


def _fail_job(d: Decision) -> None:
    message = d.w.case.outbox.get(d.payload["message"])
    if message is None:
        raise NotOpen(f"Expected message {d.payload['message']} to be pending; it is settled.")
    held = d.w.case.tokens.get(message.token) if message.token is not None else None
    raise_incident(
        d.w,
        element=held.element if held is not None else None,
        code="outside",
        cause=d.payload["reason"],
        token=message.token,
        message=message.message,
    )


def raise_incident(w: Working, **facts: Any) -> None:
    w.emit(IncidentRaised(w.number(), at=w.at, **facts))


# ------------------------------------------------------------------ handlers: materials, clocks, matters


def _supply(d: Decision) -> None:
    p, w = d.payload, d.w
    catalogue = w.context.chain.catalogue
    if catalogue is not None and p["material"] not in catalogue.materials:
        raise InvalidInput(
            f"Expected a material that the catalogue asks for; found {p['material']!r}.", errors={"material": "unknown"}
        )
    w.emit(MaterialSupplied(p["material"], p["file"], p["name"], p["size"], p["media_type"], w.command.actor, w.at))


def _remove(d: Decision) -> None:
    key = (d.payload["material"], d.payload["file"])
    if key not in d.w.case.materials:
        raise NotOpen(f"Expected material {key[0]} with that file at hand; it isn't.", material=key[0])
    if d.w.case.matters:
        raise Refused("Expected the papers to be still at the window; matters were received with them. Hand in a new one instead.")
    d.w.emit(MaterialRemoved(*key))


def _suspend_clock(d: Decision) -> None:
    actions.suspend(d.w, d.w.matter(d.payload["matter"]), text_of(d.payload["reason"], "reason"))


def _resume_clock(d: Decision) -> None:
    actions.resume(d.w, d.w.matter(d.payload["matter"]))


def _extend_clock(d: Decision) -> None:
    amount, reason = d.payload["amount"], text_of(d.payload["reason"], "reason")
    if amount <= 0:
        raise InvalidInput(f"Expected an extension above 0; found {amount}.", errors={"amount": "above 0"})
    clocks.extend(d.w, d.w.matter(d.payload["matter"]), amount, reason)


def _withdraw(d: Decision) -> None:
    """The model decides whether it waits for a withdrawal: until the decision or the entry in the register."""
    found = d.w.matter(d.payload["matter"])
    reason = d.payload.get("reason")
    if law.State(found.state) not in law.UNDECIDED or not d.deliver("withdraw", found.item, {"reason": reason} if reason else {}):
        raise Refused(
            f"Expected matter {d.w.name_of(found)} to be undecided for a withdrawal; it is {found.state}.", matter=found.number
        )


# ------------------------------------------------------------------ handlers: administration


def _set_fact(d: Decision) -> None:
    scope, name = d.payload.get("scope", ROOT), d.payload["name"]
    if scope not in d.w.case.scopes:
        raise NotOpen(f"Expected an open scope; found {scope}.", scope=scope)
    d.w.emit(FactSet(scope, name, d.w.wrap(name, d.payload["value"])))


def _move(d: Decision) -> None:
    if d.payload["token"] not in d.w.case.tokens:
        raise NotOpen(f"Expected token {d.payload['token']} to be open; it isn't.", token=d.payload["token"])
    d.run.move(d.payload["token"], d.payload["target"])


def _incident(d: Decision) -> IncidentRaised:
    found = d.w.case.incidents.get(d.payload["incident"])
    if found is None:
        raise NotOpen(f"Expected incident {d.payload['incident']} to be open; it isn't.", incident=d.payload["incident"])
    return found


def _retry(d: Decision) -> None:
    """Unpark what could not be done: its deadline or message is taken up again by the scheduler."""
    d.w.emit(IncidentResolved(_incident(d).incident, "retried"))


def _resolve(d: Decision) -> None:
    """Close it for good: a message that nobody waits for any more is dropped with it."""
    found = _incident(d)
    d.w.emit(IncidentResolved(found.incident, "closed"))
    if found.message is not None and found.token is None:
        d.w.emit(MessageSettled(found.message, "dropped"))


def _erase(d: Decision) -> None:
    digests = tuple(str(digest) for digest in d.payload["digests"])
    if not digests:
        raise InvalidInput("Expected at least one digest of a personal value.", errors={"digests": "is missing"})
    d.w.emit(ValuesErased(digests))


_HANDLERS: Mapping[str, Callable[[Decision], None]] = {
    "StartCase": _start_case,
    "ClaimTask": _claim,
    "ReleaseTask": _release,
    "TransferTask": _transfer,
    "CompleteTask": _complete,
    "DeliverMessage": _message,
    "BroadcastSignal": _signal,
    "FireDeadline": _deadline,
    "AnswerJob": _answer,
    "SettleMessage": _settle_message,
    "FailJob": _fail_job,
    "SupplyMaterial": _supply,
    "RemoveMaterial": _remove,
    "SuspendClock": _suspend_clock,
    "ResumeClock": _resume_clock,
    "ExtendClock": _extend_clock,
    "WithdrawMatter": _withdraw,
    "SetFact": _set_fact,
    "MoveToken": _move,
    "RetryIncident": _retry,
    "ResolveIncident": _resolve,
    "CancelCase": lambda d: d.cancel(),
    "EraseValues": _erase,
}

_PARKED: Mapping[str, str] = {"FireDeadline": "deadline", "AnswerJob": "message"}
"""Commands that nobody stands behind: where they can't be done, this part of their payload is parked."""

AFTER_THE_END = frozenset({"AnswerJob", "EraseValues", "SettleMessage", "FailJob", "RetryIncident", "ResolveIncident"})


def decide(case: Case | None, command: Command, context: Context, run: Run | None = None) -> Outcome:
    """Effects of the command on the case, with the case after them.

    `case` is None for StartCase. `run` is the live run that an earlier outcome gave for this very state, if it is at
    hand; it is used up: keep the outcome's one, and drop it on any exception.

    Raises Refused, InvalidInput or NotOpen; then nothing has changed.
    """
    before = case if case is not None else Case(context.case)
    if case is not None and not case.is_open and command.type not in AFTER_THE_END:
        raise Refused(f"Expected case {case.id} to be open; it is {case.status}.", case=case.id, status=case.status)
    command = wrapped(command, context)
    try:
        return _decided(before, command, context, run)
    except NotOpen:
        raise
    except LicetError as error:
        if command.type not in _PARKED:
            raise
        return _parked(before, command, context, error)


def _decided(before: Case, command: Command, context: Context, run: Run | None) -> Outcome:
    decision = Decision(before, command, context, run)
    decision.w.salted = _personal_in(command)
    _HANDLERS[command.type](decision)
    decision.settle()
    return decision.outcome()


def _parked(before: Case, command: Command, context: Context, error: LicetError) -> Outcome:
    decision = Decision(before, command, context, None)
    decision.w.salted = _personal_in(command)
    what = _PARKED[command.type]
    number = command.payload.get("token")
    element = None
    if what == "deadline":
        kind, number_text, element = command.payload["deadline"].split(":", 2)
        number = int(number_text) if kind == "token" else None
    elif number in before.tokens:
        element = before.tokens[number].element
    raise_incident(
        decision.w, element=element, code=error.code, cause=str(error), token=number, **{what: command.payload.get(what)}
    )
    decision.settle()
    return decision.outcome()


def wrapped(command: Command, context: Context) -> Command:
    """The command in canonical form, its personal values wrapped: what the journal keeps, and what the handlers see.

    Personal are: facts that a form marks so, the applicant, and all that another system answers.
    """
    salts = itertools.count()

    def value_of(name: str, value: Any, always: bool = False) -> Any:
        if type(value) is Personal or value is None:
            return value
        if always or name in context.chain.personal:
            return Personal.of(normal(value), context.salts(next(salts)))
        return normal(value)

    payload = {name: command.payload[name] for name in sorted(command.payload)}
    for name, value in payload.items():
        if name == "variables" and isinstance(value, Mapping):
            answered = command.type == "AnswerJob"
            payload[name] = {n: value_of(n, value[n], answered) for n in sorted(value)}
        elif name == "applicant":
            payload[name] = value_of(name, value, always=True)
        elif name == "value":
            payload[name] = value_of(str(payload["name"]), value)
        else:
            payload[name] = normal(value)
    return Command(command.type, command.actor, command.case, payload, command.key, command.effective_on)


def _personal_in(command: Command) -> int:
    """How many salts the command itself has used."""
    variables = command.payload.get("variables") or {}
    values = [*variables.values(), *(v for name, v in command.payload.items() if name in ("applicant", "value"))]
    return sum(type(value) is Personal for value in values)
