"""Offers of the chain as a party sees them: whose each is, and what of it is booked in which week."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call
from corecar.bridge.chain.kept_chains import read_table, seen_tables
from corecar.store.catalogue.booking import OfferBooking, OfferBookingEnd
from corecar.store.catalogue.models import Party

Booked = dict[str, dict[date, float]]
"""Offer -> Monday -> what of it is booked, in its unit."""


@dataclass(frozen=True)
class Offer:
    """One offer as it stands now. owner: the party in whose table it stands, which is where it is booked."""

    row: Mapping[str, Any]
    owner: int

    @property
    def name(self) -> str:
        return str(self.row["offer"])


def offers_seen(call: Call) -> dict[str, Offer]:
    """The offers that the actor's party sees, by name; where several parties have one of a name, the own one counts."""
    found: dict[str, Offer] = {}
    for table in seen_tables(call.session, call.actor.party_id):
        if table.table == "offers":
            for row in read_table(call.store, table).to_pylist():
                found.setdefault(row["offer"], Offer(row, table.owner_id))
    return found


def standing(session: Session, owners: Collection[int]) -> list[OfferBooking]:
    """Bookings of offers of some parties that nothing ended, the earliest first."""
    ended = exists().where(OfferBookingEnd.booking_id == OfferBooking.id)
    asked = select(OfferBooking).where(OfferBooking.offer_owner_id.in_(owners), ~ended)
    return list(session.scalars(asked.order_by(OfferBooking.id)).unique())


def booked(bookings: Iterable[OfferBooking], offers: Mapping[str, Offer]) -> Booked:
    """What bookings take of offers, week by week; of offers that are not among these nothing."""
    found: Booked = {}
    for one in bookings:
        offer = offers.get(one.offer)
        if offer is not None and offer.owner == one.offer_owner_id:
            weeks = found.setdefault(one.offer, {})
            for week in weeks_of(one):
                weeks[week] = weeks.get(week, 0.0) + one.quantity
    return found


def booked_of(call: Call) -> Booked:
    """What is booked of the offers that the actor's party sees, by whomever."""
    if call.session.scalar(select(OfferBooking.id).limit(1)) is None:
        return {}
    offers = offers_seen(call)
    return booked(standing(call.session, {offer.owner for offer in offers.values()}), offers)


def weeks_of(one: OfferBooking) -> list[date]:
    """The Mondays of a booking's weeks."""
    count = (one.last_week - one.first_week).days // 7 + 1
    return [one.first_week + timedelta(weeks=at) for at in range(count)]


def hold_owners(session: Session, owners: Collection[int]) -> None:
    """Let nobody else book offers of these parties until this transaction ends."""
    asked = select(Party.id).where(Party.id.in_(owners)).order_by(Party.id)
    session.scalars(asked.with_for_update(key_share=True)).all()
