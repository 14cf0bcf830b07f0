"""First terms of a memorandum: out of a need and an offer that fit, out of what a plan gives, out of earlier terms.

What they hold is what the tables say. Whatever a person has to settle (shortage, secrecy, clauses) is set to a
default that both sides can live with, and said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from corecar.agree.clauses import usual_clauses
from corecar.agree.fields import NUMBER, json_of
from corecar.agree.renewals import next_span
from corecar.agree.terms import FORM, Earlier, Terms, terms_hash, terms_in, terms_value
from corecar.agree.volumes import first_day, last_day
from corecar.chain.cells import listed
from corecar.chain.weeks import week_name
from corecar.errors import ArgumentError
from corecar.plurals import plural

Row = Mapping[str, Any]
SERVICES = ("wafer", "packaging", "test", "burn-in")
"""Subjects of the catalogue that are a stage of a chip."""
KIND_OF = {"chip": "product", "research": "research"}
"""Of what kind a memorandum on a subject of the catalogue is; any other is a service."""
YEAR = 52
"""Weeks that a draft without an end holds."""
DEFAULTS: dict[str, Any] = {
    "form": FORM,
    "shortage": {"rule": "proportional"},
    "times": {"answer_days": 5},
    "secrecy": {"level": "parties"},
    "language": "en",
}
"""What a draft says where nothing is known; the parties change it."""


def drafted(number: str, found: Mapping[str, Any], given: Mapping[str, Any], source: str = "draft") -> Terms:
    """Terms out of what was found, over the defaults, under what somebody gave. Raises MappingError.

    Where they name no clauses, they name the usual ones by version and hash: their text then stays, whatever becomes
    of the library.
    """
    terms = terms_in({**DEFAULTS, **found, **given, "number": number}, source)
    return terms if terms.clauses else replace(terms, clauses=usual_clauses(terms))


def of_pair(
    need: Row, offer: Row, parties: Mapping[str, Row], today: date, booked: Mapping[date, float] | None = None
) -> dict[str, Any]:
    """What a need and an offer say: who, of what, how much in which week, until when, of what quality.

    need, offer  rows of the chain's tables
    booked       Monday -> what of the offer is booked in its week, so that it cannot be agreed on
    parties      rows of the table, by name
    Raises       ArgumentError where both are of one party, or have no week in common
    """
    if need["party"] == offer["party"]:
        raise ArgumentError(f"{need['party']} needs and offers it itself; a memorandum has two parties.")
    first, last = _span(need, offer, today)
    kind = KIND_OF.get(need["kind"], "service")
    title = str(need["title"] or offer["title"])
    until = last_day(last)
    customer = _party(parties, need["party"], "customer" if kind != "research" else "partner",
                      f"{title}, until {until}", f"{need['title_zh'] or title}，至{until}")  # fmt: skip
    supplier = _party(parties, offer["party"], "supplier" if kind != "research" else "researcher",
                      f"orders for {title}, until {until}", f"{need['title_zh'] or title}订单，至{until}")  # fmt: skip
    return _filled({
        "kind": kind,
        "subject": _subject(need, offer, title),
        "parties": [supplier, customer],
        "valid_from": first_day(first).isoformat(), "valid_until": until.isoformat(),
        "volumes": _volumes(need, offer, first, last, booked or {}),
        "quality": _filled({"grade": need["grade"], "certificates": listed(need["certificates"])}),
        "times": _filled({"delivery_weeks": offer["lead_weeks"], "answer_days": 5}),
    })  # fmt: skip


def _subject(need: Row, offer: Row, title: str) -> dict[str, Any]:
    stage = need["kind"] if need["kind"] in SERVICES else None
    return _filled({
        "title": title, "title_zh": need["title_zh"] or offer["title_zh"], "description": need["description"],
        "description_zh": need["description_zh"], "product": offer["product"] or need["product"], "stage": stage,
        "need": need["need"], "offer": offer["offer"],
    })  # fmt: skip


def of_plan(product: str, customer: str, weeks: Sequence[tuple[str, float]], supplier: str, what: Row,
            parties: Mapping[str, Row]) -> dict[str, Any]:  # fmt: skip
    """What a plan gives a customer of a product, as what its supplier agrees to.

    weeks  ISO weeks and whole pieces, those with any
    what   the row of the product
    Raises  ArgumentError where the plan gives nothing, or supplier and customer are one
    """
    if not weeks:
        raise ArgumentError(f"the plan gives {customer} nothing of {product}, so there is nothing to agree on.")
    if supplier == customer:
        raise ArgumentError(f"{product}: {supplier} is both sides. Name who else supplies it: --supplier PARTY.")
    first, last = weeks[0][0], weeks[-1][0]
    title = str(what["name"] or product)
    count = round(sum(quantity for _, quantity in weeks))
    pieces, pieces_zh = plural(count, "piece"), f"{count:,} 件"
    return {
        "kind": "product",
        "subject": {"title": title, "product": product},
        "parties": [
            _party(parties, supplier, "supplier", f"orders for {pieces} of {title}", f"{title}的订单：{pieces_zh}"),
            _party(parties, customer, "customer", f"{pieces} of {title}, {first} to {last}", f"{title}：{pieces_zh}"),
        ],
        "valid_from": first_day(first).isoformat(), "valid_until": last_day(last).isoformat(),
        "volumes": [{
            "supplier": supplier, "customer": customer, "unit": "piece",
            "periods": [{"period": week, "agreed": quantity} for week, quantity in weeks],
        }],
    }  # fmt: skip


def of_earlier(terms: Terms, how: str, number: str, first: str) -> dict[str, Any]:
    """Terms that change or follow earlier ones: the same, naming them; a renewal's are of the span that comes next."""
    value = terms_value(terms)
    earlier = Earlier(how=how, number=terms.number, terms_sha256=terms_hash(terms), first=first)
    value |= {"number": number, "earlier": json_of(earlier)}
    if how == "renews":
        value |= next_span(terms)
    return value


