"""The statements of reading, built and compiled once; each question only binds its values.

A statement with optional filters is compiled once for each combination of filters that occurs. A list of values is one
parameter (an array on PostgreSQL, a JSON text on SQLite), so that lists of any length share one statement.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
    text,
    tuple_,
    union,
)
from sqlalchemy.engine import Dialect

from engine.hall.store import tables as t
from engine.hall.store.rows import Grant
from engine.hall.store.statements import Statement, compiled

EVERY: Final = 2**31 - 1
"""The limit for a question that wants every row: the largest number that both databases accept as a limit."""

_LISTED = tuple(column for column in t.cases.c if column.name not in ("sequence", "recorded_at", "head", "core"))
"""The columns of a case that a list shows; its state, which is some kB, isn't read."""

# One probe of the index `candidates_by_due` for each grant; each gives no more rows than the page holds. SQLite has no
# LATERAL: there a table-valued function takes the rows of a probe as JSON.
_PROBES: Final[Mapping[str, str]] = {
    "postgresql": """
        SELECT DISTINCT probed.due_at, probed."case", probed.token
        FROM jsonb_to_recordset(CAST(:grants AS jsonb)) AS granted(candidate text, department text, items jsonb),
        LATERAL (
            SELECT due_at, "case", token FROM candidates
            WHERE candidate = granted.candidate AND department = granted.department
              AND (granted.items IS NULL OR granted.items ? item)
              AND (due_at, "case", token) > (:after_due, :after_case, :after_token)
            ORDER BY due_at, "case", token LIMIT :limit
        ) AS probed
        ORDER BY 1, 2, 3 LIMIT :limit""",
    "sqlite": """
        SELECT DISTINCT json_extract(probed.value, '$[0]') AS due_at, json_extract(probed.value, '$[1]') AS "case",
            json_extract(probed.value, '$[2]') AS token
        FROM json_each(:grants) AS granted, json_each((
            SELECT json_group_array(json_array(due_at, "case", token)) FROM (
                SELECT due_at, "case", token FROM candidates
                WHERE candidate = json_extract(granted.value, '$.candidate')
                  AND department = json_extract(granted.value, '$.department')
                  AND (json_extract(granted.value, '$.items') IS NULL
                    OR item IN (SELECT value FROM json_each(granted.value, '$.items')))
                  AND (due_at, "case", token) > (:after_due, :after_case, :after_token)
                ORDER BY due_at, "case", token LIMIT :limit)
        )) AS probed
        ORDER BY 1, 2, 3 LIMIT :limit""",
}


