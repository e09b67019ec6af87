"""BPMN files as values: elements, flows and events of each process, in the order of the document.

Reports only what can't be read (no id, an id twice, a reference to nothing); the rules say what a model may contain.
Walks with an explicit stack: neither depth nor length of a model can exhaust Python's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from engine.model.chain.dialect import BODIES, BPMN, EVENTS, FLOW_NODES, ZEEBE
from engine.model.chain.model import DataMapping, Element, Event, Finding, Flow, MultiInstance, Process
from engine.model.chain.xml import parse

Node = etree._Element

_DEFINITIONS = ("message", "signal", "error", "escalation")
_INTERRUPTING = {"boundaryEvent": "cancelActivity"}
_CODES = {"error": "errorCode", "escalation": "escalationCode"}


@dataclass(frozen=True, slots=True)
class Document:
    """One BPMN file: its tree (for rules about the text), its processes, and the findings of reading it."""

    file: str
    root: Node | None
    processes: Mapping[str, Process]
    findings: tuple[Finding, ...]


def read_bpmn(data: bytes, file: str) -> tuple[dict[str, Process], list[Finding]]:
    """Return all processes of a BPMN file by id, and the findings of reading it.

    Where a finding is an error the processes may lack what couldn't be read: don't run them. Never raises.
    """
    document = read_document(data, file)
    return dict(document.processes), list(document.findings)


def read_document(data: bytes, file: str) -> Document:
    """Return `data` as a Document; `file` is the name that the findings show. Never raises."""
    root, findings = parse(data, file)
    if root is None:
        return Document(file, None, {}, tuple(findings))
    if root.tag != f"{{{BPMN}}}definitions":
        return Document(file, None, {}, (_not_bpmn(root, file),))
    reading = _Reading(file, _definitions(root))
    return Document(file, root, reading.processes(root), tuple(reading.findings))


def local(node: Node) -> str:
    """Return the tag without its namespace; empty for a comment or a processing instruction."""
    return str(node.tag).rpartition("}")[2] if isinstance(node.tag, str) else ""


def line_of(node: Node) -> int:
    """Return the line of the node's tag in its file; 0 for a node that comes from none."""
    line: Any = node.sourceline
    return line or 0


def is_bpmn(node: Node) -> bool:
    return isinstance(node.tag, str) and node.tag.startswith(f"{{{BPMN}}}")


def children(node: Node, tag: str, namespace: str = BPMN) -> Iterator[Node]:
    return node.iterchildren(f"{{{namespace}}}{tag}")


def extensions(node: Node) -> Iterator[Node]:
    """Yield the zeebe elements of a BPMN element."""
    for box in children(node, "extensionElements"):
        yield from box.iterchildren(f"{{{ZEEBE}}}*")


def extension(node: Node, tag: str) -> Node | None:
    return next((e for e in extensions(node) if local(e) == tag), None)


def resolve(text: str | None) -> str | None:
    """Return the id that a QName reference names. Its prefix is dropped: nothing is imported."""
    return text.strip().rpartition(":")[2] if text and text.strip() else None


def _not_bpmn(root: Node, file: str) -> Finding:
    known = {"definitions": "a DMN or other model", "html": "an HTML page"}
    content = known.get(local(root), f"the element '{local(root)}'")
    message = f"Expected bpmn:definitions (namespace {BPMN}); found {content}. Export the model as BPMN 2.0."
    return Finding(file, None, line_of(root), "not-a-model", "error", message)


def _definitions(root: Node) -> dict[tuple[str, str], Node]:
    """Return messages, signals, errors and escalations by (tag, id)."""
    return {(tag, n.get("id", "")): n for tag in _DEFINITIONS for n in children(root, tag)}


