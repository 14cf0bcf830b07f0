"""Answers printed in handbooks and textbooks, from the same few functions that anybody would call for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.assess.published import CUSUM, column, figures

from corecar.assess import (
    capability,
    chart,
    cpk_fallout,
    dppm,
    fit,
    fraction_bound,
    grubbs,
    hotelling,
    kappa,
    mcnemar,
    mtbf,
    nested_study,
    sample_size,
    tolerance_factor,
    weibull,
)
from corecar.errors import ArgumentError

RINGS = """
    74.030 74.002 74.019 73.992 74.008 73.995 73.992 74.001 74.011 74.004 73.988 74.024 74.021 74.005 74.002
    74.002 73.996 73.993 74.015 74.009 73.992 74.007 74.015 73.989 74.014 74.009 73.994 73.997 73.985 73.993
    73.995 74.006 73.994 74.000 74.005 73.985 74.003 73.993 74.015 73.988 74.008 73.995 74.009 74.005 74.004
    73.998 74.000 73.990 74.007 73.995 73.994 73.998 73.994 73.995 73.990 74.004 74.000 74.007 74.000 73.996
    73.983 74.002 73.998 73.997 74.012 74.006 73.967 73.994 74.000 73.984 74.012 74.014 73.998 73.999 74.007
    74.000 73.984 74.005 73.998 73.996 73.994 74.012 73.986 74.005 74.007 74.006 74.010 74.018 74.003 74.000
    73.984 74.002 74.003 74.005 73.997 74.000 74.010 74.013 74.020 74.003 73.982 74.001 74.015 74.005 73.996
    74.004 73.999 73.990 74.006 74.009 74.010 73.989 73.990 74.009 74.014 74.015 74.008 73.993 74.000 74.010
    73.982 73.984 73.995 74.017 74.013
