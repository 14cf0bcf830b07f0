"""Measured values of packaging steps; actions upon findings, with their history."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _assembly_sources()
    _assembly_values()
    _actions()
    _action_events()


def _assembly_sources() -> None:
    op.create_table(
        "assembly_sources",
        sa.Column("id", _big, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("rows", _big, nullable=False),
        sa.Column("ingested_at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_assembly_sources_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_assembly_sources_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assembly_sources")),
        sa.UniqueConstraint("owner_id", "hash", name=op.f("uq_assembly_sources_owner_id_hash")),
    )


def _assembly_values() -> None:
    op.create_table(
        "assembly_values",
        sa.Column("id", _big, nullable=False),
        sa.Column("source_id", _big, nullable=False),
        sa.Column("row", _big, nullable=False),
        sa.Column("step", sa.String(100), nullable=False),
        sa.Column("lot", sa.String(200), nullable=False),
        *(sa.Column(name, sa.String(200), nullable=True) for name in ("product", "strip", "machine", "material_batch")),
        sa.Column("characteristic", sa.String(200), nullable=False),
        sa.Column("special", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("unit", sa.String(40), nullable=True),
        sa.Column("low_limit", sa.Double(), nullable=True),
        sa.Column("high_limit", sa.Double(), nullable=True),
        sa.Column("time", sa.DateTime(), nullable=False),
        sa.Column("operator", sa.String(200), nullable=True),
        sa.Column("extra", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["assembly_sources.id"], name=op.f("fk_assembly_values_source_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_assembly_values_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assembly_values")),
    )
    op.create_index(op.f("ix_assembly_values_owner_id_lot"), "assembly_values", ["owner_id", "lot"])
    op.create_index(op.f("ix_assembly_values_characteristic_step"), "assembly_values", ["characteristic", "step"])
    op.create_index(op.f("ix_assembly_values_source_id"), "assembly_values", ["source_id"])


def _actions() -> None:
    op.create_table(
        "actions",
        sa.Column("id", _big, nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("responsible", sa.String(100), nullable=False),
        sa.Column("measure", sa.String(40), nullable=False),
        sa.Column("figure", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(300), nullable=True),
        sa.Column("product", sa.String(200), nullable=True),
        sa.Column("expected", sa.Double(), nullable=False),
        sa.Column("due", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_actions_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actions")),
    )
    op.create_index(op.f("ix_actions_owner_id_state"), "actions", ["owner_id", "state"])


def _action_events() -> None:
    op.create_table(
        "action_events",
        sa.Column("id", _big, nullable=False),
        sa.Column("action_id", _big, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("step", sa.String(20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("figures", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_action_events_action_id")),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_action_events_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_action_events_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_events")),
    )
    op.create_index(op.f("ix_action_events_action_id"), "action_events", ["action_id"])
