"""The yield of several lots: bounds that know the spread between lots, and a trend against scipy's regression."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from corecar.assess.yield_level import yield_level


def test_one_lot_has_the_bounds_of_its_count() -> None:
    found = yield_level([200], [190], [0.0])
    assert found is not None
    low, high = stats.binomtest(190, 200).proportion_ci(method="wilson")
    assert (found.value, found.low, found.high) == pytest.approx((0.95, low, high))
    assert (found.lots, found.tested, found.trend, found.moves) == (1, 200, None, False)


def test_lots_that_differ_make_it_less_sure_than_their_parts_would() -> None:
    found = yield_level([10_000] * 4, [9_000, 9_900, 9_200, 9_700], [0, 1, 2, 3])
    assert found is not None
    yields = np.array([0.90, 0.99, 0.92, 0.97])
    half = stats.t.ppf(0.975, 3) * yields.std(ddof=1) / 2
    assert found.value == pytest.approx(yields.mean())
    assert found.high - found.value == pytest.approx(min(half, 1 - found.value))
    assert found.value - found.low == pytest.approx(half)


def test_the_bounds_hold_the_true_yield_as_often_as_they_say() -> None:
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(400):
        true = rng.beta(95, 5, 8)
        found = yield_level([2_000] * 8, rng.binomial(2_000, true).tolist(), list(range(8)))
        assert found is not None
        held += found.low <= 0.95 <= found.high
    assert 0.90 <= held / 400 <= 0.99


def test_a_trend_is_that_of_a_weighted_regression() -> None:
    weeks, tested = [0.0, 1.0, 2.0, 3.0, 5.0], [100] * 5
    good = [99, 97, 96, 93, 90]
    found = yield_level(tested, good, weeks)
    assert found is not None
    line = stats.linregress(weeks, np.array(good) / 100)
    assert found.trend == pytest.approx(line.slope)
    assert found.moves == (line.pvalue < 0.05)
    assert found.moves


def test_steady_lots_do_not_move_and_what_is_unknown_is_left_out() -> None:
    found = yield_level([100, 100, 100, 100, 0], [95, 96, 95, 96, 0], [0, 1, 2, 3, 4])
    assert found is not None
    assert not found.moves
    assert found.lots == 4
    undated = yield_level([100] * 4, [95] * 4, [None] * 4)
    assert undated is not None
    assert undated.trend is None
    assert yield_level([0], [0], [1.0]) is None
