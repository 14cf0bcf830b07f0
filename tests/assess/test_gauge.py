"""Gauge studies give the published figures by both methods, and say which cell is incomplete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.assess.published import SMALL_GAUGE, aiag_gauge, figures, thermal_gauge

from corecar.assess import gauge_study, nested_study, pooled_sd
from corecar.errors import ArgumentError, TooFewParts


def test_the_reference_study_of_aiag_by_ranges(shared: Path) -> None:
    found, printed = gauge_study(aiag_gauge(shared), method="range"), figures(shared, "aiag_grr")["expect"]["range"]
    assert found.ranges is not None
    assert [round(one, 3) for one in found.ranges.operator_ranges] == [0.184, 0.513, 0.328]
    assert round(found.ranges.average_range, 5) == 0.34167
    assert (round(found.ranges.operator_difference, 5), round(found.ranges.part_range, 5)) == (0.44467, 3.51111)
    assert (found.ranges.k1, found.ranges.k2, found.ranges.k3) == (0.5908, 0.5231, 0.3146)
    sds = [round(sd, 4) for sd in (found.ev, found.av, found.grr, found.pv, found.tv)]
    assert sds == [0.2019, 0.2297, 0.3058, 1.1046, 1.1461]
    percents = {
        "pct_ev": found.percent_ev,
        "pct_av": found.percent_av,
        "pct_grr": found.percent_grr,
        "pct_pv": found.percent_pv,
    }
    assert {name: round(percent, 2) for name, percent in percents.items()} == {name: printed[name] for name in percents}
    assert (found.ndc, round(found.ndc_exact, 2), found.verdict) == (printed["ndc"], 5.09, "conditional")


def test_the_reference_study_of_aiag_by_analysis_of_variance(shared: Path) -> None:
    found = gauge_study(aiag_gauge(shared), method="anova")
    squares = [(row.source, round(row.sum_of_squares, 4)) for row in found.full_anova]
    assert squares == [
        *(("part", 88.3619), ("operator", 3.1673), ("part x operator", 0.3590)),
        *(("repeatability", 2.7589), ("total", 94.6471)),
    ]
    interaction = found.full_anova[2]
    assert (round(interaction.f or 0, 3), round(interaction.p or 0, 3), found.pooled) == (0.434, 0.974, True)
    names = ("repeatability", "reproducibility", "gauge", "part", "total")
    assert [round(found.components[name].variance, 6) for name in names] == [
        *(0.039973, 0.051455, 0.091429, 1.086447, 1.177875)
    ]
    assert [round(found.components[name].sd, 5) for name in names] == [0.19993, 0.22684, 0.30237, 1.04233, 1.08530]
    assert [round(found.components[name].percent_study, 2) for name in names[:4]] == [18.42, 20.90, 27.86, 96.04]
    assert [round(found.components[name].percent_contribution, 2) for name in names[:4]] == [3.39, 4.37, 7.76, 92.24]
    assert (found.ndc, round(found.ndc_exact, 2), found.ndc_enough) == (4, 4.86, False)


def test_the_thermal_impedance_of_montgomery() -> None:
    found = gauge_study(thermal_gauge(), tolerance=(5, 60))
    assert [round(row.sum_of_squares, 2) for row in found.full_anova] == [1185.43, 2.62, 27.05, 59.5, 1274.59]
    assert [row.degrees for row in found.full_anova] == [19, 2, 38, 60, 119]
    interaction = found.full_anova[2]
    assert (round(interaction.f or 0, 2), round(interaction.p or 0, 3)) == (0.72, 0.861)
    kept = gauge_study(thermal_gauge(), pool_above=1).components
    assert [round(kept[name].variance, 2) for name in ("part", "operator", "repeatability")] == [10.28, 0.01, 0.99]
    assert [round(found.components[name].variance, 4) for name in ("part", "operator", "repeatability")] == [
        *(10.2513, 0.0106, 0.8832)
    ]


SHORT = {
    "part": [1, 2, 3, 4, 5] * 2,
    "operator": ["A"] * 5 + ["B"] * 5,
    "value": [0.85, 0.75, 1.00, 0.45, 0.50, 0.80, 0.70, 0.95, 0.55, 0.60],
}


def test_the_short_study_of_aiag_gives_the_gauge_as_a_whole() -> None:
    found = gauge_study(SHORT, method="range", process_sd=0.0777)
    assert found.ranges is not None
    assert (round(found.ranges.average_range, 2), round(1 / found.ranges.k1, 2)) == (0.07, 1.19)
    assert (round(found.grr, 4), round(found.percent_grr, 1), found.verdict) == (0.0588, 75.7, "rejected")
    assert found.notes == ("one trial: repeatability and reproducibility cannot be told apart",)
    assert found.to_dict()["ev"] is None


def test_a_known_process_takes_the_place_of_the_parts_studied(shared: Path) -> None:
    table = aiag_gauge(shared)
    found, plain = gauge_study(table, process_sd=2.0), gauge_study(table)
    assert found.grr == plain.grr
    assert found.percent_grr == pytest.approx(50 * plain.grr)
    assert found.pv == pytest.approx(np.sqrt(4 - plain.grr**2))
    with pytest.raises(ArgumentError, match=r"more than the gauge's own 0\.302372"):
        gauge_study(table, process_sd=0.2)


def test_nothing_repeated_is_refused() -> None:
    with pytest.raises(TooFewParts, match="one operator and one trial repeat nothing"):
        gauge_study({"part": [1, 2], "operator": ["A", "A"], "value": [1.0, 2.0]}, method="range")


def test_a_small_study_by_ranges_takes_the_divisors_of_few_ranges() -> None:
    found = gauge_study(SMALL_GAUGE, method="range", tolerance=0.03).components
    names = ("repeatability", "reproducibility", "gauge", "part")
    assert [round(found[name].percent_contribution / 100, 3) for name in names] == [0.364, 0, 0.364, 0.636]
    of_tolerance = [found[name].percent_tolerance or 0 for name in (*names, "total")]
    assert [round(percent / 100, 3) for percent in of_tolerance] == [0.166, 0, 0.166, 0.219, 0.275]


def test_a_small_study_by_analysis_of_variance_has_the_published_repeatability() -> None:
    found = gauge_study(SMALL_GAUGE, tolerance=0.03)
    assert round((found.percent_tolerance or 0) / 100, 3) == 0.165
    assert "operator: the estimate of its variance was negative and counts as 0" in found.notes
    assert [round(found.components[name].percent_contribution / 100, 3) for name in CONTRIBUTING] == [0.398, 0, 0.602]


CONTRIBUTING = ("repeatability", "reproducibility", "part")


def test_a_small_study_is_printed_with_its_parts_over_the_interaction() -> None:
    """The package gageRR pools the repeatability, yet takes the interaction's mean square from the parts."""
    found = gauge_study(SMALL_GAUGE, tolerance=(0.150, 0.180), parts_over="interaction").components
    assert [round(found[name].percent_contribution / 100, 3) for name in CONTRIBUTING] == [0.366, 0, 0.634]
    names = ("repeatability", "reproducibility", "gauge", "part", "total")
    of_tolerance = [found[name].percent_tolerance or 0 for name in names]
    assert [round(percent / 100, 3) for percent in of_tolerance] == [0.165, 0, 0.165, 0.217, 0.273]


