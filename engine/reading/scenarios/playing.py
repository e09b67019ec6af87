"""Play a scenario on its stage: give each step to the door, and compare the case with what the step expects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.base.errors import BudgetExceeded, LicetError, NotAllowed
from engine.case.authority import APPLICANT
from engine.case.journal import Entry
from engine.case.journal import read as read_entry
from engine.case.records import TaskOpened, encode, plain
from engine.case.state import Case
from engine.hall.proof import verify
from engine.language import decisions
from engine.model.runtime.changes import Token
from engine.reading.scenarios.coverage import Coverage
from engine.reading.scenarios.expecting import After, as_json, place_of
from engine.reading.scenarios.mistakes import not_open, not_theirs, refusal
from engine.reading.scenarios.people import candidates
from engine.reading.scenarios.reading import Models, Scenario, name_of, read
from engine.reading.scenarios.stage import Handlers, Rehearsal, rehearsal

THROWING = ("intermediateThrowEvent", "endEvent")
Head = Mapping[str, Any]
"""The head of the case's journal, by its number; empty before it is started."""


ENTRIES_OF_A_LOOP = 30
"""So many of the last entries of a case say through which elements it goes."""


@dataclass(frozen=True, slots=True)
class Row:
    """The result of one scenario. `step` is the number of the step that failed, 0 for the start; `where` says which
    step that is, such as "complete review".

    `expected` is what that step expects, `found` what the case had instead. All four are None if the scenario passed.
    """

    scenario: str
    passed: bool
    step: int | None = None
    expected: Any = None
    found: Any = None
    where: str | None = None

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
        return Row(name_of(path), False, error.fields.get("step", 0), "a scenario that can be loaded", str(error))
    with rehearsal(scenario.organisation, scenario.at, handlers, template) as stage, decisions.watched() as matched:
        _, row = play(stage, scenario)
        if coverage is not None:
            coverage.add(path, scenario, stage, matched)
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
        return player.case, Row(
            scenario.name, False, step, as_json(wrong.expected), as_json(wrong.found), _where(scenario, step)
        )
    except LicetError as error:
        found = refusal(error, scenario.version)
        if error.sentence == "due_without_end":
            found["loop"] = _loop(stage, player.case)
        where = _where(scenario, step)
        return player.case, Row(scenario.name, False, step, "the step to be accepted", found, where)
    return player.case, Row(scenario.name, True)


def _loop(stage: Rehearsal, case: str | None) -> list[str]:
    """The elements that the last entries of a case came to, each once; None: of the youngest case."""
    with stage.engine.store.reading() as reading:
        case = case or next(row.id for row in reading.cases(limit=1))
        entries = [read_entry(row.body) for row in reading.entries(case)][-ENTRIES_OF_A_LOOP:]
    entered = (effect for entry in entries for effect in entry.effects if effect["type"] == "element_entered")
    return list(dict.fromkeys(effect["element"] for effect in entered))


