# mypy: allow-subclassing-any
"""Events that wait, and events that throw. How a thrown event finds the one that catches it stands in `stepper`."""

from __future__ import annotations

from SpiffWorkflow.util.task import TaskState

from engine.model.chain.model import Event
from engine.model.runtime.nodes import Work
from engine.model.runtime.tree import LiveToken, Mover, Node

NONE = Event("none")


class Catch(Node):
    """Waits for a timer, a message or a signal. Behind an event gateway it doesn't: the event has happened already."""

    def arrive(self, token: LiveToken, mover: Mover) -> bool:
        if token.payload is not None or (self.element.event or NONE).kind in ("none", "link"):
            return True
        token.rest(TaskState.WAITING)
        mover.arm(token, self, mover.scope_of(token))
        mover.arm_boundaries(token)
        return False


class Throw(Work):
    """Intermediate throw events and end events. An end has no way out; a level ends with its last token."""

    def act(self, token: LiveToken, mover: Mover) -> bool | None:
        if self.element.job is not None:
            return super().act(token, mover)
        event = self.element.event or NONE
        scope = mover.scope_of(token)
        if event.kind in ("message", "signal"):
            name = mover.text(event.name or "", scope, self, "name")
            key = mover.text(event.key, scope, self, "key") if event.key else None
            mover.host.throw(self.element, scope, name, key)
        elif event.kind in ("error", "escalation"):
            code = mover.text(event.name, scope, self, "code") if event.name else None
            # The token is completed first: whatever catches the event may take this very level away.
            token.complete()
            mover.raise_event(token, event.kind, code)
        elif event.kind == "terminate":
            token.complete()
            token.workflow.cancel_all()
        return True
