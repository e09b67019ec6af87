"""The statements of the hot path, written with SQLAlchemy Core and compiled once, when the store is opened.

A command costs some ten statements of a few rows each; building and dispatching them through SQLAlchemy every time
would cost more than the database does. So their SQL text runs on the driver's own connection. Both drivers take the
rows as dicts (`:name` on SQLite, `%(name)s` on PostgreSQL).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    false,
    func,
    null,
    or_,
    select,
    true,
    tuple_,
    union_all,
    update,
)
from sqlalchemy import delete as sql_delete
from sqlalchemy import insert as sql_insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import Dialect

from engine.hall.store import tables as t


class Statement(NamedTuple):
    """SQL text for a driver, and the values of its constant parameters.

    `numbered`: the same text with `$1`, `$2` …, as PostgreSQL itself takes it; `order` names those parameters.
    """

    sql: str
    constants: dict[str, Any]
    numbered: str = ""
    order: tuple[str, ...] = ()


class Statements:
    """All statements of the hot path for one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._insert = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect.name]
        self._message_leases: dict[tuple[str, ...], tuple[Statement, Statement]] = {}
        self._compile_writes()
        self._compile_claims()
        self._compile_shared()
        self._compile_post()
        self._compile_reads()
        self.due, self.deadlines_leased = self._leasing(t.deadlines, _deadline_ready, ("due_at", "number", "case"))

    def _compile_writes(self) -> None:
        self.case_added = self._add(t.cases)
        self.case_moved = self._compiled(
            update(t.cases)
            .where(t.cases.c.id == bindparam("id"), t.cases.c.sequence == bindparam("sequence") - 1)
            .values({column.name: bindparam(column.name) for column in t.cases.c if column.name != "id"})
        )
        self.case_advanced = self._compiled(
            update(t.cases)
            .where(t.cases.c.id == bindparam("id"), t.cases.c.sequence == bindparam("sequence") - 1)
            .values({name: bindparam(name) for name in ("sequence", "recorded_at", "head", "core")})
        )
        self.entry_added = self._add(t.journal)
        self.put = {
            t.facts: self._put(t.facts),
            t.personal: self._put(t.personal),
            t.concerns: self._put(t.concerns),
            t.deadlines: self._put(t.deadlines, cleared=("leased_until", "leased_by")),
            t.outbox: self._put(t.outbox),
            t.incidents: self._put(t.incidents),
            t.subscriptions: self._put(t.subscriptions),
            t.materials: self._put(t.materials),
            t.settings: self._put(t.settings),
            t.shelf: self._put(t.shelf),
        }
        keys = {table: [column.name for column in table.primary_key] for table in (*self.put, t.tasks)}
        self.drop = {table: self._drop(table, names) for table, names in keys.items()}
        self.within_case = {table: names[1:] for table, names in keys.items()}  # the primary key without the case
        self.candidates_added = self._add(t.candidates)
        self.tasks_added = self._add(t.tasks)
        self.incident_resolved = self._compiled(
            update(t.incidents)
            .where(t.incidents.c.case == bindparam("case"), t.incidents.c.number == bindparam("number"))
            .values(resolved_at=bindparam("resolved_at"))
        )

    def _compile_claims(self) -> None:
        self.claim_added = self._add(t.claims)
        c = t.claims.c
        own = c.case == bindparam("case")
        expired = and_(c.until.is_not(None), c.until <= bindparam("now"))
        gone = sql_delete(t.claims).where(c.kind == bindparam("kind"), c.key == bindparam("key"), or_(own, expired))
        self.claim_cleared = self._compiled(gone)  # removes a claim that is taken again, or has expired
        self.claim_released = self._drop(t.claims, ["kind", "key", "case"])

    def _compile_shared(self) -> None:
        """Compile the writes of rows that belong to no case: documents, chains, the shelf, counters."""
        self.document_added = self._compiled(self._values(t.documents).on_conflict_do_nothing())
        self.chain_added = self._add(t.chains)
        shelved = self._values(t.shelf).on_conflict_do_nothing()
        self.shelf_added = self._compiled(shelved.returning(t.shelf.c.key))
        counted = self._values(t.counters).on_conflict_do_update(
            index_elements=["name"], set_={"value": t.counters.c.value + 1}
        )
        self.counted = self._compiled(counted.returning(t.counters.c.value))

    def _compile_post(self) -> None:
        self.message_postponed = self._compiled(
            update(t.outbox)
            .where(t.outbox.c.case == bindparam("case"), t.outbox.c.number == bindparam("number"))
            .values(
                attempts=t.outbox.c.attempts + 1,
                next_at=bindparam("next_at"),
                last_error=bindparam("last_error"),
                leased_until=null(),
                leased_by=null(),
            )
        )
        self.message_awaited = self._compiled(self._awaited())

    def _compile_reads(self) -> None:
        c = t.cases.c
        head = select(c.sequence, c.head).where(c.id == bindparam("id"))
        self.case, self.case_locked = self._both(select(t.cases).where(c.id == bindparam("id")))
        self.head, self.head_locked = self._both(head)
        opening = select(c.head, t.settings.c.key, t.settings.c.value).where(c.id == bindparam("id"))
        opening = opening.select_from(t.cases.outerjoin(t.settings, true()))
        self.opening = self._compiled(opening.with_for_update(of=t.cases))
        j = t.journal.c
        self.receipt = self._compiled(select(t.journal).where(j.actor == bindparam("actor"), j.key == bindparam("key")))
        f, p = t.facts.c, t.personal.c
        self.facts = self._compiled(
            select(f.scope, f.name, f.value, f.digest).where(f.case == bindparam("case")).order_by(f.scope, f.name)
        )
        self.personal = self._compiled(
            select(p.digest, p.salt, p.value).where(p.case == bindparam("case")).order_by(p.digest)
        )
        self.state = self._compiled(
            union_all(
                select(f.scope, f.name, f.value, f.digest).where(f.case == bindparam("case")),
                select(null(), p.salt, p.value, p.digest).where(p.case == bindparam("case")),
            )
        )
        self.claim = self._compiled(
            select(t.claims).where(t.claims.c.kind == bindparam("kind"), t.claims.c.key == bindparam("key"))
        )
        d, s, h, n = t.documents.c, t.settings.c, t.shelf.c, t.chains.c
        self.document = self._compiled(select(d.content).where(d.digest == bindparam("digest")))
        self.setting = self._compiled(select(s.value).where(s.key == bindparam("key")))
        self.settings = self._compiled(select(s.key, s.value))
        self.shelved = self._compiled(select(t.shelf).where(h.kind == bindparam("kind"), h.key == bindparam("key")))
        self.chain_last = self._compiled(
            select(t.chains).where(n.name == bindparam("name")).order_by(n.number.desc()).limit(1)
        )

    def _awaited(self) -> Any:
        """Make messages between cases that begin so due now; a locked message is being delivered already."""
        inner = t.outbox.alias("inner")
        begins = func.substr(inner.c.payload, 1, bindparam("length", type_=Integer)) == bindparam("beginning")
        later = and_(inner.c.status == "waiting", inner.c.next_at > bindparam("now"), inner.c.destination == UNORDERED)
        wanted = select(inner.c.case, inner.c.number).where(later, begins)
        key = tuple_(*t.outbox.primary_key)
        due = update(t.outbox).where(key.in_(wanted.with_for_update(skip_locked=True, of=inner)))
        return due.values(next_at=bindparam("now"))

    def leasing(self, destinations: tuple[str, ...]) -> tuple[Statement, Statement]:
        """Return the two statements that lease messages to these destinations: `_leasing` says which."""
        if destinations not in self._message_leases:

            def ready(row: Any) -> ColumnElement[bool]:
                to = or_(false(), *(row.c.destination == name for name in destinations))
                return and_(to, _message_ready(row))

            self._message_leases[destinations] = self._leasing(t.outbox, ready, ("next_at", "case", "number"))
        return self._message_leases[destinations]

    def _leasing(self, table: Table, ready: Any, order: Sequence[str]) -> tuple[Statement, Statement]:
        """Return two statements: whether any row is ready (one indexed query), and leasing up to `limit` rows not
        locked.
        """
        inner = table.alias("inner")
        key = [column.name for column in table.primary_key]
        peek = select(inner.c.case).where(ready(inner)).limit(1)
        wanted = (
            select(*(inner.c[name] for name in key))
            .where(ready(inner))
            .order_by(*(inner.c[name] for name in order))
            .limit(bindparam("limit"))
            .with_for_update(skip_locked=True, of=inner)
        )
        taken = (
            update(table)
            .where(tuple_(*table.primary_key).in_(wanted))
            .values(leased_until=bindparam("until"), leased_by=bindparam("holder"))
            .returning(*table.columns)
        )
        return self._compiled(peek), self._compiled(taken)

    def _both(self, statement: Select[Any]) -> tuple[Statement, Statement]:
        return self._compiled(statement), self._compiled(statement.with_for_update())

    def _values(self, table: Table, without: Sequence[str] = ()) -> Any:
        names = (column.name for column in table.columns if column.name not in without)
        return self._insert(table).values({name: bindparam(name) for name in names})

    def _add(self, table: Table) -> Statement:
        return self._compiled(sql_insert(table).values({c.name: bindparam(c.name) for c in table.columns}))

    def _put(self, table: Table, cleared: Sequence[str] = ()) -> Statement:
        """Return a statement that inserts the row or replaces the one with the same primary key.

        Columns in `cleared` become null.
        """
        statement = self._values(table, cleared)
        key = [column.name for column in table.primary_key]
        given = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in (*key, *cleared)}
        if not given:
            return self._compiled(statement.on_conflict_do_nothing())
        return self._compiled(
            statement.on_conflict_do_update(index_elements=key, set_={**given, **{name: null() for name in cleared}})
        )

    def _drop(self, table: Table, by: Sequence[str]) -> Statement:
        return self._compiled(sql_delete(table).where(*(table.c[name] == bindparam(name) for name in by)))

    def _compiled(self, statement: Any) -> Statement:
        return compiled(statement, self._dialect)


