"""The expectations that a step of a scenario may have, held against the case. Compares; changes nothing.

Expectations of what stands (open tasks, facts, matters, clocks, due dates, candidates, incidents, kept messages) are
held against the case after the step; those of what happened (notices, documents, registers, thrown messages) against
what the step and all that followed from it have done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine.case import clocks
from engine.case.records import ClockChanged, IncidentRaised, decode, plain
from engine.case.state import Case
from engine.language import feel
from engine.law import workdays
from engine.model.runtime.changes import ROOT
from engine.reading.scenarios.people import candidates
from engine.reading.scenarios.stage import Delivered, Rehearsal
from engine.reading.views.days import last_day

Difference = tuple[Any, Any]
"""The expected value, and the one that was found instead."""


@dataclass(frozen=True, slots=True)
class After:
    """The case as it stands after a step, and what happened since the step began."""

    stage: Rehearsal
    case: Case
    thrown: Sequence[str]
    delivered: Sequence[Delivered]

    def differences(self, expect: Mapping[str, Any]) -> Iterator[Difference]:
        """Yield what is not as expected, each as `({name: expected}, {name: found})`."""
        for name, wanted in expect.items():
            if wanted is not None and name in _CHECKS:
                for expected, found in _CHECKS[name](self, wanted):
                    yield {name: expected}, {name: found}


def same(actual: Any, expected: Any) -> bool:
    """Say whether a fact equals what a scenario expects.

    Numbers are compared by value, dates by their ISO text; in objects null equals an absent name.
    """
    if isinstance(actual, Mapping) and isinstance(expected, Mapping):
        return all(same(actual.get(name), expected.get(name)) for name in actual.keys() | expected.keys())
    if isinstance(actual, list | tuple) and isinstance(expected, list | tuple):
        return len(actual) == len(expected) and all(map(same, actual, expected))
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    return bool(actual == expected) or (isinstance(expected, str) and as_json(actual) == expected)


def as_json(value: Any) -> Any:
    """A value in the form in which people write it in a scenario file."""
    if isinstance(value, Mapping):
        return {name: as_json(plain(inner)) for name, inner in value.items()}
    return [as_json(plain(inner)) for inner in value] if isinstance(value, list | tuple) else feel.to_json(value)


# ------------------------------------------------------------------ what stands


def _open(after: After, wanted: Sequence[Any]) -> Iterator[Difference]:
    yield from _listed(wanted, sorted(task.element for task in after.case.tasks.values()))


def _listed(wanted: Sequence[Any], found: Sequence[str]) -> Iterator[Difference]:
    if sorted(map(str, wanted)) != sorted(found):
        yield wanted, list(found)


def _ended(after: After, wanted: bool) -> Iterator[Difference]:
    if after.case.is_open is wanted:
        yield wanted, not after.case.is_open


def _variables(after: After, wanted: Mapping[str, Any]) -> Iterator[Difference]:
    facts = {name: plain(value) for (scope, name), value in after.case.facts.items() if scope == ROOT}
    for name, value in wanted.items():
        if not same(facts.get(name), decode(value)):
            yield {name: value}, {name: facts.get(name)}


def _matters(after: After, wanted: Mapping[str, Any]) -> Iterator[Difference]:
    states = {matter.item: str(matter.state) for matter in after.case.matters.values()}
    for item, state in wanted.items():
        if states.get(item) != state:
            yield {item: state}, {item: states.get(item)}


def _incidents(after: After, wanted: Sequence[Any]) -> Iterator[Difference]:
    named = sorted(place_of(after.case, incident) for incident in after.case.incidents.values())
    if sorted(map(str, wanted)) != named:
        causes = {place_of(after.case, incident): incident.cause for incident in after.case.incidents.values()}
        yield wanted, causes or []


def place_of(case: Case, incident: IncidentRaised) -> str:
    """Where an incident is: its element; for a message that nothing waits for, the template or action of the message;
    else its code.
    """
    asked = case.outbox.get(incident.message) if incident.message is not None else None
    if incident.element is not None or asked is None:
        return incident.element or incident.code
    payload = plain(asked.payload)
    template = payload.get("template") if isinstance(payload, Mapping) else None
    return f"{asked.action} {template}" if isinstance(template, str) else asked.action


def _due(after: After, wanted: Mapping[str, Any]) -> Iterator[Difference]:
    """A day is the last one in time, an instant is meant as it stands; several instances are a list, oldest first."""
    found = dues(after.case)
    for element, value in wanted.items():
        asked = value if isinstance(value, list) else [value]
        there: list[str | None] = found.get(element, []) or [None]
        if len(asked) != len(there) or not all(map(_falls_on, there, asked)):
            shown = [_in_the_form_of(due, asked[0]) for due in there]
            yield {element: value}, {element: shown if len(shown) > 1 else shown[0]}


def dues(case: Case) -> dict[str, list[str | None]]:
    """When tasks are due and timers fire, by element; several instances the oldest first."""
    found: dict[str, list[str | None]] = {}
    for _, task in sorted(case.tasks.items()):
        found.setdefault(task.element, []).append(task.due)
    for _, token in sorted(case.tokens.items()):
        for element, arm in token.arms.items():
            if arm.kind == "timer":
                found.setdefault(element, []).append(arm.due)
    return found


def _falls_on(due: str | None, wanted: Any) -> bool:
    if due is None or wanted is None:
        return due is None and wanted is None
    return _in_the_form_of(due, wanted) == wanted or _instant(str(wanted)) == datetime.fromisoformat(due)


def _in_the_form_of(due: str | None, wanted: Any) -> str | None:
    """A due instant as a day, if a day is expected."""
    if due is None or not isinstance(wanted, str) or _instant(wanted) is not None:
        return due
    return last_day(datetime.fromisoformat(due)).isoformat()


def _instant(text: str) -> datetime | None:
    """The instant that a text says; None for a day, and for anything else."""
    try:
        return datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        return None


def _clocks(after: After, wanted: Mapping[str, Any]) -> Iterator[Difference]:
    matters, stage = {matter.item: matter.number for matter in after.case.matters.values()}, after.stage
    for item, named in wanted.items():
        running = {c.name: c for c in after.case.clocks.values() if c.matter == matters.get(item)}
        for name, fields in named.items():
            clock = running.get(name)
            found = None if clock is None else clock_told(clock, stage.calendar, stage.settings.light(), stage.today())
            if fields is None or found is None:
                if fields is not found:
                    yield {item: {name: fields}}, {item: {name: found} if found else sorted(running)}
                continue
            differing = {key: value for key, value in fields.items() if not same(found[key], value)}
            if differing:
                yield {item: {name: differing}}, {item: {name: {key: found[key] for key in differing}}}


def clock_told(clock: ClockChanged, calendar: workdays.Calendar, light: workdays.Light, today: date) -> dict[str, Any]:
    """A clock as a scenario may expect it on that day."""
    answer = workdays.reckon(clocks.ledger(clock), calendar, today, light)
    now = answer.as_of
    return {
        "state": clock.state,
        "due": clock.due,
        "days_left": now.remaining if now else None,
        "days_used": now.used if now else None,
        "light": str(now.light) if now else "grey",
        "extended": any(event["type"] == "extend" for event in clock.events),
    }


def _candidates(after: After, wanted: Mapping[str, Any]) -> Iterator[Difference]:
    """The people who may do a task, None if it isn't open; of several instances, those who may do one of them."""
    for element, people in wanted.items():
        tasks = [task for task in after.case.tasks.values() if task.element == element]
        found = {person for task in tasks for person in candidates(after.stage, after.case, task)}
        given = set(map(str, people)) if isinstance(people, list) else people
        if given != (found if tasks else None):
            yield {element: people}, {element: sorted(found) if tasks else None}


