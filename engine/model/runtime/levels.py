# mypy: allow-subclassing-any
"""The two kinds of levels, as SpiffWorkflow's workflows: the case's own process, and a body inside of it."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.base.errors import Fault
from engine.model.runtime.tree import Body, Level, LiveToken, Mover


class _NoScripts:
    """Takes the place of SpiffWorkflow's script engine, which would run Python: nothing of a model may reach that."""

    def __getattr__(self, name: str) -> Any:
        raise Fault(f"Expressions are evaluated by the host; SpiffWorkflow asked its script engine for '{name}'.")


class OuterLevel(Level, BpmnWorkflow):
    """The process of the case itself, held open by token 0."""

    def __init__(self, mover: Mover, body: Body) -> None:
        self.prepare(mover, body, 0)
        super().__init__(body, script_engine=_NoScripts(), deserializing=True)
        self.container = None  # type: ignore[assignment]  # the token that is made now
        self.container = LiveToken(self, body.whole, None, TaskState.STARTED)
        self.container.number = self.container.inner = 0
        self.container.inside = self
        mover.tokens[0] = self.container


class InnerLevel(Level, BpmnSubWorkflow):
    """An embedded subprocess or a called process, held open by the token of its activity."""

    def __init__(self, mover: Mover, container: LiveToken, body: Body, scope: int) -> None:
        self.prepare(mover, body, scope)
        self.container = container
        super().__init__(body, container.id, mover.outer, deserializing=True)
        container.inside = self

    def _calculate_depth(self) -> int:
        return 0  # nothing asks for it, and counting it walks up the tree
