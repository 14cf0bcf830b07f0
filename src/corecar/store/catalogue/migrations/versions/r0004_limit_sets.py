"""Limit sets: proposed, approved, released to the tester, retired; and each step of their lives."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "limit_sets",
        sa.Column("id", _big, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("product", sa.String(200), nullable=False),
        sa.Column("stage", sa.String(100), nullable=False),
        sa.Column("temperature", sa.String(40), nullable=False),
        sa.Column("version", _big, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("tests", _big, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("preliminary", sa.Text(), nullable=False),
        sa.Column("set_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("state_since", sa.DateTime(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_limit_sets_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_limit_sets_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_sets")),
        sa.UniqueConstraint(
            "owner_id", "product", "stage", "temperature", "version",
            name=op.f("uq_limit_sets_owner_id_product_stage_temperature_version"),
        ),
    )  # fmt: skip
    op.create_index(op.f("ix_limit_sets_state"), "limit_sets", ["state"])
    in_force = sa.text("state = 'released'")
    op.create_index(
        op.f("ix_limit_sets_in_force"), "limit_sets", ["owner_id", "product", "stage", "temperature"], unique=True,
        sqlite_where=in_force, postgresql_where=in_force,
    )  # fmt: skip
    op.create_table(
        "limit_set_states",
        sa.Column("id", _big, nullable=False),
        sa.Column("set_id", _big, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["set_id"], ["limit_sets.id"], name=op.f("fk_limit_set_states_set_id")),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_limit_set_states_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_limit_set_states_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_set_states")),
    )
    op.create_index(op.f("ix_limit_set_states_set_id"), "limit_set_states", ["set_id"])
