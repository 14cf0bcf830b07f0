"""Control charts give the published limits and signals, in either way of counting."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.assess.published import CUSUM, column, figures

from corecar.assess import Rule, chart, rule_set
from corecar.assess.control_constants import ControlConstants, range_divisor, range_moments, sd_mean
from corecar.assess.runs_rules import signalled
from corecar.errors import ArgumentError, TooFewParts

SEVEN = (
    *("nelson-1", Rule("same side", "zone", 7), Rule("trend", "trend", 7)),
    *("nelson-4", "nelson-5", "nelson-6", "nelson-7", "nelson-8"),
)
"""The rules of JASP's case, where runs and trends take 7."""


def test_the_moving_average_of_nist(shared: Path) -> None:
    case = figures(shared, "ewma_nist")
    found = chart(case["x"], "ewma", weight=case["lam"], center=case["center"], sigma=case["s"])
    assert [round(value, 2) for value in found.location.values] == case["z"]
    assert (round(found.ucl, 4), round(found.lcl, 4)) == (case["ucl"], case["lcl"])
    assert found.out == ()


def test_a_moving_average_may_have_the_limits_of_a_long_history_from_the_start() -> None:
    steady = chart([1.0, 2.0, 3.0], "ewma", center=2, sigma=1, steady=True)
    assert len(set(steady.location.upper)) == 1
    assert steady.ucl > chart([1.0, 2.0, 3.0], "ewma", center=2, sigma=1).ucl


def test_the_individuals_of_nist(shared: Path) -> None:
    case = figures(shared, "imr_nist")
    found = chart(case["x"], "i-mr")
    assert (round(found.center, 2), round(found.average_spread or 0, 4)) == (case["mean"], case["mrbar"])
    assert (round(found.ucl, 4), round(found.lcl, 4)) == (case["ucl"], case["lcl"])
    assert found.spread is not None
    assert round(found.spread.upper[0], 3) == round(3.267 * case["mrbar"], 3)


@pytest.mark.parametrize(
    ("counting", "trend", "alternating"), [("differences", (22,), (15, 16)), ("points", (21, 22), (14, 15, 16))]
)
def test_the_runs_rules_of_a_published_case(
    shared: Path, counting: str, trend: tuple[int, ...], alternating: tuple[int, ...]
) -> None:
    found = chart(column(shared, "runs_rules_45.csv", "V1"), rules=SEVEN, counting=counting)
    assert (round(found.center, 6), round(found.sigma, 6)) == (0.273778, 0.384832)
    assert (round(found.ucl, 6), round(found.lcl, 6)) == (1.428275, -0.880719)
    assert found.signals == {
        "nelson-1": tuple(range(37, 46)),
        "same side": (*range(22, 37), 43, 44),
        "trend": trend,
        "nelson-4": alternating,
        "nelson-5": tuple(range(38, 45)),
        "nelson-6": tuple(range(40, 45)),
        "nelson-7": tuple(range(29, 37)),
        "nelson-8": (44, 45),
    }


def test_the_cumulative_sums_of_montgomery() -> None:
    found = chart(CUSUM, "cusum", center=10, sigma=1)
    assert [round(value, 2) for value in found.location.values[-3:]] == [4.47, 5.28, 5.30]
    assert found.out == (29, 30)
    assert found.low_side is not None
    assert [round(value, 2) for value in found.low_side.values[:3]] == [0.05, 1.56, 1.77]


def test_a_head_start_signals_earlier() -> None:
    shifted = [11.0] * 12
    plain = chart(shifted, "cusum", center=10, sigma=1)
    assert chart(shifted, "cusum", center=10, sigma=1, head_start=2.5).out[0] < plain.out[0]