@dataclass(slots=True)
class _ProcessParts:
    """The parts of one process as read, before flows are tied to elements."""

    process: str
    elements: dict[str, Element] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    lanes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Reading:
    """Reads one file. `ids`: the line at which each id of a process, element or flow was first met."""

    file: str
    definitions: dict[tuple[str, str], Node]
    findings: list[Finding] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)

    def error(self, rule: str, node: Node, message: str, element: str | None = None) -> None:
        self.findings.append(Finding(self.file, element or node.get("id"), line_of(node), rule, "error", message))

    def processes(self, root: Node) -> dict[str, Process]:
        processes = {}
        for node in children(root, "process"):
            if (id := self.identify(node)) is not None:
                processes[id] = self.process(node, id)
        return processes

    def identify(self, node: Node) -> str | None:
        """Return the node's id if it is its own; else note a finding and return None."""
        id = node.get("id")
        if not id:
            self.error("missing-id", node, f"This {local(node)} has no id. Give it one of its own.")
            return None
        if id in self.ids:
            what = f"The id '{id}' is taken by line {self.ids[id]}"
            self.error("duplicate-id", node, f"{what}. Give this {local(node)} another.")
            return None
        self.ids[id] = line_of(node)
        return id

    def process(self, node: Node, id: str) -> Process:
        body = _ProcessParts(id)
        self.walk(node, body)
        elements = {e.id: replace(e, lane=body.lanes.get(e.id)) for e in body.elements.values()}
        flows = {f.id: f for f in body.flows if self.tied(f, elements, node)}
        return Process(
            id,
            node.get("name") or id,
            self.file,
            line_of(node),
            self.checked(_tie(elements, flows.values()), node),
            flows,
            _properties(node),
            node.get("isExecutable", "false").strip() in ("true", "1"),
        )

    def walk(self, process: Node, body: _ProcessParts) -> None:
        """Collect flow nodes, sequence flows and lanes of the process and its bodies, in document order."""
        stack: list[tuple[Node, str]] = [(n, body.process) for n in reversed(list(process))]
        while stack:
            node, parent = stack.pop()
            if not is_bpmn(node):
                continue
            tag = local(node)
            if tag == "sequenceFlow":
                self.flow(node, body)
            elif tag == "laneSet":
                _read_lanes(node, body.lanes)
            elif tag in FLOW_NODES:
                id = self.identify(node)
                if id is not None:
                    body.elements[id] = self.element(node, id, body.process, parent)
                    if tag in BODIES:
                        stack.extend((n, id) for n in reversed(list(node)))

    def flow(self, node: Node, body: _ProcessParts) -> None:
        id = self.identify(node)
        if id is None:
            return
        condition = next((c.text or "" for c in children(node, "conditionExpression")), None)
        source, target = resolve(node.get("sourceRef")) or "", resolve(node.get("targetRef")) or ""
        condition = condition.strip() if condition is not None else None
        body.flows.append(Flow(id, source, target, condition, line_of(node), node.get("name") or ""))

    def tied(self, flow: Flow, elements: Mapping[str, Element], process: Node) -> bool:
        """Return whether both ends of the flow are elements of one body; note a finding if they aren't."""
        missing = [end for end in (flow.source, flow.target) if end not in elements]
        if missing:
            what = f"The flow leads from '{flow.source}' to '{flow.target}'"
            why = f"there is no element '{missing[0]}' in process '{process.get('id')}'"
            self.report(flow.id, flow.line, "reference", f"{what}, but {why}. Draw the flow again.")
            return False
        if elements[flow.source].parent != elements[flow.target].parent:
            what = f"The flow leads from '{flow.source}' to '{flow.target}' across the border of a subprocess"
            self.report(flow.id, flow.line, "reference", f"{what}. End it at the subprocess itself.")
            return False
        return True

    def checked(self, elements: dict[str, Element], process: Node) -> dict[str, Element]:
        """Return the elements; note a finding for each reference inside the process that leads to nothing."""
        for element in elements.values():
            host = elements.get(element.attached_to or "")
            if element.kind == "boundaryEvent" and (host is None or host.parent != element.parent):
                what = f"It is attached to '{element.attached_to}', which is no activity beside it"
                self.report(element.id, element.line, "reference", f"{what}. Attach it to an activity.")
            if element.default is not None and element.default not in element.outgoing:
                what = f"Its default flow '{element.default}' doesn't leave it"
                message = f"{what}. Choose one of {list(element.outgoing)}."
                self.report(element.id, element.line, "reference", message)
        return elements

    def report(self, element: str, line: int, rule: str, message: str) -> None:
        self.findings.append(Finding(self.file, element, line, rule, "error", message))

    def element(self, node: Node, id: str, process: str, parent: str) -> Element:
        tag = local(node)
        mapping = extension(node, "ioMapping")
        element = Element(
            id,
            tag,
            (node.get("name") or "").strip(),
            process,
            parent,
            line_of(node),
            default=resolve(node.get("default")),
            attached_to=resolve(node.get("attachedToRef")),
            interrupting=_true(node, _INTERRUPTING.get(tag, "isInterrupting"), "true"),
            event_subprocess=_true(node, "triggeredByEvent", "false"),
            event=self.event(node, tag),
            multi=_multi(node),
            inputs=_mappings(mapping, "input"),
            outputs=_mappings(mapping, "output"),
            properties=_properties(node),
            documentation=next(((d.text or "").strip() for d in children(node, "documentation")), ""),
        )
        return replace(element, **_details(node))

    def event(self, node: Node, tag: str) -> Event | None:
        if tag == "receiveTask":
            return self.message(node, node.get("messageRef"))
        if tag not in EVENTS:
            return None
        definitions = [n for n in node.iterchildren(f"{{{BPMN}}}*") if local(n).endswith("EventDefinition")]
        definitions += list(children(node, "eventDefinitionRef"))
        if not definitions:
            return Event("none")
        if len(definitions) > 1:
            return Event("multiple")
        kind = local(definitions[0]).removesuffix("EventDefinition").replace("compensate", "compensation")
        return self.definition(definitions[0], kind)

    def definition(self, node: Node, kind: str) -> Event:
        match kind:
            case "timer":
                return _timer(node)
            case "message":
                return self.message(node, node.get("messageRef"))
            case "signal":
                signal = self.lookup(node, "signal", node.get("signalRef"))
                return Event("signal", signal.get("name") if signal is not None else None)
            case "error" | "escalation":
                if not node.get(f"{kind}Ref"):
                    return Event(kind)  # an event without a code catches all
                coded = self.lookup(node, kind, node.get(f"{kind}Ref"))
                return Event(kind, coded.get(_CODES[kind]) if coded is not None else None)
            case "link":
                return Event("link", node.get("name"))
            case _:
                return Event(kind)

    def message(self, node: Node, reference: str | None) -> Event:
        message = self.lookup(node, "message", reference)
        if message is None:
            return Event("message")
        subscription = extension(message, "subscription")
        key = subscription.get("correlationKey") if subscription is not None else None
        return Event("message", message.get("name"), key or None)

    def lookup(self, node: Node, tag: str, reference: str | None) -> Node | None:
        definition = self.definitions.get((tag, resolve(reference) or ""))
        if definition is None:
            owner = node if local(node) in FLOW_NODES else node.getparent()
            id = owner.get("id") if owner is not None else None
            what = f"refers to the {tag} '{reference}', which isn't there" if reference else f"names no {tag}"
            self.error("reference", node, f"The event {what}. Choose the {tag} in its properties.", id)
        return definition


