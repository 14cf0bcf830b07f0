"""ATDF becomes STDF: the order of fields, flags, units, continuation lines, and what is wrong in which line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from isal import igzip

import corecar
from corecar.errors import DamagedSource, UnknownFormat, UnsupportedVersion
from corecar.formats.atdf import FIELDS, to_stdf
from corecar.formats.recognition import is_atdf
from corecar.formats.stdf.records import read_records
from corecar.formats.stdf.rows import RECORDS

START = "FAR:A|4|2|U\n"


def read(text: str, encoding: str = "utf-8") -> Any:
    content = to_stdf(text.encode(encoding), path="lot.atdf")
    return read_records(np.frombuffer(content, np.uint8), path="lot.atdf")


def rows(text: str, name: str) -> list[dict[str, Any]]:
    places = ("sequence", "offset")
    return [
        {key: value for key, value in row.items() if value is not None and key not in places}
        for row in read(text)[name].to_pylist()
    ]


def test_every_field_of_every_atdf_record_is_one_of_stdf_or_atdfs_own() -> None:
    own = {"type", "atdf_version", "scaling", "verdict", "alarms", "compare", "retest", "abort"}
    own |= {"programmed", "returned"}
    for name, fields in FIELDS.items():
        assert set(fields) <= {field.name for field in RECORDS[name].fields} | own, name


def test_the_sample_of_every_record_is_read(shared: Path) -> None:
    content = (shared / "stdf/galaxy_spec_sample.atdf").read_bytes()
    tables = read_records(np.frombuffer(to_stdf(content, path="sample"), np.uint8), path="sample")
    assert set(tables) == set(FIELDS)
    lot = tables["MIR"].to_pylist()[0]
    assert (lot["LOT_ID"], lot["JOB_NAM"], lot["JOB_REV"], lot["BURN_TIM"]) == ("A3002B", "80386HOT", "3.1.2", 300)
    assert (lot["START_T"], lot["SUPR_NAM"]) == (711_879_782, "JOAN_S")
    part = tables["PRR"].to_pylist()[0]
    assert (part["PART_FLG"], part["X_COORD"], part["TEST_T"], part["PART_FIX"].hex()) == (8, -2, 644, "f13c20")
    assert tables["PLR"]["PGM_CHAR"].to_pylist() == [["HLL", "HHH", "LLL"]]
    assert tables["PCR"]["HEAD_NUM"].to_pylist() == [2, 255]
    scan = tables["FTR"].to_pylist()[0]
    assert (scan["RTN_STAT"], scan["FAIL_PIN"], scan["SPIN_MAP"]["data"]) == (
        [0, 1, 1, 4],
        {"bits": 9, "data": b"\x00\x01"},
        bytes([0b1011100]),
    )
    result = tables["PTR"].to_pylist()[0]
    assert (result["TEST_FLG"], result["PARM_FLG"], result["HLM_SCAL"], result["UNITS"]) == (0x81, 0x0C, 4, "A")
    assert [v["code"] for v in tables["GDR"]["GEN_DATA"][0].as_py()] == ["Cn", "B0", "I4", "U1", "B0", "R4", "Bn"]


def test_a_unit_with_prefix_makes_results_and_limits_base_units_when_unscaled() -> None:
    lines = "PTR:5|1|1|1500|P||Vdd|||mV|900|1800\nPTR:5|1|1|1600|P||Vdd\n"
    first, second = rows(START + lines, "PTR")
    assert (first["RESULT"], first["UNITS"], first["RES_SCAL"]) == (1.5, "V", 3)
    assert (first["LO_LIMIT"], first["HI_LIMIT"]) == (pytest.approx(0.9), pytest.approx(1.8))
    assert second["RESULT"] == pytest.approx(1.6)
    assert "OPT_FLAG" not in second


def test_values_of_a_scaled_file_are_base_units_already() -> None:
    row = rows("FAR:A|4|2\nPTR:5|1|1|1.5|P||Vdd|||V|0.9|1.8||||||3|3|3\n", "PTR")[0]
    assert (row["RESULT"], row["RES_SCAL"], row["UNITS"]) == (1.5, 3, "V")


def test_a_first_record_without_limits_says_so_and_a_later_one_takes_the_first_ones() -> None:
    first, second = rows(START + "PTR:5|1|1|1|P||a\nPTR:5|1|1|1|P||a||||2\n", "PTR")
    assert first["OPT_FLAG"] == 0x02 | 0x01 | 0x04 | 0x08 | 0x40 | 0x80
    assert second["OPT_FLAG"] == 0x02 | 0x01 | 0x04 | 0x08 | 0x20


@pytest.mark.parametrize(
    ("verdict", "alarms", "compare", "test_flag", "parameter_flag"),
    [
        ("P", "", "", 0x00, 0x00),
        ("F", "H", "LH", 0x80, 0xC8),
        ("", "", "", 0x40, 0x00),
        ("A", "", "L", 0x00, 0x60),
        ("F", "AUTNX", "", 0x80 | 0x01 | 0x04 | 0x08 | 0x10 | 0x20, 0x00),
        ("P", "SDOHL", "", 0x00, 0x1F),
    ],
)
def test_letters_become_flags(verdict: str, alarms: str, compare: str, test_flag: int, parameter_flag: int) -> None:
    row = rows(f"{START}PTR:5|1|1|1|{verdict}|{alarms}|a||{compare}|V", "PTR")[0]
    assert (row["TEST_FLG"], row["PARM_FLG"]) == (test_flag, parameter_flag)


def test_a_result_that_is_not_there_is_invalid() -> None:
    assert rows(START + "PTR:5|1|1||P||a\n", "PTR")[0]["TEST_FLG"] == 0x02


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_that_begins_with_a_space_goes_on_with_the_one_before(end: str) -> None:
    text = f"FAR:A;4;2;U{end}DTR:one two{end}  three | four; five{end}"
    assert rows(text, "DTR") == [{"TEXT_DAT": "one two three | four; five"}]


def test_text_may_be_latin1() -> None:
    table = read(START + "DTR:25 °C\n", encoding="latin-1")["DTR"]
    assert table["TEXT_DAT"].to_pylist() == ["25 °C"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("XYZ:1|2", "line 2: 'XYZ:1|2' is no ATDF record"),
        ("no record at all", "is no ATDF record"),
        ("PTR:five|1|1", "PTR: line 2: TEST_NUM: 'five' is no value of type U4"),
        ("PTR:x|1|1", "PTR: line 2: TEST_NUM: 'x' is no value of type U4"),
        ("PIR:1|2|3", "line 2: 3 fields, where a PIR has 2"),
        ("PIR:1|256", "line 2: PIR SITE_NUM: 256 does not fit U1"),
        ("MRR:8:14 23-JUL-1992", "is no time like 8:14:59 23-JUL-1992"),
        ("MRR:8:14:59 31-FEB-1992", "is no time like"),
        ("PRR:1|1|13|78|X", "verdict: 'X', where one of"),
        ("PTR:5|1|1|1|P|Q", "alarms: 'Q' has letters that ATDF lacks"),
        ("GDR:Z5", "begins with no type letter"),
        ("GDR:U999", "line 2"),
        ("PLR:1|10|Z", "GRP_RADX: 'Z' is no value"),
    ],
)
def test_a_wrong_line_is_named(line: str, message: str) -> None:
    with pytest.raises(DamagedSource) as caught:
        read(f"{START}{line}\n")
    assert message in str(caught.value)


LOT = START + "MIR:L1|P|J|N|T|8:14:59 23-JUL-1992|8:23:02 23-JUL-1992|O|P|1|S\nPIR:1|1\nPRR:1|1|7|1|P|1|1\n"


@pytest.mark.parametrize("before", [b"", b"\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf \r\n\r\n"])
def test_blank_lines_before_the_first_record_change_nothing(before: bytes, tmp_path: Path) -> None:
    plain, packed = tmp_path / "lot.atd", tmp_path / "lot.atd.gz"
    plain.write_bytes(before + LOT.encode())
    packed.write_bytes(igzip.compress(plain.read_bytes()))
    for path in (plain, packed):
        path.with_name(path.name + ".toml").write_text('[parts]\npart_id = "Part"\n', encoding="utf-8")
        lot = corecar.read(path)
        assert (lot.runs["lot"].to_pylist(), lot.parts["part_id"].to_pylist()) == (["L1"], ["7"])


def test_what_is_no_atdf_is_refused() -> None:
    assert is_atdf(b"FAR:A|4|2|U\n")
    assert is_atdf(b"\xef\xbb\xbfFAR:A;4;2")
    assert not is_atdf(b"FAR")
    assert not is_atdf(b"\x02\x00\x00\x0a\x02\x04")
    with pytest.raises(UnknownFormat, match="does not begin with"):
        read("MIR:lot\n")
    with pytest.raises(UnsupportedVersion, match="STDF 3"):
        read("FAR:A|3|1|U\n")