@pytest.mark.parametrize(
    ("size", "d2", "d3", "c4"),
    [
        *((2, 1.128, 0.853, 0.7979), (3, 1.693, 0.888, 0.8862), (4, 2.059, 0.880, 0.9213), (5, 2.326, 0.864, 0.9400)),
        *((6, 2.534, 0.848, 0.9515), (7, 2.704, 0.833, 0.9594), (8, 2.847, 0.820, 0.9650), (9, 2.970, 0.808, 0.9693)),
        *(
            (10, 3.078, 0.797, 0.9727),
            (15, 3.472, 0.756, 0.9823),
            (20, 3.735, 0.729, 0.9869),
            (25, 3.931, 0.708, 0.9896),
        ),
    ],
)
def test_the_constants_are_those_of_the_tables(size: int, d2: float, d3: float, c4: float) -> None:
    constants = ControlConstants()
    assert (constants.d2(size), constants.d3(size), constants.c4(size)) == (d2, d3, c4)


@pytest.mark.parametrize(
    ("size", "a2", "a3", "b3", "b4", "d3", "d4"),
    [
        (2, 1.880, 2.659, 0, 3.267, 0, 3.267),
        (5, 0.577, 1.427, 0, 2.089, 0, 2.114),
        (10, 0.308, 0.975, 0.284, 1.716, 0.223, 1.777),
        (25, 0.153, 0.606, 0.565, 1.435, 0.459, 1.541),
    ],
)
def test_the_limit_factors_are_those_of_the_tables(
    size: int, a2: float, a3: float, b3: float, b4: float, d3: float, d4: float
) -> None:
    constants = ControlConstants()
    assert (constants.mean_by_range(size), constants.mean_by_sd(size)) == (a2, a3)
    assert (constants.sd_limits(size), constants.range_limits(size)) == ((b3, b4), (d3, d4))


def test_exact_constants_are_those_of_chance() -> None:
    ranges = np.ptp(np.random.default_rng(0).normal(size=(400_000, 6)), axis=1)
    assert range_moments(6) == pytest.approx((ranges.mean(), ranges.std()), rel=3e-3)
    assert range_moments(2)[0] == pytest.approx(2 / np.sqrt(np.pi), abs=1e-12)
    assert sd_mean(2) == pytest.approx(np.sqrt(2 / np.pi), abs=1e-12)
    assert range_divisor(2, 1) == pytest.approx(np.sqrt(2), abs=1e-12)
    assert range_moments(150)[0] == pytest.approx(5.2985, abs=5e-3)


def test_means_and_ranges_by_hand() -> None:
    rows = [[1.0, 2, 3, 4, 5], [2, 3, 4, 5, 6], [1, 1, 3, 5, 5]]
    found = chart(rows, "xbar-r")
    assert found.center == pytest.approx(10 / 3)
    assert found.ucl == pytest.approx(10 / 3 + 0.577 * 4)
    assert found.spread is not None
    assert (found.spread.lower[0], found.spread.upper[0]) == pytest.approx((0, 2.114 * 4))
    assert chart(rows, "xbar-r", constants="divisors").ucl == pytest.approx(10 / 3 + 3 / 2.326 / np.sqrt(5) * 4)
    assert chart(rows, "xbar-r", constants="exact").ucl == pytest.approx(
        10 / 3 + 3 / range_moments(5)[0] / np.sqrt(5) * 4
    )


def test_means_and_standard_deviations_by_hand() -> None:
    rows = [[1.0, 2, 3, 4, 5], [2, 3, 4, 5, 6]]
    found, sd = chart(rows, "xbar-s"), np.std([1, 2, 3, 4, 5], ddof=1)
    assert (found.ucl, found.lcl) == pytest.approx((3.5 + 1.427 * sd, 3.5 - 1.427 * sd))
    assert found.spread is not None
    assert found.spread.upper[0] == pytest.approx(2.089 * sd)


def test_unequal_subgroups_have_limits_of_their_own() -> None:
    values, subgroup = [1.0, 2, 3, 1, 2, 3, 4, 2, 3], [1, 1, 1, 2, 2, 2, 2, 3, 3]
    found = chart(values, "xbar-r", subgroup=subgroup)
    widths = np.array(found.location.upper) - found.center
    assert widths[0] * np.sqrt(3) == pytest.approx(widths[1] * 2)
    assert widths[2] > widths[0] > widths[1]


def test_proportions_with_sizes_of_their_own() -> None:
    found = chart([5, 2, 20], "p", sizes=[100, 50, 200], rules="limits")
    center = 27 / 350
    assert found.center == pytest.approx(center)
    assert found.location.upper[1] == pytest.approx(center + 3 * np.sqrt(center * (1 - center) / 50))
    assert min(found.location.lower) == 0


