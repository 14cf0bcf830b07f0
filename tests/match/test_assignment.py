"""Assignments: the largest sum against all there are, no blocking pair, the answers of a peer and of a known game."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corecar.errors import ArgumentError
from corecar.match.assignment import Market, blocking, largest, stable

CHECKS = Path(__file__).resolve().parents[3] / "shared" / "data" / "chain" / "checks.json"


def drawn(seed: int, needs: int, offers: int, *, amounts: int) -> tuple[Market, Any, Any]:
    """A market in which about two thirds of the pairs are there, with scores of which some are equal."""
    random = np.random.default_rng(seed)
    pairs = np.array([p for p in itertools.product(range(needs), range(offers)) if random.random() < 0.66], np.int64)
    pairs = pairs.reshape(-1, 2)
    wants, gives = random.integers(0, amounts + 1, needs), random.integers(0, amounts + 1, offers)
    most = random.integers(1, amounts + 1, len(pairs))
    market = Market(pairs[:, 0], pairs[:, 1], most, wants, gives)
    return market, random.integers(0, 6, len(pairs)) / 5, random.integers(0, 6, len(pairs)) / 5


def possible(market: Market) -> list[Any]:
    """Every assignment there is."""
    found = []
    for amounts in itertools.product(*(range(most + 1) for most in market.most.tolist())):
        used = np.bincount(market.need, weights=amounts, minlength=len(market.wants))
        given_ = np.bincount(market.offer, weights=amounts, minlength=len(market.gives))
        if (used <= market.wants).all() and (given_ <= market.gives).all():
            found.append(np.array(amounts))
    return found


def is_possible(market: Market, amount: Any) -> bool:
    used = np.bincount(market.need, weights=amount, minlength=len(market.wants))
    given_ = np.bincount(market.offer, weights=amount, minlength=len(market.gives))
    fits = (used <= market.wants).all() and (given_ <= market.gives).all()
    return bool(fits and (amount >= 0).all() and (amount <= market.most).all())


@pytest.mark.parametrize("seed", range(25))
def test_the_largest_sum_is_that_of_the_best_of_all_assignments(seed: int) -> None:
    market, score, _ = drawn(seed, 3, 3, amounts=2)
    found = largest(market, score)
    assert is_possible(market, found)
    assert score @ found == pytest.approx(max(score @ one for one in possible(market)), abs=1e-9)


@pytest.mark.parametrize("seed", range(25))
def test_a_stable_answer_is_the_best_for_needs_among_all_that_no_pair_blocks(seed: int) -> None:
    market, need_score, offer_score = drawn(seed, 3, 3, amounts=1 + seed % 2)
    found = stable(market, need_score, offer_score)
    assert is_possible(market, found)
    steady = [one for one in possible(market) if not len(blocking_plainly(market, one, need_score, offer_score))]
    assert any((found == one).all() for one in steady)
    order = np.lexsort((np.arange(len(market)), -need_score, market.need))
    for other in steady:
        for need in range(len(market.wants)):
            own = [pair for pair in order if market.need[pair] == need]
            assert (np.cumsum(found[own]) >= np.cumsum(other[own])).all(), "a need does better in another one"


def blocking_plainly(market: Market, amount: Any, need_score: Any, offer_score: Any) -> list[int]:
    """Pairs that block, looked for one by one."""
    found = []
    for pair in range(len(market)):
        would = True
        for of, limit, score in (
            (market.need, market.wants, need_score),
            (market.offer, market.gives, offer_score),
        ):
            same = [other for other in range(len(market)) if of[other] == of[pair]]
            left = sum(amount[other] for other in same) < limit[of[pair]]
            lower = any(amount[o] > 0 and (-score[o], o) > (-score[pair], pair) for o in same)
            would &= left or lower
        if would and amount[pair] < market.most[pair]:
            found.append(pair)
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 12), st.sampled_from([1, 3, 1000]))
def test_no_pair_blocks_whatever_the_amounts(seed: int, needs: int, offers: int, amounts: int) -> None:
    market, need_score, offer_score = drawn(seed, needs, offers, amounts=amounts)
    found = stable(market, need_score, offer_score)
    assert is_possible(market, found)
    assert blocking(market, found, need_score, offer_score).tolist() == []
    assert blocking_plainly(market, found, need_score, offer_score) == []


def test_what_no_pair_takes_although_both_would_like_to_is_found() -> None:
    market = Market(*(np.array(x) for x in ([0, 0], [0, 1], [1, 1], [1], [1, 1])))
    score = np.array([0.9, 0.1])
    assert blocking(market, [0, 1], score, score).tolist() == [0]
    assert blocking(market, [0, 0], score, score).tolist() == [0, 1]
    assert stable(market, score, score).tolist() == [1, 0]


def test_a_pair_that_stands_twice_is_refused() -> None:
    with pytest.raises(ArgumentError, match="twice"):
        Market(*(np.array(x) for x in ([0, 0], [0, 0], [1, 1], [1], [1])))


def game_of(residents: dict[str, list[str]], hospitals: dict[str, list[str]], rooms: dict[str, int]) -> Any:
    """A hospital-resident game as a market; who does not rank the other is no pair."""
    names, places = list(residents), list(hospitals)
    pairs = [(r, h) for r in names for h in residents[r] if r in hospitals[h]]
    market = Market(
        np.array([names.index(r) for r, _ in pairs]), np.array([places.index(h) for _, h in pairs]),
        np.ones(len(pairs), np.int64), np.ones(len(names), np.int64), np.array([rooms[h] for h in places]),
    )  # fmt: skip
    likes = np.array([-residents[r].index(h) for r, h in pairs], float)
    liked = np.array([-hospitals[h].index(r) for r, h in pairs], float)
    taken = stable(market, likes, liked)
    return {h: {r for (r, at), one in zip(pairs, taken, strict=True) if at == h and one} for h in places}


@pytest.mark.skipif(not CHECKS.exists(), reason="the shared answers are not on this machine")
def test_the_known_game_of_hospitals_has_its_answer() -> None:
    known = json.loads(CHECKS.read_text(encoding="utf-8"))["hospital_resident"]
    found = game_of(known["residents"], known["hospitals"], known["capacity"])
    assert found == {name: set(who) for name, who in known["resident_optimal"].items()}


def test_a_market_in_parts_is_solved_part_by_part_to_the_same_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    need = np.repeat(np.arange(60), 4)
    offer = (need // 6) * 6 + np.tile(np.arange(4), 60)
    market = Market(need, offer, np.ones_like(need), np.full(60, 2), np.full(66, 2))
    score = random.random(len(need))
    whole = largest(market, score)
    monkeypatch.setattr("corecar.match.assignment.BATCH", 30)
    parts = largest(market, score)
    assert is_possible(market, parts)
    assert score @ parts == pytest.approx(score @ whole, abs=1e-9)
