"""One lot in memory: results, matrix, choices of attempts, yields, summary, and the way into other tools."""

from __future__ import annotations

import json
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.drawn_lots import drawn_lots
from tests.lots import build_lot, table

import corecar
from corecar.errors import ArgumentError, DependencyMissing
from corecar.lot import TABLE_NAMES, Lot, PartsChoice
from corecar.stdf_values import FAILED, NO_VERDICT, UNUSABLE
from corecar.tables import TABLES, schema

nan = float("nan")
drawn = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.fixture
def retested() -> Lot:
    """Four attempts at three units: one retested and recovered, one that ended abnormally."""
    return build_lot(
        [[1.0, 2.0, 3.0, 4.0], [5.0, nan, 7.0, 8.0]], wafer="W1", x=[0, 1, 1, 2], y=0, passed=[True, False, True, True],
        attempt=[1, 1, 2, 1], superseded=[False, True, False, False], incomplete=[False, False, False, True],
    )  # fmt: skip


def test_results_are_a_table_of_the_declared_columns(retested: Lot) -> None:
    assert retested.results.schema.equals(schema("results"))
    assert retested.results["test"].to_pylist() == [0, 0, 0, 0, 1, 1, 1]
    assert retested.results["part"].to_pylist() == [0, 1, 2, 3, 0, 2, 3]


def test_values_of_the_results_are_shared_not_copied(retested: Lot) -> None:
    assert np.shares_memory(retested.results["value"].to_numpy(), retested.measurements.value)


@given(flags=st.lists(st.integers(0, 2**16 - 1), min_size=1, max_size=20))
def test_a_verdict_comes_from_the_flags_alone(flags: list[int]) -> None:
    lot = build_lot([[1.0] * len(flags)], low=5.0, flags=[flags])
    wanted = [None if flag & NO_VERDICT else not flag & FAILED for flag in flags]
    assert lot.results["passed"].to_pylist() == wanted


def test_the_matrix_shows_final_attempts(retested: Lot) -> None:
    assert retested.matrix().tolist() == [[1, 3], [5, 7]]
    assert retested.matrix().dtype == np.float32


@pytest.mark.parametrize(("parts", "rows"), [("final", [0, 2]), ("first", [0, 1]), ("all", [0, 1, 2, 3])])
def test_attempts_are_chosen(retested: Lot, parts: PartsChoice, rows: list[int]) -> None:
    assert retested.chosen(parts).tolist() == rows
    assert retested.matrix(parts=parts)[0].tolist() == [row + 1 for row in rows]


def test_a_part_without_a_reading_is_nan(retested: Lot) -> None:
    assert np.isnan(retested.matrix(parts="first")[1]).tolist() == [False, True]


def test_tests_are_chosen_in_any_order_and_again(retested: Lot) -> None:
    assert retested.matrix([1, 0, 1]).tolist() == [[5, 7], [1, 3], [5, 7]]
    assert retested.matrix([]).shape == (0, 2)


@pytest.mark.parametrize("test", [-1, 2])
def test_a_test_that_is_not_there_is_told(retested: Lot, test: int) -> None:
    with pytest.raises(ArgumentError, match="tests 0 to 1"):
        retested.matrix([test])


def test_an_unknown_choice_or_table_is_told(retested: Lot) -> None:
    wrong: Any = "last"
    with pytest.raises(ArgumentError, match='"final", "first" or "all"'):
        retested.chosen(wrong)
    with pytest.raises(ArgumentError, match="part_limits"):
        retested.to_pandas("part")


@pytest.mark.parametrize("bit", range(8))
def test_a_value_is_usable_unless_bits_1_to_5_are_set(bit: int) -> None:
    lot = build_lot([[1.0]], flags=[[1 << bit]])
    assert np.isnan(lot.matrix()[0, 0]) == bool((1 << bit) & UNUSABLE) == (1 <= bit <= 5)


@drawn
@given(lot=drawn_lots())
def test_the_matrix_holds_every_usable_reading_and_nothing_else(lot: Lot) -> None:
    wanted = np.full((lot.tests.num_rows, lot.parts.num_rows), nan, np.float32)
    for row in lot.results.to_pylist():
        if not row["flags"] & UNUSABLE:
            wanted[row["test"], row["part"]] = row["value"]
    assert np.array_equal(lot.matrix(parts="all"), wanted, equal_nan=True)
    assert np.array_equal(lot.matrix(), wanted[:, lot.final], equal_nan=True)


