"""Matches as rows for people: the pairs, the parts of their scores with reasons, refusals, who talks to whom."""

from __future__ import annotations

from typing import Any

import numpy as np

from corecar.match.booked import taken_off
from corecar.match.filtering import questions, reasons, refusals
from corecar.match.matching import Matches
from corecar.match.requirements import REQUIREMENTS, TECHNICAL, asked, left_of, share_of
from corecar.match.scoring import taken_off as risk_taken_off
from corecar.match.weights import PARTS

Row = dict[str, Any]
NEAREST = 3
"""Refused offers of a need without a partner that are told."""


def pair_rows(found: Matches, pairs: Any) -> list[Row]:
    """Pairs with their score and the benefit to each side.

    score, at_best  0 to 1: by what is known, and if all that is not known turns out well
    covers          part of the need that the offer covers; uses: part of the offer that the need uses
    saves           a week against the highest price that is paid; earns: a week at the price asked, in `currency`
    open            questions that the offer leaves open
    booked          of the offer's quantity in the need's weeks; only where something is booked of any offer
    risk_factor     how many times as risky as assumed the offer's routes are; only where measured risk counts
    """
    needs, offers, scores = found.needs, found.offers, found.scores
    n, o = found.need[pairs], found.offer[pairs]
    share = share_of(needs, offers, n, o)
    price, paid, quantity = _money(found, n, o)
    booked = taken_off(needs, offers, n, o)
    rows = []
    for at, pair in enumerate(np.asarray(pairs).tolist()):
        need, offer = int(n[at]), int(o[at])
        rows.append({
            "need": needs.names[need], "needed_by": needs.word("party", need), "offer": offers.names[offer],
            "offered_by": offers.word("party", offer), "kind": needs.word("kind", need),
            "score": _short(scores.score[pair]), "at_best": _short(scores.at_best[pair]),
            "taken": int(found.amount[pair]), "covers": _short(min(share[at], 1.0)),
            "saves": _short((paid[at] - price[at]) * quantity[at]),
            "uses": _short(min(1 / share[at], 1.0)) if share[at] else None, "earns": _short(price[at] * quantity[at]),
            "currency": offers.word("currency", offer) or None,
            "open": int(found.unknown[pair]).bit_count() or None,
        })  # fmt: skip
        if found.offers.booked:
            rows[-1]["booked"] = _short(booked[at]) or None
        if found.scorer.risk is not None:
            rows[-1]["risk_factor"] = _short(found.scorer.risk[offer])
    return rows


def _money(found: Matches, n: Any, o: Any) -> tuple[Any, Any, Any]:
    """Price asked, highest price paid, and quantity a week of pairs; NaN where they cannot be compared."""
    needs, offers = found.needs, found.offers
    same = needs.words["unit"][n] == offers.words["unit"][o]
    alike = needs.words["currency"][n] == offers.words["currency"][o]
    price = offers.numbers["price"][o]
    given = offers.numbers["quantity"][o] * left_of(needs, offers, n, o)
    quantity = np.where(same, np.minimum(needs.numbers["quantity"][n], given), np.nan)
    return price, np.where(alike, needs.numbers["price"][n], np.nan), quantity


def part_rows(found: Matches, pairs: Any) -> list[Row]:
    """Every part of the score of pairs, with the weight that it has and the reason for it."""
    rows = []
    for pair in np.asarray(pairs).tolist():
        need, offer = int(found.need[pair]), int(found.offer[pair])
        for part in PARTS:
            value = found.scores.parts[part][pair]
            rows.append({
                "need": found.needs.names[need], "offer": found.offers.names[offer], "part": part.replace("_", " "),
                "weight": _short(found.scorer.weights.parts[part]), "value": _short(value),
                "why": REASONS[part](found, pair, need, offer),
            })  # fmt: skip
        if found.scorer.risk is not None:
            rows.append(_risk_row(found, need, offer))
    return rows


def _risk_row(found: Matches, need: int, offer: int) -> Row:
    """What measured risk takes off the score of a pair, with the most that it can."""
    assert found.scorer.risk is not None
    weights, risk = found.scorer.weights, found.scorer.risk[offer : offer + 1]
    return {
        "need": found.needs.names[need], "offer": found.offers.names[offer], "part": "measured risk",
        "weight": _short(weights.parts["risk_spread"] + weights.parts["history"]),
        "value": _short(-risk_taken_off(risk, weights)[0]),
        "why": f"{risk[0]:.2f} times as risky as assumed by what lots tell; the value is taken off the score",
    }  # fmt: skip


def question_rows(found: Matches, pairs: Any) -> list[Row]:
    """What is to be asked before pairs agree."""
    columns = (column[pairs].tolist() for column in (found.need, found.offer, found.unknown))
    return [
        {"need": found.needs.names[need], "offer": found.offers.names[offer],
         "ask": found.offers.word("party", offer), "why": question}
        for need, offer, unknown in zip(*columns, strict=True)
        for question in questions(found.needs, found.offers, need, offer, unknown, found.terms)
    ]  # fmt: skip


