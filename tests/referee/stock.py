"""Drives a stock SpiffWorkflow workflow, with none of Licet's classes: one command at a time, and what came of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import ErrorEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import CycleTimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.end_event import EndEvent
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import MultiInstanceTask
from SpiffWorkflow.bpmn.specs.mixins.script_task import ScriptTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from tests.referee.translator import AFTER, CYCLE, Chain

Place = tuple[tuple[str, ...], str]
"""The activities around an element, the outermost first, and the element itself; an instance of a multi-instance is
`element[index]`."""

NEVER, LONG_AGO = "9999-01-01T00:00:00+00:00", "2000-01-01T00:00:00+00:00"
"""Instants between which every clock stands: what is due then never fires, or has fired."""
_UNTIL_NEVER = 7000 * 365 * 86400
"""Seconds from the one to about the other."""

_CHILD = " [child]"
_SPLIT = ".BoundaryEventSplit"


class Unanswered(Exception):
    """Stock asked for something that Licet didn't ask for in the same command."""


class Answers(PythonScriptEngine):
    """Gives stock the values that Licet got in the same command.

    They are known by their expression. If there are several, the one of the task's own element is taken (instances of a
    multi-instance ask each for itself), else the next in the order in which Licet got them; the last one stays, for
    stock may ask more than once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[tuple[Place | None, Any]]] = {}
        self.done: Counter[Place] = Counter()
        self.cycles: Mapping[Place, int] = {}

    def learn(
        self, values: Iterable[tuple[str, Place | None, Any]], done: Counter[Place], cycles: Mapping[Place, int]
    ) -> None:
        """Take the answers for one command: the values of expressions, the jobs that are done at once, and how often
        each cycle fires (-1: without end)."""
        self.values, self.done, self.cycles = defaultdict(list), done, cycles
        for expression, place, value in values:
            self.values[expression.strip()].append((place, value))

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        """Return the value: of a condition, whether it is true; of a collection, its size. Raises Unanswered."""
        place = place_of(task)
        if expression == CYCLE:
            times = self.cycles[place]
            return f"R{times if times >= 0 else ''}/{NEVER}/P1D"
        kept = self.values.get(expression.strip())
        if not kept:
            raise Unanswered(expression)
        chosen = next((answer for answer in kept if answer[0] == place), kept[0])
        if len(kept) > 1:
            kept.remove(chosen)
        return len(chosen[1]) if isinstance(chosen[1], list | tuple) else chosen[1] is True

    def execute(self, task: Any, script: str, external_context: Any = None) -> bool | None:
        """Do a script at once; a job, if Licet's host did it at once."""
        if script != "job":
            return True
        place = place_of(task)
        self.done[place] -= 1
        return True if self.done[place] >= 0 else None


