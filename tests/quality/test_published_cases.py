"""Answers printed in books, papers and the manuals of other programs; where each stands is said beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special
from tests.assess.published import CUSUM

from corecar.assess import (
    adjusted,
    capability_of_summary,
    chart,
    correlate,
    cpk_fallout,
    defect_level,
    fit,
    gauge_study,
    group_bias,
    grubbs,
    kappa,
    mcnemar,
    tolerance_factor,
    weibull,
    yield_bias,
)
from corecar.assess.runs_rules import rule_set, signalled


def judged(matrix: list[list[int]]) -> tuple[list[int], list[int]]:
    """The pairs of decisions that a cross table counts."""
    pairs = [(row, column) for row, counts in enumerate(matrix) for column, n in enumerate(counts) for _ in range(n)]
    return [first for first, _ in pairs], [second for _, second in pairs]


PURITY = [
    *([1, -1, 0], [-2, -3, -4], [-2, 0, 1], [1, 4, 0]),
    *([1, -2, -3], [0, 4, 2], [-1, 0, -2], [0, 3, 2]),
    *([2, 4, 0], [-2, 0, 2], [1, -1, 2], [3, 2, 1]),
]
"""Montgomery, Design and Analysis of Experiments, example 14.1: 3 suppliers, 4 batches of each, 3 determinations."""


def test_the_nested_purity_data_of_montgomery() -> None:
    table = {
        "operator": [batch // 4 for batch in range(12) for _ in range(3)],
        "part": [batch for batch in range(12) for _ in range(3)],
        "value": [float(one) for batch in PURITY for one in batch],
    }
    found = gauge_study(table, design="nested")
    assert [(row.degrees, round(row.sum_of_squares, 2)) for row in found.full_anova] == [
        *((2, 15.06), (9, 69.92), (24, 63.33), (35, 148.31)),
    ]
    assert [round(row.mean_square, 2) for row in found.full_anova[:3]] == [7.53, 7.77, 2.64]
    assert (round(found.full_anova[1].f or 0, 2), round(found.full_anova[1].p or 0, 2)) == (2.94, 0.02)
    parts = found.components
    assert (round(parts["repeatability"].variance, 2), round(parts["part"].variance, 2)) == (2.64, 1.71)


def test_the_nested_study_in_the_manual_of_minitab() -> None:
    """GAGENEST: the sums of squares are printed, and any readings that have them give the printed answer."""
    squares = {"operator": 0.0142, "part": 22.0552, "repeat": 19.34}
    operator, part, trial = (grid.ravel() for grid in np.indices((3, 5, 2)))
    of_operator, of_part = np.array([1.0, 0, -1])[operator], np.array([1.0, -1, 2, -2, 0])[part]
    of_repeat = np.where(trial == 0, 1.0, -1.0)
    value = 50 + sum(
        side * np.sqrt(squares[name] / (side**2).sum())
        for name, side in (("operator", of_operator), ("part", of_part), ("repeat", of_repeat))
    )
    found = gauge_study({"part": part, "operator": operator, "value": value}, design="nested", tolerance=10)
    of_operators, of_parts, repeat, _ = found.full_anova
    assert [of_operators.degrees, of_parts.degrees, repeat.degrees] == [2, 12, 15]
    assert (round(of_operators.f or 0, 5), round(of_operators.p or 0, 3)) == (0.00386, 0.996)  # .00385 from more digits
    assert (round(of_parts.f or 0, 5), round(of_parts.p or 0, 3)) == (1.42549, 0.255)
    names = ("gauge", "repeatability", "reproducibility", "part", "total")
    rows = [found.components[name] for name in names]
    assert [round(row.variance, 4) for row in rows] == [1.2893, 1.2893, 0, 0.2743, 1.5636]
    assert [round(row.percent_contribution, 2) for row in rows] == [82.46, 82.46, 0, 17.54, 100]
    assert [round(row.sd, 4) for row in rows] == [1.1355, 1.1355, 0, 0.5237, 1.2505]
    assert [round(row.study_variation, 3) for row in rows] == [6.813, 6.813, 0, 3.142, 7.503]
    assert [round(row.percent_study, 2) for row in rows] == [90.81, 90.81, 0, 41.88, 100]
    assert [round(row.percent_tolerance or 0, 2) for row in rows] == [68.13, 68.13, 0, 31.42, 75.03]
    assert found.ndc == 1


def test_the_personal_computers_of_montgomery() -> None:
    """Introduction to Statistical Quality Control: nonconformities of 20 samples of 5."""
    counts = [10, 12, 8, 14, 10, 16, 11, 7, 10, 15, 9, 5, 7, 11, 12, 6, 8, 10, 7, 5]
    found = chart(counts, "u", sizes=5)
    assert (round(found.center, 2), round(found.ucl, 2), round(found.lcl, 2)) == (1.93, 3.79, 0.07)
    assert found.out == ()


def test_the_dyed_cloth_of_montgomery() -> None:
    """The same: defects in rolls of 8 to 13 units of 50 square metres; limits from the printed 1.42."""
    counts, sizes = [14, 12, 20, 11, 7, 10, 21, 16, 19, 23], [10, 8, 13, 10, 9.5, 10, 12, 10.5, 12, 12.5]
    assert round(chart(counts, "u", sizes=sizes).center, 2) == 1.42
    found = chart(counts, "u", sizes=sizes, center=1.42)
    uppers = [2.55, 2.68, 2.41, 2.55, 2.58, 2.55, 2.45, 2.52, 2.45, 2.43]
    assert [round(one, 2) for one in found.location.upper] == uppers
    assert [round(one, 2) for one in found.location.lower] == [
        0.29,
        0.16,
        0.43,
        0.29,
        0.26,
        0.29,
        0.39,
        0.32,
        0.39,
        0.41,
    ]


def test_the_purchase_orders_of_montgomery() -> None:
    """The same: fraction nonconforming of 25 samples of 80 to 120; the eleventh is out."""
    sizes = [
        *(100, 80, 80, 100, 110, 110, 100, 100, 90, 90, 110, 120, 120, 120, 110, 80, 80, 80, 90),
        *[100] * 4,
        90,
        90,
    ]
    counts = [12, 8, 6, 9, 10, 12, 11, 16, 10, 6, 20, 15, 9, 8, 6, 8, 10, 7, 5, 8, 5, 8, 10, 6, 9]
    found = chart(counts, "p", sizes=sizes, rules="limits")
    assert (sum(counts), sum(sizes), round(found.center, 3), found.out) == (234, 2450, 0.096, (11,))
    assert (round(found.location.values[10], 3), round(found.location.upper[10], 2)) == (0.182, 0.18)


def test_the_paint_viscosity_of_montgomery() -> None:
    """The same: individuals of aircraft primer paint."""
    paint = [*(33.75, 33.05, 34.00, 33.81, 33.46, 34.02, 33.68, 33.27, 33.49, 33.20, 33.62, 33.00), 33.54, 33.12, 33.84]
    found = chart(paint, "I-MR")
    assert (round(found.center, 2), round(found.average_spread or 0, 2)) == (33.52, 0.48)
    assert (round(found.ucl, 2), round(found.lcl, 2), found.out) == (34.80, 32.24, ())
    assert found.spread is not None
    assert round(found.spread.upper[0], 2) == 1.57


def test_the_mortgage_costs_of_montgomery() -> None:
    """The same: individuals of weekly costs; all Western Electric rules are quiet."""
    costs = [310, 288, 297, 298, 307, 303, 294, 297, 308, 306, 294, 299, 297, 299, 314, 295, 293, 306, 301, 304]
    found = chart(costs, "I-MR")
    assert (found.center, round(found.average_spread or 0, 2)) == (300.5, 7.79)
    assert (round(found.ucl, 2), round(found.lcl, 2), found.out) == (321.22, 279.78, ())
    assert found.spread is not None
    assert round(found.spread.upper[0], 2) == 25.45


def test_the_moving_average_of_montgomery_from_end_to_end() -> None:
    """The same, table 9.10: lambda 0.1, 2.7 sigma; the last two of 30 points are out."""
    found = chart(CUSUM, "EWMA", center=10, sigma=1, weight=0.1, width=2.7)
    assert found.location.values[2:4] == pytest.approx([9.70355, 9.8992], abs=5e-5)
    assert (round(found.location.values[-1], 4), found.out) == (10.6341, (29, 30))
    assert (round(found.ucl, 2), round(found.lcl, 2)) == (10.62, 9.38)


def test_the_bounds_of_capability_of_montgomery() -> None:
    """The same, examples 8.4 and 8.5: 20 readings."""
    found = capability_of_summary(50, 1.75, 38, 62, n=20)
    assert found.bounds["cp"] is not None
    assert round(found.cp or 0, 2) == 2.29
    assert (found.bounds["cp"].lower, found.bounds["cp"].upper) == pytest.approx((1.57, 3.01), abs=0.0055)
    nearer = capability_of_summary(1.33 * 3, 1.0, 0, 100, n=20).bounds["cpk"]
    assert nearer is not None
    assert (round(nearer.lower, 2), round(nearer.upper, 2)) == (0.88, 1.78)


def test_two_processes_of_one_cpk_of_montgomery() -> None:
    """The same: the second is off its target, which Cpm tells."""
    on, off = capability_of_summary(50, 5, 35, 65, 50), capability_of_summary(57.5, 2.5, 35, 65, 50)
    assert (on.cpk, on.cpm, off.cpk, round(off.cpm or 0, 2)) == (1, 1, 1, 0.63)


def test_the_fallout_table_of_montgomery() -> None:
    """The same, table 8.2: parts per million of one side and of both by the index."""
    table = {
        0.25: (226628, 453255), 0.5: (66807, 133614), 0.6: (35931, 71861), 0.7: (17865, 35729), 0.8: (8198, 16395),
        0.9: (3467, 6934), 1.0: (1350, 2700), 1.1: (484, 967), 1.2: (159, 318), 1.3: (48, 96), 1.4: (14, 27),
        1.5: (4, 7), 1.6: (1, 2),
    }  # fmt: skip
    for index, (one, both) in table.items():
        found = cpk_fallout(index)
        assert (found.above, found.total) == pytest.approx((one, both), abs=1 if index < 0.3 else 0.9)


def test_the_skin_condition_of_the_manual_of_sas() -> None:
    """SAS/STAT, PROC FREQ, agreement study of 88 patients: kappa, its error and bounds, plain and weighted."""
    both = judged([[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]])
    for weights, printed in (("none", [0.3449, 0.0724, 0.2030, 0.4868]), ("linear", [0.5082, 0.0655, 0.3798, 0.6366])):
        found = kappa(*both, weights=weights)
        assert [round(one, 4) for one in (found.kappa, found.se, found.lower, found.upper)] == printed


def test_the_attribute_study_of_aiag() -> None:
    """AIAG MSA 4th edition, chapter III section C: appraisers against each other and against the reference."""
    tables = {
        "A to C": ([[43, 7], [8, 92]], 0.78), "B to C": ([[42, 5], [9, 94]], 0.79),
        "A to reference": ([[45, 5], [3, 97]], 0.88), "B to reference": ([[45, 2], [3, 100]], 0.92),
        "C to reference": ([[42, 9], [6, 93]], 0.77),
    }  # fmt: skip
    assert {name: round(kappa(*judged(table)).kappa, 2) for name, (table, _) in tables.items()} == {
        name: printed for name, (_, printed) in tables.items()
    }


def test_the_diagnoses_of_fleiss() -> None:
    """Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, table 18.1."""
    assert round(kappa(*judged([[75, 1, 4], [5, 4, 1], [0, 0, 10]])).kappa, 2) == 0.68


def test_the_approval_ratings_of_agresti() -> None:
    """Categorical Data Analysis: 150 and 86 of 1600 changed their mind; chi-square 17.36 without continuity."""
    found = mcnemar(*judged([[794, 150], [86, 570]]))
    lost, gained = found.pass_to_fail, found.fail_to_pass
    assert {lost, gained} == {86, 150}
    assert round((gained - lost) ** 2 / (gained + lost), 2) == 17.36
    assert found.chi_square == pytest.approx((abs(gained - lost) - 1) ** 2 / (gained + lost))


def test_the_two_meters_of_bland_and_altman() -> None:
    """Lancet (1986): peak flow of 17 subjects: r 0.94, mean difference 2.1 l/min, standard deviation 38.8."""
    large = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
    mini = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
    found = correlate(large, mini)
    assert (round(found.r, 2), round(found.bias, 1), round(found.sd, 1)) == (0.94, 2.1, 38.8)
    assert (round(found.agreement_low, 1), round(found.agreement_high, 1)) == (-73.9, 78.1)


def test_the_bottle_caps_of_kruskal_and_wallis() -> None:
    """Journal of the American Statistical Association (1952): H is 5.656 on 2 degrees of freedom."""
    caps = {1: [340, 345, 330, 342, 338], 2: [339, 333, 344], 3: [347, 343, 349, 355]}
    values = [one for machine in caps.values() for one in machine]
    found = group_bias(values, [name for name, machine in caps.items() for _ in machine])
    assert round(float(special.chdtri(2, found.p)), 3) == 5.656


def test_the_fifteen_chances_of_benjamini_and_hochberg() -> None:
    """Journal of the Royal Statistical Society B (1995): four are found at 5 %."""
    chances = [
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459),
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1,
    ]
    assert (adjusted(chances) <= 0.05).tolist() == [True] * 4 + [False] * 11


def test_the_five_lots_of_nist() -> None:
    """NIST/SEMATECH e-Handbook 7.4.5 and 7.4.7.4: chi-square 12.131, though no pair differs after Marascuilo."""
    failed = [36, 46, 42, 63, 38]
    found = yield_bias([300 - one for one in failed], [300] * 5, ["1", "2", "3", "4", "5"])
    assert (round(found.chi_square, 3), found.degrees, found.differing) == (12.131, 4, ())


@pytest.mark.parametrize(
    ("n", "alpha", "printed"),
    [
        *((3, 0.05, 1.153), (10, 0.05, 2.176), (20, 0.05, 2.557), (3, 0.01, 1.155), (5, 0.01, 1.749)),
        *((10, 0.01, 2.410), (20, 0.01, 2.884)),
    ],
)
def test_the_critical_values_of_grubbs(n: int, alpha: float, printed: float) -> None:
    """Technometrics (1969), table I: one side."""
    assert round(grubbs(list(range(n)), alpha, side="high").critical, 3) == printed


@pytest.mark.parametrize(
    ("n", "share", "printed"),
    [(10, 0.90, 2.355), (20, 0.90, 1.926), (10, 0.95, 2.911), (20, 0.95, 2.396), (30, 0.99, 3.064), (10, 0.99, 3.981)],
)
def test_the_one_sided_tolerance_factors_of_owen(n: int, share: float, printed: float) -> None:
    """Natrella, Experimental Statistics (1963), table A-7: 95 % confidence."""
    assert round(tolerance_factor(n, share, 0.95), 3) == printed


@pytest.mark.parametrize(
    ("confidence", "halves"), [(0.6, [0.92, 2.02, 3.11, 4.18, 5.24, 6.29]), (0.9, [2.30, 3.89, 5.32, 6.68, 7.99, 9.27])]
)
def test_half_chi_squares_behind_rates_of_failure(confidence: float, halves: list[float]) -> None:
    """The table of JESD85 and of makers' reliability reports: 0 to 5 failures."""
    assert [round(fit(1, 1, fails, confidence).chi_square / 2, 2) for fails in range(6)] == halves


