"""Runs the migrations on the connection that price_service.migration opened."""

from alembic import context

from price_service.prediction_log import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