def with_party(found: dict[str, Any], party: dict[str, Any]) -> dict[str, Any]:
    """The same with one more party."""
    return found | {"parties": [*found["parties"], party]}


def led_by(name: str, parties: Mapping[str, Row], title: str) -> dict[str, Any]:
    """The party that led a meeting and drafts what came of it."""
    return _party(parties, name, "coordinator", f"an agreement that came of its meeting: {title}", f"会议成果：{title}")


def next_number(known: Iterable[str], today: date, stem: str = "M") -> str:
    """A number that no memorandum has: `M-2027-001`.

    >>> next_number(["M-2027-001", "M-2027-007", "X"], date(2027, 3, 1))
    'M-2027-008'
    """
    head = f"{stem}-{today.year}-"
    taken = [int(each[len(head) :]) for each in known if re.fullmatch(rf"{re.escape(head)}\d{{1,9}}", each)]
    return f"{head}{max(taken, default=0) + 1:03}"


def sound_number(number: str) -> str:
    """A number as memoranda have them. Raises ArgumentError."""
    if not re.fullmatch(NUMBER[0], number) or len(number) > 100:
        raise ArgumentError(f'"{number}" is no number of a memorandum. Write {NUMBER[1]}.')
    return number


def _span(need: Row, offer: Row, today: date) -> tuple[str, str]:
    """First and last week that both stand for; a year where neither says its end."""
    first = max(filter(None, (_day(need["from_week"]), _day(offer["from_week"]))), default=today)
    ends = [day for day in (_day(need["until_week"]), _day(offer["until_week"])) if day]
    last = min(ends) if ends else first + timedelta(weeks=YEAR - 1)
    if last < first:
        raise ArgumentError(
            f"need {need['need']} and offer {offer['offer']} have no week in common: {week_name(first)} is after "
            f"{week_name(last)}."
        )
    return week_name(first), week_name(last)


def _day(week: Any) -> date | None:
    return first_day(week) if isinstance(week, str) and week else week or None


def _volumes(need: Row, offer: Row, first: str, last: str, booked: Mapping[date, float]) -> list[dict[str, Any]]:
    """What both say of a week, the less of the two, of the offer what is not booked; nothing where units differ."""
    told = [each["quantity"] for each in (need, offer) if each["quantity"] is not None]
    if not told or (len(told) == 2 and need["unit"] != offer["unit"]):
        return []
    weeks, week = [], first_day(first)
    while week <= first_day(last):
        left = [] if offer["quantity"] is None else [max(offer["quantity"] - booked.get(week, 0.0), 0.0)]
        weeks.append({"period": week_name(week), "agreed": min([*told, *left])})
        week += timedelta(weeks=1)
    unit = (need if need["quantity"] is not None else offer)["unit"]
    return [{"supplier": offer["party"], "customer": need["party"], "unit": unit, "periods": weeks}]


def _party(parties: Mapping[str, Row], name: str, role: str, benefit: str, benefit_zh: str) -> dict[str, Any]:
    row = parties.get(name, {})
    bpnl = str(row.get("bpnl") or "")
    return _filled({
        "party": name, "name": row.get("name") or name, "role": role, "benefit": benefit, "benefit_zh": benefit_zh,
        "bpnl": bpnl if re.fullmatch("BPNL[0-9A-Za-z]{12}", bpnl) else None, "country": row.get("country"),
        "contact": row.get("contact"),
    })  # fmt: skip


def _filled(value: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in value.items() if each not in (None, "", [], {})}
