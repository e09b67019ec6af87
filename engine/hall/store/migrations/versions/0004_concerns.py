"""A table of the persons and offices that each case concerns, for lists of one person's cases; and indexes for them."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from engine.case.authority import concerns
from engine.case.facts import Facts
from engine.case.normal_form import load
from engine.case.records import Personal, decode

revision = "0004"
down_revision = "0003"

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
AT_ONCE = 200
"""Number of cases whose states, some kB each, are in memory at a time."""


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
    """Yield rows for the existing cases, worked out from their states by the same rule that writes the table from
    now on.
    """
    last = ""
    while cases := connection.execute(
        sa.text("SELECT id, core FROM cases WHERE id > :last ORDER BY id LIMIT :most"), {"last": last, "most": AT_ONCE}
    ).all():
        last = cases[-1].id
        yield [
            {"case": number, "concern": concern}
            for number, core in cases
            for concern in sorted(concerns(_case(connection, number, core)))
        ]


def _case(connection: sa.Connection, number: str, core: str) -> Any:
    rows = connection.execute(
        sa.text('SELECT digest, salt, value FROM personal WHERE "case" = :number'), {"number": number}
    )
    kept = {row.digest: Personal(decode(json.loads(row.value)), row.salt, row.digest) for row in rows}
    return load(number, json.loads(core), Facts(), {}, lambda digest: kept.get(digest) or Personal.erased(digest))
