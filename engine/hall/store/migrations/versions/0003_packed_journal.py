"""Journal entries are stored packed. Those that are there stay as they are: both are read."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps bytes in a column of text
        to_bytes = "convert_to(body, 'UTF8')"
        op.alter_column("journal", "body", type_=sa.LargeBinary(), postgresql_using=to_bytes)
