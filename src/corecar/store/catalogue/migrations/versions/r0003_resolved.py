"""Counts of lots with retests resolved over all their runs; which lots wait for that."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("lots", sa.Column("unresolved", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_index(op.f("ix_lots_unresolved"), "lots", ["unresolved"])
    op.create_table(
        "resolved_insertions",
        sa.Column("id", _big, nullable=False),
        sa.Column("lot_id", _big, nullable=False),
        sa.Column("runs", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("identity", sa.String(40), nullable=False),
        sa.Column("first_tested", _big, nullable=False),
        sa.Column("first_good", _big, nullable=False),
        sa.Column("final_tested", _big, nullable=False),
        sa.Column("final_good", _big, nullable=False),
        sa.Column("bins", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("again", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_resolved_insertions_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resolved_insertions")),
    )
    op.create_index(op.f("ix_resolved_insertions_lot_id"), "resolved_insertions", ["lot_id"])
