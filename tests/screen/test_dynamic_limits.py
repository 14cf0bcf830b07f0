"""Part-average limits of one test: published figures, fallbacks, and what always holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from corecar.errors import ArgumentError, TooFewParts
from corecar.screen import dynamic_limits
from corecar.screen.spread import deviation, steps

_WORDS = """
    -.25 .68 .94 1.15 1.20 1.26 1.26 1.34 1.38 1.43 1.49 1.49 1.55 1.56 1.58 1.65 1.69 1.70 1.76 1.77 1.81 1.91 1.94
    1.96 1.99 2.06 2.09 2.10 2.14 2.15 2.23 2.24 2.26 2.35 2.37 2.40 2.47 2.54 2.62 2.64 2.90 2.92 2.92 2.93 3.21 3.26
    3.30 3.59 3.68 4.30 4.64 5.34 5.42 6.01"""
ROSNER = [float(word) for word in _WORDS.split()]
"""NIST/SEMATECH e-Handbook 1.3.5.17.3: 54 values of Rosner's example."""

ROSNER_LIMITS = [
    ("type 7", 1.565, 2.835, 0.94074, -3.5494, 7.7394),
    ("type 6", 1.5575, 2.905, 0.99815, -3.8939, 8.0839),
    ("type 5", 1.560, 2.900, 0.99259, -3.8606, 8.0506),
    ("lower", 1.56, 2.64, 0.80, -2.705, 6.895),
    ("higher", 1.58, 2.90, 0.97778, -3.7717, 7.9617),
]


@pytest.fixture(scope="module")
def thirty(shared: Path) -> dict[str, Any]:
    content = json.loads((shared / "quality" / "fixtures.json").read_text())
    found: dict[str, Any] = content["pat30"]
    return found


@pytest.mark.parametrize(("rule", "q1", "q3", "sigma", "low", "high"), ROSNER_LIMITS)
def test_the_quartile_definition_decides_the_limits(
    rule: str, q1: float, q3: float, sigma: float, low: float, high: float
) -> None:
    found = dynamic_limits(ROSNER, quartile_rule=rule)
    assert (found.q1, found.median, found.q3) == pytest.approx((q1, 2.095, q3), abs=1e-9)
    assert found.sigma == pytest.approx(sigma, abs=5e-6)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("rule", ["type 7", "type 6"])
def test_thirty_parts_give_the_published_limits_and_outlier(thirty: dict[str, Any], rule: str) -> None:
    values = np.array(thirty["x"])
    found = dynamic_limits(values, quartile_rule=rule)
    assert (found.low, found.high) == pytest.approx(thirty[rule.replace(" ", "")], abs=5e-7)
    assert found.low is not None
    assert found.high is not None
    assert values[(values < found.low) | (values > found.high)].tolist() == thirty["outliers"]


def test_limits_are_never_wider_than_the_tests_own(thirty: dict[str, Any]) -> None:
    found = dynamic_limits(thirty["x"], low_limit=0.95, high_limit=1.20)
    assert found.low == 0.95
    assert found.high == pytest.approx(1.088889, abs=5e-7)
    assert found.clamp == "low"


def test_robust_limits_see_the_outlier_that_mean_and_deviation_hide(thirty: dict[str, Any]) -> None:
    values = np.array(thirty["x"])
    assert values.mean() + 6 * values.std(ddof=1) > 1.25
    high = dynamic_limits(values).high
    assert high is not None
    assert high < 1.25


def test_the_documented_example_holds() -> None:
    assert repr(dynamic_limits(np.arange(55, dtype=np.float32))) == "Limits(low=-93.0, high=147.0)"


def test_fewer_readings_than_the_least_are_refused_with_both_numbers() -> None:
    with pytest.raises(TooFewParts, match="29 finite readings: limits need at least 30"):
        dynamic_limits(np.arange(29.0))


def test_readings_that_are_not_finite_are_left_out() -> None:
    plain = np.arange(55, dtype=np.float32)
    dirty = np.concatenate([plain, [np.nan, np.inf, -np.inf]]).astype(np.float32)
    assert dynamic_limits(dirty) == dynamic_limits(plain)


SIDES = [
    (None, None, "two", (True, True)),
    (None, None, "none", (False, False)),
    (-100.0, None, "two", (True, False)),
    (None, 200.0, "none", (False, True)),
    (-100.0, 200.0, "none", (True, True)),
    (-np.inf, 200.0, "two", (False, True)),
    (np.nan, np.nan, "two", (True, True)),
]


@pytest.mark.parametrize(("low", "high", "without", "screened"), SIDES)
def test_a_test_is_screened_on_the_sides_that_it_has_limits_on(
    low: float | None, high: float | None, without: str, screened: tuple[bool, bool]
) -> None:
    found = dynamic_limits(np.arange(55.0), low_limit=low, high_limit=high, without_limits=without)
    assert (found.low is not None, found.high is not None) == screened
    assert found.applied == any(screened)


OUTSIDE = [
    ({"high_limit": 10.0}, 44),
    ({"low_limit": 40.0}, 40),
    ({"low_limit": 100.0, "high_limit": 200.0}, 55),
    ({"low_limit": 30.0, "high_limit": 20.0}, 55),
]


@pytest.mark.parametrize(("own", "count"), OUTSIDE)
def test_a_population_outside_the_tests_own_limits_gets_none(own: dict[str, Any], count: int) -> None:
    found = dynamic_limits(np.arange(55.0), **own)
    assert (found.low, found.high, found.clamp, found.applied) == (None, None, "", False)
    assert found.fallback == f"{count} readings that the tester passed lie outside the test's own limits"


