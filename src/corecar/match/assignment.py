"""Which of the fitting pairs to take, many to many: the largest sum of scores, or so that no pair would rather leave.

Both take amounts on either side, partners or quantities, and give whole amounts.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError
from corecar.program import Entries, Program, by_rows
from corecar.solve import solve

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
BATCH = 4_000
"""Pairs from which parts of the market that have nothing in common are solved one by one, not together."""


@dataclass(frozen=True)
class Market:
    """Pairs between which amounts are assigned.

    need, offer  int64, shape (pairs,): who; no pair stands twice
    most         int64, shape (pairs,): the largest amount of a pair
    wants        int64, shape (needs,): the amount that each need takes at most
    gives        int64, shape (offers,): the amount that each offer has
    """

    need: Whole
    offer: Whole
    most: Whole
    wants: Whole
    gives: Whole

    def __post_init__(self) -> None:
        if len(self.need) and len(np.unique(self.need * len(self.gives) + self.offer)) < len(self.need):
            raise ArgumentError("a pair stands twice among the pairs to assign. Give each pair once.")

    def __len__(self) -> int:
        return len(self.need)


def largest(market: Market, score: Floats) -> Whole:
    """Amounts with the largest sum of score x amount: a flow from offers to needs, whole by its structure.

    score    float64, shape (pairs,), at least 0
    Returns  int64, shape (pairs,)
    Source   transportation problem; its rows are totally unimodular, so every vertex is whole
    """
    found = np.zeros(len(market), np.int64)
    for pairs in _parts(market):
        found[pairs] = _flow(market, score, pairs)
    return found


def _parts(market: Market) -> Iterator[Whole]:
    """Pairs of which no need or offer is in another part; small parts together."""
    if not len(market):
        return
    if len(market) <= BATCH:
        yield np.arange(len(market))
        return
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = len(market.wants) + len(market.gives)
    graph = coo_array((np.ones(len(market)), (market.need, market.offer + len(market.wants))), shape=(size, size))
    label = connected_components(graph, directed=False)[1][market.need]
    order = np.argsort(label, kind="stable")
    bounds = np.flatnonzero(np.diff(label[order], prepend=-1, append=-1))
    start = 0
    for end in bounds[1:]:
        if end - start >= BATCH or end == len(order):
            yield np.sort(order[start:end])
            start = int(end)


def _flow(market: Market, score: Floats, pairs: Whole) -> Whole:
    needs, need = np.unique(market.need[pairs], return_inverse=True)
    offers, offer = np.unique(market.offer[pairs], return_inverse=True)
    count = len(pairs)
    rows = len(needs) + len(offers)
    entries = Entries(np.concatenate([need, offer + len(needs)]), np.tile(np.arange(count), 2), np.ones(2 * count))
    program = Program(
        -score[pairs], np.zeros(count), market.most[pairs].astype(np.float64), np.full(rows, -np.inf),
        np.concatenate([market.wants[needs], market.gives[offers]]).astype(np.float64), *by_rows(entries, rows),
    )  # fmt: skip
    return np.asarray(np.rint(solve(program, method="simplex", what="the matching").x), np.int64)


def stable(market: Market, need_score: Floats, offer_score: Floats) -> Whole:
    """Amounts of which no pair would rather have more: deferred acceptance, needs propose, offers keep the best.

    Best for the needs among all stable answers. Of equal scores the pair that stands first is preferred.
    need_score   float64, shape (pairs,): how needs rank their pairs, higher first
    offer_score  float64: how offers rank theirs
    Returns      int64, shape (pairs,)
    Source       Gale and Shapley 1962; with amounts, Baiou and Balinski 2002
    """
    by_need = _ranked(market.need, need_score, len(market.wants))
    rank = _rank(market.offer, offer_score).tolist()
    offer_of, most = market.offer.tolist(), market.most.tolist()
    held = [0] * len(market)
    shut = [False] * len(market)
    free, open_ = market.wants.tolist(), market.gives.tolist()
    kept: list[list[tuple[int, int]]] = [[] for _ in open_]  # of each offer a heap, the worst pair first
    waiting = list(range(len(free) - 1, -1, -1))
    need_of = market.need.tolist()
    next_ = [0] * len(free)
    while waiting:
        need = waiting.pop()
        ways = by_need[need]
        while free[need] and next_[need] < len(ways):
            pair = ways[next_[need]]
            amount = min(free[need], most[pair] - held[pair])
            if shut[pair] or not amount:
                next_[need] += 1
                continue
            offer = offer_of[pair]
            if not held[pair]:
                heapq.heappush(kept[offer], (-rank[pair], pair))
            held[pair] += amount
            free[need] -= amount
            open_[offer] -= amount
            while open_[offer] < 0:
                worst = kept[offer][0][1]
                back = min(held[worst], -open_[offer])
                held[worst] -= back
                open_[offer] += back
                shut[worst] = True
                if not held[worst]:
                    heapq.heappop(kept[offer])
                free[need_of[worst]] += back
                if need_of[worst] != need:
                    waiting.append(need_of[worst])
    return np.array(held, np.int64)


def _ranked(of: Whole, score: Floats, count: int) -> list[list[int]]:
    """Of each need its pairs, the best first."""
    order = np.lexsort((np.arange(len(of)), -score, of))
    bounds = np.searchsorted(of[order], np.arange(count + 1))
    pairs = order.tolist()
    return [pairs[start:end] for start, end in pairwise(bounds.tolist())]


def _rank(of: Whole, score: Floats) -> Whole:
    """The place of each pair among all, worse pairs of one offer having higher numbers."""
    order = np.lexsort((np.arange(len(of)), -score, of))
    found = np.empty(len(of), np.int64)
    found[order] = np.arange(len(of))
    return found


def blocking(market: Market, amount: Sequence[int] | Whole, need_score: Floats, offer_score: Floats) -> Whole:
    """Pairs that would rather have more of each other: there are none in a stable answer.

    A pair blocks that is not at its most, whose need has some left or holds a pair that it ranks lower, and whose offer
    likewise.
    Returns  int64: their rows
    """
    given = np.asarray(amount)
    wants = _has_or_would(market.need, given, need_score, market.wants)
    gives = _has_or_would(market.offer, given, offer_score, market.gives)
    return np.flatnonzero((given < market.most) & wants & gives)


def _has_or_would(of: Whole, amount: Whole, score: Floats, limit: Whole) -> Any:
    """Of each pair whether its one side has some left, or holds a pair that it ranks lower."""
    used = np.bincount(of, weights=amount, minlength=len(limit))
    rank = _rank(of, score)
    worst = np.full(len(limit), -1, np.int64)
    np.maximum.at(worst, of[amount > 0], rank[amount > 0])
    return (used < limit)[of] | (worst[of] > rank)
