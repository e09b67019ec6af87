"""The history of a case: each entry of its journal with who made it, on what basis, and what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from engine.case.journal import Entry
from engine.case.journal import read as read_entry
from engine.case.state import Case
from engine.hall.store import EntryRow
from engine.law import matter as law
from engine.model.chain import ChainVersion
from engine.reading.views.matters import item_name, matter_name
from engine.reading.views.reasons import Reason, reasons
from engine.reading.views.sight import SYSTEM, Person, Sight, Viewer

LATEST: Final = 20
"""Entries that the case page shows at once."""

MOVED_BY_HAND: Final = frozenset(
    {"SendBack", "AddSigner", "RemoveSigner", "SkipTask", "MoveToken", "SetFact", "MigrateCase", "CancelCase"}
)
"""Commands whose reason is told: nothing else of the entry says why."""


@dataclass(frozen=True, slots=True)
class Basis:
    """On what basis somebody acted: `kind` as the journal has it, with the names that go with it."""

    kind: str
    department: str | None = None
    role: str | None = None
    for_person: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that an entry did, or why. `what` says which fields are given; names are those of the models.

    received: name (of the item) · moved: name, state, reason · opened: name (of the task)
    clock_due, clock_suspended, clock_warned, clock_lapsed: name (of the item), clock, due
    incident: name (its cause) · result: name · supplied: name (of the file), origin (the case that it comes from)
    joined: name (the project's code) · handed_on, migrated, completed, cancelled: nothing · reason: name (the reason)
    """

    what: str
    name: str = ""
    state: str | None = None
    reason: str | None = None
    clock: str | None = None
    due: str | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of the journal. `effective_on` is the day that it counts from, where that isn't the day of `at`."""

    sequence: int
    at: str
    effective_on: str | None
    actor: Person
    basis: Basis
    command: str
    told: tuple[Told, ...]
    hash: str
    why: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """A page of entries, the latest first; `next` is the sequence to go on before, None at the end."""

    rows: tuple[Line, ...]
    next: int | None


def page(sight: Sight, case: str, before: int | None = None, limit: int = 50) -> History:
    """The entries of a case before a sequence."""
    opened = sight.opened(case)
    rows = sight.reading.latest(case, before, limit + 1)
    shown = rows[:limit]
    lines = tuple(line(sight, opened.version, opened.case, row) for row in shown)
    return History(lines, shown[-1].sequence if len(rows) > limit else None)


def worth_telling(sight: Sight, version: ChainVersion, case: Case) -> Iterator[Line]:
    """Entries that a person made or that did something to tell of, the latest first."""
    before: int | None = None
    while rows := sight.reading.latest(case.id, before, LATEST):
        for row in rows:
            one = line(sight, version, case, row)
            if one.told or one.actor.key not in SYSTEM:
                yield one
        before = rows[-1].sequence


def line(sight: Sight, version: ChainVersion, case: Case, row: EntryRow) -> Line:
    """An entry of the case as people read it."""
    entry, viewer = read_entry(row.body), sight.viewer
    day = datetime.fromisoformat(entry.recorded_at).astimezone(viewer.now.tzinfo).date().isoformat()
    return Line(
        sequence=entry.sequence,
        at=entry.recorded_at,
        effective_on=entry.effective_on if entry.effective_on != day else None,
        actor=Person(entry.actor, viewer.name(entry.actor)),
        basis=basis(viewer, entry.basis),
        command=entry.command["type"],
        told=tuple(told(version, case, entry)),
        hash=row.hash,
        why=tuple(reasons(sight.version, entry)),
    )


def basis(viewer: Viewer, given: Mapping[str, Any]) -> Basis:
    """The basis of authority of an entry, with names instead of keys."""
    department, role, person = (given.get(name) for name in ("department", "role", "for_person"))
    return Basis(
        kind=str(given.get("kind", "")),
        department=viewer.name(str(department)) if department else None,
        role=viewer.role(str(role)) if role else None,
        for_person=viewer.name(str(person)) if person else None,
    )


def told(version: ChainVersion, case: Case, entry: Entry) -> Iterator[Told]:
    """Yield what an entry did that matters to people, in the order in which it happened; last, the reason it gives."""
    for effect in entry.effects:
        teller = _TELLERS.get(effect["type"])
        if teller is not None:
            yield from teller(version, case, effect)
    reason = entry.command["payload"].get("reason")
    if entry.command["type"] in MOVED_BY_HAND and isinstance(reason, str):
        yield Told("reason", reason)


Teller = Callable[[ChainVersion, Case, Mapping[str, Any]], Iterator[Told]]


def _simply(what: str, field: str | None = None) -> Teller:
    def tell(version: ChainVersion, case: Case, effect: Mapping[str, Any]) -> Iterator[Told]:
        yield Told(what, effect[field] if field is not None else "")

    return tell


def _received(version: ChainVersion, case: Case, effect: Mapping[str, Any]) -> Iterator[Told]:
    yield Told("received", item_name(version, effect["item"]))


def _moved(version: ChainVersion, case: Case, effect: Mapping[str, Any]) -> Iterator[Told]:
    name = matter_name(version, case, effect["matter"])
    yield Told("moved", name, state=str(law.State(effect["state"])), reason=effect.get("reason") or None)


def _clock(version: ChainVersion, case: Case, effect: Mapping[str, Any]) -> Iterator[Told]:
    """A clock's due date, that it is suspended, that it warned or lapsed; that it stopped goes without saying."""
    if effect["state"] == "stopped":
        return
    due = effect.get("due")
    if due is None:
        what = "clock_suspended" if effect["state"] == "suspended" else "clock_due"
    else:
        what = next((f"clock_{mark}" for mark in ("lapsed", "warned") if effect.get(mark) == due), "clock_due")
    yield Told(what, matter_name(version, case, effect["matter"]), clock=effect["name"], due=due)


def _supplied(version: ChainVersion, case: Case, effect: Mapping[str, Any]) -> Iterator[Told]:
    yield Told("supplied", effect["name"], origin=effect.get("origin") or None)


def _ended(version: ChainVersion, case: Case, effect: Mapping[str, Any]) -> Iterator[Told]:
    yield Told("completed" if effect["outcome"] == "completed" else "cancelled")


_TELLERS: Final[Mapping[str, Teller]] = {
    "matter_received": _received,
    "matter_moved": _moved,
    "task_opened": _simply("opened", "name"),
    "clock_changed": _clock,
    "incident_raised": _simply("incident", "cause"),
    "result_added": _simply("result", "title"),
    "material_supplied": _supplied,
    "project_joined": _simply("joined", "project"),
    "facts_handed_on": _simply("handed_on"),
    "case_migrated": _simply("migrated"),
    "case_ended": _ended,
}
