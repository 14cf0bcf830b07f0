"""The chain: imports, versions of its tables, and with whom they are shared."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "chain_imports",
        sa.Column("id", _big, nullable=False),
        sa.Column("files", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("changes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("left_out", _big, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_chain_imports_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_chain_imports_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_imports")),
    )
    op.create_index(op.f("ix_chain_imports_owner_id"), "chain_imports", ["owner_id"])
    op.create_table(
        "chain_tables",
        sa.Column("id", _big, nullable=False),
        sa.Column("import_id", _big, nullable=False),
        sa.Column("table", sa.String(40), nullable=False),
        sa.Column("version", _big, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("bytes", _big, nullable=False),
        sa.Column("rows", _big, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["chain_imports.id"], name=op.f("fk_chain_tables_import_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_chain_tables_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_tables")),
        sa.UniqueConstraint("owner_id", "table", "version", name=op.f("uq_chain_tables_owner_id_table_version")),
        sa.UniqueConstraint("key", name=op.f("uq_chain_tables_key")),
    )
    op.create_index(op.f("ix_chain_tables_import_id"), "chain_tables", ["import_id"])
    op.create_table(
        "chain_shares",
        sa.Column("owner_id", _big, nullable=False),
        sa.Column("table", sa.String(40), nullable=False),
        sa.Column("party_id", _big, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_chain_shares_owner_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_chain_shares_party_id")),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_chain_shares_by_id")),
        sa.PrimaryKeyConstraint("owner_id", "table", "party_id", name=op.f("pk_chain_shares")),
    )