def test_first_and_final_yield_of_a_wafer(retested: Lot) -> None:
    found = retested.yield_()
    assert (found.first_tested, found.first_good, found.first) == (2, 1, 0.5)
    assert (found.final_tested, found.final_good, found.final) == (2, 2, 1.0)
    assert found.incomplete == 1


def test_without_an_identity_recovered_parts_count_over_the_first_pass() -> None:
    lot = build_lot(
        [[1, 2, 3, 4, 5]], passed=[True, False, False, True, False], attempt=[1, 1, 1, 2, 2], identity="none"
    )
    found = lot.yield_()
    assert (found.first_tested, found.first_good) == (3, 1)
    assert (found.final_tested, found.final_good) == (3, 2)


def test_nothing_tested_is_no_yield() -> None:
    found = build_lot(np.empty((0, 0))).yield_()
    assert (found.first, found.final) == (None, None)


def test_a_part_without_a_verdict_is_not_good() -> None:
    lot = build_lot([[1.0, 2.0]])
    parts = lot.parts.set_column(11, lot.parts.schema.field("passed"), [[None, True]])
    lot = Lot(**{**vars(lot), "parts": parts})
    assert lot.passed.tolist() == [False, True]
    assert lot.yield_().final_good == 1


def test_the_summary_is_plain_and_whole(retested: Lot) -> None:
    found = json.loads(json.dumps(retested.summary()))
    wanted = {
        "lot": ["L1"], "stage": ["wafer sort"], "temperature": [], "runs": 1, "parts": 4, "parts_final": 2,
        "tests": 2, "results": 7, "yield_first": 0.5, "yield_final": 1.0, "incomplete": 1, "identity": "xy",
        "retest": "last",
    }  # fmt: skip
    assert {key: found[key] for key in wanted} == wanted


def test_a_lot_shows_itself_in_one_line(retested: Lot) -> None:
    assert repr(retested) == "<Lot L1: 1 runs, 4 parts, 2 tests, 7 results>"
    assert retested != build_lot([[1.0]])


def test_a_lot_cannot_be_changed(retested: Lot) -> None:
    with pytest.raises(FrozenInstanceError):
        retested.parts = None  # type: ignore[misc]


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_every_table_goes_to_pandas_polars_and_duckdb(retested: Lot, name: str) -> None:
    rows = getattr(retested, name).num_rows
    assert list(retested.to_pandas(name).columns) == [column.name for column in TABLES[name]]
    assert len(retested.to_pandas(name)) == rows
    assert retested.to_polars(name).height == rows
    (found,) = retested.to_duckdb().execute(f"select count(*) from {name}").fetchall()
    assert found == (rows,)


def test_duckdb_joins_the_tables_of_a_lot(retested: Lot) -> None:
    query = """select p.x, t.name, r.value from results r join parts p using (part) join tests t using (test)
               where not p.superseded and not p.incomplete order by all"""
    assert retested.to_duckdb().execute(query).fetchall() == [(0, "T0", 1), (0, "T1", 5), (1, "T0", 3), (1, "T1", 7)]


def test_a_connection_may_be_given(retested: Lot) -> None:
    connection = duckdb.connect()
    assert retested.to_duckdb(connection) is connection


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_missing_package_says_how_to_get_it(retested: Lot, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    hidden: Any = None
    monkeypatch.setitem(sys.modules, package, hidden)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == package else ModuleType(name))
    with pytest.raises(DependencyMissing, match=rf"corecar\[{package}\]"):
        getattr(retested, f"to_{package}")()


def test_a_real_lot_adds_up(real_lot: Path) -> None:
    lot = corecar.read(real_lot)
    assert lot.matrix().shape == (lot.tests.num_rows, int(lot.final.sum()))
    assert int(lot.final.sum()) + lot.retests.superseded == lot.parts.num_rows
    found = lot.yield_()
    assert found.first_good <= found.first_tested
    assert found.final_tested == int(lot.final.sum())
    bins = [row["final"] for row in lot.bins.to_pylist() if row["kind"] == "hard"]
    assert sum(bins) == found.final_tested


def test_every_table_of_a_lot_is_declared() -> None:
    assert set(TABLE_NAMES) <= set(TABLES)
    assert table("results", 0).schema.equals(schema("results"))
