# mypy: allow-subclassing-any
"""What a token does at an element: the hooks that SpiffWorkflow calls, and activities.

A node is shared by all runs; everything that changes is on the token. The life of a token at a node:
`arrive` (it may act at once, or has to wait) → `act` (True: done, None: the answer comes later) → `leave` → the
flows that `ways` gives. `withdraw` when it is taken away instead.
Sources: BPMN 2.0.2 chapter 13; Camunda 8 for variables and mappings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.util.task import TaskState

from engine.base.errors import Refused
from engine.model.chain.model import Element
from engine.model.runtime.changes import ROOT, Arm, Completed, Terminated

if TYPE_CHECKING:
    from engine.model.runtime.stepper import Stepper
    from engine.model.runtime.tree import Body, LiveToken


@dataclass(frozen=True, slots=True)
class Way:
    """A way out of a node: a sequence flow, or (flow None) the jump of a link. `condition` is FEEL."""

    flow: str | None
    condition: str | None
    is_default: bool
    target: Node


class Node(BpmnSpecMixin):
    """An element through which a token passes: a plain or manual task, a start, an end, a link."""

    resting = TaskState.WAITING
    maps_inputs = True
    manual: bool

    def __init__(self, body: Body, element: Element) -> None:
        super().__init__(body, element.id)
        self.name: str = element.id
        self.element = element
        self.exits: list[Way] = []
        self.boundaries: list[Node] = []

    @property
    def is_join(self) -> bool:
        return False

    def after(self) -> Iterator[str]:
        """Ids of the elements that a token here may come to next, by flow or by boundary event."""
        for way in self.exits:
            yield way.target.name
        for node in self.boundaries:
            yield node.name

    def watched(self, element: str) -> Node | None:
        """The node at `element` whose event a token here may wait for."""
        if element == self.name:
            return self
        return next((node for node in self.boundaries if node.name == element), None)

    # ---------------------------------------------------------------- what differs from kind to kind

    def arrive(self, token: LiveToken, stepper: Stepper) -> bool:
        """The token has come. True: it may act; False: it waits."""
        return True

    def act(self, token: LiveToken, stepper: Stepper) -> bool | None:
        """The token's turn. True: done; None: it waits for an answer."""
        stepper.submit(token, token.payload)
        return True

    def ways(self, token: LiveToken, stepper: Stepper) -> Sequence[Way]:
        return self.exits

    def withdraw(self, token: LiveToken, stepper: Stepper) -> None:
        """The token is taken away; give up what it holds."""

    def is_over(self, token: LiveToken) -> bool:
        """Whether nothing runs inside any more."""
        return False

    def finish(self, token: LiveToken) -> None:
        """What ran inside is over."""

    def decide(self, token: LiveToken) -> bool:
        """Whether the inclusive join fires."""
        return False

    def restore(self, token: LiveToken, stepper: Stepper) -> None:
        """The token was loaded from the normal form; take it into the indexes."""

    # ---------------------------------------------------------------- what SpiffWorkflow calls

    def test(self) -> None:
        """The model was checked when it was read."""

    def _predict(self, my_task: LiveToken, *args: Any, **kwargs: Any) -> None:
        """Nothing is predicted: outputs are made on completion."""

    def _update_hook(self, my_task: LiveToken) -> bool:
        stepper = my_task.workflow.stepper
        stepper.enter(my_task)
        self.prepare(my_task, stepper)
        return self.arrive(my_task, stepper)

    def _on_ready_hook(self, my_task: LiveToken) -> None:
        if not self.manual:
            my_task.workflow.stepper.look_at(my_task)

    def _run_hook(self, my_task: LiveToken) -> bool | None:
        return self.act(my_task, my_task.workflow.stepper)

    def _on_complete_hook(self, my_task: LiveToken) -> None:
        stepper = my_task.workflow.stepper
        self.leave(my_task, stepper)
        for way in self.ways(my_task, stepper):
            self.spawn(my_task, way)

    def _on_cancel(self, my_task: LiveToken) -> None:
        stepper = my_task.workflow.stepper
        self.withdraw(my_task, stepper)
        stepper.close_scope(my_task.scope)
        stepper.emit(Terminated(my_task.number, self.name))
        my_task.workflow.release(my_task)

    # ---------------------------------------------------------------- common steps

    def prepare(self, token: LiveToken, stepper: Stepper) -> None:
        """Make the scope of an instance, then map inputs."""
        if token.index is not None:
            token.holder.task_spec.introduce(token, stepper)
        if self.element.inputs and self.maps_inputs:
            stepper.map_inputs(token)

    def introduce(self, token: LiveToken, stepper: Stepper) -> None:
        """Tell an instance its item and number."""

    def collect(self, token: LiveToken, stepper: Stepper) -> None:
        """Take in the result of an instance."""

    def leave(self, token: LiveToken, stepper: Stepper) -> None:
        """Map outputs, drop the token's own scope, and say that it is done here."""
        if self.maps_inputs:
            stepper.map_outputs(token)
        if token.index is not None:
            token.holder.task_spec.collect(token, stepper)
        self.close(token, stepper)
        stepper.close_scope(token.scope)
        stepper.emit(Completed(token.number, self.name))

    def close(self, token: LiveToken, stepper: Stepper) -> None:
        """Last act before the token is gone, whether done or withdrawn."""

    def reschedule(self, token: LiveToken, stepper: Stepper, recount: bool) -> None:
        """Clocks or the calendar were changed: nothing that tokens here are due by."""

    def spawn(self, token: LiveToken, way: Way) -> LiveToken:
        child = token._add_child(way.target, TaskState.FUTURE)
        child.flow = way.flow
        return child