def test_parts_over_the_interaction_miss_the_reference_study_of_aiag(shared: Path) -> None:
    found = gauge_study(aiag_gauge(shared), parts_over="interaction").components["part"].variance
    assert (round(found, 4), figures(shared, "aiag_grr")["expect"]["anova_pooled"]["var_part"]) == (1.0887, 1.086447)


def test_where_the_interaction_is_kept_parts_stand_over_it_anyway() -> None:
    table = thermal_gauge()
    both = [gauge_study(table, pool_above=1, parts_over=below).to_dict() for below in ("pooled", "interaction")]
    assert both[0] == both[1]


@pytest.mark.parametrize("seed", range(5))
def test_the_analysis_of_variance_agrees_with_an_independent_library(seed: int) -> None:
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    table = pd.DataFrame(drawn_study(seed))
    theirs = anova_lm(ols("value ~ C(part) * C(operator)", table).fit())
    ours = {row.source: row for row in gauge_study(table).full_anova}
    for source, name in (("part", "C(part)"), ("operator", "C(operator)"), ("part x operator", "C(part):C(operator)")):
        assert ours[source].sum_of_squares == pytest.approx(theirs.loc[name, "sum_sq"])
    assert ours["part x operator"].p == pytest.approx(theirs.loc["C(part):C(operator)", "PR(>F)"])
    assert ours["repeatability"].mean_square == pytest.approx(theirs.loc["Residual", "mean_sq"])


