"""Write a scenario from a real case. The case's journal and personal values are read; nothing is changed.

What people did, what the hall was told, and the time between become steps; what the outside answered becomes what
registers, certificate library and project hold when the scenario begins, since the stand-ins of a rehearsal answer by
themselves. The expectations are what the case had then: playing the scenario shows whether it comes out so again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from engine.base.errors import NotFound, Refused
from engine.case.authority import CLOCK, OUTBOX
from engine.case.execution import CASES
from engine.case.journal import Entry
from engine.case.journal import read as read_entry
from engine.case.records import Personal, TaskOpened, decode, encode, plain
from engine.case.state import Case
from engine.hall.library import Library, versions_of
from engine.hall.ports import OutboxMessage
from engine.hall.proof import History, plain_inside
from engine.hall.store import Reading
from engine.law.workdays import Calendar, Light
from engine.model.chain import ChainVersion
from engine.model.runtime.changes import Token
from engine.reading.scenarios.disguise import Disguise, words_of
from engine.reading.scenarios.expecting import as_json, clocks_told, happened, last_days, place_of
from engine.reading.scenarios.stage import Delivered

IN_STEPS = ("AnswerJob", "SettleMessage", "FailJob")
"""Commands by which the outbox tells what became of a message."""


class Recorded(NamedTuple):
    """A scenario without `model`, the digest of the chain version that it was recorded on, and the personal texts of
    the case with what stands in their place.
    """

    scenario: dict[str, Any]
    chain: str
    disguised: Mapping[str, str]


class Moment(NamedTuple):
    """One entry of the journal, with the case before and after it."""

    entry: Entry
    before: Case
    after: Case

    @property
    def kind(self) -> str:
        return str(self.entry.command["type"])

    @property
    def at(self) -> datetime:
        """When it was recorded, to the second."""
        return datetime.fromisoformat(self.entry.recorded_at).replace(microsecond=0)

    @property
    def is_own_post(self) -> bool:
        """Whether it is a message that the case has thrown to itself: it does so again."""
        return (self.entry.key or "").startswith(f"post:{self.after.id}/")


class Days(NamedTuple):
    """By what clocks are counted and shown."""

    calendar: Calendar
    light: Light


def record(
    reading: Reading, library: Library, number: str, destinations: Sequence[str], pseudonym: Callable[[str], str]
) -> Recorded:
    """Return the scenario of a case. Raises NotFound, and Refused where one can't be written.

    `destinations`: those that the stand-ins of a rehearsal answer. `pseudonym` gives another text of the same shape.
    """
    if reading.case(number) is None:
        raise NotFound(f"Expected a case {number}; there is none.", sentence="case_unknown", case=number)
    history = History(reading, number)
    moments = list(_moments(reading, number, history))
    _refuse(moments, history)
    version, _ = library.chain(moments[0].after.chain)
    tape = _Tape(moments, history, version, destinations)
    start, steps = tape.start(), tape.steps()
    disguise = Disguise(tape.personal(), words_of(version), (start, steps), pseudonym)
    versions = versions_of(moments[0].entry.context)
    days = Days(library.calendar(versions.calendar), library.settings(versions.settings).light())
    scenario = {
        "name": f"{version.title or version.name} {number}",
        "start": disguise.inside(start),
        "steps": disguise.inside(steps),
    }
    if moments[0].after.process != version.main:
        scenario["process"] = moments[0].after.process
    tape.expect(scenario, days)
    return Recorded(scenario, version.digest, disguise.made)


def _moments(reading: Reading, number: str, history: History) -> Iterator[Moment]:
    for row in reading.entries(number):
        entry, before = read_entry(row.body), history.case
        history.step(entry)
        yield Moment(entry, before, history.case)


def _refuse(moments: Sequence[Moment], history: History) -> None:
    """Raise Refused where what happened to the case can't be told by a scenario."""
    number = history.case.id
    kinds = {moment.kind for moment in moments}
    if history.missing:
        raise Refused(
            f"Expected a case with all its values; personal values of {number} were erased, so that its steps can't be "
            "taken again. Record another case.",
            sentence="record_erased",
            case=number,
        )
    if "MigrateCase" in kinds:
        raise Refused(
            f"Expected a case that ran one version of its chain; {number} was migrated. Record a case that was started "
            "in the version that the scenario is for.",
            sentence="record_migrated",
            case=number,
        )
    if kinds & {"RecountClocks", "ConfirmDeadline"}:
        raise Refused(
            f"Expected a case that was counted by one calendar; that of {number} changed meanwhile, and a scenario has "
            "one. Record another case.",
            sentence="record_recounted",
            case=number,
        )


