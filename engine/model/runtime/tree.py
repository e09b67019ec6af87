# mypy: allow-subclassing-any
"""SpiffWorkflow's tasks and workflows, cut down to open tokens.

A level keeps its open tokens and nothing else: no history, no predictions, no data, no clock and no random ids.
Finished tokens are dropped at once, so a live run is as large as what is open, whatever happened before.
Knows nothing of what the elements mean: that is `nodes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.base.errors import Fault
from engine.model.chain.model import Element, Process
from engine.model.runtime.changes import Arm, Completed, Multi
from engine.model.runtime.nodes import Node, Whole

if TYPE_CHECKING:
    from engine.model.runtime.stepper import Stepper


class LiveToken(Task):
    """An open token: where it stands, what it waits for, and the level or instances that it holds open.

    `flow` is the sequence flow over which it came; `payload` the variables of the event that made it (not None:
    the event has happened).
    """

    task_spec: Node
    workflow: Level

    def __init__(
        self,
        workflow: Level,
        task_spec: Any,
        parent: Any = None,
        state: int = TaskState.MAYBE,
        id: Any = None,
    ) -> None:
        super().__init__(workflow, task_spec, parent, state, id or workflow.stepper.next_id())
        self.number = -1
        self.holder: LiveToken = workflow.container  # the token whose level number it carries
        self.flow: str | None = None
        self.index: int | None = None
        self.scope: int | None = None
        self.inner: int | None = None
        self.multi: Multi | None = None
        self.arms: dict[str, Arm] = {}
        self.payload: Mapping[str, Any] | None = None
        self.inside: Level | None = None
        self.instances: dict[int, LiveToken] = {}
        self.stopped = False  # of a multi-instance body: its completion condition came true
        self.chosen: str | None = None  # of an event gateway: the element whose event came first

    @property
    def is_finished(self) -> bool:
        return bool(self._state & TaskState.FINISHED_MASK)

    @property
    def is_started(self) -> bool:
        return bool(self._state == TaskState.STARTED)

    @property
    def is_ready(self) -> bool:
        return bool(self._state == TaskState.READY)

    def rest(self, state: int) -> None:
        self._set_state(state)

    def complete(self) -> None:
        # An event that is thrown may take away the very token that throws it.
        if not self.is_finished:
            super().complete()

    def cancel(self) -> None:
        if not self.is_finished:
            super().cancel()

    def _add_child(self, task_spec: Any, state: int = TaskState.MAYBE) -> LiveToken:
        return LiveToken(self.workflow, task_spec, self, state)

    def _set_state(self, value: int) -> None:
        self._state = value

    def _inherit_data(self) -> None:
        """Tokens carry no data: facts live in the scopes of the case."""


class Body(BpmnProcessSpec):
    """What runs in a level: a process, or an embedded subprocess. Immutable once read; shared by all runs.

    `entry` is its start event, `triggers` the start events of its event subprocesses by id, in document order.
    """

    def __init__(self, process: Process, id: str) -> None:
        super().__init__(name=id)
        self.process = process
        self.whole = Whole(self, Element(process.id, "process", process.name, process.id, "", process.line))
        self.task_specs.clear()  # SpiffWorkflow's own 'Start' and 'End' may be ids in a model
        self.entry: Node = self.whole
        self.triggers: dict[str, Node] = {}
        self._reached: dict[tuple[str, str], frozenset[str]] = {}

    @property
    def nodes(self) -> Mapping[str, Node]:
        nodes: Mapping[str, Node] = self.task_specs
        return nodes

    def reached(self, start: str, without: str) -> frozenset[str]:
        """Ids of the elements that a token at `start` can come to without passing the element `without`."""
        key = (start, without)
        found = self._reached.get(key)
        if found is None:
            found = self._reached[key] = self._search(start, without)
        return found

    def _search(self, start: str, without: str) -> frozenset[str]:
        seen, todo = {start}, [start]
        while todo:
            for after in self.nodes[todo.pop()].after():
                if after != without and after not in seen:
                    seen.add(after)
                    todo.append(after)
        return frozenset(seen)


class Level:
    """Mixed in before a workflow class of SpiffWorkflow: a running body.

    `container` is the token that holds it open, `scope` the one that its elements see. `open` are its tokens by
    number, without the instances of a multi-instance (their body is among them); `waiting` those at joins.
    """

    stepper: Stepper
    container: LiveToken
    scope: int
    body: Body
    tasks: dict[int, LiveToken]

    def prepare(self, stepper: Stepper, body: Body, scope: int) -> None:
        self.stepper, self.body, self.scope = stepper, body, scope
        self.open: dict[int, LiveToken] = {}
        self.waiting: dict[str, list[LiveToken]] = {}

    def place(
        self,
        node: Node,
        payload: Mapping[str, Any] | None = None,
        instance_of: LiveToken | None = None,
        index: int = 0,
    ) -> LiveToken:
        """Put a new token at `node`, whatever came before."""
        token = LiveToken(self, node, None, TaskState.FUTURE)
        token.payload = payload
        if instance_of is not None:
            token.holder, token.index = instance_of, index
        node._update(token)
        return token

    def register(self, token: LiveToken) -> None:
        self.stepper.tokens[token.number] = token
        if token.index is None:
            self.open[token.number] = token
        else:
            token.holder.instances[token.index] = token

    def release(self, token: LiveToken) -> None:
        """Forget a token that is finished; the last one leaves the level over."""
        self.tasks.pop(token.id, None)
        self.stepper.tokens.pop(token.number, None)
        if token.index is not None:
            token.holder.instances.pop(token.index, None)
            return
        self.open.pop(token.number, None)
        if not self.open:
            self.stepper.look_at(self.container)

    def consume(self, token: LiveToken) -> None:
        """A join takes a waiting token in."""
        token.rest(TaskState.COMPLETED)
        self.stepper.emit(Completed(token.number, token.task_spec.name))
        self.release(token)

    def cancel_all(self) -> None:
        for number in sorted(self.open):
            if (token := self.open.get(number)) is not None:
                token.cancel()

    def update_waiting_tasks(self) -> None:
        """Nothing is polled."""

    def _task_completed_notify(self, task: LiveToken) -> None:
        self.release(task)  # its outputs are open tokens of their own now


class _NoScripts:
    """Stands where SpiffWorkflow has its Python engine: nothing of a model may reach it."""

    def __getattr__(self, name: str) -> Any:
        raise Fault(f"Expressions are evaluated by the host; SpiffWorkflow asked its script engine for '{name}'.")


class OuterLevel(Level, BpmnWorkflow):
    """The process of the case itself, held open by token 0."""

    def __init__(self, stepper: Stepper, body: Body) -> None:
        self.prepare(stepper, body, 0)
        super().__init__(body, script_engine=_NoScripts(), deserializing=True)
        self.container = None  # type: ignore[assignment]  # the token that is made now
        self.container = LiveToken(self, body.whole, None, TaskState.STARTED)
        self.container.number = self.container.inner = 0
        self.container.inside = self
        stepper.tokens[0] = self.container


class InnerLevel(Level, BpmnSubWorkflow):
    """An embedded subprocess or a called process, held open by the token of its activity."""

    def __init__(self, stepper: Stepper, container: LiveToken, body: Body, scope: int) -> None:
        self.prepare(stepper, body, scope)
        self.container = container
        super().__init__(body, container.id, stepper.outer, deserializing=True)
        container.inside = self

    def _calculate_depth(self) -> int:
        return 0  # nothing asks for it, and counting it walks up the tree