def test_a_count_per_unit_and_a_plain_count() -> None:
    per_unit, plain = chart([4, 6, 30], "u", sizes=2), chart([4, 6, 30], "c", rules="limits")
    assert per_unit.center == pytest.approx(40 / 6)
    assert plain.ucl == pytest.approx(40 / 3 + 3 * np.sqrt(40 / 3))
    assert plain.out == (3,)
    assert chart([4, 6, 30], "np", sizes=100).ucl == pytest.approx(40 / 3 + 3 * np.sqrt(40 / 3 * (1 - 40 / 300)))


def test_the_defects_of_wafers_of_nist() -> None:
    """NIST/SEMATECH e-Handbook 6.3.3.1: defects of 25 wafers."""
    wafers = [16, 14, 28, 16, 12, 20, 10, 12, 10, 17, 19, 17, 14, 16, 15, 13, 14, 16, 11, 20, 11, 19, 16, 31, 13]
    found = chart(wafers, "c", rules="limits")
    assert (found.center, found.ucl, found.lcl, found.out) == (16, 28, 4, (24,))


def test_the_fraction_nonconforming_of_nist() -> None:
    """NIST/SEMATECH e-Handbook 6.3.3.2: 30 lots of 50."""
    lots = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]
    found = chart(lots, "p", rules="limits", sizes=50)
    assert (round(found.center, 4), round(found.ucl, 4), round(found.lcl, 4)) == (0.2313, 0.4102, 0.0524)
    assert found.out == (15, 23)


def test_the_cumulative_sums_of_nist() -> None:
    """NIST/SEMATECH e-Handbook 6.3.2.3: allowance and interval in the readings' own unit."""
    means = [
        *(324.925, 324.675, 324.725, 324.350, 325.350, 325.225, 324.125, 324.525, 325.225, 324.600),
        *(324.625, 325.150, 328.325, 327.250, 327.825, 328.500, 326.675, 327.775, 326.875, 328.350),
    ]
    found = chart(means, "cusum", center=325, sigma=1, allowance=0.3175, interval=4.1959)
    assert [round(value, 2) for value in found.location.values[12:15]] == [3.01, 4.94, 7.45]
    assert found.out == tuple(range(14, 21))


@pytest.mark.parametrize("kind", ["p", "u"])
def test_a_chart_of_counts_refuses_what_cannot_be(kind: str) -> None:
    with pytest.raises(ArgumentError, match="needs `sizes=`"):
        chart([1, 2], kind)
    with pytest.raises(ArgumentError, match="point 2 has -1"):
        chart([1, -1], kind, sizes=10)


def test_more_bad_parts_than_parts_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"point 1 has 11 of 10\. Give counts, not fractions"):
        chart([11, 2], "p", sizes=10)


@pytest.mark.parametrize("kind", ["p", "np", "u"])
def test_rates_are_refused_where_counts_are_asked_for(kind: str) -> None:
    with pytest.raises(ArgumentError, match=r"point 2 has 0\.06, which is no count\. Give counts, not fractions"):
        chart([0, 0.06, 0.1], kind, sizes=50)


def test_rates_times_their_sizes_are_counts_despite_rounding() -> None:
    rates, sizes = np.array([0.29, 0.57, 0.58]), np.array([100, 100, 100])
    assert chart(rates * sizes, "p", sizes=sizes).center == chart([29, 57, 58], "p", sizes=sizes).center


def test_a_missing_reading_keeps_the_numbers_of_the_others() -> None:
    found = chart([1.0, float("nan"), 1.2, 0.9, 9.0, 1.1, 1.0, 0.8], center=1.0, sigma=0.2, rules="limits")
    assert (found.missing, found.location.points, found.out) == (1, (1, 3, 4, 5, 6, 7, 8), (5,))
    assert found.spread is not None
    assert found.spread.points == (4, 5, 6, 7, 8)


def test_a_process_without_variation_signals_whatever_moves() -> None:
    assert chart([3.0, 3.0, 3.0]).out == ()
    moved = chart([3.0, 3.0, 3.5], sigma=0, center=3)
    assert moved.out == (3,)
    assert moved.notes[0].startswith("no variation")


