# mypy: allow-subclassing-any
"""Activities: user tasks, service tasks, scripts, decisions, subprocesses, called processes.

Sources: BPMN 2.0.2 chapter 13; Camunda 8 for variables and mappings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.base.errors import Refused
from engine.model.chain.model import Element
from engine.model.runtime.changes import ROOT, Arm, Completed, Terminated
from engine.model.runtime.places import Place
from engine.model.runtime.tree import Body, LiveToken, Mover, Node


class UserTask(Node):
    """Waits for a person."""

    resting = TaskState.READY

    def __init__(self, body: Body, element: Element) -> None:
        super().__init__(body, element)
        self.manual = True

    def arrive(self, token: LiveToken, mover: Mover) -> bool:
        mover.arm_boundaries(token)
        level = token.workflow.container.number
        mover.host.opened(token.number, self.element, mover.scope_of(token), level)
        return True

    def reschedule(self, token: LiveToken, mover: Mover, recount: bool) -> None:
        mover.host.rescheduled(token.number, self.element, mover.scope_of(token), recount)

    def withdraw(self, token: LiveToken, mover: Mover) -> None:
        self.close(token, mover)

    def close(self, token: LiveToken, mover: Mover) -> None:
        mover.host.closed(token.number, self.element)


class Work(Node):
    """A service task, or any other element with a job type: the host does it, at once or later."""

    resting = TaskState.STARTED

    def act(self, token: LiveToken, mover: Mover) -> bool | None:
        level = token.workflow.container.number
        result = mover.host.perform(token.number, self.element, mover.scope_of(token), level)
        if result is not None:
            mover.submit(token, result)
            return True
        mover.set_arm(token, self.name, Arm("job", name=self.element.job))
        mover.arm_boundaries(token)
        return None


class Script(Node):
    """Evaluates FEEL; the value becomes a result variable."""

    def act(self, token: LiveToken, mover: Mover) -> bool | None:
        script = self.element.script or ""
        with Place(self.element, "script", script, self.element.result):
            value = mover.host.evaluate(script, mover.scope_of(token))
        mover.submit(token, _result(self.element, value))
        return True


class Decision(Node):
    """Asks for a DMN decision; its value becomes a result variable."""

    def act(self, token: LiveToken, mover: Mover) -> bool | None:
        decision = self.element.decision or ""
        with Place(self.element, "decision", decision, self.element.result):
            value = mover.host.decide(decision, mover.scope_of(token))
        mover.submit(token, _result(self.element, value))
        return True


def _result(element: Element, value: Any) -> Mapping[str, Any]:
    return {element.result: value} if element.result else {}


class SubProcess(Node):
    """Holds a level open, and goes on when nothing runs in it any more."""

    resting = TaskState.STARTED

    def __init__(self, body: Body, element: Element, inner: Body | None = None) -> None:
        super().__init__(body, element)
        self.inner = inner

    def body(self, mover: Mover) -> Body:
        if self.inner is None:
            raise Refused(f"'{self.name}' has no body.", sentence="element_without_body", element=self.name)
        return self.inner

    def level_scope(self, token: LiveToken, mover: Mover) -> int:
        """The scope in which the elements of the body run."""
        return mover.scope_of(token)

    def arrive(self, token: LiveToken, mover: Mover) -> bool:
        mover.arm_boundaries(token)
        token.rest(TaskState.STARTED)
        mover.begin(token, self.body(mover), self.level_scope(token, mover))
        return False

    def is_over(self, token: LiveToken) -> bool:
        return token.is_started and token.inside is not None and not token.inside.open

    def finish(self, token: LiveToken) -> None:
        mover = token.workflow.mover
        mover.host.left(token.number, _path(token))
        self.hand_out(token, mover)
        token.complete()

    def hand_out(self, token: LiveToken, mover: Mover) -> None:
        """Hand the results of a called process to its caller."""

    def withdraw(self, token: LiveToken, mover: Mover) -> None:
        if token.inside is not None:
            token.inside.cancel_all()
            mover.host.left(token.number, _path(token))


class Call(SubProcess):
    """Calls a process. It runs in a root scope of its own; facts are copied in, and results are mapped back."""

    def body(self, mover: Mover) -> Body:
        called = mover.bodies.get(self.element.called or "")
        if called is None:
            raise Refused(
                f"The process '{self.element.called}' isn't in the chain.",
                sentence="process_uncalled",
                element=self.name,
                process=self.element.called,
            )
        return called

    def level_scope(self, token: LiveToken, mover: Mover) -> int:
        host = mover.host
        if self.element.propagate_in:
            facts = dict(host.visible(mover.scope_of(token)))
        else:
            facts = dict(host.local(token.scope)) if token.scope is not None else {}
        inner = mover.open_inner(token)
        for name, value in facts.items():
            host.set_local(inner, name, value)
        return inner

    def hand_out(self, token: LiveToken, mover: Mover) -> None:
        results: Mapping[str, Any] = {}
        if token.inner is not None and (self.element.outputs or self.element.propagate_out):
            results = dict(mover.host.local(token.inner))
        mover.close_scope(token.inner)
        token.inner = None
        mover.submit(token, results)

    def withdraw(self, token: LiveToken, mover: Mover) -> None:
        super().withdraw(token, mover)
        mover.close_scope(token.inner)


class Whole(Node):
    """The case's own process as an element: token 0 stands there and holds the process open."""

    resting = TaskState.STARTED

    def is_over(self, token: LiveToken) -> bool:
        return token.is_started and token.inside is not None and not token.inside.open

    def finish(self, token: LiveToken) -> None:
        self._end(token)
        token.rest(TaskState.COMPLETED)
        token.workflow.mover.emit(Completed(ROOT, self.name))

    def cancel(self, token: LiveToken) -> None:
        """End the case from outside: take all open tokens away."""
        token.rest(TaskState.CANCELLED)
        token.workflow.cancel_all()
        self._end(token)
        token.workflow.mover.emit(Terminated(ROOT, self.name))

    def _end(self, token: LiveToken) -> None:
        mover = token.workflow.mover
        mover.host.left(ROOT, (self.name,))
        mover.tokens.pop(ROOT)


def _path(token: LiveToken) -> tuple[str, ...]:
    """Ids of the elements around the body that `token` holds open, from the case's process down to its own."""
    path = [token.task_spec.name]
    while token.number != ROOT:
        token = token.workflow.container
        path.append(token.task_spec.name)
    return tuple(reversed(path))
