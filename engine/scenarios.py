"""Scenarios: a chain rehearsed under virtual time, through the same door as real cases. The format stands in the docs.

A scenario is data: a model, a start, and steps with what is expected after each. The clock moves only by `advance`;
what falls due on the way fires in order, each at its own time. Outside actions are answered at once by stand-ins.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine import chain as chains
from engine import organisation as organisations
from engine.case import Case, Settings, timers
from engine.chain import ChainVersion
from engine.chain.files import nearest
from engine.door import Engine, Receipt
from engine.errors import InvalidInput, LicetError
from engine.journal import Entry
from engine.journal import read as read_entry
from engine.organisation import Organisation
from engine.ports import Clock, Handler, Shelf
from engine.records import Command, TaskOpened, encode, plain
from engine.runtime.changes import ROOT
from engine.scheduler import Scheduler
from engine.store import Store
from engine.views.opened import stored_case
from engine.views.replay import verify
from engine.workdays import Calendar

ANYBODY = "anybody"
"""Who acts in a bare model, which has no organisation."""

Handlers = Callable[[Shelf | None, Path], Mapping[str, Handler]]
"""Makes the stand-ins of the outside for one rehearsal, which may keep files in the folder."""


class VirtualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    @classmethod
    def epoch(cls) -> VirtualClock:
        """One that stands before everything, to be moved."""
        return cls(datetime(2000, 1, 1, tzinfo=UTC))

    def now(self) -> datetime:
        return self._at

    def move(self, to: datetime) -> None:
        self._at = max(self._at, to)


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one scenario: the step that failed (0: the start), what it expected, and what was found."""

    scenario: str
    passed: bool
    step: int | None = None
    expected: Any = None
    found: Any = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "scenario": self.scenario,
            "passed": self.passed,
            "step": self.step,
            "expected": self.expected,
            "found": self.found,
        }


class Unexpected(Exception):
    """A step didn't do what the scenario says."""

    def __init__(self, expected: Any, found: Any) -> None:
        super().__init__(expected, found)
        self.expected, self.found = expected, found


# ------------------------------------------------------------------ a rehearsal


class Rehearsal:
    """One database, one chain, one clock: where a scenario is played."""

    def __init__(
        self, engine: Engine, scheduler: Scheduler, organisation: Organisation | None, clock: VirtualClock
    ) -> None:
        self.engine, self.scheduler = engine, scheduler
        self.organisation, self.clock = organisation, clock

    @classmethod
    def alone(
        cls, store: Store, organisation: Organisation | None, handlers: Mapping[str, Handler], clock: VirtualClock
    ) -> Rehearsal:
        """On an empty database of its own."""
        engine = Engine(store, clock, seed=b"rehearsal")
        engine.set_up(Calendar.shipped(), organisation, Settings())
        return cls(engine, Scheduler(engine, handlers, clock), organisation, clock)

    def case(self, number: str) -> Case:
        with self.engine.store.reading() as reading:
            row = reading.case(number)
            if row is None:
                raise InvalidInput(f"Expected case {number} in the rehearsal; it isn't there.")
            return stored_case(reading, row)

    def give(self, type: str, actor: str, case: str | None, payload: Mapping[str, Any]) -> Receipt:
        """Give one command, and let what follows outside happen."""
        receipt = self.engine.execute(Command(type, actor, case, payload))
        self.scheduler.drain()
        return receipt

    def advance(self, case: str, text: str) -> None:
        """Let time pass: each deadline on the way fires at its own time."""
        self.until(timers.duration(text).after(self.clock.now()), case)

    def until(self, target: datetime, case: str | None = None) -> None:
        """Let time pass up to `target`; `case`: the only one whose deadlines are looked for on the way."""
        while (due := self._next_due(case)) is not None and due <= target:
            self.clock.move(due)
            if self.scheduler.drain() == 0:
                break  # what is due can't be done: an incident has parked it
        self.clock.move(target)
        self.scheduler.drain()

    def _next_due(self, case: str | None) -> datetime | None:
        with self.engine.store.reading() as reading:
            due = reading.next_deadline(case)
        return None if due is None else datetime.fromisoformat(due)

    def somebody(self, case: Case, task: TaskOpened) -> str:
        """The first who may do the task, where a scenario names nobody."""
        if self.organisation is None:
            return ANYBODY
        if task.assignee:
            return str(task.assignee)
        today = self.clock.now().date()
        found = (*task.users, *self.organisation.candidates(task.roles, task.department, task.item, today))
        return next((person for person in found if person not in case.barred(task)), ANYBODY)

    def starter(self) -> str:
        if self.organisation is None:
            return ANYBODY
        return next(iter(self.organisation.candidates(("window",), None, None, self.clock.now().date())), ANYBODY)


