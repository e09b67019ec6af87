"""Alembic's entry: runs the revisions on the connection that `upgrade` hands over."""

from alembic import context

from engine.hall.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite can't alter most of a table: Alembic makes a new one and copies the rows
)
context.run_migrations()
