"""The step for what other tools add to BPMN: each attribute and element of theirs is looked up in the table, carried
over or told, and taken out of the model. Nothing is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.model.chain.dialect import BPMN, EDITORS, OTHER_TOOLS
from engine.model.chain.importing.outcome import Outcome
from engine.model.chain.importing.tools import BY_NAME, CONTAINERS, IDLE, TOOLS, Row
from engine.model.chain.importing.tree import Change, Said, remove, say, unset
from engine.model.chain.reader import Node, is_bpmn, local

UNKNOWN = Row("", "import knows no meaning of it")
_DRAWING = ("BPMNDiagram",)
_LONGEST = 200  # characters of one value in a message


@dataclass(frozen=True, slots=True)
class Foreign:
    """One thing that another tool said: an attribute of `owner`, or an element (then `node`) that is the owner's."""

    owner: Node
    name: str
    namespace: str
    node: Node | None
    label: str
    row: Row

    def outcome(self) -> Outcome:
        if self.row.carry is None:
            return Outcome(f"was removed: {self.row.becomes}", self.row.weight == "error", self.row.weight)
        value = self.node if self.node is not None else self.owner.get(f"{{{self.namespace}}}{self.name}") or ""
        return self.row.carry(self.owner, value)


def foreign(root: Node) -> Said:
    met = list(found(root))
    told_once: dict[tuple[str, str], list[Foreign]] = {}
    for one in sorted(met, key=lambda one: one.row.late):
        done = one.outcome()
        if one.row.once:
            told_once.setdefault((one.label, done.text), []).append(one)
        else:
            yield say(one.owner, f"{one.label} {done.text}", done.decide, done.lost)
    for (label, text), all_of_it in told_once.items():
        yield _once(label, text, all_of_it)
    for one in met:
        if one.node is None:
            unset(one.owner, f"{{{one.namespace}}}{one.name}")
        else:
            remove(one.node)
    _sweep(root)


def _once(label: str, text: str, all_of_it: list[Foreign]) -> Change:
    first = all_of_it[0]
    ids = [id for one in all_of_it[1:] if (id := one.owner.get("id"))]
    others = f" (also at {', '.join(ids)})" if ids else ""
    return say(first.owner, f"{label} {text}{others}", first.row.weight == "error", first.row.weight)


def _sweep(root: Node) -> None:
    """Remove boxes of extensions that hold nothing any more."""
    for box in list(root.iter(f"{{{BPMN}}}extensionElements")):
        for holder in [n for n in box if local(n) in CONTAINERS and _namespace(n) not in EDITORS]:
            if not len(holder):
                remove(holder)
        if not len(box):
            remove(box)


def found(root: Node) -> Iterator[Foreign]:
    """Yield all that isn't BPMN's, Licet's or the drawing's: attributes, and the outermost elements."""
    stack = [root]
    while stack:
        node = stack.pop()
        if not isinstance(node.tag, str) or local(node) in _DRAWING:
            continue
        if _namespace(node) in EDITORS:
            yield from _attributes(node)
            stack.extend(reversed(list(node)))
            continue
        owner = node.getparent()
        while owner is not None and not (is_bpmn(owner) and local(owner) != "extensionElements"):
            owner = owner.getparent()
        if owner is None:
            continue
        if local(node) in CONTAINERS and len(node) and _namespace(node) in OTHER_TOOLS:
            inside = f" (in {_prefix(node)}:{local(node)})"
            for part in node:
                if isinstance(part.tag, str):
                    yield _element(owner, part, written(part) + inside)
        else:
            yield _element(owner, node, written(node))


def _attributes(node: Node) -> Iterator[Foreign]:
    for key, value in node.attrib.items():
        namespace, _, name = str(key).rpartition("}")
        if namespace and namespace[1:] not in EDITORS:
            prefix = OTHER_TOOLS.get(namespace[1:]) or _known_as(node, namespace[1:])
            label = f"{prefix}:{name}={_short(str(value))}"
            yield Foreign(node, name, namespace[1:], None, label, _row(namespace[1:], name))


def _element(owner: Node, node: Node, label: str) -> Foreign:
    return Foreign(owner, local(node), _namespace(node), node, label, _row(_namespace(node), f"<{local(node)}>"))


def _row(namespace: str, name: str) -> Row:
    if namespace in IDLE:
        return Row(name, IDLE[namespace], weight="warning", once=True)
    prefix = OTHER_TOOLS.get(namespace)
    return BY_NAME[TOOLS[prefix]].get(name, UNKNOWN) if prefix is not None else UNKNOWN


def _namespace(node: Node) -> str:
    return str(node.tag).rpartition("}")[0][1:]


def _known_as(node: Node, namespace: str) -> str:
    return next((prefix for prefix, uri in node.nsmap.items() if uri == namespace and prefix), namespace)


def _prefix(node: Node) -> str:
    return OTHER_TOOLS.get(_namespace(node), node.prefix or _namespace(node))


def written(node: Node) -> str:
    """Return a foreign element with all that is in it, as a message shows it."""
    attributes = [f"{str(name).rpartition('}')[2]}={_short(str(value))}" for name, value in node.attrib.items()]
    text = " ".join((node.text or "").split())
    parts = [*attributes, *([_short(text)] if text else [])]
    parts += [f"({written(part)})" for part in node if isinstance(part.tag, str)]
    return " ".join([f"{_prefix(node)}:{local(node)}", *parts])


def _short(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
