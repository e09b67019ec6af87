"""The shape of a scenario file: its fields and their types. Knows no model.

{"name", "model", "process"?, "description"?,
 "start": {"at", "on"?, "variables"?, "by"?, "title"?, "applicant"?, "channel"?, "registers"?, "certificates"?,
           "project"?, "expect"?},
 "steps": [{one of STEPS, "expect"?}]}

`registers`, `certificates` and `project` of the start say what registers, the certificate library and earlier stages
hold when the scenario begins, beside the fictional ones that ship:

 "registers": {register: {key: entry}}     its fields replace those of an entry with that key
 "certificates": {kind: {holder: {"title"?, "number"?, "content"?, "issued_on"?, "expires_on"?}}}
 "project": {"code", "granted"?: [items], "materials"?: [material keys], "facts"?: {…}}
                                           items granted, materials handed in and facts handed
                                           on by earlier stages of the project
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from engine.base.errors import LicetError
from engine.case import timers
from engine.law.matter import REGISTERS
from engine.model.chain.rules.remark import nearest

Kinds = tuple[type, ...]
_TEXT, _FLAG, _OBJECT, _LIST, _ANY = (str,), (bool,), (dict,), (list,), (object,)
_NUMBER = (int, Decimal)

STEPS: Mapping[str, Mapping[str, Kinds]] = {
    "complete": {"complete": _TEXT, "nth": (int,), "by": _TEXT, "on": _TEXT, "variables": _OBJECT},
    "advance": {"advance": _TEXT},
    "message": {"message": _TEXT, "correlationKey": _ANY, "variables": _OBJECT},
    "signal": {"signal": _TEXT, "variables": _OBJECT},
    "command": {"command": _TEXT, "nth": (int,), "by": _TEXT, "on": _TEXT, "payload": _OBJECT},
}
"""The kinds of steps, each with the types of its fields; every kind may have `expect` too."""

EXPECT: Mapping[str, Kinds] = {
    "open": _LIST, "ended": _FLAG, "variables": _OBJECT, "matters": _OBJECT, "incidents": _LIST, "refused": (bool, str),
    "due": _OBJECT, "clocks": _OBJECT, "candidates": _OBJECT, "messages": _OBJECT,
    "notices": _LIST, "documents": _LIST, "registers": _LIST,
}  # fmt: skip
"""The expectations that a step may have, with their types."""

CLOCK: Mapping[str, Kinds] = {
    "state": _TEXT, "due": _TEXT, "days_left": _NUMBER, "days_used": _NUMBER, "light": _TEXT, "extended": _FLAG,
}  # fmt: skip
"""The fields that may be expected of one clock."""

LISTED: Mapping[str, Mapping[str, Kinds]] = {
    "notices": {"to": _TEXT, "template": _TEXT, "text": _TEXT},
    "documents": {"template": _TEXT, "certificate": _TEXT, "title": _TEXT, "number": _TEXT, "matter": _TEXT},
    "registers": {"asked": _TEXT, "recorded": _TEXT, "key": _TEXT, "entry": _OBJECT},
}
"""The fields that may be expected of one notice, document or use of a register."""

MESSAGES: Mapping[str, Kinds] = {"kept": _LIST, "thrown": _LIST}

_SCENARIO: Mapping[str, Kinds] = {
    "name": _TEXT, "description": _TEXT, "model": _TEXT, "process": _TEXT, "start": _OBJECT, "steps": _LIST,
}  # fmt: skip
_START: Mapping[str, Kinds] = {
    "at": _TEXT, "on": _TEXT, "variables": _OBJECT, "by": _TEXT, "title": _TEXT, "applicant": _OBJECT,
    "channel": _TEXT, "registers": _OBJECT, "certificates": _OBJECT, "project": _OBJECT, "expect": _OBJECT,
}  # fmt: skip
_CERTIFICATE: Mapping[str, Kinds] = {
    "title": _TEXT, "number": _TEXT, "content": _OBJECT, "issued_on": _TEXT, "expires_on": _TEXT,
}  # fmt: skip
_PROJECT: Mapping[str, Kinds] = {"code": _TEXT, "granted": _LIST, "materials": _LIST, "facts": _OBJECT}
_WORDS = {
    str: "text",
    int: "a whole number",
    Decimal: "a number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}


def wrong(data: Any) -> Iterator[tuple[int, str]]:
    """Yield the number of the step (0: the start, or the whole) and a message for each fault in a scenario's shape."""
    yield from ((0, said) for said in _unlike(data, _SCENARIO, "", ("model",)))
    if isinstance(data, dict):
        start = data.get("start") or {}
        yield from ((0, said) for said in _wrong_start(start))
        for number, step in enumerate(data.get("steps") or [], 1):
            yield from ((number, said) for said in _wrong_step(step, f"step {number}"))


