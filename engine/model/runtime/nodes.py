# mypy: allow-subclassing-any
"""Activities: user tasks, service tasks, scripts, decisions, subprocesses, called processes.

Sources: BPMN 2.0.2 chapter 13; Camunda 8 for variables and mappings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.specs import defaults as stock
from SpiffWorkflow.dmn.specs import BusinessRuleTaskMixin
from SpiffWorkflow.util.task import TaskState

from engine.model.chain.model import Element
from engine.model.runtime.changes import ROOT, Arm, Completed, Terminated
from engine.model.runtime.places import Place
from engine.model.runtime.tree import Body, Level, LiveToken, Mover, Node, inner_key


class UserTask(Node, stock.UserTask):
    """Waits for a person."""

    resting = TaskState.READY

    def _on_ready_hook(self, my_task: LiveToken) -> None:
        super()._on_ready_hook(my_task)
        mover = my_task.workflow.mover
        mover.arm_boundaries(my_task)
        level = my_task.workflow.container.number
        mover.host.opened(my_task.number, self.element, mover.scope_of(my_task), level)

    def reschedule(self, token: LiveToken, mover: Mover, recount: bool) -> None:
        mover.host.rescheduled(token.number, self.element, mover.scope_of(token), recount)

    def withdraw(self, token: LiveToken, mover: Mover) -> None:
        self.close(token, mover)

    def close(self, token: LiveToken, mover: Mover) -> None:
        mover.host.closed(token.number, self.element)


class Passed(Node):
    """A task at which SpiffWorkflow waits for a person; as in Camunda 8, the token passes."""

    def __init__(self, body: Body, element: Element) -> None:
        super().__init__(body, element)
        self.manual = False


class PlainTask(Passed, stock.NoneTask):
    """A task of no type."""


class ManualTask(Passed, stock.ManualTask):
    """A task that somebody does without telling the case."""


class Job(Node):
    """An element that has a job type: the host does it, at once or later."""

    resting = TaskState.STARTED

    def _execute(self, task: LiveToken) -> bool | None:
        """Do the job. True: it is done; None: its answer comes later."""
        mover = task.workflow.mover
        level = task.workflow.container.number
        result = mover.host.perform(task.number, self.element, mover.scope_of(task), level)
        if result is not None:
            mover.submit(task, result)
            return True
        mover.set_arm(task, self.name, Arm("job", name=self.element.job))
        mover.arm_boundaries(task)
        return None


class Work(Job, stock.ServiceTask):
    """A service task, or a script or business rule task with a job type."""


class Script(Node, stock.ScriptTask):
    """Evaluates FEEL, by the script engine of the level; the value becomes a result variable."""

    @classmethod
    def arguments(cls, element: Element) -> dict[str, Any]:
        return {"script": element.script or ""}


class Feel(PythonScriptEngine):
    """SpiffWorkflow's extension point for expressions and scripts: the host evaluates them, as FEEL."""

    def __init__(self, mover: Mover) -> None:
        """Without an environment, which in SpiffWorkflow would run Python: nothing of a model may reach that."""
        self.mover = mover

    def evaluate(self, task: LiveToken, expression: str, external_context: Any = None) -> Any:
        """The value. In place of SpiffWorkflow's context stands what takes in what the expression reads."""
        return self.mover.host.evaluate(expression, self.mover.scope_of(task), None, external_context)

    def execute(self, task: LiveToken, script: str, external_context: Any = None) -> bool:
        element = task.task_spec.element
        with Place(element, "script", script, element.result):
            value = self.evaluate(task, script)
        submit_result(task, value)
        return True


class Decision(Node, BusinessRuleTaskMixin):
    """Asks the host for a DMN decision; its value becomes a result variable."""

    @classmethod
    def arguments(cls, element: Element) -> dict[str, Any]:
        return {"dmnEngine": element.decision or ""}

    def _run_hook(self, my_task: LiveToken) -> bool:
        """In place of SpiffWorkflow's, which puts the result on the token and wraps every error."""
        mover = my_task.workflow.mover
        with Place(self.element, "decision", self.dmnEngine, self.element.result):
            value = mover.host.decide(my_task.number, self.element, mover.scope_of(my_task))
        submit_result(my_task, value)
        return True


def submit_result(token: LiveToken, value: Any) -> None:
    """Take in the value of a script or a decision, if its element names a result variable."""
    name = token.task_spec.element.result
    if name:
        token.workflow.mover.submit(token, {name: value})


class Holder(Node):
    """Holds a level open, and goes on when nothing runs in it any more."""

    resting = TaskState.STARTED

    def is_over(self, token: LiveToken) -> bool:
        return token.is_started and token.inside is not None and token.inside.completed

    def finish(self, token: LiveToken) -> None:
        level = token.inside
        if level is not None:
            level.completed_event(level)
        self._update(token)

    def copy_data(self, my_task: LiveToken, subworkflow: Level) -> None:
        """The level was made, and is about to start. SpiffWorkflow copies the data of the token into it."""
        my_task.workflow.mover.arm_boundaries(my_task)

    def update_data(self, my_task: LiveToken, subworkflow: Level) -> None:
        """The level is over. SpiffWorkflow copies its data onto the token."""
        my_task.workflow.mover.host.left(my_task.number, _path(my_task))

    def withdraw(self, token: LiveToken, mover: Mover) -> None:
        if token.inside is not None:
            mover.host.left(token.number, _path(token))


class SubProcess(Holder, stock.SubWorkflowTask):
    """An embedded or an event subprocess. Its elements see the facts around it."""

    @classmethod
    def arguments(cls, element: Element) -> dict[str, Any]:
        return {"subworkflow_spec": inner_key(element.process, element.id)}


class Call(Holder, stock.CallActivity):
    """Calls a process. It runs in a root scope of its own; facts are copied in, and results are mapped back."""

    @classmethod
    def arguments(cls, element: Element) -> dict[str, Any]:
        return {"subworkflow_spec": element.called}

    def copy_data(self, my_task: LiveToken, subworkflow: Level) -> None:
        super().copy_data(my_task, subworkflow)
        mover = my_task.workflow.mover
        host = mover.host
        if self.element.propagate_in:
            facts = dict(host.visible(mover.scope_of(my_task)))
        else:
            facts = dict(host.local(my_task.scope)) if my_task.scope is not None else {}
        subworkflow.scope = mover.open_inner(my_task)
        for name, value in facts.items():
            host.set_local(subworkflow.scope, name, value)

    def update_data(self, my_task: LiveToken, subworkflow: Level) -> None:
        super().update_data(my_task, subworkflow)
        mover = my_task.workflow.mover
        results: Mapping[str, Any] = {}
        if my_task.inner is not None and (self.element.outputs or self.element.propagate_out):
            results = dict(mover.host.local(my_task.inner))
        mover.close_scope(my_task.inner)
        my_task.inner = None
        mover.submit(my_task, results)

    def withdraw(self, token: LiveToken, mover: Mover) -> None:
        super().withdraw(token, mover)
        mover.close_scope(token.inner)


class Whole(Node):
    """The case's own process as an element: token 0 stands there and holds the process open."""

    resting = TaskState.STARTED

    def is_over(self, token: LiveToken) -> bool:
        return token.is_started and token.inside is not None and token.inside.completed

    def finish(self, token: LiveToken) -> None:
        self._end(token)
        token._set_state(TaskState.COMPLETED)
        token.workflow.mover.emit(Completed(ROOT, self.name))

    def cancel(self, token: LiveToken) -> None:
        """End the case from outside: take all open tokens away."""
        token._set_state(TaskState.CANCELLED)
        token.workflow.cancel()
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