_NUMBERING = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


def compiled(statement: Any, dialect: Dialect) -> Statement:
    """Return the SQL text of a statement for the driver of the dialect."""
    done = statement.compile(dialect=dialect)
    constants = {name: value for name, value in done.params.items() if value is not None}
    if dialect.name != "postgresql":
        return Statement(str(done), constants)
    numbered = statement.compile(dialect=_NUMBERING)
    return Statement(str(done), constants, str(numbered), tuple(numbered.positiontup))


def _deadline_ready(row: Any) -> ColumnElement[bool]:
    """Return the condition that a deadline is due, leased by nobody, after a place in the order, and the first of its
    case: earlier ones fire first.
    """
    first = t.deadlines.alias("earlier")
    earlier = select(first.c.key).where(
        first.c.case == row.c.case,
        tuple_(first.c.due_at, first.c.number) < tuple_(row.c.due_at, row.c.number),
    )
    place: tuple[Any, ...] = (bindparam("after_due"), bindparam("after_number", type_=Integer), bindparam("after_case"))
    later = tuple_(row.c.due_at, row.c.number, row.c.case) > tuple_(*place)
    return and_(row.c.due_at <= bindparam("now"), later, _unleased(row), ~earlier.exists())


UNORDERED = "cases"
"""The destination whose messages may overtake each other: other cases."""


def _message_ready(row: Any) -> ColumnElement[bool]:
    """Return the condition that a message is waiting, due, leased by nobody, and the first of its case and destination.

    Messages to other cases have no order: one that nobody waits for yet must not hold up the others.
    """
    first = t.outbox.alias("earlier")
    earlier = select(first.c.number).where(
        first.c.case == row.c.case,
        first.c.destination == row.c.destination,
        first.c.number < row.c.number,
        row.c.destination != UNORDERED,
    )
    due = and_(row.c.status == "waiting", row.c.next_at <= bindparam("now"))
    return and_(due, _unleased(row), ~earlier.exists())


def _unleased(row: Any) -> ColumnElement[bool]:
    return or_(row.c.leased_until.is_(None), row.c.leased_until <= bindparam("now"))
