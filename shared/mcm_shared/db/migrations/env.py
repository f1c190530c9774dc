"""Alembic's entry point: runs the migrations on the connection that ``mcm_shared.db.migrate`` hands over."""

from alembic import context

from mcm_shared.db.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=connection.dialect.name == "sqlite")
context.run_migrations()
