"""The medcouple, held to its definition and to statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from statsmodels.stats.stattools import medcouple as peer

from corecar.screen.medcouple import medcouple


def by_definition(values: np.ndarray) -> float:
    """All couples, one by one; of those at the median the i-th and j-th of m count sign(m - 1 - i - j)."""
    ordered = np.sort(values.astype(np.float64))
    centre = np.median(ordered)
    above, below = ordered[ordered >= centre], ordered[ordered <= centre]
    ties = int((ordered == centre).sum())
    kernels = []
    for i, high in enumerate(above):
        for j, low in enumerate(below[::-1]):
            at_median = high == centre and low == centre
            kernels.append(
                np.sign(ties - 1 - i - j)
                if at_median
                else ((high - centre) + (low - centre)) / ((high - centre) - (low - centre))
            )
    return float(np.median(kernels))


@given(values=hnp.arrays(np.float32, st.integers(1, 40), elements=st.floats(-1000, 1000, width=32)))
def test_counted_couples_give_what_all_couples_give(values: np.ndarray) -> None:
    assert medcouple(np.sort(values)) == pytest.approx(by_definition(values), abs=1e-12)


@given(values=hnp.arrays(np.float64, st.integers(1, 40), elements=st.integers(-4, 4).map(float)))
def test_readings_at_the_median_count_as_the_definition_says(values: np.ndarray) -> None:
    assert medcouple(np.sort(values)) == by_definition(values)


@pytest.mark.parametrize("size", [10, 11, 200, 1001])
def test_statsmodels_finds_the_same(size: int) -> None:
    values = np.random.default_rng(size).lognormal(size=size)
    assert medcouple(np.sort(values)) == pytest.approx(float(peer(values, use_fast=False)), abs=1e-12)


@given(values=hnp.arrays(np.float64, st.integers(2, 60), elements=st.floats(-100, 100)))
def test_a_mirrored_population_is_skewed_the_other_way(values: np.ndarray) -> None:
    assert medcouple(np.sort(-values)) == pytest.approx(-medcouple(np.sort(values)), abs=1e-9)


def test_one_wild_reading_hardly_moves_it() -> None:
    values = np.sort(np.random.default_rng(1).normal(size=999))
    wild = np.sort([*values, 1e9])
    assert abs(medcouple(wild) - medcouple(values)) < 0.01
