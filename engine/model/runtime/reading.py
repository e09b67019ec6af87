# mypy: allow-subclassing-any
"""Reads BPMN files into bodies that can run, with SpiffWorkflow's parser and the classes of this room.

SpiffWorkflow's parser finds the elements, makes a node for each, and connects them by their flows. What the nodes do
(mappings, events, conditions) comes from the chain's model, which has read it already. Nodes are made one by one and
connected in a second pass, in the order of the document: so a thousand tasks in a row need no recursion, and moving a
box in the drawing changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.task_parsers import ConditionalGatewayParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.base.errors import ModelError, a
from engine.model.chain.dialect import EVENT_KINDS, EVENT_SUBPROCESS_STARTS
from engine.model.chain.model import Element, Flow, Process
from engine.model.chain.xml import parse
from engine.model.runtime.events import (
    BoundaryEvent,
    CatchEvent,
    EndEvent,
    ReceiveTask,
    SendTask,
    StartEvent,
    ThrowEvent,
)
from engine.model.runtime.gateways import Choice, EventGateway, Exclusive, Inclusive, Parallel
from engine.model.runtime.multi import MultiBody
from engine.model.runtime.nodes import (
    Call,
    Decision,
    ManualTask,
    PlainTask,
    Script,
    SubProcess,
    UserTask,
    Whole,
    Work,
)
from engine.model.runtime.tree import Body, Node

CLASSES: Mapping[str, type[Node]] = {
    "task": PlainTask,
    "manualTask": ManualTask,
    "userTask": UserTask,
    "serviceTask": Work,
    "sendTask": SendTask,
    "receiveTask": ReceiveTask,
    "scriptTask": Script,
    "businessRuleTask": Decision,
    "callActivity": Call,
    "subProcess": SubProcess,
    "exclusiveGateway": Exclusive,
    "parallelGateway": Parallel,
    "inclusiveGateway": Inclusive,
    "eventBasedGateway": EventGateway,
    "startEvent": StartEvent,
    "boundaryEvent": BoundaryEvent,
    "intermediateCatchEvent": CatchEvent,
    "intermediateThrowEvent": ThrowEvent,
    "endEvent": EndEvent,
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
    """The body of each process and subprocess, by `Body.key`. Raises ModelError with the first element that can't be
    run."""
    parser = _Parser(processes)
    try:
        for number, document in enumerate(documents, 1):
            root, findings = parse(document, f"document {number}")
            if root is None:
                raise ModelError(findings[0].message, file=findings[0].file)
            parser.add_bpmn_xml(root)
        for id in processes:
            if id not in parser.process_parsers:
                raise ModelError(f"Process '{id}' isn't in the files of the chain version.", element=id)
            parser.process_parsers[id].get_spec()
    except (ValidationException, RecursionError) as error:
        raise _reason(error) from error
    for process in processes.values():
        for element in process.elements.values():
            _check_call(element, parser.bodies)
    return parser.bodies


class _Node(TaskParser):
    """Makes one node, and connects it afterwards."""

    task: Node

    @property
    def element(self) -> Element:
        element: Element = self.process_parser.element(self.bpmn_id)
        return element

    def create_task(self) -> Node:
        element = self.element
        _check(element, self.process_parser.process)
        kind: type[Node] = Work if element.kind in _JOBS and element.job else self.spec_class
        self.process_parser.parsers[element.id] = self
        return kind(self.spec, element)

    def tie(self, outgoing: Sequence[Any]) -> None:
        """Connect the node with those that follow it. `outgoing`: its sequence flows in XML, in document order."""
        element, body = self.element, self.spec
        for xml in outgoing:
            flow = body.process.flows[xml.get("id")]
            _check_flow(element, flow)
            self.connect_outgoing(body.nodes[flow.target], xml, flow.id == element.default)
        self.task.flows = element.outgoing
        event = element.event
        if element.kind == "intermediateThrowEvent" and event is not None and event.kind == "link":
            self.task.connect(_link_target(body, element, event.name))
            self.task.flows = (None,)

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


class _Choice(_Node, ConditionalGatewayParser):
    """A gateway whose flows have conditions. A single flow without one is the default."""

    def parse_condition(self, sequence_flow: Any) -> str | None:
        condition: str | None = self.spec.process.flows[sequence_flow.get("id")].condition
        return condition

    def connect_outgoing(self, outgoing_task: Node, sequence_flow_node: Any, is_default: bool) -> None:
        alone = len(self.element.outgoing) == 1 and self.parse_condition(sequence_flow_node) is None
        super().connect_outgoing(outgoing_task, sequence_flow_node, is_default or alone)


class _SubProcess(_Node):
    """An embedded or event subprocess, with a body of its own."""

    def create_task(self) -> Node:
        owner = self.process_parser
        inner = _Process(owner.parser, self.node, owner.nsmap, owner.data_stores, filename=owner.filename)
        inner.process = owner.process
        owner.parsers[self.bpmn_id] = self
        inner.get_spec()
        return SubProcess(self.spec, self.element)


class _Process(ProcessParser):
    """A process, or the body of a subprocess."""

    process: Process

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parsers: dict[str, _Node] = {}
        """The parsers of the elements directly in this body, by id."""

    def element(self, id: str) -> Element:
        if id not in self.process.elements:
            raise ModelError(f"Element '{id}' was not read with its process.", element=id)
        return self.process.elements[id]

    def create_spec(self) -> Body:
        body = Body(self.process, self.bpmn_id)
        process = self.process
        body.whole = Whole(body, Element(process.id, "process", process.name, process.id, "", process.line))
        body.task_specs.clear()  # an element of the model may have the id of its process
        self.parser.bodies[body.key] = body
        return body

    def get_outgoing_sequence_flows(self, source_ref: str) -> list[Any]:
        return []  # in the first pass; `_Node.tie` gets them

    def add_tasks(self) -> None:
        body: Body = self.spec
        elements = [e for e in body.process.elements.values() if e.parent == body.name]
        for element in elements:
            node = self.get_node_by_id(element.id)
            if node is None:
                raise _wrong(element, "it isn't in the file of its process")
            self.parse_node(node)
        body.entry = _entry(body, elements)
        body.start.connect(body.entry)
        for element in elements:
            self.parsers[element.id].tie(super().get_outgoing_sequence_flows(element.id))
            if element.event_subprocess:
                _add_trigger(body, element, self.parser.bodies)


class _Parser(BpmnParser):
    """Reads the processes that belong to the chain, and nothing else of a file."""

    PROCESS_PARSER_CLASS = _Process
    PARSER_CLASSES: ClassVar[dict[str, Any]] = {
        full_tag(kind): (_SubProcess if node is SubProcess else _Choice if issubclass(node, Choice) else _Node, node)
        for kind, node in CLASSES.items()
    }

    def __init__(self, processes: Mapping[str, Process]) -> None:
        super().__init__()
        self.processes = processes
        self.bodies: dict[str, Body] = {}

    def add_bpmn_xml(self, bpmn: Any, filename: str | None = None) -> None:
        self._add_processes(bpmn, filename)

    def create_parser(self, node: Any, filename: str | None = None, lane: str | None = None) -> None:
        id = node.get("id")
        if id in self.processes:
            super().create_parser(node, filename, lane)
            self.process_parsers[id].process = self.processes[id]


def _check_flow(element: Element, flow: Flow) -> None:
    chooses = element.kind in ("exclusiveGateway", "inclusiveGateway")
    if flow.condition is not None and not chooses:
        raise _wrong(element, f"its flow '{flow.id}' has a condition, which is evaluated at gateways only")
    if chooses and len(element.outgoing) > 1 and flow.condition is None and flow.id != element.default:
        raise _wrong(element, f"its flow '{flow.id}' has no condition and isn't the default")


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


def _add_trigger(body: Body, element: Element, bodies: Mapping[str, Body]) -> None:
    node = body.nodes[element.id]
    inner = bodies[node.spec] if isinstance(node, SubProcess) else None
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
        raise _wrong(element, f"{a(kind)} event isn't run here; {', '.join(sorted(allowed))} are")
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
