"""Which fitting pairs are looked at: the best of each need and of each offer, however the market is cut into pieces."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from tests.match.markets import DAY, NEED, OFFER, chain_of

from corecar.match import Matches, Ways, filtering, match, matching
from corecar.match.requirements import MISSED, REQUIREMENTS, UNKNOWN

CHANGES: tuple[dict[str, str], ...] = (
    {},
    {"grade": "2"},
    {"grade": ""},
    {"interfaces": "SPI"},
    {"voltage_least_v": "4"},
    {"package_family": "QFN"},
)


def drawn(row: dict[str, str], key: str, count: int, random: Any) -> list[dict[str, str]]:
    """Rows of few classes, with quantities and prices of their own; some scores are the same."""
    return [
        row | CHANGES[random.integers(len(CHANGES))]
        | {key: f"{key}{place:03}", "quantity": str(random.integers(8, 30) * 1000), "price": str(random.integers(5, 9))}
        for place in range(count)
    ]  # fmt: skip


def found_by_hand(
    found: Matches, keep: int
) -> tuple[set[tuple[int, int]], dict[tuple[int, int], int], list[list[int]]]:
    """Pairs to look at, open questions of all that fit, refusals, from one judgement of every pair by itself."""
    fits, refused = {}, [[0] * len(REQUIREMENTS) for _ in found.needs.names]
    for n, o in product(range(len(found.needs)), range(len(found.offers))):
        at = np.array([n]), np.array([o])
        states = [int(r.judge(found.needs, found.offers, *at, found.terms).state[0]) for r in REQUIREMENTS]
        if int(MISSED) in states:
            refused[n][states.index(int(MISSED))] += 1
        else:
            fits[n, o] = sum(1 << place for place, state in enumerate(states) if state == int(UNKNOWN))
    pairs = list(fits)
    need, offer = (np.array([pair[side] for pair in pairs]) for side in (0, 1))
    scores = found.scorer.scores(need, offer, np.array(list(fits.values())))
    kept: set[tuple[int, int]] = set()
    for of, other, score in ((need, offer, scores.score), (offer, need, scores.offer)):
        for one in np.unique(of):
            rows = np.flatnonzero(of == one)
            best = rows[np.lexsort((other[rows], -score[rows]))][:keep]
            kept |= {pairs[row] for row in best}
    return kept, fits, refused


@pytest.mark.parametrize("keep", [1, 3])
@pytest.mark.parametrize(("at_once", "held", "few"), [(1 << 20, 500_000, 4), (40, 30, 1), (7, 1, 4), (100, 60, 1000)])
def test_however_a_market_is_cut_the_best_pairs_of_each_side_are_looked_at(
    monkeypatch: pytest.MonkeyPatch, keep: int, at_once: int, held: int, few: int
) -> None:
    random = np.random.default_rng(11)
    chain = chain_of(drawn(NEED, "need", 60, random), drawn(OFFER, "offer", 50, random))
    monkeypatch.setattr(filtering, "AT_ONCE", at_once)
    monkeypatch.setattr(filtering, "FEW", few)
    monkeypatch.setattr(matching, "HELD", held)
    found = match(chain, day=DAY, ways=replace(Ways(), keep=keep))
    kept, fits, refused = found_by_hand(found, keep)
    assert 300 < len(fits) < 2500
    assert set(zip(found.need.tolist(), found.offer.tolist(), strict=True)) == kept
    assert len(kept) < len(fits)
    assert found.unknown.tolist() == [
        fits[pair] for pair in zip(found.need.tolist(), found.offer.tolist(), strict=True)
    ]
    assert found.refused.tolist() == refused
    assert found.fits.tolist() == [sum(n == need for n, _ in fits) for need in range(len(found.needs))]
