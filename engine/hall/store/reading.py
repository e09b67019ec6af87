"""Reading across cases, all of one moment: worklists, lists, searches, journals. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, or_, select, tuple_, union, union_all

from engine.case.journal import Head, Row
from engine.hall.store import tables as t
from engine.hall.store.database import Database
from engine.hall.store.packing import as_it_lies
from engine.hall.store.rows import (
    CaseRow,
    ChainRow,
    ClaimRow,
    DeadlineRow,
    EntryRow,
    Grant,
    IncidentRow,
    MaterialRow,
    MessageRow,
    Sees,
    ShelfRow,
    SubscriptionRow,
    TaskRow,
    Waiting,
)
from engine.hall.store.session import Session
from engine.hall.store.statements import Statements

FETCHED = 500
"""Journal rows held in memory at once while all of them are read: at some kB each, a few MB."""


class Reading(Session):
    """Everything that can be asked without changing anything. All answers are of the same moment."""

    def __init__(self, database: Database, statements: Statements, connection: Connection) -> None:
        super().__init__(database, statements, connection.connection.dbapi_connection)
        self._connection = connection

    def _all(self, statement: Select[Any]) -> Sequence[Any]:
        return self._connection.execute(statement).all()

    # ------------------------------------------------------------------------------------------ cases

    def case(self, case: str) -> CaseRow | None:
        found = self.first(self._do.case, id=case)
        return CaseRow._make(found) if found else None

    def cases(
        self,
        *,
        status: str | None = None,
        chain: str | None = None,
        applicant: str | None = None,
        project: str | None = None,
        text: str | None = None,
        seen_by: Sees | None = None,
        after: CaseRow | None = None,
        limit: int = 50,
    ) -> list[CaseRow]:
        """Cases, the youngest first. `text` stands in number, title or project; `after` ended the page before.

        `seen_by` None: whoever may look at them.
        """
        c = t.cases.c
        wanted = select(t.cases).order_by(c.opened_at.desc(), c.id.desc()).limit(limit)
        equal = ((c.status, status), (c.chain, chain), (c.applicant, applicant), (c.project, project))
        for column, value in equal:
            if value is not None:
                wanted = wanted.where(column == value)
        if text:
            wanted = wanted.where(
                or_(*(column.contains(text, autoescape=True) for column in (c.id, c.title, c.project)))
            )
        if seen_by is not None:
            wanted = wanted.where(_seen(seen_by))
        if after is not None:
            wanted = wanted.where(tuple_(c.opened_at, c.id) < tuple_(after.opened_at, after.id))
        return [CaseRow._make(row) for row in self._all(wanted)]

    def open_cases(self, after: str, limit: int) -> list[CaseRow]:
        """Open cases in the order of their numbers, from behind `after` on: to go through all of them in parts."""
        c = t.cases.c
        wanted = select(t.cases).where(c.status == "open", c.id > after).order_by(c.id).limit(limit)
        return [CaseRow._make(row) for row in self._all(wanted)]

    def count(self, status: str | None = None) -> int:
        """How many cases there are, of one status or in all."""
        wanted = select(func.count()).select_from(t.cases)
        return self._connection.execute(wanted.where(t.cases.c.status == status) if status else wanted).scalar_one()

    def concerns(self, before: str) -> list[str]:
        """The concerns of all cases, each once, that sort before a text.

        Hops from one to the next in the index: what it costs follows how many differ, not how many cases there are.
        """
        c = t.concerns.c.concern
        hops = select(func.min(c).label("concern")).where(c < before).cte("hops", recursive=True)
        following = select(func.min(c)).where(c > hops.c.concern, c < before).scalar_subquery()
        hops = hops.union_all(select(following).where(hops.c.concern.is_not(None)))
        return [row[0] for row in self._all(select(hops.c.concern).where(hops.c.concern.is_not(None)))]

    # ------------------------------------------------------------------------------------------ tasks

    def worklist(self, grants: Sequence[Grant], *, after: TaskRow | None = None, limit: int = 50) -> list[Waiting]:
        """Tasks that nobody holds and that one of `grants` covers, by limit; those without one come last.

        Each grant is one probe of an index that is sorted that way, so a page costs the same however many
        there are.
        """
        if not grants:
            return []
        probes = [self._probe(grant, after, limit).subquery() for grant in dict.fromkeys(grants)]
        found = union_all(*(select(probe) for probe in probes)).subquery()
        page = select(found.c.case, found.c.token, found.c.due_at).distinct()
        page = page.order_by(found.c.due_at, found.c.case, found.c.token).limit(limit)
        return self._waiting(page)

    def _probe(self, grant: Grant, after: TaskRow | None, limit: int) -> Select[Any]:
        c = t.candidates.c
        probe = select(c.due_at, c.case, c.token).where(
            c.candidate == grant.candidate, c.department == grant.department
        )
        if grant.items is not None:
            probe = probe.where(c.item.in_(grant.items))
        if after is not None:
            last = tuple_(after.due_or_never(), after.case, after.token)
            probe = probe.where(tuple_(c.due_at, c.case, c.token) > last)
        return probe.order_by(c.due_at, c.case, c.token).limit(limit)

    def _waiting(self, page: Select[Any]) -> list[Waiting]:
        chosen = page.subquery()
        joined = (
            select(t.tasks, t.cases.c.title, t.cases.c.chain)
            .join(chosen, and_(chosen.c.case == t.tasks.c.case, chosen.c.token == t.tasks.c.token))
            .join(t.cases, t.cases.c.id == t.tasks.c.case)
            .order_by(chosen.c.due_at, chosen.c.case, chosen.c.token)
        )
        return [Waiting(TaskRow.of(row[:-2]), row[-2], row[-1]) for row in self._all(joined)]

    def held(self, people: Sequence[str]) -> list[Waiting]:
        """Tasks that one of these people has claimed, by limit."""
        c = t.tasks.c
        due = func.coalesce(c.due_at, "9999").label("due_at")
        return self._waiting(select(c.case, c.token, due).where(c.claimed_by.in_(people)))

    def tasks(self, case: str) -> list[TaskRow]:
        """The open tasks of a case, in the order in which they were opened."""
        return [TaskRow.of(row) for row in self._all(self._of(t.tasks, case).order_by(t.tasks.c.token))]

    def task(self, case: str, token: int) -> TaskRow | None:
        found = self._all(self._of(t.tasks, case).where(t.tasks.c.token == token))
        return TaskRow.of(found[0]) if found else None

    # ------------------------------------------------------------------------------------ projections

    def deadlines(self, case: str) -> list[DeadlineRow]:
        c = t.deadlines.c
        wanted = self._of(t.deadlines, case).order_by(c.due_at, c.number)
        return [DeadlineRow.of(row) for row in self._all(wanted)]

    def next_deadline(self, case: str | None = None) -> str | None:
        """The earliest due instant, of one case or of all; None where nothing waits for a time."""
        wanted = select(func.min(t.deadlines.c.due_at))
        wanted = wanted if case is None else wanted.where(t.deadlines.c.case == case)
        found: str | None = self._connection.execute(wanted).scalar_one()
        return found

    def messages(self, case: str | None = None, status: str | None = None, limit: int = 200) -> list[MessageRow]:
        """What hasn't been settled yet, by when it is tried next."""
        c = t.outbox.c
        wanted = self._of(t.outbox, case).order_by(c.next_at, c.case, c.number).limit(limit)
        return [MessageRow._make(row) for row in self._all(wanted.where(c.status == status) if status else wanted)]

    def message(self, case: str, number: int) -> MessageRow | None:
        found = self._all(self._of(t.outbox, case).where(t.outbox.c.number == number))
        return MessageRow._make(found[0]) if found else None

    def incidents(self, case: str | None = None, resolved: bool = False, limit: int = 200) -> list[IncidentRow]:
        """Open incidents (with `resolved`, the other ones as well), the youngest first."""
        c = t.incidents.c
        wanted = self._of(t.incidents, case).order_by(c.opened_at.desc(), c.case, c.number).limit(limit)
        return [
            IncidentRow._make(row) for row in self._all(wanted if resolved else wanted.where(c.resolved_at.is_(None)))
        ]

    def subscribers(self, kind: str, name: str, key: str | None = None) -> list[SubscriptionRow]:
        """Who waits for a message or signal of that name (and key), in any case."""
        c = t.subscriptions.c
        wanted = select(t.subscriptions).where(c.kind == kind, c.name == name).order_by(c.case, c.token)
        return [
            SubscriptionRow._make(row) for row in self._all(wanted.where(c.key == key) if key is not None else wanted)
        ]

    def claims(self, case: str) -> list[ClaimRow]:
        return [ClaimRow._make(row) for row in self._all(self._of(t.claims, case))]

    def materials(self, case: str) -> list[MaterialRow]:
        c = t.materials.c
        return [MaterialRow._make(row) for row in self._all(self._of(t.materials, case).order_by(c.at, c.material))]

    def cases_with(self, file: str) -> list[MaterialRow]:
        """Where a file was handed in, by the digest of its bytes."""
        c = t.materials.c
        return [MaterialRow._make(row) for row in self._all(select(t.materials).where(c.file == file).order_by(c.case))]

    def _of(self, table: Table, case: str | None) -> Select[Any]:
        return select(table) if case is None else select(table).where(table.c.case == case)

    def projections(self, cases: Sequence[str], tables: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Rows of these cases in these tables, by table: their columns. Incidents that are over are left out."""
        for name in tables:
            table = t.metadata.tables[name]
            own = table.c.id if table is t.cases else table.c.case
            wanted = select(table).where(own.in_(cases))
            if table is t.incidents:
                wanted = wanted.where(t.incidents.c.resolved_at.is_(None))
            yield from ((name, row._mapping) for row in self._all(wanted))

    # ---------------------------------------------------------------------------------------- journal

    def entries(self, case: str, after: int = 0, limit: int | None = None) -> list[EntryRow]:
        """Entries of a case in order, beginning behind sequence `after`."""
        c = t.journal.c
        wanted = self._of(t.journal, case).where(c.sequence > after).order_by(c.sequence).limit(limit)
        return [EntryRow.of(row) for row in self._all(wanted)]

    def latest(self, case: str, before: int | None, limit: int) -> list[EntryRow]:
        """The last entries of a case (before a sequence), the youngest first."""
        c = t.journal.c
        wanted = self._of(t.journal, case).order_by(c.sequence.desc()).limit(limit)
        wanted = wanted if before is None else wanted.where(c.sequence < before)
        return [EntryRow.of(row) for row in self._all(wanted)]

    def journal(self, cases: Sequence[str] | None = None) -> Iterator[Row]:
        """Journal rows as they lie there (but for the packing), by case and sequence: for `journal.chain_problems`.

        Whatever somebody has put into a column comes out of it, be it no text at all.
        """
        wanted = select(t.journal).order_by(t.journal.c.case, t.journal.c.sequence)
        if cases is not None:
            wanted = wanted.where(t.journal.c.case.in_(cases))
        with self._database.unread(self._raw):
            for part in self._connection.execution_options(yield_per=FETCHED).execute(wanted).partitions():
                yield from (Row._make((*row[:6], as_it_lies(row[6]), row[7])) for row in part)

    def heads(self, cases: Sequence[str] | None = None) -> Mapping[str, Head]:
        """The last entry of each case, as the cases say."""
        c = t.cases.c
        wanted = select(c.id, c.sequence, c.head).order_by(c.id)
        if cases is not None:
            wanted = wanted.where(c.id.in_(cases))
        return {row[0]: Head(row[1], row[2]) for row in self._all(wanted)}

    # ---------------------------------------------------------------------------- what is no case's own

    def chains(self) -> list[ChainRow]:
        """All chain versions, by name and number."""
        c = t.chains.c
        return [ChainRow._make(row) for row in self._all(select(t.chains).order_by(c.name, c.number))]

    def settings(self) -> dict[str, str]:
        """All settings: canonical JSON by key."""
        return {row[0]: row[1] for row in self._all(select(t.settings).order_by(t.settings.c.key))}

    def shelf(self, kind: str, owner: str | None = None, limit: int | None = None) -> list[ShelfRow]:
        """Things of one kind (of one owner), the youngest first."""
        c = t.shelf.c
        wanted = select(t.shelf).where(c.kind == kind).order_by(c.at.desc(), c.key).limit(limit)
        return [
            ShelfRow._make(row) for row in self._all(wanted.where(c.owner == owner) if owner is not None else wanted)
        ]


def _seen(by: Sees) -> ColumnElement[bool]:
    """One's own are gathered: they are few. Those that one shares are met with on the way down the list."""
    c = t.concerns.c
    own = select(c.case).where(c.concern == f"person:{by.person}")
    held = select(t.tasks.c.case).where(t.tasks.c.claimed_by == by.person)
    mine = t.cases.c.id.in_(union(own, held))
    if not by.concerns:
        return mine
    shared = select(c.case).where(c.case == t.cases.c.id, c.concern.in_(by.concerns))
    return or_(shared.exists(), mine)