def spread_over(share: float, count: int = 1000) -> np.ndarray:
    """Mostly zeros, and a share of different values on both sides, so that the quartiles meet."""
    outer = int(share * count)
    return np.concatenate([np.zeros(count - outer), np.linspace(-1, 1, outer)])


FALLBACKS = [
    (spread_over(0.4), "median, (P99-P1)/4.652"),
    (spread_over(0.03), "median, (P99-P1)/4.652"),
    (spread_over(0.016), "median, (P99.9-P0.1)/6.18"),
]


@pytest.mark.parametrize(("values", "estimator"), FALLBACKS)
def test_zero_spread_between_the_quartiles_falls_back_in_order(values: np.ndarray, estimator: str) -> None:
    found = dynamic_limits(values, discrete_values=0, discrete_fraction=0.0)
    assert found.estimator == estimator
    assert found.sigma > 0
    assert "zero spread between the quartiles" in found.fallback


def test_the_median_deviation_is_taken_where_the_lower_quartile_rule_meets_itself() -> None:
    values = np.repeat([0.0, 1.0, 2.0, 3.0], [10, 11, 10, 9])
    ordered = np.sort(values)
    assert deviation(ordered, 1.0) == np.median(np.abs(ordered - 1.0))


def test_one_step_is_the_last_resort() -> None:
    values = np.zeros(100_000)
    values[:3] = [0.5, -0.5, 1.0]
    found = dynamic_limits(values, discrete_values=0, discrete_fraction=0.0)
    assert found.estimator == "median, 1 LSB"
    assert (found.low, found.high) == (-3.0, 3.0)


def test_equal_readings_are_not_screenable_and_get_no_zero_width() -> None:
    found = dynamic_limits(np.full(50, 1.5), low_limit=1.0, high_limit=2.0)
    assert (found.low, found.high, found.applied) == (None, None, False)
    assert found.fallback == "not screenable: all readings are equal"


def test_a_discrete_test_gets_a_sigma_of_at_least_half_a_step() -> None:
    codes = np.repeat([7.0, 8.0, 9.0], [1, 98, 1])
    found = dynamic_limits(codes)
    assert (found.sigma, found.low, found.high) == (0.5, 5.0, 11.0)
    assert found.estimator == "median, 0.5 LSB"
    assert found.fallback.startswith("discrete, 3 different values")


def test_a_reading_whole_steps_away_is_not_put_out_by_rounding() -> None:
    step = np.float32(1.25e-6)
    codes = (np.repeat(np.arange(28, 35), [1, 5, 60, 100, 60, 5, 1]) * step).astype(np.float32)
    found = dynamic_limits(codes, discrete_values=10)
    assert found.low is not None
    assert found.high is not None
    assert codes.min() >= found.low
    assert codes.max() <= found.high


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"width": 0}, "width=0"),
        ({"width": np.nan}, "width=nan"),
        ({"least": 1}, "least=1"),
        ({"quartile_rule": "type 9"}, "type 7, type 6"),
        ({"without_limits": "both"}, "two, none"),
    ],
)
def test_a_parameter_outside_its_range_is_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        dynamic_limits(np.arange(55.0), **wrong)


readings = hnp.arrays(np.float32, st.integers(30, 200), elements=st.floats(-1e6, 1e6, width=32))
some_limit = st.one_of(st.none(), st.floats(-2e6, 2e6))


@given(values=readings, low=some_limit, high=some_limit)
def test_no_drawn_limit_is_wider_than_the_tests_own(values: np.ndarray, low: float | None, high: float | None) -> None:
    found = dynamic_limits(values, low_limit=low, high_limit=high)
    assert low is None or found.low is None or found.low >= low
    assert high is None or found.high is None or found.high <= high


@given(values=readings, low=some_limit, high=some_limit)
def test_the_low_limit_is_never_above_the_high_one(values: np.ndarray, low: float | None, high: float | None) -> None:
    found = dynamic_limits(values, low_limit=low, high_limit=high)
    assert found.low is None or found.high is None or found.low <= found.high
    assert found.low is None or found.low <= found.median
    assert found.high is None or found.high >= found.median


@given(values=readings, seed=st.integers(0, 2**32 - 1))
def test_the_order_of_the_parts_does_not_matter(values: np.ndarray, seed: int) -> None:
    assert dynamic_limits(values) == dynamic_limits(np.random.default_rng(seed).permutation(values))


@given(values=readings)
def test_limits_without_clamp_lie_around_the_median_and_are_not_zero_wide(values: np.ndarray) -> None:
    found = dynamic_limits(values)
    assume(found.applied)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.median < found.high


@given(values=hnp.arrays(np.float64, st.integers(1, 80), elements=st.integers(-20, 20).map(float)))
def test_the_median_deviation_agrees_with_numpy(values: np.ndarray) -> None:
    centre = float(np.median(values))
    assert deviation(np.sort(values), centre) == np.median(np.abs(values - centre))


@given(values=hnp.arrays(np.float64, st.integers(1, 80), elements=st.integers(-20, 20).map(float)))
def test_different_values_and_their_smallest_gap_agree_with_numpy(values: np.ndarray) -> None:
    different = np.unique(values)
    smallest = float(np.diff(different).min()) if len(different) > 1 else 0.0
    assert steps(np.sort(values)) == (len(different), smallest)
