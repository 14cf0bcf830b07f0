"""CSV datalogs read by a declared mapping: wide and long, as testers around the world write them."""

from __future__ import annotations

import gzip
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.same_lots import REPORTED, assert_same

import corecar
from corecar.errors import DamagedSource, SourceMissing
from corecar.formats.datalog import read_datalog
from corecar.lot import Lot

WIDE = """Lot: A123
Device,SN74,,
Test temp=25C

Part,X,Y,HBin,Site,VDD[V],IDD[mA],Comment
LSL,,,,,1.1,,
USL,,,,,1.3,5,
1,0,0,1,0,1.2,3.3,good
2,1,0,7,1,1.35,4,
3,2,0,1,1,1.25,NA,
"""
WIDE_MAPPING: dict[str, Any] = {
    "lot": {"lot": {"line": "Lot"}, "product": {"line": "Device"}, "temperature": {"line": "Test temp"}},
    "parts": {"part_id": "Part", "x": "X", "y": "Y", "hard_bin": "HBin", "site": "Site", "wafer": {"text": "W1"}},
    "tests": {"header": "{name}[{unit}]", "rows": {"low_limit": "LSL", "high_limit": "USL"}},
}

LONG = """Serial;Site;Item;Value;Unit;Min;Max;Result
S1;1;VDD;1,20;V;1,1;1,3;PASS
S1;1;IDD;3,3;mA;;5;PASS
S2;2;VDD;1,35;V;1,1;1,3;FAIL
S2;2;IDD;4,0;mA;;5;PASS
S2;2;IDD;4,1;mA;;6;PASS
"""
LONG_MAPPING: dict[str, Any] = {
    "file": {"layout": "long", "delimiter": ";", "decimal": ","},
    "parts": {"part_id": "Serial", "site": "Site"},
    "readings": {
        "test": "Item", "value": "Value", "unit": "Unit", "low_limit": "Min", "high_limit": "Max", "passed": "Result",
    },
}  # fmt: skip


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "lot.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.fixture
def wide(tmp_path: Path) -> Lot:
    return read_datalog(written(tmp_path, WIDE), WIDE_MAPPING)


@pytest.fixture
def long(tmp_path: Path) -> Lot:
    return read_datalog(written(tmp_path, LONG), LONG_MAPPING)


def test_lines_above_the_header_tell_lot_product_and_temperature(wide: Lot) -> None:
    (run,) = wide.runs.to_pylist()
    assert (run["lot"], run["product"], run["temperature"], run["stage"]) == ("A123", "SN74", "25C", "wafer sort")


def test_columns_become_parts(wide: Lot) -> None:
    columns = ("wafer", "x", "y", "part_id", "site", "hard_bin", "passed")
    rows = [tuple(row[name] for name in columns) for row in wide.parts.to_pylist()]
    assert rows == [("W1", 0, 0, "1", 0, 1, True), ("W1", 1, 0, "2", 1, 7, False), ("W1", 2, 0, "3", 1, 1, True)]


def test_headers_and_rows_tell_units_and_limits(wide: Lot) -> None:
    columns = ("number", "name", "unit", "low_limit", "high_limit")
    rows = [tuple(row[name] for name in columns) for row in wide.tests.to_pylist()]
    assert rows[0][:3] == (1, "VDD", "V")
    assert rows[0][3:] == pytest.approx((1.1, 1.3))
    assert rows[1] == (2, "IDD", "mA", None, 5.0)


def test_a_missing_cell_is_no_reading(wide: Lot) -> None:
    assert list(zip(*(wide.results[name].to_pylist() for name in ("test", "part")), strict=True)) == [
        (0, 0), (0, 1), (0, 2), (1, 0), (1, 1)
    ]  # fmt: skip


def test_a_reading_passes_by_its_limits_and_a_note_says_so(wide: Lot) -> None:
    assert wide.results["passed"].to_pylist() == [True, False, True, True, True]
    assert any("derived from the limits" in note for note in wide.notes)


def test_columns_of_words_are_left_out_and_named(wide: Lot) -> None:
    assert any('"Comment"' in note for note in wide.notes)


def test_bins_and_wafers_are_counted(wide: Lot) -> None:
    rows = [(row["kind"], row["bin"], row["passed"], row["final"], row["reported"]) for row in wide.bins.to_pylist()]
    assert rows == [("hard", 1, True, 2, None), ("hard", 7, False, 1, None)]
    assert wide.wafers["wafer"].to_pylist() == ["W1"]