def _tie(elements: Mapping[str, Element], flows: Iterable[Flow]) -> dict[str, Element]:
    """Return the elements with their incoming and outgoing flows, in the order of the document."""
    into: dict[str, list[str]] = {}
    out: dict[str, list[str]] = {}
    for flow in flows:
        out.setdefault(flow.source, []).append(flow.id)
        into.setdefault(flow.target, []).append(flow.id)
    return {
        id: replace(e, incoming=tuple(into.get(id, ())), outgoing=tuple(out.get(id, ()))) for id, e in elements.items()
    }


def _read_lanes(lane_set: Node, lanes: dict[str, str]) -> None:
    """Enter the name of the innermost lane for each element id (the lane's id where it has no name)."""
    for lane in lane_set.iter(f"{{{BPMN}}}lane"):  # outer lanes come before inner ones, so that the inner one stays
        for reference in children(lane, "flowNodeRef"):
            if id := resolve(reference.text):
                lanes[id] = lane.get("name") or lane.get("id") or ""


def _timer(node: Node) -> Event:
    for child in node.iterchildren(f"{{{BPMN}}}*"):
        if local(child) in ("timeDate", "timeDuration", "timeCycle"):
            return Event("timer", form=local(child), text=(child.text or "").strip())
    return Event("timer")


def _multi(node: Node) -> MultiInstance | None:
    loop = next(children(node, "multiInstanceLoopCharacteristics"), None)
    if loop is None:
        return None
    stated = extension(loop, "loopCharacteristics")
    get = stated.get if stated is not None else (lambda _: None)
    completion = next(((c.text or "").strip() for c in children(loop, "completionCondition")), None)
    return MultiInstance(
        _true(loop, "isSequential", "false"),
        get("inputCollection") or "",
        get("inputElement") or None,
        get("outputCollection") or None,
        get("outputElement") or None,
        completion or None,
    )


_DETAILS: Mapping[tuple[str, str], str] = {
    ("formDefinition", "formId"): "form",
    ("assignmentDefinition", "assignee"): "assignee",
    ("assignmentDefinition", "candidateGroups"): "candidate_groups",
    ("assignmentDefinition", "candidateUsers"): "candidate_users",
    ("taskSchedule", "dueDate"): "due_date",
    ("taskDefinition", "type"): "job",
    ("taskDefinition", "retries"): "retries",
    ("calledElement", "processId"): "called",
    ("calledDecision", "decisionId"): "decision",
    ("calledDecision", "resultVariable"): "result",
    ("script", "expression"): "script",
    ("script", "resultVariable"): "result",
}
"""(zeebe element, attribute) → name of the field of Element."""


def _details(node: Node) -> dict[str, Any]:
    details: dict[str, Any] = {}
    for stated in extensions(node):
        tag = local(stated)
        for name, value in stated.attrib.items():
            if (field_name := _DETAILS.get((tag, str(name)))) and str(value).strip():
                details[field_name] = str(value).strip()
        if tag == "calledElement":
            details["propagate_in"] = _true(stated, "propagateAllParentVariables", "true")
            details["propagate_out"] = _true(stated, "propagateAllChildVariables", "true")
        elif tag == "taskHeaders":
            headers = children(stated, "header", ZEEBE)
            details["headers"] = {h.get("key") or "": h.get("value") or "" for h in headers}
    return details


def _properties(node: Node) -> dict[str, str]:
    stated = extension(node, "properties")
    if stated is None:
        return {}
    return {p.get("name") or "": p.get("value") or "" for p in children(stated, "property", ZEEBE)}


def _mappings(node: Node | None, tag: str) -> tuple[DataMapping, ...]:
    if node is None:
        return ()
    stated = children(node, tag, ZEEBE)
    return tuple(DataMapping(m.get("source") or "", m.get("target") or "") for m in stated)


def _true(node: Node, attribute: str, default: str) -> bool:
    return (node.get(attribute) or default).strip() in ("true", "1")
