"""The difference of two chain versions in words: what was added, removed, changed, and what was merely redrawn.

Pure: two versions in, values out. Each version is taken apart into things (an element, a field, a rule of a table, an
item …) with their aspects; what isn't an aspect of a thing, is one of the thing that it stands in. So nothing in the
files differs without being told, but white space, comments, and the order of what has no order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import PurePath
from typing import Any, NamedTuple

from lxml import etree

from engine.base.canonical import of_json
from engine.language.templates import NOTICE
from engine.model.chain.model import Element, Process
from engine.model.chain.reader import local
from engine.model.chain.version import CATALOGUE, MANIFEST, TEMPLATES, ChainVersion
from engine.model.chain.xml import parse

Node = etree._Element


class Thing(NamedTuple):
    """Something that may differ. `of`: the process, form or decision that it stands in; empty for one by itself."""

    kind: str
    id: str
    of: str = ""


Order = tuple[str, ...]
"""Ids in their order: it differs where those that both versions have stand in another."""


@dataclass(slots=True)
class Known:
    """A thing as a version has it. `name`: its name for people. `looks`: what only a drawing shows. `rest`: all else
    that stands in it, told only where no aspect tells it. `titles`: words for aspects that have a key of their own.
    """

    name: str
    aspects: dict[str, str | Order]
    looks: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `what`: added, removed, changed or redrawn. `aspect`, `before`, `after`: of a change; None where
    the thing hasn't that aspect."""

    thing: Thing
    name: str
    what: str
    aspect: str | None = None
    before: str | None = None
    after: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        told = {"kind": self.thing.kind, "id": self.thing.id, "of": self.thing.of or None, "name": self.name}
        return told | {"what": self.what, "aspect": self.aspect, "before": self.before, "after": self.after}


Things = dict[Thing, Known]

_DECISION = "decision"
_OWNERS = {"element": "process", "flow": "process", "note": "process", "field": "form"}
"""Kind of a thing → kind of what it stands in; of all others that stand in something it is a decision."""


def differences(before: ChainVersion, after: ChainVersion) -> tuple[Difference, ...]:
    """Return all that differs, in the order of the version after; what was removed comes last."""
    old, new = _things(before), _things(after)
    told = [one for thing in new for one in _of(thing, old.get(thing), new[thing])]
    told += [Difference(thing, known.name, "removed") for thing, known in old.items() if thing not in new]
    whole = {one.thing for one in told if one.what in ("added", "removed")}
    return tuple(one for one in told if Thing(_OWNERS.get(one.thing.kind, _DECISION), one.thing.of) not in whole)


def _of(thing: Thing, old: Known | None, new: Known) -> Iterator[Difference]:
    """Yield the differences of a thing that the version after has."""
    if old is None:
        yield Difference(thing, new.name, "added")
        return
    changed = False
    for aspect in dict.fromkeys((*old.aspects, *new.aspects)):
        was, now = old.aspects.get(aspect), new.aspects.get(aspect)
        if isinstance(was, tuple) and isinstance(now, tuple):
            was, now = (", ".join(id for id in one if id in other) for one, other in ((was, now), (now, was)))
        if was != now:
            changed = True
            title = new.titles.get(aspect) or old.titles.get(aspect) or aspect
            yield Difference(thing, new.name, "changed", title, _text(was), _text(now))
    if not changed and sorted(old.rest) != sorted(new.rest):
        gone = [one for one in old.rest if one not in new.rest]
        come = [one for one in new.rest if one not in old.rest]
        yield Difference(thing, new.name, "changed", "content", "; ".join(gone) or None, "; ".join(come) or None)
    if sorted(old.looks) != sorted(new.looks):
        yield Difference(thing, new.name, "redrawn")


def _text(value: str | Order | None) -> str | None:
    return ", ".join(value) if isinstance(value, tuple) else value


