"""Answers of section 5 of the shared reference on assessments, by public functions, to the printed digits.

Data and answers are read from the reference. A passage that no test names fails.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.assess.published import SMALL_GAUGE, column
from tests.quality.printed import Passage, agrees, all_agree, number

from corecar.assess import (
    arrhenius,
    capability,
    capability_of_summary,
    chart,
    cpk_at_least,
    cpk_fallout,
    cycling_acceleration,
    dppm,
    fit,
    fraction_bound,
    gauge_study,
    generalised_esd,
    grubbs,
    hotelling,
    humidity_acceleration,
    mtbf,
    pooled_sd,
    sample_size,
)
from corecar.assess.control_constants import ControlConstants
from corecar.assess.distributions import chi_square_quantile, normal_quantile
from corecar.assess.runs_rules import Rule


def test_every_passage_has_its_test(reference: dict[str, Passage]) -> None:
    text = "".join(path.read_text() for path in Path(__file__).parent.glob("test_reference_*.py"))
    assert [name for name in reference if f'reference["{name}"]' not in text] == []
    assert len(reference) == 31


def test_5_1_the_study_of_aiag_by_both_methods(reference: dict[str, Passage]) -> None:
    told = reference["5.1"]
    table = gauge_table(told)
    found = gauge_study(table, method="range")
    assert found.ranges is not None
    all_agree([found.ranges.k1, found.ranges.k2, found.ranges.k3],
              [told.after(label)[0] for label in ("(K1=", "K2=", "K3=")])  # fmt: skip
    all_agree(found.ranges.operator_ranges, told.after("Rbar A/B/C =", 3))
    for label, figure in (
        ("Rbarbar=", found.ranges.average_range), ("Xdiff=", found.ranges.operator_difference),
        ("Rp=", found.ranges.part_range), ("; EV=", found.ev), ("; EV=.2019, AV=", found.av), ("GRR=", found.grr),
        ("PV=1", found.pv - 1), ("TV=", found.tv), ("%EV", found.percent_ev), ("%AV", found.percent_av),
        ("**%GRR", found.percent_grr), ("%PV", found.percent_pv), ("ndc 1.41*PV/GRR=", found.ndc_exact),
    ):  # fmt: skip
        all_agree([figure], told.after(label))
    assert found.ndc == int(told.after("=5.09 -> **")[0])
    book = 0.3417 * found.ranges.k1
    assert agrees(book, told.after("Book prints EV ")[0])
    appraisers = float(np.sqrt((0.4446 * found.ranges.k2) ** 2 - book**2 / 30))  # the book's own rounded difference
    all_agree([appraisers, np.hypot(book, appraisers)], [told.after("EV .20188 AV")[0], told.after(".22963 GRR")[0]])


def test_5_1_the_study_of_aiag_by_analysis_of_variance(reference: dict[str, Passage]) -> None:
    told = reference["5.1"]
    found = gauge_study(gauge_table(told), method="anova")
    rows = {row.source: row for row in found.full_anova}
    squares = ("SS part", "appraiser", "interaction", "repeatability", "total")
    start = told.text.index("ANOVA:")
    anova = Passage(told.text[start:])
    sources = ("part", "operator", "part x operator", "repeatability", "total")
    for label, source in zip(squares, sources, strict=True):
        all_agree([rows[source].sum_of_squares], anova.after(label))
    all_agree([rows["part x operator"].f, rows["part x operator"].p], [anova.after("F(int)=")[0], anova.after("p=")[0]])
    assert found.pooled
    names = ("repeatability", "reproducibility", "gauge", "part", "total")
    pooled = Passage(anova.text[anova.text.index("Pooled:") :])
    labels = ("repeatability", "reproducibility", "GRR", "part", "total")
    for label, name in zip(labels, names, strict=True):
        all_agree([found.components[name].variance], pooled.after(label))
    all_agree([found.components[name].sd for name in names], pooled.after("SDs ", 5))
    all_agree([found.components[name].percent_study for name in names[:4]], pooled.after("%StudyVar", 4))
    all_agree([found.components[name].percent_contribution for name in names[:4]], pooled.after("%Contribution", 4))
    all_agree([found.ndc_exact, found.ndc], pooled.after("ndc", 2))


def gauge_table(told: Passage) -> dict[str, list[Any]]:
    """The readings of the study, a line per appraiser, trials apart by bars."""
    rows = []
    for who in "ABC":
        line = re.search(rf"^{who}: (.*)$", told.text, re.MULTILINE)
        assert line is not None
        for trial in line.group(1).split("|"):
            rows += [(part, who, float(word)) for part, word in enumerate(trial.split())]
    assert len(rows) == 90
    return dict(zip(("part", "operator", "value"), map(list, zip(*rows, strict=True)), strict=True))


def test_5_4_a_small_study_by_both_methods(reference: dict[str, Passage]) -> None:
    told = reference["5.4"]
    limits = told.values("LSL", 1)[0], told.values("USL", 1)[0]
    words = [told.after(label, 2) for label in ("P1/op1", "P2/op1", "P1/op2", "P2/op2")]
    assert [float(one) for pair in words for one in pair] == SMALL_GAUGE["value"]
    anova = gauge_study(SMALL_GAUGE, tolerance=limits, parts_over="interaction").components
    ranges = gauge_study(SMALL_GAUGE, method="range", tolerance=limits).components
    names = ("repeatability", "reproducibility", "gauge", "part", "total")
    shares = [told.after(label)[0] for label in ("repeat ", "reprod ", ", part ")]
    all_agree([anova[name].percent_contribution / 100 for name in ("repeatability", "reproducibility", "part")], shares)
    all_agree([(anova[name].percent_tolerance or 0) / 100 for name in names], told.after("%tol", 5))
    all_agree([ranges[name].percent_contribution / 100 for name in names[:4]], told.after("Xbar-R:", 4))
    all_agree([(ranges[name].percent_tolerance or 0) / 100 for name in names], told.after("; tol", 5))


def test_5_5_the_capability_of_twenty_subgroups(shared: Path, reference: dict[str, Passage]) -> None:
    told = reference["5.5a"]
    readings = column(shared, "capability_20x5.csv", "Diameter")
    assert told.values("`10.9 10.3", 98) == readings[2:]
    low, target, high = (told.values(label, 1)[0] for label in ("LSL", ", T", "USL"))
    found = capability(readings, low, high, target, subgroup=5, confidence=0.90)
    for label, figure in (
        ("mean", found.mean), ("Rbar", found.average_range), ("sigma_within=Rbar/2.326=", found.sigma_within),
        ("sigma_overall", found.sd), ("**Cp", found.cp), ("Cpl", found.cpl), ("Cpu", found.cpu),
        ("Cpu .93 Cpk", found.cpk), ("**Pp", found.pp), ("Ppl", found.ppl), ("Ppu", found.ppu), ("Ppk", found.ppk),
        ("Cpm", found.cpm), ("ppm overall <LSL", found.expected_ppm_overall.below),
        (">USL", found.expected_ppm_overall.above), ("4020.39, total", found.expected_ppm_overall.total),
        ("within", found.expected_ppm_within.below), ("29.52 +", found.expected_ppm_within.above),
        ("2625.65 =", found.expected_ppm_within.total),
    ):  # fmt: skip
        place = label if label != "within" else "; within"
        all_agree([figure], told.after(place))
    assert (found.observed_ppm.total, found.average_range is not None) == (10_000, True)
    for label, name in (("(CI Cpk", "cpk"), (", Cp", "cp"), ("Cpm .93 (", "cpm")):
        bounds = found.bounds[name]
        assert bounds is not None
        printed = told.after(label, 2)
        all_agree([bounds.lower, bounds.upper], printed)
    assert found.normality is not None
    all_agree([found.normality.statistic, found.normality.p], [told.after("Anderson-Darling")[0], told.after(", p")[0]])


def test_5_5_indices_of_a_summary_fallout_and_bounds(reference: dict[str, Passage]) -> None:
    told = reference["5.5c"]
    high, low, mean, s = (told.values(label, 1)[0] for label in ("USL", "LSL", "mean", ", s"))
    found = capability_of_summary(mean, s, low, high)
    for label, figure in (
        ("Cp", found.cp),
        ("Cpu", found.cpu),
        ("Cpl", found.cpl),
        ("Cpk", found.cpk),
        (", k", found.k),
    ):
        all_agree([figure], told.after(label))
    fallout = Passage(reference["5.5d"].text[reference["5.5d"].text.index("[C]:") :])
    for cpk in ("1.00", "1.33", "1.50", "1.67", "2.00"):
        one = cpk_fallout(float(cpk))
        all_agree([one.above, one.total], fallout.after(f"{cpk} ", 2))
    bound = reference["5.5e"]
    for n, index, label in ((30, 1.67, "n=30 Cpk 1.67 ->"), (30, 2.0, "n=30, 2.0 ->"), (100, 1.67, "n=100, 1.67 ->")):
        all_agree([cpk_at_least(index, n)], bound.after(label))


def test_5_6_moving_averages_and_individuals_of_nist(reference: dict[str, Passage]) -> None:
    told = reference["5.6a"]
    found = chart(told.values("x =", 20), "ewma", weight=told.values("lambda", 1)[0],
                  center=told.values("EWMA0=", 1)[0], sigma=told.values("s=", 1)[0])  # fmt: skip
    all_agree(found.location.values, told.after("z =", 20))
    low, further = told.after("LCL", 2)
    assert f"{low}({further})" in told.text
    all_agree([found.ucl, found.lcl], [told.after("UCL")[0], low + further])
    single = reference["5.6c"]
    found = chart(single.values("(K+C):", 10), "i-mr")
    all_agree(
        [found.center, found.average_spread, found.ucl, found.lcl],
        [single.after(label)[0] for label in ("mean", "MRbar", "UCL", "LCL")],
    )


def test_5_6_the_runs_rules_in_both_ways_of_counting(shared: Path, reference: dict[str, Passage]) -> None:
    told = reference["5.6d"]
    rules: tuple[str | Rule, ...] = (
        "nelson-1",
        Rule("same side", "zone", 7),
        Rule("trend", "trend", 7),
        *(f"nelson-{n}" for n in range(4, 9)),
    )
    readings = column(shared, "runs_rules_45.csv", "V1")
    found = chart(readings, rules=rules, counting="differences")
    all_agree([found.center, found.sigma], [told.after("mean")[0], told.after("MRbar/1.128=")[0]])
    all_agree([found.ucl, found.lcl], told.after("limits", 2))
    expected = {
        "nelson-1": "1 pt >3s:", "same side": "7 same side (k set to 7):", "trend": "trend k=7:",
        "nelson-4": "14 alternating:", "nelson-5": "2of3>2s:", "nelson-6": "4of5>1s:", "nelson-7": "15 within 1s:",
        "nelson-8": "8 outside 1s:",
    }  # fmt: skip
    assert found.signals == {name: points(told.text, label) for name, label in expected.items()}
    literal = chart(readings, rules=rules, counting="points").signals
    earlier = told.values("signals one point earlier (", 2)
    assert [literal["trend"][0], literal["nelson-4"][0]] == earlier


def points(text: str, label: str) -> tuple[int, ...]:
    """Points that are told as `37-45` or `22-36,43,44`."""
    told = re.match(r"[ *]*([\d,-]+)", text[text.index(label) + len(label) :])
    assert told is not None
    spans = [span.split("-") for span in told.group(1).strip(",").split(",")]
    return tuple(point for span in spans for point in range(int(span[0]), int(span[-1]) + 1))


def test_5_6_the_stack_loss_data_masked_and_unmasked(reference: dict[str, Passage]) -> None:
    from statsmodels.datasets import stackloss

    told, rows = reference["5.6f"], stackloss.load_pandas().exog
    plain = hotelling(rows, alpha=0.025, limit="chi-square")
    all_agree(plain.t_squared, told.after("classical D2 [C]:", 21))
    assert agrees(plain.limit, told.after("chi2(.975,3)=")[0])
    assert plain.out == ()
    robust = hotelling(rows, alpha=0.025, covariance="robust", support=told.values("support_fraction=", 1)[0])
    distance = dict(zip(robust.points, robust.t_squared, strict=True))
    flagged = re.findall(r"(\d+) \((\d+\.\d)\)", told.text)
    assert robust.out == tuple(sorted(int(row) for row, _ in flagged))
    assert all(agrees(distance[int(row)], printed) for row, printed in flagged)


def test_5_7_outlier_tests_of_nist(reference: dict[str, Passage]) -> None:
    told = reference["5.7a"]
    readings = told.values("(K+C):", 8)
    found = grubbs(readings, side="high")
    labels = ("mean", ", s", "**G", "one-sided a=.05")
    all_agree([found.mean, found.sd, found.g, found.critical], [told.after(label)[0] for label in labels])
    assert agrees(grubbs(readings).critical, told.after("two-sided")[0])
    told = reference["5.7b"]
    rosner = generalised_esd(told.values("`", 54))
    all_agree([step.statistic for step in rosner.steps], told.after("R_i", 10))
    all_agree([step.critical for step in rosner.steps], told.after("lambda_i", 10))
    assert rosner.count == told.values("exactly **", 1)[0]
    assert sorted(rosner.outliers) == told.values("outliers** (", 3)


def test_5_7_constants_of_a_normal_population(reference: dict[str, Passage]) -> None:
    told = reference["5.7d"]
    all_agree(
        [2 * normal_quantile(0.75), 1 / normal_quantile(0.75), cpk_fallout(2.0).total, cpk_fallout(1.5).above],
        [told.after(label)[0] for label in ("Phi^-1(.75)=", "1/Phi^-1(.75)=", "at 6 sigma", "one-sided 4.5 sigma")],
    )


def test_5_9_acceleration_and_rates_of_failure(reference: dict[str, Passage]) -> None:
    told = reference["5.9a"]
    energy, use = told.values("Ea", 1)[0], told.values("Tuse", 1)[0]
    for stress, exact in zip(("150 C:", "135:", "125:", "85:"), told.after("273.15:", 4), strict=True):
        factor = arrhenius(energy, use, float(stress.strip("C: ")))
        assert factor == pytest.approx(told.values(stress, 1)[0], rel=0.01)
        assert agrees(factor, exact)
    told = reference["5.9b"]
    test: dict[str, Any] = {"activation_energy": 0.7, "stress_c": 125, "use_c": 55}
    for confidence, label in ((0.6, "exact = **"), (0.7, "70 %"), (0.9, "90 %")):
        rate = fit(231, 1000, 0, confidence, **test)
        all_agree([rate.fit, rate.acceleration[0]], [told.after(label)[0], told.after("(AF")[0]])
    assert agrees(fit(231, 1000, 0, 0.6).chi_square, told.after("chi2(.6,2)=")[0])
    half = told.after("TI's")[0]
    assert half == ".917"
    assert chi_square_quantile(0.6, 2) / 2 == pytest.approx(number(half), abs=1e-3)
    told = reference["5.9d"]
    xilinx = {"boltzmann": told.values("; k", 1)[0], "zero_celsius": told.values("K=C+", 1)[0]}
    assert fit(10**6, 1000, 5).fit_estimate == told.values("h =", 1)[0]
    found = fit(231, 1000, 0, 0.6, **test, **xilinx)
    assert found.degrees == 2
    kelvin = [one + xilinx["zero_celsius"] for one in (55, 125)]
    assert found.acceleration[0] == pytest.approx(np.exp(0.7 / xilinx["boltzmann"] * (1 / kelvin[0] - 1 / kelvin[1])))


def test_5_9_factors_and_times_of_nist(reference: dict[str, Passage]) -> None:
    told = reference["5.9e"]
    all_agree([arrhenius(0.5, 25, 125)] * 2, told.after("Ea .5 ->", 2))
    about, least, most = told.values("Ea 1.0 ->", 3)
    assert least <= arrhenius(1.0, 25, 125) <= most
    assert least <= about <= most
    told = reference["5.9f"]
    found = mtbf(told.values("(K+C):", 1)[0], 2, 0.9)
    assert found.mtbf_hours == told.values("fails:", 1)[0]
    all_agree([found.lower_hours, found.upper_hours], told.after("90 % interval", 2))


def test_5_9_samples_without_failures(reference: dict[str, Passage]) -> None:
    told = reference["5.9h"]
    bounds = Passage(told.text[told.text.index("Exact upper p") :])
    for n in (45, 77, 231, 800, 2400):
        all_agree([fraction_bound(0, n, 0.9).at_most], bounds.after(f"{'n=' if n == 45 else ' '}{n} "))
    sizes = Passage(told.text[told.text.index("Minimum n") :])
    for label, reliability, confidence in (
        ("R99/C90", 0.99, 0.9), ("R99/C95", 0.99, 0.95), ("R97/C90", 0.97, 0.9), ("R95/C90", 0.95, 0.9),
        ("R90/C95", 0.9, 0.95),
    ):  # fmt: skip
        assert sample_size(reliability, confidence).n == sizes.values(label, 1)[0]
    for n, reliability in ((45, 0.95), (231, 0.99), (2400, 0.999)):
        assert f"{n} = R" in told.text
        assert sample_size(reliability, 0.9).n <= n
    # printed from chi-square, as outgoing quality is; the exact binomial bound is 0.1 ppm less
    assert agrees(dppm(0, 2400, 0.6).at_most_dppm, sizes.after("60 %:")[0])
    assert round(fraction_bound(0, 2400, 0.6).at_most_ppm, 1) == 381.7


def test_5_9_outgoing_quality_humidity_and_cycling(reference: dict[str, Passage]) -> None:
    told = reference["5.9i"]
    printed = [told.after(label)[0] for label in ("1e6:", "(60 %),", "(90 %),")]
    all_agree([dppm(0, 10**6, confidence).at_most_dppm for confidence in (0.6, 0.9, 0.95)], printed)
    all_agree([dppm(2, 10**6, 0.9).at_most_dppm], told.after("at 90 %:"))
    told = reference["5.9j"]
    all_agree([humidity_acceleration(30, 60, 85, 85)], told.after("%RH AF"))
    hotter = [humidity_acceleration(85, 85, 130, 85, activation_energy=energy) for energy in (0.9, 0.8)]
    all_agree(hotter, [told.after("part only)")[0], told.after("(Ea .9),")[0]])
    all_agree([96 * hotter[1], 96 * hotter[0]], [told.after("96 h HAST ~")[0], told.after("1733-")[0]])
    all_agree([cycling_acceleration(80, 205, 4)], told.after("205 vs 80:"))


def test_5_9_a_report_that_is_wrong_by_a_decade(reference: dict[str, Passage]) -> None:
    told = reference["5.9k"]
    test: dict[str, Any] = {"activation_energy": 0.7, "stress_c": 85, "use_c": 25}
    rounded = fit(160, 1000, 0, 0.9, **test, boltzmann=8.62e-5, zero_celsius=273)
    assert agrees(rounded.fit, told.after("formula gives")[0])
    assert agrees(rounded.mttf_hours / 1e6, told.after("149.5 FIT /")[0].removesuffix("e6"))
    wrong, hours = told.values("prints FIT", 2)
    assert (rounded.fit / wrong, hours / rounded.mttf_hours) == pytest.approx((10, 10), rel=0.01)


def test_5_10_the_probes_of_nist(reference: dict[str, Passage]) -> None:
    told = reference["5.10"]
    squares = np.array(told.values("SS", 5))
    degrees = told.values("(", 1)[0] if told.text.lstrip().startswith("(") else 60
    assert "(60 dof each)" in told.text
    total, freedom = told.values("sum", 2)
    assert squares.sum() == pytest.approx(total)
    assert freedom == 5 * degrees
    all_agree([pooled_sd(np.sqrt(squares / 60), 60)] * 2, [told.after("s1 = **")[0], told.after("[C")[0]])


def test_the_divisors_of_ranges_are_those_printed(shared: Path) -> None:
    text = (shared.parent / "domain" / "quality.md").read_text()
    told = Passage(text[text.index("d2: n=2") :])
    constants = ControlConstants()
    labels = ["n=2 ", *(f", {n} " for n in range(3, 11))]
    all_agree([constants.d2(n) for n in range(2, 11)], [told.after(label)[0] for label in labels])
