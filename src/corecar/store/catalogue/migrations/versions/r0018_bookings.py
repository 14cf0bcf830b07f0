"""Booked offers of laboratories: which weeks, how much, for which test; and what ended a booking."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


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
        "offer_bookings",
        sa.Column("id", _big, nullable=False),
        sa.Column("schedule", _big, nullable=False),
        sa.Column("qualification_id", _big, nullable=False),
        sa.Column("version", _big, nullable=False),
        sa.Column("offer", sa.String(200), nullable=False),
        sa.Column("offer_owner_id", _big, nullable=False),
        sa.Column("party", sa.String(200), nullable=False),
        sa.Column("equipment", sa.String(200), nullable=False),
        sa.Column("test", sa.String(100), nullable=False),
        sa.Column("lot", _big, nullable=False),
        sa.Column("first_week", sa.Date(), nullable=False),
        sa.Column("last_week", sa.Date(), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.Column("unit", sa.String(20), nullable=False),
        *_by("offer_bookings"),
        _refers("offer_bookings", "qualification_id", "qualifications"),
        _refers("offer_bookings", "offer_owner_id", "parties"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_bookings")),
    )
    columns = ["offer_owner_id", "offer"]
    op.create_index(op.f("ix_offer_bookings_offer_owner_id_offer"), "offer_bookings", columns)
    op.create_index(op.f("ix_offer_bookings_qualification_id"), "offer_bookings", ["qualification_id"])
    op.create_table(
        "offer_booking_ends",
        sa.Column("booking_id", _big, nullable=False),
        sa.Column("moved_by", _big, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        *_by("offer_booking_ends"),
        _refers("offer_booking_ends", "booking_id", "offer_bookings"),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_offer_booking_ends")),
    )
