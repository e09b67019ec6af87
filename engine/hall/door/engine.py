"""`Engine.execute(command) -> Receipt`: the one place through which a case changes.

One transaction holds the journal entry, the state of the case, its open tasks, deadlines and outbox. The clock is
read here, once a command.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.base.canonical import trusted
from engine.base.errors import InvalidInput, LicetError, NotFound
from engine.case import authority
from engine.case.administration import administer
from engine.case.context import SeededSalts, Settings
from engine.case.decide import decide
from engine.case.execution import Outcome
from engine.case.journal import Entry, seal
from engine.case.normal_form import core_of, state_digest
from engine.case.records import Command, MigrateCase, RetryIncident, StartCase, command_to_json, effect_to_json
from engine.case.state import Case
from engine.hall.door import recount, times
from engine.hall.door.live import Live, LiveCases
from engine.hall.door.receipt import Receipt, kept, opened
from engine.hall.door.stored import stored_case
from engine.hall.door.writing import write_of
from engine.hall.library import Library, Versions, journalled
from engine.hall.ports import Clock
from engine.hall.store import CaseRow, EntryRow, Reading, Store, Transaction
from engine.hall.store.session import Session
from engine.law.organisation import Organisation
from engine.law.workdays import Calendar
from engine.model.chain import INTAKE, ChainVersion

CACHED_CASES = 256
"""Cases held in memory with their live run: some 100 kB each at most; a county hall has fewer in work at once."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The outcome of a command, and all that its entry says of the context in which it was decided.

    `before` is None for StartCase. `chain` is the digest of the version in which it was decided.
    """

    before: Live | None
    outcome: Outcome
    versions: Versions
    chain: str
    recorded_at: datetime
    effective_on: date
    basis: Mapping[str, Any]


class Engine:
    """The door to one database. Threads may share it.

    `seed` makes the salts of personal values repeatable: for the demonstration and for tests only. `cached_cases`
    is how many cases stay in memory between commands; 0 reads each from the database every time.
    """

    def __init__(
        self, store: Store, clock: Clock, *, seed: bytes | None = None, cached_cases: int = CACHED_CASES
    ) -> None:
        self.store = store
        self.library = Library(store)
        self._clock = clock
        self._seed = seed
        self._live = LiveCases(cached_cases)

    # ---------------------------------------------------------------- the door

    def execute(self, command: Command) -> Receipt:
        """Carry out a command, or refuse it: then nothing has changed.

        Raises InvalidInput, Refused, NotAllowed, NotFound; Conflict where somebody else was first.
        """
        patient = command.actor in (authority.CLOCK, authority.OUTBOX)
        try:
            with self.store.transaction(patient) as tx:
                receipt, live = self._execute(tx, command)
        except LicetError:
            again = self._again(command)
            if again is None:
                raise
            return again
        self._live.keep(live)  # after the commit: where something went wrong the run may be half way, and is gone
        return receipt

    def rehearse(self, command: Command) -> tuple[Mapping[str, Any], ...]:
        """The effects, as JSON, that a command on a case would have now. Raises what `execute` would raise.

        Nothing is written, nobody is waited for, and the case in memory stays there as it is.
        """
        if command.case is None:
            raise InvalidInput(
                "Expected a command on a case to rehearse.",
                sentence="rehearsal_without_case",
                errors={"case": "is missing"},
            )
        with self.store.reading() as reading:
            versions, before = self.library.versions(reading), self._copied(reading, command.case)
            decided = self._decided(reading, command, versions, self._now(versions, before.row), before, command.case)
        return tuple(effect_to_json(effect) for effect in decided.outcome.effects)

    def _execute(self, tx: Transaction, command: Command) -> tuple[Receipt, Live]:
        head, settings = tx.opening(command.case) if command.case is not None else (None, tx.settings())
        before = self._taken(tx, command.case, head) if command.case is not None else None
        versions = self.library.in_force(settings)
        now = self._now(versions, before.row if before is not None else None)
        number = before.row.id if before is not None else tx.next_number(now.year)
        decided = self._decided(tx, command, versions, now, before, number)
        if before is not None and _retries_counting(command, before.case):
            recount.ask_again(tx, decided.versions.calendar, before.case.id)
        return self._record(tx, decided)

    def _decided(
        self, session: Session, command: Command, versions: Versions, now: datetime, before: Live | None, number: str
    ) -> Decided:
        """The command, decided on the case with this number as it stands `before`; None: as it is started."""
        row, case, run = (before.row, before.case, before.run) if before is not None else (None, None, None)
        chain = self._chain(session, command, row)
        effective_on = times.effective_on(command, now)
        salts = self._salts(number, row.sequence + 1 if row is not None else 1)
        context = self.library.context(versions, chain, number, now, effective_on, salts)
        if row is not None and chain != row.chain:
            context, run = replace(context, former=self.library.chain(row.chain)[0]), None
        basis = authority.authorise(context.organisation, command, case, now.date(), _intake(command, context.chain))
        outcome = decide(case, command, context, run)
        return Decided(before, outcome, versions, chain, now, effective_on, basis)

    def _chain(self, session: Session, command: Command, row: CaseRow | None) -> str:
        """Digest of the version that the command is decided in: the case's own, or the one that it goes to."""
        order = command.order
        if isinstance(order, StartCase):
            return self.library.current_chain(session, order.chain)
        if isinstance(order, MigrateCase):
            return self.library.current_chain(session, order.to)
        assert row is not None, "StartCase alone has no case"
        return row.chain

    def _salts(self, case: str, sequence: int) -> SeededSalts:
        """The salts of the personal values of one entry: random, or from the seed."""
        return SeededSalts(self._seed + f"{case}/{sequence}".encode() if self._seed else secrets.token_bytes(16))

    def _record(self, tx: Transaction, decided: Decided) -> tuple[Receipt, Live]:
        """Write the entry and all that changes with it; the receipt, and the case to be kept in memory."""
        command, after = decided.outcome.command, decided.outcome.case
        row, before = (decided.before.row, decided.before.case) if decided.before is not None else (None, None)
        core = trusted(core_of(after))
        effects = [effect_to_json(effect) for effect in decided.outcome.effects]
        made = [value.digest for value in decided.outcome.made]
        entry = Entry(
            case=after.id,
            sequence=row.sequence + 1 if row is not None else 1,
            recorded_at=decided.recorded_at.isoformat(),
            effective_on=decided.effective_on.isoformat(),
            actor=command.actor,
            key=command.key,
            basis=decided.basis,
            command=command_to_json(command),
            effects=effects,
            context=journalled(decided.versions, decided.chain, made),
            state=state_digest(after, core),
            previous=row.head if row is not None else None,
        )
        sealed = seal(entry)
        stored = EntryRow(
            after.id, entry.sequence, entry.recorded_at, entry.actor, entry.key, command.type, sealed.body, sealed.hash
        )
        write = write_of(before, decided.outcome, core.decode(), stored)
        tx.write(write)
        receipt = Receipt(after.id, entry.sequence, entry.recorded_at, sealed.hash, tuple(effects), opened(effects))
        return receipt, Live(write.case, after, decided.outcome.run)

    def _again(self, command: Command) -> Receipt | None:
        """The receipt of the same command, given before under its key; None if there is none, or no key.

        Looked for when a command doesn't go through: the same one again never does, since keys are unique. Raises
        KeyReused if the key was for another command.
        """
        if command.key is None:
            return None
        with self.store.reading() as reading:
            return kept(reading, command)

    # ---------------------------------------------------------------- the case as it stands

    def _taken(self, tx: Transaction, case: str, head: str | None) -> Live:
        """The case with this stored head, out of memory or loaded. Raises NotFound where there is no head."""
        live = self._live.take(case, head)
        if live is not None:
            return live
        row = tx.case(case) if head is not None else None
        if row is None:
            raise _no_case(case)
        return Live(row, stored_case(tx, row))

    def _copied(self, reading: Reading, case: str) -> Live:
        """The case as it is stored, for a rehearsal: a copy of the one in memory, or loaded. Raises NotFound."""
        row = reading.case(case)
        if row is None:
            raise _no_case(case)
        return Live(row, self._live.copy(case, row.head) or stored_case(reading, row))

    def _now(self, versions: Versions, row: CaseRow | None) -> datetime:
        zone = ZoneInfo(self.library.settings(versions.settings).zone)
        return times.recorded_at(self._clock.now(), row, zone)

    # ---------------------------------------------------------------- administration

    def publish(self, version: ChainVersion, by: str, in_spite: str | None = None) -> int:
        """Publish a checked chain version; its number within the chain's name. The same one twice is one.

        `in_spite`: the reason for which an administrator publishes it although its check or its scenarios fail.
        """
        with self.store.transaction() as tx:
            self._administer(tx, by, "publish" if in_spite is None else "force")
            at = self._clock.now()
            if in_spite is not None:
                self.library.keep_force(tx, version, at, by, in_spite)
            return self.library.publish_chain(tx, version, at, by)

    def put_organisation(self, organisation: Organisation, by: str) -> None:
        """Put an organisation in force: authority is resolved by it from the next command on."""
        with self.store.transaction() as tx:
            self._administer(tx, by, "organisation")
            self.library.put_organisation(tx, organisation)

    def load_calendar(self, file: bytes, by: str) -> Calendar:
        """Put the years of a calendar file in force, beside those that there are; the calendar that then holds.

        The scheduler then has the clocks counted again that this changes. The version before stays, for replay.
        """
        with self.store.transaction() as tx:
            self._administer(tx, by, "calendar")
            before = self.library.calendar(self.library.versions(tx).calendar)
            after = before.loaded(file)
            self.library.put_calendar(tx, after)
            recount.ask(tx, before, after)
        return after

    def _administer(self, tx: Transaction, by: str, act: str) -> None:
        """Refuse an act of administration by whom it isn't for. Raises NotAllowed."""
        versions = self.library.versions(tx)
        organisation = self.library.organisation(versions.organisation) if versions.organisation else None
        administer(organisation, by, act, self._now(versions, None).date())

    def set_up(self, calendar: Calendar, organisation: Organisation | None, settings: Settings) -> None:
        """Put a calendar, an organisation and settings in force."""
        with self.store.transaction() as tx:
            self.library.put_calendar(tx, calendar)
            self.library.put_settings(tx, settings)
            if organisation is not None:
                self.library.put_organisation(tx, organisation)


def _intake(command: Command, chain: ChainVersion) -> tuple[str, ...]:
    """The roles that take in a case of the process that StartCase names."""
    order = command.order
    process = chain.processes.get(order.process or chain.main) if isinstance(order, StartCase) else None
    return process.intake if process is not None else INTAKE


def _no_case(case: str) -> NotFound:
    return NotFound(f"Expected a case {case}; there is none.", sentence="case_unknown", case=case)


def _retries_counting(command: Command, case: Case) -> bool:
    """Whether an incident is retried behind which nothing is parked: the clocks couldn't be counted again."""
    order = command.order
    incident = case.incidents.get(order.incident) if isinstance(order, RetryIncident) else None
    return incident is not None and incident.deadline is None and incident.message is None and incident.token is None