class UserTask(Node):
    """Waits for a person."""

    resting = TaskState.READY

    def __init__(self, body: Body, element: Element) -> None:
        super().__init__(body, element)
        self.manual = True

    def arrive(self, token: LiveToken, stepper: Stepper) -> bool:
        stepper.arm_boundaries(token)
        level = token.workflow.container.number
        stepper.host.opened(token.number, self.element, stepper.scope_of(token), level)
        return True

    def reschedule(self, token: LiveToken, stepper: Stepper, recount: bool) -> None:
        stepper.host.rescheduled(token.number, self.element, stepper.scope_of(token), recount)

    def withdraw(self, token: LiveToken, stepper: Stepper) -> None:
        self.close(token, stepper)

    def close(self, token: LiveToken, stepper: Stepper) -> None:
        stepper.host.closed(token.number, self.element)


class Work(Node):
    """A service task, and everything else that has a job: done by the host, at once or later."""

    resting = TaskState.STARTED

    def act(self, token: LiveToken, stepper: Stepper) -> bool | None:
        level = token.workflow.container.number
        result = stepper.host.perform(token.number, self.element, stepper.scope_of(token), level)
        if result is not None:
            stepper.submit(token, result)
            return True
        stepper.set_arm(token, self.name, Arm("job", name=self.element.job))
        stepper.arm_boundaries(token)
        return None


class Script(Node):
    """FEEL; its value becomes a result variable."""

    def act(self, token: LiveToken, stepper: Stepper) -> bool | None:
        value = stepper.host.evaluate(self.element.script or "", stepper.scope_of(token))
        stepper.submit(token, _result(self.element, value))
        return True


class Decision(Node):
    """A DMN decision; its value becomes a result variable."""

    def act(self, token: LiveToken, stepper: Stepper) -> bool | None:
        value = stepper.host.decide(self.element.decision or "", stepper.scope_of(token))
        stepper.submit(token, _result(self.element, value))
        return True


def _result(element: Element, value: Any) -> Mapping[str, Any]:
    return {element.result: value} if element.result else {}


class SubProcess(Node):
    """Holds a level open; goes on when nothing runs in it any more."""

    resting = TaskState.STARTED

    def __init__(self, body: Body, element: Element, inner: Body | None = None) -> None:
        super().__init__(body, element)
        self.inner = inner

    def body(self, stepper: Stepper) -> Body:
        if self.inner is None:
            raise Refused(f"'{self.name}' has no body.", element=self.name)
        return self.inner

    def level_scope(self, token: LiveToken, stepper: Stepper) -> int:
        """The scope that the elements of the body see."""
        return stepper.scope_of(token)

    def arrive(self, token: LiveToken, stepper: Stepper) -> bool:
        stepper.arm_boundaries(token)
        token.rest(TaskState.STARTED)
        stepper.begin(token, self.body(stepper), self.level_scope(token, stepper))
        return False

    def is_over(self, token: LiveToken) -> bool:
        return token.is_started and token.inside is not None and not token.inside.open

    def finish(self, token: LiveToken) -> None:
        stepper = token.workflow.stepper
        stepper.host.left(token.number, _path(token))
        self.hand_out(token, stepper)
        token.complete()

    def hand_out(self, token: LiveToken, stepper: Stepper) -> None:
        """Results of a called process."""

    def withdraw(self, token: LiveToken, stepper: Stepper) -> None:
        if token.inside is not None:
            token.inside.cancel_all()
            stepper.host.left(token.number, _path(token))


class Call(SubProcess):
    """A called process: a root scope of its own, copies in, mapped out."""

    def body(self, stepper: Stepper) -> Body:
        found = stepper.bodies.get(self.element.called or "")
        if found is None:
            raise Refused(f"The process '{self.element.called}' isn't in the chain.", element=self.name)
        return found

    def level_scope(self, token: LiveToken, stepper: Stepper) -> int:
        host = stepper.host
        if self.element.propagate_in:
            facts = dict(host.visible(stepper.scope_of(token)))
        else:
            facts = dict(host.local(token.scope)) if token.scope is not None else {}
        inner = stepper.open_inner(token)
        for name, value in facts.items():
            host.set_local(inner, name, value)
        return inner

    def hand_out(self, token: LiveToken, stepper: Stepper) -> None:
        results: Mapping[str, Any] = {}
        if token.inner is not None and (self.element.outputs or self.element.propagate_out):
            results = dict(stepper.host.local(token.inner))
        stepper.close_scope(token.inner)
        token.inner = None
        stepper.submit(token, results)

    def withdraw(self, token: LiveToken, stepper: Stepper) -> None:
        super().withdraw(token, stepper)
        stepper.close_scope(token.inner)


class Whole(Node):
    """The process itself, where token 0 stands: the case's own process as its container."""

    resting = TaskState.STARTED

    def is_over(self, token: LiveToken) -> bool:
        return token.is_started and token.inside is not None and not token.inside.open

    def finish(self, token: LiveToken) -> None:
        self._end(token)
        token.rest(TaskState.COMPLETED)
        token.workflow.stepper.emit(Completed(ROOT, self.name))

    def cancel(self, token: LiveToken) -> None:
        """End the case from outside: everything that is open is taken away."""
        token.rest(TaskState.CANCELLED)
        token.workflow.cancel_all()
        self._end(token)
        token.workflow.stepper.emit(Terminated(ROOT, self.name))

    def _end(self, token: LiveToken) -> None:
        stepper = token.workflow.stepper
        stepper.host.left(ROOT, (self.name,))
        stepper.tokens.pop(ROOT)


def _path(token: LiveToken) -> tuple[str, ...]:
    """Element ids of the containers, from the case's process down to the body that `token` holds open."""
    path = [token.task_spec.name]
    while token.number != ROOT:
        token = token.workflow.container
        path.append(token.task_spec.name)
    return tuple(reversed(path))
