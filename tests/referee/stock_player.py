"""Plays a model with stock SpiffWorkflow: its parser, its workflow, its script engine, and no class of ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import TaskDataEnvironment
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.event_definitions import MessageEventDefinition, SignalEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

LONG_AGO = "2000-01-01T00:00:00+00:00"
AGES = 7000 * 365 * 86400
"""Seconds after which a cycle that was due long ago is due again: never."""


def python_text(document: bytes) -> bytes:
    """The model with its expressions as Python: `=name` becomes `name`, and a raw time is put in quotes."""
    text = re.sub(r"(<bpmn:conditionExpression>\s*)=", r"\1", document.decode())
    return re.sub(r"(<bpmn:time(?:Date|Duration|Cycle)>)([^<]+)<", r'\1"\2"<', text).encode()


class StockPlayer:
    """Starts the process `P`, and goes on until every token waits.

    `raw` leaves the texts of timers as they are. `error` is raised by whatever evaluates expressions.
    """

    def __init__(self, *documents: bytes, raw: bool = False, error: Exception | None = None, **facts: Any) -> None:
        parser = BpmnParser()
        for document in documents:
            parser.add_bpmn_xml(etree.fromstring(document if raw else python_text(document)))
        environment = TaskDataEnvironment() if error is None else _failing(error)
        specs = parser.get_subprocess_specs("P")
        self.flows = etree.fromstring(documents[0]).findall(".//{*}sequenceFlow")
        self.workflow = BpmnWorkflow(parser.get_spec("P"), specs, PythonScriptEngine(environment))
        self.workflow.task_tree.set_data(**facts)
        self.workflow.do_engine_steps()

    @property
    def open(self) -> list[str]:
        """Element ids of the open user tasks, sorted."""
        return sorted(name_of(task) for task in self._manual())

    @property
    def ended(self) -> bool:
        return bool(self.workflow.is_completed())

    def complete(self, element: str, nth: int = 0, **facts: Any) -> None:
        task = [task for task in self._manual() if name_of(task) == element][nth]
        task.set_data(**facts)
        task.run()
        self.workflow.do_engine_steps()

    def seen_at(self, element: str) -> dict[str, Any]:
        """The facts that the open user task sees."""
        return dict(next(task for task in self._manual() if name_of(task) == element).data)

    def message(self, name: str, **facts: Any) -> None:
        self._send(MessageEventDefinition(name), facts)

    def signal(self, name: str) -> None:
        self._send(SignalEventDefinition(name), {})

    def time_comes(self, element: str) -> None:
        """The timer at `element` is due."""
        task = next(task for task in self._waiting() if task.task_spec.name == element)
        assert isinstance(task.task_spec.event_definition, TimerEventDefinition)
        value = task.internal_data["event_value"]
        cycle = {**value, "next": LONG_AGO, "duration": AGES} if isinstance(value, dict) else None
        task._set_internal_data(event_value=cycle or LONG_AGO)
        self.workflow.refresh_timers()
        self.workflow.do_engine_steps()

    def due_dates(self) -> list[str]:
        """The due dates that are kept."""
        return [task.internal_data["event_value"] for task in self._waiting() if "event_value" in task.internal_data]

    def flows_into(self, element: str) -> list[str]:
        """The flows by which the open task may have been reached: a task knows its parent, and no flow."""
        parent = next(task for task in self._manual() if name_of(task) == element).parent
        ends = {"sourceRef": parent.task_spec.name, "targetRef": element}
        return [flow.get("id") for flow in self.flows if ends.items() <= dict(flow.attrib).items()]

    def add_signer(self, item: str) -> None:
        """Put one more into the collection, where the multi-instance task reads it: there is no other way."""
        self._multi().data["people"].append(item)
        self.workflow.do_engine_steps()

    def remove_signer(self) -> None:
        """Cancel the first of the open tasks."""
        self._manual()[0].cancel()
        self.workflow.do_engine_steps()

    def stored(self) -> str:
        """What SpiffWorkflow's serializer keeps between two commands, as JSON."""
        return str(BpmnWorkflowSerializer().serialize_json(self.workflow))

    def reload(self) -> None:
        self.workflow = BpmnWorkflowSerializer().deserialize_json(self.stored())

    def tasks(self) -> list[Task]:
        return [*self.workflow.tasks.values()]

    @property
    def events_kept(self) -> list[BpmnEvent]:
        """The events that wait to be taken by somebody outside."""
        return [*self.workflow.bpmn_events]

    def _send(self, definition: EventDefinition, facts: dict[str, Any]) -> None:
        self.workflow.send_event(BpmnEvent(definition, payload=facts))
        self.workflow.do_engine_steps()

    def _manual(self) -> list[Task]:
        return [task for task in self.workflow.get_tasks(state=TaskState.READY) if task.task_spec.manual]

    def _waiting(self) -> list[Task]:
        return list(self.workflow.get_tasks(state=TaskState.WAITING))

    def _multi(self) -> Task:
        return next(task for task in self.workflow.get_tasks(state=TaskState.STARTED) if task.task_spec.name == "A")


def name_of(task: Task) -> str:
    """The id of the element. SpiffWorkflow calls the instances of a multi-instance `ID [child]`."""
    return str(task.task_spec.name).removesuffix(" [child]")


def _failing(error: Exception) -> TaskDataEnvironment:
    """SpiffWorkflow's environment for expressions, where evaluating raises `error`."""
    environment = TaskDataEnvironment()
    evaluate: Callable[..., Any] = _raise(error)
    environment.evaluate = evaluate
    return environment


def _raise(error: Exception) -> Callable[..., Any]:
    def raising(*_: Any) -> Any:
        raise error

    return raising
