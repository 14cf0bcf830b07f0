"""Escapes predicted from the tail of the outlying parts."""

from __future__ import annotations

import numpy as np
import pytest

from corecar.assess.escapes import outlier_tail, outlier_threshold
from corecar.errors import ArgumentError, TooFewParts


def test_the_threshold_leaves_less_than_one_reading_of_a_normal_population() -> None:
    from scipy.stats import norm

    for readings in (1, 1000, 2_000_000):
        assert readings * 2 * norm.sf(outlier_threshold(readings)) == pytest.approx(1.0)


def test_a_planted_exponential_tail_is_found_and_its_escapes_are_within_the_bounds() -> None:
    inside = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        threshold = outlier_threshold(100_000)
        outliers = threshold + random.exponential(2.5, random.poisson(60))
        tail = outlier_tail(np.concatenate([random.uniform(3, threshold, 500), outliers]), 100_000)
        assert tail.parts == len(outliers)
        expected, low, high = tail.escapes(7.0)
        inside += low <= 60 * (1 - np.exp(-(7.0 - threshold) / 2.5)) <= high
        assert low < expected < high
    assert inside >= 36  # bounds of 90 % each, taken together on the safe side


def test_escapes_begin_at_the_threshold_and_grow_with_the_width_up_to_all() -> None:
    tail = outlier_tail(np.arange(5.0, 15.0, 0.5), 1000)
    assert tail.escapes(tail.threshold) == (0.0, 0.0, 0.0)
    grown = [tail.escapes(width)[0] for width in np.arange(3.3, 30.0, 0.5)]
    assert grown == sorted(grown)
    assert tail.escapes(100.0)[0] == pytest.approx(tail.parts)


def test_too_few_outliers_make_no_prediction() -> None:
    with pytest.raises(TooFewParts, match=r"2 parts lie beyond 3\.29 robust sigmas; a tail needs at least 10"):
        outlier_tail([4.0, 5.0, 2.0, np.nan], 1000)
    with pytest.raises(ArgumentError, match="readings"):
        outlier_tail([4.0], 0)