def _wrong_start(start: Any) -> Iterator[str]:
    yield from _unlike(start, _START, "start", ("at",))
    yield from _wrong_day(start.get("on") if isinstance(start, dict) else None, "start: on")
    if isinstance(start, dict):
        yield from _wrong_outside(start)
        yield from _wrong_expectations(start.get("expect") or {}, "start: expect")


def _wrong_outside(start: Mapping[str, Any]) -> Iterator[str]:
    registers = start.get("registers")
    if isinstance(registers, dict):
        for register, entries in registers.items():
            yield from _unlike({register: entries}, dict.fromkeys(REGISTERS, _OBJECT), "start.registers")
            for key, entry in entries.items() if isinstance(entries, dict) else ():
                if not isinstance(entry, dict):
                    yield f"start.registers: {register}: {key}: expected an object; found {_shown(entry)}"
    certificates = start.get("certificates")
    for kind, holders in certificates.items() if isinstance(certificates, dict) else ():
        yield from _unlike({kind: holders}, {kind: _OBJECT}, "start.certificates")
        for holder, one in holders.items() if isinstance(holders, dict) else ():
            yield from _wrong_certificate(one, f"start.certificates: {kind}: {holder}")
    if start.get("project") is not None:
        yield from _unlike(start["project"], _PROJECT, "start.project", ("code",))


def _wrong_certificate(one: Any, place: str) -> Iterator[str]:
    yield from _unlike(one, _CERTIFICATE, place)
    for name in ("issued_on", "expires_on"):
        yield from _wrong_day(one.get(name) if isinstance(one, dict) else None, f"{place}: {name}")


def _wrong_day(text: Any, place: str) -> Iterator[str]:
    try:
        date.fromisoformat(text if isinstance(text, str) else "2026-03-02")
    except ValueError:
        yield f"{place}: expected a day like 2026-03-02; found {_shown(text)}"


def _wrong_step(step: Any, place: str) -> Iterator[str]:
    kinds = [kind for kind in STEPS if kind in step] if isinstance(step, dict) else []
    if len(kinds) != 1:
        given = ", ".join(sorted(step)) if isinstance(step, dict) else _shown(step)
        yield f"{place}: expected one of {', '.join(STEPS)}; found {given or 'nothing'}"
        return
    yield from _unlike(step, {**STEPS[kinds[0]], "expect": _OBJECT}, place)
    yield from _wrong_expectations(step.get("expect") or {}, f"{place}: expect")
    yield from _wrong_day(step.get("on"), f"{place}: on")
    if isinstance(nth := step.get("nth"), int) and nth < 1:
        yield f"{place}: nth: expected 1 or more; found {nth}"
    if kinds[0] == "advance":
        try:
            timers.duration(str(step["advance"]))
        except LicetError as error:
            yield f"{place}: advance: {error.message.rstrip('.')}"


def _wrong_expectations(expect: Any, place: str) -> Iterator[str]:
    yield from _unlike(expect, EXPECT, place)
    if not isinstance(expect, dict):
        return
    for name, fields in LISTED.items():
        rows = expect.get(name)
        for number, row in enumerate(rows if isinstance(rows, list) else (), 1):
            yield from _unlike(row, fields, f"{place}: {name}: number {number}")
    if isinstance(expect.get("messages"), dict):
        yield from _unlike(expect["messages"], MESSAGES, f"{place}: messages")
    clocks = expect.get("clocks")
    for item, named in clocks.items() if isinstance(clocks, dict) else ():
        if not isinstance(named, dict):
            yield f"{place}: clocks: {item}: expected an object; found {_shown(named)}"
            continue
        for name, clock in named.items():
            if clock is not None:
                yield from _unlike(clock, CLOCK, f"{place}: clocks: {item}: {name}")


def _unlike(value: Any, fields: Mapping[str, Kinds], place: str, needed: Sequence[str] = ()) -> Iterator[str]:
    """Yield a message for each field that is unknown, missing or of another type. A null counts as absent."""
    before = f"{place}: " if place else ""
    if not isinstance(value, dict):
        yield f"{before}expected an object; found {_shown(value)}"
        return
    for name in (name for name in needed if value.get(name) is None):
        yield f"{before}expected {name}; it is missing"
    for name, given in value.items():
        kinds = fields.get(name)
        if kinds is None:
            yield f"{before}expected {', '.join(fields)}; found {name}.{nearest(name, fields).removesuffix('.')}"
        elif given is not None and not _fits(given, kinds):
            yield f"{before}{name}: expected {' or '.join(_WORDS[kind] for kind in kinds)}; found {_shown(given)}"


def _fits(value: Any, kinds: Kinds) -> bool:
    return isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds and object not in kinds)


def _shown(value: Any) -> str:
    return f"{value!r:.60}"
