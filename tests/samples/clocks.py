"""Matters whose clocks are watched: short commands, made-up calendars, journals as lines."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.case.journal import Entry
from engine.case.journal import read as read_entry
from engine.case.state import Case
from engine.hall.door import Receipt
from engine.hall.proof import verify
from engine.hall.store import Store
from engine.model import chain as chains
from engine.model.chain import ChainVersion
from engine.reading.scenarios import Rehearsal, VirtualClock
from tests.samples import halls

SHANGHAI = ZoneInfo("Asia/Shanghai")

# Two notices of 2027 that nobody has published: a holiday of four days with a Saturday worked for it, and one of three.
LONG_NEW_YEAR = {
    "year": 2027,
    "notice": "虚构〔2026〕甲号",
    "rest": ["2027-01-01/2027-01-04", "2027-05-01/2027-05-03", "2027-10-01/2027-10-07"],
    "makeup": ["2027-01-09"],
}
SHORT_NEW_YEAR = {
    "year": 2027,
    "notice": "虚构〔2026〕乙号",
    "rest": ["2027-01-01/2027-01-03", "2027-05-01/2027-05-03", "2027-10-01/2027-10-07"],
    "makeup": [],
}


def at(text: str) -> datetime:
    """A moment in the hall: `2026-03-02 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def notice(**changes: Any) -> bytes:
    """The calendar file of a year."""
    return json.dumps({**LONG_NEW_YEAR, **changes}, ensure_ascii=False).encode()


@functools.cache
def promising(workdays: int, correction: int = 0) -> ChainVersion:
    """Business start-up with another promised limit for the first item, and another limit to answer a correction."""
    version, _ = halls.chain(halls.BUSINESS_STARTUP)
    catalogue = json.loads(version.files["catalogue.json"])
    for item in catalogue["items"]:
        if item["key"] == "establishment_registration":
            item["limits"]["promised"]["amount"] = workdays
            if correction:
                item["limits"]["correction"] = {"amount": correction, "unit": "workday"}
    return chains.load({**version.files, "catalogue.json": json.dumps(catalogue, ensure_ascii=False).encode()})


@functools.cache
def followed() -> ChainVersion:
    """One clock, and timers that follow it."""
    reading = chains.read(halls.TESTS / "samples" / "followed_clock.bpmn")
    assert reading.version is not None
    return reading.version


class Watched:
    """One case on a stage of its own, its matter, and the entries of its journal about time."""

    def __init__(self, store: Store, version: ChainVersion, start: datetime, variables: Mapping[str, Any]) -> None:
        organisation = halls.chain(halls.BUSINESS_STARTUP)[1] if version.catalogue is not None else None
        self.stage = Rehearsal.alone(store, organisation, halls.outside(), VirtualClock(start))
        self.stage.engine.publish(version, "system:test")
        payload = {"chain": version.digest, "applicant": {"name": "示范申请人甲"}, "variables": dict(variables)}
        self.number = self.stage.give("StartCase", "window1", None, payload).case
        self._told = 0

    @property
    def case(self) -> Case:
        return self.stage.case(self.number)

    def give(self, type: str, by: str, **payload: Any) -> Receipt:
        return self.stage.give(type, by, self.number, payload)

    def complete(self, element: str, by: str, **variables: Any) -> None:
        token = next(t.token for t in self.case.tasks.values() if t.element == element)
        self.give("CompleteTask", by, task=token, variables=variables)

    def until(self, moment: str) -> None:
        self.stage.until(at(moment), self.number)

    def load(self, file: bytes) -> None:
        """Load a calendar as an administrator, and let the scheduler do what follows."""
        self.stage.engine.load_calendar(file, "system:test")
        self.stage.scheduler.drain()

    def entries(self) -> list[Entry]:
        with self.stage.engine.store.reading() as reading:
            return [read_entry(row.body) for row in reading.entries(self.number)]

    def told(self) -> list[str]:
        """Return the effects on clocks, and those of time, since the last call: a line each, with literal dates."""
        entries = self.entries()
        found = [line for entry in entries[self._told :] for line in _lines(entry)]
        self._told = len(entries)
        return found

    def letters(self) -> list[str]:
        """Return the notices that went out: `template to`, in order."""
        found = (e for entry in self.entries() for e in entry.effects if e["type"] == "message_queued")
        opened = (self._payload(effect["payload"]) for effect in found if effect["destination"] == "notification")
        return [f"{payload['template']} {payload['to']}" for payload in opened]

    def _payload(self, value: Any) -> Any:
        with self.stage.engine.store.reading() as reading:
            values = {row.digest: row.value for row in reading.personal(self.number)}
        return json.loads(values[value["$personal"]])

    def verified(self) -> bool:
        return verify(self.stage.engine.store, self.stage.engine.library, [self.number]).proves()


def _lines(entry: Entry) -> Iterator[str]:
    """`recorded-at [counts from] command: what`, for each effect on clocks, deadlines and matters."""
    when = f"{entry.recorded_at[:16]} [{entry.effective_on}] {entry.command['type']}"
    for effect in entry.effects:
        what = _TELL.get(effect["type"], lambda e: None)(effect)
        if what is not None:
            yield f"{when}: {what}"


def _clock(e: Mapping[str, Any]) -> str:
    marks = [f"{name} {e[name]}" for name in ("warned", "lapsed") if e.get(name) and e[name] == e.get("due")]
    due = e.get("due") or e["state"]
    certainty = " provisional" if e.get("certainty") == "provisional" else ""
    return " ".join((f"{e['name']} due {due}{certainty}", *marks))


_TELL: Mapping[str, Any] = {
    "clock_changed": _clock,
    "matter_moved": lambda e: f"matter {e['state']} on {e['on']}" + (f" ({e['basis']})" if e.get("basis") else ""),
    "incident_raised": lambda e: f"{e['code']} {e['element']}",
    "incident_resolved": lambda e: f"incident {e['how']}",
    "task_rescheduled": lambda e: f"task due {e['due'] and e['due'][:16]}",
}
