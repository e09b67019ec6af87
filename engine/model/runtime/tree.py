# mypy: allow-subclassing-any
"""Tokens, the elements that they stand at, and the levels that they run in: SpiffWorkflow's tasks, task specs and
workflows, with what a case needs beside.

These three know each other, so they stand in one module. The stepper that moves the tokens stands above them; here it
is known only by what elements ask of it, `Mover`. The kinds of elements stand above as well (`nodes`, `gateways`,
`events`, `multi`). Each method that stands in place of one of SpiffWorkflow's has a row in docs/spiffworkflow.md.

A level keeps its open tokens and nothing else: no history, no predictions, no data, no clock and no random ids.
Finished tokens are dropped at once, so a live run is as large as what is open, whatever happened before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BpmnStartTask
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.model.chain.model import Element, Process
from engine.model.runtime.changes import Arm, Change, Completed, Multi, Terminated
from engine.model.runtime.host import Host


class Mover(Protocol):
    """The part of the stepper (`stepper.Stepper`) that elements, tokens and levels use."""

    host: Host
    bodies: Mapping[str, Body]
    """The processes of the chain and the subprocesses in them, by `Body.key`."""
    tokens: dict[int, LiveToken]
    """All open tokens, by number."""
    undecided: dict[int, LiveToken]
    """The tokens that wait at inclusive joins, by number."""
    ids: Iterator[int]
    """Ids for SpiffWorkflow's tasks, each given once in this run."""

    emit: Callable[[Change], None]
    """Tells the host of a change."""

    @property
    def outer(self) -> Level:
        """The level of the case's own process."""

    def look_at(self, token: LiveToken) -> None:
        """Run the token, or see whether what it holds open is over, when its turn comes: lowest number first."""

    def enter(self, token: LiveToken) -> None:
        """Number a token that was just placed, and tell that it stands at its element."""

    def arm_triggers(self, container: LiveToken) -> None:
        """Let the token wait for the event subprocesses of the level that it holds open."""

    def scope_of(self, token: LiveToken) -> int:
        """The scope in which the token's element evaluates its expressions."""

    def open_scope(self, token: LiveToken) -> int:
        """The token's own scope, made when first needed."""

    def open_inner(self, token: LiveToken) -> int:
        """A new root scope, for the process that the token calls."""

    def close_scope(self, scope: int | None) -> None:
        """Drop a scope with its facts. None: there is nothing to drop."""

    def map_inputs(self, token: LiveToken) -> None:
        """Evaluate the input mappings of the token's element into the token's own scope."""

    def map_outputs(self, token: LiveToken) -> None:
        """Evaluate the output mappings of the token's element, and set facts around the element."""

    def submit(self, token: LiveToken, variables: Mapping[str, Any] | None) -> None:
        """Take in the variables that the token's element resulted in."""

    def arm(self, token: LiveToken, node: Node, scope: int) -> None:
        """Let the token wait for the event of `node`."""

    def set_arm(self, token: LiveToken, element: str, arm: Arm) -> None:
        """Let the token wait for this at `element`, in place of what it waited for there before."""

    def arm_boundaries(self, token: LiveToken) -> None:
        """Let the token wait for the boundary events of its element."""

    def text(self, expression: str, scope: int, node: Node, kind: str) -> str:
        """The value of an expression of the node's event, as text; `kind`: name, key or code. Raises Refused."""

    def raise_event(self, token: LiveToken, kind: str, code: str | None) -> None:
        """Raise an error or escalation at the token; it goes up to the first that catches it."""

    def advance(self, token: LiveToken, multi: Multi) -> None:
        """Set the bookkeeping of a multi-instance body."""


