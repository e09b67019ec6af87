"""How far each process of a case has come: read off the journal, for the picture of the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from engine.case.journal import Entry
from engine.case.journal import read as read_entry
from engine.case.state import Case, Matter
from engine.hall.store import EntryRow, Reading
from engine.model.chain import ChainVersion
from engine.model.runtime.changes import ROOT


@dataclass(slots=True)
class Instance:
    """One running or finished process of the case. `token` is what holds it open: 0, or that of a call activity."""

    token: int
    process: str
    completed: dict[str, None] = field(default_factory=dict)
    entered: dict[int, str] = field(default_factory=dict)  # open tokens: element
    flows: dict[str, None] = field(default_factory=dict)


class Progress:
    """Instances by the token that holds them, built from effects in their order."""

    def __init__(self, version: ChainVersion, main: str) -> None:
        self._version = version
        self.instances: dict[int, Instance] = {ROOT: Instance(ROOT, main)}
        self._levels: dict[int, tuple[int, str]] = {}  # token: its level and element
        self._last: dict[str, int] = {}  # element: the level at which it was left last

    def read(self, entries: Iterable[Entry]) -> Progress:
        for entry in entries:
            for effect in entry.effects:
                handler = _HANDLERS.get(effect["type"])
                if handler is not None:
                    handler(self, effect)
        return self

    def instance(self, level: int) -> Instance:
        """The process instance that a level belongs to: embedded bodies are part of the one around them."""
        while level not in self.instances:
            level = self._levels[level][0]
        return self.instances[level]

    def _entered(self, effect: Mapping[str, Any]) -> None:
        token, element, level = effect["token"], effect["element"], effect["level"]
        if level < ROOT:
            return
        self._levels[token] = (level, element)
        if effect.get("index") is not None:
            self.instances.pop(level, None)  # what it is one of calls nothing itself
        instance = self.instance(level)
        instance.entered[token] = element
        model = self._version.processes[instance.process].elements.get(element)
        called = model.called if model is not None and model.kind == "callActivity" else None
        if called is not None and called in self._version.processes:
            self.instances[token] = Instance(token, called)

    def _left(self, effect: Mapping[str, Any]) -> None:
        token = effect["token"]
        if token not in self._levels:
            return
        level, element = self._levels[token]
        instance = self.instance(level)
        instance.entered.pop(token, None)
        self._last[element] = level
        if effect["type"] == "element_completed":
            instance.completed[element] = None

    def _taken(self, effect: Mapping[str, Any]) -> None:
        flow = effect["flow"]
        for process in self._version.processes.values():
            if flow in process.flows:
                level = self._last.get(process.flows[flow].source, ROOT)
                self.instance(level).flows[flow] = None

    def visited(self) -> Iterator[tuple[str, str]]:
        """Process and element of every token that there was, the way through or taken away."""
        return ((self.instance(level).process, element) for level, element in self._levels.values())

    def taken(self) -> Iterator[tuple[str, str]]:
        """Process and flow of every way that was gone."""
        for instance in self.instances.values():
            known = self._version.processes[instance.process].flows
            yield from ((instance.process, flow) for flow in instance.flows if flow in known)

    def shown(self) -> list[Instance]:
        """Those worth a picture: the main one first, then called ones that got anywhere."""
        return [i for i in self.instances.values() if i.token == ROOT or i.completed or i.entered]


_HANDLERS = {
    "element_entered": Progress._entered,
    "element_completed": Progress._left,
    "element_terminated": Progress._left,
    "flow_taken": Progress._taken,
}


REMEMBERED = 64
"""Journals that are remembered as far as they were read: at 2,000 entries some hundred kB each."""


@dataclass(slots=True)
class Followed:
    """A journal as far as it was read. `results`: when each came, by number; `head`: hash of the last entry."""

    progress: Progress
    results: dict[int, str] = field(default_factory=dict)
    sequence: int = 0
    head: str = ""

    def read(self, rows: Sequence[EntryRow]) -> None:
        for row in rows:
            entry = read_entry(row.body)
            self.progress.read([entry])
            added = (effect["number"] for effect in entry.effects if effect["type"] == "result_added")
            self.results.update(dict.fromkeys(added, entry.recorded_at))
            self.sequence, self.head = row.sequence, row.hash


class Journals:
    """Journals of cases that were looked at: looking again reads what has come since. Threads may share it."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Followed] = {}

    @contextmanager
    def followed(self, reading: Reading, version: ChainVersion, case: Case) -> Iterator[Followed]:
        """The journal of a case up to the moment of the reading; while it is looked at, it is nobody else's."""
        key = case.id, version.digest
        journal = self._known.pop(key, None)
        rows = reading.entries(case.id, journal.sequence - 1) if journal is not None else []
        if journal is None or not rows or rows[0].hash != journal.head:  # new here, or read further in a later moment
            journal, rows = Followed(Progress(version, case.process)), reading.entries(case.id)
        else:
            rows = rows[1:]
        journal.read(rows)
        yield journal
        self._known[key] = journal
        while len(self._known) > REMEMBERED:
            self._known.pop(next(iter(self._known)), None)


@dataclass(frozen=True, slots=True)
class Marks:
    """Ids of elements and flows of a picture, by how they are marked."""

    completed: tuple[str, ...]
    active: tuple[str, ...]
    incident: tuple[str, ...]
    flows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A task or call that the process came to; `state`: completed | active | incident."""

    element: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One process instance of a case. `key` names it in addresses; `item` is the name of its matter's item."""

    key: str
    name: str
    item: str | None
    matter: int | None
    marks: Marks
    steps: tuple[Step, ...]


def pictures(version: ChainVersion, case: Case, progress: Progress) -> tuple[Picture, ...]:
    """A picture of each process instance: its name, its matter, and the marks."""
    troubled = {incident.element for incident in case.incidents.values()}
    matters = {matter.level: matter for matter in case.matters.values()}
    return tuple(_picture(version, one, troubled, matters.get(one.token)) for one in progress.shown())


def _picture(version: ChainVersion, instance: Instance, troubled: set[str | None], matter: Matter | None) -> Picture:
    process = version.processes[instance.process]
    active = list(dict.fromkeys(instance.entered.values()))
    completed = tuple(element for element in instance.completed if element not in active)
    incident = tuple(element for element in active if element in troubled)
    item = version.catalogue.items.get(matter.item) if matter and version.catalogue else None
    states = {
        **dict.fromkeys(completed, "completed"),
        **dict.fromkeys(active, "active"),
        **dict.fromkeys(incident, "incident"),
    }
    return Picture(
        key=f"{instance.process}.{instance.token}",
        name=process.name,
        item=item.name if item else None,
        matter=matter.number if matter else None,
        marks=Marks(
            completed=completed,
            active=tuple(element for element in active if element not in incident),
            incident=incident,
            flows=tuple(instance.flows),
        ),
        steps=tuple(
            Step(e.id, e.name or e.id, states[e.id])
            for e in process.elements.values()
            if e.id in states and e.kind.endswith(("Task", "Activity", "task"))
        ),
    )
