"""The tail of a weighted sum of squares: against chi-square, drawn ones and an integral; as the limit of a screen."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats
from tests.lots import build_lot

from corecar.screen import screen
from corecar.screen.recipe import parse_recipe
from corecar.screen.weighted_squares import upper_point

MIXTURES = ([1.0, 0.5, 0.2], [1.0, 1.0, 1.0, 1.0, 1.0, 0.5], [1.0] + [0.1] * 30, [0.04] + [0.0013] * 46, [5e-9, 1e-9])
"""Variances left out by principal components; in the third and fourth one of them is far larger than all others."""


@pytest.mark.parametrize("alpha", [0.1, 0.05, 1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("terms", [1, 2, 3, 10, 100])
def test_equal_weights_are_chi_square(terms: int, alpha: float) -> None:
    assert stats.chi2.sf(upper_point(np.ones(terms), alpha), terms) == pytest.approx(alpha, rel=0.1)


@pytest.mark.parametrize("weights", MIXTURES)
def test_drawn_sums_lie_beyond_it_as_often_as_said(weights: list[float]) -> None:
    random, alpha, count, beyond = np.random.default_rng(10), 1e-3, 100_000, 0
    limit = upper_point(np.array(weights), alpha)
    for _ in range(8):
        beyond += int((random.normal(size=(count, len(weights))) ** 2 @ weights > limit).sum())
    assert beyond / (8 * count) == pytest.approx(alpha, rel=0.15)


@pytest.mark.parametrize("weights", MIXTURES)
@pytest.mark.parametrize("alpha", [0.05, 1e-3])
def test_the_tail_is_that_of_the_inverted_characteristic_function(weights: list[float], alpha: float) -> None:
    """Imhof (1961), Biometrika 48: the exact probability as an integral."""
    spread = np.array(weights) / max(weights)
    value = upper_point(spread, alpha)

    def integrand(u: float) -> float:
        angle = 0.5 * np.arctan(spread * u).sum() - 0.5 * value * u
        return float(np.sin(angle) / (u * np.prod((1 + (spread * u) ** 2) ** 0.25)))

    edges = np.concatenate([[1e-12], np.arange(1, 2000) * 2 * np.pi / value])
    tail = sum(integrate.fixed_quad(np.vectorize(integrand), *pair, n=8)[0] for pair in pairwise(edges))
    assert 0.5 + tail / np.pi == pytest.approx(alpha, rel=0.1, abs=2e-5)


@given(st.lists(st.floats(1e-3, 1), min_size=1, max_size=40), st.floats(1e-8, 0.1), st.floats(1e-12, 1e12))
def test_it_grows_with_the_unit_and_falls_with_the_chance(weights: list[float], alpha: float, unit: float) -> None:
    found = upper_point(np.array(weights), alpha)
    assert upper_point(np.array(weights) * unit, alpha) == pytest.approx(found * unit, rel=1e-9)
    assert upper_point(np.array(weights), alpha / 2) > found > sum(weights)
    assert upper_point(np.array([*weights, 0.0]), alpha) == pytest.approx(found, rel=1e-12)


def test_a_large_component_among_those_left_out_rejects_no_good_part() -> None:
    """Two tests share a cause of their own, small beside the common one and large beside the noise."""
    random = np.random.default_rng(3)
    common, own = random.normal(size=20_000), random.normal(size=20_000)
    values = common + 0.2 * random.normal(size=(30, 20_000))
    values[:2] += 0.7 * own * np.array([[1], [-1]])
    recipe = parse_recipe(
        '[[screen]]\nkind = "pca-residual"\nlimit = "chi-square"\ngroups = [["*"]]\n', "one group of tests"
    )
    found = screen(build_lot(values), recipe)
    record = found.limits.filter(np.array([one == "pca-residual" for one in found.limits["screen"].to_pylist()]))
    assert record.num_rows == 1
    assert record["applied"].to_pylist() == [True]
    assert [rule for rule in found.verdicts["rule"].to_pylist() if rule == "pca-residual"] == []
