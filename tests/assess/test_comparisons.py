"""Testers, sites, guard bands and drift: by hand, and against independent libraries."""

from __future__ import annotations

import json
from math import inf, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from corecar.assess import correlate, drift, equivalence, group_bias, guard_band, tolerance_factor, yield_bias
from corecar.errors import ArgumentError, TooFewParts


def test_two_testers_that_agree_are_accepted() -> None:
    drawn = np.random.default_rng(1)
    first = drawn.normal(5, 0.5, 200)
    found = correlate(first, first + drawn.normal(0.02, 0.05, 200), 2, 8)
    assert found.accepted
    assert found.bias == pytest.approx(0.02, abs=0.01)
    assert found.agreement_high - found.agreement_low == pytest.approx(2 * 1.96 * found.sd)
    assert found.bias_of_width == pytest.approx(abs(found.bias) / 6)


@pytest.mark.parametrize(
    ("change", "failed"),
    [(lambda x: x + 1.0, ("bias",)), (lambda x: 1.2 * x - 1.0, ("slope",)), (lambda x: 10 - x, ("slope", "r"))],
)
def test_two_testers_that_disagree_say_in_what(change: object, failed: tuple[str, ...]) -> None:
    first = np.random.default_rng(2).normal(5, 0.5, 200)
    assert correlate(first, change(first), 2, 8).failed == failed  # type: ignore[operator]


def test_slope_and_r_agree_with_an_independent_library() -> None:
    drawn = np.random.default_rng(3)
    x = drawn.normal(size=60)
    y = 2 * x + drawn.normal(size=60)
    found, theirs = correlate(x, y), stats.theilslopes(y, x)
    assert (found.slope, found.intercept) == pytest.approx((theirs.slope, theirs.intercept))
    assert found.r == pytest.approx(stats.pearsonr(x, y).statistic)
    interval = stats.ttest_1samp(y - x, 0).confidence_interval(0.95)
    assert (found.bias_lower, found.bias_upper) == pytest.approx((interval.low, interval.high))


def test_many_pairs_are_thinned_and_say_so() -> None:
    x = np.random.default_rng(4).normal(size=10_000)
    found = correlate(x, 1.5 * x)
    assert found.slope == pytest.approx(1.5)
    assert found.notes == ("slope from every 4th pair in order of the first reading",)


def test_pairs_that_lack_a_reading_are_left_out() -> None:
    found = correlate([1.0, 2.0, np.nan, 4.0, 5.0], [1.0, 2.0, 3.0, np.nan, 5.0])
    assert (found.n, found.missing, found.bias) == (3, 2, 0)
    with pytest.raises(TooFewParts, match="needs 3 parts with both readings, found 2 of 3"):
        correlate([1.0, 2.0, np.nan], [1.0, 2.0, 3.0])


def test_a_tester_that_is_stuck_has_no_slope() -> None:
    found = correlate([1.0, 1.0, 1.0], [1.0, 2.0, 3.0])
    assert isnan(found.slope)
    assert "slope" in found.failed


def test_sites_that_differ_are_held_with_the_size_of_the_difference() -> None:
    drawn = np.random.default_rng(5)
    site = np.repeat([1, 2, 3, 4], 100)
    values = drawn.normal(0, 1, 400) + np.where(site == 3, 2.0, 0.0)
    found = group_bias(values, site)
    assert found.verdict == "hold"
    assert found.effect == pytest.approx(2, abs=0.4)
    assert found.p == pytest.approx(stats.kruskal(*(values[site == one] for one in (1, 2, 3, 4))).pvalue)


def test_a_small_difference_with_a_tiny_p_is_still_small() -> None:
    site = np.repeat([1, 2], 20_000)
    values = np.random.default_rng(6).normal(0, 1, 40_000) + 0.1 * (site == 2)
    found = group_bias(values, site)
    assert found.p < 1e-6
    assert found.verdict == "alike"


