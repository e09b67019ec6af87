"""A case without store and door: its commands are decided one after the other, purely."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from engine.base.canonical import canonical
from engine.case.context import Context, SeededSalts, Settings
from engine.case.decide import decide
from engine.case.facts import Facts
from engine.case.normal_form import core_of, load
from engine.case.records import Effect, Personal, decode, encode, read_command
from engine.case.state import Case, evolve
from engine.law.organisation import Organisation
from engine.law.workdays import Calendar
from engine.model import chain as chains
from engine.model.chain import ChainVersion
from engine.model.runtime import Program
from tests.samples import halls

_programs: dict[str, Program] = {}


def program_of(version: ChainVersion) -> Program:
    if version.digest not in _programs:
        _programs[version.digest] = Program(version.processes, version.documents)
    return _programs[version.digest]


CALENDAR = Calendar.shipped()
ZONE = halls.MONDAY.tzinfo


def moment(text: str) -> datetime:
    """A time in the hall: `2026-02-13 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@dataclass
class Desk:
    """One case. Each command is decided on a state that was loaded from its stored form."""

    version: ChainVersion
    organisation: Organisation | None
    now: datetime = halls.MONDAY
    case: Case | None = None
    effects: list[Effect] = field(default_factory=list)
    _personal: dict[str, Personal] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, at: str) -> Desk:
        return cls(*halls.chain(name), now=moment(at))

    @classmethod
    def bare(cls, folder: Path, model: bytes, at: str = "2026-03-02 09:00") -> Desk:
        path = folder / "model.bpmn"
        path.write_bytes(model)
        reading = chains.read(path)
        assert reading.version is not None, [finding.message for finding in reading.findings]
        return cls(reading.version, None, moment(at))

    def context(self, effective_on: date | None = None) -> Context:
        seed = SeededSalts(f"{len(self.effects)}".encode())
        return Context(
            self.now, effective_on or self.now.date(), "2026-000001", self.version, program_of(self.version),
            CALENDAR, self.organisation, Settings(), seed,
        )  # fmt: skip

    def give(self, type: str, actor: str = "anybody", effective_on: date | None = None, **payload: Any) -> list[Effect]:
        """Decide one command; return its effects. Refusals are raised, and change nothing."""
        number = None if type == "StartCase" else "2026-000001"
        command = read_command(type, actor, number, payload, None, effective_on)
        outcome = decide(self.case, command, self.context(effective_on))
        folded = evolve(self.case or Case("2026-000001"), outcome.effects)
        assert folded == outcome.case
        self._personal |= {value.digest: value for value in outcome.made}
        self.case = self._loaded(folded)
        assert self.case == folded
        self.effects += outcome.effects
        return list(outcome.effects)

    def _loaded(self, case: Case) -> Case:
        """Return the case as it comes back from its stored form."""

        def find(digest: str) -> Personal:
            return self._personal.get(digest) or Personal.erased(digest)

        texts = {key: canonical(encode(value)).decode() for key, value in case.facts.items()}
        facts = Facts(texts, lambda text: decode(json.loads(text), find))
        return load(case.id, json.loads(canonical(core_of(case))), facts, case.digests, find)

    def start(self, **payload: Any) -> list[Effect]:
        return self.give("StartCase", "window1", chain=self.version.digest, **payload)

    def at(self, text: str) -> Desk:
        self.now = moment(text)
        return self

    # ---------------------------------------------------------------- what stands open

    @property
    def open(self) -> list[str]:
        assert self.case is not None
        return sorted(task.element for task in self.case.tasks.values())

    def task(self, element: str) -> int:
        assert self.case is not None
        return next(token for token, task in self.case.tasks.items() if task.element == element)

    def complete(self, element: str, actor: str = "anybody", **variables: Any) -> list[Effect]:
        return self.give("CompleteTask", actor, task=self.task(element), variables=variables)

    def answer_all(self, answers: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """Answer all messages to the outside, by action."""
        assert self.case is not None
        while self.case.outbox:
            message = next(iter(self.case.outbox.values()))
            if message.token is None:
                self.give("SettleMessage", "system:outbox", message=message.message)
            else:
                variables = dict((answers or {}).get(message.action, {}))
                payload = {"token": message.token, "message": message.message, "variables": variables}
                self.give("AnswerJob", "system:outbox", **payload)

    def fire_next(self) -> list[Effect]:
        """Move the clock to the next deadline, and fire it."""
        assert self.case is not None
        key, due = min(self.case.deadlines().items(), key=lambda item: (datetime.fromisoformat(item[1]), item[0]))
        self.now = max(self.now, datetime.fromisoformat(due))
        return self.give("FireDeadline", "system:clock", deadline=key, due=due)

    def matter(self, item: str) -> Any:
        assert self.case is not None
        return next(found for found in self.case.matters.values() if found.item == item)

    def clock(self, item: str, name: str) -> Any:
        assert self.case is not None
        number = self.matter(item).number
        return next(clock for clock in self.case.clocks.values() if (clock.matter, clock.name) == (number, name))
