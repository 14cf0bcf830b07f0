"""A mapping proposed from a header fits the file it was made from."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from corecar.errors import MappingError, UnknownFormat
from corecar.formats.datalog import propose_mapping, read_datalog
from corecar.formats.datalog.names import LOT, PARTS, READINGS, TESTS, meaning
from corecar.lot import Lot

ENGLISH = """Program Name,PMIC_FT_V12,,,,
Lot ID,AB1234,,,,
Test Temperature,125C,,,,

Test Name,,,,VDD,IDDQ
Units,,,,V,uA
Low Limit,,,,1.1,
High Limit,,,,1.3,50
Serial No,Site,HW Bin,SW Bin,a,b
1,0,1,1,1.20,3.1
2,1,5,12,1.35,4.0
3,0,1,1,1.22,---
"""

CHINESE = """批号：甲123
产品型号：KX9
序号,工位,分BIN,电压(V),漏电流(uA),判定
下限,,,1.1,,
上限,,,1.3,50,
1,1,1,1.20,3.1,合格
2,2,5,1.35,4.0,不合格
"""

GERMAN = """Losnummer: 4711;;;
Prüftemperatur: -40;;;
Seriennummer;Platz;Spannung [V];Strom [mA]
Untergrenze;;1,1;
Obergrenze;;1,3;5,5
S1;1;1,25;3,10
S2;2;1,35;4,20
"""

LONG = """SN\tTest Name\tMeasured Value\tUnit\tLSL\tUSL\tStatus
A1\tVDD\t1.2\tV\t1.1\t1.3\tPASS
A1\tIDD\t3.3\tmA\t\t5\tPASS
A2\tVDD\t1.4\tV\t1.1\t1.3\tFAIL
"""

BARE = """PartID,X_COORD,Y_COORD,SBin,VDD,IDD
1,3,4,1,1.2,3.3
2,4,4,2,1.3,4.4
"""


def proposed(tmp_path: Path, text: str, encoding: str = "utf-8") -> tuple[dict[str, Any], Lot]:
    """The proposal as a dictionary, and what reading the file by it gives."""
    path = tmp_path / "lot.csv"
    path.write_bytes(text.encode(encoding))
    mapping = propose_mapping(path)
    (tmp_path / "proposed.toml").write_text(mapping, encoding="utf-8")
    return tomllib.loads(mapping), read_datalog(path, tmp_path / "proposed.toml")


def limits(lot: Lot) -> list[tuple[Any, ...]]:
    columns = ("name", "unit", "low_limit", "high_limit")
    return [
        tuple(round(row[name], 4) if isinstance(row[name], float) else row[name] for name in columns)
        for row in lot.tests.to_pylist()
    ]


def test_an_english_datalog(tmp_path: Path) -> None:
    mapping, lot = proposed(
        tmp_path, ENGLISH.replace("Serial No,Site,HW Bin,SW Bin,,", "Serial No,Site,HW Bin,SW Bin,a,b")
    )
    assert mapping["parts"] == {"part_id": "Serial No", "site": "Site", "hard_bin": "HW Bin", "soft_bin": "SW Bin"}
    assert limits(lot) == [("VDD", "V", 1.1, 1.3), ("IDDQ", "uA", None, 50.0)]
    (run,) = lot.runs.to_pylist()
    assert (run["lot"], run["test_program"], run["temperature"]) == ("AB1234", "PMIC_FT_V12", "125C")
    assert lot.parts["passed"].to_pylist() == [True, False, True]
    assert len(lot.measurements) == 5


def test_a_chinese_datalog(tmp_path: Path) -> None:
    mapping, lot = proposed(tmp_path, CHINESE, "gb18030")
    assert mapping["file"]["encoding"] == "gb18030"
    assert mapping["parts"] == {"part_id": "序号", "site": "工位", "hard_bin": "分BIN", "passed": "判定"}
    assert limits(lot) == [("电压", "V", 1.1, 1.3), ("漏电流", "uA", None, 50.0)]
    assert (lot.runs["lot"][0].as_py(), lot.runs["product"][0].as_py()) == ("甲123", "KX9")
    assert lot.parts["passed"].to_pylist() == [True, False]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_german_datalog_with_decimal_commas(tmp_path: Path, encoding: str) -> None:
    mapping, lot = proposed(tmp_path, GERMAN, encoding)
    assert (mapping["file"]["delimiter"], mapping["file"]["decimal"]) == (";", ",")
    assert mapping["parts"] == {"part_id": "Seriennummer", "site": "Platz"}
    assert limits(lot) == [("Spannung", "V", 1.1, 1.3), ("Strom", "mA", None, 5.5)]
    assert lot.results["value"].to_pylist() == pytest.approx([1.25, 1.35, 3.1, 4.2])
    assert lot.runs["temperature"].to_pylist() == ["-40"]


def test_a_long_datalog(tmp_path: Path) -> None:
    mapping, lot = proposed(tmp_path, LONG)
    assert (mapping["file"]["layout"], mapping["file"]["delimiter"]) == ("long", "tab")
    assert mapping["readings"] == {
        "test": "Test Name", "value": "Measured Value", "unit": "Unit", "low_limit": "LSL", "high_limit": "USL",
    }  # fmt: skip
    assert lot.parts["part_id"].to_pylist() == ["A1", "A2"]
    assert limits(lot) == [("VDD", "V", 1.1, 1.3), ("IDD", "mA", None, 5.0)]


UNLABELLED = """Teil;Pos X;Pos Y;Spannung;Leckstrom
;;;V;nA
1;3;4;1,25;3,10
2;3;5;1,35;4,20
"""


def test_coordinates_called_positions_are_no_tests_and_a_row_of_units_needs_no_label(tmp_path: Path) -> None:
    mapping, lot = proposed(tmp_path, UNLABELLED)
    assert mapping["parts"] == {"part_id": "Teil", "x": "Pos X", "y": "Pos Y"}
    assert mapping["tests"]["rows"] == {"unit": 2}
    assert "line 2 has no label and looks like units" in propose_mapping(tmp_path / "lot.csv")
    assert [(row["name"], row["unit"]) for row in lot.tests.to_pylist()] == [("Spannung", "V"), ("Leckstrom", "nA")]
    assert lot.parts["y"].to_pylist() == [4, 5]


def test_a_row_that_nothing_explains_is_told(tmp_path: Path) -> None:
    path = tmp_path / "lot.csv"
    path.write_text(UNLABELLED.replace(";;;V;nA", ";;;ramp up;hold"), encoding="utf-8")
    assert '# line 2 is left out: nothing says what it means: ";;;ramp up;hold"' in propose_mapping(path)


def test_a_bare_table(tmp_path: Path) -> None:
    mapping, lot = proposed(tmp_path, BARE)
    assert mapping["parts"] == {"part_id": "PartID", "x": "X_COORD", "y": "Y_COORD", "soft_bin": "SBin"}
    assert mapping["verdicts"] == {"pass_bins": [1]}
    assert lot.tests["name"].to_pylist() == ["VDD", "IDD"]


def test_words_among_numbers_are_proposed_as_missing(tmp_path: Path) -> None:
    mapping, lot = proposed(tmp_path, BARE + "3,5,4,1,OVLD,4.5\n")
    assert mapping["file"]["missing"] == ["OVLD"]
    assert len(lot.measurements) == 5


def test_short_rows_are_proposed_to_be_filled(tmp_path: Path) -> None:
    mapping, lot = proposed(tmp_path, BARE + "3,5,4,7,1.9\n4,6,4,1,1.2,3.3\n")
    assert mapping["file"]["short_rows"] == "pad"
    assert len(lot.measurements) == 7


def test_what_was_guessed_bears_a_comment(tmp_path: Path) -> None:
    path = tmp_path / "lot.csv"
    path.write_text(BARE, encoding="utf-8")
    text = propose_mapping(path)
    assert text.startswith("# Proposed from lot.csv. Check every line")
    assert "not found in the file: say it here" in text
    assert "bin 1 by custom" in text


def test_a_file_without_numbers_has_no_proposal(tmp_path: Path) -> None:
    path = tmp_path / "lot.csv"
    path.write_text("Dear customer,\nplease find attached\n", encoding="utf-8")
    with pytest.raises(MappingError, match="no line with numbers"):
        propose_mapping(path)
    path.write_bytes(b"")
    with pytest.raises(UnknownFormat, match="empty"):
        propose_mapping(path)


@pytest.mark.parametrize(
    ("name", "section", "fact"),
    [
        ("X_COORD", PARTS, "x"), ("die x", PARTS, "x"), ("Y坐标", PARTS, "y"), ("H-Bin", PARTS, "hard_bin"),
        ("Soft Bin", PARTS, "soft_bin"), ("工位", PARTS, "site"), ("Ergebnis", PARTS, "passed"), ("Lot#", LOT, "lot"),
        ("批号", LOT, "lot"), ("LoLim", TESTS, "low_limit"), ("Obere Grenze", TESTS, "high_limit"),
        ("Messwert", READINGS, "value"), ("VDD", PARTS, None), ("", PARTS, None),
    ],
)  # fmt: skip
def test_names_in_use_are_known(name: str, section: str, fact: str | None) -> None:
    assert meaning(name, section) == fact
