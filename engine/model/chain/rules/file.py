"""Rules about the text of a BPMN file: whether it is valid, keeps to the dialect, and has a diagram.

The schemas are those of the installed SpiffWorkflow package; Licet ships none of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

from lxml import etree

from engine.base.errors import a
from engine.model.chain.dialect import (
    ACTIVITY_PROPERTIES,
    ATTRIBUTES,
    BPMN,
    BPMNDI,
    EDITORS,
    ELEMENT_LISTS,
    EXTENSIONS,
    FLAGS,
    FLOW_NODES,
    IDENTITIES,
    OTHER_TOOLS,
    PROCESS_PROPERTIES,
    REFUSED_ELEMENTS,
    REFUSED_EXTENSIONS,
    ZEEBE,
)
from engine.model.chain.model import roles_in
from engine.model.chain.reader import Document, Node, children, is_bpmn, line_of, local, resolve
from engine.model.chain.rules.remark import Remark, nearest

_MOST_SCHEMA_FINDINGS = 20  # a tool that writes one thing wrong writes it wrong on every element
_MOST_DANGLING = 20
_COMPARED = 1_000  # most ids among which the nearest is looked for
_NAMED = {"incoming": ("sequenceFlow",), "outgoing": ("sequenceFlow",), "flowNodeRef": FLOW_NODES}
"""Elements that name another by their text, with the kinds that they may name."""


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    package = find_spec("SpiffWorkflow")
    assert package is not None and package.origin is not None  # a dependency of the engine
    path = Path(package.origin).parent / "bpmn" / "parser" / "schema" / "BPMN20.xsd"
    return etree.XMLSchema(etree.parse(str(path)))


def schema(document: Document) -> Iterator[Remark]:
    """Report where the file isn't valid by the XML schema of BPMN 2.0."""
    assert document.root is not None
    validator = _schema()
    if validator.validate(document.root):
        return
    by_line = {line_of(n): n.get("id") for n in reversed(list(document.root.iter("{*}*"))) if n.get("id")}
    for error in list(validator.error_log)[:_MOST_SCHEMA_FINDINGS]:  # type: ignore[call-overload]
        said = error.message.replace(f"{{{BPMN}}}", "bpmn:")
        message = f"Not valid BPMN 2.0: {said} Mend it, or save the model with an up-to-date editor."
        yield Remark(message, by_line.get(error.line), error.line)


def executable(document: Document) -> Iterator[Remark]:
    """Report processes that aren't marked executable, since they aren't run."""
    for process in document.processes.values():
        if not process.executable and process.elements:
            message = f"Process '{process.id}' isn't marked executable. Set isExecutable to true if it is to run."
            yield Remark(message, process.id, process.line)


def refused_elements(document: Document) -> Iterator[Remark]:
    """Report elements of BPMN that Licet doesn't run."""
    assert document.root is not None
    for node in document.root.iter():
        tag = local(node)
        if is_bpmn(node) and tag in REFUSED_ELEMENTS:
            yield _remark(node, f"{a(tag)[:1].upper()}{a(tag)[1:]} can't be run: {REFUSED_ELEMENTS[tag]}.")
        elif is_bpmn(node) and node.get("instantiate", "false").strip() in ("true", "1"):
            yield _remark(node, "It can't start a process: a case is started by a command. Begin with a start event.")
        elif is_bpmn(node) and node.get("isForCompensation", "false").strip() in ("true", "1"):
            yield _remark(node, "Compensation isn't run. Model what has to be undone as a path of its own.")


def zeebe_elements(document: Document) -> Iterator[Remark]:
    """Report zeebe elements that don't exist, aren't supported, or stand where they have no meaning."""
    for node in _zeebe(document):
        tag, parent = local(node), _parent(node)
        if tag in REFUSED_EXTENSIONS:
            yield _remark(node, f"zeebe:{tag} can't be used: {REFUSED_EXTENSIONS[tag]}.")
        elif _is_zeebe(parent) and local(parent) not in EXTENSIONS:
            continue  # the unknown parent is reported instead
        elif tag not in EXTENSIONS:
            yield _remark(node, f"There is no zeebe:{tag}.{nearest(tag, EXTENSIONS)}")
        elif _is_zeebe(parent):
            if tag not in EXTENSIONS[local(parent)].children:
                yield _remark(node, f"zeebe:{tag} means nothing inside zeebe:{local(parent)}. Move or remove it.")
        else:
            yield from _placed(node, tag, parent)


def _parent(node: Node) -> Node:
    parent = node.getparent()
    assert parent is not None  # only the root has none, which is bpmn:definitions
    return parent


