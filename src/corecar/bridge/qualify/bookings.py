"""Booking what a schedule takes of laboratories' offers: who, when, for which tests, weeks and quantity; cancelling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from sqlalchemy import or_, select

from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.chain.booked_offers import Booked, Offer, booked, hold_owners, offers_seen, standing, weeks_of
from corecar.bridge.qualify.kept_qualifications import Kept, add, edited, needs_text, one, row_of, seen
from corecar.bridge.qualify.offered_equipment import key_of
from corecar.bridge.qualify.offered_equipment import row_of as row_of_booking
from corecar.chain.weeks import monday, week_name
from corecar.errors import AccessDenied, ArgumentError, Conflict, NotFound
from corecar.plurals import plural
from corecar.store.catalogue.booking import OfferBooking, OfferBookingEnd
from corecar.store.catalogue.models import Job, Party
from corecar.store.catalogue.qualifying import Qualification

SCHEDULE = "qualify_schedule"
Row = Mapping[str, Any]


def book(
    call: Call,
    schedule: Annotated[int, "Number of the schedule, as `qualify schedule` told it."],
    *,
    offer: Annotated[list[str] | None, "Only what it takes of this offer. Repeat for more."] = None,
    test: Annotated[list[str] | None, "Only of this test. Repeat for more."] = None,
) -> dict[str, Any]:
    """Book what a schedule takes of offers of the chain: all of it, or nothing where somebody else was first.

    What is booked is off the offer for everybody else, and whoever offers sees by whom and for which product. Earlier
    bookings of the same tests that the schedule has in other weeks or at other offers end: it moves them.
    Raises  NotFound; Conflict where the offer has no room left, or the schedule is of an earlier plan; AccessDenied
    """
    wanted, whole = _wanted(call, schedule, offer, test)
    kept = {number: edited(call, number) for number in sorted({row["qualification"] for row in wanted})}
    _still_planned(kept, wanted, schedule)
    offers = offers_seen(call)
    _there(offers, wanted, call.now.date())
    hold_owners(call.session, {offers[row["offer"]].owner for row in wanted})
    before = [each for each in _own(call, kept) if whole or _place_of(row_of_booking(each)) in map(_place_of, wanted)]
    new, moved = _changes(before, wanted)
    for each in moved:
        _end(call, each, f"moved by schedule {schedule}", schedule)
    call.session.flush()
    added = [_booked(call, kept, offers, row, schedule) for row in new]
    _fits(standing(call.session, {offers[row["offer"]].owner for row in wanted}), offers, added)
    for number, found in kept.items():
        _noted(call, found, [each for each in added if each.qualification_id == number],
               [each for each in moved if each.qualification_id == number], schedule)  # fmt: skip
    return _told(call, schedule, added, moved, len(wanted) - len(new))


def cancel(
    call: Call,
    bookings: Annotated[list[int], "Numbers of the bookings, as `qualify bookings` lists them."],
    *,
    reason: Annotated[str, "Why; it stands beside the booking, and whoever offers sees it."],
) -> dict[str, Any]:
    """Cancel bookings of offers, with the reason: whoever booked may, and whoever offers.

    Raises  NotFound; Conflict for one that ended before; ArgumentError without a reason; AccessDenied
    """
    why = needs_text(reason, "reason")
    found = [_one(call, number) for number in dict.fromkeys(bookings)]
    if not found:
        raise ArgumentError("bookings: name one or more. `corecar qualify bookings` lists them.")
    hold_owners(call.session, {each.offer_owner_id for each in found})
    for each in found:
        end = call.session.get(OfferBookingEnd, each.id)
        if end is not None:
            raise Conflict(f"booking {each.id} stands no more: {end.reason}.")
        _end(call, each, why, None)
    call.session.flush()
    return {"said": f"{plural(len(found), 'booking')} cancelled: {why}", "rows": _rows(call, found)}


def list_bookings(
    call: Call,
    *,
    number: Annotated[int | None, "Only of this qualification."] = None,
    offer: Annotated[str | None, "Only of this offer."] = None,
    every: Annotated[bool, "Also those that were cancelled or moved."] = False,
    limit: Annotated[int, "At most so many, the latest first.", AtLeast(0)] = 500,
) -> dict[str, Any]:
    """List bookings of offers: those for your qualifications, and those that others have at your offers.

    Raises  NotFound for a qualification that is not there
    """
    if number is not None:
        one(call, number)
    mine = or_(
        OfferBooking.qualification_id.in_(select(Qualification.id).where(seen(call))),
        OfferBooking.offer_owner_id == call.actor.party_id,
    )
    asked = select(OfferBooking).where(mine).order_by(OfferBooking.id.desc())
    asked = asked if number is None else asked.where(OfferBooking.qualification_id == number)
    asked = asked if offer is None else asked.where(OfferBooking.offer == offer)
    if not every:
        asked = asked.where(OfferBooking.id.not_in(select(OfferBookingEnd.booking_id)))
    rows = _rows(call, list(call.session.scalars(asked.limit(limit)).unique()))
    return {"said": "" if rows else "Nothing is booked at offers.", "rows": rows}


def _wanted(
    call: Call, schedule: int, offers: Sequence[str] | None, tests: Sequence[str] | None
) -> tuple[list[dict[str, Any]], bool]:
    """The rows of a schedule that are to be booked, and whether they are all of it. Raises  NotFound, Conflict"""
    job = call.session.get(Job, schedule)
    if job is None or job.owner_id != call.actor.party_id or job.verb != SCHEDULE:
        raise NotFound(f"there is no schedule {schedule}. Make one with: corecar qualify schedule --offer NAME")
    if job.state != "done" or job.result is None:
        raise Conflict(f"schedule {schedule} is not done: {job.state}.")
    rows: list[dict[str, Any]] = job.result.get("bookings") or []
    for name, words in (("offer", offers), ("test", tests)):
        lost = sorted(set(words or ()) - {row[name] for row in rows})
        if lost:
            raise NotFound(f"schedule {schedule} takes nothing of {name} {', '.join(lost)}.")
    found = [row for row in rows if (not offers or row["offer"] in offers) and (not tests or row["test"] in tests)]
    if not found:
        raise Conflict(
            f"schedule {schedule} takes nothing of an offer. Name some: corecar qualify schedule --offer NAME"
        )
    return found, not offers and not tests


def _still_planned(kept: Mapping[int, Kept], rows: Iterable[Row], schedule: int) -> None:
    """Raises  NotFound for a test that the plan in force does not have; Conflict for a product of another name"""
    for row in rows:
        found = kept[row["qualification"]]
        row_of(found, row["test"])
        if found.row.product != row["product"]:
            raise Conflict(f"schedule {schedule} is of {row['product']}, {found.named} of {found.row.product}.")


def _there(offers: Mapping[str, Offer], rows: Iterable[Row], today: date) -> None:
    """Raises  NotFound for an offer that is there no more, Conflict for one that changed or no longer stands"""
    for row in rows:
        if row["offer"] not in offers:
            raise NotFound(f"the chain has no offer {row['offer']} any more. Make the schedule again.")
        now = offers[row["offer"]].row
        if now["valid_until"] is not None and now["valid_until"] < today:
            raise Conflict(f"offer {row['offer']} stood until {now['valid_until']:%Y-%m-%d}. Make the schedule again.")
        if now["unit"] != row["unit"] or now["party"] != row["laboratory"]:
            raise Conflict(f"offer {row['offer']} is another one than when it was scheduled. Make the schedule again.")


def _own(call: Call, kept: Mapping[int, Kept]) -> list[OfferBooking]:
    """Bookings of the qualifications that stand."""
    owners = set(call.session.scalars(
        select(OfferBooking.offer_owner_id).where(OfferBooking.qualification_id.in_(kept)).distinct()
    ))  # fmt: skip
    return [each for each in standing(call.session, owners) if each.qualification_id in kept]


def _place_of(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("qualification", "test", "lot", "equipment"))


def _changes(before: Sequence[OfferBooking], wanted: Sequence[dict[str, Any]]) -> tuple[list[Any], list[OfferBooking]]:
    """Rows that are not booked yet, and bookings that are not wanted any more."""
    there, keys = {key_of(row_of_booking(each)) for each in before}, {key_of(row) for row in wanted}
    new = [row for row in wanted if key_of(row) not in there]
    return new, [each for each in before if key_of(row_of_booking(each)) not in keys]


def _booked(call: Call, kept: Mapping[int, Kept], offers: Mapping[str, Offer], row: Row, schedule: int) -> OfferBooking:
    made = OfferBooking(
        schedule=schedule, qualification_id=row["qualification"], version=kept[row["qualification"]].plan.version,
        offer=row["offer"], offer_owner_id=offers[row["offer"]].owner, party=row["laboratory"],
        equipment=row["equipment"], test=row["test"], lot=row["lot"], first_week=monday(row["first_week"]),
        last_week=monday(row["last_week"]), quantity=row["quantity"], unit=row["unit"], at=call.now, **call.facts,
    )  # fmt: skip
    call.session.add(made)
    call.session.flush()
    return made


def _fits(there: Sequence[OfferBooking], offers: Mapping[str, Offer], added: Sequence[OfferBooking]) -> None:
    """Raises  Conflict for the first week in which more would be booked of an offer than it has"""
    taken: Booked = booked(there, offers)
    for each in added:
        row = offers[each.offer].row
        for week in weeks_of(each):
            outside = (row["from_week"] and week < row["from_week"]) or (row["until_week"] and week > row["until_week"])
            has = 0.0 if outside else float(row["quantity"] or 0.0)
            if taken[each.offer][week] > has + 1e-6:
                asked = sum(one.quantity for one in added if one.offer == each.offer and week in weeks_of(one))
                others = taken[each.offer][week] - asked
                raise Conflict(
                    f"offer {each.offer} of {each.party} has no room in {week_name(week)} for {each.test}, lot "
                    f"{each.lot}: {others:,g} of {has:,g} {each.unit}s are booked, {asked:,g} were asked for. "
                    "Nothing was booked. Make the schedule again: corecar qualify schedule"
                )


def _noted(
    call: Call, found: Kept, added: Sequence[OfferBooking], moved: Sequence[OfferBooking], schedule: int
) -> None:
    """What was booked and moved, in the history of the qualification."""
    said = [f"{each.test}, lot {each.lot}: {_span(each)}" for each in added]
    text = f"schedule {schedule}: " + ("; ".join(said) or "nothing new")
    text += f"; moved: {', '.join(str(each.id) for each in moved)}" if moved else ""
    facts = {"schedule": schedule, "booked": [each.id for each in added], "moved": [each.id for each in moved]}
    add(call, found, "booking", None, text, facts)


def _span(each: OfferBooking) -> str:
    weeks = f"{week_name(each.first_week)} to {week_name(each.last_week)}"
    return f"{each.quantity:,g} {each.unit}s a week of {each.offer}, {weeks}"


def _one(call: Call, number: int) -> OfferBooking:
    """A booking that the actor's party made, or that is at its offer. Raises  NotFound, AccessDenied"""
    found = call.session.get(OfferBooking, number)
    if found is None:
        raise NotFound(f"there is no booking {number}. `corecar qualify bookings` lists them.")
    if call.actor.party_id in (found.owner_id, found.offer_owner_id):
        return found
    if call.session.scalar(select(Qualification.id).where(Qualification.id == found.qualification_id, seen(call))):
        raise AccessDenied(f"booking {number} belongs to another party; it may be seen, not cancelled.")
    raise NotFound(f"there is no booking {number}. `corecar qualify bookings` lists them.")