def test_a_site_that_spreads_more_is_seen() -> None:
    drawn = np.random.default_rng(7)
    values, site = np.concatenate([drawn.normal(0, 1, 200), drawn.normal(0, 2, 200)]), np.repeat(["a", "b"], 200)
    found = group_bias(values, site)
    assert found.p_spread < 1e-6
    assert found.spread_ratio == pytest.approx(2, rel=0.3)


def test_sites_without_any_variation_are_alike_or_infinitely_apart() -> None:
    assert group_bias([1.0] * 6, [1, 1, 1, 2, 2, 2]).verdict == "alike"
    apart = group_bias([1.0] * 3 + [2.0] * 3, [1, 1, 1, 2, 2, 2])
    assert (apart.effect, apart.verdict) == (inf, "hold")


def test_one_group_has_nothing_to_be_compared_with() -> None:
    with pytest.raises(TooFewParts, match="two groups"):
        group_bias([1.0, 2.0, 3.0], ["a", "a", "b"])


def test_yields_of_groups_agree_with_an_independent_library() -> None:
    found = yield_bias([95, 96, 80], [100, 100, 100], ["A", "B", "C"])
    theirs = stats.chi2_contingency([[95, 96, 80], [5, 4, 20]], correction=False)
    assert (found.chi_square, found.p) == pytest.approx((theirs.statistic, theirs.pvalue))
    assert found.differing == (("A", "C"), ("B", "C"))


def test_the_proportions_of_nist() -> None:
    """NIST/SEMATECH e-Handbook 7.4.5 and 7.4.7.4: chi-square says that lots differ, no single pair does by itself."""
    found = yield_bias([300 - bad for bad in (36, 46, 42, 63, 38)], [300] * 5)
    assert (round(found.chi_square, 3), found.degrees) == (12.131, 4)
    assert found.p < 0.05
    assert found.differing == ()
    assert found.spread == pytest.approx(0.09)


def test_yields_that_cannot_be_are_refused() -> None:
    with pytest.raises(ArgumentError, match="passed from 0 to tested"):
        yield_bias([11, 5], [10, 10])
    assert yield_bias([10, 10], [10, 10]).p == 1


@pytest.mark.parametrize("shift", [0.0, 0.2, 0.6])
def test_equivalence_agrees_with_an_independent_library(shift: float) -> None:
    from statsmodels.stats.weightstats import ttost_ind

    drawn = np.random.default_rng(8)
    first, second = drawn.normal(0, 1, 60), drawn.normal(shift, 2, 80)
    found = equivalence(first, second, 0.8)
    assert found.p == pytest.approx(ttost_ind(second, first, -0.8, 0.8, usevar="unequal")[0])
    assert found.equivalent == (found.p < 0.05)


def test_equivalence_without_variation_is_plain() -> None:
    assert equivalence([1.0, 1.0], [1.1, 1.1], 0.2).equivalent
    assert not equivalence([1.0, 1.0], [1.3, 1.3], 0.2).equivalent


def test_three_sigmas_of_guard_band() -> None:
    found = guard_band(None, 10, 0.1)
    assert found.high == pytest.approx(9.7)
    assert round(found.accepted_bad, 5) == 0.00135
    assert found.low is None


def test_a_guard_band_by_its_risk_is_the_one_by_its_sigmas() -> None:
    assert guard_band(0, 10, 0.1, risk=0.001349898).guard_band == pytest.approx(0.3)
    assert guard_band(0, 10, 0.1, risk=0.5).guard_band == 0


