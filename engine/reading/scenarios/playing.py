"""Play a scenario on its stage: give each step to the door, and compare the case with what the step expects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.base.errors import LicetError
from engine.case.journal import Entry
from engine.case.journal import read as read_entry
from engine.case.records import decode, encode, plain
from engine.case.state import Case
from engine.hall.proof import verify
from engine.language import feel
from engine.model.runtime.changes import ROOT
from engine.reading.scenarios.coverage import Coverage
from engine.reading.scenarios.reading import Models, Scenario, name_of, read
from engine.reading.scenarios.stage import Handlers, Rehearsal, rehearsal


@dataclass(frozen=True, slots=True)
class Row:
    """The result of one scenario. `step` is the number of the step that failed; 0 is the start.

    `expected` is what that step expects, `found` what the case had instead. All three are None if the scenario passed.
    """

    scenario: str
    passed: bool
    step: int | None = None
    expected: Any = None
    found: Any = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Unexpected(Exception):
    """Raised where a step has another result than the scenario expects."""

    def __init__(self, expected: Any, found: Any) -> None:
        super().__init__(expected, found)
        self.expected, self.found = expected, found


def run(
    path: Path,
    handlers: Handlers,
    template: Path,
    library: Sequence[Path] = (),
    models: Models | None = None,
    coverage: Coverage | None = None,
) -> Row:
    """Play one scenario file, and return its result.

    A file that can't be read, or a step that is refused, is a failed row; no LicetError is raised.
    """
    try:
        scenario = read(path, library, models)
    except LicetError as error:
        return Row(name_of(path), False, 0, "a scenario that can be loaded", str(error))
    with rehearsal(scenario.organisation, scenario.at, handlers, template) as stage:
        _, row = play(stage, scenario)
        if coverage is not None:
            coverage.add(scenario, stage)
        return row


def play(stage: Rehearsal, scenario: Scenario) -> tuple[str | None, Row]:
    """Play a scenario; return the number of the case that it started (None if it started none), and the result."""
    stage.engine.publish(scenario.version, "system:rehearsal")
    step, player = 0, Player(stage, scenario)
    try:
        player.start()
        for wanted in scenario.steps:
            step += 1
            player.play(wanted)
    except Unexpected as wrong:
        return player.case, Row(scenario.name, False, step, _json(wrong.expected), _json(wrong.found))
    except LicetError as error:
        refusal = {"refused": error.code, "message": str(error)}
        return player.case, Row(scenario.name, False, step, "the step to be accepted", refusal)
    return player.case, Row(scenario.name, True)


def told(scenario: Scenario, handlers: Handlers, template: Path) -> dict[str, Any]:
    """Play a scenario, and return its whole history as JSON: the output of `licet demo`.

    Shape: `{"passed", "row", "case", "steps", "matters", "results", "verified"}`; only the first two if no case was
    started. `verified` says whether `verify` proves the journal.
    """
    with rehearsal(scenario.organisation, scenario.at, handlers, template) as stage:
        number, result = play(stage, scenario)
        if number is None:
            return {"passed": False, "row": result.as_dict()}
        case = stage.case(number)
        with stage.engine.store.reading() as reading:
            entries = [read_entry(row.body) for row in reading.entries(number)]
        checked = verify(stage.engine.store, stage.engine.library, [number])
    return {
        "passed": result.passed,
        "row": result.as_dict(),
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
    """One entry of the journal as a step; `element` is the one that the command completed, if it completed one."""
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
    """Plays the steps of one scenario on its stage. `play` checks the expectations of a step; `act` doesn't."""

    def __init__(self, stage: Rehearsal, scenario: Scenario) -> None:
        self.stage, self.scenario = stage, scenario
        self.case: str | None = None

    def start(self) -> None:
        self._expecting(self.scenario.start.get("expect") or {}, self.begin)

    def begin(self) -> None:
        """Start the case."""
        start = self.scenario.start
        self.stage.furnish(start.get("registers") or {}, start.get("project"))
        payload: dict[str, Any] = {"chain": self.scenario.version.digest, "variables": start.get("variables") or {}}
        payload |= {name: start[name] for name in ("title", "applicant", "channel") if name in start}
        if self.scenario.process:
            payload["process"] = self.scenario.process
        actor = start.get("by") or self.stage.starter()
        self.case = self.stage.give("StartCase", actor, None, payload).case

    def play(self, step: Mapping[str, Any]) -> None:
        self._expecting(step.get("expect") or {}, lambda: self.act(step))

    def act(self, step: Mapping[str, Any]) -> None:
        """Carry out a step without checking what it expects."""
        next(do for kind, do in _ACTS.items() if kind in step)(self, step)

    # ---------------------------------------------------------------- steps

    def complete(self, step: Mapping[str, Any]) -> None:
        """Complete the `nth` open task of an element, or answer the `nth` job that waits there."""
        element, nth = step["complete"], step.get("nth") or 1
        case = self.stage.case(self._number())
        open_ones = sorted(t for t, task in case.tasks.items() if task.element == element)
        jobs = sorted(m.token for m in case.outbox.values() if m.token and self._element(case, m.token) == element)
        variables = step.get("variables") or {}
        if len(open_ones) >= nth:
            task = case.tasks[open_ones[nth - 1]]
            actor = step.get("by") or self.stage.somebody(case, task)
            self._give("CompleteTask", actor, {"task": task.token, "variables": variables})
        elif len(jobs) >= nth:
            self._give("AnswerJob", "system:outbox", {"token": jobs[nth - 1], "variables": variables})
        else:
            # Nothing is open there: task 0 has the door refuse it, as for somebody whose page is out of date.
            self._give("CompleteTask", step.get("by") or self.stage.starter(), {"task": 0, "variables": variables})

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
        """Give any other command: `{"command": "ExtendClock", "by", "payload": {…}}`.

        In the payload a text as `matter` is the key of its item, a text as `task` the id of its element.
        """
        payload = dict(step.get("payload") or {})
        if isinstance(payload.get("task"), str):
            tasks = sorted(self.stage.case(self._number()).tasks.items())
            payload["task"] = next((number for number, task in tasks if task.element == payload["task"]), 0)
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
        """Do `act`, then compare the case with `expect`. Raises Unexpected."""
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
        actual = {
            "open": sorted(task.element for task in case.tasks.values()),
            "ended": not case.is_open,
            "incidents": sorted(str(incident.element) for incident in case.incidents.values()),
        }
        for name, value in actual.items():
            wanted = expect.get(name)
            if wanted is not None and (sorted(map(str, wanted)) if isinstance(wanted, list) else wanted) != value:
                raise Unexpected({name: wanted}, {name: value})
        facts = {name: plain(value) for (scope, name), value in case.facts.items() if scope == ROOT}
        for name, value in (expect.get("variables") or {}).items():
            if not same(facts.get(name), decode(value)):
                raise Unexpected({"variables": {name: value}}, {"variables": {name: facts.get(name)}})
        states = {matter.item: str(matter.state) for matter in case.matters.values()}
        for item, state in (expect.get("matters") or {}).items():
            if states.get(item) != state:
                raise Unexpected({"matters": {item: state}}, {"matters": {item: states.get(item)}})


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
    return bool(actual == expected) or (isinstance(expected, str) and _json(actual) == expected)


def _json(value: Any) -> Any:
    """A value in the form in which people write it in a scenario file."""
    if isinstance(value, Mapping):
        return {name: _json(plain(inner)) for name, inner in value.items()}
    return [_json(plain(inner)) for inner in value] if isinstance(value, list | tuple) else feel.to_json(value)


_ACTS: Mapping[str, Callable[[Player, Mapping[str, Any]], None]] = {
    "complete": Player.complete,
    "advance": Player.advance,
    "message": Player.message,
    "signal": Player.signal,
    "command": Player.command,
}
