"""Rows of the catalogue about booked offers of laboratories: which weeks, how much, for which test, and what ended it.

Both are only ever added: a booking stands until a row says that it ended.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, Double, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from corecar.store.catalogue.models import Base, Person


class OfferBooking(Base):
    """Some of an offer, the same in each of some weeks, for one test of one lot.

    schedule        number of the job that scheduled it
    version         of the qualification's plan
    offer           its name in the table of offers of `offer_owner_id`; party: who offers, as that table says
    first_week      the Monday of its first week; last_week: of its last
    quantity        in each week, in the offer's `unit`
    """

    __tablename__ = "offer_bookings"
    __table_args__ = (Index(None, "offer_owner_id", "offer"), Index(None, "qualification_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule: Mapped[int]
    qualification_id: Mapped[int] = mapped_column(ForeignKey("qualifications.id"))
    version: Mapped[int]
    offer: Mapped[str] = mapped_column(String(200))
    offer_owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    party: Mapped[str] = mapped_column(String(200))
    equipment: Mapped[str] = mapped_column(String(200))
    test: Mapped[str] = mapped_column(String(100))
    lot: Mapped[int]
    first_week: Mapped[date] = mapped_column(Date)
    last_week: Mapped[date] = mapped_column(Date)
    quantity: Mapped[float] = mapped_column(Double)
    unit: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))

    by: Mapped[Person] = relationship(lazy="joined")


class OfferBookingEnd(Base):
    """That a booking stands no longer, and why: it was cancelled, or a later schedule moved it (`moved_by`)."""

    __tablename__ = "offer_booking_ends"

    booking_id: Mapped[int] = mapped_column(ForeignKey("offer_bookings.id"), primary_key=True)
    moved_by: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))

    by: Mapped[Person] = relationship(lazy="joined")
