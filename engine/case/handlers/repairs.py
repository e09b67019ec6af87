"""Facts are corrected, incidents closed, values erased, a case cancelled: what administrators do."""

from __future__ import annotations

from engine.base.errors import InvalidInput, NotOpen, Refused
from engine.case import clocks
from engine.case.execution import LATE_CALENDAR, Execution
from engine.case.records import (
    CancelCase,
    EraseValues,
    FactSet,
    IncidentRaised,
    IncidentResolved,
    MessageSettled,
    OfIncident,
    ResolveIncident,
    RetryIncident,
    SetFact,
    ValuesErased,
)
from engine.case.working import ROOT


def set_fact(execution: Execution, order: SetFact) -> None:
    working = execution.working
    scope = ROOT if order.scope is None else order.scope
    if scope not in working.case.scopes:
        raise NotOpen(f"Expected an open scope; found {scope}.", sentence="scope_gone", scope=scope)
    working.emit(FactSet(scope, order.name, working.wrap(order.name, order.value)))


def retry_incident(execution: Execution, order: RetryIncident) -> None:
    """Unpark what could not be done: its deadline or message is taken up again by the scheduler.

    A timer that stood at the end of a row begins a new one: else it would be parked again at once. A cycle that could
    not be worked out is worked out anew.
    """
    working, incident = execution.working, _technical(execution, order)
    working.emit(IncidentResolved(incident.incident, "retried"))
    kind, _, rest = (incident.deadline or "").partition(":")
    number, _, element = rest.partition(":")
    token = working.case.tokens.get(int(number)) if kind == "token" else None
    arm = token.arms.get(element) if token is not None else None
    if token is None or arm is None:
        return
    if arm.left == 0:
        execution.run.arm_again(token.number, element)
    elif arm.again is not None:
        execution.run.begin_again(token.number, element)


def resolve_incident(execution: Execution, order: ResolveIncident) -> None:
    """Close it for good, and give up what is parked behind it. A token that waits there can't be given up so."""
    working, incident = execution.working, _technical(execution, order)
    if incident.token in working.case.tokens:
        raise Refused(
            f"Expected nothing to wait behind incident {incident.incident}; token {incident.token} waits at "
            f"{incident.element}. Retry it, correct a fact, or move the token.",
            sentence="incident_still_waits",
            incident=incident.incident,
        )
    working.emit(IncidentResolved(incident.incident, "closed"))
    if incident.message is not None:
        working.emit(MessageSettled(incident.message, "dropped"))
    kind, _, rest = (incident.deadline or "").partition(":")
    number, _, arm = rest.partition(":")
    if kind == "clock" and int(number) in working.case.clocks:
        clocks.mark(working, working.case.clocks[int(number)], arm)


def _technical(execution: Execution, order: OfIncident) -> IncidentRaised:
    """The open incident, if it is one for administrators: what the law attaches to a deadline is an officer's.

    Raises NotOpen or Refused.
    """
    incident = execution.working.case.incidents.get(order.incident)
    if incident is None:
        raise NotOpen(
            f"Expected incident {order.incident} to be open; it isn't.",
            sentence="incident_gone",
            incident=order.incident,
        )
    if incident.code == LATE_CALENDAR:
        raise Refused(
            "Expected an incident that an administrator can resolve; this one is a legal effect that waits for an "
            "officer of the department. Let them confirm the deadline.",
            sentence="incident_of_officer",
            incident=incident.incident,
        )
    return incident


def cancel_case(execution: Execution, order: CancelCase) -> None:
    execution.cancel(order.reason)


def erase_values(execution: Execution, order: EraseValues) -> None:
    """Raises Refused while a message still carries one of them outside."""
    working, digests = execution.working, tuple(order.digests)
    if not digests:
        raise InvalidInput(
            "Expected at least one digest of a personal value.",
            sentence="digests_missing",
            errors={"digests": "is missing"},
        )
    for message in working.case.outbox.values():
        if getattr(message.payload, "digest", None) in digests:
            raise Refused(
                f"Expected the values to be on their way nowhere; message {message.message} to {message.destination} "
                "still carries them. Erase them once it is delivered or given up.",
                sentence="values_on_their_way",
                number=message.message,
            )
    working.emit(ValuesErased(digests))
