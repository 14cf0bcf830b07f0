"""Assembly measurements from CSV by a declared mapping. All lots, machines and figures here are fictional."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from corecar.errors import MappingError, SourceMissing, UnknownFormat
from corecar.formats.assembly import load_assembly_mapping, propose_assembly_mapping, read_assembly

LONG: dict[str, Any] = {
    "columns": {
        "step": "Step", "lot": "Lot", "strip": "Strip", "machine": "Machine", "characteristic": "Item",
        "value": "Value", "unit": "Unit", "low_limit": "LSL", "time": "Time",
    },
    "characteristics": {"wire pull": {"special": True, "low_limit": 3.0}},
}  # fmt: skip
HEADER = "Step,Lot,Strip,Machine,Item,Value,Unit,LSL,Time,Capillary\n"
GOOD = "wire bond,A1,S01,WB-07,wire pull,8.4,gf,4,2026-11-02 08:15,C9\n"


def written(folder: Path, text: str, name: str = "bond.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_every_fact_of_a_row_arrives_and_unnamed_cells_stay_with_it(tmp_path: Path) -> None:
    sheet = read_assembly(written(tmp_path, HEADER + GOOD), LONG)
    (row,) = sheet.rows
    assert (row.row, row.step, row.lot, row.strip, row.machine) == (2, "wire bond", "A1", "S01", "WB-07")
    assert (row.value, row.unit, row.low_limit, row.high_limit, row.special) == (8.4, "gf", 4.0, None, True)
    assert row.time == datetime(2026, 11, 2, 8, 15)
    assert (row.extra, sheet.unnamed) == ({"Capillary": "C9"}, ("Capillary",))


def test_a_limit_declared_for_a_characteristic_holds_where_the_file_has_none(tmp_path: Path) -> None:
    sheet = read_assembly(written(tmp_path, HEADER + GOOD.replace(",4,", ",,")), LONG)
    assert sheet.rows[0].low_limit == 3.0


def test_a_reading_that_is_missing_stays_a_row(tmp_path: Path) -> None:
    sheet = read_assembly(written(tmp_path, HEADER + GOOD.replace("8.4", "NA")), LONG)
    assert [row.value for row in sheet.rows] == [None]


def test_all_faults_come_at_once_with_line_column_value_and_advice(tmp_path: Path) -> None:
    bad = (
        HEADER + GOOD
        + GOOD.replace("8.4", "8.4gf")
        + GOOD.replace("A1", "")
        + GOOD.replace("2026-11-02 08:15", "02.11.2026 08:15")
        + "wire bond,A1,S01\n"
        + GOOD.replace("8.4", "inf")
    )  # fmt: skip
    with pytest.raises(MappingError) as found:
        read_assembly(written(tmp_path, bad), LONG)
    faults = found.value.faults
    assert [(fault.row, fault.column) for fault in faults] == [
        (3, "Value"), (4, "Lot"), (5, "Time"), (6, None), (7, "Value"),
    ]  # fmt: skip
    assert '"8.4gf": expected a number' in faults[0].problem
    assert all(fault.advice for fault in faults)
    assert all(fault.path.endswith("bond.csv") for fault in faults)


def test_limits_in_the_wrong_order_are_a_fault(tmp_path: Path) -> None:
    mapping = LONG | {"columns": LONG["columns"] | {"high_limit": "USL"}}
    text = HEADER.replace("LSL", "LSL,USL") + GOOD.replace(",4,", ",9,4,")
    with pytest.raises(MappingError, match="9 is above the high limit 4"):
        read_assembly(written(tmp_path, text), mapping)


def test_columns_of_several_characteristics_give_a_row_each(tmp_path: Path) -> None:
    mapping = {
        "file": {"delimiter": ";", "decimal": ",", "time": "%d.%m.%Y %H:%M"},
        "columns": {"step": {"text": "die attach"}, "lot": "Los", "time": "Zeit"},
        "values": {
            "BLT": {"characteristic": "bond line thickness", "unit": "um", "low_limit": 10, "high_limit": 40},
            "Scher": {"characteristic": "die shear", "unit": "kgf", "low_limit": 2.5},
        },
    }
    path = written(tmp_path, "Los;Zeit;BLT;Scher\nA1;02.11.2026 08:15;24,5;6,1\n")
    rows = read_assembly(path, mapping).rows
    assert [(row.step, row.characteristic, row.value, row.unit, row.low_limit, row.high_limit) for row in rows] == [
        ("die attach", "bond line thickness", 24.5, "um", 10.0, 40.0),
        ("die attach", "die shear", 6.1, "kgf", 2.5, None),
    ]  # fmt: skip


def test_a_missing_column_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r'column "Machine".*Did you mean "Machina"'):
        read_assembly(written(tmp_path, HEADER.replace("Machine", "Machina") + GOOD), LONG)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"colums": {}}, 'Did you mean "columns"'),
        ({"columns": {"lot": "Lot"}}, "every value needs it"),
        ({"file": {"decimal": ","}}, "both a comma"),
        ({"file": {"encoding": "utf-99"}}, "not known"),
        ({"file": {"header_row": True}}, "line number"),
        ({"characteristics": {"wire pull": {"special": 1}}}, "true or false"),
        ({"characteristics": {"wire pull": {"low_limit": 5, "high_limit": 4}}}, "above high_limit"),
        ({"values": {"X": {"unit": "gf"}}}, "needs characteristic"),
    ],
)
def test_a_mapping_is_checked_whole_before_any_data(change: dict[str, Any], told: str) -> None:
    with pytest.raises(MappingError, match=told):
        load_assembly_mapping(LONG | change)


def test_a_mapping_that_is_not_there_says_how_to_begin_one(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="corecar assembly propose"):
        load_assembly_mapping(tmp_path / "none.toml")


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_a_chinese_file_with_decimal_commas_is_read_by_its_proposed_mapping(tmp_path: Path, encoding: str) -> None:
    text = (
        "工序;批号;料条;机台;材料批号;测项;测量值;单位;下限;上限;时间\n"
        "焊线;L1;S01;WB-01;AU-7;拉力;7,93;gf;4;;2026-11-11 08:01\n"
        "贴片;L1;S01;DB-01;EP-7;BLT;25,1;um;10;40;2026-11-11 07:02\n"
    )
    data = tmp_path / "asm.csv"
    data.write_bytes(text.encode(encoding))
    found = read_assembly(data, load_assembly_mapping(written(tmp_path, propose_assembly_mapping(data), "asm.toml")))
    rows = found.rows
    assert [(row.characteristic, row.value, row.low_limit) for row in rows] == [
        ("拉力", 7.93, 4),
        ("BLT", 25.1, 10),
    ]


def test_a_proposed_mapping_reads_the_file_it_was_made_from(tmp_path: Path) -> None:
    data = written(tmp_path, HEADER + GOOD)
    mapping = written(tmp_path, propose_assembly_mapping(data), "bond.toml")
    (row,) = read_assembly(data, mapping).rows
    assert (row.machine, row.value, row.low_limit) == ("WB-07", 8.4, 4.0)


def test_a_chinese_header_is_known(tmp_path: Path) -> None:
    data = written(tmp_path, "工序,批号,机台,特性,测量值,下限,时间\n焊线,A1,WB-07,拉力,8.4,4,2026-11-02 08:15\n")
    mapping = written(tmp_path, propose_assembly_mapping(data), "bond.toml")
    assert read_assembly(data, mapping).rows[0].characteristic == "拉力"


def test_no_header_no_proposal(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match="looks like a header"):
        propose_assembly_mapping(written(tmp_path, "1,2,3\n4,5,6\n"))
