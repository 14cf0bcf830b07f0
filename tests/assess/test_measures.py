"""Statistics per lot, wafer and site against NumPy, and capability against published figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lots import build_lot

from corecar.assess import measures
from corecar.capability import capability


def row_of(table: Any, scope: str = "lot", group: str = "", test: int = 0) -> dict[str, Any]:
    found = [r for r in table.to_pylist() if (r["scope"], r["group"], r["test"]) == (scope, group, test)]
    assert len(found) == 1
    return dict(found[0])


def test_statistics_are_those_of_the_good_parts(shared: Path) -> None:
    lines = (shared / "quality" / "capability_20x5.csv").read_text().splitlines()
    column = lines[0].split(",").index("Diameter")
    values = [float(line.split(",")[column]) for line in lines[1:]]
    row = row_of(measures(build_lot([*values, 999.0], low=0, high=12, passed=[True] * 100 + [False])))
    assert (row["n"], row["passing_n"]) == (101, 100)
    assert row["mean"] == pytest.approx(7.08, abs=5e-7)
    assert row["sd"] == pytest.approx(1.856357, abs=5e-7)
    assert row["cpk"] == pytest.approx(0.88, abs=5e-3)


def test_capability_gives_the_published_figures(shared: Path) -> None:
    case = json.loads((shared / "quality" / "fixtures.json").read_text())["cpk_nist"]
    columns = [np.array([float(case[key])]) for key in ("mean", "s", "lsl", "usl")]
    assert capability(*columns)[0] == pytest.approx(case["cpk"], abs=5e-5)


SIDES = [
    (np.nan, 10.0, 1 / 3),
    (0.0, np.nan, 3.0),
    (-np.inf, 10.0, 1 / 3),
    (0.0, 10.0, 1 / 3),
    (np.nan, np.nan, np.nan),
]


@pytest.mark.parametrize(("low", "high", "cpk"), SIDES)
def test_capability_of_a_one_sided_test_is_of_that_side(low: float, high: float, cpk: float) -> None:
    found = capability(np.array([9.0]), np.array([1.0]), np.array([low]), np.array([high]))
    assert found[0] == pytest.approx(cpk, nan_ok=True)


def test_capability_without_spread_is_unknown_not_infinite() -> None:
    row = row_of(measures(build_lot(np.full(50, 2.0), low=0, high=3)))
    assert (row["sd"], row["cpk"], row["mean"]) == (0.0, None, 2.0)


def test_a_single_reading_has_no_deviation() -> None:
    row = row_of(measures(build_lot([4.0], low=0, high=9)))
    assert (row["mean"], row["sd"], row["minimum"], row["maximum"], row["cpk"]) == (4.0, None, 4.0, 4.0, None)


def test_counts_tell_usable_failed_and_good_readings_apart() -> None:
    flags = [0, 0x80, 0x02, 0xC0, 0]
    row = row_of(measures(build_lot([1, 2, 3, 4, 5], flags=flags, passed=[True, False, True, True, True])))
    assert (row["n"], row["failed"], row["passing_n"]) == (4, 1, 3)
    assert (row["minimum"], row["maximum"]) == (1.0, 5.0)


def test_a_functional_test_has_counts_but_no_statistics() -> None:
    lot = build_lot([np.nan] * 3, kind="functional", flags=[0, 0x80, 0], passed=[True, False, True])
    row = row_of(measures(lot))
    assert (row["n"], row["failed"], row["passing_n"], row["mean"]) == (3, 1, 0, None)


def test_superseded_attempts_are_in_no_statistic() -> None:
    row = row_of(measures(build_lot([1, 2, 1000], superseded=[False, False, True])))
    assert (row["n"], row["maximum"]) == (2, 2.0)


def test_a_small_spread_on_a_large_value_keeps_its_digits() -> None:
    values = (np.float32(16_000_000) + np.arange(5, dtype=np.float32)).astype(np.float32)
    row = row_of(measures(build_lot(values)))
    assert (row["mean"], row["sd"]) == (16_000_002.0, pytest.approx(np.sqrt(2.5), rel=1e-15))


def test_wafers_and_sites_have_rows_of_their_own_and_a_test_not_run_there_has_none() -> None:
    values = np.array([[1, 2, 3, 4], [5, 6, np.nan, np.nan]])
    lot = build_lot(values, wafer=["A", "A", "B", "B"], x=[0, 1, 0, 1], y=0, site=[1, 2, 1, 2])
    found = measures(lot)
    assert row_of(found, "wafer", "B")["mean"] == 3.5
    assert row_of(found, "site", "1")["mean"] == 2.0
    assert [r["group"] for r in found.to_pylist() if (r["scope"], r["test"]) == ("wafer", 1)] == ["A"]
    assert found["test"].to_pylist() == sorted(found["test"].to_pylist())


@given(seed=st.integers(0, 10_000))
def test_all_figures_agree_with_numpy(seed: int) -> None:
    drawn = np.random.default_rng(seed)
    values = (drawn.normal(size=(2, 90)) * 10.0 ** drawn.integers(-9, 9) + drawn.normal()).astype(np.float32)
    values[drawn.random(values.shape) < 0.1] = np.nan
    sites = drawn.integers(1, 4, 90)
    found = measures(build_lot(values, site=sites.tolist()))
    for row in found.to_pylist():
        inside = np.ones(90, bool) if row["scope"] == "lot" else sites == int(row["group"] or 0)
        if row["scope"] == "wafer":
            continue
        sample = values[row["test"], inside].astype(np.float64)
        sample = sample[~np.isnan(sample)]
        assert row["passing_n"] == len(sample)
        expected = [sample.mean(), sample.min(), *np.quantile(sample, [0.25, 0.5, 0.75]), sample.max()]
        names = ("mean", "minimum", "q1", "median", "q3", "maximum")
        assert [row[name] for name in names] == pytest.approx(expected, rel=1e-12)
        if len(sample) > 1:
            assert row["sd"] == pytest.approx(sample.std(ddof=1), rel=1e-9)