def test_a_die_tested_twice_is_one_unit(tmp_path: Path) -> None:
    text = WIDE.replace("3,2,0,1,1,1.25,NA,", "3,1,0,1,1,1.25,NA,")
    lot = read_datalog(written(tmp_path, text), WIDE_MAPPING)
    assert lot.parts["attempt"].to_pylist() == [1, 1, 2]
    assert lot.parts["superseded"].to_pylist() == [False, True, False]
    assert (lot.retests.identity, lot.retests.units) == ("xy", 1)
    first = read_datalog(tmp_path / "lot.csv", WIDE_MAPPING, retest="first")
    assert first.parts["superseded"].to_pylist() == [False, False, True]


def test_passing_bins_are_declared(tmp_path: Path) -> None:
    lot = read_datalog(written(tmp_path, WIDE), WIDE_MAPPING | {"verdicts": {"pass_bins": [7]}})
    assert lot.parts["passed"].to_pylist() == [False, True, False]


def test_a_verdict_column_wins_over_bins(tmp_path: Path) -> None:
    text = WIDE.replace("Comment", "Result").replace(",good", ",PASS").replace("4,\n", "4,PASS\n")
    text = text.replace("NA,\n", "NA,FAIL\n")
    mapping = WIDE_MAPPING | {"parts": WIDE_MAPPING["parts"] | {"passed": "Result"}}
    lot = read_datalog(written(tmp_path, text), mapping)
    assert lot.parts["passed"].to_pylist() == [True, True, False]


def test_without_bin_and_verdict_a_part_passes_by_its_readings(tmp_path: Path) -> None:
    mapping = WIDE_MAPPING | {"parts": {"part_id": "Part"}, "tests": WIDE_MAPPING["tests"] | {"columns": ["VDD*"]}}
    lot = read_datalog(written(tmp_path, WIDE), mapping)
    assert lot.parts["passed"].to_pylist() == [True, False, True]
    assert any("no column tells it" in note for note in lot.notes)
    assert lot.runs["stage"].to_pylist() == ["final test"]


def test_a_part_without_any_limit_neither_passes_nor_fails(tmp_path: Path) -> None:
    path = written(tmp_path, "Part,A\n1,2.0\n")
    lot = read_datalog(path, {"parts": {"part_id": "Part"}})
    assert lot.parts["passed"].to_pylist() == [None]
    assert lot.results["passed"].to_pylist() == [None]


def test_tests_are_chosen_by_name_pattern_and_exclusion(tmp_path: Path) -> None:
    path = written(tmp_path, "Part,A1,A2,B1,B2\n1,1,2,3,4\n")
    for tests, names in (
        ({"columns": ["B*", "A1"]}, ["B1", "B2", "A1"]),
        ({"exclude": ["?2"]}, ["A1", "B1"]),
        ({"columns": "numeric"}, ["A1", "A2", "B1", "B2"]),
    ):
        lot = read_datalog(path, {"parts": {"part_id": "Part"}, "tests": tests})
        assert lot.tests["name"].to_pylist() == names


def test_facts_of_a_test_may_stand_in_the_mapping(tmp_path: Path) -> None:
    declared = {"A": {"number": 77, "name": "Supply", "unit": "V", "low_limit": 0.5, "high_limit": 2, "pin": "VCC"}}
    lot = read_datalog(
        written(tmp_path, "Part,A\n1,2.0\n"), {"parts": {"part_id": "Part"}, "tests": {"declared": declared}}
    )
    (test,) = lot.tests.to_pylist()
    wanted = {"number": 77, "name": "Supply", "unit": "V", "low_limit": 0.5, "high_limit": 2.0, "pin": "VCC"}
    assert {key: test[key] for key in wanted} == wanted
    assert lot.results["passed"].to_pylist() == [True]


def test_a_value_equal_to_its_limit_passes(tmp_path: Path) -> None:
    declared = {"A": {"low_limit": 0.1, "high_limit": 0.3}}
    path = written(tmp_path, "Part,A\n1,0.1\n2,0.3\n3,0.30001\n")
    lot = read_datalog(path, {"parts": {"part_id": "Part"}, "tests": {"declared": declared}})
    assert lot.results["passed"].to_pylist() == [True, True, False]
    assert lot.tests["low_equal_passes"].to_pylist() == [True]


def test_a_limit_may_carry_its_unit(tmp_path: Path) -> None:
    path = written(tmp_path, "Part,A\nUnit,mV\nMin,10mV\nMax,20 mV\n1,15\n")
    rows = {"unit": "Unit", "low_limit": "Min", "high_limit": "Max"}
    lot = read_datalog(path, {"parts": {"part_id": "Part"}, "tests": {"rows": rows}})
    assert [lot.tests[name][0].as_py() for name in ("low_limit", "high_limit")] == [10.0, 20.0]


