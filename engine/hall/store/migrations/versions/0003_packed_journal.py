"""Journal entries are stored packed from now on. Older entries stay as they are: the store reads both forms."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":  # on SQLite a column of type text can hold bytes
        to_bytes = "convert_to(body, 'UTF8')"
        op.alter_column("journal", "body", type_=sa.LargeBinary(), postgresql_using=to_bytes)
