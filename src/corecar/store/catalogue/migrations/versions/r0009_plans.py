"""Plans: what each was made of, its tables, and with whom it is shared."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_json = sa.JSON(none_as_null=True)


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("id", _big, nullable=False),
        sa.Column("inputs", _json, nullable=False),
        sa.Column("options", _json, nullable=False),
        sa.Column("figures", _json, nullable=False),
        sa.Column("left_out", _json, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_plans_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_plans_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
    )
    op.create_index(op.f("ix_plans_owner_id"), "plans", ["owner_id"])
    op.create_table(
        "plan_tables",
        sa.Column("plan_id", _big, nullable=False),
        sa.Column("table", sa.String(40), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("bytes", _big, nullable=False),
        sa.Column("rows", _big, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_plan_tables_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "table", name=op.f("pk_plan_tables")),
        sa.UniqueConstraint("key", name=op.f("uq_plan_tables_key")),
    )
    op.create_table(
        "plan_shares",
        sa.Column("plan_id", _big, nullable=False),
        sa.Column("party_id", _big, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_plan_shares_plan_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_plan_shares_party_id")),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_plan_shares_by_id")),
        sa.PrimaryKeyConstraint("plan_id", "party_id", name=op.f("pk_plan_shares")),
    )