def test_rows_about_tests_may_stand_above_the_header_or_be_named_by_line(tmp_path: Path) -> None:
    path = written(tmp_path, "low,0.5,\nhigh,2,\nPart,A,B\n1,1,1\n2,3,3\n")
    for rows in ({"low_limit": "low", "high_limit": "high"}, {"low_limit": 1, "high_limit": 2}):
        lot = read_datalog(path, {"parts": {"part_id": "Part"}, "tests": {"rows": rows}})
        assert lot.tests["high_limit"].to_pylist() == [2.0, None]
        assert lot.results["passed"].to_pylist() == [True, False, None, None]


def test_a_functional_column_holds_verdicts(tmp_path: Path) -> None:
    path = written(tmp_path, "Part,Scan\n1,P\n2,F\n3,\n")
    mapping = {"parts": {"part_id": "Part"}, "tests": {"declared": {"Scan": {"kind": "functional"}}}}
    lot = read_datalog(path, mapping)
    assert lot.results["passed"].to_pylist() == [True, False]
    assert all(math.isnan(value) for value in lot.results["value"].to_pylist())


def test_lines_before_the_header_may_be_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, "Part,A\nunits of no use,V\n1,1\n")
    lot = read_datalog(path, {"file": {"skip_rows": [2]}, "parts": {"part_id": "Part"}})
    assert lot.parts.num_rows == 1


def test_the_data_may_end_before_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "Part,A\n1,1\n2,2\nTotal,3\nYield,100%\n")
    lot = read_datalog(path, {"file": {"data_end": "Total"}, "parts": {"part_id": "Part"}})
    assert lot.parts["part_id"].to_pylist() == ["1", "2"]


def test_a_delimiter_at_the_end_of_every_line_adds_no_column(tmp_path: Path) -> None:
    lot = read_datalog(written(tmp_path, "Part,A\n1,1.5,\n2,2.5,\n"), {"parts": {"part_id": "Part"}})
    assert lot.results["value"].to_pylist() == [1.5, 2.5]


def test_short_rows_are_filled_where_the_mapping_allows_it(tmp_path: Path) -> None:
    path = written(tmp_path, "Part,A,B\n1,1,2\n2,3\n3,4,5\n")
    lot = read_datalog(path, {"file": {"short_rows": "pad"}, "parts": {"part_id": "Part"}})
    assert lot.results["part"].to_pylist() == [0, 1, 2, 0, 2]
    assert "1 short rows were filled with missing readings." in lot.notes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_texts_of_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "批号:甲1\n芯片编号,电压(V)\n下限,1\n1,2.5\n", encoding)
    mapping = {
        "file": {"encoding": encoding}, "lot": {"lot": {"line": "批号"}}, "parts": {"part_id": "芯片编号"},
        "tests": {"header": "{name}({unit})", "rows": {"low_limit": "下限"}},
    }  # fmt: skip
    lot = read_datalog(path, mapping)
    assert (lot.runs["lot"][0].as_py(), lot.tests["name"][0].as_py(), lot.tests["unit"][0].as_py()) == (
        "甲1",
        "电压",
        "V",
    )
    assert lot.tests["low_limit"].to_pylist() == [1.0]


def test_a_compressed_datalog_is_read_and_a_cut_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "lot.csv.gz"
    packed = gzip.compress(WIDE.encode())
    path.write_bytes(packed)
    assert read_datalog(path, WIDE_MAPPING).parts.num_rows == 3
    path.write_bytes(packed[:-10])
    with pytest.raises(DamagedSource, match="cut short"):
        read_datalog(path, WIDE_MAPPING)


def test_the_mapping_beside_the_data_is_found_and_named(tmp_path: Path) -> None:
    path = written(tmp_path, "Part,A\n1,1.5\n")
    (tmp_path / "lot.csv.toml").write_text('[parts]\npart_id = "Part"\n', encoding="utf-8")
    lot = read_datalog(path)
    assert any("lot.csv.toml" in note for note in lot.notes)
    assert corecar.read(path).results["value"].to_pylist() == [1.5]


def test_a_missing_datalog_and_a_missing_mapping_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match=r"none\.csv"):
        read_datalog(tmp_path / "none.csv", {"parts": {}})
    with pytest.raises(SourceMissing, match=r"none\.toml"):
        read_datalog(written(tmp_path, WIDE), tmp_path / "none.toml")


