"""Steps for what Licet doesn't run: extensions, names, data stores, compensation, elements with a near equivalent."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.base.errors import a
from engine.model.chain.dialect import BODIES, BPMN, EXTENSIONS, FLOW_NODES, REFUSED_EXTENSIONS, ZEEBE
from engine.model.chain.importing.tree import Said, drop, every, lose, named, remove, retag, say
from engine.model.chain.model import Severity
from engine.model.chain.reader import Node, local, resolve
from engine.model.chain.rules.wording import NAME

_GRAVE: Mapping[str, Severity] = {
    "priorityDefinition": "warning", "jobPriorityDefinition": "warning", "linkedResources": "warning"
}  # fmt: skip
"""Elements that Licet refuses → how grave their loss is, where no case goes by them."""


def extensions(root: Node) -> Said:
    """Remove Camunda's extension elements and attributes that have no meaning here."""
    for node in list(root.iter(f"{{{ZEEBE}}}*")):
        box = node.getparent()
        if box is None or local(box) != "extensionElements":
            continue
        tag, owner = local(node), box.getparent()
        known, reason = EXTENSIONS.get(tag), REFUSED_EXTENSIONS.get(tag, "it isn't carried")
        misplaced = known is not None and known.on is not None and owner is not None and local(owner) not in known.on
        if known is None or misplaced:
            grave = _GRAVE.get(tag, "error")
            yield say(node, f"zeebe:{tag} {_content(node)}was removed: {reason}", grave == "error", grave)
            remove(node)
            continue
        for name, value in list(node.attrib.items()):
            unknown = str(name) not in known.attributes and not str(name).startswith("{")
            foreign_form = tag == "formDefinition" and name in ("formKey", "externalReference")
            if unknown or foreign_form or str(value) not in known.values.get(str(name), {value}):
                del node.attrib[name]
                yield say(node, f"zeebe:{tag} lost {name!s}={str(value)!r}, which isn't carried", foreign_form, "error")
        if any(not (node.get(name) or "").strip() for name in known.required) or (
            tag == "formDefinition" and not node.get("formId")
        ):
            yield say(node, f"zeebe:{tag} was removed: it lacks what it needs", True, "error")
            remove(node)


def _content(node: Node) -> str:
    """Return the attributes and texts inside, as a message shows them."""
    parts = [f"{name!s}={str(value)!r}" for part in node.iter() for name, value in part.attrib.items()]
    text = " ".join("".join(str(t) for t in node.itertext()).split())
    return "".join(f"{part} " for part in [*parts, *([repr(text[:200])] if text else [])])


def names(root: Node) -> Said:
    """Rename facts whose names expressions can't read."""
    for node in [n for n in root.iter(f"{{{ZEEBE}}}*") if local(n) in ("input", "output")]:
        target = (node.get("target") or "").strip()
        if target and not NAME.match(target):
            name = re.sub(r"\W", "_", target)
            node.set("target", name if NAME.match(name) else f"f_{name}")
            yield say(
                node, f"The fact '{target}' is called '{node.get('target')}' now. So it must be where it is read", True
            )


def executable(root: Node) -> Said:
    for process in every(root, "process"):
        inside = any(local(node) in FLOW_NODES for node in process)
        if inside and (process.get("isExecutable") or "false").strip() not in ("true", "1"):
            process.set("isExecutable", "true")
            yield say(process, f"Process '{named(process)}' was marked executable")


_LIKE = {
    "complexGateway": ("inclusiveGateway", ("activationCondition",), "it takes every way whose condition is true"),
    "transaction": ("subProcess", (), "nothing is rolled back: its cancel events became errors"),
    "adHocSubProcess": ("subProcess", ("completionCondition",), "all that is in it is done, side by side"),
}
"""Element that isn't run → (the nearest one that is, children that are removed, the difference it makes)."""


def likes(root: Node) -> Said:
    for node in every(root, *_LIKE):
        tag, gone, meaning = _LIKE[local(node)]
        yield say(node, f"The {local(node)} became {a(tag)}: {meaning}", True)
        retag(node, tag, "method", "ordering", "cancelRemainingInstances")
        for child in [child for child in node if local(child) in gone]:
            yield lose(node, f"{local(child)} {(child.text or '').strip()!r} was removed: {meaning}")
            remove(child)
    for node in every(root, "standardLoopCharacteristics"):
        text = " ".join("".join(str(t) for t in node.itertext()).split())
        told = f"The loop marker {text!r} was removed" if text else "The loop marker was removed"
        yield lose(node, f"{told}: it is done once. Draw a gateway that leads back")
        remove(node)


def data_stores(root: Node) -> Said:
    gone = {node.get("id") for node in every(root, "dataStoreReference", "dataStore")}
    for node in every(root, "dataStoreReference"):
        yield say(node, f"The data store '{named(node)}' was removed: nothing was read or written")
    for node in every(root, "dataStoreReference", "dataStore"):
        remove(node)
    for node in every(root, "dataInputAssociation", "dataOutputAssociation", "association"):
        ends = [resolve(end.text) for end in node if local(end) in ("sourceRef", "targetRef")]
        if gone & {*ends, resolve(node.get("sourceRef")), resolve(node.get("targetRef"))}:
            remove(node)


def compensation(root: Node) -> Said:
    doomed: list[Node] = []
    for node in root.iter(f"{{{BPMN}}}*"):
        if (node.get("isForCompensation") or "false").strip() in ("true", "1"):
            yield say(node, f"'{named(node)}' was removed: compensation isn't run. Draw it as a path", True, "error")
            doomed.append(node)
    for definition in every(root, "compensateEventDefinition"):
        event = definition.getparent()
        body = event.getparent() if event is not None else None
        if event is None:
            continue
        if local(event) == "boundaryEvent":
            doomed.append(event)
        elif local(event) == "startEvent" and body is not None and local(body) in BODIES:
            yield say(body, f"'{named(body)}' was removed: compensation isn't run", True, "error")
            doomed.append(body)
        else:
            yield say(event, f"'{named(event)}' compensates nothing any more", True, "error")
            remove(definition)
    if doomed:
        drop(root, doomed)