@contextmanager
def rehearsal(
    organisation: Organisation | None, at: datetime, handlers: Handlers, template: Path
) -> Iterator[Rehearsal]:
    """A rehearsal in a database of its own, copied from an empty one, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="licet-") as folder:
        path = Path(folder) / "rehearsal.db"
        shutil.copy(template, path)
        store = Store.open(f"sqlite:///{path}")
        try:
            yield Rehearsal.alone(store, organisation, handlers(None, Path(folder)), VirtualClock(at))
        finally:
            store.close()


@contextmanager
def empty_database() -> Iterator[Path]:
    """An empty database with its tables, to copy rehearsals from."""
    with tempfile.TemporaryDirectory(prefix="licet-") as folder:
        path = Path(folder) / "empty.db"
        store = Store.open(f"sqlite:///{path}")
        store.upgrade()
        store.close()
        yield path


# ------------------------------------------------------------------ reading scenarios


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario as its file has it, its model read."""

    name: str
    version: ChainVersion
    organisation: Organisation | None
    start: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]
    at: datetime
    process: str | None


def files_of(paths: Sequence[Path | str]) -> list[Path]:
    """The scenario files of chain folders, or the files themselves."""
    found: list[Path] = []
    for path in map(Path, paths):
        found.extend(sorted(path.rglob("scenarios/*.json")) if path.is_dir() else [path])
    return found


def read(path: Path, library: Sequence[Path] = ()) -> Scenario:
    """The scenario of a file. Raises InvalidInput naming what is wrong with it."""
    data = _json(path)
    if not isinstance(data, dict):
        raise InvalidInput(f"Expected a scenario as a JSON object in {path.name}.")
    unknown = set(data) - {"name", "model", "process", "start", "steps", "description"}
    if unknown or "model" not in data:
        raise InvalidInput(f"Expected name, model, process, start and steps; found {', '.join(sorted(data))}.")
    start, steps = data.get("start", {}), data.get("steps", [])
    if not isinstance(start, dict) or not isinstance(steps, list) or not all(isinstance(s, dict) for s in steps):
        raise InvalidInput("Expected start as an object and steps as a list of objects.")
    version, organisation = _model(path, str(data["model"]), data.get("process"), library)
    at = _instant(start.get("at"))
    return Scenario(str(data.get("name", path.stem)), version, organisation, start, steps, at, data.get("process"))


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"), parse_float=Decimal)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"Expected a scenario that can be read; {path.name}: {error}.") from error


def _instant(value: Any) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"Expected start.at such as 2026-03-02T09:00:00+08:00; found {value!r}.") from error
    if at.tzinfo is None:
        raise InvalidInput(f"Expected start.at with its zone; found {value!r}.")
    return at


def _model(
    path: Path, model: str, process: str | None, library: Sequence[Path]
) -> tuple[ChainVersion, Organisation | None]:
    """The version that the scenario's model is part of: its chain folder, or the bare file."""
    file = (path.parent / model).resolve()
    whole = file.parent if file.name == "chain.bpmn" else file
    reading = chains.read(whole, library, process)
    if reading.version is None:
        wrong = [f.message for f in reading.findings if f.severity == "error"]
        raise InvalidInput(f"Expected a model without errors; {file.name}: {'; '.join(wrong[:3]) or 'not found'}.")
    hall = nearest("organisation.json", file.parent) if reading.version.catalogue is not None else None
    return reading.version, organisations.read(hall.read_bytes()) if hall is not None else None


# ------------------------------------------------------------------ playing them


def run(path: Path, handlers: Handlers, template: Path, library: Sequence[Path] = ()) -> Row:
    """Play one scenario file. Whatever is wrong with it is a failed row, never an exception."""
    try:
        scenario = read(path, library)
    except LicetError as error:
        return Row(path.stem, False, 0, "a scenario that can be loaded", str(error))
    with rehearsal(scenario.organisation, scenario.at, handlers, template) as stage:
        _, row = play(stage, scenario)
        return row


