# mypy: allow-subclassing-any
"""Events that wait, and events that throw. How a thrown event finds the one that catches it stands in `stepper`.

SpiffWorkflow's elements leave to their event definition what is waited for and how it is thrown; the definitions here
ask the stepper, which keeps it in the normal form.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults as stock
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    ItemAwareEventDefinition,
    SignalEventDefinition,
)
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition, TerminateEventDefinition
from SpiffWorkflow.bpmn.util.event import BpmnEvent

from engine.model.chain.model import Element, Event
from engine.model.runtime.nodes import Job
from engine.model.runtime.tree import LiveToken, Mover, Node


class Awaited(EventDefinition):
    """An event that a token waits for by an arm of the normal form. This class itself: the first of several events."""

    def update_task(self, my_task: LiveToken) -> None:
        my_task.task_spec.wait(my_task, my_task.workflow.mover)


class Timer(Awaited, ItemAwareEventDefinition):
    """A timer. When it is due, the host says: SpiffWorkflow's own timers read the clock."""


class Message(Awaited, MessageEventDefinition):
    """A message, by name and correlation key."""

    def throw(self, my_task: LiveToken) -> None:
        _tell(my_task)


class Signal(Awaited, SignalEventDefinition):
    """A signal, by name."""

    def throw(self, my_task: LiveToken) -> None:
        _tell(my_task)


class Error(Awaited, ErrorEventDefinition):
    """An error, by code."""

    def throw(self, my_task: LiveToken) -> None:
        _raise(my_task, "error")


class Escalation(Awaited, EscalationEventDefinition):
    """An escalation, by code."""

    def throw(self, my_task: LiveToken) -> None:
        _raise(my_task, "escalation")


def _tell(token: LiveToken) -> None:
    """Throw a message or signal: the host delivers it when all tokens wait."""
    node, mover = token.task_spec, token.workflow.mover
    event, scope = _event(node), mover.scope_of(token)
    name = mover.text(event.name or "", scope, node, "name")
    key = mover.text(event.key, scope, node, "key") if event.key else None
    mover.host.throw(node.element, scope, name, key)


def _raise(token: LiveToken, kind: str) -> None:
    """Throw an error or escalation to the first around that catches it."""
    node, mover = token.task_spec, token.workflow.mover
    name = _event(node).name
    code = mover.text(name, mover.scope_of(token), node, "code") if name else None
    # The token is completed first: whatever catches the event may take this very level away.
    token.complete()
    mover.raise_event(token, kind, code)


def _event(node: Node) -> Event:
    return node.element.event or Event("none")


def definition(element: Element) -> EventDefinition:
    """SpiffWorkflow's definition of the event that an element catches or throws."""
    event = element.event or Event("none")
    match event.kind:
        case "timer":
            return Timer(element.id)
        case "message":
            return Message(element.id)
        case "signal":
            return Signal(element.id)
        case "error":
            return Error(element.id, event.name)
        case "escalation":
            return Escalation(element.id, event.name)
        case "terminate":
            return TerminateEventDefinition()
    return Awaited(element.id) if element.kind == "eventBasedGateway" else NoneEventDefinition()


class Catching(Node):
    """An element that waits for an event. A token that an event has made has caught it already."""

    @classmethod
    def arguments(cls, element: Element) -> dict[str, Any]:
        return {"event_definition": definition(element)}

    def enter(self, token: LiveToken) -> None:
        super().enter(token)
        if token.event is not None:
            self.event_definition.catch(token, token.event)

    def catch(self, my_task: LiveToken, event: BpmnEvent) -> None:
        my_task.event = event
        super().catch(my_task, event)

    def wait(self, token: LiveToken, mover: Mover) -> None:
        """Arm what the token waits for."""
        mover.arm(token, self, mover.scope_of(token))
        mover.arm_boundaries(token)


class StartEvent(Catching, stock.StartEvent):
    """The start of a process, of a subprocess, or of an event subprocess. The event that has begun the subprocess
    is its own."""

    def enter(self, token: LiveToken) -> None:
        token.event = token.workflow.container.event
        super().enter(token)


class BoundaryEvent(Catching, stock.BoundaryEvent):
    """An event at the edge of an activity; the activity's token waits for it."""

    @classmethod
    def arguments(cls, element: Element) -> dict[str, Any]:
        return super().arguments(element) | {"cancel_activity": element.interrupting}


class CatchEvent(Catching, stock.IntermediateCatchEvent):
    """Waits for a timer, a message or a signal."""


class ReceiveTask(Catching, stock.ReceiveTask):
    """Waits for a message."""


class Throwing(Job):
    """An element that throws an event, unless it has a job type."""

    @classmethod
    def arguments(cls, element: Element) -> dict[str, Any]:
        return {"event_definition": definition(element)}

    def _run_hook(self, my_task: LiveToken) -> bool | None:
        if self.element.job is not None:
            return self._execute(my_task)
        done: bool = super()._run_hook(my_task)
        return done


class SendTask(Throwing, stock.SendTask):
    """Sends a message, by a job."""


class ThrowEvent(Throwing, stock.IntermediateThrowEvent):
    """An intermediate throw event; that of a link passes the token on to the link's other end."""


class EndEvent(Throwing, stock.EndEvent):
    """An end event. It has no way out; a level ends with its last token."""


def happened(node: Node, variables: Any) -> BpmnEvent:
    """The event of `node`, with the variables that came with it."""
    return BpmnEvent(node.event_definition, payload=variables)