class _Tape:
    """The journal of a case as steps. Step 0 is the start; `steps_of[i]` is the step to which entry i belongs."""

    def __init__(
        self, moments: Sequence[Moment], history: History, version: ChainVersion, destinations: Sequence[str]
    ) -> None:
        self.moments, self.version = moments, version
        self._find, self._answered_by_stand_ins = history.find, frozenset((*destinations, CASES))
        self._payloads = [self._payload(moment.entry) for moment in moments]
        self._told: list[dict[str, Any]] = []
        self.steps_of: list[int] = []
        self._ends: list[datetime] = []  # when each step is over, by the clock of the rehearsal
        self._queued: dict[int, int] = {}  # message → the step in which the case has sent it
        self._lay_out()

    def _payload(self, entry: Entry) -> dict[str, Any]:
        return {name: plain_inside(decode(v, self._find)) for name, v in entry.command["payload"].items()}

    # ---------------------------------------------------------------- steps

    def _lay_out(self) -> None:
        """Make the steps, and give each entry one."""
        now = self.moments[0].at
        self._ends.append(now)
        for number, moment in enumerate(self.moments):
            payload = self._payloads[number]
            own = self._message_of(moment, payload)
            if number == 0:
                step = 0
            elif own is not None:
                step = self._queued[own]
            else:
                if moment.at > now:
                    now = max(moment.at, now)
                    self._add({"advance": _span(now - self._ends[-1])}, now)
                if moment.entry.actor != CLOCK and not moment.is_own_post:
                    self._add(self._step(moment, payload), now)
                step = len(self._told)
            self.steps_of.append(step)
            for message in moment.after.outbox.keys() - moment.before.outbox.keys():
                self._queued[message] = step
            for effect in moment.entry.effects:
                if effect["type"] == "message_queued":
                    self._queued.setdefault(effect["message"], step)

    def _add(self, step: dict[str, Any], now: datetime) -> None:
        last = self._told[-1] if self._told else None
        if last is not None and "advance" in step and "advance" in last:
            before = self._ends[-2]
            last["advance"], self._ends[-1] = _span(now - before), now
            return
        self._told.append(step)
        self._ends.append(now)

    def _message_of(self, moment: Moment, payload: Mapping[str, Any]) -> int | None:
        """The message that an entry tells the end of, where the stand-ins of a rehearsal answer it by themselves."""
        if moment.entry.actor != OUTBOX or moment.kind not in IN_STEPS:
            return None
        asked = _asked(moment.before, payload)
        if asked is None or moment.before.outbox[asked].destination not in self._answered_by_stand_ins:
            return None
        return asked

    def _step(self, moment: Moment, payload: dict[str, Any]) -> dict[str, Any]:
        entry, case, kind = moment.entry, moment.before, moment.kind
        if entry.actor == OUTBOX and kind in ("DeliverMessage", "BroadcastSignal"):
            what = "message" if kind == "DeliverMessage" else "signal"
            key = {"correlationKey": payload["correlation_key"]} if payload.get("correlation_key") is not None else {}
            return {what: payload["name"], **key, "variables": payload.get("variables") or {}}
        if kind == "AnswerJob" and payload.get("error") is None:
            token = payload["token"]
            tokens = (message.token for message in case.outbox.values() if message.token is not None)
            waiting = sorted(one for one in tokens if _at(case, one) == _at(case, token))
            step: dict[str, Any] = {"complete": _at(case, token), **_nth(waiting, token)}
            return step | {"variables": payload.get("variables") or {}}
        by = {"by": entry.actor} | _on(moment)
        if kind == "CompleteTask":
            task = payload["task"]
            step = {"complete": case.tasks[task].element, **_nth(_beside(case.tasks, task), task), **by}
            return step | ({"variables": payload["variables"]} if payload.get("variables") else {})
        nth, tables = {}, dict[str, Mapping[int, TaskOpened | Token]](task=case.tasks, token=case.tokens)
        for name, standing in tables.items():
            token = payload.get(name, -1)
            if token in standing:
                payload = payload | {name: standing[token].element}
                nth = _nth(_beside(standing, token), token)
        payload = payload | _by_name(case, payload)
        return {"command": kind, **nth, **by, "payload": payload}

    # ---------------------------------------------------------------- the start

    def start(self) -> dict[str, Any]:
        first, payload = self.moments[0], self._payloads[0]
        told: dict[str, Any] = {"at": first.at.isoformat(), **_on(first), "by": first.entry.actor}
        told |= {name: payload[name] for name in ("title", "channel", "applicant") if payload.get(name) is not None}
        told["variables"] = payload.get("variables") or {}
        return dict(as_json(told | self._outside()))

    def steps(self) -> list[dict[str, Any]]:
        return [as_json(step) for step in self._told]

    def _outside(self) -> dict[str, Any]:
        """Registers, certificates and project when the case begins: as they answered when the case first asked."""
        registers: dict[str, dict[str, Any]] = {}
        certificates: dict[str, dict[str, Any]] = {}
        told: dict[str, Any] = {}
        own: set[Any] = set()
        for asked, answer in self._answers():
            payload = asked.payload
            found, entry = answer.get("certificate"), answer.get("entry")
            if asked.action == "certificate.issue" and isinstance(found, Mapping):
                own.add(found.get("identifier"))
            elif asked.action == "register.record":
                own.add((payload["register"], payload["key"]))
            elif asked.action == "register.find" and entry and (payload["register"], payload["key"]) not in own:
                registers.setdefault(payload["register"], {}).setdefault(payload["key"], encode(entry))
            elif asked.action == "certificate.find":
                one = answer.get("expired") if found is None else found
                if isinstance(one, Mapping) and one.get("identifier", "") not in own:
                    held = {name: as_json(one[name]) for name in _KEPT if one.get(name) is not None}
                    certificates.setdefault(payload["kind"], {}).setdefault(payload["holder"], held)
            elif asked.action == "project.join":
                told["project"] = _project(answer["project"])
        told |= {"registers": registers} if registers else {}
        return told | ({"certificates": certificates} if certificates else {})

    def _answers(self, step: int | None = None) -> Iterator[tuple[OutboxMessage, Mapping[str, Any]]]:
        """The messages that were delivered, with their answers; those that were sent in a step, if one is given."""
        for moment, payload in zip(self.moments, self._payloads, strict=True):
            number = self._message_of(moment, payload)
            if number is None or moment.kind == "FailJob" or step not in (None, self._queued[number]):
                continue
            sent = moment.before.outbox[number]
            content = plain(sent.payload)
            message = OutboxMessage(moment.before.id, number, sent.destination, sent.action, content, sent.token)
            yield message, payload.get("variables") or {}

    def personal(self) -> Iterator[Any]:
        """Yield the personal values: the applicant, what forms say is personal, what registers and certificates say."""
        for moment, payload in zip(self.moments, self._payloads, strict=True):
            applicant = payload.get("applicant")
            if isinstance(applicant, Mapping):
                yield {name: value for name, value in applicant.items() if name not in ("kind", "person")}
            if self._message_of(moment, payload) is None:
                for given in moment.entry.command["payload"].values():
                    value = decode(given, self._find)
                    inner = value.values() if isinstance(value, Mapping) else [value]
                    yield from (plain(one) for one in inner if type(one) is Personal)
        for asked, answer in self._answers():
            if asked.action in ("register.find", "certificate.find"):
                yield [answer, asked.payload.get("key"), asked.payload.get("holder")]
            elif asked.action == "project.join":
                yield answer["project"].get("facts")

    # ---------------------------------------------------------------- expectations

    def expect(self, scenario: dict[str, Any], days: Days) -> None:
        """Add to the start and each step what the case had after it, as far as it differs from before."""
        known: dict[str, Any] = {}
        for step, one in enumerate((scenario["start"], *scenario["steps"])):
            entries = [i for i, belongs in enumerate(self.steps_of) if belongs == step]
            later = [i for i, belongs in enumerate(self.steps_of) if belongs > step]
            sent = [Delivered(message, answer) for message, answer in self._answers(step)]
            expect = happened(self.moments[-1].after, sent)
            if entries and (not later or entries[-1] < later[0]):
                expect = self._stands(self.moments[entries[-1]].after, self._ends[step], days, known) | expect
            if expect:
                one["expect"] = expect

    def _stands(self, case: Case, at: datetime, days: Days, known: dict[str, Any]) -> dict[str, Any]:
        day = at.astimezone(days.calendar.zoneinfo).date()
        found: dict[str, Any] = {"open": sorted(task.element for task in case.tasks.values())}
        found |= {"ended": True} if not case.is_open else {}
        if case.incidents or known.get("incidents"):
            found["incidents"] = sorted(place_of(case, incident) for incident in case.incidents.values())
        known["incidents"] = found.get("incidents")
        for name, now in (
            ("matters", {matter.item: str(matter.state) for matter in case.matters.values()}),
            ("due", last_days(case)),
            ("clocks", clocks_told(case, days.calendar, days.light, day)),
        ):
            changed = {key: value for key, value in now.items() if known.get(name, {}).get(key) != value}
            known[name] = now
            found |= {name: changed} if changed else {}
        return found


