"""Cases belong to projects; a claim can last until a time, or for good."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("cases", sa.Column("project", KEY, nullable=True))
    op.create_index("cases_by_project", "cases", ["project"])
    op.add_column("claims", sa.Column("until", KEY, nullable=True))
    op.add_column("claims", sa.Column("kept", sa.Boolean(), nullable=False, server_default=sa.false()))