"""
"""Montgomery, Introduction to Statistical Quality Control: inside diameters of piston rings, 25 samples of 5 [mm]."""

CIRCUIT_BOARDS = [
    *(21, 24, 16, 12, 15, 5, 28, 20, 31, 25, 20, 24, 16),
    *(19, 10, 17, 13, 22, 18, 39, 30, 24, 16, 19, 17, 15),
]
"""The same: nonconformities on 26 samples of 100 printed circuit boards."""


@pytest.fixture(scope="module")
def rings() -> list[float]:
    return [float(word) for word in RINGS.split()]


def test_the_piston_rings_of_montgomery_by_ranges(rings: list[float]) -> None:
    found = chart(rings, "Xbar-R", subgroup=5)
    assert (round(found.center, 3), round(found.average_spread or 0, 3), found.out) == (74.001, 0.023, ())
    assert round(25 * (found.average_spread or 0), 3) == 0.581
    assert (round(found.lcl, 3), round(found.ucl, 3)) == (73.988, 74.015)
    assert found.spread is not None
    assert (found.spread.lower[0], round(found.spread.upper[0], 3)) == (0, 0.049)


def test_the_piston_rings_of_montgomery_by_standard_deviations(rings: list[float]) -> None:
    found = chart(rings, "Xbar-S", subgroup=5)
    assert (round(found.average_spread or 0, 4), round(found.sigma, 2)) == (0.0094, 0.01)
    assert found.spread is not None
    assert (found.spread.lower[0], round(found.spread.upper[0], 4)) == (0, 0.0196)


def test_the_printed_circuit_boards_of_montgomery() -> None:
    """Limits are printed from the rounded centre, 19.85."""
    found = chart(CIRCUIT_BOARDS, "c", rules="limits")
    assert round(found.center, 2) == 19.85
    assert (found.ucl, found.lcl) == pytest.approx((33.22, 6.48), abs=0.011)
    assert found.out == (6, 20)


def test_the_first_rows_of_the_cumulative_sums_and_the_moving_average_of_montgomery() -> None:
    sums = chart(CUSUM, "CUSUM", center=10, sigma=1)
    assert sums.low_side is not None
    assert [round(one, 2) for one in sums.location.values[:9]] == [0, 0, 0, 1.16, 2.82, 2.5, 0.04, 1, 0]
    assert [round(one, 2) for one in sums.low_side.values[:9]] == [0.05, 1.56, 1.77, 0, 0, 0, 1.46, 0, 0.3]
    averages = chart(CUSUM, "EWMA", center=10, sigma=1, weight=0.1, width=2.7)
    assert [round(one, 4) for one in averages.location.values[:2]] == [9.945, 9.7495]
    assert (round(averages.ucl, 2), round(averages.lcl, 2)) == (10.62, 9.38)


def test_the_differences_of_successive_points_signal_where_published(shared: Path) -> None:
    found = chart(column(shared, "runs_rules_45.csv", "V1"), "I-MR", rules=["nelson 1", "nelson 8"])
    assert found.signals == {"nelson-1": tuple(range(37, 46)), "nelson-8": (44, 45)}


@pytest.mark.parametrize(
    ("reliability", "sizes"),
    [(0.90, [22, 38, 52, 65, 78]), (0.95, [45, 77, 105, 132, 158])],
)
def test_sampling_plans_of_lot_tolerance_at_ninety_percent(reliability: float, sizes: list[int]) -> None:
    """MIL-PRF-19500 and its kin: 10 % and 5 % defective, 0 to 4 failures accepted."""
    assert [sample_size(reliability, 0.9, fails).n for fails in range(5)] == sizes


@pytest.mark.parametrize(("confidence", "printed"), [(0.6, 51.086), (0.7, 67.126), (0.9, 128.377)])
def test_the_rate_of_ti_at_three_confidences(confidence: float, printed: float) -> None:
    found = fit(units=231, hours=1000, fails=0, confidence=confidence, activation_energy=0.7, stress_c=125, use_c=55)
    assert round(found.fit, 3) == printed


def test_a_report_that_is_wrong_by_a_decade_and_the_constants_that_show_it() -> None:
    """149.5 FIT and 6.689e6 hours come of 8.62e-5 eV/K and 273 K; constants in full give 149.9 FIT."""
    test: dict[str, Any] = {"activation_energy": 0.7, "stress_c": 85, "use_c": 25}
    rounded = fit(160, 1000, 0, 0.9, **test, boltzmann=8.62e-5, zero_celsius=273)
    assert (round(rounded.fit, 1), round(rounded.mttf_hours / 1e6, 3)) == (149.5, 6.689)
    assert round(fit(160, 1000, 0, 0.9, **test).fit, 1) == 149.9


def test_a_rate_in_the_constants_of_ug116() -> None:
    found = fit(
        231, 1000, 0, 0.6, activation_energy=0.7, stress_c=125, use_c=55, boltzmann=8.617164e-5, zero_celsius=273.16
    )
    assert (found.boltzmann_ev_per_k, found.zero_celsius_k) == (8.617164e-5, 273.16)
    assert found.fit == pytest.approx(51.086, rel=1e-3)


def test_cohens_kappa_of_fifty_applications() -> None:
    """Cohen (1960) and every textbook since: 20, 5, 10 and 15 of 50."""
    found = kappa(*judged([[20, 5], [10, 15]]))
    assert (round(found.kappa, 2), found.agreement, found.expected) == (0.4, 0.7, 0.5)


def test_the_attribute_study_of_aiag_of_two_appraisers() -> None:
    """AIAG MSA 4th edition, chapter III section C: A against B, 150 decisions."""
    assert round(kappa(*judged([[44, 6], [3, 97]])).kappa, 2) == 0.86


def judged(matrix: list[list[int]]) -> tuple[list[int], list[int]]:
    """The pairs of decisions that a cross table counts."""
    pairs = [(row, column) for row, counts in enumerate(matrix) for column, n in enumerate(counts) for _ in range(n)]
    return [first for first, _ in pairs], [second for _, second in pairs]


def test_the_one_sided_tolerance_factor_of_nist_by_the_exact_distribution() -> None:
    """7.2.6.3: 1.8740 by the noncentral t, where the closed approximation beside it gives 1.8752."""
    assert round(tolerance_factor(43, 0.9, 0.99), 4) == 1.8740


def test_the_limits_of_hotelling_of_montgomery() -> None:
    """Tensile strength and diameter of textile fibre: 20 samples of 10, two columns, 0.1 %; 15.16 from 13.72."""
    drawn = np.random.default_rng(1).normal(size=(200, 2))
    assert round(hotelling(drawn, alpha=0.001, subgroup=10).limit, 2) == 13.72
    later = hotelling(drawn[:30], alpha=0.001, subgroup=10, reference=drawn).limit
    assert round(13.72 * 21 / 19, 2) == 15.16
    assert later == pytest.approx(15.16, abs=0.006)


def test_later_subgroups_are_held_against_the_center_and_covariance_of_earlier_ones() -> None:
    drawn = np.random.default_rng(2)
    earlier, later = drawn.normal(size=(200, 2)), drawn.normal([0, 3], size=(30, 2))
    found = hotelling(later, alpha=0.001, subgroup=10, reference=earlier)
    within = np.mean([np.cov(group, rowvar=False) for group in earlier.reshape(20, 10, 2)], axis=0)
    away = later.reshape(3, 10, 2).mean(axis=1) - earlier.mean(axis=0)
    assert found.t_squared == pytest.approx(10 * np.einsum("ij,jk,ik->i", away, np.linalg.inv(within), away))
    assert found.out == (1, 2, 3)
    assert found.center == pytest.approx(earlier.mean(axis=0))


def test_later_subgroups_keep_the_promise() -> None:
    drawn, out = np.random.default_rng(3), []
    for _ in range(400):
        later, earlier = drawn.normal(size=(20, 2)), drawn.normal(size=(40, 2))
        out.append(len(hotelling(later, alpha=0.05, subgroup=4, reference=earlier).out) / 5)
    assert np.mean(out) == pytest.approx(0.05, rel=0.25)


def test_labels_do_not_say_what_the_subgroups_of_a_reference_are() -> None:
    drawn = np.random.default_rng(4).normal(size=(20, 2))
    with pytest.raises(ArgumentError, match="subgroup: a whole size from 1 up was expected"):
        hotelling(drawn, subgroup=[number // 4 for number in range(20)], reference=drawn)


def test_the_scale_of_the_life_test_of_nist_solves_its_equation() -> None:
    """NIST prints 606.5280 from a search that stopped there; the shape's own equation gives 606.5276."""
    failed = np.array([54, 187, 216, 240, 244, 335, 361, 373, 375, 386], float)
    lived = np.concatenate([failed, np.full(10, 500.0)])
    found = weibull(lived, [False] * 10 + [True] * 10)
    assert round(found.shape, 4) == 1.7208
    assert found.scale == pytest.approx(606.5280, abs=5e-4)
    powers = lived**found.shape
    assert (powers * np.log(lived)).sum() / powers.sum() - 1 / found.shape == pytest.approx(np.log(failed).mean())
    assert found.scale == pytest.approx((powers.sum() / 10) ** (1 / found.shape))


