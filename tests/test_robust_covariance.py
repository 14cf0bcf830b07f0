"""The minimum covariance determinant: the same as scikit-learn's, true in few rows, unmoved by outliers."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corecar import robust_covariance
from corecar.errors import ArgumentError
from corecar.robust_covariance import distances, minimum_covariance_determinant


def drawn(seed: int, n: int, width: int, outliers: int = 0) -> Any:
    """Correlated normal rows of unit spread, the first few of them far off along no column of its own."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(n, width)) @ random.normal(size=(width, width))
    rows /= rows.std(axis=0)
    rows[:outliers] += 4 * random.choice([-1.0, 1.0], size=(outliers, width))
    return rows


@pytest.mark.parametrize(("n", "width", "outliers"), [(400, 3, 20), (900, 8, 40), (5000, 20, 50)])
def test_distances_are_those_of_scikit_learn(n: int, width: int, outliers: int) -> None:
    from sklearn.covariance import MinCovDet

    rows = drawn(n, n, width, outliers)
    ours = distances(rows, *minimum_covariance_determinant(rows, 0.75))
    theirs = MinCovDet(support_fraction=0.75, random_state=0).fit(rows).dist_
    assert np.corrcoef(ours, theirs)[0, 1] > 0.999
    ratio = ours / theirs
    assert np.median(ratio) == pytest.approx(1, abs=0.05)
    cut = 2.5 * np.median(ours)
    assert ((ours > cut) == (theirs * np.median(ratio) > cut)).mean() > 0.995


def test_few_rows_have_the_spread_of_their_population() -> None:
    random = np.random.default_rng(1)
    for n, width, support in ((40, 3, 0.75), (100, 5, 0.9), (200, 10, 0.6)):
        found = [
            np.linalg.slogdet(
                minimum_covariance_determinant(random.normal(size=(n, width)), support, small_sample=True)[1]
            )
            for _ in range(60)
        ]
        mean = np.mean([np.exp(logarithm / width) for _, logarithm in found])
        assert mean == pytest.approx(1, abs=0.05), (n, width, support)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([60, 700]), st.integers(2, 6))
def test_distances_do_not_depend_on_units_or_mixtures_of_columns(seed: int, n: int, width: int) -> None:
    rows = drawn(seed, n, width, outliers=5)
    random = np.random.default_rng(seed + 1)
    mixing = random.normal(size=(width, width)) + 3 * np.eye(width)
    plain = distances(rows, *minimum_covariance_determinant(rows))
    mixed = rows @ mixing
    turned = distances(mixed, *minimum_covariance_determinant(mixed))
    assert np.corrcoef(plain, turned)[0, 1] > 0.999999


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(10, 1e6))
def test_a_fifth_of_the_rows_may_lie_anywhere(seed: int, far: float) -> None:
    rows = drawn(seed, 300, 4)
    moved = rows.copy()
    moved[:60] = far + np.random.default_rng(seed).normal(size=(60, 4)) * 0.01
    _, plain = minimum_covariance_determinant(rows)
    _, robust = minimum_covariance_determinant(moved)
    assert 0.3 < np.exp((np.linalg.slogdet(robust)[1] - np.linalg.slogdet(plain)[1]) / 4) < 2


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_the_same_rows_give_the_same_bits(seed: int) -> None:
    rows = drawn(seed, 800, 5, 10)
    one, other = minimum_covariance_determinant(rows), minimum_covariance_determinant(rows.copy())
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_rows_in_a_plane_are_refused() -> None:
    rows = drawn(1, 200, 3)
    rows[:, 2] = rows[:, 0] - 2 * rows[:, 1]
    with pytest.raises(ArgumentError, match="lie in a plane"):
        minimum_covariance_determinant(rows)
    rows[:, 2] = 1.0
    with pytest.raises(ArgumentError, match="lie in a plane"):
        minimum_covariance_determinant(rows)


def test_fewer_rows_than_columns_are_refused() -> None:
    with pytest.raises(ArgumentError, match="more than 5 and at most 6 rows were expected, found 4"):
        minimum_covariance_determinant(drawn(1, 6, 5))


def test_the_example_runs() -> None:
    found = doctest.testmod(robust_covariance)
    assert (found.attempted > 0, found.failed) == (True, 0)