class Node(BpmnSpecMixin):
    """An element of a body, shared by all runs. Everything that changes is on the token.

    A kind of element inherits this class first, then SpiffWorkflow's class of its kind, which moves the token: it
    comes (`_update`), may act (`_on_ready`), acts (`_run`), and is done (`_on_complete`) or taken away (`_on_cancel`).
    The hooks here do what a case needs beside that, and call SpiffWorkflow's.
    """

    resting = TaskState.WAITING
    maps_inputs = True
    manual: bool

    def __init__(self, body: Body, element: Element) -> None:
        super().__init__(body, element.id, **self.arguments(element))
        self.name: str = element.id
        self.element = element
        self.flows: Sequence[str | None] = ()
        """The flow to each of the `outputs`, in the same order. None: the jump of a link."""
        self.boundaries: list[Node] = []

    @property
    def is_join(self) -> bool:
        return False

    def after(self) -> Iterator[str]:
        """Ids of the elements that a token here may come to next, by flow or by boundary event."""
        yield from self._outputs
        for node in self.boundaries:
            yield node.name

    def watched(self, element: str) -> Node | None:
        """The node at `element` whose event a token here may wait for."""
        if element == self.name:
            return self
        return next((node for node in self.boundaries if node.name == element), None)

    # ---------------------------------------------------------------- differs from kind to kind

    @classmethod
    def arguments(cls, element: Element) -> dict[str, Any]:
        """The arguments that SpiffWorkflow's class takes beside the element's id."""
        return {}

    def withdraw(self, token: LiveToken, mover: Mover) -> None:
        """The token is being taken away: take away all that it holds open."""

    def is_over(self, token: LiveToken) -> bool:
        """Whether all that the token held open has ended."""
        return False

    def finish(self, token: LiveToken) -> None:
        """All that the token held open has ended: go on."""

    def decide(self, token: LiveToken) -> bool:
        """Let an inclusive join go on if it can; gives whether it did."""
        return False

    def restore(self, token: LiveToken, mover: Mover) -> None:
        """The token was loaded from the normal form: enter it where waiting tokens are looked up."""

    # ---------------------------------------------------------------- called by SpiffWorkflow

    def test(self) -> None:
        """Does nothing: the model was checked when it was read."""

    def _predict(self, my_task: LiveToken, *args: Any, **kwargs: Any) -> None:
        """Does nothing: tokens are made on completion, not beforehand."""

    def _update_hook(self, my_task: LiveToken) -> bool | None:
        if my_task.number < 0:
            self.enter(my_task)
        may_act: bool | None = super()._update_hook(my_task)
        return may_act

    def _on_ready_hook(self, my_task: LiveToken) -> None:
        super()._on_ready_hook(my_task)
        if not self.manual:
            my_task.workflow.mover.look_at(my_task)

    def _on_complete_hook(self, my_task: LiveToken) -> None:
        self.leave(my_task, my_task.workflow.mover)
        super()._on_complete_hook(my_task)
        if not my_task._children:
            my_task._sync_children(self.outputs, TaskState.FUTURE)  # a gateway that chooses has done so already
        tasks = my_task.workflow.tasks
        for id, flow in zip(my_task._children, my_task.taken or self.flows, strict=True):
            tasks[id].flow = flow

    def _on_cancel(self, my_task: LiveToken) -> None:
        super()._on_cancel(my_task)
        mover = my_task.workflow.mover
        self.withdraw(my_task, mover)
        mover.close_scope(my_task.scope)
        mover.emit(Terminated(my_task.number, self.name))
        my_task.workflow.release(my_task)

    # ---------------------------------------------------------------- common steps

    def enter(self, token: LiveToken) -> None:
        """A token has come: number it, make the scope of an instance, then map inputs."""
        mover = token.workflow.mover
        mover.enter(token)
        if token.index is not None:
            token.holder.task_spec.introduce(token, mover)
        if self.element.inputs and self.maps_inputs:
            mover.map_inputs(token)

    def introduce(self, token: LiveToken, mover: Mover) -> None:
        """Set the facts of a new instance: its item and its number."""

    def collect(self, token: LiveToken, mover: Mover) -> None:
        """Take in the result of an instance that has been completed."""

    def leave(self, token: LiveToken, mover: Mover) -> None:
        """Map outputs, drop the token's own scope, and tell that the element is completed."""
        if self.maps_inputs:
            mover.map_outputs(token)
        if token.index is not None:
            token.holder.task_spec.collect(token, mover)
        self.close(token, mover)
        mover.close_scope(token.scope)
        mover.emit(Completed(token.number, self.name))

    def close(self, token: LiveToken, mover: Mover) -> None:
        """Called last, whether the token is done or taken away."""

    def reschedule(self, token: LiveToken, mover: Mover, recount: bool) -> None:
        """Clocks or the calendar were changed; only user tasks have a due date that may change with them."""