def play(stage: Rehearsal, scenario: Scenario) -> tuple[str | None, Row]:
    """Number of the case that the scenario made, and what came of it."""
    stage.engine.publish(scenario.version, "system:rehearsal")
    step, player = 0, Player(stage, scenario)
    try:
        player.start()
        for wanted in scenario.steps:
            step += 1
            player.play(wanted)
    except Unexpected as wrong:
        return player.case, Row(scenario.name, False, step, encode(wrong.expected), encode(wrong.found))
    except LicetError as error:
        found = {"refused": error.code, "message": str(error)}
        return player.case, Row(scenario.name, False, step, "the step to be accepted", found)
    return player.case, Row(scenario.name, True)


def told(scenario: Scenario, handlers: Handlers, template: Path) -> dict[str, Any]:
    """A scenario from its start to its result, as its journal tells it: what `licet demo` prints."""
    with rehearsal(scenario.organisation, scenario.at, handlers, template) as stage:
        number, row = play(stage, scenario)
        if number is None:
            return {"passed": False, "row": row.as_dict()}
        case = stage.case(number)
        with stage.engine.store.reading() as reading:
            entries = [read_entry(found.body) for found in reading.entries(number)]
        checked = verify(stage.engine.store, stage.engine.library, [number])
    return {
        "passed": row.passed,
        "row": row.as_dict(),
        "case": number,
        "steps": [_step(entry) for entry in entries],
        "matters": [{"item": m.item, "state": str(m.state)} for m in case.matters.values()],
        "results": [
            {"kind": r.kind, "title": r.title, "matter": r.matter, "value": encode(plain(r.value))}
            for r in case.results.values()
        ],
        "verified": checked.proves(),
    }


def _step(entry: Entry) -> dict[str, Any]:
    payload = entry.command["payload"]
    deadline = payload.get("deadline", "").split(":", 2)
    token = payload.get("task") or payload.get("token") or (int(deadline[1]) if deadline[0] == "token" else None)
    ended = ("element_completed", "element_terminated", "task_closed")
    element = next((e["element"] for e in entry.effects if e["type"] in ended and e.get("token") == token), None)
    return {
        "at": entry.recorded_at,
        "actor": entry.actor,
        "command": entry.command["type"],
        "element": element,
        "effects": list(entry.effects),
        "state": entry.state,
    }


