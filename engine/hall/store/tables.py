"""The tables and the meaning of their columns; `migrations` says how they came to be.

The journal is the truth. `cases`, `facts` and `personal` are the state that follows from it, kept so that it needn't
be folded from the journal each time; `tasks`, `candidates`, `concerns`, `deadlines`, `outbox`, `incidents`,
`subscriptions`, `claims` and `materials` are projections of that state, kept so that they can be searched across
cases. All of them can be rebuilt from the journal.

Instants that SQL compares (`due_at`, `next_at`, `leased_until`) are UTC text of fixed width: see `instant`.
`journal.recorded_at` is the text of the entry itself.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
)

metadata = MetaData()

# Sorted by bytes, as SQLite sorts: the order of keys must not depend on the locale of a PostgreSQL server.
KEY = Text().with_variant(Text(collation="C"), "postgresql")


def _key(name: str, nullable: bool = False) -> Column[str]:
    return Column(name, KEY, nullable=nullable)


def _text(name: str, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _packed(name: str) -> Column[Any]:
    """Return a column for packed text (see `packing`).

    On SQLite its type is text, which can hold bytes: so the table wasn't rebuilt when packing came.
    """
    return Column(name, Text().with_variant(LargeBinary(), "postgresql"), nullable=False)


def _integer(name: str, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, nullable=nullable)


def _of_case() -> Column[str]:
    return Column("case", KEY, ForeignKey("cases.id"), nullable=False)


cases = Table(
    "cases",
    metadata,
    Column("id", KEY, primary_key=True),  # the case number, such as 2026-000001
    _key("chain"),  # digest of the chain version that the case is pinned to
    _key("process"),
    _text("title"),
    _key("applicant", nullable=True),  # person key of the applicant, where there is an account
    _key("status"),
    _integer("sequence"),
    _key("recorded_at"),
    _key("head"),  # hash of the last entry
    _text("core"),  # canonical JSON of the normal form without the facts
    _key("opened_at"),
    _key("closed_at", nullable=True),
    _key("project", nullable=True),  # code of the project that the case is a stage of
    Index("cases_by_opening", "opened_at", "id"),
    Index("cases_by_status", "status", "opened_at"),
    Index("cases_by_applicant", "applicant"),
    Index("cases_by_chain", "chain", "status"),
    Index("cases_by_project", "project"),
)

facts = Table(
    "facts",
    metadata,
    _of_case(),
    _integer("scope"),
    _key("name"),
    _text("value"),  # canonical JSON
    _key("digest"),
    PrimaryKeyConstraint("case", "scope", "name"),
    sqlite_with_rowid=False,
)

personal = Table(
    "personal",
    metadata,
    _of_case(),
    _key("digest"),  # the journal holds this digest instead of the value
    _text("salt"),
    _text("value"),  # canonical JSON
    PrimaryKeyConstraint("case", "digest"),
    sqlite_with_rowid=False,
)

# An ordinary rowid table: rows are appended at its end, whatever case they belong to. No foreign key: the journal must
# be readable, and checkable, even if the other tables are damaged.
journal = Table(
    "journal",
    metadata,
    _key("case"),
    _integer("sequence"),
    _key("recorded_at"),
    _key("actor"),
    _key("key", nullable=True),
    _key("command"),  # type of the command
    _packed("body"),
    _key("hash"),
    UniqueConstraint("case", "sequence", name="journal_one_entry_per_sequence"),
)
Index(
    "journal_one_entry_per_key",
    journal.c.actor,
    journal.c.key,
    unique=True,
    sqlite_where=journal.c.key.is_not(None),
    postgresql_where=journal.c.key.is_not(None),
)

tasks = Table(
    "tasks",
    metadata,
    _of_case(),
    _integer("token"),
    _key("element"),
    _text("name"),
    _text("roles"),  # JSON list of role keys
    _text("users"),  # JSON list of person keys
    _key("department", nullable=True),
    _key("item", nullable=True),
    _integer("matter", nullable=True),
    _key("assignee", nullable=True),
    _key("due_at", nullable=True),
    _key("opened_at"),
    _key("claimed_by", nullable=True),
    _key("claimed_at", nullable=True),
    _integer("round"),
    PrimaryKeyConstraint("case", "token"),
    sqlite_with_rowid=False,
)
Index(
    "tasks_by_holder",
    tasks.c.claimed_by,
    tasks.c.due_at,
    sqlite_where=tasks.c.claimed_by.is_not(None),
    postgresql_where=tasks.c.claimed_by.is_not(None),
)

# The roles and persons that may take a task which nobody holds, a row each, so that an index gives the worklist.
candidates = Table(
    "candidates",
    metadata,
    _key("case"),
    _integer("token"),
    _key("candidate"),  # "role:<key>" or "person:<key>"
    _key("department"),  # "" where the task belongs to no department
    _key("item", nullable=True),
    _key("due_at"),  # `NEVER` where there is no limit, so that it sorts last
    PrimaryKeyConstraint("case", "token", "candidate"),
    ForeignKeyConstraint(["case", "token"], ["tasks.case", "tasks.token"], ondelete="CASCADE"),
    Index("candidates_by_due", "candidate", "department", "due_at", "case", "token"),
    sqlite_with_rowid=False,
)

# The persons and offices that a case concerns or has concerned, so that a person's cases are listed without opening
# them.
# `case.authority` says whom a case concerns.
concerns = Table(
    "concerns",
    metadata,
    _of_case(),
    _key("concern"),  # "person:<key>", "worked:<key>", or a JSON list of roles, department, item and area
    PrimaryKeyConstraint("case", "concern"),
    Index("concerns_by_concern", "concern", "case"),
    sqlite_with_rowid=False,
)

deadlines = Table(
    "deadlines",
    metadata,
    _of_case(),
    _key("key"),
    _key("due_at"),
    _integer("number"),  # order of creation within the case, in which deadlines due at the same instant fire
    _key("due"),  # the same instant, as the text that the state has: the command that fires the deadline names it
    _key("leased_until", nullable=True),
    _key("leased_by", nullable=True),
    PrimaryKeyConstraint("case", "key"),
    Index("deadlines_by_due", "due_at", "number"),
    sqlite_with_rowid=False,
)

outbox = Table(
    "outbox",
    metadata,
    _of_case(),
    _integer("number"),
    _key("destination"),
    _key("action"),
    _text("payload"),  # canonical JSON
    _integer("token", nullable=True),  # the token that waits for the answer
    _key("status"),  # waiting | parked
    _integer("attempts"),
    _key("next_at"),
    _key("leased_until", nullable=True),
    _key("leased_by", nullable=True),
    _text("last_error", nullable=True),
    PrimaryKeyConstraint("case", "number"),
    Index("outbox_by_time", "status", "next_at"),
    sqlite_with_rowid=False,
)

claims = Table(
    "claims",
    metadata,
    _key("kind"),
    _key("key"),
    _of_case(),
    _key("until", nullable=True),  # an instant after which the thing is free again, even if the case goes on
    Column("kept", Boolean, nullable=False, server_default=false()),  # true: taken for good, even after the case ends
    PrimaryKeyConstraint("kind", "key"),
    Index("claims_by_case", "case"),
    sqlite_with_rowid=False,
)

incidents = Table(
    "incidents",
    metadata,
    _of_case(),
    _integer("number"),
    _key("element", nullable=True),
    _key("code"),
    _text("cause"),
    _key("opened_at"),
    _key("resolved_at", nullable=True),
    PrimaryKeyConstraint("case", "number"),
    Index("incidents_by_time", "resolved_at", "opened_at"),
    sqlite_with_rowid=False,
)

subscriptions = Table(
    "subscriptions",
    metadata,
    _of_case(),
    _integer("token"),
    _key("element"),
    _key("kind"),  # message | signal
    _key("name"),
    _key("key", nullable=True),  # correlation key
    PrimaryKeyConstraint("case", "token", "element"),
    Index("subscriptions_by_name", "kind", "name", "key"),
    sqlite_with_rowid=False,
)

materials = Table(
    "materials",
    metadata,
    _of_case(),
    _key("material"),
    _key("file"),  # digest of the file's bytes, which the storage keeps
    _text("name"),
    Column("size", BigInteger, nullable=False),  # bytes
    _key("media_type"),
    _key("at"),
    PrimaryKeyConstraint("case", "material", "file"),
    Index("materials_by_file", "file"),
    sqlite_with_rowid=False,
)

documents = Table(
    "documents",
    metadata,
    Column("digest", KEY, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

chains = Table(
    "chains",
    metadata,
    _key("name"),
    _key("digest"),
    _key("published_at"),
    _key("published_by"),
    _integer("number"),  # 1, 2, … within the name
    PrimaryKeyConstraint("name", "number"),
    Index("chains_by_digest", "digest"),
)

settings = Table(
    "settings",
    metadata,
    Column("key", KEY, primary_key=True),
    _text("value"),  # canonical JSON
)

shelf = Table(
    "shelf",
    metadata,
    _key("kind"),
    _key("key"),
    _key("owner", nullable=True),
    _text("value"),  # JSON
    _key("at"),
    PrimaryKeyConstraint("kind", "key"),
    Index("shelf_by_owner", "kind", "owner", "at"),
)

counters = Table(
    "counters",
    metadata,
    Column("name", KEY, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