def test_six_units_of_kececioglu_with_the_variances_of_reliasoft() -> None:
    """ReliaWiki, Weibull distribution: shape 1.933, scale 73.526, covariance 0.4211, 3.272, 266.646."""
    found = weibull([16, 34, 53, 75, 93, 120])
    assert (round(found.shape, 3), round(found.scale, 3)) == (1.933, 73.526)
    assert found.information is not None
    (of_scale, both), (_, of_shape) = found.information
    variances = [of_shape * found.shape**2, both * found.shape * found.scale, of_scale * found.scale**2]
    assert variances == pytest.approx([0.4211, 3.272, 266.646], rel=2e-4)


def test_the_defect_level_of_williams_and_brown() -> None:
    """IEEE Transactions on Computers (1981): a yield of a half needs 99 % coverage for 0.7 % defects."""
    assert round(100 * defect_level(0.5, 0.99), 2) == 0.69


def first_signals(rules: str, runs: int, length: int, seed: int) -> Any:
    """Where the rules first signal on runs of an unchanged process; runs that never do are left out of the test."""
    random, firsts = np.random.default_rng(seed), []
    for _ in range(runs):
        z = random.normal(size=length)
        told = np.zeros(length, bool)
        for rule in rule_set(rules):
            told |= signalled(rule, z, counting="points")
        firsts.append(int(np.argmax(told)) + 1 if told.any() else length)
    return np.array(firsts)


def test_the_run_length_of_the_western_electric_rules_of_champ_and_woodall() -> None:
    """Technometrics (1987): 91.75 points on average until the four rules signal on an unchanged process."""
    firsts = first_signals("western electric", 6000, 1000, seed=1)
    assert firsts.mean() == pytest.approx(91.75, abs=3.5 * firsts.std() / np.sqrt(len(firsts)))


@pytest.mark.parametrize(("shift", "printed"), [(1.0, 10.4), (2.0, 4.01)])
def test_the_run_length_of_cumulative_sums_of_montgomery(shift: float, printed: float) -> None:
    """Introduction to Statistical Quality Control, table 9.3: k 0.5, h 5."""
    random, firsts = np.random.default_rng(2), []
    for _ in range(700):
        out = chart(random.normal(shift, 1, 120), "cusum", center=0, sigma=1, allowance=0.5, interval=5).out
        firsts.append(out[0] if out else 120)
    assert np.mean(firsts) == pytest.approx(printed, abs=3.5 * np.std(firsts) / np.sqrt(len(firsts)) + 0.05)