def _messages(after: After, wanted: Mapping[str, Any]) -> Iterator[Difference]:
    there = {"kept": sorted(kept.name for kept in after.case.inbox.values()), "thrown": sorted(after.thrown)}
    for name, found in there.items():
        for expected, instead in _listed(wanted[name], found) if wanted.get(name) is not None else ():
            yield {name: expected}, {name: instead}


# ------------------------------------------------------------------ what happened


def _happened(row: Callable[[Case, Delivered], dict[str, Any] | None]) -> Callable[[After, Any], Iterator[Difference]]:
    """A check that each expected row is among those that happened; an empty list expects that nothing did."""

    def check(after: After, wanted: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
        found = [told for one in after.delivered if (told := row(after.case, one)) is not None]
        if not wanted and found:
            yield [], found
        left = list(found)
        for one in wanted:
            match = next((there for there in left if _fits(there, one)), None)
            if match is None:
                yield [one], found
                return
            left.remove(match)

    return check


def _fits(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a row has what is expected: of texts called `text` a part, of objects some fields, else the value."""
    for name, value in wanted.items():
        there = found.get(name)
        if name == "text":
            if str(value) not in str(there):
                return False
        elif isinstance(value, Mapping) and isinstance(there, Mapping):
            if not all(same(there.get(key), decode(inner)) for key, inner in value.items()):
                return False
        elif value is not None and not same(there, decode(value)):
            return False
    return True


def _notice(case: Case, one: Delivered) -> dict[str, Any] | None:
    if one.message.action != "notice.send":
        return None
    payload, words = one.message.payload, one.answer.get("letter")
    told = words if isinstance(words, Mapping) else payload.get("content")
    texts = told.values() if isinstance(told, Mapping) else (told,)
    said = "\n".join(str(feel.to_json(text)) for text in texts if text is not None)
    return {"to": payload.get("to"), "template": payload.get("template"), "text": said}


def _document(case: Case, one: Delivered) -> dict[str, Any] | None:
    message, answer = one.message, one.answer
    number = message.payload.get("matter")
    matter = case.matters.get(number) if isinstance(number, int) else None
    item = {"matter": matter.item} if matter is not None else {}
    if message.action == "document.render":
        made = _object(answer.get("document"))
        return {"template": message.payload.get("template"), "title": made.get("name"), **item}
    if message.action == "certificate.issue":
        made = _object(answer.get("certificate"))
        return {"certificate": made.get("kind"), "title": made.get("title"), "number": made.get("number"), **item}
    return None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _register(case: Case, one: Delivered) -> dict[str, Any] | None:
    how = {"register.find": "asked", "register.record": "recorded"}.get(one.message.action)
    if how is None:
        return None
    payload = one.message.payload
    return {how: payload.get("register"), "key": payload.get("key"), "entry": one.answer.get("entry")} | (
        {"entry": payload.get("entry")} if how == "recorded" else {}
    )


# ------------------------------------------------------------------ what a recording expects


def last_days(case: Case) -> dict[str, Any]:
    """As `due` would expect them: the last days of its tasks and timers, by element."""
    found = {element: [_in_the_form_of(due, "") for due in all] for element, all in dues(case).items()}
    return {element: all if len(all) > 1 else all[0] for element, all in found.items() if any(all)}


def clocks_told(case: Case, calendar: workdays.Calendar, light: workdays.Light, today: date) -> dict[str, Any]:
    """As `clocks` would expect them on that day: state, due day and light, by item and clock."""
    items = {matter.number: matter.item for matter in case.matters.values()}
    found: dict[str, dict[str, Any]] = {}
    for _, clock in sorted(case.clocks.items()):
        told = clock_told(clock, calendar, light, today)
        kept = {name: told[name] for name in ("state", "due", "light") if told[name] is not None}
        found.setdefault(items[clock.matter], {})[clock.name] = kept
    return found


def happened(case: Case, delivered: Sequence[Delivered]) -> dict[str, Any]:
    """Notices, documents and registers of what was delivered, as a scenario would expect them; nobody is named."""
    told = {
        "notices": [_only(_notice(case, one), "to", "template") for one in delivered],
        "documents": [_only(_document(case, one), "template", "certificate", "matter") for one in delivered],
        "registers": [_only(_register(case, one), "asked", "recorded") for one in delivered],
    }
    return {name: [row for row in rows if row] for name, rows in told.items() if any(rows)}


def _only(row: Mapping[str, Any] | None, *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names if row is not None and row.get(name) is not None}


_CHECKS: Mapping[str, Callable[[After, Any], Iterator[Difference]]] = {
    "open": _open,
    "ended": _ended,
    "incidents": _incidents,
    "variables": _variables,
    "matters": _matters,
    "due": _due,
    "clocks": _clocks,
    "candidates": _candidates,
    "messages": _messages,
    "notices": _happened(_notice),
    "documents": _happened(_document),
    "registers": _happened(_register),
}