def _where(scenario: Scenario, number: int) -> str:
    """A few words for what a step does; step 0 is the start."""
    if number == 0:
        return "start"
    step = scenario.steps[number - 1]
    kind = next(kind for kind in _ACTS if kind in step)
    nth = f" (nth {step['nth']})" if step.get("nth") else ""
    return f"{kind} {step[kind]}{nth}" + (f" by {step['by']}" if step.get("by") else "")


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
        self.stage.furnish(start.get("registers") or {}, start.get("project"), start.get("certificates"))
        payload: dict[str, Any] = {"chain": self.scenario.version.digest, "variables": start.get("variables") or {}}
        payload |= {name: start[name] for name in ("title", "applicant", "channel") if name in start}
        if self.scenario.process:
            payload["process"] = self.scenario.process
        actor = start.get("by") or self._starter()
        self.case = self.stage.give("StartCase", actor, None, payload, start.get("on")).case

    def _starter(self) -> str:
        """Return the first person who takes in such a case."""
        version = self.scenario.version
        roles = [role for role in version.processes[self.scenario.process or version.main].intake if role != APPLICANT]
        return self.stage.starter(roles)

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
            try:
                self._give("CompleteTask", actor, {"task": task.token, "variables": variables}, step.get("on"))
            except NotAllowed as error:
                others = [candidates(self.stage, case, case.tasks[number]) for number in open_ones]
                raise not_theirs(error, actor, step, others) from error
        elif len(jobs) >= nth:
            self._give("AnswerJob", "system:outbox", {"token": jobs[nth - 1], "variables": variables})
        else:
            raise not_open(element, nth, len(open_ones) or len(jobs), case)

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

        In the payload a text as `matter` is the key of its item, a text as `task` or `token` the id of its element (the
        `nth` that is open there), a text as `incident` what `incidents` would expect.
        """
        payload, case = dict(step.get("payload") or {}), self.stage.case(self._number())
        for name, standing in (("task", case.tasks), ("token", case.tokens)):
            if isinstance(payload.get(name), str):
                payload[name] = _nth(payload[name], step.get("nth") or 1, standing, case)
        if isinstance(payload.get("incident"), str):
            where = {place_of(case, incident): number for number, incident in case.incidents.items()}
            payload["incident"] = where.get(payload["incident"], 0)
        if isinstance(payload.get("matter"), str):
            payload["matter"] = next((m.number for m in case.matters.values() if m.item == payload["matter"]), 0)
        self._give(str(step["command"]), step.get("by") or self._starter(), payload, step.get("on"))

    def _give(self, type: str, actor: str, payload: Mapping[str, Any], on: str | None = None) -> None:
        self.stage.give(type, actor, self._number(), payload, on)

    def _number(self) -> str:
        if self.case is None:
            raise Unexpected("a case that was started", "none")
        return self.case

    # ---------------------------------------------------------------- expectations

    def _expecting(self, expect: Mapping[str, Any], act: Callable[[], None]) -> None:
        """Do `act`, then compare the case with `expect`. Raises Unexpected."""
        wanted = expect.get("refused")
        before, delivered = self._head(), len(self.stage.delivered)
        try:
            act()
        except LicetError as error:
            if wanted is None or wanted is False:
                raise
            if wanted is not True and wanted not in (error.code, error.sentence):
                raise Unexpected({"refused": wanted}, refusal(error, self.scenario.version)) from error
            if self._head() != before:
                raise Unexpected("nothing changed by a refusal", "a new entry") from error
        else:
            if wanted:
                raise Unexpected({"refused": wanted}, {"refused": False})
        if self.case is not None:
            self._come_to_rest(expect)
            self._compare(expect, before, delivered)

    def _come_to_rest(self, expect: Mapping[str, Any]) -> None:
        """Raise Unexpected where the timers of the case went round without end, unless that incident is expected."""
        for incident in self.stage.case(self._number()).incidents.values():
            if incident.code == BudgetExceeded.code and incident.element not in (expect.get("incidents") or ()):
                found = {"incidents": [incident.element], "message": incident.cause}
                raise Unexpected("a case that comes to rest", found)

    def _head(self) -> Head:
        if self.case is None:
            return {}
        with self.stage.engine.store.reading() as reading:
            return reading.heads([self.case])

    def _compare(self, expect: Mapping[str, Any], before: Head, delivered: int) -> None:
        case = self.stage.case(self._number())
        sent = [one for one in self.stage.delivered[delivered:] if one.message.case == case.id]
        after = After(self.stage, case, self._thrown(before), sent)
        for wanted, found in after.differences(expect):
            raise Unexpected(wanted, found)

    def _thrown(self, before: Head) -> list[str]:
        """Names of the messages and signals that elements have thrown since the head that the journal had before."""
        version, number = self.scenario.version, self._number()
        with self.stage.engine.store.reading() as reading:
            rows = reading.entries(number, after=before[number].sequence if number in before else 0)
        left = [e["element"] for row in rows for e in read_entry(row.body).effects if e["type"] == "element_completed"]
        throwing = {
            element.id: str(element.event.name)
            for process in version.processes.values()
            for element in process.elements.values()
            if element.kind in THROWING and element.event is not None and element.event.kind in ("message", "signal")
        }
        return [throwing[element] for element in left if element in throwing]


def _nth(element: str, nth: int, standing: Mapping[int, TaskOpened | Token], case: Case) -> int:
    """The number of the `nth` task or token at an element. Raises NotOpen."""
    found = sorted(number for number, one in standing.items() if one.element == element)
    if len(found) < nth:
        raise not_open(element, nth, len(found), case)
    return found[nth - 1]


_ACTS: Mapping[str, Callable[[Player, Mapping[str, Any]], None]] = {
    "complete": Player.complete,
    "advance": Player.advance,
    "message": Player.message,
    "signal": Player.signal,
    "command": Player.command,
}
