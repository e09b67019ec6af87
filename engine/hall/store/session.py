"""One transaction on the driver's own connection: look-ups, and the writing of a command's changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table

from engine.base.errors import Conflict, Taken
from engine.hall.store import tables as t
from engine.hall.store.database import TAKEN, Database
from engine.hall.store.rows import (
    CaseRow,
    ChainRow,
    ClaimRow,
    EntryRow,
    FactRow,
    PersonalRow,
    ShelfRow,
    StateRows,
    Write,
    instant,
)
from engine.hall.store.statements import Statement, Statements

_Change = tuple[Statement, Sequence[dict[str, Any]]]
"""(statement, the rows for which it is run)."""


class Session:
    """Runs statements on a driver's connection. Raises only errors of the tree."""

    def __init__(self, database: Database, statements: Statements, raw: Any) -> None:
        self._database = database
        self._do = statements
        self._raw = raw
        self._cursor = raw.cursor()

    def run(self, statement: Statement, rows: Sequence[dict[str, Any]]) -> None:
        """Run the statement for each row; do nothing if there are no rows."""
        if not rows:
            return
        if statement.constants:
            rows = [{**statement.constants, **row} for row in rows]
        try:
            if len(rows) == 1:
                self._cursor.execute(statement.sql, rows[0])
            else:
                self._cursor.executemany(statement.sql, rows)
        except self._database.error as error:
            raise self._database.translated(error) from error

    def rows(self, statement: Statement, **values: Any) -> list[tuple[Any, ...]]:
        self.run(statement, [values])
        try:
            rows: list[tuple[Any, ...]] = self._cursor.fetchall()
        except self._database.error as error:
            raise self._database.translated(error) from error
        return rows

    def first(self, statement: Statement, **values: Any) -> tuple[Any, ...] | None:
        rows = self.rows(statement, **values)
        return rows[0] if rows else None

    # ------------------------------------------------------------------------------------- looking up

    def facts(self, case: str) -> list[FactRow]:
        """Return all facts of the case, by scope and name."""
        return [FactRow._make(row) for row in self.rows(self._do.facts, case=case)]

    def personal(self, case: str) -> list[PersonalRow]:
        """Return the personal values of the case that haven't been erased."""
        return [PersonalRow._make(row) for row in self.rows(self._do.personal, case=case)]

    def state(self, case: str) -> StateRows:
        """Return facts and personal values of the case, by one query."""
        state = StateRows({}, {}, [])
        for scope, name, value, digest in self.rows(self._do.state, case=case):
            if scope is None:
                state.personal.append(PersonalRow(digest, salt=name, value=value))
            else:
                state.facts[scope, name], state.digests[scope, name] = value, digest
        return state

    def receipt(self, actor: str, key: str) -> EntryRow | None:
        """Return the entry that this actor's command with this idempotency key has become, or None."""
        row = self.first(self._do.receipt, actor=actor, key=key)
        return EntryRow.of(row) if row else None

    def document(self, digest: str) -> bytes | None:
        row = self.first(self._do.document, digest=digest)
        return bytes(row[0]) if row else None

    def setting(self, key: str) -> str | None:
        """Return the canonical JSON of the setting, or None."""
        row = self.first(self._do.setting, key=key)
        return row[0] if row else None

    def settings(self) -> dict[str, str]:
        """Return all settings by key; there are only a few."""
        return dict(self.rows(self._do.settings))

    def shelved(self, kind: str, key: str) -> ShelfRow | None:
        row = self.first(self._do.shelved, kind=kind, key=key)
        return ShelfRow._make(row) if row else None

    def chain(self, name: str) -> ChainRow | None:
        """Return the newest version of a chain, or None."""
        row = self.first(self._do.chain_last, name=name)
        return ChainRow._make(row) if row else None