_KEPT = ("title", "number", "content", "issued_on", "expires_on")


def _project(found: Mapping[str, Any]) -> dict[str, Any]:
    granted = [matter["item"] for matter in found.get("matters") or () if matter.get("decision") == "granted"]
    told = {"granted": list(dict.fromkeys(granted)), "materials": list(found.get("materials") or ())}
    told |= {"facts": encode(dict(found.get("facts") or {}))}
    return {"code": found["code"], **{name: value for name, value in told.items() if value}}


def _asked(case: Case, payload: Mapping[str, Any]) -> int | None:
    """The number of the message that an order of the outbox is about."""
    if payload.get("message") in case.outbox:
        return int(payload["message"])
    token = payload.get("token")
    return next((n for n, m in case.outbox.items() if m.token is not None and m.token == token), None)


def _at(case: Case, token: int) -> str | None:
    return case.tokens[token].element if token in case.tokens else None


def _by_name(case: Case, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Matters by their items, incidents by their places, files without what they held."""
    named: dict[str, Any] = {}
    matter, incident = case.matters.get(payload.get("matter", -1)), case.incidents.get(payload.get("incident", -1))
    if matter is not None and [m.item for m in case.matters.values()].count(matter.item) == 1:
        named["matter"] = matter.item
    if incident is not None:
        named["incident"] = place_of(case, incident)
    if "media_type" in payload:
        named["name"] = f"{payload['material']}.{str(payload['media_type']).rpartition('/')[2]}"
    return named


def _beside(standing: Mapping[int, TaskOpened | Token], number: int) -> list[int]:
    """The numbers of the tasks or tokens at the element of one of them."""
    element = standing[number].element
    return sorted(other for other, one in standing.items() if one.element == element)


def _nth(numbers: Sequence[int], number: int) -> dict[str, int]:
    place = numbers.index(number) + 1
    return {"nth": place} if place > 1 else {}


def _on(moment: Moment) -> dict[str, str]:
    """The day from which a command counts, where that isn't the day on which it was recorded."""
    effective = moment.entry.effective_on
    return {"on": effective} if effective != moment.at.date().isoformat() else {}


def _span(span: timedelta) -> str:
    """An ISO 8601 duration of whole seconds."""
    hours, seconds = divmod(span.seconds, 3600)
    parts = ((hours, "H"), (seconds // 60, "M"), (seconds % 60, "S"))
    time = "".join(f"{number}{unit}" for number, unit in parts if number)
    days = f"{span.days}D" if span.days else ""
    return f"P{days}{'T' + time if time else ''}"
