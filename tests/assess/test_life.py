"""Weibull fits: a published case, agreement with SciPy, and what cannot be fitted."""

from __future__ import annotations

import json
from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from corecar.assess import weibull
from corecar.errors import ArgumentError, TooFewParts

FAILED = [54, 187, 216, 240, 244, 335, 361, 373, 375, 386]
TIMES, CENSORED = FAILED + [500] * 10, [False] * 10 + [True] * 10
"""NIST/SEMATECH e-Handbook 8.4.1.2: 20 units on test for 500 hours."""


def test_the_life_test_of_nist() -> None:
    found = weibull(TIMES, CENSORED)
    assert (round(found.shape, 4), round(found.scale, 1)) == (1.7208, 606.5)
    assert (found.n, found.failures, found.censored) == (20, 10, 10)


def test_the_ball_bearings_of_lieblein_and_zelen() -> None:
    """Lawless, Statistical Models and Methods for Lifetime Data: millions of revolutions of 23 bearings."""
    bearings = [
        *(17.88, 28.92, 33.00, 41.52, 42.12, 45.60, 48.48, 51.84, 51.96, 54.12, 55.56, 67.80),
        *(68.64, 68.64, 68.88, 84.12, 93.12, 98.64, 105.12, 105.84, 127.92, 128.04, 173.40),
    ]
    found = weibull(bearings)
    assert (round(found.shape, 3), round(found.scale, 2)) == (2.102, 81.88)


@pytest.mark.parametrize("seed", range(4))
def test_fits_agree_with_an_independent_library(seed: int) -> None:
    drawn = np.random.default_rng(seed)
    times = drawn.weibull(0.5 + seed, 60) * 100
    found, (shape, _, scale) = weibull(times), stats.weibull_min.fit(times, floc=0)
    assert (found.shape, found.scale) == pytest.approx((shape, scale), rel=1e-3)
    assert found.log_likelihood == pytest.approx(stats.weibull_min.logpdf(times, found.shape, 0, found.scale).sum())


def test_censored_fits_agree_with_an_independent_library() -> None:
    lived = stats.CensoredData(uncensored=FAILED, right=[500] * 10)
    shape, _, scale = stats.weibull_min.fit(lived, floc=0)
    found = weibull(TIMES, CENSORED)
    assert (found.shape, found.scale) == pytest.approx((shape, scale), rel=1e-3)


def test_intervals_hold_the_truth_as_often_as_said() -> None:
    drawn, held = np.random.default_rng(5), []
    for _ in range(400):
        lived = drawn.weibull(2.0, 80) * 1000
        found = weibull(np.minimum(lived, 1200), lived > 1200, confidence=0.9)
        truth = 1000 * (-np.log(0.9)) ** 0.5
        held.append(
            [
                found.shape_lower < 2 < found.shape_upper,  # type: ignore[operator]
                found.scale_lower < 1000 < found.scale_upper,  # type: ignore[operator]
                found.b10.lower < truth < found.b10.upper,
            ]
        )
    assert np.mean(held, axis=0) == pytest.approx([0.9, 0.9, 0.9], abs=0.05)


def test_rank_regression_finds_the_line_that_points_lie_on() -> None:
    ranks = (np.arange(1, 11) - 0.3) / 10.4
    times = 800 * (-np.log(1 - ranks)) ** (1 / 1.5)
    found = weibull(times, method="rank regression")
    assert (found.shape, found.scale, found.r_squared) == pytest.approx((1.5, 800, 1))
    assert found.shape_lower is None


def test_ranks_of_survivors_are_adjusted() -> None:
    """Order numbers after Johnson by hand: failed, alive, failed, failed of four are 1, 2.5 and 3.25 ... of 5."""
    found = weibull([10, 20, 30, 40], [False, True, False, False], method="rank regression")
    orders = np.array([1, 1 + 4 / 3, 1 + 8 / 3])
    x = np.log(-np.log(1 - (orders - 0.3) / 4.4))
    slope = np.polyfit(x, np.log([10, 30, 40]), 1)[0]
    assert found.shape == pytest.approx(1 / slope)


def test_burnt_in_parts_fail_less_when_failures_come_early() -> None:
    early = weibull(np.random.default_rng(6).weibull(0.5, 500) * 1000)
    assert early.failing_after(100, 1000) < early.failing_after(0, 1000)
    by_hand = 1 - early.reliability(1100) / early.reliability(100)
    assert early.failing_after(100, 1000) == pytest.approx(by_hand)


def test_grouped_times_are_as_good_as_single_ones() -> None:
    grouped = weibull([*FAILED, 500], [False] * 10 + [True], counts=[1] * 10 + [10])
    plain = weibull(TIMES, CENSORED)
    assert (grouped.n, grouped.censored) == (plain.n, plain.censored)
    for name in ("shape", "scale_lower", "scale_upper", "log_likelihood"):
        assert getattr(grouped, name) == pytest.approx(getattr(plain, name))


def test_without_a_failure_the_answer_is_a_bound() -> None:
    with pytest.raises(TooFewParts, match=r"77 units, none failed.*see `fit`"):
        weibull([1000] * 77, [True] * 77)


def test_failures_at_one_time_leave_the_shape_open() -> None:
    with pytest.raises(TooFewParts, match="all failures came at 100"):
        weibull([100, 100, 50], [False, False, True])


def test_one_failure_among_survivors_can_be_fitted() -> None:
    found = weibull([100, 200, 200], [False, True, True])
    assert found.failures == 1
    assert found.shape > 0


@pytest.mark.parametrize("times", [[10, -1], [10, 0], [10, float("nan")], [10, float("inf")]])
def test_times_that_cannot_be_are_refused(times: list[float]) -> None:
    with pytest.raises(ArgumentError, match="row 2"):
        weibull(times)


@pytest.mark.parametrize("censored", [[True, None], [0, 2]])
def test_a_unit_of_unknown_state_is_refused(censored: list[object]) -> None:
    with pytest.raises(ArgumentError, match="True or False for each time"):
        weibull([10, 20], censored)


def test_figures_go_through_json() -> None:
    told = weibull(TIMES, CENSORED).to_dict()
    assert json.loads(json.dumps(told)) == told


@given(st.integers(0, 10_000), st.floats(0.001, 1000))
def test_the_shape_does_not_depend_on_the_unit(seed: int, factor: float) -> None:
    times = np.random.default_rng(seed).weibull(1.5, 12) + 1e-3
    plain, other = weibull(times), weibull(times * factor)
    assert other.shape == pytest.approx(plain.shape, rel=1e-6)
    assert other.scale == pytest.approx(plain.scale * factor, rel=1e-6)


@given(st.floats(0.3, 5), st.floats(0.01, 0.99))
def test_quantile_and_reliability_undo_each_other(shape: float, share: float) -> None:
    found = weibull(np.random.default_rng(1).weibull(shape, 30) + 1e-9)
    assert found.reliability(found.quantile(share).value) == pytest.approx(1 - share)
    assert found.reliability(found.scale) == pytest.approx(exp(-1))