def _is_zeebe(node: Node) -> bool:
    return str(node.tag).startswith(f"{{{ZEEBE}}}")


def _placed(node: Node, tag: str, parent: Node) -> Iterator[Remark]:
    box = parent if local(parent) == "extensionElements" else None
    owner = box.getparent() if box is not None else None
    if owner is None or any(tag in extension.children for extension in EXTENSIONS.values()):
        yield _remark(node, f"zeebe:{tag} doesn't belong here. Put it into the extensionElements of its element.")
        return
    on = EXTENSIONS[tag].on
    if on is not None and local(owner) not in on:
        where = ", ".join(sorted(on))
        yield _remark(node, f"zeebe:{tag} means nothing on {a(local(owner))}; it belongs on: {where}.")
    assert box is not None
    if next(children(box, tag, ZEEBE), None) is not node:
        yield _remark(node, f"zeebe:{tag} stands twice on this {local(owner)}. Leave one.")


def zeebe_attributes(document: Document) -> Iterator[Remark]:
    """Report zeebe attributes that don't exist, are missing, or have a value that isn't supported."""
    assert document.root is not None
    for node in _zeebe(document):
        extension = EXTENSIONS.get(local(node))
        if extension is None:
            continue
        for name, value in node.attrib.items():
            yield from _attribute(node, str(name), str(value))
        for name in sorted(extension.required):
            if not (node.get(name) or "").strip():
                yield _remark(node, f"zeebe:{local(node)} needs the attribute '{name}'. Fill it in.")
    prefix = f"{{{ZEEBE}}}"
    for node in document.root.iter(f"{{{BPMN}}}*"):
        for name in (str(n).removeprefix(prefix) for n in node.attrib if str(n).startswith(prefix)):
            if name not in ATTRIBUTES:
                yield _remark(node, f"There is no attribute zeebe:{name}.{nearest(name, ATTRIBUTES)}")


def _attribute(node: Node, name: str, value: str) -> Iterator[Remark]:
    extension = EXTENSIONS[local(node)]
    if name.startswith("{"):
        return  # an attribute in another tool's namespace
    if name not in extension.attributes:
        known = nearest(name, extension.attributes) or " It has none."
        yield _remark(node, f"zeebe:{local(node)} has no attribute '{name}'.{known}")
    elif name in extension.values and value not in extension.values[name]:
        allowed = " or ".join(sorted(extension.values[name]))
        yield _remark(node, f"zeebe:{local(node)} {name} has to be {allowed}; found '{value}'.")
    elif local(node) == "formDefinition" and name != "formId" and name != "bindingType":
        yield _remark(node, f"Forms are found by their id. Give zeebe:formDefinition a formId instead of '{name}'.")


def unknown_properties(document: Document) -> Iterator[Remark]:
    """Report names of zeebe:property that Licet doesn't know: another tool's, or misspelt."""
    for node, name, _, owner in _properties(document):
        known = PROCESS_PROPERTIES if owner == "process" else ACTIVITY_PROPERTIES
        if name and name not in known:
            hint = nearest(name, known) if owner == "process" or owner in FLOW_NODES else ""
            yield _remark(node, f"The property '{name}' means nothing to Licet.{hint}")


def property_values(document: Document) -> Iterator[Remark]:
    """Report flags that are neither true nor false, lists that are empty, and other values that mean nothing."""
    for node, name, value, owner in _properties(document):
        if name in FLAGS and value not in ("true", "false"):
            yield _remark(node, f"The property '{name}' has to be true or false; found '{value}'.")
        elif name in ELEMENT_LISTS and not value.strip():
            yield _remark(
                node, f"The property '{name}' has to name elements, separated by commas. Fill it in or remove it."
            )
        elif owner == "process" and name == "intake" and not roles_in(value):
            yield _remark(node, "The property 'intake' has to list roles, with commas. Fill it in or remove it.")
        elif owner == "process" and name == "identity" and value not in IDENTITIES:
            message = f"The property 'identity' has to be required, optional or none; found '{value}'."
            yield _remark(node, message + nearest(value, IDENTITIES))


