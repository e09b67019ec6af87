"""Reading across cases, all at one moment: worklists, lists, searches, journals. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from engine.case.journal import Head, Row
from engine.hall.store import tables as t
from engine.hall.store.database import Database
from engine.hall.store.packing import as_it_lies
from engine.hall.store.questions import EVERY, Questions
from engine.hall.store.rows import (
    CaseRow,
    ChainRow,
    ClaimRow,
    DeadlineRow,
    EntryRow,
    Grant,
    IncidentRow,
    ListedCase,
    MaterialRow,
    MessageRow,
    ReportedIncident,
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
    """All questions that change nothing. All answers are of the same moment."""

    def __init__(
        self, database: Database, statements: Statements, questions: Questions, connection: Connection
    ) -> None:
        super().__init__(database, statements, connection.connection.dbapi_connection)
        self._connection = connection
        self._ask = questions

    # ------------------------------------------------------------------------------------------ cases

    def case(self, case: str) -> CaseRow | None:
        row = self.first(self._do.case, id=case)
        return CaseRow._make(row) if row else None

    def cases(
        self,
        *,
        status: str | None = None,
        chain: str | None = None,
        applicant: str | None = None,
        project: str | None = None,
        text: str | None = None,
        seen_by: Sees | None = None,
        after: CaseRow | ListedCase | None = None,
        limit: int = 50,
    ) -> list[CaseRow]:
        """Return cases with their state, the latest first. `text` is searched in number, title and project code.

        `after`: the last row of the page before. `seen_by` None: without regard to who may look at them.
        """
        equal = {"status": status, "chain": chain, "applicant": applicant, "project": project}
        given, values = self._filters(equal, text, seen_by, after)
        return [CaseRow._make(row) for row in self.rows(self._ask.cases(given), **values, limit=limit)]

    def listed_cases(
        self,
        *,
        status: str | None = None,
        project: str | None = None,
        text: str | None = None,
        seen_by: Sees | None = None,
        after: CaseRow | ListedCase | None = None,
        limit: int = 50,
    ) -> list[ListedCase]:
        """Return the same cases in the same order, with the columns that a list shows instead of their state."""
        given, values = self._filters({"status": status, "project": project}, text, seen_by, after)
        return [ListedCase._make(row) for row in self.rows(self._ask.listed_cases(given), **values, limit=limit)]

    def _filters(
        self,
        equal: Mapping[str, str | None],
        text: str | None,
        seen_by: Sees | None,
        after: CaseRow | ListedCase | None,
    ) -> tuple[list[str], dict[str, Any]]:
        """Return the names of the filters that are given, and the values of their parameters."""
        values: dict[str, Any] = {name: value for name, value in equal.items() if value is not None}
        given = list(values)
        if text:
            given.append("text")
            values["text"] = f"%{_escaped(text)}%"
        if seen_by is not None:
            given.append("concerns" if seen_by.concerns else "person")
            values |= {"own": f"person:{seen_by.person}", "person": seen_by.person}
            if seen_by.concerns:
                values["concerns"] = self._ask.listed(seen_by.concerns)
        if after is not None:
            given.append("after")
            values |= {"after_at": after.opened_at, "after_id": after.id}
        return given, values

    def open_cases(self, after: str, limit: int) -> list[CaseRow]:
        """Return open cases in the order of their numbers, beginning after number `after`: to read all of them in
        parts.
        """
        return [CaseRow._make(row) for row in self.rows(self._ask.open_cases, after=after, limit=limit)]

    def count(self, status: str | None = None) -> int:
        """Return how many cases there are, of one status or in all."""
        if status is None:
            return self._number(self.rows(self._ask.counted))
        return self._number(self.rows(self._ask.counted_of, status=status))

    def count_open(self, chain: str) -> int:
        """Return how many open cases run a chain version."""
        return self._number(self.rows(self._ask.open_counted, chain=chain))

    def _number(self, rows: Sequence[tuple[Any, ...]]) -> int:
        number: int = rows[0][0]
        return number

    def concerns(self, before: str) -> list[str]:
        """Return the concerns of all cases, each once, that sort before a text."""
        return [row[0] for row in self.rows(self._ask.concerns, before=before)]

    def concerned(self, case: str) -> list[str]:
        """Return the concerns of one case, those that have lasted included."""
        return [row["concern"] for _, row in self.projections([case], ["concerns"])]

    # ------------------------------------------------------------------------------------------ tasks

    def worklist(self, grants: Sequence[Grant], *, after: TaskRow | None = None, limit: int = 50) -> list[Waiting]:
        """Return tasks that nobody holds and that one of `grants` covers, by due date; tasks without one come last.

        `after`: the last task of the page before. Each grant is one probe of an index in this order, so that a page
        costs
        the same however many tasks there are.
        """
        values = self._worklist_values(grants, after, limit)
        return [Waiting.of(row) for row in self.rows(self._ask.worklist, **values)] if grants else []

    def count_waiting(self, grants: Sequence[Grant], limit: int) -> int:
        """Return how many tasks `worklist` would return with this limit."""
        values = self._worklist_values(grants, None, limit)
        return self._number(self.rows(self._ask.waiting_counted, **values)) if grants else 0

    def _worklist_values(self, grants: Sequence[Grant], after: TaskRow | None, limit: int) -> dict[str, Any]:
        due, case, token = (after.due_or_never(), after.case, after.token) if after is not None else ("", "", -1)
        return {
            "grants": self._ask.granted(grants),
            "after_due": due,
            "after_case": case,
            "after_token": token,
            "limit": limit,
        }

    def held(self, people: Sequence[str]) -> list[Waiting]:
        """Return tasks that one of these people has claimed, by due date."""
        return [Waiting.of(row) for row in self.rows(self._ask.held, people=self._ask.listed(people))]

    def count_held(self, person: str) -> int:
        """Return how many tasks the person has claimed."""
        return self._number(self.rows(self._ask.held_counted, person=person))

    def tasks(self, case: str) -> list[TaskRow]:
        """Return the open tasks of a case, in the order in which they were opened."""
        return [TaskRow.of(row) for row in self.rows(self._ask.tasks, case=case)]

    def task(self, case: str, token: int) -> TaskRow | None:
        row = self.first(self._ask.task, case=case, token=token)
        return TaskRow.of(row) if row else None

    # ------------------------------------------------------------------------------------ projections

    def deadlines(self, case: str) -> list[DeadlineRow]:
        return [DeadlineRow.of(row) for row in self.rows(self._ask.deadlines, case=case)]

    def next_deadline(self, case: str | None = None) -> str | None:
        """Return the earliest due instant, of one case or of all; None if there is no deadline."""
        ask = self._ask
        rows = self.rows(ask.next_deadline) if case is None else self.rows(ask.next_deadline_of, case=case)
        earliest: str | None = rows[0][0]
        return earliest

    def messages(self, limit: int = 200) -> list[MessageRow]:
        """Return messages that haven't been settled yet, by the time of their next attempt."""
        return [MessageRow._make(row) for row in self.rows(self._ask.messages, limit=limit)]

    def message(self, case: str, number: int) -> MessageRow | None:
        row = self.first(self._ask.message, case=case, number=number)
        return MessageRow._make(row) if row else None

    def incidents(self, resolved: bool = False, limit: int = 200) -> list[IncidentRow]:
        """Return open incidents (with `resolved`, resolved ones as well), the latest first."""
        return [reported.incident for reported in self.reported_incidents(resolved, limit)]

    def reported_incidents(self, resolved: bool = False, limit: int = 200) -> list[ReportedIncident]:
        """Return the same incidents, with the columns of their cases that a list shows."""
        asked = self._ask.incidents if resolved else self._ask.incidents_opened
        return [ReportedIncident.of(row) for row in self.rows(asked, limit=limit)]

    def incidents_of(self, case: str, limit: int = 200) -> list[ReportedIncident]:
        """Return the open incidents of a case, the latest first."""
        return [ReportedIncident.of(row) for row in self.rows(self._ask.incidents_of, case=case, limit=limit)]

    def count_incidents(self) -> int:
        """Return how many incidents are open in the hall."""
        return self._number(self.rows(self._ask.incidents_counted))

    def subscribers(self, kind: str, name: str, key: str | None = None) -> list[SubscriptionRow]:
        """Return the tokens of all cases that wait for a message or signal of that name (and key)."""
        if key is None:
            rows = self.rows(self._ask.subscribers, kind=kind, name=name)
        else:
            rows = self.rows(self._ask.subscribers_by_key, kind=kind, name=name, key=key)
        return [SubscriptionRow._make(row) for row in rows]

    def claims(self, case: str) -> list[ClaimRow]:
        return [ClaimRow.of(row) for row in self.rows(self._ask.claims, case=case)]

    def materials(self, case: str) -> list[MaterialRow]:
        return [MaterialRow._make(row) for row in self.rows(self._ask.materials, case=case)]

    def projections(self, cases: Sequence[str], tables: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield (table, columns) for each row of these cases in these tables. Resolved incidents are left out."""
        for name in tables:
            table = t.metadata.tables[name]
            columns = table.c.keys()
            for row in self.rows(self._ask.projection(table), cases=self._ask.listed(cases)):
                yield name, dict(zip(columns, row, strict=True))

    # ---------------------------------------------------------------------------------------- journal

    def entries(self, case: str, after: int = 0, limit: int | None = None) -> list[EntryRow]:
        """Return entries of a case in order, beginning after sequence `after`."""
        rows = self.rows(self._ask.entries, case=case, after=after, limit=EVERY if limit is None else limit)
        return [EntryRow.of(row) for row in rows]

    def latest(self, case: str, before: int | None, limit: int) -> list[EntryRow]:
        """Return the last entries of a case (before a sequence), the latest first."""
        rows = self.rows(self._ask.latest, case=case, before=EVERY if before is None else before, limit=limit)
        return [EntryRow.of(row) for row in rows]

    def journal(self, cases: Sequence[str] | None = None) -> Iterator[Row]:
        """Yield journal rows as they are stored, except that bodies are unpacked, by case and sequence: for the proof.

        Whatever somebody has written into a column is returned, even if it is no text.
        """
        connection = self._connection.execution_options(yield_per=FETCHED)
        with self._database.unread(self._raw):
            if cases is None:
                result = connection.execute(self._ask.journal)
            else:
                result = connection.execute(self._ask.journal_of, {"cases": self._ask.listed(cases)})
            for part in result.partitions():
                yield from (Row._make((*row[:6], as_it_lies(row[6]), row[7])) for row in part)

    def heads(self, cases: Sequence[str] | None = None) -> Mapping[str, Head]:
        """Return the head of each case (sequence and hash of the last entry), as the table of cases has it."""
        ask = self._ask
        rows = self.rows(ask.heads) if cases is None else self.rows(ask.heads_of, cases=ask.listed(cases))
        return {row[0]: Head(row[1], row[2]) for row in rows}

    # ---------------------------------------------------------------------- rows that belong to no case

    def chains(self) -> list[ChainRow]:
        """Return all chain versions, by name and number."""
        return [ChainRow._make(row) for row in self.rows(self._ask.chains)]

    def shelf(self, kind: str, owner: str | None = None, limit: int | None = None) -> list[ShelfRow]:
        """Return an adapter's objects of one kind (of one owner), the latest first."""
        values = {"kind": kind, "limit": EVERY if limit is None else limit}
        if owner is None:
            rows = self.rows(self._ask.shelf, **values)
        else:
            rows = self.rows(self._ask.shelf_of, **values, owner=owner)
        return [ShelfRow._make(row) for row in rows]


def _escaped(text: str) -> str:
    """Return text for a LIKE pattern with the escape character `/`."""
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")
