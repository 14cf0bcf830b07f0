"""Needs held against offers: what fits, how well, and which pairs to take."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt

from corecar.chain.chain import Chain
from corecar.errors import ArgumentError, NotFound
from corecar.faults import meant
from corecar.match.assignment import Market, largest, stable
from corecar.match.booked import Booked, with_booked
from corecar.match.facts import Dealing, facts_of, offered_risk
from corecar.match.filtering import Block, blocks, fitting
from corecar.match.requirements import MISSED, REQUIREMENTS, UNKNOWN, Rows, Terms, left_of
from corecar.match.scoring import Scorer, Scores
from corecar.match.sides import Side, sides
from corecar.match.weights import Weights, read_weights

Method = Literal["largest", "stable"]
By = Literal["partners", "quantity"]
Floats = npt.NDArray[np.float64]
HELD = 500_000
"""Fitting pairs that are taken in before all but the best of each need and offer are let go."""
FITS = 1e-6
"""What a pair counts beside its score, so that one of which nothing but its fitting is known is taken too."""
STEPS = 1 << 30
"""Into which scores are put while the best are looked for."""
THREADS = 2
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Ways:
    """How pairs are chosen.

    method      `largest`: the largest sum of scores; `stable`: no two would rather have each other
    by          what is assigned: `partners`, each with at most so many; or `quantity`, each up to its own
    per_need    partners of a need at most; per_offer: of an offer
    keep        fitting pairs that are looked at: the best so many of each need and of each offer
    """

    method: Method = "largest"
    by: By = "partners"
    per_need: int = 3
    per_offer: int = 3
    keep: int = 12

    def __post_init__(self) -> None:
        for name in ("per_need", "per_offer", "keep"):
            if getattr(self, name) < 1:
                raise ArgumentError(f"{name}={getattr(self, name)}: expected 1 or more.")


@dataclass(frozen=True)
class Matches:
    """What came of it.

    needs, offers  the two sides
    scorer, terms  what pairs were held against
    ways           how they were chosen
    need, offer    int64, shape (pairs,): the pairs that were looked at, by need, the best first
    unknown        int64: bit r is set where requirement r is an open question
    scores         of these pairs
    amount         int64: what was assigned, 0 where the pair was not taken
    fits           int64, shape (needs,): offers that fulfil all requirements
    refused        int64, shape (needs, requirements): offers of the kind by the first requirement that they miss
    past           int64: needs that stood only until before the day, which were left out
    """

    needs: Side
    offers: Side
    scorer: Scorer
    terms: Terms
    ways: Ways
    need: Rows
    offer: Rows
    unknown: Rows
    scores: Scores
    amount: Rows
    fits: Rows
    refused: Rows
    past: Rows

    @property
    def taken(self) -> Rows:
        """The pairs that were taken, the best first."""
        rows = np.flatnonzero(self.amount)
        return rows[np.lexsort((rows, -self.scores.score[rows]))]

    def of_need(self, name: str) -> Rows:
        """The pairs of a need, the best first. Raises NotFound."""
        return np.flatnonzero(self.need == self.row_of(name))

    def row_of(self, name: str) -> int:
        """The row of a need. Raises NotFound with the name that may be meant."""
        if name not in self.needs.names:
            raise NotFound(f'no need is called "{name}". {meant(name, self.needs.names)}'.rstrip())
        return self.needs.names.index(name)


def match(
    chain: Chain,
    *,
    day: date,
    weights: Weights | None = None,
    ways: Ways | None = None,
    kinds: Collection[str] = (),
    met: Mapping[tuple[str, str], Dealing] | None = None,
    risks: Mapping[str, float] | None = None,
    booked: Booked | None = None,
) -> Matches:
    """Hold the needs of a chain against its offers.

    chain    its offers, needs, products, sites, routes, demand
    day      on which needs and offers have to stand
    weights  of the parts of a score; those that are shipped by default
    kinds    only needs of these kinds; all without any
    met      what came of earlier meetings of two parties
    risks    how many times as risky as assumed routes are, by `corecar.chain.route_risk`; None: as assumed
    booked   what is booked of offers already, by week: it is not there for any need
    Returns  the same for the same facts, whatever their order in files

    >>> match(Chain({}), day=date(2027, 1, 4)).taken.tolist()
    []
    """
    weights, ways = weights or read_weights(), ways or Ways()
    needs, offers = sides(chain)
    offers = with_booked(offers, booked or {})
    terms = Terms((day - EPOCH).days, weights.rules["least_share"])
    risk = None if risks is None else offered_risk(chain, offers, risks)
    scorer = Scorer(needs, offers, facts_of(chain, needs, day, met), weights, risk)
    past = np.flatnonzero(needs.numbers["valid_until"] < terms.day)
    looked_at = np.ones(len(needs), bool)
    looked_at[past] = False
    if kinds:
        looked_at &= np.isin(needs.words["kind"], [needs.vocabulary.code("kind", kind) for kind in kinds])
    fits = np.zeros(len(needs), np.int64)
    refused = np.zeros((len(needs), len(REQUIREMENTS)), np.int64)
    need, offer = _kept_pairs(scorer, terms, looked_at, ways.keep, fits, refused)
    unknown = _open(needs, offers, need, offer, terms)
    scores = scorer.scores(need, offer, unknown)
    order = np.lexsort((offer, -scores.score, need))
    need, offer, unknown = need[order], offer[order], unknown[order]
    scores = scorer.scores(need, offer, unknown)
    amount = _assigned(needs, offers, need, offer, scores, ways)
    return Matches(needs, offers, scorer, terms, ways, need, offer, unknown, scores, amount, fits, refused, past)


@dataclass(frozen=True)
class _Piece:
    need: Rows
    offer: Rows
    score: Floats
    offer_score: Floats

    def where(self, kept: npt.NDArray[np.bool_]) -> _Piece:
        return _Piece(self.need[kept], self.offer[kept], self.score[kept], self.offer_score[kept])


class _Kept:
    """The best pairs of each need and of each offer, while pieces come in.

    bar  float64, shape (offers,): as many pairs of the offer as are kept are known to be this good
    """

    def __init__(self, offers: int, keep: int) -> None:
        self.keep = keep
        self.bar = np.full(offers, -np.inf)
        self.held: list[_Piece] = []
        self.count = 0

    def sifted(self, piece: _Piece) -> _Piece:
        """A piece without pairs that cannot be kept; all pairs of its needs are in it."""
        kept = _is_among_best(piece.need, piece.score, piece.offer, self.keep)
        return piece.where(kept | (piece.offer_score >= self.bar[piece.offer]))

    def take(self, piece: _Piece) -> None:
        self.held.append(piece)
        self.count += len(piece.need)
        if self.count > HELD:
            self.best()

    def best(self) -> _Piece:
        """What is kept of all that came in."""
        names = ("need", "offer", "score", "offer_score")
        whole = _Piece(*(np.concatenate([getattr(one, name) for one in self.held]) for name in names))
        of_offer = _is_among_best(whole.offer, whole.offer_score, whole.need, self.keep)
        full = np.bincount(whole.offer[of_offer], minlength=len(self.bar)) == self.keep
        least = np.full(len(self.bar), np.inf)
        np.minimum.at(least, whole.offer[of_offer], whole.offer_score[of_offer])
        self.bar[full] = least[full]
        whole = whole.where(of_offer | _is_among_best(whole.need, whole.score, whole.offer, self.keep))
        self.held, self.count = [whole], 0
        return whole


def _kept_pairs(
    scorer: Scorer, terms: Terms, looked_at: npt.NDArray[np.bool_], keep: int, fits: Rows, refused: Rows
) -> tuple[Rows, Rows]:
    """The best fitting pairs of each need and offer, by their scores; how many fit and why others do not is noted on
    the way."""
    needs, offers = scorer.needs, scorer.offers
    kept = _Kept(len(offers), keep)

    def work(block: Block) -> list[_Piece]:
        pieces = []
        for found in fitting(needs, offers, block, terms):
            refused[found.rows] = found.refused
            fits[found.rows] = np.bincount(found.need, minlength=len(needs))[found.rows]
            ranks = scorer.ranks(found.need, found.offer, found.unknown)
            pieces.append(kept.sifted(_Piece(found.need, found.offer, *ranks)))
        return pieces

    with ThreadPoolExecutor(THREADS) as pool:
        for pieces in pool.map(work, blocks(needs, offers, looked_at)):
            for piece in pieces:
                kept.take(piece)
    if not kept.held:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    whole = kept.best()
    return whole.need, whole.offer


def _is_among_best(of: Rows, score: Floats, other: Rows, keep: int) -> npt.NDArray[np.bool_]:
    """Whether each pair is among so many best of its one side; of equal scores those with the first of the other."""
    near = np.flatnonzero(_may_be_among_best(of, score, keep))
    order = near[np.lexsort((other[near], -score[near], of[near]))]
    ordered = of[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    place = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    found = np.zeros(len(of), bool)
    found[order[place < keep]] = True
    return found


def _may_be_among_best(of: Rows, score: Floats, keep: int) -> npt.NDArray[np.bool_]:
    """The same with scores in steps, so that one sort of whole numbers does: no pair of the best is missing."""
    if not len(of):
        return np.zeros(0, bool)
    best = score.max()
    steps = (best - score) * (STEPS / max(best - score.min(), np.finfo(np.float64).tiny * STEPS))
    keys = of * (2 * STEPS) + steps.astype(np.int64)
    ordered = np.sort(keys)
    starts = np.flatnonzero(np.diff(ordered // (2 * STEPS), prepend=-1))
    last = np.minimum(starts + keep, np.append(starts[1:], len(ordered))) - 1
    worst = np.zeros(int(ordered[-1] // (2 * STEPS)) + 1, np.int64)
    worst[ordered[starts] // (2 * STEPS)] = ordered[last]
    return np.asarray(keys <= worst[of])


def _open(needs: Side, offers: Side, n: Rows, o: Rows, terms: Terms) -> Rows:
    """The requirements that are open questions of pairs, a bit each."""
    found = np.zeros(len(n), np.int64)
    for place, requirement in enumerate(REQUIREMENTS):
        state = requirement.judge(needs, offers, n, o, terms).state
        assert not (state == MISSED).any()
        found |= (state == UNKNOWN).astype(np.int64) << place
    return found


def _assigned(needs: Side, offers: Side, n: Rows, o: Rows, scores: Scores, ways: Ways) -> Rows:
    if ways.by == "partners":
        rows = np.arange(len(n))
        wants, gives = np.full(len(needs), ways.per_need), np.full(len(offers), ways.per_offer)
        market = Market(n, o, np.ones(len(n), np.int64), wants, gives)
    else:
        market, rows = _by_quantity(needs, offers, n, o)
    found = np.zeros(len(n), np.int64)
    score = scores.score[rows]
    found[rows] = (
        largest(market, score + FITS) if ways.method == "largest" else stable(market, score, scores.offer[rows])
    )
    return found


def _by_quantity(needs: Side, offers: Side, n: Rows, o: Rows) -> tuple[Market, Rows]:
    """A market of quantities, and the pairs that can be counted in one unit; where neither side says a quantity, such
    as in research, the pair counts as one."""
    (wants, of_need), (gives, of_offer) = counted(needs), counted(offers)
    rows = np.flatnonzero(of_need[n] == of_offer[o])
    if offers.booked:
        gives = gives - _most_booked(needs, offers, n[rows], o[rows], gives)
    most = np.minimum(wants[n[rows]], gives[o[rows]])
    return Market(n[rows], o[rows], most, wants, gives), rows


def _most_booked(needs: Side, offers: Side, n: Rows, o: Rows, gives: Rows) -> Rows:
    """Of each offer's whole quantity what is booked in the weeks of any of these needs, int64 of the offers' shape."""
    share = 1.0 - left_of(needs, offers, n, o)
    most = np.zeros(len(offers))
    np.maximum.at(most, o, share)
    return np.ceil(most * gives - 1e-9).astype(np.int64)


def counted(side: Side) -> tuple[Rows, Rows]:
    """Whole quantities of rows and the unit that they are counted in, as a code of its own: wafers of a wafer offer or
    need as wafers, all else as pieces where it can be told; 1 without a unit where nothing is said."""
    hour, wafer, piece = (side.vocabulary.code("unit", unit) for unit in ("hour", "wafer", "piece"))
    of_wafers = side.words["kind"] == side.vocabulary.code("kind", "wafer")
    quantity = side.numbers["quantity"]
    as_is = (side.words["unit"] == hour) | (of_wafers & (side.words["unit"] == wafer)) | np.isnan(side.pieces)
    amount = np.where(as_is, quantity, side.pieces)
    unit = np.where(as_is, side.words["unit"], piece)
    silent = np.isnan(quantity)
    return (
        np.where(silent, 1, np.floor(np.nan_to_num(amount))).astype(np.int64),
        np.where(silent, -1, unit).astype(np.int64),
    )