@pytest.mark.parametrize("values", [[], [1.0], [float("nan")] * 4])
def test_too_few_readings_are_refused(values: list[float]) -> None:
    with pytest.raises(TooFewParts, match="needs at least 2 readings"):
        chart(values)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "pareto"}, "i-mr, xbar-r"),
        ({"rules": "house"}, "nelson, western electric, limits"),
        ({"counting": "guessing"}, "points, differences"),
        ({"kind": "ewma", "weight": 0}, "weight"),
        ({"kind": "cusum", "interval": 0}, "interval"),
        ({"sigma": -1.0}, "sigma"),
        ({"width": 0}, "width"),
        ({"kind": "xbar-r"}, "subgroup"),
        ({"rules": ["nelson-1", "nelson"]}, "each name once"),
    ],
)
def test_what_cannot_be_asked_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        chart([1.0, 2.0, 1.5, 1.7], **arguments)


def test_the_sets_of_rules_are_the_published_ones() -> None:
    assert [(rule.points, rule.of, rule.sigma) for rule in rule_set("western electric")] == [
        *((1, 1, 3.0), (2, 3, 2.0), (4, 5, 1.0), (8, 8, 0.0)),
    ]
    assert [rule.points for rule in rule_set("nelson")] == [1, 9, 6, 14, 2, 4, 15, 8]


def test_figures_go_through_json() -> None:
    told = chart([1.0, 2.0, 1.5, 1.7], rules="nelson").to_dict()
    assert json.loads(json.dumps(told)) == told


def slowly_signalled(rule: Rule, z: list[float], counting: str) -> list[bool]:
    """The rules as a person would check them, window by window."""
    told = []
    for end in range(1, len(z) + 1):
        if rule.pattern == "zone":
            window = z[max(0, end - (rule.of or rule.points)) : end]
            sides = ([value > rule.sigma for value in window], [value < -rule.sigma for value in window])
            told.append(any(side[-1] and sum(side) >= rule.points for side in sides))
            continue
        length = rule.points + (counting == "differences" and rule.pattern in ("trend", "alternating"))
        run = z[end - length : end] if end >= length else []
        steps = [after - before for before, after in pairwise(run)]
        told.append(
            bool(run)
            and {
                "within": all(abs(value) < rule.sigma for value in run),
                "outside": all(abs(value) > rule.sigma for value in run),
                "trend": all(step > 0 for step in steps) or all(step < 0 for step in steps),
                "alternating": all(step != 0 for step in steps)
                and all(before * after < 0 for before, after in pairwise(steps)),
            }[rule.pattern]
        )
    return told


@given(
    st.lists(st.sampled_from([-3.5, -2.5, -1.5, -0.5, 0.0, 0.5, 1.5, 2.5, 3.5]), max_size=40),
    st.sampled_from(
        [*rule_set("nelson"), *rule_set("western electric"), Rule("t3", "trend", 3), Rule("a4", "alternating", 4)]
    ),
    st.sampled_from(["points", "differences"]),
)
def test_rules_signal_what_a_person_would(z: list[float], rule: Rule, counting: str) -> None:
    assert signalled(rule, np.array(z), counting=counting).tolist() == slowly_signalled(rule, z, counting)


@given(st.lists(st.floats(-100, 100), min_size=3, max_size=30), st.floats(0.1, 10), st.floats(-50, 50))
def test_limits_move_with_the_unit(values: list[float], factor: float, shift: float) -> None:
    plain, other = chart(values), chart(np.array(values) * factor + shift)
    assert other.ucl == pytest.approx(plain.ucl * factor + shift, rel=1e-6, abs=1e-6)
    assert other.lcl == pytest.approx(plain.lcl * factor + shift, rel=1e-6, abs=1e-6)


@given(st.lists(st.floats(-100, 100), min_size=3, max_size=30))
def test_a_moving_average_that_forgets_all_is_the_individuals_chart(values: list[float]) -> None:
    assert chart(values, "ewma", weight=1).out == chart(values, "i-mr", rules="limits").out