def _things(version: ChainVersion) -> Things:
    """Return everything in a version, in the order in which it is told."""
    manifest = json.loads(version.files[MANIFEST])
    chain = Known(version.title, {"main process": version.main, "title": version.title})
    chain.aspects |= {"stages": ", ".join(version.stages), "number": str(manifest.get("format"))}
    things = {Thing("chain", version.name): chain}
    for name, data in version.files.items():
        if name.endswith(".bpmn"):
            inside = {id: p for id, p in version.processes.items() if p.file == name}
            things |= _processes(data, name, inside)
        elif name.endswith(".dmn"):
            things |= _decisions(data, name)
        elif name.endswith(".form"):
            things |= _form(of_json(data))
        elif name.startswith(f"{TEMPLATES}/"):
            things |= _template(data, PurePath(name))
    if CATALOGUE in version.files:
        things |= _catalogue(json.loads(version.files[CATALOGUE]))
    return things


# ---------------------------------------------------------------------- processes

_UNTOLD = ("id", "process", "line", "incoming", "outgoing", "inputs", "outputs", "headers", "properties")
_LINKS = ("incoming", "outgoing")
"""Elements that only repeat what flows say; bpmn-js writes them, other tools don't."""


def _processes(data: bytes, file: str, processes: Mapping[str, Process]) -> Things:
    """Return the processes of a file, their elements and flows, and as notes all else that stands in the file."""
    things: Things = {}
    for process in processes.values():
        aspects = {"name": process.name} | _listed("property", process.properties)
        things[Thing("process", process.id)] = Known(process.name, dict(aspects))
        for element in process.elements.values():
            known = Known(element.name, {**_aspects(element), "order of flows": element.outgoing})
            things[Thing("element", element.id, process.id)] = known
        for flow in process.flows.values():
            ends = {"from": flow.source, "to": flow.target, "condition": flow.condition or "", "name": flow.name}
            things[Thing("flow", flow.id, process.id)] = Known(flow.name, dict(ends))
    root, _ = parse(data, file)
    if root is None or not things:
        return things
    first, *_ = things
    for part in root:
        if local(part) not in ("process", "BPMNDiagram") and part.get("id"):
            things[Thing("note", part.get("id", ""), first.id)] = Known(part.get("name", ""), {"kind": local(part)})
    holders = {thing.id: known for thing, known in things.items()}
    for part in root:
        if local(part) == "BPMNDiagram":
            _drawn(part, "bpmnElement", holders, things[first])
        elif local(part) != "process" or part.get("id") in holders:
            _kept(part, holders, things[first])
    return things


def _aspects(element: Element) -> dict[str, str]:
    """Return the aspects of an element by the names that the modeler has for them."""
    told = {f.name.replace("_", " "): getattr(element, f.name) for f in fields(Element) if f.name not in _UNTOLD}
    for name in ("event", "multi"):
        part = told.pop(name)
        inner = fields(part) if part is not None else ()
        told |= {f"{name} {f.name.replace('_', ' ')}": getattr(part, f.name) for f in inner}
    plain = {name: _plain(value) for name, value in told.items()}
    for word, values in (("input", element.inputs), ("output", element.outputs)):
        plain |= _listed(word, {mapping.target: mapping.source for mapping in values})
    return plain | _listed("header", element.headers) | _listed("property", element.properties)


def _listed(word: str, values: Mapping[str, str]) -> dict[str, str]:
    return {f"{word} {name}": value for name, value in values.items()}


def _plain(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value or "")


def _kept(node: Node, holders: Mapping[str, Known], holder: Known, path: str = "") -> None:
    """Put all that stands in a node into the rest of the thing that holds it."""
    if local(node) in ("", *_LINKS):
        return
    own = holders.get(node.get("id", ""))
    holder, path = (own, "") if own is not None else (holder, f"{path} {local(node)}".strip())
    holder.rest += [f"{path} {name}={value}".strip() for name, value in _attributes(node)]
    if node.text and node.text.strip():
        holder.rest.append(f"{path} {node.text.strip()}".strip())
    for part in node:
        _kept(part, holders, holder, path)