PROBE_1 = {
    "day": [15, 17, 18, 21, 23, 23.5],
    "mean": [95.1772, 95.1567, 95.1937, 95.1959, 95.1442, 95.0610],
    "sd": [0.1191, 0.0183, 0.1282, 0.0398, 0.0346, 0.1539],
}
"""NIST/SEMATECH e-Handbook 2.6.1.1, mpc6111: run 1, wafer 138, probe 1; averages and deviations of 6 readings a day."""


def test_one_run_of_a_probe_of_nist_is_pooled_by_its_definition() -> None:
    found = nested_study(PROBE_1, ["day"], "mean", sd="sd", repeats=6)
    repeat, day = found.levels
    assert repeat.sd == pytest.approx(np.sqrt(np.mean(np.square(PROBE_1["sd"]))))
    assert (repeat.degrees, day.degrees) == (30, 5)
    assert day.sd == pytest.approx(np.std(PROBE_1["mean"], ddof=1))
    assert day.own_sd == pytest.approx(np.sqrt(day.sd**2 - repeat.sd**2 / 6))


def test_the_capability_of_the_shared_case_as_anybody_would_ask(shared: Path) -> None:
    found = capability(column(shared, "capability_20x5.csv", "Diameter"), 0, 12, target=6, subgroup=5)
    assert [round(one or 0, 2) for one in (found.cp, found.cpk, found.pp, found.ppk, found.cpm)] == [
        *(1.13, 0.93, 1.08, 0.88, 0.93)
    ]


