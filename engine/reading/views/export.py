"""Histories for others to read: JSON lines for auditors, XES and OCEL 2.0 for process mining. Read-only.

Personal values aren't exported: their digests stand in their place, as in the journal.
Source: IEEE 1849-2016 (XES); OCEL 2.0 specification (JSON).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from engine.case.journal import Entry, read
from engine.hall.store import Reading

Cases = Sequence[str] | None


def entry_json(entry: Entry) -> dict[str, Any]:
    """An entry as a JSON object with the names of the journal."""
    return {name: getattr(entry, name) for name in Entry.__dataclass_fields__}


def _by_case(reading: Reading, cases: Cases) -> Iterator[tuple[str, list[tuple[Entry, str]]]]:
    for number, rows in groupby(reading.journal(cases), key=lambda row: str(row.case)):
        yield number, [(read(row.body), row.hash) for row in rows]


def jsonl(reading: Reading, cases: Cases) -> Iterator[str]:
    """One entry a line, whole, with its hash."""
    for _, entries in _by_case(reading, cases):
        for entry, hash in entries:
            yield json.dumps({**entry_json(entry), "hash": hash}, ensure_ascii=False, sort_keys=True)


# ------------------------------------------------------------------ activities

_LIFECYCLE: Mapping[str, str] = {
    "element_entered": "start",
    "element_completed": "complete",
    "element_terminated": "ate_abort",
}


def _activities(entry: Entry) -> Iterator[tuple[str, str, int]]:
    """(element, lifecycle transition, token) of what started and ended in an entry."""
    for effect in entry.effects:
        lifecycle = _LIFECYCLE.get(effect["type"])
        if lifecycle is not None and effect["token"]:
            yield effect["element"], lifecycle, effect["token"]


def xes(reading: Reading, cases: Cases) -> Iterator[str]:
    """An XES log: a trace per case, an event per start and end of an element."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">'
    for name, prefix in (
        ("Concept", "concept"),
        ("Time", "time"),
        ("Lifecycle", "lifecycle"),
        ("Organizational", "org"),
    ):
        yield f'  <extension name="{name}" prefix="{prefix}" uri="http://www.xes-standard.org/{prefix}.xesext"/>'
    for number, entries in _by_case(reading, cases):
        yield "  <trace>"
        yield f'    <string key="concept:name" value={quoteattr(number)}/>'
        for entry, _ in entries:
            for element, lifecycle, token in _activities(entry):
                yield "    <event>"
                yield f'      <string key="concept:name" value={quoteattr(element)}/>'
                yield f'      <string key="concept:instance" value="{token}"/>'
                yield f'      <string key="lifecycle:transition" value="{lifecycle}"/>'
                yield f'      <date key="time:timestamp" value="{escape(entry.recorded_at)}"/>'
                yield f'      <string key="org:resource" value={quoteattr(entry.actor)}/>'
                yield "    </event>"
        yield "  </trace>"
    yield "</log>"


def ocel(reading: Reading, cases: Cases) -> Iterator[str]:
    """An OCEL 2.0 log as one JSON object: events of elements, related to cases and matters."""
    events: list[dict[str, Any]] = []
    objects: list[dict[str, Any]] = []
    for number, entries in _by_case(reading, cases):
        objects.append({"id": number, "type": "case", "attributes": [], "relationships": []})
        for entry, _ in entries:
            for effect in entry.effects:
                if effect["type"] == "matter_received":
                    objects.append(_matter(number, effect))
            events += [_event(number, entry, place, *found) for place, found in enumerate(_activities(entry))]
    types = sorted({event["type"] for event in events})
    log = {
        "objectTypes": [{"name": "case", "attributes": []}, {"name": "matter", "attributes": []}],
        "eventTypes": [{"name": name, "attributes": _ATTRIBUTES} for name in types],
        "objects": objects,
        "events": events,
    }
    yield json.dumps(log, ensure_ascii=False)


_ATTRIBUTES = [{"name": "lifecycle", "type": "string"}, {"name": "resource", "type": "string"}]


def _matter(case: str, effect: Mapping[str, Any]) -> dict[str, Any]:
    related = [{"objectId": case, "qualifier": "part of"}]
    return {"id": f"{case}/{effect['matter']}", "type": "matter", "attributes": [], "relationships": related}


def _event(case: str, entry: Entry, place: int, element: str, lifecycle: str, token: int) -> dict[str, Any]:
    return {
        "id": f"{case}/{entry.sequence}/{place}",
        "type": element,
        "time": entry.recorded_at,
        "attributes": [
            {"name": "lifecycle", "value": lifecycle},
            {"name": "resource", "value": entry.actor},
        ],
        "relationships": [{"objectId": case, "qualifier": "case"}],
    }


FORMATS: Mapping[str, Callable[[Reading, Cases], Iterator[str]]] = {"jsonl": jsonl, "xes": xes, "ocel": ocel}
