"""The tree of a model that is being mended: elements looked up, added, removed. Knows lxml; knows no step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from engine.model.chain.dialect import BODIES, BPMN, ZEEBE
from engine.model.chain.model import Severity
from engine.model.chain.reader import Node, children, extension, line_of, local, resolve


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was changed. `decide`: a person has to look at it, since the file doesn't say what is right.

    `lost`: nothing here has its meaning: an error where cases would run otherwise than they did, a warning where only
    how an engine works or an editor draws was said.
    """

    element: str | None
    line: int | None
    what: str
    decide: bool
    lost: Severity | None = None

    def as_dict(self) -> dict[str, Any]:
        return {"element": self.element, "line": self.line, "what": self.what}


Said = Iterator[Change]


def say(node: Node, what: str, decide: bool = False, lost: Severity | None = None) -> Change:
    owner: Node | None = node
    while owner is not None and not owner.get("id"):
        owner = owner.getparent()
    return Change(owner.get("id") if owner is not None else None, line_of(node) or None, what, decide, lost)


def lose(node: Node, what: str) -> Change:
    """Say that something is gone that a case would have gone by."""
    return say(node, what, True, "error")


def every(root: Node, *tags: str) -> list[Node]:
    return [node for node in root.iter(f"{{{BPMN}}}*") if local(node) in tags]


def remove(node: Node) -> None:
    parent = node.getparent()
    if parent is not None:
        parent.remove(node)


def named(node: Node) -> str:
    return node.get("name") or node.get("id") or local(node)


def fact_name(node: Node) -> str:
    """Return a name for a fact, made from the element's id."""
    name = re.sub(r"\W", "_", node.get("id") or local(node))
    return name if re.match(r"[A-Za-z]", name) else f"f_{name.strip('_')}"


def event_definition(node: Node) -> Node | None:
    return next((n for n in node.iterchildren(f"{{{BPMN}}}*") if local(n).endswith("EventDefinition")), None)


def unset(node: Node, *names: str) -> None:
    for name in names:
        if name in node.attrib:
            del node.attrib[name]


def take(node: Node, name: str) -> str | None:
    """Remove an attribute; return its value."""
    value = node.get(name)
    unset(node, name)
    return value


_LAST = frozenset(
    {"association", "group", "textAnnotation", "artifact", "resourceRole", "performer", "humanPerformer"}
    | {"potentialOwner", "correlationSubscription", "supports"}
)
"""Elements that the schema wants last in a body: flow elements are inserted before them."""


def add(parent: Node, tag: str, **attributes: str) -> Node:
    made = etree.Element(f"{{{BPMN}}}{tag}", attributes)
    if local(parent) in (*BODIES, "process"):
        at = len(parent)
        while at and local(parent[at - 1]) in _LAST:
            at -= 1
        parent.insert(at, made)
    elif local(parent) == "definitions":
        parent.insert(next((n for n, c in enumerate(parent) if local(c) not in ("import", "extension")), 0), made)
    else:
        parent.append(made)
    return made


def add_zeebe(node: Node, tag: str, **attributes: str) -> Node:
    """Add a zeebe element to the node's extensionElements, which stand right after its documentation; return it."""
    box = next(children(node, "extensionElements"), None)
    if box is None:
        box = etree.Element(f"{{{BPMN}}}extensionElements")
        node.insert(len(list(children(node, "documentation"))), box)
    return etree.SubElement(box, f"{{{ZEEBE}}}{tag}", attributes, nsmap={"zeebe": ZEEBE})


def ensure_zeebe(node: Node, tag: str, **attributes: str) -> Node:
    """Return the node's zeebe element of this tag, made if it has none, with these attributes set."""
    stated = extension(node, tag)
    if stated is None:
        return add_zeebe(node, tag, **attributes)
    for name, value in attributes.items():
        stated.set(name, value)
    return stated


def add_mapping(node: Node, tag: str, source: str, target: str) -> None:
    """Add an input or an output to the node's mappings."""
    etree.SubElement(ensure_zeebe(node, "ioMapping"), f"{{{ZEEBE}}}{tag}", {"source": source, "target": target})


def add_header(node: Node, key: str, value: str) -> None:
    etree.SubElement(ensure_zeebe(node, "taskHeaders"), f"{{{ZEEBE}}}header", {"key": key, "value": value})


def flows_of(body: Node) -> dict[str, list[Node]]:
    """Return the flows of a body by the id of the element that they leave."""
    flows: dict[str, list[Node]] = {}
    for flow in children(body, "sequenceFlow"):
        flows.setdefault(resolve(flow.get("sourceRef")) or "", []).append(flow)
    return flows


def bodies(root: Node) -> list[Node]:
    return every(root, "process", *BODIES)


def retag(node: Node, tag: str, *dropped: str) -> None:
    node.tag = f"{{{BPMN}}}{tag}"
    unset(node, *dropped)


class Ids:
    """The ids that a file uses, and new ones beside them."""

    def __init__(self, root: Node) -> None:
        self._taken = {node.get("id") for node in root.iter() if isinstance(node.tag, str)}

    def new(self, wanted: str) -> str:
        """Return the wanted id, with a number appended if something in the file has it already."""
        id = next(
            id for n in range(len(self._taken) + 1) if (id := f"{wanted}_{n}" if n else wanted) not in self._taken
        )
        self._taken.add(id)
        return id


def drop(root: Node, nodes: Iterable[Node]) -> None:
    """Remove elements, and the flows, boundary events and associations at them."""
    doomed = {node.get("id"): node for node in nodes}
    for event in every(root, "boundaryEvent"):
        if resolve(event.get("attachedToRef")) in doomed:
            doomed[event.get("id")] = event
    for other in every(root, "sequenceFlow", "association", "messageFlow"):
        if doomed.keys() & {resolve(other.get("sourceRef")), resolve(other.get("targetRef"))}:
            remove(other)
    for box in every(root, "incoming", "outgoing", "flowNodeRef"):
        if resolve(box.text) in doomed:
            remove(box)
    for node in doomed.values():
        remove(node)
    forget_flows(root)


def forget_flows(root: Node) -> None:
    """Remove references to flows that no longer exist."""
    flows = {flow.get("id") for flow in every(root, "sequenceFlow")}
    for node in every(root, "incoming", "outgoing"):
        if resolve(node.text) not in flows:
            remove(node)
    for node in root.iter(f"{{{BPMN}}}*"):
        if node.get("default") and resolve(node.get("default")) not in flows:
            del node.attrib["default"]


def connect(ids: Ids, body: Node, source: str, target: str) -> Node:
    return add(body, "sequenceFlow", id=ids.new(f"{source}_to_{target}"), sourceRef=source, targetRef=target)


def add_end(ids: Ids, body: Node) -> str:
    id = ids.new(f"end_{body.get('id')}")
    add(body, "endEvent", id=id)
    return id
