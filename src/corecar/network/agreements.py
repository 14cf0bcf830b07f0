"""What signed memoranda promise, in a network: agreed volumes as soft floors, maximum call-offs as caps.

A volume counts its supplier's own routes alone, in its own unit (`corecar.network.claims`). It is a floor on what its
customer is supplied where the supplier alone finishes that; else on what the supplier's routes give in time, or, of
hours and of capacity groups, on what is started there. What is agreed above the demand is no promise, and is told;
what is wanted above the maximum is not planned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.chain.chain import Chain
from corecar.chain.weeks import week_name
from corecar.chain.words import HOUR
from corecar.network.agreed_caps import caps_of
from corecar.network.arrays import Floats, Floor, Network
from corecar.network.claims import Book, Claim
from corecar.network.from_chain import network_of
from corecar.network.promises import NOTHING, price_of_breach
from corecar.network.signed import SignedVolume

__all__ = ["SignedVolume", "with_caps", "with_signed", "within_maxima"]

Key = tuple[str, str, str]


def with_caps(chain: Chain, network: Network, volumes: Iterable[Mapping[str, Any]]) -> tuple[Chain, list[str]]:
    """A chain without what customers want above the maxima of their memoranda, and a sentence for each such week.

    That is demand that no other supplier can finish. Maxima of several memoranda on one product add up; rows of one
    week are cut in one proportion. A sentence begins with every clause that it is of.
    network  of the chain; volumes  as of `SignedVolume.kept`
    """
    several = [*volumes]
    most = _maxima(Book(chain, network, several)) if several else {}
    rows = chain.demand.to_pylist() if most else []
    wanted: dict[Key, float] = defaultdict(float)
    for row in rows:
        wanted[_key(row)] += row["quantity"]
    above = {key: pieces for key, pieces in wanted.items() if key in most and pieces > most[key].pieces + NOTHING}
    if not above:
        return chain, []
    part = {key: most[key].pieces / pieces for key, pieces in above.items()}
    quantity = [row["quantity"] * part.get(_key(row), 1.0) for row in rows]
    table, column = chain.demand, chain.demand.schema.get_field_index("quantity")
    field = table.schema.field(column)
    capped = Chain({**chain.tables, "demand": table.set_column(column, field, pa.array(quantity, field.type))})
    return capped, [_cut(key, most[key], above[key]) for key in sorted(above)]


@dataclass(frozen=True)
class Maximum:
    """What may be called off of a demand in a week in all, in pieces, and the clauses that say so."""

    pieces: float
    clauses: tuple[str, ...]


def _cut(key: Key, most: Maximum, wanted: float) -> str:
    """A sentence on what is wanted above a maximum."""
    product, customer, week = key
    more = f"{', '.join(most.clauses)}: {amount(wanted - most.pieces)} pieces of {product} for {customer}"
    if len(most.clauses) == 1:
        return f"{more} are wanted above its maximum call-off, {week}"
    return f"{more} are wanted above their maximum call-offs, {week}"


def _key(row: Mapping[str, Any]) -> Key:
    week = row["week"]
    return row["product"], row["customer"] or "", week if isinstance(week, str) else week_name(week)


def _maxima(book: Book) -> dict[Key, Maximum]:
    """What may be called off of demands, in weeks in which memoranda bind all that finishes the product."""
    found: dict[Key, Maximum] = {}
    own = [claim for claim in book.claims if not claim.volume.stage and claim.volume.unit != HOUR]
    for product, customer in dict.fromkeys(book.keys):
        claims = [each for each in own if (each.volume.product, each.volume.customer) == (product, customer)]
        makers = set(book.suppliers.makers(product).tolist()) if claims else set()
        for week in range(book.network.weeks):
            told = [each for each in claims if each.agreed.told[week]]
            if told and makers == {row for each in told for row in each.routes}:
                pieces = sum(float(each.agreed.most[week]) / float(np.mean(each.weights)) for each in told)
                clauses = tuple(sorted(each.volume.clause for each in told))
                found[product, customer, book.network.week_name(week)] = Maximum(pieces, clauses)
    return found


def within_maxima(chain: Chain, network: Network, volumes: Iterable[Mapping[str, Any]]) -> tuple[Chain, Network]:
    """A chain and its network without what customers want above the maxima of their memoranda, over the same weeks."""
    capped, beyond = with_caps(chain, network, volumes)
    if capped is chain:
        return chain, network
    first = network.monday(0).astype(date)
    made = network_of(capped, first_week=first, weeks=network.weeks, sound=True)
    return capped, replace(made, left_out=(*made.left_out, *beyond))


def with_signed(chain: Chain, network: Network, volumes: Iterable[Mapping[str, Any]]) -> Network:
    """A network with signed volumes as further floors and caps; what of them is no promise is told as left out.

    volumes  as of `SignedVolume.kept`, those that come first kept first where several count the same
    """
    several = [*volumes]
    if not several:
        return network
    book = Book(chain, network, several)
    asked = [book.asked(claim) for claim in book.claims]
    promised = _promised(book.claims, asked)
    floors: list[Floor] = []
    told = [*book.left_out]
    before: dict[Any, Floats] = defaultdict(lambda: np.zeros(network.weeks))
    for claim, least in zip(book.claims, promised, strict=True):
        floors += _floors(claim, least, before[claim.counts], network)
        before[claim.counts] = before[claim.counts] + least
        told += _not_asked(claim, least, network)
    caps, beyond = caps_of(book, asked)
    return replace(
        network, floors=(*network.floors, *floors, *caps), left_out=(*network.left_out, *told, *beyond)
    )  # fmt: skip


def _promised(claims: Sequence[Claim], asked: Sequence[Floats]) -> list[Floats]:
    """What each claim promises week by week: what is agreed, of what is asked a part where all together ask for less.

    Several suppliers may have agreed on more than their customer wants; each then promises the same part of its own.
    Volumes that count the same routes in different units say the same twice, and do not add up.
    """
    cover = [_over(claim.agreed.agreed, wanted) for claim, wanted in zip(claims, asked, strict=True)]
    by_unit: dict[tuple[Any, ...], dict[Any, dict[str, Floats]]] = defaultdict(lambda: defaultdict(dict))
    for claim, part in zip(claims, cover, strict=True):
        units = by_unit[claim.subject][claim.routes]
        units[claim.volume.unit] = units.get(claim.volume.unit, np.zeros(len(part))) + part
    total = {
        subject: np.sum([np.max([*units.values()], axis=0) for units in routes.values()], axis=0)
        for subject, routes in by_unit.items()
    }
    return [
        np.asarray(part / np.maximum(total[claim.subject], 1.0) * wanted)
        for claim, part, wanted in zip(claims, cover, asked, strict=True)
    ]


def _over(agreed: Floats, asked: Floats) -> Floats:
    """How many times what is asked is agreed; 0 where nothing is asked."""
    return np.where(asked > NOTHING, agreed / np.where(asked > NOTHING, asked, 1.0), 0.0)


def _floors(claim: Claim, least: Floats, before: Floats, network: Network) -> Iterator[Floor]:
    """A floor of the sum since the first week of a promise; `before` is what counts the same and comes first."""
    both = least + before
    sums, price = np.cumsum(both), price_of_breach(network)
    first = int(np.argmax(both > NOTHING))
    for week in np.flatnonzero(least > NOTHING).tolist():
        clause = f"{claim.volume.name} for {network.week_name(week)}"
        yield claim.floor(clause, range(first, week + 1), float(sums[week]), price)


def _not_asked(claim: Claim, least: Floats, network: Network) -> Iterator[str]:
    """A sentence on what is agreed and no promise, since no demand asks for it."""
    agreed, volume = claim.agreed.agreed, claim.volume
    if agreed.any() and not (least > NOTHING).any():
        yield f"{volume.clause}: no demand of the horizon is for it"
        return
    above = np.flatnonzero(agreed - least > 1e-6 * (1.0 + agreed))
    if len(above):
        weeks = f"{network.week_name(int(above[0]))} to {network.week_name(int(above[-1]))}"
        missing = amount(float((agreed - least)[above].sum()))
        yield f"{volume.clause}: of {amount(float(agreed.sum()))} {volume.unit}s {missing} are not asked for, {weeks}"


def amount(value: float) -> str:
    """A quantity for a sentence, to a tenth."""
    return f"{value:,.1f}".removesuffix(".0")
