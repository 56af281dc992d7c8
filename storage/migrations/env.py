"""Run by Alembic. The connection and its transaction come from ``storage.schema``; there is no alembic.ini."""

from alembic import context

from storage.metadata import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter most things in place
    compare_type=True,
)
context.run_migrations()
