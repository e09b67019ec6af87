"""The first tables: journal, state, projections, documents."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("id", KEY, nullable=False),
        sa.Column("chain", KEY, nullable=False),
        sa.Column("process", KEY, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("applicant", KEY, nullable=True),
        sa.Column("status", KEY, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("recorded_at", KEY, nullable=False),
        sa.Column("head", KEY, nullable=False),
        sa.Column("core", sa.Text(), nullable=False),
        sa.Column("opened_at", KEY, nullable=False),
        sa.Column("closed_at", KEY, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("cases_by_applicant", "cases", ["applicant"])
    op.create_index("cases_by_chain", "cases", ["chain", "status"])
    op.create_index("cases_by_status", "cases", ["status", "opened_at"])
    op.create_table(
        "chains",
        sa.Column("name", KEY, nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.Column("published_at", KEY, nullable=False),
        sa.Column("published_by", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "number"),
    )
    op.create_index("chains_by_digest", "chains", ["digest"])
    op.create_table(
        "counters",
        sa.Column("name", KEY, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "documents",
        sa.Column("digest", KEY, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "journal",
        sa.Column("case", KEY, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("recorded_at", KEY, nullable=False),
        sa.Column("actor", KEY, nullable=False),
        sa.Column("key", KEY, nullable=True),
        sa.Column("command", KEY, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("hash", KEY, nullable=False),
        sa.UniqueConstraint("case", "sequence", name="journal_one_entry_per_sequence"),
    )
    op.create_index(
        "journal_one_entry_per_key",
        "journal",
        ["actor", "key"],
        unique=True,
        sqlite_where=sa.text('"key" IS NOT NULL'),
        postgresql_where=sa.text('"key" IS NOT NULL'),
    )
    op.create_table(
        "settings",
        sa.Column("key", KEY, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "shelf",
        sa.Column("kind", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("owner", KEY, nullable=True),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", KEY, nullable=False),
        sa.PrimaryKeyConstraint("kind", "key"),
    )
    op.create_index("shelf_by_owner", "shelf", ["kind", "owner", "at"])
    op.create_table(
        "claims",
        sa.Column("kind", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("case", KEY, sa.ForeignKey("cases.id"), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key"),
        sqlite_with_rowid=False,
    )
    op.create_index("claims_by_case", "claims", ["case"])
    op.create_table(
        "deadlines",
        sa.Column("case", KEY, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("due_at", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due", KEY, nullable=False),
        sa.Column("leased_until", KEY, nullable=True),
        sa.Column("leased_by", KEY, nullable=True),
        sa.PrimaryKeyConstraint("case", "key"),
        sqlite_with_rowid=False,
    )
    op.create_index("deadlines_by_due", "deadlines", ["due_at", "number"])
    op.create_table(
        "facts",
        sa.Column("case", KEY, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("scope", sa.Integer(), nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.PrimaryKeyConstraint("case", "scope", "name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "incidents",
        sa.Column("case", KEY, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("element", KEY, nullable=True),
        sa.Column("code", KEY, nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("opened_at", KEY, nullable=False),
        sa.Column("resolved_at", KEY, nullable=True),
        sa.PrimaryKeyConstraint("case", "number"),
        sqlite_with_rowid=False,
    )
    op.create_index("incidents_by_time", "incidents", ["resolved_at", "opened_at"])
    op.create_table(
        "materials",
        sa.Column("case", KEY, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("material", KEY, nullable=False),
        sa.Column("file", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", KEY, nullable=False),
        sa.Column("at", KEY, nullable=False),
        sa.PrimaryKeyConstraint("case", "material", "file"),
        sqlite_with_rowid=False,
    )
    op.create_index("materials_by_file", "materials", ["file"])
    op.create_table(
        "outbox",
        sa.Column("case", KEY, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("destination", KEY, nullable=False),
        sa.Column("action", KEY, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=True),
        sa.Column("status", KEY, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", KEY, nullable=False),
        sa.Column("leased_until", KEY, nullable=True),
        sa.Column("leased_by", KEY, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("case", "number"),
        sqlite_with_rowid=False,
    )
    op.create_index("outbox_by_time", "outbox", ["status", "next_at"])
    op.create_table(
        "personal",
        sa.Column("case", KEY, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case", "digest"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "subscriptions",
        sa.Column("case", KEY, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("element", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("key", KEY, nullable=True),
        sa.PrimaryKeyConstraint("case", "token", "element"),
        sqlite_with_rowid=False,
    )
    op.create_index("subscriptions_by_name", "subscriptions", ["kind", "name", "key"])
    op.create_table(
        "tasks",
        sa.Column("case", KEY, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("element", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("users", sa.Text(), nullable=False),
        sa.Column("department", KEY, nullable=True),
        sa.Column("item", KEY, nullable=True),
        sa.Column("matter", sa.Integer(), nullable=True),
        sa.Column("assignee", KEY, nullable=True),
        sa.Column("due_at", KEY, nullable=True),
        sa.Column("opened_at", KEY, nullable=False),
        sa.Column("claimed_by", KEY, nullable=True),
        sa.Column("claimed_at", KEY, nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("case", "token"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "tasks_by_holder",
        "tasks",
        ["claimed_by", "due_at"],
        sqlite_where=sa.text("claimed_by IS NOT NULL"),
        postgresql_where=sa.text("claimed_by IS NOT NULL"),
    )
    op.create_table(
        "candidates",
        sa.Column("case", KEY, nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("candidate", KEY, nullable=False),
        sa.Column("department", KEY, nullable=False),
        sa.Column("item", KEY, nullable=True),
        sa.Column("due_at", KEY, nullable=False),
        sa.ForeignKeyConstraint(["case", "token"], ["tasks.case", "tasks.token"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case", "token", "candidate"),
        sqlite_with_rowid=False,
    )
    op.create_index("candidates_by_due", "candidates", ["candidate", "department", "due_at", "case", "token"])