def refusal_rows(found: Matches, need: int, most: int | None = None) -> list[Row]:
    """Refused offers of a need, the nearest miss first, each with all its reasons.

    most  at most so many; None for all of its kind
    """
    needs, offers, terms = found.needs, found.offers, found.terms
    refused = refusals(needs, offers, need, terms, most)
    return [
        {"need": needs.names[need], "offer": offers.names[offer], "offered_by": offers.word("party", offer),
         "why": ". ".join(reasons(needs, offers, need, offer, refused.states[:, place], terms))}
        for place, offer in enumerate(refused.offer.tolist())
    ]  # fmt: skip


def need_rows(found: Matches) -> list[Row]:
    """Each need with how many offers fit, how many were taken, and why the others of its kind were refused."""
    taken = np.bincount(found.need[found.taken], minlength=len(found.needs))
    rows = []
    for need, name in enumerate(found.needs.names):
        counts = zip(REQUIREMENTS, found.refused[need].tolist(), strict=True)
        told = ", ".join(f"{requirement.name} {count:,}" for requirement, count in counts if count)
        rows.append({
            "need": name, "needed_by": found.needs.word("party", need), "kind": found.needs.word("kind", need),
            "fit": int(found.fits[need]), "taken": int(taken[need]), "refused": told or None,
        })  # fmt: skip
    return rows


def alone(found: Matches) -> list[int]:
    """Needs that stand and that no offer fits, in their order."""
    out = {*found.past.tolist()}
    looked_at = found.fits + found.refused.sum(axis=1)
    return [need for need in range(len(found.needs)) if not found.fits[need] and need not in out and looked_at[need]]


def _short(value: Any) -> float | None:
    return None if np.isnan(value) else round(float(value), 3)


def _technical(found: Matches, pair: int, need: int, offer: int) -> str:
    total = int(asked(found.needs)[:, need].sum())
    open_ = (int(found.unknown[pair]) & ((1 << len(TECHNICAL)) - 1)).bit_count()
    said = [f"{total - open_} of {total} requirements shown"] if total else ["nothing technical is asked"]
    for column in ("class", "subclass", "product"):
        wanted, given = found.needs.word(column, need), found.offers.word(column, offer)
        if wanted and (column != "product" or found.needs.word("kind", need) == "chip"):
            same = found.needs.words[column][need] == found.offers.words[column][offer]
            said.append(f"{column} {wanted}" if same else f"{column} {given or 'not said'}, {wanted} needed")
    spare = found.needs.numbers["grade"][need] - found.offers.numbers["grade"][offer]
    if spare > 0:
        said.append(f"grade better by {spare:g} than needed")
    return "; ".join(said)


def _capacity(found: Matches, pair: int, need: int, offer: int) -> str:
    said = [
        f"{amount:,.10g} {side.word('unit', row)}s" if not np.isnan(amount) else "not said"
        for side, row in ((found.offers, offer), (found.needs, need))
        for amount in [side.numbers["quantity"][row]]
    ]
    booked = float(taken_off(found.needs, found.offers, np.array([need]), np.array([offer]))[0])
    said[0] += f" less {booked:,.10g} booked then" if booked else ""
    return f"a week: {said[0]} offered, {said[1]} needed"


def _lead_time(found: Matches, pair: int, need: int, offer: int) -> str:
    takes, wait = found.offers.numbers["lead_weeks"][offer], found.needs.numbers["lead_weeks"][need]
    return f"{_or_not_said(takes, ' weeks')}, waited at most: {_or_not_said(wait, ' weeks')}"


def _price(found: Matches, pair: int, need: int, offer: int) -> str:
    said = [
        _or_not_said(side.numbers["price"][row], f" {side.word('currency', row)} a {side.word('unit', row)}")
        for side, row in ((found.offers, offer), (found.needs, need))
    ]
    return f"{said[0]}, paid at most: {said[1]}"


def _risk_spread(found: Matches, pair: int, need: int, offer: int) -> str:
    sources = found.scorer.facts.sources[need]
    if not sources:
        return "who supplies it now is not known"
    return "supplied now by " + ", ".join(f"{party} ({region})" if region else party for party, region in sources)


def _history(found: Matches, pair: int, need: int, offer: int) -> str:
    parties = (found.needs.word("party", need), found.offers.word("party", offer))
    known = found.scorer.facts.dealings.get(parties)
    return known[1] if known else "no earlier dealings are known"


def _distance(found: Matches, pair: int, need: int, offer: int) -> str:
    km = found.scorer.distance_km(np.array([need]), np.array([offer]))[0]
    return "a site or its place is not known" if np.isnan(km) else f"{km:,.0f} km"


def _or_not_said(value: float, unit: str) -> str:
    return "not said" if np.isnan(value) else f"{value:,.10g}{unit}"


REASONS = {
    "technical": _technical, "capacity": _capacity, "lead_time": _lead_time, "price": _price,
    "risk_spread": _risk_spread, "history": _history, "distance": _distance,
}  # fmt: skip
"""Of each part of a score, what it was made of."""
