"""`decide(case, command, context) -> Outcome`: the effects of a command, or a refusal. Pure: no clock, no I/O.

A person's command that can't be done is refused, and nothing has changed. A timer or an answer from outside that
can't be done raises an incident on the case, and parks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.base.canonical import named
from engine.base.errors import LicetError, NotOpen
from engine.case.context import Context
from engine.case.execution import Execution, Outcome
from engine.case.handlers import HANDLERS
from engine.case.records import (
    AnswerJob,
    Command,
    EraseValues,
    FailJob,
    FireDeadline,
    Personal,
    RecountClocks,
    ResolveIncident,
    RetryIncident,
    SetFact,
    SettleMessage,
    given,
    made,
    normal,
    normal_fact,
)
from engine.case.state import Case
from engine.model.runtime import Run

OUTBOX = "system:outbox"
"""The actor that brings answers from outside, and messages of other cases."""

PARKED = (FireDeadline, AnswerJob, RecountClocks)
"""Orders that the system gives: where one can't be carried out, it is parked behind an incident."""

AFTER_THE_END = (AnswerJob, EraseValues, SettleMessage, FailJob, RetryIncident, ResolveIncident)
"""Orders that clear up after a case: these alone are carried out once it is over."""


def decide(case: Case | None, command: Command, context: Context, run: Run | None = None) -> Outcome:
    """Effects of the command on the case, with the case after them.

    `case` is None for StartCase. `run` is the live run that an earlier outcome gave for this very state, if it is at
    hand; it is used up: keep the outcome's one, and drop it on any exception.

    Raises Refused (NotOpen where the case is over) or InvalidInput; then nothing has changed.
    """
    before = case if case is not None else Case(context.case)
    if case is not None and not case.is_open and not isinstance(command.order, AFTER_THE_END):
        raise NotOpen(
            f"Expected case {case.id} to be open; it is {case.status}.",
            sentence="case_over",
            case=case.id,
            status=case.status,
        )
    command, values = wrapped(command, context)
    try:
        return _carried_out(Execution(before, command, context, run, values))
    except NotOpen:
        raise
    except LicetError as error:
        if not isinstance(command.order, PARKED) or not command.actor.startswith("system:"):
            raise
        return _parked(Execution(before, command, context, None, values), error)


def _carried_out(execution: Execution) -> Outcome:
    order = execution.working.command.order
    HANDLERS[type(order)](execution, order)
    execution.settle()
    return execution.outcome()


def _parked(execution: Execution, error: LicetError) -> Outcome:
    """The outcome of an order that failed: only an incident, which names what could not be done."""
    working, order = execution.working, execution.working.command.order
    token: int | None = None
    element: str | None = None
    if isinstance(order, AnswerJob):
        token = order.token
        element = working.case.tokens[token].element if token in working.case.tokens else None
    elif isinstance(order, FireDeadline):
        kind, number, arm = order.deadline.split(":", 2)
        token, element = (int(number), arm) if kind == "token" else (None, None)
    working.raise_incident(
        element,
        error.code,
        str(error),
        token=token,
        deadline=order.deadline if isinstance(order, FireDeadline) else None,
        message=order.message if isinstance(order, AnswerJob) else None,
    )
    execution.settle()
    return execution.outcome()


def wrapped(command: Command, context: Context) -> tuple[Command, list[Personal]]:
    """The command in canonical form, its personal values wrapped, and these values in the order of their salts.

    So the journal keeps it, and the handlers see it. Personal are: facts that a form marks so, the applicant, and all
    that another system or case says.
    """
    values: list[Personal] = []

    def value_of(name: str, value: Any, always: bool = False) -> Any:
        if type(value) is Personal or value is None:
            return value
        if always or name in context.chain.personal:
            values.append(Personal.of(normal_fact(name, value), context.salts(len(values))))
            return values[-1]
        return normal_fact(name, value)

    order = command.order
    fields = given(order)  # in alphabetical order, and so are the salts
    for name, value in fields.items():
        if name == "variables" and isinstance(value, Mapping):
            answered, value = isinstance(order, AnswerJob) or command.actor == OUTBOX, named(value)
            fields[name] = {n: value_of(n, value[n], answered) for n in sorted(value)}
        elif name == "applicant":
            fields[name] = value_of(name, value, always=True)
        elif isinstance(order, SetFact) and name == "value":
            fields[name] = value_of(order.name, value)
        else:
            fields[name] = normal(value)
    canonical = made(type(order), fields)
    return Command(command.actor, command.case, canonical, command.key, command.effective_on), values
