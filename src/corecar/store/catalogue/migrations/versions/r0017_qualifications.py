"""Qualifications of products: plans of tests, evidence, documents, who agreed, who may see them."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_json = sa.JSON(none_as_null=True)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _by(table: str) -> list[sa.schema.SchemaItem]:
    """When, by whom and whose, of each fact."""
    return [
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        _refers(table, "by_id", "people"),
        _refers(table, "owner_id", "parties"),
    ]


def upgrade() -> None:
    op.create_table(
        "qualifications",
        sa.Column("id", _big, nullable=False),
        sa.Column("product", sa.String(200), nullable=False),
        sa.Column("customer", sa.String(200), nullable=True),
        sa.Column("route", sa.String(200), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("valid_until", sa.DateTime(), nullable=True),
        *_by("qualifications"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualifications")),
    )
    op.create_index(op.f("ix_qualifications_owner_id_state"), "qualifications", ["owner_id", "state"])
    op.create_table(
        "qualification_plans",
        sa.Column("qualification_id", _big, nullable=False),
        sa.Column("version", _big, nullable=False),
        sa.Column("asked", _json, nullable=False),
        sa.Column("rows", _json, nullable=False),
        *_by("qualification_plans"),
        _refers("qualification_plans", "qualification_id", "qualifications"),
        sa.PrimaryKeyConstraint("qualification_id", "version", name=op.f("pk_qualification_plans")),
    )
    op.create_table(
        "qualification_entries",
        sa.Column("id", _big, nullable=False),
        sa.Column("qualification_id", _big, nullable=False),
        sa.Column("version", _big, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(100), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("facts", _json, nullable=False),
        *_by("qualification_entries"),
        _refers("qualification_entries", "qualification_id", "qualifications"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification_entries")),
    )
    op.create_index(op.f("ix_qualification_entries_qualification_id"), "qualification_entries", ["qualification_id"])
    op.create_table(
        "qualification_files",
        sa.Column("id", _big, nullable=False),
        sa.Column("qualification_id", _big, nullable=False),
        sa.Column("version", _big, nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", _big, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        *_by("qualification_files"),
        _refers("qualification_files", "qualification_id", "qualifications"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification_files")),
    )
    op.create_index(op.f("ix_qualification_files_qualification_id"), "qualification_files", ["qualification_id"])
    op.create_table(
        "qualification_shares",
        sa.Column("qualification_id", _big, nullable=False),
        sa.Column("party_id", _big, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        _refers("qualification_shares", "qualification_id", "qualifications"),
        _refers("qualification_shares", "party_id", "parties"),
        _refers("qualification_shares", "by_id", "people"),
        sa.PrimaryKeyConstraint("qualification_id", "party_id", name=op.f("pk_qualification_shares")),
    )
