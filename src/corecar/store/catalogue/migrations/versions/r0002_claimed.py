"""Audit rows of callers whom nobody knows, by the name they gave; which job a call or a grading is; encodings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SOMEBODY_OR_CLAIMED = (
    "by_id IS NOT NULL AND owner_id IS NOT NULL AND claimed IS NULL"
    " OR by_id IS NULL AND owner_id IS NULL AND claimed IS NOT NULL"
)


def upgrade() -> None:
    with op.batch_alter_table("audit") as audit:
        audit.alter_column("by_id", existing_type=_big, nullable=True)
        audit.alter_column("owner_id", existing_type=_big, nullable=True)
        audit.add_column(sa.Column("claimed", sa.Text(), nullable=True))
        audit.add_column(sa.Column("job_id", _big, nullable=True))
        audit.create_foreign_key(op.f("fk_audit_job_id"), "jobs", ["job_id"], ["id"])
        audit.create_check_constraint(op.f("ck_audit_by_somebody_or_claimed"), _SOMEBODY_OR_CLAIMED)
        audit.create_index(op.f("ix_audit_job_id"), ["job_id"])
    with op.batch_alter_table("gradings") as gradings:
        gradings.add_column(sa.Column("job_id", _big, nullable=True))
        gradings.create_foreign_key(op.f("fk_gradings_job_id"), "jobs", ["job_id"], ["id"])
    with op.batch_alter_table("sources") as sources:
        sources.add_column(sa.Column("encoding", sa.Text(), nullable=True))
