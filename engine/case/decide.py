"""`decide(case, command, context) -> Outcome`: what an accepted command does, or a refusal. Pure: no clock, no I/O.

A person's command that can't be done is refused, and nothing has changed. A timer or an answer from outside that
can't be done raises an incident on the case, and parks.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from engine.case.commands import HANDLERS, raise_incident
from engine.case.context import Context
from engine.case.decision import Decision, Outcome
from engine.case.state import Case
from engine.errors import LicetError, NotOpen, Refused
from engine.records import Command, Personal, normal
from engine.runtime import Run

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
    HANDLERS[command.type](decision)
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
        decision.w,
        element=element,
        code=error.code,
        cause=str(error),
        token=number,
        **{what: command.payload.get(what)},
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
    values = [
        *variables.values(),
        *(v for name, v in command.payload.items() if name in ("applicant", "value")),
    ]
    return sum(type(value) is Personal for value in values)