class Questions:
    """The statements of reading for one dialect. Threads may share it."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._on_postgres = dialect.name == "postgresql"
        self._kept: dict[tuple[str, ...], Statement] = {}
        probed = text(_PROBES[dialect.name]).columns(due_at=Text, case=Text, token=Integer).subquery("chosen")
        self.worklist = compiled(_waiting(probed), dialect)
        self.waiting_counted = compiled(select(func.count()).select_from(probed), dialect)
        self._ask_for_tasks()
        self._ask_for_cases()
        self._ask_for_projections()
        self._ask_for_the_journal()
        self._ask_for_shared_rows()

    # ------------------------------------------------------------------------------------------ values

    def listed(self, values: Collection[str]) -> Any:
        """Return a list of texts as the value of one parameter."""
        return list(values) if self._on_postgres else json.dumps(list(values), ensure_ascii=False)

    def granted(self, grants: Sequence[Grant]) -> str:
        """Return grants as the value of one parameter, each once."""
        return json.dumps([grant._asdict() for grant in dict.fromkeys(grants)], ensure_ascii=False)

    def _among(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Return the condition that the column is one of the texts in the parameter's list."""
        if self._on_postgres:
            return column == any_(bindparam(name, type_=ARRAY(Text)))
        return column.in_(select(func.json_each(bindparam(name)).table_valued("value").c.value))

    # -------------------------------------------------------------------------------- optional filters

    def cases(self, given: Collection[str]) -> Statement:
        """Select cases with their state, the latest first, by the given filters of `_case_filters`."""
        return self._filtered("cases", given, select(t.cases), self._case_filters)

    def listed_cases(self, given: Collection[str]) -> Statement:
        """Select cases without their state, with the number of their open tasks and the earliest instant when one is
        due.
        """
        own = t.tasks.c.case == t.cases.c.id
        counted = select(func.count()).where(own).scalar_subquery()
        earliest = select(func.min(t.tasks.c.due_at)).where(own).scalar_subquery()
        return self._filtered("listed", given, select(*_LISTED, counted, earliest), self._case_filters)

    def _filtered(
        self,
        kind: str,
        given: Collection[str],
        everything: Select[Any],
        filters: Callable[[], Mapping[str, ColumnElement[bool]]],
    ) -> Statement:
        key = (kind, *sorted(given))
        if key not in self._kept:
            known = filters()
            wanted = everything.where(*(known[name] for name in sorted(given)))
            c = t.cases.c
            ordered = wanted.order_by(c.opened_at.desc(), c.id.desc()).limit(bindparam("limit"))
            self._kept[key] = compiled(ordered, self._dialect)
        return self._kept[key]

    def _case_filters(self) -> Mapping[str, ColumnElement[bool]]:
        c = t.cases.c
        equal = {name: c[name] == bindparam(name) for name in ("status", "chain", "applicant", "project")}
        contains = or_(*(column.like(bindparam("text"), escape="/") for column in (c.id, c.title, c.project)))
        last = tuple_(bindparam("after_at", type_=Text), bindparam("after_id", type_=Text))
        return {
            **equal,
            "text": contains,
            "person": self._own(),
            "concerns": or_(self._shared().exists(), self._own()),
            "after": tuple_(c.opened_at, c.id) < last,
        }

    def _own(self) -> ColumnElement[bool]:
        """Return the condition that a case is the person's own, or that the person holds one of its tasks.

        Both sets are small, so they are collected first.
        """
        c = t.concerns.c
        own = select(c.case).where(c.concern == bindparam("own"))
        held = select(t.tasks.c.case).where(t.tasks.c.claimed_by == bindparam("person"))
        return t.cases.c.id.in_(union(own, held))

    def _shared(self) -> Select[Any]:
        """Select this case's concerns that are among the given ones: tested case by case while walking down the
        index of cases.
        """
        c = t.concerns.c
        return select(c.case).where(c.case == t.cases.c.id, self._among(c.concern, "concerns"))

    # ------------------------------------------------------------------------------------ one by one

    def _ask_for_tasks(self) -> None:
        c = t.tasks.c
        due = func.coalesce(c.due_at, "9999").label("due_at")
        held = select(c.case, c.token, due).where(self._among(c.claimed_by, "people"))
        self.held = self._once(_waiting(held.subquery("chosen")))
        self.held_counted = self._once(select(func.count()).where(c.claimed_by == bindparam("person")))
        of_case = select(t.tasks).where(c.case == bindparam("case"))
        self.tasks = self._once(of_case.order_by(c.token))
        self.task = self._once(of_case.where(c.token == bindparam("token")))

    def _ask_for_cases(self) -> None:
        c = t.cases.c
        on_the_way = select(t.cases).where(c.status == "open", c.id > bindparam("after"))
        self.open_cases = self._once(on_the_way.order_by(c.id).limit(bindparam("limit")))
        self.counted = self._once(select(func.count()).select_from(t.cases))
        self.counted_of = self._once(select(func.count()).where(c.status == bindparam("status")))
        opened = select(func.count()).where(c.status == "open", c.chain == bindparam("chain"))
        self.open_counted = self._once(opened)
        heads = select(c.id, c.sequence, c.head).order_by(c.id)
        self.heads, self.heads_of = self._once(heads), self._once(heads.where(self._among(c.id, "cases")))
        # Hops from one concern to the next in the index: the cost grows with the number of different concerns, not
        # with the number of cases.
        concern = t.concerns.c.concern
        before: BindParameter[str] = bindparam("before")
        hops = select(func.min(concern).label("concern")).where(concern < before).cte("hops", recursive=True)
        following = select(func.min(concern)).where(concern > hops.c.concern, concern < before).scalar_subquery()
        hops = hops.union_all(select(following).where(hops.c.concern.is_not(None)))
        self.concerns = self._once(select(hops.c.concern).where(hops.c.concern.is_not(None)))

    def _ask_for_projections(self) -> None:
        due, o, i, s, m = t.deadlines.c, t.outbox.c, t.incidents.c, t.subscriptions.c, t.materials.c
        case: BindParameter[str] = bindparam("case")
        limit: BindParameter[int] = bindparam("limit")
        self.deadlines = self._once(select(t.deadlines).where(due.case == case).order_by(due.due_at, due.number))
        earliest = select(func.min(due.due_at))
        self.next_deadline, self.next_deadline_of = self._once(earliest), self._once(earliest.where(due.case == case))
        self.messages = self._once(select(t.outbox).order_by(o.next_at, o.case, o.number).limit(limit))
        self.message = self._once(select(t.outbox).where(o.case == case, o.number == bindparam("number")))
        told = select(t.incidents, t.cases.c.title, t.cases.c.chain).join(t.cases, t.cases.c.id == i.case)
        told = told.order_by(i.opened_at.desc(), i.case, i.number).limit(limit)
        opened = i.resolved_at.is_(None)
        self.incidents, self.incidents_opened = self._once(told), self._once(told.where(opened))
        self.incidents_of = self._once(told.where(i.case == case, opened))
        self.incidents_counted = self._once(select(func.count()).where(opened))
        asked = select(t.subscriptions).where(s.kind == bindparam("kind"), s.name == bindparam("name"))
        asked = asked.order_by(s.case, s.token)
        self.subscribers = self._once(asked)
        self.subscribers_by_key = self._once(asked.where(s.key == bindparam("key")))
        self.claims = self._once(select(t.claims).where(t.claims.c.case == case))
        self.materials = self._once(select(t.materials).where(m.case == case).order_by(m.at, m.material))

    def projection(self, table: Table) -> Statement:
        """Select the rows of these cases in a table; resolved incidents are left out."""
        key = ("projection", table.name)
        if key not in self._kept:
            wanted = select(table).where(self._among(table.c.id if table is t.cases else table.c.case, "cases"))
            if table is t.incidents:
                wanted = wanted.where(t.incidents.c.resolved_at.is_(None))
            self._kept[key] = self._once(wanted)
        return self._kept[key]

    def _ask_for_the_journal(self) -> None:
        c = t.journal.c
        limit: BindParameter[int] = bindparam("limit")
        of_case = select(t.journal).where(c.case == bindparam("case"))
        self.entries = self._once(of_case.where(c.sequence > bindparam("after")).order_by(c.sequence).limit(limit))
        backwards = of_case.where(c.sequence < bindparam("before"))
        self.latest = self._once(backwards.order_by(c.sequence.desc()).limit(limit))
        self.journal = select(t.journal).order_by(c.case, c.sequence)  # read in parts, on SQLAlchemy's connection
        self.journal_of = self.journal.where(self._among(c.case, "cases"))

    def _ask_for_shared_rows(self) -> None:
        h = t.shelf.c
        self.chains = self._once(select(t.chains).order_by(t.chains.c.name, t.chains.c.number))
        shelf = select(t.shelf).where(h.kind == bindparam("kind")).order_by(h.at.desc(), h.key)
        shelf = shelf.limit(bindparam("limit"))
        self.shelf, self.shelf_of = self._once(shelf), self._once(shelf.where(h.owner == bindparam("owner")))

    def _once(self, statement: Any) -> Statement:
        return compiled(statement, self._dialect)


def _waiting(chosen: Subquery) -> Select[Any]:
    """Select the chosen tasks, in their order, with the columns of their cases that a list shows."""
    c = t.cases.c
    return (
        select(t.tasks, c.title, c.chain, c.process, c.applicant, c.core)
        .join(chosen, and_(chosen.c.case == t.tasks.c.case, chosen.c.token == t.tasks.c.token))
        .join(t.cases, c.id == t.tasks.c.case)
        .order_by(chosen.c.due_at, chosen.c.case, chosen.c.token)
    )
