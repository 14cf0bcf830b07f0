"""Trends, comparisons, paretos and readings against pandas over the raw readings of the drawn lake."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.store.drawn_lake import RUNS, Drawn, described, draw_lake, run_id

from corecar.errors import ArgumentError, QuestionError
from corecar.store.lake.tables import LAKE_TABLES
from corecar.store.questions import TestKey, compare, pareto, test_results, trend, wafer_map
from corecar.store.questions.comparing import _effects, _strength

FIGURES = ["n", "failed", "passing_n", "mean", "sd", "minimum", "maximum"]
QUARTILES = ["q1", "median", "q3"]
CONDITION = ["customer", "product", "lot", "stage", "temperature"]


def _final(lake: Drawn, number: int, **facts: Any) -> pd.DataFrame:
    """Readings of final parts of one test on pin A or none, of first passes, with the verdict of their part beside."""
    rows = lake.readings
    keep = (rows["number"] == number) & (rows["pin"].isna() | (rows["pin"] == "A")) & ~rows["superseded"]
    for name, value in {"test_pass": 1, **facts}.items():
        keep &= rows[name] == value
    return rows[keep].rename(columns={"passed_of_part": "passed_part"})


def _close(found: dict[str, Any], expected: dict[str, Any], names: list[str]) -> bool:
    return all(found[name] == pytest.approx(expected[name], rel=1e-12) for name in names)


def test_runs_of_a_lot_merge_to_what_all_their_readings_give(lake: Drawn) -> None:
    points = trend(lake.listing, number=1000, by="lot").to_pylist()
    readings = _final(lake, 1000)
    groups = dict(list(readings.groupby(["lot", "temperature"])))
    assert len(points) == len(groups) + 1
    for point in points[:-1]:
        rows = groups[point["lot"], point["temperature"]]
        assert point["runs"] == rows["run"].nunique()
        assert _close(point, described(rows), FIGURES)
        assert point["start"] == rows["start"].min()


def test_quartiles_of_several_runs_are_not_invented(lake: Drawn) -> None:
    points = trend(lake.listing, number=1000, by="lot").to_pylist()
    assert {point["runs"] for point in points} == {1, 2}
    for point in points:
        assert [point[name] is None for name in QUARTILES] == [point["runs"] > 1] * 3
        assert (point["run"] is None) == (point["runs"] > 1)


def test_limits_that_differ_leave_no_limit_and_no_cpk(lake: Drawn) -> None:
    points = {point["lot"]: point for point in trend(lake.listing, number=1000, temperature="25C").to_pylist()}
    assert (points["L2"]["low_limit"], points["L2"]["high_limit"], points["L2"]["cpk"]) == (-3, None, None)
    merged = points["L1"]
    expected = described(_final(lake, 1000, lot="L1", temperature="25C"))
    assert (merged["low_limit"], merged["high_limit"]) == (-3, 3)
    assert merged["cpk"] == pytest.approx(expected["cpk"], rel=1e-12)


@pytest.mark.parametrize("number", [1002, 1003])
def test_cpk_is_of_the_sides_that_have_a_limit(lake: Drawn, number: int) -> None:
    found = trend(lake.listing, number=number, temperature="25C", product="P1").to_pylist()
    (point,) = [point for point in found if point["lot"] == "L1"]
    expected = described(_final(lake, number, lot="L1", temperature="25C"))["cpk"]
    assert point["cpk"] == (None if expected is None else pytest.approx(expected, rel=1e-12))
    assert (point["cpk"] is None) == (number == 1003)


def test_a_point_per_run_is_its_measures(lake: Drawn) -> None:
    points = trend(lake.listing, number=1001, pin="A", by="run", retests=True).to_pylist()
    rows = lake.frames["measures"].query("scope == 'lot' and number == 1001 and pin == 'A'").set_index("run")
    assert len(points) == len(RUNS)
    for point in points:
        assert _close(point, rows.loc[point["run"]], [*FIGURES, *QUARTILES, "cpk"])


def test_a_point_per_wafer_merges_the_runs_of_its_lot(lake: Drawn) -> None:
    points = trend(lake.listing, number=1002, by="wafer", product="P1", temperature="25C").to_pylist()
    groups = dict(list(_final(lake, 1002, product="P1", temperature="25C").groupby(["lot", "wafer"])))
    found = [point for point in points if point["lot"]]
    assert {(point["lot"], point["wafer"]) for point in found} == set(groups)
    assert all(_close(point, described(groups[point["lot"], point["wafer"]]), FIGURES) for point in found)


def test_points_are_in_order_of_time_and_what_has_none_comes_last(lake: Drawn) -> None:
    starts = trend(lake.listing, number=1000, by="run", retests=True)["start"].to_pylist()
    assert starts[-1] is None
    assert starts[:-1] == sorted(starts[:-1])
    assert trend(lake.listing, number=1000)["lot"].to_pylist() == ["L2", "L1", "L1", "L3", None]


def test_runs_without_a_lot_are_not_taken_for_one(tmp_path: Path) -> None:
    drawn = draw_lake(tmp_path)
    runs = drawn.listing.catalogue_table("runs")
    nameless = runs.set_column(runs.column_names.index("lot"), "lot", [[None] * runs.num_rows])
    points = trend(drawn.listing.with_catalogue("runs", nameless), number=1000)
    assert points["runs"].to_pylist() == [1] * (len(RUNS) - 1)


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ({"product": "P2"}, {"L3"}),
        ({"stage": "final test"}, {"L3"}),
        ({"customer": "C2"}, {"L3"}),
        ({"temperature": "125C"}, {"L1 hot"}),
        ({"since": "2026-01-04"}, {"L1 hot", "L2 other limits", "L3"}),
        ({"since": "2026-01-02T09:00", "until": "2026-01-04 08:00"}, {"L1 second"}),
        ({"until": pd.Timestamp("2026-01-02 08:00").to_pydatetime()}, {"L2"}),
        ({"until": pd.Timestamp("2026-01-04").date(), "retests": True}, {"L1 first", "L1 second", "L1 retest", "L2"}),
    ],
)
def test_a_trend_is_of_the_runs_in_scope(lake: Drawn, scope: dict[str, Any], names: set[str]) -> None:
    found = trend(lake.listing, number=1000, by="run", **scope)["run"].to_pylist()
    assert set(found) == {run_id(name) for name in names}


@pytest.mark.parametrize(
    ("asked", "number", "pin"),
    [
        ({"name": "VDD"}, 1000, None),
        ({"name": "V*"}, 1000, None),
        ({"number": 1001, "pin": "B"}, 1001, "B"),
        ({"name": "LE?K", "pin": "A"}, 1001, "A"),
        ({"name": "it's [x]*"}, 1003, None),
        ({"number": 1000, "pin": ""}, 1000, None),
        ({"name": "1001 LEAK pin B"}, 1001, "B"),
    ],
)
def test_a_test_is_named_by_number_name_pin_or_pattern(lake: Drawn, asked: Any, number: int, pin: str | None) -> None:
    found = trend(lake.listing, **asked).to_pylist()
    assert {(point["number"], point["pin"]) for point in found} == {(number, pin)}
    assert len(found) == 5


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"number": 1001}, "number 1001: 2 tests fit: 1001 LEAK pin A; 1001 LEAK pin B"),
        ({"name": "*D*"}, r"2 tests fit: 1000 VDD; 1002 IDD\. Name one"),
        ({"name": "VD"}, r"no test fits among the 5 .* Close to it: 1000 VDD"),
        ({"number": 7}, "number 7: no test fits .* All are listed by: corecar sql"),
        ({"number": 10}, "number 10: no test fits .* Close to it: 1000 VDD; 1001 LEAK pin A"),
        ({"name": "dd"}, "name dd: no test fits .* Close to it: 1000 VDD; 1002 IDD"),
        ({"number": 1000, "kind": "functional"}, "Close to it: 1000 VDD; 100"),
        ({"number": 1000, "name": "IDD"}, r"no test fits .*1000 VDD"),
        ({"number": 1000, "product": "P9"}, r'no visible run is of product "P9"\. There are: P1, P2'),
        ({"number": 1000, "since": "2030-01-01"}, "none of the 8 visible runs fits"),
    ],
)
def test_what_fits_nothing_or_too_much_is_told_with_what_there_is(lake: Drawn, asked: Any, message: str) -> None:
    with pytest.raises(QuestionError, match=message):
        trend(lake.listing, **asked)


@pytest.mark.parametrize(
    "asked",
    [{}, {"pin": "A"}, {"number": -1}, {"number": 1, "by": "year"}, {"number": 1000, "since": "yesterday"},
     {"number": 1000, "since": "2026-01-01T00:00+01:00"}],
)  # fmt: skip
def test_an_argument_outside_what_is_allowed_is_refused(lake: Drawn, asked: Any) -> None:
    with pytest.raises(ArgumentError):
        trend(lake.listing, **asked)


def test_questions_give_the_same_on_every_path_and_only_of_visible_runs(tmp_path: Path) -> None:
    visible = frozenset(row["run"] for row in RUNS if row["lot"] != "L2")
    answers = []
    for merged in ((), LAKE_TABLES):
        for remote in (False, True):
            listing = draw_lake(tmp_path / str(len(merged)), merged=merged, remote=remote, visible=visible).listing
            run = run_id("L1 first")
            answers.append(
                [trend(listing, number=1000, by="wafer"), compare(listing, [run], "L3"), pareto(listing),
                 pareto(listing, what="test"), test_results(listing, run, 1002), wafer_map(listing, run, "W02", "VDD")]
            )  # fmt: skip
            with pytest.raises(QuestionError, match="no such run"):
                test_results(listing, run_id("L2"), 1002)
    assert "L2" not in answers[0][0]["lot"].to_pylist()
    for other in answers[1:]:
        assert all(a.equals(b) for a, b in zip(answers[0], other, strict=True))


def test_a_comparison_is_what_the_readings_of_both_sides_give(lake: Drawn) -> None:
    for row in compare(lake.listing, "L1", "L2", temperature="25C").to_pylist():
        if row["pin"] == "B":
            continue
        one, two = (_final(lake, row["number"], lot=lot, temperature="25C") for lot in ("L1", "L2"))
        a, b = described(one), described(two)
        pooled = math.sqrt(
            ((a["passing_n"] - 1) * a["sd"] ** 2 + (b["passing_n"] - 1) * b["sd"] ** 2)
            / (a["passing_n"] + b["passing_n"] - 2)
        )
        assert row["shift"] == pytest.approx((b["mean"] - a["mean"]) / pooled, rel=1e-10)
        assert row["sd_ratio"] == pytest.approx(b["sd"] / a["sd"], rel=1e-10)
        change = b["failed"] / b["n"] - a["failed"] / a["n"]
        assert row["fail_rate_change"] == pytest.approx(change, rel=1e-10, abs=1e-15)
        assert (row["n_a"], row["n_b"], row["passing_n_a"]) == (a["n"], b["n"], a["passing_n"])


@pytest.mark.parametrize(
    ("rank", "column", "strength"),
    [("shift", "shift", np.abs), ("spread", "sd_ratio", lambda ratio: np.abs(np.log(ratio))),
     ("cpk", "cpk_change", np.abs), ("fails", "fail_rate_change", np.abs)],
)  # fmt: skip
def test_the_strongest_effect_comes_first(lake: Drawn, rank: Any, column: str, strength: Any) -> None:
    found = compare(lake.listing, [run_id("L1 first")], [run_id("L2"), run_id("L1 hot")], rank=rank)[column].to_pandas()
    known = strength(found.dropna())
    assert len(known) >= 3
    assert known.is_monotonic_decreasing
    assert found.iloc[: len(known)].notna().all()


def test_cpk_of_a_comparison_is_that_of_each_side(lake: Drawn) -> None:
    found = compare(lake.listing, [run_id("L1 first")], [run_id("L1 hot")]).to_pylist()
    rows = lake.frames["measures"].query("scope == 'lot' and number == 1002").set_index("run")["cpk"]
    (row,) = [row for row in found if row["number"] == 1002]
    assert row["cpk_change"] == pytest.approx(rows[run_id("L1 hot")] - rows[run_id("L1 first")], rel=1e-12)


def test_tests_of_other_units_are_never_compared(lake: Drawn) -> None:
    rows = compare(lake.listing, "L1", "L3", temperature="25C").to_pylist()
    assert len(rows) == 10
    assert all((row["n_a"] == 0) != (row["n_b"] == 0) and row["shift"] is None for row in rows)


def test_a_lot_of_several_conditions_asks_which(lake: Drawn) -> None:
    told = (
        r'lot L1 was tested under 2 conditions: .*temperature 25C.* Name one with --temperature "[-\d]+C" or "25C"\.$'
    )
    with pytest.raises(QuestionError, match=told):
        compare(lake.listing, "L1", "L2")
    with pytest.raises(QuestionError, match=r'no visible run is of lot "L9"'):
        compare(lake.listing, "L9", "L2")
    with pytest.raises(ArgumentError, match="ranked by"):
        compare(lake.listing, "L2", "L2", rank="luck")  # type: ignore[arg-type]


@pytest.mark.parametrize(("what", "kind"), [("bin", "hard"), ("soft_bin", "soft")])
def test_a_pareto_of_bins_counts_final_parts(lake: Drawn, what: Any, kind: str) -> None:
    parts = lake.frames["parts"].merge(lake.frames["runs"], on="run").query("test_pass == 1 and not superseded")
    counts = parts[~parts["passed"]][f"{kind}_bin"].value_counts()
    found = pareto(lake.listing, what=what).to_pandas()
    assert dict(zip(found["bin"], found["failed"], strict=True)) == counts.to_dict()
    assert found["failed"].is_monotonic_decreasing
    assert set(found["of"]) == {len(parts)}
    np.testing.assert_allclose(found["rate"], found["failed"] / len(parts))
    np.testing.assert_allclose(found["share"], found["failed"] / counts.sum())
    np.testing.assert_allclose(found["cumulative"], found["failed"].cumsum() / counts.sum())


def test_a_pareto_of_tests_counts_failed_readings(lake: Drawn) -> None:
    rows = lake.readings.query("product == 'P1' and test_pass == 1 and not superseded")
    counts = rows[~rows["passed"]].groupby(["number", rows["pin"].fillna("")]).size()
    executed = rows.groupby(["number", rows["pin"].fillna("")]).size()
    for row in pareto(lake.listing, what="test", product="P1").to_pylist():
        key = (row["number"], row["pin"] or "")
        assert (row["failed"], row["of"]) == (counts[key], executed[key])
        assert row["share"] == pytest.approx(counts[key] / counts.sum())
    with pytest.raises(ArgumentError, match="a pareto is of bin, soft_bin, test"):
        pareto(lake.listing, what="site")  # type: ignore[arg-type]


def test_results_of_a_test_are_all_its_first_executions(lake: Drawn) -> None:
    runs = [run_id("L2"), run_id("L3")]
    found = test_results(lake.listing, runs, TestKey(1001, pin="B")).to_pandas()
    rows = lake.frames["results"].query("run in @runs and test == 2").sort_values(["run", "part"])
    for name in ("run", "part", "value", "flags", "passed"):
        assert found[name].tolist() == rows[name].tolist()


def test_a_wafer_map_has_each_die_with_its_bin_and_reading(lake: Drawn) -> None:
    run = run_id("L1 first")
    found = wafer_map(lake.listing, run, "W02", 1002).to_pandas()
    parts = lake.frames["parts"].query("run == @run and wafer == 'W02' and not superseded")
    values = lake.frames["results"].query("run == @run and test == 3").set_index("part")["value"]
    assert found[["x", "y", "hard_bin"]].to_numpy().tolist() == parts[["x", "y", "hard_bin"]].to_numpy().tolist()
    assert found["value"].tolist() == values[parts["part"]].tolist()
    assert "value" not in wafer_map(lake.listing, run, "W02").column_names
    assert wafer_map(lake.listing, run, "W02", every_attempt=True).num_rows == 20
    with pytest.raises(QuestionError, match=r'wafer "W9": no such wafer.*W01, W02, W03'):
        wafer_map(lake.listing, run, "W9")


def test_a_mean_that_moved_without_any_spread_stands_first() -> None:
    same = {name: np.array([9.0, 9.0]) for name in ("n", "passing_n", "cpk", "fail_rate")}
    a = {**same, "mean": np.array([1.0, 1.0]), "sd": np.array([0.0, 0.0])}
    b = {**same, "mean": np.array([1.0, 1.5]), "sd": np.array([0.0, 0.0])}
    strength = _strength(_effects(a, b), "shift")
    assert np.isnan(strength[0])
    assert np.isinf(strength[1])