def test_the_guard_band_of_two_percent_false_acceptance() -> None:
    """At a ratio of 4 to 1 the published curve is close to 0: no band; at 1.5 to 1 it is near a fifth of U."""
    wide, narrow = guard_band(0, 1, 1 / 24, method="z540.3"), guard_band(0, 1, 1 / 6, method="z540.3")
    assert wide.uncertainty_ratio == pytest.approx(6)
    assert wide.guard_band == 0
    assert narrow.guard_band == pytest.approx((1.04 - np.exp(0.38 * np.log(1.5) - 0.54)) / 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"low": None, "high": None, "sigma": 1}, "at least one limit"),
        ({"low": 0, "high": 1, "sigma": 0.2}, "leaves nothing of 0 to 1"),
        ({"low": 0, "high": 1, "sigma": -1}, "sigma"),
        ({"low": 0, "high": 1, "sigma": 0.1, "k": 1, "risk": 0.1}, "either k or risk"),
        ({"low": None, "high": 1, "sigma": 0.1, "method": "z540.3"}, "needs both limits"),
    ],
)
def test_guard_bands_that_cannot_be_are_refused(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        guard_band(**arguments)  # type: ignore[arg-type]


def test_a_part_that_drifts_alone_is_found() -> None:
    drawn = np.random.default_rng(9)
    before = drawn.normal(5, 0.2, 77)
    after = before + drawn.normal(0.01, 0.01, 77)
    after[30] += 0.3
    found = drift(before, after, 3, 7)
    assert (found.outlying, found.beyond_drift, found.accepted) == ((31,), (), True)
    assert drift(before, after, 3, 7, limit=0.2).beyond_drift == (31,)


def test_control_units_take_the_testers_own_shift_out() -> None:
    drawn = np.random.default_rng(10)
    before = drawn.normal(5, 0.2, 50)
    found = drift(before, before + 0.5, 3, 7, control=([5.0, 5.1, 4.9], [5.5, 5.6, 5.4]))
    assert found.control_shift == pytest.approx(0.5)
    assert found.mean == pytest.approx(0, abs=1e-12)
    assert drift(before, before + 0.5, 3, 7).mean == pytest.approx(0.5)


def test_tests_of_drift_agree_with_an_independent_library() -> None:
    drawn = np.random.default_rng(11)
    before = drawn.normal(size=40)
    after = before + drawn.normal(0.1, 0.3, 40)
    found = drift(before, after)
    assert found.p_shift == pytest.approx(stats.ttest_rel(after, before).pvalue)
    assert found.p_rank == pytest.approx(stats.wilcoxon(after - before).pvalue)
    assert found.p_spread == pytest.approx(stats.pearsonr(after + before, after - before).pvalue)


def test_parts_that_did_not_move_at_all() -> None:
    found = drift([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], 0, 10)
    assert (found.mean, found.p_shift, found.p_rank, found.p_spread, found.guard_band) == (0, 1, 1, 1, 0)


def test_a_part_outside_the_limits_after_stress_is_not_accepted() -> None:
    found = drift([1.0, 2.0, 3.0], [1.0, 2.0, 3.6], 0, 3.5)
    assert (found.beyond_limits, found.accepted) == ((3,), False)


def test_the_tolerance_factor_of_nist() -> None:
    assert round(tolerance_factor(43, 0.90, 0.99), 4) == 1.8740


@given(st.integers(2, 200), st.floats(0.51, 0.999), st.floats(0.51, 0.99))
def test_tolerance_factors_agree_with_an_independent_library(n: int, share: float, confidence: float) -> None:
    theirs = stats.nct.ppf(confidence, n - 1, stats.norm.ppf(share) * np.sqrt(n)) / np.sqrt(n)
    assert tolerance_factor(n, share, confidence) == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize(
    "answer",
    [
        correlate([1.0, 2.0, 3.0], [1.0, 2.0, 3.1]),
        group_bias([1.0, 2.0, 1.0, 2.0], [1, 1, 2, 2]),
        yield_bias([1, 2], [3, 3]),
        equivalence([1.0, 2.0], [1.0, 2.0], 1),
        guard_band(0, 1, 0.01),
        drift([1.0, 2.0, 3.0], [1.0, 2.0, 3.1]),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_figures_go_through_json(answer: object) -> None:
    assert json.dumps(answer.to_dict())  # type: ignore[attr-defined]
