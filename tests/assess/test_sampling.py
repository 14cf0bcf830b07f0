"""Sample sizes and bounds to the printed digits, and against their definitions."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.assess.published import figures

from corecar.assess import defect_level, dppm, fraction_bound, lot_plan, sample_size
from corecar.errors import ArgumentError


@pytest.mark.parametrize(
    ("reliability", "confidence", "n"),
    [(0.99, 0.90, 230), (0.99, 0.95, 299), (0.97, 0.90, 76), (0.95, 0.90, 45), (0.90, 0.95, 29)],
)
def test_the_smallest_sample_without_failures(reliability: float, confidence: float, n: int) -> None:
    assert sample_size(reliability, confidence).n == n


def test_the_samples_of_aec_q100_show_what_they_are_said_to() -> None:
    for n, reliability in ((45, 0.95), (231, 0.99), (2400, 0.999)):
        assert sample_size(reliability, 0.9).n <= n


@pytest.mark.parametrize(("n", "digits"), [(45, 5), (77, 5), (231, 5), (800, 5), (2400, 6)])
def test_the_upper_bound_without_failures(shared: Path, n: int, digits: int) -> None:
    assert round(fraction_bound(0, n, 0.9).at_most, digits) == figures(shared, "zero_fail_p90")[str(n)]


@pytest.mark.parametrize(
    ("returns", "shipped", "confidence", "digits", "printed"),
    [
        *((0, 1_000_000, 0.60, 3, 0.916), (0, 1_000_000, 0.90, 3, 2.303), (0, 1_000_000, 0.95, 3, 2.996)),
        *((2, 1_000_000, 0.90, 3, 5.322), (0, 2400, 0.60, 1, 381.8)),
    ],
)
def test_the_upper_bound_of_outgoing_quality(
    returns: int, shipped: int, confidence: float, digits: int, printed: float
) -> None:
    assert round(dppm(returns, shipped, confidence).at_most_dppm, digits) == printed


def test_a_sample_of_which_all_failed_has_a_bound_of_one() -> None:
    found = fraction_bound(5, 5, 0.9)
    assert (found.at_most, found.upper, found.estimate) == (1.0, 1.0, 1.0)
    assert fraction_bound(0, 5, 0.9).lower == 0


def test_a_perfect_yield_or_coverage_leaves_no_defects() -> None:
    assert defect_level(1.0, 0.5) == 0
    assert defect_level(0.8, 1.0) == 0
    assert defect_level(0.8, 0.0) == pytest.approx(0.2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: sample_size(1.0, 0.9),
        lambda: sample_size(0.99, 0.9, -1),
        lambda: fraction_bound(3, 2),
        lambda: fraction_bound(0, 0),
        lambda: dppm(0, 0),
        lambda: dppm(-1, 10),
        lambda: lot_plan(10, 11),
        lambda: lot_plan(10, 0),
        lambda: defect_level(0.0, 0.5),
    ],
)
def test_what_cannot_be_is_refused(call: object) -> None:
    with pytest.raises(ArgumentError, match="expected"):
        call()  # type: ignore[operator]


@given(st.floats(0.5, 0.999), st.floats(0.1, 0.99), st.integers(0, 5))
def test_a_sample_is_the_smallest_that_shows_it(reliability: float, confidence: float, allowed: int) -> None:
    n = sample_size(reliability, confidence, allowed).n
    assert stats.binom.cdf(allowed, n, 1 - reliability) <= (1 - confidence) * (1 + 1e-9)
    assert n == max(1, allowed) or stats.binom.cdf(allowed, n - 1, 1 - reliability) > (1 - confidence) * (1 - 1e-9)


@given(st.integers(1, 500), st.data())
def test_bounds_agree_with_an_independent_library(n: int, data: st.DataObject) -> None:
    fails = data.draw(st.integers(0, n))
    found = fraction_bound(fails, n, 0.95)
    theirs = stats.binomtest(fails, n).proportion_ci(0.95, method="exact")
    assert (found.lower, found.upper) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(st.integers(1, 3000), st.data(), st.floats(0.05, 0.99))
def test_a_lot_sample_is_the_smallest_that_finds_one(size: int, data: st.DataObject, confidence: float) -> None:
    bad = data.draw(st.integers(1, size))
    n = lot_plan(size, bad, confidence).n
    assert stats.hypergeom.pmf(0, size, bad, n) <= (1 - confidence) * (1 + 1e-6)
    assert n == 1 or stats.hypergeom.pmf(0, size, bad, n - 1) > (1 - confidence) * (1 - 1e-6)
