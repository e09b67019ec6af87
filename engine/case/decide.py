"""`decide(case, command, context) -> Outcome`: what an accepted command does, or a refusal. Pure: no clock, no I/O.

A person's command that can't be done is refused, and nothing has changed. A timer or an answer from outside that
can't be done raises an incident on the case, and parks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.base.errors import LicetError, NotOpen
from engine.case.commands import HANDLERS, raise_incident
from engine.case.context import Context
from engine.case.decision import Decision, Outcome
from engine.case.records import Command, Personal, normal
from engine.case.state import Case
from engine.model.runtime import Run

_PARKED: Mapping[str, str | None] = {"FireDeadline": "deadline", "AnswerJob": "message", "RecountClocks": None}
"""Commands that the system gives: where they can't be done, this part of their payload is parked."""

OUTBOX = "system:outbox"
"""Who carries answers back, and what other cases say."""

AFTER_THE_END = frozenset({"AnswerJob", "EraseValues", "SettleMessage", "FailJob", "RetryIncident", "ResolveIncident"})


def decide(case: Case | None, command: Command, context: Context, run: Run | None = None) -> Outcome:
    """Effects of the command on the case, with the case after them.

    `case` is None for StartCase. `run` is the live run that an earlier outcome gave for this very state, if it is at
    hand; it is used up: keep the outcome's one, and drop it on any exception.

    Raises Refused (NotOpen where the case is over) or InvalidInput; then nothing has changed.
    """
    before = case if case is not None else Case(context.case)
    if case is not None and not case.is_open and command.type not in AFTER_THE_END:
        raise NotOpen(
            f"Expected case {case.id} to be open; it is {case.status}.",
            sentence="case_over",
            case=case.id,
            status=case.status,
        )
    command, made = wrapped(command, context)
    try:
        return _decided(Decision(before, command, context, run, made))
    except NotOpen:
        raise
    except LicetError as error:
        if command.type not in _PARKED or not command.actor.startswith("system:"):
            raise
        return _parked(Decision(before, command, context, None, made), error)


def _decided(decision: Decision) -> Outcome:
    HANDLERS[decision.w.command.type](decision)
    decision.settle()
    return decision.outcome()


def _parked(decision: Decision, error: LicetError) -> Outcome:
    """Nothing but an incident that names what could not be done."""
    command, tokens = decision.w.command, decision.w.case.tokens
    what = _PARKED[command.type]
    number = command.payload.get("token")
    element = tokens[number].element if number in tokens else None
    if what == "deadline":
        kind, number_text, arm = command.payload["deadline"].split(":", 2)
        number, element = (int(number_text), arm) if kind == "token" else (None, None)
    facts = {"element": element, "token": number} | ({what: command.payload.get(what)} if what else {})
    raise_incident(decision.w, code=error.code, cause=str(error), **facts)
    decision.settle()
    return decision.outcome()


def wrapped(command: Command, context: Context) -> tuple[Command, list[Personal]]:
    """The command in canonical form, its personal values wrapped: what the journal keeps, and what the handlers see.

    Personal are: facts that a form marks so, the applicant, and all that another system or case says.
    """
    made: list[Personal] = []

    def value_of(name: str, value: Any, always: bool = False) -> Any:
        if type(value) is Personal or value is None:
            return value
        if always or name in context.chain.personal:
            made.append(Personal.of(normal(value), context.salts(len(made))))
            return made[-1]
        return normal(value)

    payload = {name: command.payload[name] for name in sorted(command.payload)}
    for name, value in payload.items():
        if name == "variables" and isinstance(value, Mapping):
            answered = command.type == "AnswerJob" or command.actor == OUTBOX
            payload[name] = {n: value_of(n, value[n], answered) for n in sorted(value)}
        elif name == "applicant":
            payload[name] = value_of(name, value, always=True)
        elif name == "value":
            payload[name] = value_of(str(payload["name"]), value)
        else:
            payload[name] = normal(value)
    return Command(command.type, command.actor, command.case, payload, command.key, command.effective_on), made
