# mypy: allow-subclassing-any
"""Reads BPMN files into bodies that can run, with SpiffWorkflow's parser and the classes of this room.

SpiffWorkflow's parser finds the elements and makes a node for each. Flows, mappings and events come from the chain's
model, which has read them already. Nodes are made one by one and connected afterwards, in the order of the document:
so a thousand tasks in a row need no recursion, and moving a box in the drawing changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.base.errors import ModelError
from engine.model.chain.dialect import EVENT_KINDS, EVENT_SUBPROCESS_STARTS
from engine.model.chain.model import Element, Process
from engine.model.chain.xml import parse
from engine.model.runtime.events import Catch, Throw
from engine.model.runtime.gateways import EventGateway, Exclusive, Inclusive, Parallel
from engine.model.runtime.multi import MultiBody
from engine.model.runtime.nodes import Call, Decision, Script, SubProcess, UserTask, Whole, Work
from engine.model.runtime.tree import Body, Node, Way

CLASSES: Mapping[str, type[Node]] = {
    "task": Node,
    "manualTask": Node,
    "userTask": UserTask,
    "serviceTask": Work,
    "sendTask": Work,
    "receiveTask": Catch,
    "scriptTask": Script,
    "businessRuleTask": Decision,
    "callActivity": Call,
    "subProcess": SubProcess,
    "exclusiveGateway": Exclusive,
    "parallelGateway": Parallel,
    "inclusiveGateway": Inclusive,
    "eventBasedGateway": EventGateway,
    "startEvent": Node,
    "boundaryEvent": Node,
    "intermediateCatchEvent": Catch,
    "intermediateThrowEvent": Throw,
    "endEvent": Throw,
}
"""The class for each kind of element. An element of another kind can't be run."""

_JOBS = frozenset({"scriptTask", "businessRuleTask"})
"""Kinds of elements that the host does if they have a job type, and that evaluate something themselves if not."""

_NEEDED: Mapping[str, str] = {
    "serviceTask": "job",
    "sendTask": "job",
    "scriptTask": "script",
    "businessRuleTask": "decision",
}
"""The field of an element without job type that says what it does, by its kind."""


def read_bodies(processes: Mapping[str, Process], documents: Sequence[bytes]) -> dict[str, Body]:
    """The body of each process, by its id. Raises ModelError with the first element that can't be run."""
    parser = _Parser(processes)
    try:
        for number, document in enumerate(documents, 1):
            root, findings = parse(document, f"document {number}")
            if root is None:
                raise ModelError(findings[0].message, file=findings[0].file)
            parser.add_bpmn_xml(root)
        bodies: dict[str, Body] = {}
        for id in processes:
            if id not in parser.process_parsers:
                raise ModelError(f"Process '{id}' isn't in the files of the chain version.", element=id)
            bodies[id] = parser.process_parsers[id].get_spec()
    except (ValidationException, RecursionError) as error:
        raise _reason(error) from error
    for process in processes.values():
        for element in process.elements.values():
            _check_call(element, bodies)
    return bodies


class _Node(TaskParser):
    """Makes one node, without its ways out: `_tie` adds them."""

    task: Node

    @property
    def element(self) -> Element:
        element: Element = self.process_parser.element(self.bpmn_id)
        return element

    def create_task(self) -> Node:
        element = self.element
        _check(element, self.process_parser.process)
        kind: type[Node] = Work if element.kind in _JOBS and element.job else self.spec_class
        return kind(self.spec, element)

    def parse_io_spec(self) -> None:
        """Does nothing: SpiffWorkflow's data aren't used."""

    def _add_multiinstance_task(self, loop: Any) -> None:
        element = self.element
        if element.multi is None:
            raise _wrong(element, "its multi-instance has no zeebe:loopCharacteristics")
        single = self.spec.task_specs.pop(self.task.name)
        self.task = MultiBody(self.spec, single, element.multi)

    def _add_loop_task(self, loop: Any) -> None:
        raise _wrong(self.element, "standard loops aren't run; use a gateway that leads back")

    def _add_boundary_event(self, children: Sequence[Any]) -> Node:
        self.task.boundaries = [self.process_parser.parse_node(child) for child in children]
        return self.task


class _SubProcess(_Node):
    """An embedded or event subprocess, with a body of its own."""

    def create_task(self) -> Node:
        owner = self.process_parser
        inner = _Process(owner.parser, self.node, owner.nsmap, owner.data_stores, filename=owner.filename)
        inner.process = owner.process
        return SubProcess(self.spec, self.element, inner.get_spec())


class _Process(ProcessParser):
    """A process, or the body of a subprocess."""

    process: Process

    def element(self, id: str) -> Element:
        if id not in self.process.elements:
            raise ModelError(f"Element '{id}' was not read with its process.", element=id)
        return self.process.elements[id]

    def create_spec(self) -> Body:
        body = Body(self.process, self.bpmn_id)
        process = self.process
        body.whole = Whole(body, Element(process.id, "process", process.name, process.id, "", process.line))
        body.task_specs.clear()  # SpiffWorkflow's own 'Start' and 'End' may be ids in a model
        return body

    def get_outgoing_sequence_flows(self, source_ref: str) -> list[Any]:
        return []  # _tie adds them

    def add_tasks(self) -> None:
        body: Body = self.spec
        elements = [e for e in body.process.elements.values() if e.parent == body.name]
        for element in elements:
            node = self.get_node_by_id(element.id)
            if node is None:
                raise _wrong(element, "it isn't in the file of its process")
            self.parse_node(node)
        body.entry = _entry(body, elements)
        for element in elements:
            _tie(body, element)
            if element.event_subprocess:
                _add_trigger(body, element)