def test_the_grubbs_case_as_anybody_would_ask(shared: Path) -> None:
    case = figures(shared, "grubbs_nist")
    assert (grubbs(case["x"]).outlier, grubbs([*case["x"], None]).missing) == (True, 1)


readings = st.lists(st.floats(-1e3, 1e3).map(lambda one: round(one, 3)), min_size=8, max_size=40)


@given(st.integers(0, 50), st.integers(1, 10**6), st.floats(0.05, 0.99))
def test_bounds_of_counts_agree_with_scipy(fails: int, hours: int, confidence: float) -> None:
    rate = fit(1, hours, fails, confidence).fit
    assert rate == pytest.approx(1e9 * stats.gamma.ppf(confidence, fails + 1) / hours)
    assert stats.poisson.cdf(fails, rate * hours / 1e9) == pytest.approx(1 - confidence)
    returned = dppm(fails, hours, confidence).at_most_dppm
    assert stats.poisson.cdf(fails, returned * hours / 1e6) == pytest.approx(1 - confidence)


@given(st.integers(1, 40), st.floats(0.5, 0.99))
def test_mean_times_agree_with_scipy(fails: int, confidence: float) -> None:
    found, tail = mtbf(1000, fails, confidence), (1 - confidence) / 2
    assert found.lower_hours == pytest.approx(2000 / stats.chi2.ppf(1 - tail, 2 * fails + 2))
    assert found.upper_hours == pytest.approx(2000 / stats.chi2.ppf(tail, 2 * fails))


@given(st.integers(2, 400), st.data(), st.floats(0.5, 0.99))
def test_bounds_of_fractions_agree_with_statsmodels(n: int, data: st.DataObject, confidence: float) -> None:
    from statsmodels.stats.proportion import proportion_confint

    fails = data.draw(st.integers(0, n))
    found = fraction_bound(fails, n, confidence)
    theirs = proportion_confint(fails, n, alpha=1 - confidence, method="beta")
    assert (found.lower, found.upper) == pytest.approx(theirs, rel=1e-6, abs=1e-12)


@given(st.lists(st.integers(1, 30), min_size=9, max_size=9))
def test_agreement_agrees_with_statsmodels(counts: list[int]) -> None:
    from statsmodels.stats.inter_rater import cohens_kappa

    table = np.reshape(counts, (3, 3))
    found, theirs = kappa(*judged(table.tolist())), cohens_kappa(table)
    assert (found.kappa, found.se) == pytest.approx((theirs.kappa, theirs.std_kappa))


@given(st.integers(0, 40), st.integers(0, 40))
def test_switches_agree_with_statsmodels(lost: int, gained: int) -> None:
    from statsmodels.stats.contingency_tables import mcnemar as theirs

    table = [[5, gained], [lost, 5]]
    assert mcnemar(*judged(table)).p == pytest.approx(theirs(table, exact=True).pvalue)


@given(st.integers(0, 10_000), st.integers(8, 40), st.integers(1, 4))
def test_distances_agree_with_scipy(seed: int, rows: int, columns: int) -> None:
    drawn = np.random.default_rng(seed).normal(size=(rows, columns))
    found = hotelling(drawn, alpha=0.01)
    inverse = np.linalg.inv(np.atleast_2d(np.cov(drawn, rowvar=False)))
    away = drawn - drawn.mean(axis=0)
    assert found.t_squared == pytest.approx(np.einsum("ij,jk,ik->i", away, inverse, away), rel=1e-6)
    share = stats.beta.ppf(0.99, columns / 2, (rows - columns - 1) / 2)
    assert found.limit == pytest.approx((rows - 1) ** 2 / rows * share)


@given(readings)
def test_critical_values_and_fallout_agree_with_scipy(values: list[float]) -> None:
    n = len(values)
    t = stats.t.ppf(1 - 0.05 / (2 * n), n - 2)
    assert grubbs(values).critical == pytest.approx((n - 1) / np.sqrt(n) * np.sqrt(t**2 / (n - 2 + t**2)))
    index = min(3.0, abs(values[0]))
    assert cpk_fallout(index).above == pytest.approx(1e6 * stats.norm.sf(3 * index), rel=1e-6)
