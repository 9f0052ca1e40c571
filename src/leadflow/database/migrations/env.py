"""Alembic's entry: runs the migrations on the connection it is handed."""

from alembic import context

from leadflow.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
