"""Rows of `docs/spiffworkflow.md` about cost, clock and identity. They count; no test here looks at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import SpiffWorkflow.bpmn.specs.mixins.subworkflow_task as subworkflow_task
import SpiffWorkflow.task as stock_task
from SpiffWorkflow.bpmn.script_engine.python_environment import TaskDataEnvironment
from SpiffWorkflow.bpmn.specs.event_definitions import timer as stock_timer
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.specs.StartTask import StartTask
from SpiffWorkflow.util.deep_merge import DeepMerge
from SpiffWorkflow.util.task import TaskIterator, TaskState

from tests.referee.expectation import Expectations, model

COSTS = Expectations()
FINISHED, PREDICTED = TaskState.FINISHED_MASK, TaskState.PREDICTED_MASK | TaskState.FUTURE


@contextlib.contextmanager
def _counted(owner: Any, name: str) -> Iterator[list[None]]:
    """Count the calls of a function of `owner`: the list has an entry for each."""
    calls: list[None] = []
    counted: Callable[..., Any] = getattr(owner, name)

    def count(*arguments: Any, **named: Any) -> Any:
        calls.append(None)
        return counted(*arguments, **named)

    static = isinstance(vars(owner).get(name), staticmethod)
    with mock.patch.object(owner, name, staticmethod(count) if static else count):
        yield calls


def _loop_after(player: Any, passes: int) -> Any:
    played = player(model("loop"), on=True)
    for _ in range(passes):
        played.complete("A")
    return played


@COSTS.of()
def tasks_visited(player: Any) -> None:
    """A step looks at as many tasks after a long history as after a short one."""
    visited = []
    for passes in (5, 25):
        played = _loop_after(player, passes)
        with _counted(TaskIterator, "_next") as calls:
            played.complete("A")
        visited.append(len(calls))

    assert visited[0] == visited[1]


@COSTS.of()
def end_visited(player: Any) -> None:
    """Ending a case at once, or taking a subprocess away, looks at as many tasks after a long history as after a
    short one."""
    visited = []
    for passes in (5, 25):
        ended, stopped = player(model("terminate")), player(model("stop_of_loop"), over=False)
        for _ in range(passes):
            ended.complete("A")
            stopped.complete("A")
        with _counted(TaskIterator, "_next") as calls:
            ended.complete("B")
            stopped.message("paper")
        assert ended.ended and stopped.open == ["B"]
        visited.append(len(calls))

    assert visited[0] == visited[1]


@COSTS.of()
def stored_history(player: Any) -> None:
    """What is stored is as long after a long history as after a short one, but for digits of numbers."""
    short, long = (len(_loop_after(player, passes).stored()) for passes in (5, 25))

    assert long <= short + 10


@COSTS.of()
def kept_terminate(player: Any) -> None:
    """Nothing is left of a terminate end."""
    played = player(model("terminate"))

    played.complete("B")

    assert played.ended
    assert played.events_kept == []


@COSTS.of()
def predicted_tasks(player: Any) -> None:
    """There are no tasks where no token has come."""
    for name in ("series", "choice"):
        tasks = player(model(name), x=True).tasks()

        assert [task.task_spec.name for task in tasks if task.state < TaskState.WAITING] == []


@COSTS.of()
def boundary_tasks(player: Any) -> None:
    """A task with a boundary event is one task in memory."""
    played = player(model("boundary_message"))
    names = [task.task_spec.name for task in played.tasks() if not task.has_state(FINISHED | PREDICTED)]
    assert [name for name in names if name != "P"] == ["A"]

    played.message("paper")

    assert played.open == ["A", "B"]


@COSTS.of()
def checked_again(player: Any) -> None:
    """An element isn't checked again each time that a token comes."""
    with _counted(TaskSpec, "test") as calls, _counted(StartTask, "test") as starts:
        player(model("series"))

    assert calls == starts == []


@COSTS.of()
def finished_tasks(player: Any) -> None:
    """There are no tasks where the token has left."""
    tasks = _loop_after(player, 5).tasks()

    assert [task.task_spec.name for task in tasks if task.has_state(FINISHED)] == []


@COSTS.of()
def waiting_polled(player: Any) -> None:
    """A step somewhere else doesn't ask a waiting timer whether it is due."""
    played = player(model("waiting_timer"))

    with _counted(stock_timer.DurationTimerEventDefinition, "has_fired") as calls:
        played.complete("A")

    assert calls == []


@COSTS.of()
def copied_data(player: Any) -> None:
    """Facts aren't copied from task to task, or into a subprocess and out of it."""
    with _counted(subworkflow_task, "deepcopy") as deep, _counted(DeepMerge, "merge") as merged:
        player(model("subprocess"), x=0).complete("A")

    assert deep == merged == []


@COSTS.of()
def depth_counted(player: Any) -> None:
    """Nobody counts how deep a subprocess lies by walking up the tree."""
    walked = mock.Mock(wraps=BpmnSubWorkflow.parent_workflow.fget)
    with mock.patch.object(BpmnSubWorkflow, "parent_workflow", property(lambda workflow: walked(workflow))):
        player(model("subprocess"))

    assert walked.call_count == 0


@COSTS.of()
def python_eval(player: Any) -> None:
    """No text of a model is Python."""
    with _counted(TaskDataEnvironment, "evaluate") as evaluated, _counted(TaskDataEnvironment, "execute") as executed:
        player(model("choice"), x=True)
        player(model("failing_script"), n=1).complete("A")

    assert evaluated == executed == []


@COSTS.of()
def clock_reads(player: Any) -> None:
    """A step reads no clock."""
    played = player(model("loop"), on=True)

    with _counted(stock_task.time, "time") as calls:
        played.complete("A")

    assert calls == []


@COSTS.of()
def timer_clock(player: Any) -> None:
    """A timer doesn't read the clock: its host says what time it is."""
    with mock.patch.object(stock_timer, "datetime", wraps=stock_timer.datetime) as clock:
        player(model("waiting_timer")).complete("A")

    assert clock.now.call_count == 0


@COSTS.of()
def random_ids(player: Any) -> None:
    """No id is drawn at random."""
    with _counted(stock_task, "uuid4") as calls:
        player(model("loop"), on=True).complete("A")

    assert calls == []


@COSTS.of()
def replay(player: Any) -> None:
    """The same commands give the same bytes."""
    assert _loop_after(player, 2).stored() == _loop_after(player, 2).stored()
