"""Escapes predicted from the parts that lie far out, told apart from the tails of the core."""

from __future__ import annotations

import numpy as np
import pytest

from corecar.assess.core_tails import TAILS, CoreTails
from corecar.assess.escapes import outlier_threshold, tell_outliers
from corecar.errors import ArgumentError, TooFewParts


def core_of(readings: np.ndarray) -> CoreTails:
    """Tails of tests with these readings, shape (tests, parts), with limits on both sides."""
    shares = np.array(TAILS)
    middle = np.median(readings, axis=1, keepdims=True)
    below = middle - np.quantile(readings, shares, axis=1).T
    above = np.quantile(readings, 1 - shares, axis=1).T - middle
    tests, parts = readings.shape
    return CoreTails(np.full(tests, parts), below, above, np.ones((tests, 2), bool), np.full((tests, 2), np.inf))


def no_core(distance: float) -> float:
    return float(0.0 * distance)


def test_the_threshold_leaves_less_than_one_reading_of_a_normal_population() -> None:
    from scipy.stats import norm

    for readings in (1, 1000, 2_000_000):
        assert readings * 2 * norm.sf(outlier_threshold(readings)) == pytest.approx(1.0)


def test_tails_of_a_normal_core_are_those_of_the_normal_distribution() -> None:
    from scipy.stats import norm

    core = core_of(np.random.default_rng(1).standard_normal((40, 2000)))
    for distance in (3.0, 4.0):
        assert core.beyond(distance) == pytest.approx(80_000 * 2 * norm.sf(distance), rel=0.25)


def test_tails_of_a_skewed_core_are_those_of_its_skew() -> None:
    """A log-normal test leaves forty times what a normal one leaves beyond five sigmas; that is no outlier."""
    from scipy.stats import norm

    shape = 0.25
    readings = np.expm1(shape * np.random.default_rng(2).standard_normal((40, 2000))) / shape
    truth = 80_000 * norm.sf(np.log1p(5.0 * shape) / shape)
    assert core_of(readings).beyond(5.0) == pytest.approx(truth, rel=0.3)
    assert truth > 100 * 80_000 * norm.sf(5.0)


def test_no_sound_part_is_expected_beyond_the_limit_of_a_test_or_on_a_side_without_limits() -> None:
    letters = np.array([[1.6449, 1.95996]])
    both, above = np.array([[True, True]]), np.array([[False, True]])
    wide, clipped = np.full((1, 2), np.inf), np.array([[np.inf, 4.0]])
    count = np.array([1_000_000])
    assert CoreTails(count, letters, letters, above, wide).beyond(4.0) == pytest.approx(31.67, rel=1e-3)
    assert CoreTails(count, letters, letters, above, clipped).beyond(4.5) == 0.0
    assert CoreTails(count, letters, letters, both, wide).beyond(4.0) == pytest.approx(63.34, rel=1e-3)


def test_short_samples_are_given_no_skew_by_chance() -> None:
    skews = core_of(np.random.default_rng(3).standard_normal((200, 50))).skew()
    assert np.median(np.abs(skews)) == 0.0


def test_planted_outliers_are_told_from_a_core_with_tails_and_their_escapes_lie_within_the_bounds() -> None:
    inside = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        outliers = 4.0 + random.exponential(4.0, random.poisson(20))
        sound = 4.0 + random.exponential(0.4, random.poisson(15))
        told = tell_outliers(np.concatenate([outliers, sound]), 4.0, lambda far: 15 * np.exp(-(far - 4.0) / 0.4))
        spared = np.concatenate([outliers, sound]) < 6.0
        expected, low, high = told.escapes(spared)
        assert low <= expected <= high
        inside += low <= (outliers < 6.0).sum() <= high
    assert inside >= 36  # bounds of 90 %


def test_a_part_far_beyond_the_core_is_an_outlier_and_one_where_the_core_reaches_hardly() -> None:
    core = 4.0 - 0.25 * np.log((np.arange(60) + 0.5) / 60)
    far = np.concatenate([np.sort(core), np.linspace(8, 14, 6)])
    told = tell_outliers(far, 4.0, lambda distance: 60 * np.exp(-(distance - 4.0) / 0.25))
    assert told.chance[-6:].min() > 0.99
    assert told.chance[:30].max() < 0.2
    assert 5.5 < told.tail.outliers < 12.0
    assert told.tail.outliers_low <= told.tail.outliers <= told.tail.outliers_high


def test_parts_beyond_the_threshold_that_the_core_explains_are_no_escapes() -> None:
    random = np.random.default_rng(5)
    far = 4.0 + random.exponential(0.4, 24)
    told = tell_outliers(far, 4.0, lambda distance: 24 * np.exp(-(distance - 4.0) / 0.4))
    assert told.tail.outliers < 3.0


def test_the_same_parts_give_the_same_bounds() -> None:
    far = np.linspace(5.0, 12.0, 15)
    first, again = (tell_outliers(far, 4.5, no_core).escapes(far < 7) for _ in range(2))
    assert first == again


def test_too_few_parts_make_no_prediction() -> None:
    with pytest.raises(TooFewParts, match=r"2 parts lie beyond 3\.29 robust sigmas; a tail needs at least 3"):
        tell_outliers([4.0, 5.0], 3.29, no_core)
    with pytest.raises(TooFewParts, match="0 parts"):
        tell_outliers([], 3.29, no_core)
    with pytest.raises(ArgumentError, match="readings"):
        outlier_threshold(0)
