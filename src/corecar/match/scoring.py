"""The score of a pair: seven named parts from 0 to 1, each a plain formula; what is not known counts nothing.

score    = sum of weight x part over the parts that are known
at best  = the same with 1 for every part that is not, and every open question answered well

Where lots tell that the offer's routes are riskier than assumed, both lose what risk can give, the weights of risk
spread and history, times 1 - 1 / factor (`corecar.chain.route_risk`); neither falls below 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corecar.chain.words import CHIP
from corecar.match.facts import WIDE, Facts
from corecar.match.requirements import TECHNICAL, Rows, asked, share_of
from corecar.match.sides import Side, is_said
from corecar.match.weights import OFFER_PARTS, PARTS, Weights

Floats = npt.NDArray[np.float64]
EARTH_KM = 6371.0


@dataclass(frozen=True)
class Scores:
    """Scores of pairs.

    parts    part -> float64, shape (pairs,); NaN where it is not known
    score    float64: what is known of them, weighted
    at_best  float64: what it may come to
    offer    float64: how the offer ranks the need
    """

    parts: dict[str, Floats]
    score: Floats
    at_best: Floats
    offer: Floats


@dataclass(frozen=True)
class Scorer:
    """What is needed to score pairs of two sides.

    risk  float64, shape (offers,): how many times as risky as assumed the routes of each are; None where nobody asks
    """

    needs: Side
    offers: Side
    facts: Facts
    weights: Weights
    risk: Floats | None = None

    def scores(self, n: Rows, o: Rows, unknown: Rows) -> Scores:
        """The scores of pairs.

        n, o     int64, shape (pairs,): rows of needs and offers
        unknown  int64: bit r is set where requirement r is an open question
        """
        technical, hopeful = self._technical(n, o, unknown)
        share = share_of(self.needs, self.offers, n, o)
        history, distance = self.facts.dealing(self.needs, self.offers, n, o), self._distance(n, o)
        parts = {
            "technical": technical,
            "capacity": np.minimum(share, 1.0),
            "lead_time": self._lead_time(n, o),
            "price": self._price(n, o),
            "risk_spread": self._risk_spread(n, o),
            "history": history,
            "distance": distance,
        }
        with np.errstate(divide="ignore"):
            use = np.minimum(1 / share, 1.0)
        margin = np.clip(self._price_share(n, o, turned=True) - 0.5, 0, 1)
        side = {"use": use, "margin": margin, "history": history, "distance": distance}
        best = {**parts, "technical": hopeful}
        return Scores(
            parts,
            self._less_risk(weighted(parts, self.weights.parts, PARTS, 0.0), o),
            self._less_risk(weighted(best, self.weights.parts, PARTS, 1.0), o),
            weighted(side, self.weights.offer, OFFER_PARTS, 0.0),
        )

    def ranks(self, n: Rows, o: Rows, unknown: Rows) -> tuple[Floats, Floats]:
        """`score` and `offer` alone of the `scores` of pairs."""
        found = self.scores(n, o, unknown)
        return found.score, found.offer

    def _less_risk(self, score: Floats, o: Rows) -> Floats:
        """A score less what the measured risk of the offer takes off."""
        if self.risk is None:
            return score
        return np.asarray(np.maximum(score - taken_off(self.risk[o], self.weights), 0.0))

    def _technical(self, n: Rows, o: Rows, unknown: Rows) -> tuple[Floats, Floats]:
        """Requirements shown of requirements asked, class, subclass and a chip's product among them; the same with
        open questions answered well. A grade better than needed takes a little off."""
        needs, offers = self.needs, self.offers
        total = asked(needs).sum(axis=0)[n].astype(np.float64)
        open_ = np.bitwise_count(unknown & ((1 << len(TECHNICAL)) - 1)).astype(np.float64)
        shown = total - open_
        for column in ("class", "subclass", "product"):
            wanted, given = needs.words[column][n], offers.words[column][o]
            counts = is_said(wanted)
            if column == "product":
                counts &= needs.words["kind"][n] == needs.vocabulary.code("kind", CHIP)
            total += counts
            shown += counts & (wanted == given)
            open_ += counts & ~is_said(given)
        spare = needs.numbers["grade"][n] - offers.numbers["grade"][o]
        off = self.weights.rules["better_grade"] * np.nan_to_num(spare)
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = (np.where(total > 0, np.maximum(a / total - off, 0), np.nan) for a in (shown, shown + open_))
        return low, high

    def _lead_time(self, n: Rows, o: Rows) -> Floats:
        """1 for at once, `overdue` for just as long as can be waited, 0 for twice as long or more."""
        wait, takes = self.needs.numbers["lead_weeks"][n], self.offers.numbers["lead_weeks"][o]
        return _fallen(takes, wait, self.weights.rules["overdue"])

    def _price_share(self, n: Rows, o: Rows, *, turned: bool = False) -> Floats:
        """Asked by highest paid price, or turned round; NaN for other currencies and units."""
        needs, offers = self.needs, self.offers
        same = is_said(needs.words["currency"][n]) & (needs.words["currency"][n] == offers.words["currency"][o])
        same &= needs.words["unit"][n] == offers.words["unit"][o]
        paid, price = needs.numbers["price"][n], offers.numbers["price"][o]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = paid / price if turned else price / paid
        return np.where(same & (paid > 0) & (price > 0), share, np.nan)

    def _price(self, n: Rows, o: Rows) -> Floats:
        """1 for nothing, `at_limit` at the highest that is paid, 0 at twice that and above."""
        share = self._price_share(n, o)
        return _fallen(share, np.ones_like(share), self.weights.rules["at_limit"])

    def _risk_spread(self, n: Rows, o: Rows) -> Floats:
        """1 for a party and a region that do not supply the product yet, one half for a new party in a region that
        does or is not known, 0 for a party that does; not known where nobody is known to supply it."""
        known = np.array([bool(found) for found in self.facts.sources], bool)
        party = _is_in(n * WIDE + self.offers.words["party"][o], self.facts.parties)
        region = _is_in(n * WIDE + self.offers.region[o], self.facts.regions) | ~is_said(self.offers.region[o])
        return np.where(known[n] if len(known) else False, np.where(party, 0.0, np.where(region, 0.5, 1.0)), np.nan)

    def _distance(self, n: Rows, o: Rows) -> Floats:
        return 1 / (1 + self.distance_km(n, o) / self.weights.rules["distance_km"])

    def distance_km(self, n: Rows, o: Rows) -> Floats:
        """Great-circle distance between the two sites [km]; NaN where a place is not known."""
        (lat, lon), (lat2, lon2) = np.radians(self.needs.place[n]).T, np.radians(self.offers.place[o]).T
        half = np.sin((lat2 - lat) / 2) ** 2 + np.cos(lat) * np.cos(lat2) * np.sin((lon2 - lon) / 2) ** 2
        return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def taken_off(risk: Floats, weights: Weights) -> Floats:
    """What risk takes off a score; 0 for routes that are as risky as assumed, or less.

    risk  float64: how many times as risky as assumed
    """
    most = weights.parts["risk_spread"] + weights.parts["history"]
    return np.asarray(most * (1.0 - 1.0 / np.maximum(risk, 1.0)))


def _is_in(keys: Rows, among: Rows) -> npt.NDArray[np.bool_]:
    if not len(among):
        return np.zeros(len(keys), bool)
    return np.asarray(among[np.minimum(np.searchsorted(among, keys), len(among) - 1)] == keys)


def _fallen(value: Floats, limit: Floats, there: float) -> Floats:
    """From 1 at nothing straight to `there` at the limit, and on to 0 at twice the limit.

    >>> _fallen(np.array([0.0, 5.0, 10.0, 15.0, 30.0]), np.array(10.0), 0.5).tolist()
    [1.0, 0.75, 0.5, 0.25, 0.0]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(limit > 0, value / limit, np.where(value > 0, 2.0, 0.0) + 0 * value + 0 * limit)
    below, above = 1 - (1 - there) * share, there * (2 - share)
    return np.where(np.isnan(share), np.nan, np.clip(np.where(share <= 1, below, above), 0, 1))


def weighted(parts: dict[str, Floats], weights: dict[str, float], names: tuple[str, ...], missing: float) -> Floats:
    """Parts times weights, summed in their order; a part that is not known counts as `missing`."""
    total = np.zeros_like(parts[names[0]])
    for name in names:
        total = total + weights[name] * np.nan_to_num(parts[name], nan=missing)
    return total
