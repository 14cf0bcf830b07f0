"""Maximum call-offs of signed volumes as caps on what their suppliers' routes give or start.

Pieces bear no customer's name. So a cap counts all that the routes do, and lets pass besides what memoranda allow all
that others ask of the same routes. It counts from the first week on that a memorandum speaks of: what was not taken
may be taken later. Demand that only the memoranda's suppliers finish is cut before (`corecar.network.agreements`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from corecar.network.arrays import Flags, Floats, Floor
from corecar.network.claims import Book, Claim
from corecar.network.promises import price_of_breach, serving

AT_MOST = "at most,"
"""Ends the name of a volume in the clause of a cap."""


def caps_of(book: Book, asked: Sequence[Floats]) -> tuple[list[Floor], list[str]]:
    """Caps as floors below 0, and sentences: what is asked for above a maximum, and which maximum is not planned by.

    asked  of each claim, as of `Book.asked`
    """
    alike: dict[Any, list[int]] = defaultdict(list)
    for number, claim in enumerate(book.claims):
        if claim.kind != "supplied":
            alike[claim.counts].append(number)
    floors: list[Floor] = []
    told: list[str] = []
    for numbers in alike.values():
        claims = [book.claims[number] for number in numbers]
        shared = _shared(book, claims)
        if shared:
            told.append(f"{claims[-1].volume.clause}: others take in {shared} too, so its maximum is not planned by")
            continue
        floors += _caps(book, claims)
        for number in numbers:
            told += _beyond(book, book.claims[number], asked[number])
    return floors, told


def _shared(book: Book, claims: Sequence[Claim]) -> str:
    """A product of which others than a customer take in some, where no demand says how much; empty where none is."""
    parents: dict[str, set[str]] = defaultdict(set)
    for parent, child in zip(*(book.chain.bills[name].to_pylist() for name in ("parent", "child")), strict=True):
        parents[child].add(parent)
    made, of = book.network.activities, book.network.items.product
    products = sorted({of[int(made.output[row])] for row in claims[0].routes})
    for claim in claims:
        customer = claim.volume.customer
        if customer in book.network.demands.customer:
            continue
        into = serving(book.chain, book.network, customer)[1]
        for product in products:
            if book.suppliers.seller.get(product) != customer and not parents[product] <= into:
                return product
    return ""


def _caps(book: Book, claims: Sequence[Claim]) -> Iterator[Floor]:
    network, last = book.network, claims[-1]
    told: Flags = np.any([claim.agreed.told for claim in claims], axis=0)
    first, sums = int(np.argmax(told)), np.zeros(network.weeks)
    allowed = np.where(told, sum(claim.agreed.most for claim in claims), 0.0) + _of_others(book, claims)
    sums[first:] = np.cumsum(allowed[first:])
    price = price_of_breach(network)
    for week in np.flatnonzero(told).tolist():
        clause = f"{last.volume.name} {AT_MOST} for {network.week_name(week)}"
        floor = last.floor(clause, range(first, week + 1), 0.0, price)
        yield _turned(floor, last.weights, float(sums[week]))


def _turned(floor: Floor, weights: Sequence[float], most: float) -> Floor:
    """A promise of no more than so much, of a promise that counts the same."""
    return replace(floor, weights=tuple(-weight for weight in weights), least=-most)


def _of_others(book: Book, claims: Sequence[Claim]) -> Floats:
    """What is asked of the claims' routes by demand that no claim binds in that week."""
    network, routes = book.network, claims[0]
    rows = [serving(book.chain, network, claim.volume.customer)[0] for claim in claims]
    bound = {row for own in rows for row in own}
    others = [row for row in range(len(network.demands)) if row not in bound]
    found = book.asked_in_all(routes, others) if others else np.zeros(network.weeks)
    for claim, own in zip(claims, rows, strict=True):
        if not claim.agreed.told.all():
            found = found + np.where(claim.agreed.told, 0.0, book.asked_in_all(routes, own))
    return found


def _beyond(book: Book, claim: Claim, asked: Floats) -> Iterator[str]:
    """A sentence on what is asked for above the maximum of a claim."""
    above = np.where(claim.agreed.told, asked - claim.agreed.most, 0.0)
    weeks = np.flatnonzero(above > 1e-6 * (1.0 + claim.agreed.most)).tolist()
    if weeks:
        span = f"{book.network.week_name(weeks[0])} to {book.network.week_name(weeks[-1])}"
        more = f"{float(above[weeks].sum()):,.1f}".removesuffix(".0")
        yield f"{claim.volume.clause}: {more} {claim.volume.unit}s are asked for above its maximum call-off, {span}"
