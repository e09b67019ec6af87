"""`Engine.execute(command) -> Receipt`: the one place through which a case changes.

One transaction holds the journal entry, the state of the case, its open tasks, deadlines and outbox. The clock is
read here, once a command.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from engine.base.canonical import trusted
from engine.base.errors import InvalidInput, KeyReused, LicetError, NotFound
from engine.case import authority
from engine.case.context import SeededSalts, Settings
from engine.case.decide import decide
from engine.case.execution import Outcome
from engine.case.journal import Entry, seal
from engine.case.records import (
    Command,
    MigrateCase,
    OfDeadline,
    RetryIncident,
    StartCase,
    command_to_json,
    effect_to_json,
)
from engine.case.state import Case, core_of, state_digest
from engine.hall.door import recount
from engine.hall.door.stored import stored_case
from engine.hall.door.writing import write_of
from engine.hall.library import Library, Versions, journalled
from engine.hall.ports import Clock
from engine.hall.store import CaseRow, EntryRow, Store, Transaction
from engine.law.organisation import Organisation
from engine.law.workdays import Calendar
from engine.model.chain import ChainVersion
from engine.model.runtime import Run

CACHED_CASES = 256
"""Cases held in memory with their live run: some 100 kB each at most; a county hall has fewer in work at once."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an accepted command became. `tasks` are the tokens of the tasks that it opened.

    `again`: the same command had been accepted before under its key; nothing was done twice.
    """

    case: str
    sequence: int
    recorded_at: str
    hash: str
    effects: tuple[Mapping[str, Any], ...]
    tasks: tuple[int, ...] = ()
    again: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {
            "case": self.case,
            "sequence": self.sequence,
            "recorded_at": self.recorded_at,
            "hash": self.hash,
            "effects": [dict(effect) for effect in self.effects],
            "tasks": list(self.tasks),
            "again": self.again,
        }


@dataclass(slots=True)
class _Live:
    """A case in memory, valid while its stored row has the same head."""

    row: CaseRow
    case: Case
    run: Run | None = None


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
        self._cached_cases = cached_cases
        self._live: OrderedDict[str, _Live] = OrderedDict()
        self._live_lock = threading.Lock()  # two commands on one case may come and go at the same moment

    # ---------------------------------------------------------------- the door

    def execute(self, command: Command) -> Receipt:
        """Carry out a command, or refuse it: then nothing has changed.

        Raises InvalidInput, Refused, NotAllowed, NotFound; Conflict where somebody else was first.
        """
        patient = command.actor in (authority.CLOCK, authority.OUTBOX)
        try:
            with self.store.transaction(patient) as tx:
                receipt, live = self._execute(tx, command)
        except BaseException as error:
            # A run may be half way: whatever went wrong, the stored state is the truth.
            if command.case is not None:
                with self._live_lock:
                    self._live.pop(command.case, None)
            again = self._again(command) if isinstance(error, LicetError) else None
            if again is None:
                raise
            return again
        self._keep(receipt.case, live)
        return receipt

    def rehearse(self, command: Command) -> tuple[Mapping[str, Any], ...]:
        """The effects that a command on a case would have now. Nothing is written; what `execute` raises is raised."""
        if command.case is None:
            raise InvalidInput(
                "Expected a command on a case to rehearse.",
                sentence="rehearsal_without_case",
                errors={"case": "is missing"},
            )
        with self.store.transaction() as tx:  # the case that it decides on is dropped from memory with its run
            _, outcome, *_ = self._decided(tx, command)
        return tuple(effect_to_json(effect) for effect in outcome.effects)

    def _execute(self, tx: Transaction, command: Command) -> tuple[Receipt, _Live]:
        live, outcome, versions, chain, now, effective_on, basis = self._decided(tx, command)
        if live is not None and _retries_counting(command, live.case):
            recount.ask_again(tx, versions.calendar, live.case.id)
        return self._record(tx, live, outcome, versions, chain, now, effective_on, basis)

    def _decided(
        self, tx: Transaction, command: Command
    ) -> tuple[_Live | None, Outcome, Versions, str, datetime, date, Mapping[str, Any]]:
        """What the command does to the case as it stands, and all that its entry will say of the context."""
        standing, found = tx.opening(command.case) if command.case is not None else (None, tx.settings())
        versions = self.library.in_force(found)
        live = self._opened(tx, command.case, standing) if command.case is not None else None
        row, before, run = (live.row, live.case, live.run) if live is not None else (None, None, None)
        now, today = self._now(row, ZoneInfo(self.library.settings(versions.settings).zone))
        case_id = row.id if row is not None else tx.next_number(today.year)
        chain = self._chain(tx, command, row)
        effective_on = _effective(command, now)
        seed = (
            self._seed + f"{case_id}/{row.sequence + 1 if row else 1}".encode()
            if self._seed
            else secrets.token_bytes(16)
        )
        context = self.library.context(versions, chain, case_id, now, effective_on, SeededSalts(seed))
        if row is not None and chain != row.chain:
            context, run = replace(context, former=self.library.chain(row.chain)[0]), None
        basis = authority.authorise(context.organisation, command, before, today)
        outcome = decide(before, command, context, run)
        return live, outcome, versions, chain, now, effective_on, basis

    def _chain(self, tx: Transaction, command: Command, row: CaseRow | None) -> str:
        """Digest of the version that the command is decided in: the case's own, or the one that it goes to."""
        order = command.order
        if isinstance(order, StartCase):
            return self.library.current_chain(tx, order.chain)
        if isinstance(order, MigrateCase):
            return self.library.current_chain(tx, order.to)
        assert row is not None, "StartCase alone has no case"
        return row.chain

    def _record(
        self,
        tx: Transaction,
        live: _Live | None,
        outcome: Outcome,
        versions: Versions,
        chain: str,
        now: datetime,
        effective_on: date,
        basis: Mapping[str, Any],
    ) -> tuple[Receipt, _Live]:
        command, after = outcome.command, outcome.case
        row, before = (live.row, live.case) if live is not None else (None, None)
        core = trusted(core_of(after))
        effects = [effect_to_json(effect) for effect in outcome.effects]
        entry = Entry(
            case=after.id,
            sequence=row.sequence + 1 if row is not None else 1,
            recorded_at=now.isoformat(),
            effective_on=effective_on.isoformat(),
            actor=command.actor,
            key=command.key,
            basis=basis,
            command=command_to_json(command),
            effects=effects,
            context=journalled(versions, chain, [value.digest for value in outcome.made]),
            state=state_digest(after, core),
            previous=row.head if row is not None else None,
        )
        sealed = seal(entry)
        stored = EntryRow(
            after.id, entry.sequence, entry.recorded_at, entry.actor, entry.key, command.type, sealed.body, sealed.hash
        )
        write = write_of(before, outcome, core.decode(), stored)
        tx.write(write)
        receipt = Receipt(after.id, entry.sequence, entry.recorded_at, sealed.hash, tuple(effects), _opened(effects))
        return receipt, _Live(write.case, after, outcome.run)

    # ---------------------------------------------------------------- the case as it stands

    def _opened(self, tx: Transaction, case: str, head: str | None) -> _Live:
        """The case with this stored head: the one in memory, or loaded. Raises NotFound where there is no head."""
        with self._live_lock:
            live = self._live.pop(case, None)
        if live is not None and live.row.head == head:
            return live
        row = tx.case(case) if head is not None else None
        if row is None:
            raise NotFound(f"Expected a case {case}; there is none.", sentence="case_unknown", case=case)
        return _Live(row, stored_case(tx, row))

    def _keep(self, case: str, live: _Live) -> None:
        with self._live_lock:
            self._live.pop(case, None)
            self._live[case] = live
            while len(self._live) > self._cached_cases:
                self._live.popitem(last=False)

    def _now(self, row: CaseRow | None, zone: ZoneInfo) -> tuple[datetime, date]:
        """The later of the clock and the case's last entry, in the zone of the hall: time never goes back."""
        now = self._clock.now().astimezone(zone)
        if row is not None:
            last = datetime.fromisoformat(row.recorded_at)
            if last > now:
                log.warning("clock_stepped_back", case=row.id, clock=now.isoformat(), last=row.recorded_at)
                now = last.astimezone(zone)
        return now, now.date()

    # ---------------------------------------------------------------- the same command again

    def _again(self, command: Command) -> Receipt | None:
        """The receipt of the entry that has this key already; None if there is none, or no key.

        Looked for when a command doesn't go through: the same one again never does, since keys are unique. Raises
        KeyReused if it was for another command.
        """
        if command.key is None:
            return None
        with self.store.reading() as reading:
            row = reading.receipt(command.actor, command.key)
            if row is None:
                return None
            values = {found.digest: json.loads(found.value) for found in reading.personal(row.case)}
        entry = json.loads(row.body)

        def opened(value: Any) -> Any:
            """The journalled JSON with its personal values put back; an erased one stays a digest."""
            if isinstance(value, list):
                return [opened(item) for item in value]
            if isinstance(value, dict):
                if set(value) == {"$personal"}:
                    return values.get(value["$personal"], value)
                return {key: opened(item) for key, item in value.items()}
            return value

        same_case = command.case is None or command.case == row.case
        # Entries of before may hold null for a field that wasn't given.
        kept = {name: value for name, value in opened(entry["command"]["payload"]).items() if value is not None}
        asked = {name: value for name, value in command_to_json(command)["payload"].items() if value is not None}
        if not (same_case and entry["command"]["type"] == command.type and kept == asked):
            raise KeyReused(
                f"Expected key {command.key!r} to be used for one command; it was {entry['command']['type']} on case "
                f"{row.case}. Make a new key.",
                sentence="key_reused",
                key=command.key,
                case=row.case,
            )
        effects = tuple(entry["effects"])
        return Receipt(row.case, row.sequence, row.recorded_at, row.hash, effects, _opened(effects), again=True)

    # ---------------------------------------------------------------- administration

    def publish(self, version: ChainVersion, by: str) -> int:
        """Publish a checked chain version; its number within the chain's name. The same one twice is one."""
        with self.store.transaction() as tx:
            self._administer(tx, by, "publish")
            return self.library.publish_chain(tx, version, self._clock.now(), by)

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
            found = before.loaded(file)
            self.library.put_calendar(tx, found)
            recount.ask(tx, before, found)
        return found

    def _administer(self, tx: Transaction, by: str, act: str) -> None:
        versions = self.library.versions(tx)
        organisation = self.library.organisation(versions.organisation) if versions.organisation else None
        _, today = self._now(None, ZoneInfo(self.library.settings(versions.settings).zone))
        authority.administer(organisation, by, act, today)

    def set_up(self, calendar: Calendar, organisation: Organisation | None, settings: Settings) -> None:
        """Put a calendar, an organisation and settings in force."""
        with self.store.transaction() as tx:
            self.library.put_calendar(tx, calendar)
            self.library.put_settings(tx, settings)
            if organisation is not None:
                self.library.put_organisation(tx, organisation)


