"""People take tasks on, hand them over, complete them."""

from __future__ import annotations

from engine.base.errors import Conflict, NotOpen
from engine.case.execution import Execution
from engine.case.records import (
    ClaimTask,
    CompleteTask,
    OfTask,
    ReleaseTask,
    TaskClaimed,
    TaskOpened,
    TaskReleased,
    TransferTask,
    plain,
)
from engine.case.working import text_of
from engine.model.runtime.changes import scope_of


def open_task(execution: Execution, order: OfTask) -> TaskOpened:
    """The task that the order names. Raises NotOpen where it isn't open any more."""
    case = execution.working.case
    task = case.tasks.get(order.task)
    if task is None:
        raise NotOpen(
            f"Expected task {order.task} of case {case.id} to be open; it was completed or withdrawn meanwhile. "
            "Reload the worklist.",
            sentence="task_gone",
            task=order.task,
        )
    return task


def claim(execution: Execution, order: ClaimTask) -> None:
    """Claimed again by its holder, nothing changes."""
    _hold(execution, open_task(execution, order))


def _hold(execution: Execution, task: TaskOpened) -> None:
    """Give a free task to the actor. Raises Conflict where somebody else holds it."""
    working = execution.working
    actor = working.command.actor
    if task.assignee not in (None, actor):
        raise Conflict(
            f"Expected task '{task.name}' to be free; it is claimed by {task.assignee}.",
            sentence="task_held",
            task=task.token,
            holder=task.assignee,
            task_name=task.name,
            holder_name=working.person_name(task.assignee),
        )
    if task.assignee is None:
        working.emit(TaskClaimed(task.token, actor, working.at))


def release(execution: Execution, order: ReleaseTask) -> None:
    task = open_task(execution, order)
    if task.assignee is None:
        raise NotOpen(
            f"Expected task '{task.name}' to be claimed; nobody holds it.",
            sentence="task_unclaimed",
            task=task.token,
            task_name=task.name,
        )
    execution.working.emit(TaskReleased(task.token))


def transfer(execution: Execution, order: TransferTask) -> None:
    task, working = open_task(execution, order), execution.working
    working.emit(TaskClaimed(task.token, text_of(order.to, "to"), working.at))


def complete(execution: Execution, order: CompleteTask) -> None:
    """The task is claimed first where nobody holds it. Its form says which values it takes, and checks them."""
    task, working = open_task(execution, order), execution.working
    _hold(execution, task)
    variables = dict(order.variables or {})
    form = working.context.chain.forms.get(task.form) if task.form else None
    if form is not None:
        given = {name: plain(value) for name, value in variables.items()}
        scope = scope_of(working.case.tokens, task.token)
        checked = form.check(given, execution.host.values(scope), working.now.astimezone(working.zone))
        variables = {n: variables[n] if n in given and given[n] == v else v for n, v in checked.items()}
    working.completed_by = (task.token, working.command.actor)
    execution.run.complete(task.token, {name: working.wrap(name, value) for name, value in variables.items()})