def drawn_study(seed: int, parts: int = 8, operators: int = 3, trials: int = 2) -> dict[str, Any]:
    drawn = np.random.default_rng(seed)
    part, operator, trial = (grid.ravel() for grid in np.indices((parts, operators, trials)))
    value = drawn.normal(0, 3, parts)[part] + drawn.normal(0, 1, operators)[operator] + drawn.normal(0, 0.5, trial.size)
    return {"part": part, "operator": operator, "value": value}


def test_the_components_of_a_large_study_are_those_it_was_drawn_with() -> None:
    drawn = np.random.default_rng(9)
    part, operator, _ = (grid.ravel() for grid in np.indices((200, 100, 3)))
    of_part, of_operator, of_both = drawn.normal(0, 3, 200), drawn.normal(0, 1, 100), drawn.normal(0, 0.7, (200, 100))
    value = of_part[part] + of_operator[operator] + of_both[part, operator] + drawn.normal(0, 0.5, part.size)
    found = gauge_study({"part": part, "operator": operator, "value": value}).components
    sds = {name: found[name].sd for name in ("repeatability", "interaction", "operator", "part")}
    assert sds == pytest.approx(
        {"repeatability": 0.5, "interaction": 0.7, "operator": of_operator.std(), "part": of_part.std()}, rel=0.02
    )


def test_a_nested_study_finds_what_it_was_drawn_with() -> None:
    drawn = np.random.default_rng(10)
    operator, part, _ = (grid.ravel() for grid in np.indices((60, 40, 3)))
    own = drawn.normal(0, 2, (60, 40))[operator, part]
    value = drawn.normal(0, 1, 60)[operator] + own + drawn.normal(0, 0.5, part.size)
    names = [f"{one}-{other}" for one, other in zip(operator, part, strict=True)]
    found = gauge_study({"part": names, "operator": operator, "value": value}, design="nested")
    assert (found.ev, found.av, found.pv) == pytest.approx((0.5, 1.0, 2.0), rel=0.2)
    assert (found.design, found.parts, found.operators, found.trials) == ("nested", 40, 60, 3)


def test_parts_of_a_nested_study_may_be_numbered_alike_by_each_operator() -> None:
    table = drawn_study(3)
    named = {**table, "part": [f"{o}/{p}" for p, o in zip(table["part"], table["operator"], strict=True)]}
    assert gauge_study(table, design="nested").tv == pytest.approx(gauge_study(named, design="nested").tv)


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_any_table_will_do(make: Any) -> None:
    table = drawn_study(1)
    assert gauge_study(make(table)).to_dict() == gauge_study(table).to_dict()


def test_columns_may_have_any_name_and_rows_any_order() -> None:
    table = pd.DataFrame(drawn_study(2)).sample(frac=1, random_state=1)
    renamed = table.rename(columns={"part": "die", "operator": "site", "value": "v"})
    found = gauge_study(renamed, part="die", operator="site", value="v")
    assert found.grr == pytest.approx(gauge_study(drawn_study(2)).grr)


def test_one_operator_leaves_the_reproducibility_open() -> None:
    table = drawn_study(1, operators=1)
    for method in ("range", "anova"):
        found = gauge_study(table, operator=None, method=method)
        assert found.av == 0
        assert found.notes[0] == "one operator: reproducibility was not studied"


def test_a_tolerance_may_have_one_side() -> None:
    table = drawn_study(1)
    found = gauge_study(table, tolerance=(None, 50.0))
    assert found.percent_tolerance == pytest.approx(100 * 3 * found.grr / (50 - found.mean))
    assert gauge_study(table, tolerance=(-10.0, 20.0)).percent_tolerance == pytest.approx(100 * 6 * found.grr / 30)


