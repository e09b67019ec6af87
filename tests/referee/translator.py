"""Turns the BPMN files of a chain into plain BPMN for stock SpiffWorkflow.

What is different for stock, and why nothing of the control flow is lost:

- Every element is called `process/element`, and drawings go: see `ROUND`.
- Each event that is waited for becomes a message with the element's id as its name. In Licet the host delivers: the
  command says which token an event has come for. So stock needs no clock, and nothing thrown in the model is caught
  there by itself.
- Jobs, scripts and decisions become script tasks, which stock hands to a script engine (`stock.Answers`). Plain and
  manual tasks become script tasks that are done at once, as Camunda 8 has it. An event with a job gets one before it.
- Expressions stay as they are, as the names under which the script engine finds their values.
- A multi-instance has the size of its collection as its cardinality.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"

ROUND = {
    "an element with the id Start": "start-id",
    "an element with the id End": "end-id",
    "two subprocesses with one id": "same-subprocess-id",
    "the drawing": "order-by-drawing",
    "a plain task": "plain-task",
    "a manual task": "manual-task",
}
"""What the translation goes round, with its row in docs/spiffworkflow.md."""

AFTER = "~"
"""Ends the id of the end event behind the job that was taken out of it."""

CYCLE = "cycle"
"""The text of the timers that stay timers: those that fire again and again, as often as Licet's."""

_EVENTS = ("startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask")
_DELIVERED = ("timerEventDefinition", "messageEventDefinition", "signalEventDefinition")


def tag(name: str) -> str:
    return f"{{{BPMN}}}{name}"


@dataclass
class Chain:
    """A translated chain. Ids are qualified: `process/element`, `process/flow`."""

    documents: list[Any] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    """The kind of each element: its tag in the model, such as `userTask`."""
    calls: dict[str, str] = field(default_factory=dict)
    """The process that each call activity calls."""
    flows: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Source and target of each sequence flow."""
    triggers: set[str] = field(default_factory=set)
    """The start events of event subprocesses."""


def translate(documents: Sequence[bytes]) -> Chain:
    """Translate the BPMN files of one chain."""
    chain = Chain()
    for document in documents:
        root = etree.fromstring(document)
        for stray in root.xpath("//*[local-name()='BPMNDiagram' or local-name()='collaboration']"):
            root.remove(stray)
        for process in root.iter(tag("process")):
            process.set("isExecutable", "true")
            for lanes in list(process.iter(tag("laneSet"))):
                lanes.getparent().remove(lanes)
            _Process(chain, root, process).translate()
        for extensions in list(root.iter(tag("extensionElements"))):
            extensions.getparent().remove(extensions)
        chain.documents.append(root)
    return chain


class _Process:
    """Translates one process of a file, in place."""

    def __init__(self, chain: Chain, root: Any, process: Any) -> None:
        self.chain, self.root, self.process = chain, root, process
        self.id = process.get("id")

    def translate(self) -> None:
        elements = list(self._elements())
        for element in elements:
            self._qualify(element)
        for element in elements:
            self._translate(element)

    def _elements(self) -> Iterator[Any]:
        for element in self.process.iterdescendants():
            if isinstance(element.tag, str) and etree.QName(element).namespace == BPMN:
                yield element

    def _name(self, id: str) -> str:
        return f"{self.id}/{id}"

    def _qualify(self, element: Any) -> None:
        for attribute in ("id", "sourceRef", "targetRef", "attachedToRef", "default"):
            if element.get(attribute) is not None and "Association" not in element.tag:
                element.set(attribute, self._name(element.get(attribute)))
        kind, id = etree.QName(element).localname, element.get("id")
        if kind == "sequenceFlow":
            self.chain.flows[id] = (element.get("sourceRef"), element.get("targetRef"))
        elif id is not None:
            self.chain.kinds[id] = kind

    def _translate(self, element: Any) -> None:
        kind = etree.QName(element).localname
        job = element.find(f"{tag('extensionElements')}/{{{ZEEBE}}}taskDefinition")
        if kind in _EVENTS:
            self._deliver(element)
        elif kind == "callActivity":
            called = element.find(f".//{{{ZEEBE}}}calledElement").get("processId")
            element.set("calledElement", called)
            self.chain.calls[element.get("id")] = called
        elif kind in ("task", "manualTask"):
            _script(element, "pass")
        elif kind in ("serviceTask", "sendTask", "scriptTask", "businessRuleTask", "intermediateThrowEvent") and (
            kind != "intermediateThrowEvent" or job is not None
        ):
            _script(element, "job" if job is not None else "pass")
        elif kind == "endEvent" and job is not None:
            self._job_before(element)
        elif kind == "multiInstanceLoopCharacteristics":
            _cardinality(element)

    def _deliver(self, element: Any) -> None:
        """Let the element wait for a message of its own, if it waits for a timer, a message or a signal."""
        id = element.get("id")
        parent = element.getparent()
        if element.tag == tag("startEvent") and parent.get("triggeredByEvent") == "true":
            self.chain.triggers.add(id)
        definition = next((d for d in element if d.tag in map(tag, _DELIVERED)), None)
        cycle = None if definition is None else definition.find(tag("timeCycle"))
        if cycle is not None and element.tag == tag("boundaryEvent"):
            cycle.text = CYCLE
            return
        if definition is not None:
            element.remove(definition)
            etree.SubElement(element, tag("messageEventDefinition"), messageRef=id)
        elif element.tag == tag("receiveTask"):
            element.set("messageRef", id)
        else:
            return
        etree.SubElement(self.root, tag("message"), id=id, name=id)

    def _job_before(self, end: Any) -> None:
        """Put the job of an end event into a task before it."""
        id = end.get("id")
        end.set("id", id + AFTER)
        task = etree.Element(tag("task"), id=id)
        end.addprevious(task)
        _script(task, "job")
        end.addprevious(etree.Element(tag("sequenceFlow"), id=f"{id}{AFTER}flow", sourceRef=id, targetRef=id + AFTER))


def _script(element: Any, text: str) -> None:
    """Make a script task of the element; of what it holds, only a multi-instance stays."""
    element.tag = tag("scriptTask")
    for child in list(element):
        if child.tag != tag("multiInstanceLoopCharacteristics"):
            element.remove(child)
    etree.SubElement(element, tag("script")).text = text


def _cardinality(loop: Any) -> None:
    collection = loop.find(f".//{{{ZEEBE}}}loopCharacteristics").get("inputCollection")
    for child in list(loop):
        if child.tag != tag("completionCondition"):
            loop.remove(child)
    cardinality = etree.Element(tag("loopCardinality"))
    cardinality.text = collection
    loop.insert(0, cardinality)
