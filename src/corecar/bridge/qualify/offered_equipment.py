"""Offers of the chain that a schedule draws on, and what of them it says is to be booked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from corecar.bridge.calls import Call, in_session
from corecar.bridge.chain.booked_offers import Offer, booked, offers_seen, standing
from corecar.bridge.qualify.scheduled_answers import Asked
from corecar.chain.weeks import week_name
from corecar.errors import ArgumentError, NotFound
from corecar.faults import meant
from corecar.plurals import plural
from corecar.qualify.laboratory import Bench
from corecar.qualify.laboratory_load import Problem
from corecar.qualify.laboratory_offers import bench_of, taken_of_offers
from corecar.qualify.laboratory_schedule import Schedule
from corecar.store.catalogue.booking import OfferBooking

ALL = "all"
"""In the place of an offer's name: each that names its equipment and still stands."""


@dataclass(frozen=True)
class Drawn:
    """Offers as equipment, and what the scheduled qualifications have booked at any already."""

    benches: list[Bench]
    own: list[OfferBooking]


def drawn_on(call: Call, asked: Sequence[str], numbers: Sequence[int], start: date) -> Drawn:
    """The offers that are asked for, less what is booked of them for other qualifications.

    asked   `NAME`, `NAME=equipment`, or `all`
    numbers  of the qualifications, whose own bookings a new schedule may move
    Raises  NotFound for an offer that is not there; ArgumentError for one that says too little
    """
    with call.store.catalogue.reading() as session:
        here = in_session(call, session)
        offers = offers_seen(here) if asked else {}
        there = standing(session, {offer.owner for offer in offers.values()})
        own = [one for one in there if one.qualification_id in numbers and one.owner_id == call.actor.party_id]
        taken = booked([one for one in there if one not in own], offers)
    wanted = _wanted(asked, offers, call.now.date())
    benches = [bench_of(offers[name].row, of, taken.get(name, {}), start, call.now.date())
               for name, of in wanted.items()]  # fmt: skip
    return Drawn(benches, own)


def _wanted(asked: Sequence[str], offers: Mapping[str, Offer], today: date) -> dict[str, str]:
    """Offer -> its equipment where that was told. Raises  NotFound, ArgumentError"""
    found: dict[str, str] = {}
    for text in asked:
        name, _, of = (part.strip() for part in text.partition("="))
        if name == ALL and ALL not in offers:
            found = {**{each: "" for each, offer in offers.items() if _stands(offer, today)}, **found}
        elif name not in offers:
            raise NotFound(f'the chain has no offer "{name}". {meant(name, offers)}'.rstrip())
        else:
            found[name] = of
    if asked and not found:
        raise ArgumentError("no offer of the chain names its equipment. Name one: --offer NAME=EQUIPMENT.")
    return found


def _stands(offer: Offer, today: date) -> bool:
    row = offer.row
    return bool(row["equipment"] and row["quantity"]) and (row["valid_until"] is None or row["valid_until"] >= today)


def bookable(
    call: Call, drawn: Drawn, problem: Problem, found: Schedule, asked: Asked, answer: Mapping[str, Any]
) -> dict[str, Any]:
    """What a schedule takes of offers, and how it stands to what is booked already.

    Returns  said, facts, bookings, notes: in the place of those of the answer
    """
    rows = []
    for taken in taken_of_offers(problem, found):
        job, bench = problem.jobs[taken.job], problem.benches[taken.place]
        rows.append({
            "product": asked.products[job.product][0], "test": job.test, "lot": job.lot, "offer": bench.offer,
            "laboratory": bench.laboratory, "equipment": bench.equipment, "first_week": asked.week(taken.first),
            "last_week": asked.week(taken.last), "quantity": taken.quantity, "unit": bench.unit,
            "qualification": asked.products[job.product][1],
        })  # fmt: skip
    told = {"said": answer["said"], "facts": dict(answer["facts"]), "bookings": rows,
            "notes": [*answer["notes"], *_notes(drawn.own, rows)]}  # fmt: skip
    if call.job is not None and rows:
        told["facts"] = {"schedule": call.job, **told["facts"]}
        told["said"] += f" Book what it takes of offers with: corecar qualify book {call.job}"
    return told


def key_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What makes two rows of a schedule the same booking."""
    names = ("qualification", "test", "lot", "offer", "equipment", "first_week", "last_week", "quantity", "unit")
    return tuple(row[name] for name in names)


def row_of(one: OfferBooking) -> dict[str, Any]:
    """A booking as a schedule's row has it."""
    return {
        "test": one.test, "lot": one.lot, "offer": one.offer, "laboratory": one.party, "equipment": one.equipment,
        "first_week": week_name(one.first_week), "last_week": week_name(one.last_week), "quantity": one.quantity,
        "unit": one.unit, "qualification": one.qualification_id,
    }  # fmt: skip


def _notes(own: Sequence[OfferBooking], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """How bookings that stand already stand to a new schedule."""
    new = {key_of(row) for row in rows}
    moved = [one.id for one in own if key_of(row_of(one)) not in new]
    if not own:
        return []
    if not moved:
        return ["What is booked already stands in this schedule as it is."]
    numbers = ", ".join(str(number) for number in moved)
    return [f"{plural(len(moved), 'booking')} of {len(own):,} that stand are not in this schedule: {numbers}. "
            "They stay as they are until it is booked in their place, or they are cancelled."]  # fmt: skip