class LiveToken(Task):
    """An open token: where it stands, what it waits for, and the level or instances that it holds open.

    `flow` is the sequence flow over which it came, `event` the event that made it or that it waited for, `taken` the
    flows that a gateway has chosen for the tokens behind it, in their order, `read` what its conditions have read
    (None: it has asked none).
    """

    task_spec: Node
    workflow: Level
    last_state_change = 0.0
    """Asked when SpiffWorkflow looks through tasks. No clock is read for it."""

    def __init__(
        self,
        workflow: Level,
        task_spec: Any,
        parent: LiveToken | None = None,
        state: int = TaskState.MAYBE,
    ) -> None:
        """In place of SpiffWorkflow's, which reads the clock and may draw a random id."""
        self.id = next(workflow.mover.ids)
        self.workflow, self.task_spec, self._state = workflow, task_spec, state
        self._parent: int | None = None
        self._children: list[int] = []
        self.internal_data: dict[str, Any] = {}
        self.triggered = False
        workflow.tasks[self.id] = self
        if parent is not None:
            self._parent = parent.id
            parent._child_added_notify(self)
        self.number = -1
        self.holder: LiveToken = workflow.container  # the token whose level number it carries
        self.flow: str | None = None
        self.index: int | None = None
        self.scope: int | None = None
        self.inner: int | None = None
        self.multi: Multi | None = None
        self.arms: dict[str, Arm] = {}
        self.event: BpmnEvent | None = None
        self.taken: list[str | None] = []
        self.read: dict[str, Any] | None = None
        self.inside: Level | None = None
        self.instances: dict[int, LiveToken] = {}
        self.stopped = False  # of a multi-instance body: its completion condition came true
        self.skipped = False  # of a user task: it goes on, and nobody has done it
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
        """In place of SpiffWorkflow's, which reads the clock twice."""
        self._state = value

    def _inherit_data(self) -> None:
        """Does nothing: tokens carry no data, facts live in the scopes of the case."""

    def set_data(self, /, **variables: Any) -> None:
        """Takes in the variables of an event as facts."""
        self.workflow.mover.submit(self, variables)


class Start(BpmnStartTask):
    """SpiffWorkflow's own start of a body, before its start event. It has no token in the normal form."""

    def _run_hook(self, my_task: LiveToken) -> bool:
        my_task.workflow.mover.arm_triggers(my_task.workflow.container)
        my_task._sync_children(self.outputs, TaskState.FUTURE)
        done: bool = super()._run_hook(my_task)
        return done


class Body(BpmnProcessSpec):
    """A process or an embedded subprocess, as levels run it. Immutable once read; shared by all runs.

    `key` names it among all bodies of the chain. `entry` is its start event, `whole` the node of the process itself,
    where token 0 stands, `triggers` the start events of its event subprocesses by id, in document order.
    """

    entry: Node
    whole: Node

    def __init__(self, process: Process, id: str) -> None:
        super().__init__(name=id)
        self.process = process
        self.key = id if id == process.id else inner_key(process.id, id)
        self.task_specs.clear()  # the names of SpiffWorkflow's own, Start and End, may be ids in a model
        self.start = Start(self, "Start")
        self.task_specs.clear()
        self.triggers: dict[str, Node] = {}
        self._reached: dict[tuple[str, str], frozenset[str]] = {}

    @property
    def nodes(self) -> Mapping[str, Node]:
        nodes: Mapping[str, Node] = self.task_specs
        return nodes

    def reached(self, start: str, without: str) -> frozenset[str]:
        """Ids of the elements that a token at `start` can come to without passing the element `without`."""
        key = (start, without)
        known = self._reached.get(key)
        if known is None:
            known = self._reached[key] = self._search(start, without)
        return known

    def _search(self, start: str, without: str) -> frozenset[str]:
        seen, todo = {start}, [start]
        while todo:
            for after in self.nodes[todo.pop()].after():
                if after != without and after not in seen:
                    seen.add(after)
                    todo.append(after)
        return frozenset(seen)