class Stock:
    """A case that stock SpiffWorkflow runs."""

    def __init__(self, chain: Chain, process: str) -> None:
        parser = BpmnParser()
        for document in chain.documents:
            parser.add_bpmn_xml(document)
        spec, inner = parser.get_spec(process), parser.get_subprocess_specs(process)
        self.chain, self.answers = chain, Answers()
        self._between = {ends: flow for flow, ends in reversed(chain.flows.items())}
        self._behind: list[tuple[Place, Any]] = []
        self._ends: Counter[Place] = Counter()
        self.happened: set[Place] = set()
        """The boundary events that interrupt nothing and have happened: stock doesn't wait for them again."""
        for body in (spec, *inner.values()):
            for element in body.task_specs.values():
                element.completed_event.connect(self._completed)
        self._spec, self._inner = spec, inner
        self.top: Any = None

    # ---------------------------------------------------------------- commands

    def start(self) -> None:
        """Make the workflow. Here and below, `settle` then does all that nobody has to wait for."""
        self.top = BpmnWorkflow(self._spec, self._inner, self.answers)

    def complete(self, place: Place) -> None:
        self._one(TaskState.READY, place).run()

    def answer(self, place: Place) -> None:
        self._one(TaskState.STARTED, place).complete()

    def fail(self, place: Place, code: str) -> None:
        """Throw an error at the job; stock finds who catches it."""
        ErrorEventDefinition(code, code).throw(self._one(TaskState.STARTED, place))

    def cancel(self) -> None:
        self.top.cancel()

    def fire(self, place: Place) -> None:
        """Let the event happen for the token that waits for it; start the event subprocess if it is one's start."""
        event = BpmnEvent(MessageEventDefinition(place[1]))
        for task in self._catching():
            if place in self._awaited_by(task):
                if _is_cycle(task):
                    task.internal_data["event_value"].update(next=LONG_AGO, duration=_UNTIL_NEVER)
                else:
                    task.task_spec.catch(task, event)
                before = task.children
                task.task_spec._update(task)
                self._leave(task, [child for child in task.children if child not in before])
                for _ in range(2 if _is_cycle(task) else 0):
                    self.settle()  # after its last time a cycle takes two more looks at the clock to be over
                return
        self.top.send_event(event)

    def settle(self) -> None:
        self.top.do_engine_steps()

    # ---------------------------------------------------------------- what came of it

    def tasks(self) -> Counter[Place]:
        """The open user tasks."""
        tasks = self.top.get_tasks(state=TaskState.READY, manual=True)
        return Counter(map(place_of, tasks))

    def jobs(self) -> Counter[Place]:
        """The jobs that wait for an answer from outside."""
        tasks = self.top.get_tasks(state=TaskState.STARTED)
        return Counter(place_of(task) for task in tasks if isinstance(task.task_spec, ScriptTask))

    def awaited(self) -> Counter[Place]:
        """The events that are awaited; behind an event gateway, each of its events."""
        return Counter(place for task in self._catching() for place in self._awaited_by(task))

    @property
    def ended(self) -> bool:
        return bool(self.top.completed)

    def flows(self, in_vain: bool) -> Counter[Place]:
        """The sequence flows taken since this was asked last; `in_vain`: those too whose task was taken away again."""
        behind, self._behind = self._behind, []
        return Counter(flow for flow, task in behind if in_vain or _came(task))

    def ends(self) -> Counter[Place]:
        """The end events reached since this was asked last."""
        reached, self._ends = self._ends, Counter()
        return reached

    # ---------------------------------------------------------------- finding

    def _one(self, state: int, place: Place) -> Any:
        for task in self.top.get_tasks(state=state):
            if not isinstance(task.task_spec, MultiInstanceTask) and place_of(task) == place:
                return task
        raise LookupError(f"nothing is open at {place}")

    def _catching(self) -> Iterator[Any]:
        for task in self.top.get_tasks(state=TaskState.WAITING):
            if isinstance(task.task_spec, CatchingEvent):
                yield task

    def _awaited_by(self, task: Any) -> list[Place]:
        definition = task.task_spec.event_definition
        path, element = place_of(task)
        if isinstance(definition, MultipleEventDefinition):
            return [(path, arm.name) for arm in definition.event_definitions]
        return [(path, element)]

    def _completed(self, workflow: Any, task: Any) -> None:
        path, element = place_of(task)
        if isinstance(task.task_spec, EndEvent):
            self._ends[path, element.removesuffix(AFTER)] += 1
        elif isinstance(task.task_spec, BoundaryEvent) and not task.task_spec.cancel_activity:
            self.happened.add((path, element))
        if not _is_cycle(task):  # its flows were noted as it fired
            self._leave(task, task.children)

    def _leave(self, task: Any, children: Iterable[Any]) -> None:
        """Note the flows from a task to those behind it."""
        path, _ = place_of(task)
        for child in children:
            target = _plain(child.task_spec.name).removesuffix(_SPLIT)
            flow = self._between.get((_plain(task.task_spec.name), target))
            if flow is not None:
                self._behind.append(((path, flow), child))


def _came(task: Any) -> bool:
    """Whether a task wasn't taken away. At a join stock cancels all but one of those that have come: there, whether one
    is left."""
    if isinstance(task.task_spec, UnstructuredJoin):
        there = (other for other in task.workflow.tasks.values() if other.task_spec is task.task_spec)
        return any(other.state != TaskState.CANCELLED for other in there)
    return bool(task.state != TaskState.CANCELLED)


def _is_cycle(task: Any) -> bool:
    return isinstance(getattr(task.task_spec, "event_definition", None), CycleTimerEventDefinition)


def place_of(task: Any) -> Place:
    """Where a task of stock stands."""
    parts: list[str] = []
    workflow = task.workflow
    while workflow.parent_task_id is not None:
        container = workflow.top_workflow.get_task_from_id(workflow.parent_task_id)
        parts.append(_numbered(container))
        workflow = container.workflow
    return tuple(reversed(parts)), _numbered(task)


def _plain(name: str) -> str:
    return name.removesuffix(_CHILD)


def _numbered(task: Any) -> str:
    name = task.task_spec.name
    if not name.endswith(_CHILD):
        return str(name)
    data = task.internal_data
    return f"{_plain(name)}[{data.get('key_or_index', data.get('item'))}]"
