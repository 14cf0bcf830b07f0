"""The workbook of a graded lot says what the tables of the grading say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv
import pytest
from python_calamine import CalamineWorkbook
from tests.lots import build_lot

import corecar
from corecar.bridge.grade import graded_workbook
from corecar.bridge.grade.graded_workbook import write_graded_workbook
from corecar.graded import Grade


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Grade, Path]:
    folder = tmp_path_factory.mktemp("workbook")
    corecar.simulate_lot(folder / "lot.stdf", wafers=2, dies=400, tests=30, seed=5)
    return corecar.grade(folder / "lot.stdf", recipe="zero-defect", out=folder / "out"), folder / "out"


def rows_of(path: Path, sheet: str) -> list[dict[str, Any]]:
    head, *rows = CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python()
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_every_part_stands_there_as_in_the_csv(graded: tuple[Grade, Path]) -> None:
    grade, folder = graded
    found = rows_of(folder / "report.xlsx", "Parts")
    written = pyarrow.csv.read_csv(folder / "parts.csv")
    assert len(found) == grade.tested == written.num_rows
    assert [row["shippable"] for row in found] == written["shippable"].to_pylist()
    assert sum(row["shippable"] for row in found) == grade.shippable


def test_bins_add_up_before_and_after(graded: tuple[Grade, Path]) -> None:
    grade, folder = graded
    found = rows_of(folder / "report.xlsx", "Bins")
    summary = grade.summary()
    assert {str(int(row["bin"])): row["tester"] for row in found if row["tester"]} == summary["hard_bins_before"]
    assert {str(int(row["bin"])): row["screened"] for row in found if row["screened"]} == summary["hard_bins_after"]


def test_every_reject_stands_beside_the_limit_that_it_was_held_against(graded: tuple[Grade, Path]) -> None:
    grade, folder = graded
    found = rows_of(folder / "report.xlsx", "Rejects")
    assert len(found) == grade.verdicts.num_rows > 0
    dynamic = [row for row in found if row["screen"] == "dynamic-pat"]
    assert dynamic
    assert all(not row["low"] <= row["value"] <= row["high"] for row in dynamic if row["low"] != "")


def test_screens_and_tests_count_what_was_rejected(graded: tuple[Grade, Path]) -> None:
    grade, folder = graded
    screens = {row["screen"]: row["kills"] for row in rows_of(folder / "report.xlsx", "Screens")}
    assert {name: kills for name, kills in screens.items() if kills} == grade.summary()["rejected_by_screen"]
    tests = rows_of(folder / "report.xlsx", "Tests")
    by_test = {row["test"]: row["parts"] for row in grade.summary()["rejected_by_test"]}
    assert {
        place: row["rejected_by_screens"] for place, row in enumerate(tests) if row["rejected_by_screens"]
    } == by_test


def test_a_sheet_of_too_many_rows_is_left_out_and_told(
    graded: tuple[Grade, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graded_workbook, "MOST", 100)
    write_graded_workbook(graded[0], tmp_path / "few.xlsx")
    book = CalamineWorkbook.from_path(tmp_path / "few.xlsx")
    assert "Parts" not in book.sheet_names
    summary = book.get_sheet_by_name("Summary").to_python()
    assert any("The sheet Parts was left out: " in str(row[1]) for row in summary)


def test_a_name_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=(1, 60))
    lot = build_lot(values, low=-30.0, high=30.0, names=["=1+1"])
    write_graded_workbook(corecar.grade(lot), tmp_path / "book.xlsx")
    assert rows_of(tmp_path / "book.xlsx", "Tests")[0]["name"] == "=1+1"