class Player:
    """Plays the steps of one scenario on its stage. `play` checks what a step expects; `act` doesn't."""

    def __init__(self, stage: Rehearsal, scenario: Scenario) -> None:
        self.stage, self.scenario = stage, scenario
        self.case: str | None = None

    def start(self) -> None:
        self._expecting(self.scenario.start.get("expect") or {}, self.begin)

    def begin(self) -> None:
        """Start the case."""
        start = self.scenario.start
        payload: dict[str, Any] = {"chain": self.scenario.version.digest, "variables": start.get("variables") or {}}
        payload |= {name: start[name] for name in ("title", "applicant", "channel") if name in start}
        if self.scenario.process:
            payload["process"] = self.scenario.process
        actor = start.get("by") or self.stage.starter()
        self.case = self.stage.give("StartCase", actor, None, payload).case

    def play(self, step: Mapping[str, Any]) -> None:
        self._expecting(step.get("expect") or {}, lambda: self.act(step))

    def act(self, step: Mapping[str, Any]) -> None:
        kinds = [kind for kind in _STEPS if kind in step]
        if len(kinds) != 1:
            raise Unexpected(f"one of {', '.join(_STEPS)}", sorted(step))
        _STEPS[kinds[0]](self, step)

    # ---------------------------------------------------------------- steps

    def complete(self, step: Mapping[str, Any]) -> None:
        element, nth = step["complete"], step.get("nth", 1)
        case = self.stage.case(self._number())
        open_ones = sorted(t for t, task in case.tasks.items() if task.element == element)
        jobs = sorted(m.token for m in case.outbox.values() if m.token and self._element(case, m.token) == element)
        variables = step.get("variables") or {}
        if len(open_ones) >= nth > 0:
            task = case.tasks[open_ones[nth - 1]]
            actor = step.get("by") or self.stage.somebody(case, task)
            self._give("CompleteTask", actor, {"task": task.token, "variables": variables})
        elif len(jobs) >= nth > 0:
            self._give("AnswerJob", "system:outbox", {"token": jobs[nth - 1], "variables": variables})
        else:
            # As if somebody had the page still open: the door says that it isn't open.
            self._give("CompleteTask", step.get("by") or ANYBODY, {"task": 0, "variables": variables})

    def _element(self, case: Case, token: int) -> str | None:
        return case.tokens[token].element if token in case.tokens else None

    def advance(self, step: Mapping[str, Any]) -> None:
        self.stage.advance(self._number(), str(step["advance"]))

    def message(self, step: Mapping[str, Any]) -> None:
        payload = {"name": step["message"], "variables": step.get("variables") or {}}
        if step.get("correlationKey") is not None:
            payload["correlation_key"] = step["correlationKey"]
        self._give("DeliverMessage", "system:outbox", payload)

    def signal(self, step: Mapping[str, Any]) -> None:
        payload = {"name": step["signal"], "variables": step.get("variables") or {}}
        self._give("BroadcastSignal", "system:outbox", payload)

    def command(self, step: Mapping[str, Any]) -> None:
        """Any other command of the door: `{"command": "ExtendClock", "by", "payload": {…}}`; a matter by its item."""
        payload = dict(step.get("payload") or {})
        if isinstance(payload.get("matter"), str):
            matters = self.stage.case(self._number()).matters.values()
            payload["matter"] = next((m.number for m in matters if m.item == payload["matter"]), 0)
        self._give(str(step["command"]), step.get("by") or self.stage.starter(), payload)

    def _give(self, type: str, actor: str, payload: Mapping[str, Any]) -> None:
        self.stage.give(type, actor, self._number(), payload)

    def _number(self) -> str:
        if self.case is None:
            raise Unexpected("a case that was started", "none")
        return self.case

    # ---------------------------------------------------------------- expectations

    def _expecting(self, expect: Mapping[str, Any], act: Callable[[], None]) -> None:
        unknown = set(expect) - {"open", "ended", "variables", "matters", "refused", "incidents"}
        if unknown:
            raise Unexpected("open, ended, variables, matters, incidents, refused", sorted(unknown))
        wanted = expect.get("refused")
        before = self._head()
        try:
            act()
        except LicetError as error:
            if wanted is None or wanted is False:
                raise
            if wanted is not True and wanted != error.code:
                raise Unexpected({"refused": wanted}, {"refused": error.code, "message": str(error)}) from error
            if self._head() != before:
                raise Unexpected("nothing changed by a refusal", "a new entry") from error
        else:
            if wanted:
                raise Unexpected({"refused": wanted}, {"refused": False})
        if self.case is not None:
            self._compare(expect)

    def _head(self) -> Any:
        if self.case is None:
            return None
        with self.stage.engine.store.reading() as reading:
            return reading.heads([self.case])

    def _compare(self, expect: Mapping[str, Any]) -> None:
        case = self.stage.case(self._number())
        found = {
            "open": sorted(task.element for task in case.tasks.values()),
            "ended": not case.is_open,
            "incidents": sorted(str(incident.element) for incident in case.incidents.values()),
        }
        for name in ("open", "ended", "incidents"):
            if name in expect and expect[name] != found[name]:
                raise Unexpected({name: expect[name]}, {name: found[name]})
        facts = {name: plain(value) for (scope, name), value in case.facts.items() if scope == ROOT}
        for name, value in (expect.get("variables") or {}).items():
            if encode(facts.get(name)) != encode(value):
                raise Unexpected({"variables": {name: value}}, {"variables": {name: facts.get(name)}})
        states = {matter.item: str(matter.state) for matter in case.matters.values()}
        for item, state in (expect.get("matters") or {}).items():
            if states.get(item) != state:
                raise Unexpected({"matters": {item: state}}, {"matters": {item: states.get(item)}})


_STEPS: Mapping[str, Callable[[Player, Mapping[str, Any]], None]] = {
    "complete": Player.complete,
    "advance": Player.advance,
    "message": Player.message,
    "signal": Player.signal,
    "command": Player.command,
}

__all__ = [
    "ANYBODY", "Clock", "Rehearsal", "Row", "Scenario", "VirtualClock", "empty_database", "files_of", "play", "read",
    "rehearsal", "run", "told",
]  # fmt: skip
