"""Writing a lot: the extension says as what, and the file appears whole or not at all."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from python_calamine import CalamineWorkbook
from tests.drawn_lots import drawn_lots
from tests.lots import build_lot
from tests.same_lots import assert_same

import corecar
from corecar.atomic import whole_file
from corecar.errors import ArgumentError, DamagedSource, MappingError, OutputError, SourceMissing
from corecar.formats.datalog import read_datalog
from corecar.formats.outputs import format_of, write_lot
from corecar.formats.outputs.parquet import read_parquet, write_parquet
from corecar.formats.outputs.wide import column_labels
from corecar.formats.outputs.wide_csv import write_csv
from corecar.lot import Lot, Source

nan = float("nan")
FORMATS = [("tests", f"{what}_format") for what in ("result", "low", "high")]
"""A blank at the end of a printf format is lost in a CSV."""

drawn = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.fixture
def small() -> Lot:
    source = Source("lot.stdf", 7, None, "STDF", "little", "V4", False, ("odd",), {"PIR": 2})
    return build_lot([[1.1, nan, 1.3], [4.0, 5.0, 6.0]], low=1.0, high=[1.2, 9.0], wafer=["W1", "W1", "W2"],
                     x=[1, 2, 1], y=[0, 0, -3], part_id=["a", "b,c", 'd"e'], sources=(source,))  # fmt: skip


@pytest.mark.parametrize(
    ("name", "format"),
    [("a.STDF", "stdf"), ("a.std.gz", "stdf"), ("a.b.stdf.zst", "stdf"), ("a.csv", "csv"), ("a.parquet", "parquet"),
     ("a.xlsx", "xlsx")],
)  # fmt: skip
def test_the_extension_names_the_format(name: str, format: str) -> None:
    assert format_of(name) == format


@pytest.mark.parametrize("name", ["lot", "lot.doc", "lot.csv.gz", "lot.gz"])
def test_an_extension_of_no_format_lists_those_that_are(small: Lot, tmp_path: Path, name: str) -> None:
    with pytest.raises(ArgumentError, match=r"\.parquet"):
        write_lot(small, tmp_path / name)
    with pytest.raises(ArgumentError, match="stdf, csv, parquet, xlsx"):
        write_lot(small, tmp_path / name, format="doc")
    assert os.listdir(tmp_path) == []


def test_a_format_may_be_named_where_the_extension_is_silent(small: Lot, tmp_path: Path) -> None:
    corecar.write(small, tmp_path / "lot", format="stdf", big_endian=True)
    assert corecar.read(tmp_path / "lot").sources[0].endian == "big"


@pytest.mark.parametrize("extension", ["stdf", "csv", "parquet", "xlsx"])
def test_a_missing_folder_is_told(small: Lot, tmp_path: Path, extension: str) -> None:
    with pytest.raises(OutputError, match="Create it first"):
        write_lot(small, tmp_path / "none" / f"lot.{extension}")


@pytest.mark.parametrize("extension", ["stdf", "csv", "xlsx"])
def test_a_directory_is_never_overwritten(small: Lot, tmp_path: Path, extension: str) -> None:
    (tmp_path / f"lot.{extension}").mkdir()
    with pytest.raises(OutputError, match="directory"):
        write_lot(small, tmp_path / f"lot.{extension}")


def half_written(path: Path) -> None:
    with whole_file(path) as sibling:
        sibling.write_text("half", encoding="utf-8")
        raise ValueError("stop")


def test_an_error_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "lot.csv").write_text("old", encoding="utf-8")
    with pytest.raises(ValueError, match="stop"):
        half_written(tmp_path / "lot.csv")
    assert os.listdir(tmp_path) == ["lot.csv"]
    assert (tmp_path / "lot.csv").read_text(encoding="utf-8") == "old"


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="free space"), whole_file(tmp_path / "lot.csv"):
        raise OSError(28, "No space left on device")
    assert os.listdir(tmp_path) == []


@drawn
@given(lot=drawn_lots())
def test_parquet_holds_everything(lot: Lot, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "drawn.parquet"
    assert write_parquet(lot, path) == ()
    found = read_parquet(path)
    for name in ("runs", "parts", "tests", "repeats", "part_limits", "bins", "wafers", "texts"):
        assert getattr(found, name).schema.equals(getattr(lot, name).schema, check_metadata=True)
    assert_same(found, lot)
    assert (found.retests, found.sources, found.notes) == (lot.retests, lot.sources, lot.notes)


def test_a_real_lot_is_the_same_from_parquet(real_lot: Path, tmp_path: Path) -> None:
    lot = corecar.read(real_lot)
    corecar.write(lot, tmp_path / "lot.parquet")
    found = corecar.read(tmp_path / "lot.parquet")
    assert_same(found, lot)
    assert found.sources == lot.sources


def test_large_results_stand_in_two_files_and_read_back_the_same(
    small: Lot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corecar.formats.outputs.parquet.SHARD_LEAST", 2)
    monkeypatch.setattr("corecar.formats.outputs.parquet.ROW_GROUP", 2)
    write_parquet(small, tmp_path / "lot.parquet")
    assert {"results-0.parquet", "results-1.parquet"} < set(os.listdir(tmp_path / "lot.parquet"))
    assert_same(read_parquet(tmp_path / "lot.parquet"), small)
    both = pq.read_table(sorted((tmp_path / "lot.parquet").glob("results*.parquet")))
    assert both["passed"].to_pylist() == small.results["passed"].to_pylist()


def test_a_lot_without_results_is_written(tmp_path: Path) -> None:
    lot = build_lot(np.empty((0, 0)))
    write_parquet(lot, tmp_path / "lot.parquet")
    assert_same(read_parquet(tmp_path / "lot.parquet"), lot)


def test_writing_again_replaces_the_folder_but_no_strange_one(small: Lot, tmp_path: Path) -> None:
    write_parquet(small, tmp_path / "lot.parquet")
    write_parquet(build_lot([[1.0]]), tmp_path / "lot.parquet")
    assert read_parquet(tmp_path / "lot.parquet").parts.num_rows == 1
    assert os.listdir(tmp_path) == ["lot.parquet"]
    (tmp_path / "mine.parquet").mkdir()
    (tmp_path / "mine.parquet" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(OutputError, match="already stands there"):
        write_parquet(small, tmp_path / "mine.parquet")
    assert os.listdir(tmp_path / "mine.parquet") == ["thesis.txt"]


def test_a_damaged_parquet_folder_is_told(small: Lot, tmp_path: Path) -> None:
    path = tmp_path / "lot.parquet"
    with pytest.raises(SourceMissing, match=r"lot\.json"):
        read_parquet(path)
    write_parquet(small, path)
    (path / "tests.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DamagedSource):
        read_parquet(path)
    (path / "tests.parquet").unlink()
    with pytest.raises(SourceMissing, match=r"tests\.parquet"):
        read_parquet(path)


def test_a_parquet_lot_keeps_its_choice_of_attempts(small: Lot, tmp_path: Path) -> None:
    write_parquet(small, tmp_path / "lot.parquet")
    with pytest.raises(ArgumentError, match='retest="last"'):
        corecar.read(tmp_path / "lot.parquet", retest="first")
    with pytest.raises(ArgumentError, match="Read it alone"):
        corecar.read([tmp_path / "lot.parquet", tmp_path / "other.stdf"])


def test_a_csv_is_read_back_by_the_mapping_beside_it(small: Lot, tmp_path: Path) -> None:
    assert write_csv(small, tmp_path / "lot.csv") == ()
    found = corecar.read(tmp_path / "lot.csv")
    assert np.array_equal(found.matrix(parts="all"), small.matrix(parts="all"), equal_nan=True)
    for column in ("wafer", "x", "y", "part_id", "site", "hard_bin", "passed", "attempt"):
        assert found.parts[column].to_pylist() == small.parts[column].to_pylist()
    assert found.tests["high_limit"].equals(small.tests["high_limit"])


def test_a_real_lot_is_the_same_from_csv(real_lot: Path, tmp_path: Path) -> None:
    lot = corecar.read(real_lot)
    notes = corecar.write(lot, tmp_path / "lot.csv")
    found = corecar.read(tmp_path / "lot.csv")
    assert np.array_equal(found.matrix(parts="all"), lot.matrix(parts="all"), equal_nan=True)
    assert_same(found, lot, tables=("runs", "parts", "tests"), but=FORMATS)
    assert found.results["passed"].equals(lot.results["passed"])
    assert any("texts" in note for note in notes)


@drawn
@given(lot=drawn_lots())
def test_any_matrix_survives_a_csv(lot: Lot, tmp_path_factory: pytest.TempPathFactory) -> None:
    if not len(lot.measurements):
        return
    path = tmp_path_factory.getbasetemp() / "drawn.csv"
    write_csv(lot, path)
    found = corecar.read(path)
    functional = np.array([kind == "functional" for kind in lot.tests["kind"].to_pylist()])
    wanted = lot.matrix(parts="all")[~functional]
    assert np.array_equal(found.matrix(parts="all")[~functional], wanted, equal_nan=True)
    assert_same(found, lot, tables=("tests",), but=[("tests", "result_scale"), ("tests", "low_equal_passes"),
                                                    ("tests", "high_equal_passes")])  # fmt: skip


def test_several_runs_stay_apart_in_a_csv(tmp_path: Path) -> None:
    lot = build_lot([[1, 2, 3]], run=[0, 1, 1], runs={"lot": ["A", "A"], "temperature": ["25C", "125C"]})
    write_csv(lot, tmp_path / "lot.csv")
    found = corecar.read(tmp_path / "lot.csv")
    assert found.runs["temperature"].to_pylist() == ["25C", "125C"]
    assert found.parts["run"].to_pylist() == [0, 1, 1]


def test_a_remark_of_a_mapping_stays_with_the_lot_and_is_no_column(tmp_path: Path) -> None:
    path = tmp_path / "lot.csv"
    path.write_text("Note,ask the lab\nPart,Bin,VDD\n1,1,1.2\n2,1,1.3\n", encoding="utf-8")
    mapping = {"file": {"header_row": 2}, "parts": {"part_id": "Part", "hard_bin": "Bin"}}
    lot = read_datalog(path, mapping | {"lot": {"remark": {"line": "Note"}}})
    assert [(row["run"], row["kind"], row["text"]) for row in lot.texts.to_pylist()] == [(0, "DTR", "ask the lab")]
    with pytest.raises(MappingError, match=r"\[lot\] remark: expected a text"):
        read_datalog(path, mapping | {"lot": {"remark": {"column": "VDD"}}})


def test_functional_tests_are_pass_and_fail_in_a_csv(tmp_path: Path) -> None:
    lot = build_lot([[nan, nan, nan]], flags=[[0, 0x80, 0x40]], kind="functional", names=["scan"])
    write_csv(lot, tmp_path / "lot.csv")
    found = corecar.read(tmp_path / "lot.csv")
    assert found.results["passed"].to_pylist() == [True, False]
    assert found.results["part"].to_pylist() == [0, 1]


def test_what_a_wide_table_cannot_hold_is_counted(tmp_path: Path) -> None:
    repeats: dict[str, Any] = {
        "test": [0],
        "part": [0],
        "execution": [2],
        "value": [1.0],
        "flags": [0],
        "passed": [True],
    }
    lot = build_lot([[1.0, 2.0]], flags=[[0x02, 0]], repeats=repeats)
    assert write_csv(lot, tmp_path / "lot.csv") == (
        "Left out: 1 readings flagged as unusable or without a value.",
        "Left out: 1 repeats of a test within a part.",
    )


def test_what_stands_beside_the_parts_is_counted_where_a_csv_cannot_hold_it(real_lot: Path, tmp_path: Path) -> None:
    lot = corecar.read(real_lot)
    notes = write_csv(lot, tmp_path / "lot.csv")
    assert notes[-2:] == (
        f"Left out: {lot.bins.num_rows} descriptions of bins (name, count of the tester).",
        "Left out: 1 descriptions of wafers (times, counts, sizes, orientation).",
    )
    alarmed = build_lot([[1.0, 2.0]], flags=[[0x01, 0x8000]])
    assert write_csv(alarmed, tmp_path / "alarmed.csv")[0].startswith("Left out: 1 flags of readings (alarm, ")


def test_labels_are_names_with_number_and_pin_only_where_needed() -> None:
    lot = build_lot([[1]] * 5, names=["VDD", "VDD", "x", "", "VDD"], numbers=[1, 2, 3, 4, 1])
    assert column_labels(lot, ("x",)) == ["1 VDD", "2 VDD", "3 x", "4", "1 VDD #2"]


def test_a_wide_lot_is_made_piece_by_piece(small: Lot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_csv(small, tmp_path / "whole.csv")
    monkeypatch.setattr("corecar.formats.outputs.wide.CELLS", 2)
    write_csv(small, tmp_path / "pieces.csv")
    assert (tmp_path / "pieces.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def sheets(path: Path) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_a_workbook_has_a_sheet_per_table_and_the_wide_results(small: Lot, tmp_path: Path) -> None:
    assert write_lot(small, tmp_path / "lot.xlsx") == ()
    found = sheets(tmp_path / "lot.xlsx")
    assert list(found) == ["Summary", "Parts", "Tests", "Bins", "Wafers", "Results"]
    assert found["Summary"][0][0] == "Lot L1"
    parts = [dict(zip(found["Parts"][0], row, strict=True)) for row in found["Parts"][1:]]
    assert [row["part_id"] for row in parts] == ["a", "b,c", 'd"e']
    assert [row["passed"] for row in parts] == [True, True, True]
    header, *rows = found["Results"]
    assert header[-2:] == ["T0", "T1"]
    assert [row[-2:] for row in rows] == [[1000, 1001], ["", ""], [1, 1], [1.2, 9], [1.1, 4], ["", 5], [1.3, 6]]


def test_numbers_that_excel_lacks_become_words(tmp_path: Path) -> None:
    write_lot(build_lot([[float("inf"), 1.0]]), tmp_path / "lot.xlsx")
    assert [row[-1] for row in sheets(tmp_path / "lot.xlsx")["Results"][-2:]] == ["inf", 1.0]


def test_texts_that_look_like_formulas_stay_texts(tmp_path: Path) -> None:
    lot = build_lot([[1.0]], part_id=["=1+1"], runs={"lot": ["L"], "start": [datetime(2026, 1, 31, 10, 20)]})
    write_lot(lot, tmp_path / "lot.xlsx")
    assert sheets(tmp_path / "lot.xlsx")["Parts"][1][5] == "=1+1"


def test_what_excel_cannot_hold_is_left_out_and_said(
    small: Lot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corecar.formats.outputs.workbook.COLUMNS", 12)
    (note,) = write_lot(small, tmp_path / "lot.xlsx")
    assert note.startswith("The sheet Results was left out: 3 parts x 2 tests")
    found = sheets(tmp_path / "lot.xlsx")
    assert "Results" not in found
    assert any(note in row for row in found["Summary"])
    monkeypatch.setattr("corecar.formats.outputs.workbook.ROWS", 3)
    notes = write_lot(small, tmp_path / "lot.xlsx")
    assert any("sheet Parts was left out" in note for note in notes)
    assert "Parts" not in sheets(tmp_path / "lot.xlsx")