def _end(call: Call, each: OfferBooking, reason: str, moved_by: int | None) -> None:
    call.session.add(OfferBookingEnd(booking_id=each.id, moved_by=moved_by, reason=reason, at=call.now, **call.facts))


def _rows(call: Call, bookings: Sequence[OfferBooking]) -> list[dict[str, Any]]:
    """Bookings as a person reads them."""
    asked = select(OfferBookingEnd).where(OfferBookingEnd.booking_id.in_([each.id for each in bookings]))
    ends = {end.booking_id: end for end in call.session.scalars(asked).unique()}
    names = {party.id: party.name for party in call.session.scalars(select(Party))}
    numbers = {each.qualification_id for each in bookings}
    of = select(Qualification.id, Qualification.product).where(Qualification.id.in_(numbers))
    products = {row.id: row.product for row in call.session.execute(of)}
    rows = []
    for each in bookings:
        end = ends.get(each.id)
        state = "booked" if end is None else "cancelled" if end.moved_by is None else "moved"
        told = row_of_booking(each)
        rows.append({
            "booking": each.id, "state": state, "product": products[each.qualification_id],
            **{name: value for name, value in told.items() if name != "qualification"},
            "qualification": each.qualification_id, "schedule": each.schedule, "booked_by": names[each.owner_id],
            "by": each.by.name, "at": each.at, "why": end.reason if end else None,
            "ended_by": end.by.name if end else None, "ended": end.at if end else None,
        })  # fmt: skip
    return rows


def _told(
    call: Call, schedule: int, added: Sequence[OfferBooking], moved: Sequence[OfferBooking], stand: int
) -> dict[str, Any]:
    said = f"{plural(len(added), 'booking')} of schedule {schedule} made."
    said += f" {plural(len(moved), 'earlier booking')} moved." if moved else ""
    said += f" {plural(stand, 'booking')} stood already." if stand else ""
    return {"said": said, "schedule": schedule, "rows": _rows(call, added)}
