"""Whom the cases concern, for lists of one person's; and the order of those lists."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from engine.case.authority import concerns
from engine.case.facts import Facts
from engine.case.records import Personal, decode
from engine.case.state import load

revision = "0004"
down_revision = "0003"

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
AT_ONCE = 200
"""Cases whose states, some kB each, are in memory at a time."""


def upgrade() -> None:
    table = op.create_table(
        "concerns",
        sa.Column("case", KEY, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("concern", KEY, nullable=False),
        sa.PrimaryKeyConstraint("case", "concern"),
        sqlite_with_rowid=False,
    )
    for rows in _filled(op.get_bind()):
        op.bulk_insert(table, rows)
    op.create_index("concerns_by_concern", "concerns", ["concern", "case"])
    op.create_index("cases_by_opening", "cases", ["opened_at", "id"])


def _filled(connection: sa.Connection) -> Iterator[list[dict[str, str]]]:
    """Rows of the cases that are there. A projection: the rule that writes it from now on makes it of their states."""
    last = ""
    while found := connection.execute(
        sa.text("SELECT id, core FROM cases WHERE id > :last ORDER BY id LIMIT :most"), {"last": last, "most": AT_ONCE}
    ).all():
        last = found[-1].id
        yield [
            {"case": number, "concern": concern}
            for number, core in found
            for concern in sorted(concerns(_case(connection, number, core)))
        ]


def _case(connection: sa.Connection, number: str, core: str) -> Any:
    rows = connection.execute(
        sa.text('SELECT digest, salt, value FROM personal WHERE "case" = :number'), {"number": number}
    )
    kept = {row.digest: Personal(decode(json.loads(row.value)), row.salt, row.digest) for row in rows}
    return load(number, json.loads(core), Facts(), {}, lambda digest: kept.get(digest) or Personal.erased(digest))
