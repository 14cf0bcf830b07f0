"""What the chain tells of needs beside their rows: who supplies the product now, who delivered what was promised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.chain.chain import Chain
from corecar.chain.words import CHIP, STAGES
from corecar.match.sides import Side

Keys = npt.NDArray[np.int64]
Dealing = tuple[float, str]
"""What came of earlier dealings of two parties: 0 for nothing to 1 for all that was promised, and in words."""
WIDE = np.int64(1) << 32
OFFERED = {"test": ("sort", "test")}
"""Stages of a chain that an offer of a kind is for, where it is not the one of its name: wafers are tested, too."""


@dataclass(frozen=True)
class Facts:
    """What is known of needs and of pairs of parties.

    sources   of each need the parties and regions that supply its product now, as names; nothing where none is known
    parties   int64, sorted: need * 2^32 + code of a party that supplies it
    regions   int64, sorted: likewise of regions
    dealings  (party of the need, party of the offer) -> what came of it
    pairs     int64, sorted: code of a need's party * 2^32 + code of an offer's party; values: float64, of each
    """

    sources: list[list[tuple[str, str]]]
    parties: Keys
    regions: Keys
    dealings: Mapping[tuple[str, str], Dealing]
    pairs: Keys
    values: npt.NDArray[np.float64]

    def dealing(self, needs: Side, offers: Side, n: Keys, o: Keys) -> npt.NDArray[np.float64]:
        """What came of earlier dealings of pairs; NaN where there were none."""
        keys = needs.words["party"][n] * WIDE + offers.words["party"][o]
        place = np.searchsorted(self.pairs, keys)
        found = np.full(len(keys), np.nan)
        if len(self.pairs):
            hit = self.pairs[np.minimum(place, len(self.pairs) - 1)] == keys
            found[hit] = self.values[place[hit]]
        return found


def facts_of(chain: Chain, needs: Side, day: date, met: Mapping[tuple[str, str], Dealing] | None = None) -> Facts:
    """What a chain tells of its needs.

    day  deliveries of weeks before it count
    met  what came of earlier meetings of two parties; deliveries, where there were any, count before it
    """
    sources = _sources(chain, needs)
    word = needs.vocabulary.code
    parties = [n * WIDE + word("party", party) for n, found in enumerate(sources) for party, _ in found]
    regions = [n * WIDE + word("region", region) for n, found in enumerate(sources) for _, region in found if region]
    dealings = {**(met or {}), **_deliveries(chain, day)}
    keyed = {word("party", one) * WIDE + word("party", two): value for (one, two), (value, _) in dealings.items()}
    order = sorted(keyed)
    return Facts(
        sources, _sorted(parties), _sorted(regions), dealings, np.array(order, np.int64),
        np.array([keyed[key] for key in order], np.float64),
    )  # fmt: skip


def offered_risk(chain: Chain, offers: Side, factors: Mapping[str, float]) -> npt.NDArray[np.float64]:
    """How many times as risky as assumed each offer is, float64 of shape (offers,): the worst of its routes.

    factors  of routes, by `corecar.chain.route_risk`; 1 for every other

    Its routes are those of its party, at its site where it names one, of its product where it names one, at the stage
    that it offers; of a chip at any stage.
    """
    sites = {row["site"]: row["party"] for row in chain.sites.to_pylist()}
    routes = [row for row in chain.routes.to_pylist() if row["route"] in factors]
    found = np.ones(len(offers))
    columns = ("party", "kind", "product", "site")
    for offer, told in enumerate(zip(*(offers.table[name].to_pylist() for name in columns), strict=True)):
        party, kind, product, site = told
        own = [
            factors[row["route"]]
            for row in routes
            if sites.get(row["site"]) == party and (kind == CHIP or row["stage"] in OFFERED.get(kind, (kind,)))
            and product in (None, "", row["product"]) and site in (None, "", row["site"])
        ]  # fmt: skip
        found[offer] = max(own, default=1.0)
    return found


def _sorted(keys: Iterable[Any]) -> Keys:
    return np.unique(np.array(list(keys), np.int64))


def _sources(chain: Chain, needs: Side) -> list[list[tuple[str, str]]]:
    """Party and region of whoever has a route of the needed product at the needed stage; of a chip at any stage."""
    sites = {row["site"]: (row["party"], row["region"] or "") for row in chain.sites.to_pylist()}
    routes: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
    columns = (chain.routes[name].to_pylist() for name in ("product", "stage", "site"))
    for product, stage, site in zip(*columns, strict=True):
        for kind in (stage, CHIP):
            routes.setdefault((product, kind), {})[sites[site]] = None
    known = {CHIP, *STAGES[CHIP]}
    columns = (needs.table[name].to_pylist() for name in ("product", "kind"))
    return [
        list(routes.get((product, kind), ())) if product and kind in known else []
        for product, kind in zip(*columns, strict=True)
    ]


def _deliveries(chain: Chain, day: date) -> dict[tuple[str, str], Dealing]:
    """Delivered of promised pieces of each customer and supplier, over weeks that are past."""
    names = ("customer", "supplier", "week", "committed", "delivered")
    promised: dict[tuple[str, str], list[float]] = {}
    for customer, supplier, week, committed, delivered in zip(
        *(chain.demand[name].to_pylist() for name in names), strict=True
    ):
        if customer and supplier and committed and delivered is not None and week < day:
            sums = promised.setdefault((customer, supplier), [0.0, 0.0])
            sums[0] += min(delivered, committed)
            sums[1] += committed
    return {pair: (got / of, f"{got:,.10g} of {of:,.10g} promised pieces came") for pair, (got, of) in promised.items()}
