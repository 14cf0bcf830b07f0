"""Gauge studies: their readings, and what each test's study found."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_json = sa.JSON(none_as_null=True)


def _pointer(column: str, to: str, table: str = "gauge_studies") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "gauge_studies",
        sa.Column("id", _big, nullable=False),
        sa.Column("gauge", sa.String(200), nullable=False),
        sa.Column("product", sa.String(200), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("design", sa.String(20), nullable=False),
        sa.Column("options", _json, nullable=False),
        sa.Column("part_is", sa.String(200), nullable=False),
        sa.Column("operator_is", sa.String(200), nullable=False),
        sa.Column("parts", _json, nullable=False),
        sa.Column("operators", _json, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.Column("retired_at", sa.DateTime(), nullable=True),
        sa.Column("retired_by_id", _big, nullable=True),
        sa.Column("retired_reason", sa.Text(), nullable=True),
        _pointer("by_id", "people.id"),
        _pointer("owner_id", "parties.id"),
        _pointer("retired_by_id", "people.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gauge_studies")),
    )
    op.create_index(op.f("ix_gauge_studies_owner_id_hash"), "gauge_studies", ["owner_id", "hash"])
    op.create_table(
        "gauge_study_tests",
        sa.Column("study_id", _big, nullable=False),
        sa.Column("number", _big, nullable=False),
        sa.Column("test", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(40), nullable=True),
        sa.Column("low_limit", sa.Double(), nullable=True),
        sa.Column("high_limit", sa.Double(), nullable=True),
        sa.Column("tolerance", sa.Double(), nullable=True),
        sa.Column("readings", _json, nullable=False),
        sa.Column("figures", _json, nullable=False),
        _pointer("study_id", "gauge_studies.id", "gauge_study_tests"),
        sa.PrimaryKeyConstraint("study_id", "number", name=op.f("pk_gauge_study_tests")),
    )
