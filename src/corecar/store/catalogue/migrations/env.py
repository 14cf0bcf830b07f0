"""What Alembic runs: the revisions, in the transaction that `corecar.store.catalogue.upgrading` has open."""

from alembic import context

from corecar.store.catalogue.every import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    transactional_ddl=False,
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
