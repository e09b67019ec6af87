"""How the tables came to be: Alembic revisions, each frozen once it is released. Only `upgrade` runs them."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(connection: Connection) -> str:
    """Bring the tables to the newest revision, within the connection's transaction; return that revision."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return newest()


def newest() -> str:
    """Return the revision that this version of the store works with."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def current(connection: Connection) -> str | None:
    """Return the revision that the database is at; None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()