def _attributes(node: Node) -> list[tuple[str, str]]:
    """Return the attributes of a node but its id, their names without namespaces."""
    named = ((str(name).rpartition("}")[2], str(value)) for name, value in node.attrib.items())
    return sorted(one for one in named if one[0] != "id")


def _drawn(diagram: Node, reference: str, holders: Mapping[str, Known], first: Known) -> None:
    """Put each shape and edge into the looks of what it shows; all else of the diagram into those of the first."""
    for node in diagram.iter("*"):
        above = next((a for a in (node, *node.iterancestors()) if a.get(reference) in holders), None)
        known = holders[above.get(reference, "")] if above is not None else first
        known.looks.append(" ".join([local(node), *(f"{name}={value}" for name, value in _attributes(node))]))


# ---------------------------------------------------------------------- decisions

_COLUMNS = ("input", "output")


def _decisions(data: bytes, file: str) -> Things:
    """Return the decisions of a file with the columns and rules of their tables, and what they are made of."""
    root, _ = parse(data, file)
    things: Things = {}
    parts = [] if root is None else [part for part in root if local(part) not in ("", "DMNDI", "extensionElements")]
    main = next((part.get("id", "") for part in parts if local(part) == _DECISION), "")
    holders: dict[str, Known] = {}
    for part in parts:
        id = part.get("id") or part.get("name") or local(part)
        holders[id] = known = Known(part.get("name", ""), {})
        things[Thing(local(part), id, "" if local(part) == _DECISION else main)] = known
        for table in part.iter("{*}decisionTable"):
            things |= _table(table, id, known)
        known.aspects |= _leaves(part, known.looks)
    if root is not None and main in holders:
        holders[main].rest += [f"file {name}={value}" for name, value in _attributes(root)]
        for drawing in root.iter("{*}DMNDI"):
            _drawn(drawing, "dmnElementRef", holders, holders[main])
    return things


def _table(table: Node, decision: str, known: Known) -> Things:
    """Return the columns and rules of a table, each rule with its cells by the titles of the columns."""
    things: Things = {}
    columns: dict[str, list[str]] = {"inputEntry": [], "outputEntry": []}
    titles: dict[str, str] = {}
    rows: list[str] = []
    for column in table:
        if local(column) in _COLUMNS:
            told = Known(column.get("label") or column.get("name") or "", {})
            told.aspects |= _leaves(column, told.looks)
            keys = columns[f"{local(column)}Entry"]
            keys.append(column.get("id") or f"{local(column)} {len(keys) + 1}")
            titles[keys[-1]] = told.name or str(told.aspects.get("inputExpression text", keys[-1]))
            things[Thing("column", keys[-1], decision)] = told
    for rule in table.iterchildren("{*}rule"):
        rows.append(rule.get("id") or str(len(rows) + 1))
        told = Known(f"row {len(rows)}", {}, titles=titles)
        for kind, keys in columns.items():
            told.aspects |= dict(zip(keys, map(_cell, rule.iterchildren("{*}" + kind)), strict=False))
        told.rest = [one for one in _leaves(rule, []).values() if isinstance(one, str)]
        things[Thing("rule", rows[-1], decision)] = told
    known.aspects["order of rules"] = tuple(rows)
    return things


def _cell(entry: Node) -> str:
    return " ".join(_leaves(entry, []).values()).strip()  # type: ignore[arg-type]


