"""Lists of revoked certificates (CRL) of the authorities by which parties sign."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _refers(column: str, to: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_agreement_revocation_lists_{column}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name)


def upgrade() -> None:
    op.create_table(
        "agreement_revocation_lists",
        sa.Column("id", _big, nullable=False),
        sa.Column("authority_id", _big, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        _refers("authority_id", "agreement_authorities"),
        _refers("by_id", "people"),
        _refers("owner_id", "parties"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_revocation_lists")),
    )
    op.create_index(op.f("ix_agreement_revocation_lists_authority_id"), "agreement_revocation_lists", ["authority_id"])