def inner_key(process: str, subprocess: str) -> str:
    """`Body.key` of a subprocess. Its id alone may be that of another process's subprocess."""
    return f"{process}/{subprocess}"


class Level:
    """A running body. Classes inherit it before a workflow class of SpiffWorkflow.

    `container` is the token that holds it open, `scope` the scope in which its elements run. `open` holds its tokens
    by number, without the instances of a multi-instance, whose body is among them. `waiting` holds the tokens that
    wait at joins, by element.
    """

    mover: Mover
    container: LiveToken
    scope: int
    body: Body
    tasks: dict[int, LiveToken]
    top_workflow: Any
    script_engine: Any
    completed_event: Any

    def prepare(self, mover: Mover, body: Body, scope: int) -> None:
        self.mover, self.body, self.scope = mover, body, scope
        self.open: dict[int, LiveToken] = {}
        self.waiting: dict[str, list[LiveToken]] = {}

    def place(
        self,
        node: Node,
        event: BpmnEvent | None = None,
        instance_of: LiveToken | None = None,
        index: int = 0,
    ) -> LiveToken:
        """Put a new token at `node`; `event` has made it."""
        token = LiveToken(self, node, None, TaskState.FUTURE)
        token.event = event
        if instance_of is not None:
            token.holder, token.index = instance_of, index
        node._update(token)
        return token

    def register(self, token: LiveToken) -> None:
        self.mover.tokens[token.number] = token
        if token.index is None:
            self.open[token.number] = token
        else:
            token.holder.instances[token.index] = token

    def release(self, token: LiveToken) -> None:
        """Forget a token that is finished. After the last one, the level is over."""
        self.tasks.pop(token.id, None)
        if token.inside is not None:
            self.top_workflow.subprocesses.pop(token.id, None)
        self.mover.tokens.pop(token.number, None)
        if token.index is not None:
            token.holder.instances.pop(token.index, None)
            return
        self.open.pop(token.number, None)
        if not self.open:
            self.mover.look_at(self.container)

    def consume(self, token: LiveToken) -> None:
        """End a token that waits at a join, in favour of another that goes on."""
        token._set_state(TaskState.COMPLETED)
        self.mover.emit(Completed(token.number, token.task_spec.name))
        self.release(token)

    def cancel_all(self) -> None:
        for number in sorted(self.open):
            if (token := self.open.get(number)) is not None:
                token.cancel()

    # ---------------------------------------------------------------- asked by SpiffWorkflow's elements

    @property
    def completed(self) -> bool:
        """Whether nothing runs here any more. SpiffWorkflow keeps a flag, which its end join sets."""
        return not self.open

    @completed.setter
    def completed(self, value: bool) -> None:
        """Does nothing: it follows from the open tokens."""

    def _mark_complete(self, task: LiveToken) -> None:
        """Does nothing: see `completed`."""

    def cancel(self, success: bool = False) -> None:
        """Take away all tokens: the activity that holds the level open was taken away."""
        self.cancel_all()

    def get_tasks(self, first_task: LiveToken | None = None, **kwargs: Any) -> list[LiveToken]:
        """The open tokens, by number. Behind a token there are none."""
        return [] if first_task is not None else [self.open[number] for number in sorted(self.open)]

    def get_next_task(self, first_task: LiveToken | None = None, **kwargs: Any) -> LiveToken:
        """The token of SpiffWorkflow's start, which is the only one that is asked for; it is made now."""
        return LiveToken(self, self.body.start, None, TaskState.READY)

    def _task_completed_notify(self, task: LiveToken) -> None:
        self.release(task)  # the tokens behind it are open already