def _leaves(node: Node, looks: list[str], path: str = "") -> dict[str, str | Order]:
    """Return all attributes and texts inside a node by their paths, without ids, columns and rules; what only a drawing
    shows goes into `looks`.
    """
    found: dict[str, str | Order] = {}
    drawn = {str(name).rpartition("}")[2] for name in node.attrib if "biodi" in str(name)}
    for name, value in _attributes(node):
        if name in drawn:
            looks.append(f"{path} {name}={value}")
        else:
            found[f"{path} {name}".strip()] = value
    if node.text and node.text.strip():
        found[path or "text"] = node.text.strip()
    met: dict[str, int] = {}
    for part in node:
        kind = local(part)
        if kind == "" or (local(node) == "decisionTable" and kind in ("rule", *_COLUMNS)):
            continue
        met[kind] = met.get(kind, 0) + 1
        inner = f"{path} {kind}".strip() + (f" {met[kind]}" if met[kind] > 1 else "")
        if "biodi" in str(part.tag) or kind in ("bounds", "edge"):
            looks.append(etree.tostring(part, method="c14n").decode())
        else:
            found |= _leaves(part, looks, inner)
    return found


# ---------------------------------------------------------------------- forms, templates, the catalogue

_LOOKS = ("layout", "exporter", "schemaVersion", "executionPlatform", "executionPlatformVersion")
_KEYS = ("key", "id", "value", "material", "department")
"""Members by which the entries of a list are known, the first that all of them have."""


def _form(schema: Mapping[str, Any]) -> Things:
    id = str(schema.get("id", ""))
    known = _value(schema, str(schema.get("title") or id), "components")
    things = {Thing("form", id): known}
    things |= _components(schema, id, known, "")
    return things


def _template(data: bytes, file: PurePath) -> Things:
    """Return a notice by its members, a document by its lines."""
    if file.suffix == NOTICE:
        return {Thing("notice", file.stem): _value(of_json(data), file.stem)}
    lines = [line.strip() for line in data.decode("utf-8").splitlines() if line.strip()]
    return {Thing("document", file.stem): Known(file.stem, {"order of lines": tuple(lines)}, rest=lines)}


def _components(holder: Mapping[str, Any], form: str, known: Known, inside: str) -> Things:
    things: Things = {}
    order: list[str] = []
    for at, component in enumerate(holder.get("components", ())):
        id = str(component.get("id") or component.get("key") or component.get("path") or f"{inside} {at + 1}".strip())
        told = _value(component, str(component.get("label") or component.get("key") or ""), "components")
        told.aspects["inside"] = inside
        told.aspects.pop("id", None)
        things[Thing("field", id, form)] = told
        things |= _components(component, form, told, id)
        order.append(id)
    known.aspects["order of fields"] = tuple(order)
    return things


def _catalogue(content: Mapping[str, Any]) -> Things:
    things: Things = {}
    for kind, entries in (("item", content.get("items", ())), ("material", content.get("materials", ()))):
        for entry in entries:
            things[Thing(kind, str(entry["key"]))] = _value(entry, str(entry.get("name", "")))
    return things


def _value(value: Mapping[str, Any], name: str, *without: str) -> Known:
    """Return a JSON object as a thing: a member is an aspect, or part of the looks."""
    inner = {key: one for key, one in value.items() if key not in without}
    looks = {key: inner.pop(key) for key in _LOOKS if key in inner}
    return Known(name, dict(_members(inner, "")), [json.dumps(looks, sort_keys=True)] if looks else [])


def _members(value: Any, path: str) -> Iterator[tuple[str, str | Order]]:
    """Yield (path, text) of each value in a JSON value. Entries of a list are known by a key that all of them have."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _members(inner, f"{path}.{key}".removeprefix("."))
    elif isinstance(value, list) and value and (key := _key_of(value)) is not None:
        yield f"{path} order", tuple(str(entry[key]) for entry in value)
        for entry in value:
            yield from _members(entry, f"{path}.{entry[key]}")
    else:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _key_of(entries: Iterable[Any]) -> str | None:
    listed = list(entries)
    for key in _KEYS:
        found = [entry.get(key) for entry in listed if isinstance(entry, dict)]
        if len({str(one) for one in found if isinstance(one, str | int)}) == len(listed):
            return key
    return None