def test_an_incomplete_study_names_the_cell() -> None:
    table = pd.DataFrame(drawn_study(1)).iloc[:-1]
    with pytest.raises(ArgumentError, match=r"part 7 was measured 1 time by operator 2, others 2 times.*Complete it"):
        gauge_study(table)


def test_a_missing_reading_names_the_cell() -> None:
    table = drawn_study(1)
    table["value"][5] = np.nan
    with pytest.raises(ArgumentError, match="1 missing reading, the first of part 0, operator 2"):
        gauge_study(table)


def test_parts_of_one_operator_each_hint_at_the_nested_design() -> None:
    table = drawn_study(1)
    table["part"] = [f"{o}/{p}" for p, o in zip(table["part"], table["operator"], strict=True)]
    with pytest.raises(ArgumentError, match='say design="nested"'):
        gauge_study(table)


@pytest.mark.parametrize(
    ("table", "message"),
    [(drawn_study(1, parts=1), "at least 2 parts"), (drawn_study(1, trials=1), "at least 2 trials")],
)
def test_too_small_a_study_is_refused(table: dict[str, Any], message: str) -> None:
    with pytest.raises(TooFewParts, match=message):
        gauge_study(table)


def test_an_unknown_column_names_those_there_are() -> None:
    with pytest.raises(ArgumentError, match='no column "die" in the table; there are: part, operator, value'):
        gauge_study(drawn_study(1), part="die")


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ArgumentError, match="range, anova"):
        gauge_study(drawn_study(1), method="guess")
    with pytest.raises(ArgumentError, match='computed by method="anova"'):
        gauge_study(drawn_study(1), method="range", design="nested")
    with pytest.raises(ArgumentError, match="width above 0"):
        gauge_study(drawn_study(1), tolerance=0)


def test_a_gauge_that_always_says_the_same_says_so() -> None:
    table = drawn_study(1) | {"value": np.zeros(48)}
    for method in ("range", "anova"):
        found = gauge_study(table, method=method)
        assert (found.ndc, found.verdict) == (0, None)
        assert found.notes[-1].startswith("no variation")
        assert json.loads(json.dumps(found.to_dict()))["percent_grr"] is None


@pytest.mark.parametrize("method", ["range", "anova"])
@pytest.mark.parametrize("reading", [0.1, 1e15 + 0.1, 1e300])
def test_equal_readings_are_no_variation_whatever_they_are(method: str, reading: float) -> None:
    found = gauge_study(drawn_study(1) | {"value": np.full(48, reading)}, method=method)
    assert (found.grr, found.tv, found.verdict) == (0, 0, None)
    assert found.notes[-1].startswith("no variation")


@pytest.mark.parametrize("factor", [1e200, 1e-200])
def test_readings_whose_squares_leave_float64_are_refused(factor: float) -> None:
    table = drawn_study(1)
    with pytest.raises(ArgumentError, match=r"squares beyond float64\. Give them in another unit"):
        gauge_study(table | {"value": table["value"] * factor})


def test_a_tolerance_is_a_number() -> None:
    assert gauge_study(drawn_study(1), tolerance="8").percent_tolerance is not None  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="a width or a pair of limits was expected, found 'wide'"):
        gauge_study(drawn_study(1), tolerance="wide")  # type: ignore[arg-type]


def test_the_purity_of_three_suppliers_of_montgomery() -> None:
    """Montgomery, Design and Analysis of Experiments, nested designs: 4 batches of each of 3 suppliers, 3 readings."""
    suppliers = [
        [[1, -1, 0], [-2, -3, -4], [-2, 0, 1], [1, 4, 0]],
        [[1, -2, -3], [0, 4, 2], [-1, 0, -2], [0, 3, 2]],
        [[2, 4, 0], [-2, 0, 2], [1, -1, 2], [3, 2, 1]],
    ]
    rows = [
        {"part": batch, "operator": supplier, "value": reading}
        for supplier, batches in enumerate(suppliers)
        for batch, readings in enumerate(batches)
        for reading in readings
    ]
    found = gauge_study(rows, design="nested")
    table = [(row.degrees, round(row.sum_of_squares, 2), round(row.mean_square, 2)) for row in found.anova[:3]]
    assert table == [(2, 15.06, 7.53), (9, 69.92, 7.77), (24, 63.33, 2.64)]
    assert [round(row.f, 2) for row in found.anova[:2] if row.f is not None] == [0.97, 2.94]
    assert round(found.components["part"].variance, 2) == 1.71
    assert found.av == 0
    assert found.notes == ("operator: the estimate of its variance was negative and counts as 0",)


