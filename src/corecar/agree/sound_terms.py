"""What contradicts itself in terms whose fields are each in order: every pair of fields, all told at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from corecar.agree.reading import FieldFaults
from corecar.agree.volumes import first_day, is_month, last_day
from corecar.errors import ArgumentError
from corecar.faults import meant

if TYPE_CHECKING:
    from corecar.agree.terms import Period, Terms, Volume

NEEDS_BOTH = ("product", "service", "capacity")
"""Kinds in which somebody delivers to somebody."""
LONGEST = timedelta(days=30 * 366)


def doubt_terms(terms: Terms, faults: FieldFaults) -> None:
    """Note what contradicts itself in terms."""
    for check in (_parties, _validity, _volumes, _shortage, _repeats, _subject, _earlier):
        for place, problem, advice in check(terms):
            faults.at(place, problem, advice)


Found = Iterator[tuple[str, str, str]]


def _parties(terms: Terms) -> Found:
    roles = {party.role for party in terms.parties}
    if terms.kind in NEEDS_BOTH:
        for role in ("supplier", "customer"):
            if role not in roles:
                yield "parties", f"have no {role}, which a memorandum on {terms.kind} has.", "Give one that role."


def _repeats(terms: Terms) -> Found:
    """What stands twice though it stands for one thing."""
    lists = (
        ("parties", "party", [each.party for each in terms.parties]),
        ("clauses", "clause", [each.clause for each in terms.clauses]),
        ("volumes", "customer", [_words(terms, each) for each in terms.volumes]),
    )
    for name, field, keys in lists:
        for row, key in enumerate(keys):
            if key in keys[:row]:
                yield f"{name}[{row}].{field}", f"{key} stands in {name}[{keys.index(key)}] already.", "Leave one out."


def _words(terms: Terms, volume: Volume) -> str:
    """What makes two volumes one: who, for whom, of what."""
    product, group = volume.product or terms.subject.product, volume.group or terms.subject.group
    what = " of ".join(filter(None, (product, group)))
    return f"{volume.supplier} to {volume.customer}, {what} [{volume.unit}]"


def _validity(terms: Terms) -> Found:
    if terms.valid_until < terms.valid_from:
        yield "valid_until", f"{terms.valid_until} is before valid_from, {terms.valid_from}.", "Turn them around."
    elif terms.valid_until - terms.valid_from > LONGEST:
        yield "valid_until", f"{terms.valid_until} is more than 30 years after valid_from.", "End it, and renew it."


def _volumes(terms: Terms) -> Found:
    for row, volume in enumerate(terms.volumes):
        place = f"volumes[{row}]"
        yield from _ends(terms, volume, place)
        yield from _periods(terms, volume, f"{place}.periods")
        yield from _bands(volume, f"{place}.bands")


def _ends(terms: Terms, volume: Volume, place: str) -> Found:
    names = [each.party for each in terms.parties]
    for field, name in (("supplier", volume.supplier), ("customer", volume.customer)):
        if name not in names:
            yield f"{place}.{field}", f"{name} is none of the parties.", meant(name, names)
    if volume.supplier == volume.customer:
        yield f"{place}.customer", f"{volume.customer} is the supplier too.", "Name the party that calls off."
    subject = terms.subject
    if not (volume.product or volume.group or subject.product or subject.group or subject.offer):
        yield f"{place}.product", "is missing, and so is that of the subject.", "Say of which product or group."


def _periods(terms: Terms, volume: Volume, place: str) -> Found:
    before = date.min
    for row, each in enumerate(volume.periods):
        where = f"{place}[{row}]"
        try:
            first, last = first_day(each.period), last_day(each.period)
        except ArgumentError as error:
            yield f"{where}.period", str(error), ""
            continue
        if is_month(each.period) != is_month(volume.periods[0].period):
            yield f"{where}.period", f"{each.period} is not of the kind of the first.", "Use weeks or months alone."
        elif first <= before:
            yield f"{where}.period", f"{each.period} does not come after the one before it.", "Put them in order."
        if last < terms.valid_from or first > terms.valid_until:
            yield f"{where}.period", f"{each.period} lies outside of {terms.valid_from} to {terms.valid_until}.", ""
        before = last
        yield from _amounts(each, where)


def _amounts(period: Period, where: str) -> Found:
    if period.minimum is not None and period.minimum > period.agreed:
        yield f"{where}.minimum", f"{period.minimum:g} is above what is agreed, {period.agreed:g}.", ""
    if period.maximum is not None and period.maximum < period.agreed:
        yield f"{where}.maximum", f"{period.maximum:g} is below what is agreed, {period.agreed:g}.", ""


def _bands(volume: Volume, place: str) -> Found:
    following: int | None = 0
    for row, band in enumerate(volume.bands):
        if following is None:
            yield f"{place}[{row}].from_weeks", "follows a band that is open.", "Close that one with until_weeks."
        elif band.from_weeks != following:
            yield f"{place}[{row}].from_weeks", f"is {band.from_weeks}, {following} was expected.", "Leave no gap."
        if band.until_weeks is not None and band.until_weeks < band.from_weeks:
            yield f"{place}[{row}].until_weeks", f"{band.until_weeks} is before {band.from_weeks}.", ""
        following = None if band.until_weeks is None else band.until_weeks + 1


def _shortage(terms: Terms) -> Found:
    if terms.shortage is None:
        return
    rule, own = terms.shortage.rule, {"priority": "priority", "fixed-share": "share"}
    for of, field in own.items():
        given = getattr(terms.shortage, field) is not None
        if (rule == of) != given:
            problem = f"is needed by the rule {rule}." if rule == of else f"has no meaning under the rule {rule}."
            yield f"shortage.{field}", problem, ""


def _subject(terms: Terms) -> Found:
    if terms.kind == "capacity" and not (terms.subject.group or any(each.group for each in terms.volumes)):
        yield "subject.group", "is missing: a memorandum on capacity says of which group.", ""
    if terms.kind in ("product", "service") and not (terms.subject.product or terms.subject.offer):
        yield "subject.product", f"is missing: a memorandum on a {terms.kind} names a product or an offer.", ""


def _earlier(terms: Terms) -> Found:
    if terms.earlier is not None and terms.number in (terms.earlier.number, terms.earlier.first):
        yield "earlier.number", f"{terms.number} is this memorandum itself.", "Name the one before it."
