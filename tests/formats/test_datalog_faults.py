"""A mapping that does not fit its data: every fault at once, each with line, column and what to do."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from corecar.errors import Fault, MappingError
from corecar.formats.datalog import read_datalog
from corecar.formats.datalog.mapping import load_mapping

PART = {"part_id": "Part"}


def faults(tmp_path: Path, text: str, mapping: Any) -> list[Fault]:
    path = tmp_path / "lot.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        read_datalog(path, mapping)
    assert all(str(fault) in str(caught.value) for fault in caught.value.faults[:20])
    return list(caught.value.faults)


def test_every_unknown_key_is_named_with_the_nearest_known_one() -> None:
    with pytest.raises(MappingError) as caught:
        load_mapping(
            {"fil": {}, "file": {"delimeter": ";"}, "parts": {"hardbin": "B"}, "tests": {"rows": {"lsl": "L"}}}
        )
    text = str(caught.value)
    assert text.startswith("4 places do not fit:")
    for word in ('"file"', '"delimiter"', '"hard_bin"', "lsl"):
        assert word in text


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ({"file": {"header_row": 0}}, "line number from 1"),
        ({"file": {"layout": "tall"}}, "'wide' or 'long'"),
        ({"file": {"delimiter": ";;"}}, "one character"),
        ({"file": {"encoding": "utf-9"}}, "is not known"),
        ({"file": {"decimal": ","}}, "both a comma"),
        ({"file": {"missing": "NA"}}, "list of texts"),
        ({"file": 3}, "a section"),
        ({"file": {"layout": "long"}}, "needs the column of it"),
        ({"readings": {"test": "T", "value": "V"}}, "belongs to a long layout"),
        ({"lot": {"lot": {"row": "Lot"}}}, "{ line ="),
        ({"parts": {"x": 3}}, "{ column ="),
        ({"verdicts": {"pass_bins": ["one"]}}, "whole numbers"),
        ({"tests": {"columns": "some"}}, '"numeric"'),
        ({"tests": {"header": "{nam}"}}, '"name"'),
        ({"tests": {"rows": {"unit": 1.5}}}, "line number or"),
        ({"tests": {"rows": 3}}, "expected a table"),
        ({"tests": {"declared": {"A": {"lowlimit": 3}}}}, '"low_limit"'),
        ({"tests": {"declared": {"A": {"unit": ["V"]}}}}, "one value"),
        ({"tests": {"declared": 3}}, "one table per test column"),
    ],
)
def test_a_key_of_a_wrong_kind_says_what_was_expected(mapping: dict[str, Any], problem: str) -> None:
    with pytest.raises(MappingError) as caught:
        load_mapping(mapping)
    assert problem in str(caught.value)


def test_a_text_that_is_no_toml_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "lot.toml"
    path.write_text("[file]\nlayout wide\n", encoding="utf-8")
    with pytest.raises(MappingError, match="line 2"):
        load_mapping(path)


def test_every_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    text = "Part,X_Coord,HBin,A\n1,2,3,4\n"
    found = faults(tmp_path, text, {"parts": {"part_id": "Part", "x": "XCoord", "hard_bin": "hbin", "y": "Y"}})
    assert [(fault.row, fault.column) for fault in found] == [(1, "XCoord"), (1, "hbin"), (1, "Y")]
    assert '"X_Coord"' in found[0].advice
    assert '"HBin"' in found[1].advice


def test_a_header_that_stands_twice_is_no_place(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, "Part,Part,A\n1,2,3\n", {"parts": PART})
    assert found.problem == "2 columns have this header."


def test_a_mapping_for_another_file_names_all_its_columns(tmp_path: Path) -> None:
    found = faults(tmp_path, "a,b\n1,2\n", {"parts": {"part_id": "Part", "x": "X"}})
    assert {fault.column for fault in found} == {"Part", "X"}


def test_a_blank_header_line_is_told(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, "Part,A\n\n1,2\n", {"file": {"header_row": 2}, "parts": PART})
    assert found.row == 2


def test_a_header_without_data_is_told(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, "Part,A\n", {"parts": PART})
    assert "no data" in found.problem


def test_a_line_that_should_give_the_lot_but_is_not_there(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, "Lot No: A\nPart,A\n1,2\n", {"lot": {"lot": {"line": "Lot Nr"}}, "parts": PART})
    assert '"Lot No"' in found.advice


def test_a_row_of_limits_that_is_not_there_names_the_rows_that_are(tmp_path: Path) -> None:
    text = "Part,A\nLo Limit,1\n1,2\n"
    (found,) = faults(
        tmp_path, text, {"file": {"data_row": 3}, "parts": PART, "tests": {"rows": {"low_limit": "LoLimit"}}}
    )
    assert '"Lo Limit"' in found.advice


def test_every_cell_that_is_no_number_is_told_with_its_line(tmp_path: Path) -> None:
    text = 'Part,A,B\n1,1.0,2\n\n2,OVLD,3\n3,"4,5",>9\n4,5,6\n'
    found = faults(tmp_path, text, {"parts": PART, "tests": {"columns": ["A", "B"]}})
    assert sorted((fault.row, fault.column, fault.problem) for fault in found) == [
        (4, "A", 'expected a number, got "OVLD".'),
        (5, "A", 'expected a number, got "4,5".'),
        (5, "B", 'expected a number, got ">9".'),
    ]
    assert "missing under [file]" in found[0].advice


def test_many_bad_cells_of_a_column_are_counted(tmp_path: Path) -> None:
    text = "Part,A\n" + "".join(f"{part},{'x' if part % 3 == 0 else '1'}\n" for part in range(90))
    found = faults(tmp_path, text, {"parts": PART})
    assert [fault.row for fault in found] == [2, 5, 8, 11, 14, None]
    assert found[-1].problem.startswith("25 more cells")


def test_a_bin_out_of_range_is_told(tmp_path: Path) -> None:
    text = "Part,Bin,A\n1,70000,1\n2,1.5,1\n3,2,1\n"
    found = faults(tmp_path, text, {"parts": PART | {"hard_bin": "Bin"}})
    assert [(fault.row, fault.column) for fault in found] == [(2, "Bin"), (3, "Bin")]
    assert "from 0 to 65535" in found[0].problem


def test_a_word_that_is_neither_pass_nor_fail_is_told(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, "Part,R,A\n1,PASS,1\n2,MAYBE,1\n", {"parts": PART | {"passed": "R"}})
    assert (found.row, found.column) == (3, "R")
    assert "[verdicts]" in found.advice


def test_rows_of_a_wrong_width_are_told_by_line(tmp_path: Path) -> None:
    found = faults(tmp_path, "Part,A,B\n1,2,3\n2,3\n3,4,5,6\n", {"parts": PART})
    assert [(fault.row, fault.problem) for fault in found] == [
        (3, "expected 3 cells, got 2."),
        (4, "expected 3 cells, got 4."),
    ]
    assert 'short_rows = "pad"' in found[0].advice


def test_a_long_row_is_never_padded(tmp_path: Path) -> None:
    mapping = {"file": {"short_rows": "pad"}, "parts": PART}
    found = faults(tmp_path, "Part,A,B\n1,2,3\n2,3\n3,4,5,6\n", mapping)
    assert [fault.row for fault in found] == [4]


def test_bytes_of_another_encoding_are_told_by_line(tmp_path: Path) -> None:
    path = tmp_path / "lot.csv"
    path.write_bytes(b"Part,A\n1,1\n\xff\xff,2\n")
    with pytest.raises(MappingError) as caught:
        read_datalog(path, {"file": {"encoding": "gb18030"}, "parts": PART})
    assert caught.value.faults[0].row == 3


def test_text_that_is_not_utf8_asks_for_an_encoding(tmp_path: Path) -> None:
    path = tmp_path / "lot.csv"
    path.write_bytes(b"Part,A\n1,1\n\xff\xff,2\n")
    with pytest.raises(MappingError, match="encoding"):
        read_datalog(path, {"parts": PART})


def test_a_limit_that_is_no_number_is_told(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, "Part,A\nLSL,low\n1,2\n", {"parts": PART, "tests": {"rows": {"low_limit": "LSL"}}})
    assert (found.row, found.column, found.problem) == (2, "A", 'expected a number for low_limit, got "low".')


def test_a_pattern_that_matches_nothing_names_the_nearest_header(tmp_path: Path) -> None:
    found = faults(tmp_path, "Part,VDD\n1,2\n", {"parts": PART, "tests": {"columns": ["VDO", "I*"]}})
    assert [fault.column for fault in found] == ["VDO", "I*"]
    assert '"VDD"' in found[0].advice


def test_a_file_without_any_test_is_told(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, "Part,Word\n1,a\n", {"parts": PART})
    assert "no column holds readings" in found.problem


def test_two_columns_cannot_be_the_same_test(tmp_path: Path) -> None:
    mapping = {"parts": PART, "tests": {"header": "{number} {name}"}}
    (found,) = faults(tmp_path, "Part,1 A,1  A\n1,2,3\n", mapping)
    assert 'test 1 "A"' in found.problem


def test_a_part_with_two_bins_is_told(tmp_path: Path) -> None:
    text = "P,B,T,V\n1,1,a,1\n1,2,b,1\n"
    mapping = {
        "file": {"layout": "long"}, "parts": {"part_id": "P", "hard_bin": "B"}, "readings": {"test": "T", "value": "V"},
    }  # fmt: skip
    (found,) = faults(tmp_path, text, mapping)
    assert (found.row, found.column) == (3, "B")
    assert "line 2" in found.problem


def test_a_date_that_is_none_is_told(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, "Date,soon\nPart,A\n1,2\n", {"lot": {"start": {"line": "Date"}}, "parts": PART})
    assert '"soon"' in found.problem


def test_without_a_mapping_the_way_to_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "lot.csv"
    path.write_text("Part,A\n1,2\n", encoding="utf-8")
    with pytest.raises(MappingError, match="corecar datalog propose"):
        read_datalog(path)


def test_faults_survive_another_process() -> None:
    error = MappingError("two", (Fault("lot.csv", "problem.", 3, "A"),))
    found = pickle.loads(pickle.dumps(error))
    assert (str(found), found.faults) == ("two", error.faults)