def other_tools(document: Document) -> Iterator[Remark]:
    """Report what other tools added to BPMN: it has no effect."""
    assert document.root is not None
    met: dict[str, tuple[Node, dict[str, None], int]] = {}
    parts = [part.iter("*") for part in document.root.iterchildren("*") if local(part) != "BPMNDiagram"]
    for node in chain([document.root], *parts):
        tags = [str(node.tag), *(str(name) for name in node.attrib if str(name).startswith("{"))]
        for namespace, name in ((tag[1:].partition("}")[0], tag.partition("}")[2]) for tag in tags):
            if namespace not in EDITORS:
                first, names, places = met.get(namespace, (node, {}, 0))
                met[namespace] = (first, names | {name: None}, places + 1)
    for namespace, (first, names, places) in met.items():
        prefix = OTHER_TOOLS.get(namespace) or next(
            (p for p, uri in first.nsmap.items() if uri == namespace and p), None
        )
        listed = ", ".join([f"{prefix}:{name}" if prefix else name for name in names][:8])
        listed += " …" if len(names) > 8 else ""
        where = f"in {places} places" if places > 1 else "here"
        message = f"What another tool added ({namespace}) has no effect, {where}: {listed}."
        yield _remark(first, f"{message} licet chain import carries over what has a meaning, and tells the rest.")


def dangling(document: Document) -> Iterator[Remark]:
    """Report references inside the file that name nothing in it. The ends of a sequence flow are read, and told, by the
    reader.
    """
    assert document.root is not None
    kinds: dict[str, str] = {}
    referring: list[tuple[Node, str, str]] = []
    for node in document.root.iter("*"):
        tag = local(node)
        if id := (node.get("id") or "").strip():
            kinds[id] = tag
        referring += ((node, name, text) for name, text in _references(node, tag) if _is_own(document.root, node, text))
    named = [(node, name, resolve(text)) for node, name, text in referring]
    lost = [(node, name, id) for node, name, id in named if id is not None and id not in kinds]
    for node, name, id in lost[:_MOST_DANGLING]:
        known = [other for other, kind in kinds.items() if kind in _NAMED.get(name, (kind,))]
        hint = nearest(id, known if len(known) <= _COMPARED else ())
        hint = hint or " Remove the reference, or draw it again."
        remark = _remark(node, f"The {name} '{id}' names nothing in the file.{hint}")
        yield remark if is_bpmn(node) else replace(remark, element=node.get("id") or remark.element)
    if more := len(lost[_MOST_DANGLING:]):
        yield Remark(f"{more} more references name nothing in the file.", line=line_of(lost[_MOST_DANGLING][0]))


def _references(node: Node, tag: str) -> Iterator[tuple[str, str]]:
    """Yield (what refers, text) for each reference to a part of the same file."""
    if tag in _NAMED and is_bpmn(node):
        yield tag, node.text or ""
    elif tag in ("association", "messageFlow") and is_bpmn(node):
        yield from ((name, node.get(name, "")) for name in ("sourceRef", "targetRef"))
    elif "bpmnElement" in node.attrib:
        yield "bpmnElement", node.get("bpmnElement", "")


def _is_own(root: Node, node: Node, text: str) -> bool:
    """Return whether a name is one of this file: its prefix, if it has one, doesn't stand for an imported file."""
    prefix = text.strip().rpartition(":")[0]
    space = node.nsmap.get(prefix) if prefix else None
    return space is None or space not in {one.get("namespace") for one in children(root, "import")}


def diagram(document: Document) -> Iterator[Remark]:
    """Report elements without a shape in the diagram: without one nobody sees where a case stands."""
    assert document.root is not None
    drawn = {node.get("bpmnElement") for node in document.root.iter(f"{{{BPMNDI}}}BPMNShape")}
    for process in document.processes.values():
        missing = [e for e in process.elements.values() if e.id not in drawn]
        if missing and len(missing) == len(process.elements):
            yield Remark(f"Process '{process.id}' has no diagram. Draw it in the modeler.", process.id, process.line)
        elif missing:
            names = ", ".join(e.id for e in missing[:5]) + (" …" if len(missing) > 5 else "")
            yield Remark(f"{len(missing)} elements aren't in the diagram: {names}.", missing[0].id, missing[0].line)


def _zeebe(document: Document) -> Iterator[Node]:
    assert document.root is not None
    return document.root.iter(f"{{{ZEEBE}}}*")


def _properties(document: Document) -> Iterator[tuple[Node, str, str, str]]:
    """Yield (node, name, value, kind of the element that has it) for each zeebe:property."""
    for node in _zeebe(document):
        if local(node) == "property":
            owner = node.getparent()
            for _ in range(2):  # zeebe:properties, extensionElements
                owner = owner.getparent() if owner is not None else None
            yield node, node.get("name") or "", node.get("value") or "", local(owner) if owner is not None else ""


def _remark(node: Node, message: str) -> Remark:
    """Return a remark at the nearest element around `node` that has an id."""
    owner: Node | None = node
    while owner is not None and not (is_bpmn(owner) and owner.get("id")):
        owner = owner.getparent()
    return Remark(message, owner.get("id") if owner is not None else None, line_of(node))
