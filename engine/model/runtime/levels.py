# mypy: allow-subclassing-any
"""The two kinds of levels, as SpiffWorkflow's workflows: the case's own process, and a body inside of it."""

from __future__ import annotations

from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.model.runtime.nodes import Feel
from engine.model.runtime.tree import Body, Level, LiveToken, Mover


class OuterLevel(Level, BpmnWorkflow):
    """The process of the case itself, held open by token 0."""

    def __init__(self, mover: Mover, body: Body) -> None:
        self.prepare(mover, body, 0)
        super().__init__(body, mover.bodies, Feel(mover), deserializing=True)
        self.container = None  # type: ignore[assignment]  # the token that is made now
        self.container = LiveToken(self, body.whole, None, TaskState.STARTED)
        self.container.number = self.container.inner = 0
        self.container.inside = self
        mover.tokens[0] = self.container

    def create_subprocess(self, my_task: LiveToken, spec_name: str) -> InnerLevel:
        scope = self.mover.scope_of(my_task) if my_task.inner is None else my_task.inner
        level = InnerLevel(self.mover, my_task, self.subprocess_specs[spec_name], scope)
        self.subprocesses[my_task.id] = level
        return level

    def catch(self, event: BpmnEvent) -> None:
        """Does nothing: a terminate end has ended its level, and is told to nobody. All others ask the stepper."""


class InnerLevel(Level, BpmnSubWorkflow):
    """An embedded subprocess or a called process, held open by the token of its activity."""

    def __init__(self, mover: Mover, container: LiveToken, body: Body, scope: int) -> None:
        self.prepare(mover, body, scope)
        self.container = container
        super().__init__(body, container.id, mover.outer, deserializing=True)
        container.inside = self

    def _calculate_depth(self) -> int:
        return 0  # nothing asks for it, and counting it walks up the tree