class _Parser(BpmnParser):
    """Reads the processes that belong to the chain, and nothing else of a file."""

    PROCESS_PARSER_CLASS = _Process
    PARSER_CLASSES: ClassVar[dict[str, Any]] = {
        full_tag(kind): (_SubProcess if node is SubProcess else _Node, node) for kind, node in CLASSES.items()
    }

    def __init__(self, processes: Mapping[str, Process]) -> None:
        super().__init__()
        self.processes = processes

    def add_bpmn_xml(self, bpmn: Any, filename: str | None = None) -> None:
        self._add_processes(bpmn, filename)

    def create_parser(self, node: Any, filename: str | None = None, lane: str | None = None) -> None:
        id = node.get("id")
        if id in self.processes:
            super().create_parser(node, filename, lane)
            self.process_parsers[id].process = self.processes[id]


def _tie(body: Body, element: Element) -> None:
    """Connect a node with those that follow it, in the order of the document."""
    node = body.nodes[element.id]
    for id in element.outgoing:
        flow = body.process.flows[id]
        is_default = id == element.default
        if flow.condition is not None and element.kind not in ("exclusiveGateway", "inclusiveGateway"):
            raise _wrong(element, f"its flow '{id}' has a condition, which is evaluated at gateways only")
        chooses = isinstance(node, Exclusive) and len(element.outgoing) > 1
        if chooses and flow.condition is None and not is_default:
            raise _wrong(element, f"its flow '{id}' has no condition and isn't the default")
        _connect(node, Way(id, flow.condition, is_default, body.nodes[flow.target]))
    event = element.event
    if element.kind == "intermediateThrowEvent" and event is not None and event.kind == "link":
        _connect(node, Way(None, None, False, _link_target(body, element, event.name)))


def _connect(node: Node, way: Way) -> None:
    node.exits.append(way)
    node.connect(way.target)


def _link_target(body: Body, element: Element, name: str | None) -> Node:
    catches = [
        node
        for node in body.nodes.values()
        if node.element.kind == "intermediateCatchEvent"
        and node.element.event is not None
        and (node.element.event.kind, node.element.event.name) == ("link", name)
    ]
    if len(catches) != 1:
        raise _wrong(element, f"expected one link catch event '{name}' beside it; found {len(catches)}")
    return catches[0]


def _entry(body: Body, elements: Sequence[Element]) -> Node:
    starts = [e for e in elements if e.kind == "startEvent"]
    if len(starts) != 1:
        message = f"Expected one start event in '{body.name}'; found {len(starts)}."
        raise ModelError(message, element=body.name)
    return body.nodes[starts[0].id]


def _add_trigger(body: Body, element: Element) -> None:
    node = body.nodes[element.id]
    inner = node.inner if isinstance(node, SubProcess) else None
    if inner is None:
        raise _wrong(element, "an event subprocess runs once for each event, not for each item of a collection")
    body.triggers[inner.entry.name] = inner.entry


def _check(element: Element, process: Process) -> None:
    """Raise ModelError for an element that doesn't say what to do, or an event that can't be run where it stands."""
    needed = _NEEDED.get(element.kind)
    if needed is not None and element.job is None and getattr(element, needed) is None:
        raise _wrong(element, "it says nothing of what is to be done")
    allowed = EVENT_KINDS.get(element.kind)
    if allowed is None:
        return
    around = process.elements.get(element.parent)
    if element.kind == "startEvent" and around is not None and around.event_subprocess:
        allowed = EVENT_SUBPROCESS_STARTS
    kind = "none" if element.event is None else element.event.kind
    if kind not in allowed:
        raise _wrong(element, f"a {kind} event isn't run here; {', '.join(sorted(allowed))} are")
    if kind == "error" and not element.interrupting:
        raise _wrong(element, "an error always interrupts; let the event interrupt, or use an escalation")


def _check_call(element: Element, bodies: Mapping[str, Body]) -> None:
    if element.kind != "callActivity":
        return
    called = bodies.get(element.called or "")
    if called is None:
        raise _wrong(element, f"the process '{element.called}' that it calls isn't in the chain")
    owner = bodies[element.process].process
    boundaries = {e.id for e in owner.elements.values() if e.attached_to == element.id}
    same = boundaries & called.triggers.keys()
    if same:
        id = min(same)
        raise _wrong(element, f"the id '{id}' is a boundary event here and a start in '{element.called}'; rename one")


def _reason(error: BaseException) -> ModelError:
    """The ModelError inside an exception of SpiffWorkflow, which wraps every one that it meets; else a new one."""
    met: BaseException | None = error
    while met is not None:
        if isinstance(met, ModelError):
            return met
        if isinstance(met, RecursionError):
            return ModelError("Subprocesses are nested too deeply. Turn some into called processes.")
        met = met.__context__
    return ModelError(f"The model can't be run: {error}")


def _wrong(element: Element, what: str) -> ModelError:
    message = f"'{element.id}' ({element.kind}, line {element.line}) can't be run: {what}."
    return ModelError(message, element=element.id, line=element.line)