class Transaction(Session):
    """A write transaction. It commits when the block that opened it ends, and rolls back on an exception."""

    def case(self, case: str, lock: bool = True) -> CaseRow | None:
        """Return the case as it stands, or None; with `lock`, nobody else changes it until the transaction ends."""
        row = self.first(self._do.case_locked if lock else self._do.case, id=case)
        return CaseRow._make(row) if row else None

    def head(self, case: str, lock: bool = True) -> tuple[int, str] | None:
        """Return sequence and hash of the last entry, by which a state in memory is recognised as the stored one."""
        row = self.first(self._do.head_locked if lock else self._do.head, id=case)
        return (row[0], row[1]) if row else None

    def opening(self, case: str) -> tuple[str | None, dict[str, str]]:
        """Return the head of the case, locked until the transaction ends (None: no such case), and all settings.

        Every command begins with these, read by one query. The state that belongs to the head may be in memory already.
        """
        rows = self.rows(self._do.opening, id=case)
        return (rows[0][0], {key: value for _, key, value in rows if key}) if rows else (None, self.settings())

    def next_number(self, year: int) -> str:
        """Return the next case number of the year, such as 2026-000001; a rollback gives it back."""
        row = self.first(self._do.counted, name=f"cases:{year}", value=1)
        return f"{year}-{row[0] if row else 0:06d}"

    def write(self, write: Write) -> None:
        """Write a command's changes. Raises Conflict if the case has moved on, or another case holds a claim."""
        self._refuse_held(write)
        commands = [
            (statement, {**statement.constants, **row} if statement.constants else row)
            for statement, rows in self._changes(write)
            for row in rows
        ]
        try:
            touched = self._database.send(self._raw, commands)
        except self._database.error as error:
            raise self._database.translated(error) from error
        if touched[0] != 1:
            raise Conflict(
                f"Expected to be the first; {TAKEN['journal_one_entry_per_sequence']}", sentence="case_moved_on"
            )

    def _refuse_held(self, write: Write) -> None:
        for claim in write.claims_taken:
            row = self.first(self._do.claim, kind=claim.kind, key=claim.key)
            held = ClaimRow._make(row) if row else None
            if held is None or held.case == claim.case or _has_expired(held, write.entry.recorded_at):
                continue
            raise _taken(held, write.entry.recorded_at)

    def _changes(self, write: Write) -> Iterator[_Change]:
        """Yield all statements of the write; the first updates the case, and touches no row if the case has moved
        on.
        """
        do, case = self._do, write.case.id
        moved = do.case_moved if write.is_relisted else do.case_advanced
        yield (do.case_added if write.case.sequence == 1 else moved), [write.case._asdict()]
        yield do.entry_added, [write.entry.columns()]
        if write.facts or write.facts_dropped:
            facts = [{"case": case, **row._asdict()} for row in write.facts]
            yield from self._replaced(t.facts, case, write.facts_dropped, facts)
        if write.personal or write.personal_erased:
            personal = [{"case": case, **row._asdict()} for row in write.personal]
            yield from self._replaced(t.personal, case, _keys(write.personal_erased), personal)
        if write.tasks or write.tasks_dropped:
            yield from self._task_changes(write)
        if write.concerns or write.concerns_dropped:
            concerns = [{"case": case, "concern": concern} for concern in write.concerns]
            yield from self._replaced(t.concerns, case, _keys(write.concerns_dropped), concerns)
        if write.deadlines or write.deadlines_dropped:
            deadlines = [row.columns() for row in write.deadlines]
            yield from self._replaced(t.deadlines, case, _keys(write.deadlines_dropped), deadlines)
        if write.messages or write.messages_dropped:
            messages = [{**row._asdict(), "next_at": instant(row.next_at)} for row in write.messages]
            yield from self._replaced(t.outbox, case, _keys(write.messages_dropped), messages)
        if _is_rare(write):
            yield from self._rare_changes(write)

    def _rare_changes(self, write: Write) -> Iterator[_Change]:
        do, case = self._do, write.case.id
        # Claims are inserted, never replaced: if two cases take a thing at once, the primary key refuses one.
        yield do.claim_released, [{"case": case, "kind": k, "key": key} for k, key in write.claims_released]
        now = instant(write.entry.recorded_at)
        yield do.claim_cleared, [{"kind": c.kind, "key": c.key, "case": case, "now": now} for c in write.claims_taken]
        taken = [c._replace(until=instant(c.until) if c.until else None) for c in write.claims_taken]
        yield do.claim_added, [claim._asdict() for claim in taken]
        yield from self._replaced(t.incidents, case, (), [row._asdict() for row in write.incidents])
        resolved = [{"case": case, "number": n, "resolved_at": at} for n, at in write.incidents_resolved]
        yield do.incident_resolved, resolved
        waits = [row._asdict() for row in write.subscriptions]
        yield from self._replaced(t.subscriptions, case, write.subscriptions_dropped, waits)
        yield do.message_awaited, [{"beginning": b, "length": len(b), "now": now} for b in write.messages_awaited]
        materials = [row._asdict() for row in write.materials]
        yield from self._replaced(t.materials, case, write.materials_dropped, materials)

    def _task_changes(self, write: Write) -> Iterator[_Change]:
        # A task that is set again is dropped first, with its candidates: some of them may no longer take it.
        gone = [(token,) for token in (*write.tasks_dropped, *(row.token for row in write.tasks))]
        yield self._drop(t.tasks, gone, write.case.id)
        yield self._do.tasks_added, [row.columns() for row in write.tasks]
        yield self._do.candidates_added, [who for row in write.tasks for who in row.candidates()]

    def _replaced(
        self, table: Table, case: str, dropped: Sequence[Sequence[Any]], rows: Sequence[dict[str, Any]]
    ) -> Iterator[_Change]:
        if dropped:
            yield self._drop(table, dropped, case)
        if rows:
            yield self._do.put[table], rows

    def _put(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        self.run(self._do.put[table], rows)

    def _drop(self, table: Table, keys: Iterable[Sequence[Any]], case: str) -> _Change:
        names = self._do.within_case[table]
        return self._do.drop[table], [{"case": case, **dict(zip(names, key, strict=True))} for key in keys]

    # ---------------------------------------------------------------------- rows that belong to no case

    def keep_document(self, digest: str, content: bytes) -> None:
        """Keep bytes under their digest; do nothing if they are there already."""
        self.run(self._do.document_added, [{"digest": digest, "content": content}])

    def publish_chain(self, name: str, digest: str, at: str, by: str) -> ChainRow:
        """Add a new version of the chain, numbered after the last one; return it."""
        last = self.chain(name)
        row = ChainRow(name, digest, at, by, last.number + 1 if last else 1)
        self.run(self._do.chain_added, [row._asdict()])
        return row

    def set(self, key: str, value: str) -> None:
        """Keep a setting; `value` is canonical JSON."""
        self._put(t.settings, [{"key": key, "value": value}])

    def shelve(self, row: ShelfRow) -> None:
        """Put an adapter's object on the shelf, replacing one with the same kind and key."""
        self._put(t.shelf, [row._asdict()])

    def shelve_new(self, row: ShelfRow) -> bool:
        """Put an adapter's object on the shelf if there is none with its kind and key; return whether it was put
        there.
        """
        return self.first(self._do.shelf_added, **row._asdict()) is not None

    def unshelve(self, kind: str, key: str) -> None:
        self.run(self._do.drop[t.shelf], [{"kind": kind, "key": key}])


def _has_expired(held: ClaimRow, now: str) -> bool:
    return held.until is not None and instant(held.until) <= instant(now)


def _how_long(held: ClaimRow) -> str:
    if held.kept:
        return "for good"
    return f"until {held.until}" if held.until else "until it ends. End that case first"


def _taken(held: ClaimRow, now: str) -> Taken:
    """Return the refusal of a thing that another case holds.

    `last` is the last day of a reservation, or its last minute where it ends within a day, in the zone in which the
    command was recorded.
    """
    message = f"Expected {held.kind} {held.key} to be free; case {held.case} has taken it {_how_long(held)}."
    thing = {"kind": held.kind, "key": held.key, "holder": held.case, "until": held.until}
    if held.kept:
        return Taken(message, sentence="thing_registered", **thing)
    if held.until is None:
        return Taken(message, sentence="thing_in_other_case", **thing)
    until = datetime.fromisoformat(held.until).astimezone(datetime.fromisoformat(now).tzinfo)
    last = until - datetime.resolution  # midnight is the end of the day before
    shown = last.date().isoformat() if last.date() < until.date() else f"{until:%Y-%m-%dT%H:%M}"
    return Taken(message, sentence="thing_reserved", last=shown, **thing)


def _is_rare(write: Write) -> bool:
    """Return whether the write touches tables that few commands touch."""
    claims = write.claims_taken or write.claims_released
    incidents = write.incidents or write.incidents_resolved
    waits = write.subscriptions or write.subscriptions_dropped or write.messages_awaited
    return bool(claims or incidents or waits or write.materials or write.materials_dropped)


def _keys(values: Sequence[Any]) -> list[tuple[Any]]:
    """Return values as keys of one column, in the form in which rows are dropped."""
    return [(value,) for value in values]
