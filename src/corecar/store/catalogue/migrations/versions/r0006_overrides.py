"""Overrides of what a screen rejected, and each step of their lives."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "overrides",
        sa.Column("id", _big, nullable=False),
        sa.Column("lot_id", _big, nullable=False),
        sa.Column("parts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("screens", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_overrides_lot_id")),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_overrides_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_overrides_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
    )
    op.create_index(op.f("ix_overrides_lot_id"), "overrides", ["lot_id"])
    op.create_table(
        "override_states",
        sa.Column("id", _big, nullable=False),
        sa.Column("override_id", _big, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("two_persons", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["override_id"], ["overrides.id"], name=op.f("fk_override_states_override_id")),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_override_states_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_override_states_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_override_states")),
    )
    op.create_index(op.f("ix_override_states_override_id"), "override_states", ["override_id"])
