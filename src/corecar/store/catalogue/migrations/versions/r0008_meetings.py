"""Meetings: their pairs, what came of them, and with whom they are shared."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "meetings",
        sa.Column("id", _big, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("rounds", _big, nullable=False),
        sa.Column("tables", _big, nullable=False),
        sa.Column("cancelled", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_meetings_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_meetings_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meetings")),
    )
    op.create_index(op.f("ix_meetings_owner_id"), "meetings", ["owner_id"])
    op.create_table(
        "meeting_pairs",
        sa.Column("meeting_id", _big, nullable=False),
        sa.Column("number", _big, nullable=False),
        sa.Column("round", _big, nullable=True),
        sa.Column("table", _big, nullable=True),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("needed_by", sa.Text(), nullable=False),
        sa.Column("offered_by", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_meeting_pairs_meeting_id")),
        sa.PrimaryKeyConstraint("meeting_id", "number", name=op.f("pk_meeting_pairs")),
    )
    op.create_table(
        "meeting_outcomes",
        sa.Column("id", _big, nullable=False),
        sa.Column("meeting_id", _big, nullable=False),
        sa.Column("number", _big, nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("next_step", sa.Text(), nullable=False),
        sa.Column("responsible", sa.Text(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.Column("owner_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_meeting_outcomes_meeting_id")),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_meeting_outcomes_by_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["parties.id"], name=op.f("fk_meeting_outcomes_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_outcomes")),
    )
    op.create_index(op.f("ix_meeting_outcomes_meeting_id"), "meeting_outcomes", ["meeting_id"])
    op.create_table(
        "meeting_shares",
        sa.Column("meeting_id", _big, nullable=False),
        sa.Column("party_id", _big, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by_id", _big, nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meetings.id"], name=op.f("fk_meeting_shares_meeting_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_meeting_shares_party_id")),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_meeting_shares_by_id")),
        sa.PrimaryKeyConstraint("meeting_id", "party_id", name=op.f("pk_meeting_shares")),
    )
