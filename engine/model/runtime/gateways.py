# mypy: allow-subclassing-any
"""Gateways: where tokens choose, split and join.

A join keeps its waiting tokens by incoming flow and takes one of each, so that it works in loops without any history.
Conditions are evaluated in the order of the document; a value other than true counts as false (BPMN 2.0.2 § 13.4).
"""

from __future__ import annotations

from collections.abc import Sequence

from SpiffWorkflow.bpmn.specs import defaults as stock
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import _BpmnCondition
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.util.task import TaskState

from engine.base.errors import NoWayOut
from engine.model.chain.model import Element
from engine.model.runtime.events import Catching
from engine.model.runtime.places import Place
from engine.model.runtime.tree import Level, LiveToken, Mover, Node


class Condition(_BpmnCondition):
    """The condition of one flow. It notes on the token what it reads, and that its flow is taken."""

    def __init__(self, element: Element, flow: str, condition: str) -> None:
        super().__init__(condition)
        self.element = element
        self.flow = flow

    def _matches(self, task: LiveToken) -> bool:
        """Whether it is true: SpiffWorkflow takes any value that Python finds true."""
        condition = self.args[0]
        if task.read is None:
            task.read = {}
        with Place(self.element, "condition", condition, self.flow):
            matches = task.workflow.script_engine.evaluate(task, condition, task.read) is True
        if matches:
            task.taken.append(self.flow)
        return matches


class Choice(Node):
    """An exclusive or inclusive gateway: flows with conditions, and a default."""

    def connect_if(self, condition: _BpmnCondition | None, task_spec: Node) -> None:
        """Called for each flow out, in the order of the document. `condition` None: the default."""
        if condition is not None:
            condition = Condition(self.element, self.element.outgoing[len(self._outputs)], *condition.args)
        super().connect_if(condition, task_spec)

    def _run_hook(self, my_task: LiveToken) -> bool:
        try:
            done: bool = super()._run_hook(my_task)
        except WorkflowException as error:
            raise self._no_way_out() from error
        if not my_task.taken:
            ways = zip(self.flows, self.cond_task_specs, strict=True)
            my_task.taken.extend(flow for flow, (condition, _) in ways if condition is None)
        if my_task.read is not None:
            flows = [flow for flow in my_task.taken if flow is not None]
            my_task.workflow.mover.host.asked(my_task.number, self.element, my_task.read, flows)
        return done

    def _no_way_out(self) -> NoWayOut:
        flows = [self._wf_spec.process.flows[flow] for flow in self.element.outgoing]
        asked = ", ".join(f"{flow.id}: {flow.condition}" for flow in flows) or "it has no flow out"
        message = f"Expected a condition of '{self.name}' to be true, or a default flow; none is ({asked})."
        conditions = [flow.condition for flow in flows if flow.condition is not None]
        place = Place(self.element, "condition", "")
        advice = "Correct the facts, or give the gateway a default flow."
        return NoWayOut(f"{message} {advice}", sentence="no_condition_true", **place.fields(*conditions))


class Exclusive(Choice, stock.ExclusiveGateway):
    """Takes the first way whose condition is true, else the default. It merges nothing: each token passes by itself."""


class Join(Node):
    """Base of parallel and inclusive gateways, at which tokens wait for others."""

    @property
    def is_join(self) -> bool:
        return len(self.element.incoming) > 1

    def _update_hook(self, my_task: LiveToken) -> bool:
        """In place of SpiffWorkflow's, which looks for finished tokens, also of earlier passes of a loop."""
        self.enter(my_task)
        if self.is_join:
            self.arrive(my_task, my_task.workflow.mover)
        return not self.is_join

    def arrive(self, token: LiveToken, mover: Mover) -> None:
        """The token has come to a join: let it wait, and let those go on that wait for no other."""
        self.restore(token, mover)

    def first(self, level: Level) -> dict[str, LiveToken]:
        """The token that has waited longest, for each incoming flow that has one."""
        firsts: dict[str, LiveToken] = {}
        for token in level.waiting.get(self.name, ()):
            firsts.setdefault(token.flow or "", token)
        return firsts

    def restore(self, token: LiveToken, mover: Mover) -> None:
        token._set_state(TaskState.WAITING)
        token.workflow.waiting.setdefault(self.name, []).append(token)

    def withdraw(self, token: LiveToken, mover: Mover) -> None:
        waiting = token.workflow.waiting.get(self.name, [])
        if token in waiting:
            waiting.remove(token)
        mover.undecided.pop(token.number, None)

    def merge(self, tokens: Sequence[LiveToken], mover: Mover) -> None:
        """Let the token with the lowest number go on for all of them."""
        for token in tokens:
            self.withdraw(token, mover)
        first, *others = sorted(tokens, key=lambda token: token.number)
        for token in others:
            token.workflow.consume(token)
        first._ready()


class Parallel(Join, stock.ParallelGateway):
    """Waits for one token of each incoming flow, then sends one down each way."""

    def arrive(self, token: LiveToken, mover: Mover) -> None:
        super().arrive(token, mover)
        firsts = self.first(token.workflow)
        if len(firsts) == len(self.element.incoming):
            self.merge(list(firsts.values()), mover)


class Inclusive(Join, Choice, stock.InclusiveGateway):
    """Waits for every token that can still come, then sends one down each way whose condition is true."""

    def restore(self, token: LiveToken, mover: Mover) -> None:
        super().restore(token, mover)
        mover.undecided[token.number] = token

    def decide(self, token: LiveToken) -> bool:
        level = token.workflow
        firsts = self.first(level)
        if any(self._holds_up(other, firsts) for other in level.open.values()):
            return False
        self.merge(list(firsts.values()), level.mover)
        return True

    def _holds_up(self, other: LiveToken, firsts: dict[str, LiveToken]) -> bool:
        """Whether the gateway has to wait for `other`, by BPMN 2.0.2 § 13.4.3: a path leads from it to an incoming flow
        that has no token yet, without passing the gateway, and none leads to a flow that has one."""
        if other.task_spec is self:
            return False
        body = other.workflow.body
        reached = body.reached(other.task_spec.name, self.name)
        flows = [flow for flow in self.element.incoming if body.process.flows[flow].source in reached]
        return bool(flows) and not any(flow in firsts for flow in flows)


class EventGateway(Catching, stock.EventBasedGateway):
    """Waits for the first of several events, by one arm for each. The token behind it has caught that event."""

    def connect(self, child: Node) -> None:
        """In place of SpiffWorkflow's, which moves the event from the element that catches it to the gateway."""
        TaskSpec.connect(self, child)

    def wait(self, token: LiveToken, mover: Mover) -> None:
        for target in self.outputs:
            mover.arm(token, target, mover.scope_of(token))

    def watched(self, element: str) -> Node | None:
        return next((target for target in self.outputs if target.name == element), None)

    def _run_hook(self, my_task: LiveToken) -> bool:
        """In place of SpiffWorkflow's, which tells events apart by kind and name, and keeps their data itself."""
        my_task._sync_children([self._wf_spec.nodes[my_task.chosen]], TaskState.FUTURE)
        my_task.children[0].event = my_task.event
        my_task.taken.append(self.flows[self._outputs.index(my_task.chosen)])
        return True