def test_a_gauge_without_error_is_good() -> None:
    table = drawn_study(1)
    found = gauge_study(table | {"value": table["part"].astype(float)})
    assert (found.grr, found.verdict, found.ndc_enough) == (0.0, "good", True)


@given(st.integers(0, 10_000), st.floats(0.1, 10), st.sampled_from(["range", "anova"]))
def test_percentages_do_not_depend_on_the_unit(seed: int, factor: float, method: str) -> None:
    table = drawn_study(seed, parts=4, operators=2)
    other = gauge_study(table | {"value": table["value"] * factor + 7}, method=method)
    assert other.percent_grr == pytest.approx(gauge_study(table, method=method).percent_grr)


@given(st.integers(0, 10_000))
def test_contributions_add_up(seed: int) -> None:
    found = gauge_study(drawn_study(seed, parts=4, operators=2)).components
    assert found["gauge"].percent_contribution + found["part"].percent_contribution == pytest.approx(100)
    assert found["gauge"].variance == pytest.approx(found["repeatability"].variance + found["reproducibility"].variance)


def test_the_pooled_repeatability_of_nist_resistivity_probes() -> None:
    """Mpc6111: five wafers of 60 degrees of freedom each, sums of squares as printed."""
    squares = np.array([0.48115, 0.69209, 0.48483, 1.21752, 0.30076])
    assert round(pooled_sd(np.sqrt(squares / 60), 60), 4) == 0.1029
    assert round(pooled_sd(np.sqrt(squares / 60), 60), 6) == 0.102897


def resistivity(seed: int) -> pd.DataFrame:
    """A study like NIST's: 2 runs of 6 days of 6 repeats on 5 wafers by 5 probes, larger for steadier figures."""
    drawn = np.random.default_rng(seed)
    wafer, run, day, repeat = (grid.ravel() for grid in np.indices((40, 5, 6, 6)))
    of_run, of_day = drawn.normal(0, 0.3, (40, 5)), drawn.normal(0, 0.2, (40, 5, 6))
    value = 95 + wafer + of_run[wafer, run] + of_day[wafer, run, day] + drawn.normal(0, 0.1, repeat.size)
    return pd.DataFrame({"wafer": wafer, "run": run, "day": day, "value": value})


def test_nested_levels_of_time_are_told_apart() -> None:
    found = nested_study(resistivity(1), ["run", "day"], within=["wafer"])
    assert [level.name for level in found.levels] == ["repeat", "day", "run"]
    assert [level.own_sd for level in found.levels] == pytest.approx([0.1, 0.2, 0.3], rel=0.1)
    assert found.reproducibility_sd == pytest.approx(np.sqrt(0.14), rel=0.1)


def test_means_and_standard_deviations_of_cells_are_as_good_as_readings() -> None:
    table = resistivity(2)
    cells = table.groupby(["wafer", "run", "day"])["value"].agg(["mean", "std"]).reset_index()
    found = nested_study(cells, ["run", "day"], "mean", within=["wafer"], sd="std", repeats=6)
    plain = nested_study(table, ["run", "day"], within=["wafer"])
    assert [level.sd for level in found.levels] == pytest.approx([level.sd for level in plain.levels])
    assert [level.own_sd for level in found.levels] == pytest.approx([level.own_sd for level in plain.levels])


def test_a_level_that_nothing_repeats_is_refused() -> None:
    with pytest.raises(TooFewParts, match="nothing is repeated at level repeat"):
        nested_study({"day": [1, 2, 3], "value": [1.0, 2.0, 3.0]}, ["day"])