def _opened(effects: Iterable[Mapping[str, Any]]) -> tuple[int, ...]:
    closed = {effect["token"] for effect in effects if effect["type"] == "task_closed"}
    return tuple(e["token"] for e in effects if e["type"] == "task_opened" and e["token"] not in closed)


def _retries_counting(command: Command, case: Case) -> bool:
    """Whether an incident is retried behind which nothing is parked: the clocks couldn't be counted again."""
    order = command.order
    incident = case.incidents.get(order.incident) if isinstance(order, RetryIncident) else None
    return incident is not None and incident.deadline is None and incident.message is None and incident.token is None


def _effective(command: Command, now: datetime) -> date:
    """The day in the hall from which the command counts; bounded per command. Raises InvalidInput.

    A deadline counts from the day on which it was due, however late it is fired.
    """
    today, order = now.date(), command.order
    if isinstance(order, OfDeadline):
        return min(_due_of(order).astimezone(now.tzinfo).date(), today)
    day = command.effective_on or today
    earliest = today - timedelta(days=order.backdated_days)
    if not earliest <= day <= today:
        raise InvalidInput(
            f"Expected effective_on of {command.type} from {earliest} to {today}; found {day}.",
            sentence="day_out_of_reach",
            errors={"effective_on": f"from {earliest} to {today}"},
            earliest=earliest.isoformat(),
            latest=today.isoformat(),
        )
    return day


def _due_of(order: OfDeadline) -> datetime:
    """The instant `due` that an order names. Raises InvalidInput where it is none."""
    try:
        due = datetime.fromisoformat(order.due)
        if due.tzinfo is not None:
            return due.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidInput(
        f"Expected due as a time with its zone; found {order.due!r}.",
        sentence="time_without_zone",
        errors={"payload.due": "expected a time with its zone"},
        given=order.due,
    )


__all__ = ["Engine", "Receipt"]