def test_lot_facts_in_columns_make_several_runs(tmp_path: Path) -> None:
    path = written(tmp_path, "Lot,Part,A\nL1,1,1\nL2,1,2\nL1,2,3\n")
    lot = read_datalog(path, {"lot": {"lot": {"column": "Lot"}}, "parts": {"part_id": "Part"}})
    assert lot.runs["lot"].to_pylist() == ["L1", "L2"]
    assert lot.parts["run"].to_pylist() == [0, 1, 0]


def test_a_retest_column_counts_as_the_retest_pass(tmp_path: Path) -> None:
    path = written(tmp_path, "Part,Try,Bin,A\n1,1,1,1\n2,1,5,1\n2,2,1,1\n")
    lot = read_datalog(path, {"parts": {"part_id": "Part", "attempt": "Try", "hard_bin": "Bin"}})
    assert lot.parts["attempt"].to_pylist() == [1, 1, 2]
    assert (lot.yield_().first, lot.yield_().final) == (0.5, 1.0)


def test_times_become_milliseconds_and_dates_lose_their_zone(tmp_path: Path) -> None:
    path = written(tmp_path, "Date,2026/01/31 10:20:30\nPart,T,A\n1,1.5,1\n")
    mapping = {"lot": {"start": {"line": "Date"}}, "parts": {"part_id": "Part", "test_time_s": "T"}}
    lot = read_datalog(path, mapping)
    assert lot.parts["test_time_ms"].to_pylist() == [1500]
    assert str(lot.runs["start"][0].as_py()) == "2026-01-31 10:20:30"


def test_an_absent_coordinate_stays_absent(tmp_path: Path) -> None:
    lot = read_datalog(
        written(tmp_path, "Part,X,Y,A\n1,-32768,3.0,1\n"), {"parts": {"x": "X", "y": "Y", "part_id": "Part"}}
    )
    assert (lot.parts["x"].to_pylist(), lot.parts["y"].to_pylist()) == ([None], [3])


def test_a_long_layout_gathers_the_readings_of_each_part(long: Lot) -> None:
    assert long.parts["part_id"].to_pylist() == ["S1", "S2"]
    assert long.tests["name"].to_pylist() == ["VDD", "IDD"]
    assert long.tests["unit"].to_pylist() == ["V", "mA"]
    assert long.results["value"].to_pylist() == pytest.approx([1.2, 1.35, 3.3, 4.0])
    assert long.results["passed"].to_pylist() == [True, False, True, True]


def test_a_test_run_again_on_its_part_is_a_repeat(long: Lot) -> None:
    (repeat,) = long.repeats.to_pylist()
    assert (repeat["test"], repeat["part"], repeat["execution"], repeat["passed"]) == (1, 1, 2, True)


def test_limits_that_change_are_kept_by_part(tmp_path: Path) -> None:
    text = LONG.replace("S2;2;IDD;4,0;mA;;5;PASS\n", "S2;2;IDD;4,0;mA;1;5;PASS\n")
    lot = read_datalog(written(tmp_path, text), LONG_MAPPING)
    first, again = lot.part_limits.to_pylist()
    assert first == {"test": 1, "part": 1, "execution": 1, "low_limit": 1.0, "high_limit": 5.0}
    assert again == {"test": 1, "part": 1, "execution": 2, "low_limit": None, "high_limit": 6.0}
    assert lot.tests["low_limit"].to_pylist()[1] is None


def test_a_datalog_becomes_stdf_and_is_read_back(wide: Lot, tmp_path: Path) -> None:
    corecar.write(wide, tmp_path / "lot.stdf")
    found = corecar.read(tmp_path / "lot.stdf")
    assert np.array_equal(found.matrix(parts="all"), wide.matrix(parts="all"), equal_nan=True)
    assert_same(found, wide, tables=("parts", "tests", "results", "wafers"), but=REPORTED)
    assert found.bins["reported"].to_pylist() == [2, 1]


cells = st.none() | st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(max_examples=60)
@given(
    values=st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=8),
    comma=st.booleans(),
)
def test_any_finite_number_is_read_as_the_nearest_float32(
    values: list[list[float | None]], comma: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = [";".join("" if value is None else repr(value) for value in row) for row in values]
    text = "Part;A;B;C\n" + "\n".join(f"{part};{row}" for part, row in enumerate(rows)) + "\n"
    path = written(tmp_path_factory.getbasetemp(), text.replace(".", ",") if comma else text)
    mapping = {
        "file": {"delimiter": ";", "decimal": "," if comma else "."},
        "parts": {"part_id": "Part"},
        "tests": {"columns": ["A", "B", "C"]},
    }
    lot = read_datalog(path, mapping)
    wanted = np.array(values, np.float32).T
    assert np.array_equal(lot.matrix(parts="all"), wanted, equal_nan=True)
