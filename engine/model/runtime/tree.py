# mypy: allow-subclassing-any
"""Tokens, the elements that they stand at, and the levels that they run in: SpiffWorkflow's classes, cut down.

These three know each other, so they stand in one module. The stepper that moves the tokens stands above them; here it
is known only by what elements ask of it, `Mover`. The kinds of elements stand above as well (`nodes`, `gateways`,
`events`, `multi`).

A level keeps its open tokens and nothing else: no history, no predictions, no data, no clock and no random ids.
Finished tokens are dropped at once, so a live run is as large as what is open, whatever happened before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.model.chain.model import Element, Process
from engine.model.runtime.changes import Arm, Change, Completed, Multi, Terminated
from engine.model.runtime.host import Host


class Mover(Protocol):
    """The part of the stepper (`stepper.Stepper`) that elements, tokens and levels use."""

    host: Host
    bodies: Mapping[str, Body]
    """The processes of the chain, by id."""
    tokens: dict[int, LiveToken]
    """All open tokens, by number."""
    undecided: dict[int, LiveToken]
    """The tokens that wait at inclusive joins, by number."""

    @property
    def outer(self) -> Level:
        """The level of the case's own process."""

    def next_id(self) -> int:
        """An id for SpiffWorkflow, which no token of this run has yet."""

    def emit(self, change: Change) -> None:
        """Tell the host of a change."""

    def look_at(self, token: LiveToken) -> None:
        """Run the token, or see whether what it holds open is over, when its turn comes: lowest number first."""

    def enter(self, token: LiveToken) -> None:
        """Number a token that was just placed, and tell that it stands at its element."""

    def begin(self, token: LiveToken, body: Body, scope: int) -> None:
        """Start the body that the token holds open, with this scope for its elements."""

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


@dataclass(frozen=True, slots=True)
class Way:
    """A way out of a node: a sequence flow; with `flow` None, the jump of a link. `condition` is FEEL with its `=`."""

    flow: str | None
    condition: str | None
    is_default: bool
    target: Node


class Node(BpmnSpecMixin):
    """An element of a body, shared by all runs. Everything that changes is on the token.

    The life of a token at a node: `arrive` (it may act at once, or has to wait) → `act` (True: done; None: the answer
    comes later) → `leave` → the flows that `ways` gives. `withdraw` is called instead when it is taken away.

    This class itself is an element through which a token just passes: a plain or manual task, a start, a link.
    """

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

    # ---------------------------------------------------------------- differs from kind to kind

    def arrive(self, token: LiveToken, mover: Mover) -> bool:
        """The token has come. Gives whether it may act; else it waits."""
        return True

    def act(self, token: LiveToken, mover: Mover) -> bool | None:
        """It is the token's turn. True: it is done; None: it waits for an answer."""
        mover.submit(token, token.payload)
        return True

    def ways(self, token: LiveToken, mover: Mover) -> Sequence[Way]:
        return self.exits

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

    def _update_hook(self, my_task: LiveToken) -> bool:
        mover = my_task.workflow.mover
        mover.enter(my_task)
        self.prepare(my_task, mover)
        return self.arrive(my_task, mover)

    def _on_ready_hook(self, my_task: LiveToken) -> None:
        if not self.manual:
            my_task.workflow.mover.look_at(my_task)

    def _run_hook(self, my_task: LiveToken) -> bool | None:
        return self.act(my_task, my_task.workflow.mover)

    def _on_complete_hook(self, my_task: LiveToken) -> None:
        mover = my_task.workflow.mover
        self.leave(my_task, mover)
        for way in self.ways(my_task, mover):
            self.spawn(my_task, way)

    def _on_cancel(self, my_task: LiveToken) -> None:
        mover = my_task.workflow.mover
        self.withdraw(my_task, mover)
        mover.close_scope(my_task.scope)
        mover.emit(Terminated(my_task.number, self.name))
        my_task.workflow.release(my_task)

    # ---------------------------------------------------------------- common steps

    def prepare(self, token: LiveToken, mover: Mover) -> None:
        """Before a token arrives: make the scope of an instance, then map inputs."""
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

    def spawn(self, token: LiveToken, way: Way) -> LiveToken:
        child = token._add_child(way.target, TaskState.FUTURE)
        child.flow = way.flow
        return child


class LiveToken(Task):
    """An open token: where it stands, what it waits for, and the level or instances that it holds open.

    `flow` is the sequence flow over which it came. `payload` are the variables of the event that made it, or that it
    waited for; not None: the event has happened.
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
        super().__init__(workflow, task_spec, parent, state, id or workflow.mover.next_id())
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
    """A process or an embedded subprocess, as levels run it. Immutable once read; shared by all runs.

    `entry` is its start event, `whole` the node of the process itself, where token 0 stands, `triggers` the start
    events of its event subprocesses by id, in document order.
    """

    entry: Node
    whole: Node

    def __init__(self, process: Process, id: str) -> None:
        super().__init__(name=id)
        self.process = process
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

    def prepare(self, mover: Mover, body: Body, scope: int) -> None:
        self.mover, self.body, self.scope = mover, body, scope
        self.open: dict[int, LiveToken] = {}
        self.waiting: dict[str, list[LiveToken]] = {}

    def place(
        self,
        node: Node,
        payload: Mapping[str, Any] | None = None,
        instance_of: LiveToken | None = None,
        index: int = 0,
    ) -> LiveToken:
        """Put a new token at `node`."""
        token = LiveToken(self, node, None, TaskState.FUTURE)
        token.payload = payload
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
        self.mover.tokens.pop(token.number, None)
        if token.index is not None:
            token.holder.instances.pop(token.index, None)
            return
        self.open.pop(token.number, None)
        if not self.open:
            self.mover.look_at(self.container)

    def consume(self, token: LiveToken) -> None:
        """End a token that waits at a join, in favour of another that goes on."""
        token.rest(TaskState.COMPLETED)
        self.mover.emit(Completed(token.number, token.task_spec.name))
        self.release(token)

    def cancel_all(self) -> None:
        for number in sorted(self.open):
            if (token := self.open.get(number)) is not None:
                token.cancel()

    def update_waiting_tasks(self) -> None:
        """Does nothing: no event is polled for."""

    def _task_completed_notify(self, task: LiveToken) -> None:
        self.release(task)  # the tokens behind it are open already
