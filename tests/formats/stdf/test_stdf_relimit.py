"""New limits for study: flags at the limits, defaults and own limits, verdicts, bins, counts, and what stays failed."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corecar.errors import MappingError, SourceMissing
from corecar.formats.stdf.encode import encode_record
from corecar.formats.stdf.marks import NEVER_SHIPPABLE
from corecar.formats.stdf.new_limits import parse_limits, read_limits
from corecar.formats.stdf.records import read_records
from corecar.formats.stdf.relimit import Relimited, relimit

WHEN = 1_700_000_000
HEAD = "number,low_limit,high_limit\n"


def read(content: bytes) -> Any:
    return read_records(np.frombuffer(content, np.uint8), path="lot.stdf")


def changed(content: bytes, limits: str) -> Relimited:
    return relimit(content, parse_limits(limits), path="lot.stdf", when=WHEN)


def part(site: int, *tests: dict[str, Any], flag: int = 0, hard_bin: int = 1, soft_bin: int = 1) -> list[Any]:
    """PIR, readings and PRR of one part at head 1."""
    place = {"HEAD_NUM": 1, "SITE_NUM": site}
    readings = [("MPR" if "RTN_RSLT" in test else "PTR", place | test) for test in tests]
    end = {"PART_FLG": flag, "NUM_TEST": len(tests), "HARD_BIN": hard_bin, "SOFT_BIN": soft_bin}
    return [("PIR", place), *readings, ("PRR", place | end)]


def lot(*parts: list[Any], before: list[Any] | None = None, after: list[Any] | None = None, big: bool = False) -> bytes:
    start = [("FAR", {"CPU_TYPE": 1 if big else 2, "STDF_VER": 4}), ("MIR", {"START_T": 5, "LOT_ID": "L"})]
    records = [*start, *(before or []), *(record for one in parts for record in one), *(after or [])]
    return b"".join(encode_record(name, values, big_endian=big) for name, values in records)


def reading(value: float, number: int = 5, **fields: Any) -> dict[str, Any]:
    return {"TEST_NUM": number, "TEST_FLG": 0, "PARM_FLG": 0, "RESULT": value} | fields


def limited(value: float, low: float, high: float, number: int = 5, **fields: Any) -> dict[str, Any]:
    own = {"TEST_TXT": f"t{number}", "OPT_FLAG": 0x0E, "RES_SCAL": 3, "LO_LIMIT": low, "HI_LIMIT": high, "UNITS": "V"}
    return reading(value, number) | own | fields


@pytest.mark.parametrize(
    ("value", "parameter", "limits", "test_flag", "parameter_flag"),
    [
        (1.0, 0x00, "5,,2", 0x00, 0x00),
        (3.0, 0x00, "5,,2", 0x80, 0x08),
        (-1.0, 0xC0, "5,0,", 0x80, 0xD0),
        (2.0, 0x00, "5,,2", 0x80, 0x08),
        (2.0, 0x80, "5,,2", 0x00, 0x80),
        (0.0, 0x00, "5,0,", 0x80, 0x10),
        (0.0, 0x40, "5,0,", 0x00, 0x40),
        (3.0, 0x20, "5,,2", 0x80, 0x08),
        (3.0, 0x01, "5,none,none", 0x00, 0x01),
    ],
)
def test_flags_follow_the_new_limit_and_its_equality_bits(
    value: float, parameter: int, limits: str, test_flag: int, parameter_flag: int
) -> None:
    content = lot(part(0, limited(value, -9, 9, PARM_FLG=parameter)))
    row = read(changed(content, HEAD + limits).content)["PTR"].to_pylist()[0]
    assert (row["TEST_FLG"], row["PARM_FLG"]) == (test_flag, parameter_flag)


@pytest.mark.parametrize("flag", [0x02, 0x04, 0x08, 0x10, 0x20, 0x42])
def test_a_reading_that_counts_for_nothing_is_left_alone(flag: int) -> None:
    content = lot(part(0, limited(3.0, -9, 9, TEST_FLG=flag)))
    row = read(changed(content, HEAD + "5,,2").content)["PTR"].to_pylist()[0]
    assert (row["TEST_FLG"], row["PARM_FLG"], row["HI_LIMIT"]) == (flag, 0, 2.0)


def test_a_fail_that_the_old_limits_do_not_explain_stays_a_fail() -> None:
    content = lot(part(0, limited(1.0, -9, 9, TEST_FLG=0x81), flag=8))
    assert read(changed(content, HEAD + "5,-99,99").content)["PTR"]["TEST_FLG"].to_pylist() == [0x81]


def test_a_reading_without_verdict_gets_one() -> None:
    content = lot(part(0, limited(3.0, 0, 0, TEST_FLG=0x40, OPT_FLAG=0xCE)))
    assert read(changed(content, HEAD + "5,,2").content)["PTR"]["TEST_FLG"].to_pylist() == [0x80]


def test_limits_are_written_where_the_file_has_them_and_hold_for_repeats() -> None:
    content = lot(
        part(0, limited(1.0, 0, 2), limited(1.0, 0, 2, 6)),
        part(0, reading(1.5), reading(1.0, 6)),
        part(0, limited(1.6, 0, 3)),
        part(0, limited(1.6, 99, 99, OPT_FLAG=0x3E)),
    )
    after = changed(content, HEAD + "5,,1.4").content
    rows = [row for row in read(after)["PTR"].to_pylist() if row["TEST_NUM"] == 5]
    assert [row["HI_LIMIT"] for row in rows] == [pytest.approx(1.4), None, pytest.approx(1.4), 99.0]
    assert [row["LO_LIMIT"] for row in rows] == [0.0, None, 0.0, 99.0]
    assert [row["OPT_FLAG"] for row in rows] == [0x0E, None, 0x0E, 0x3E]
    assert [row["TEST_FLG"] for row in rows] == [0, 0x80, 0x80, 0x80]


def test_a_first_record_without_limits_gets_the_fields_for_them() -> None:
    after = changed(lot(part(0, reading(1.0)), part(0, reading(3.0))), HEAD + "5,,2").content
    first, second = read(after)["PTR"].to_pylist()
    assert (first["OPT_FLAG"], first["HI_LIMIT"], second["OPT_FLAG"]) == (0x02 | 0x0D | 0x40, 2.0, None)
    assert second["TEST_FLG"] == 0x80


def test_a_limit_taken_away_is_said_in_the_option_flag() -> None:
    after = changed(lot(part(0, limited(5.0, 0, 2, TEST_FLG=0x80, PARM_FLG=8), flag=8)), HEAD + "5,,none").content
    row = read(after)["PTR"].to_pylist()[0]
    assert (row["OPT_FLAG"], row["HI_LIMIT"], row["TEST_FLG"], row["PARM_FLG"]) == (0x8E, 0.0, 0, 0)


def test_tests_with_one_number_are_told_apart_by_name() -> None:
    content = lot(
        part(0, limited(3.0, 0, 9, TEST_TXT="a"), limited(3.0, 0, 9, TEST_TXT="b"), reading(4.0)),
        part(0, reading(4.0, TEST_TXT="a"), reading(4.0, TEST_TXT="b")),
    )
    after = changed(content, "number,name,low_limit,high_limit\n5,,,8\n5,b,,2\n").content
    rows = read(after)["PTR"].to_pylist()
    assert [row["TEST_FLG"] for row in rows] == [0, 0x80, 0x80, 0, 0x80]
    assert [row["HI_LIMIT"] for row in rows] == [8.0, 2.0, None, None, None]


def test_pins_of_a_multiple_result_test_have_limits_of_their_own() -> None:
    pins = [("PMR", {"PMR_INDX": n, "LOG_NAM": name}) for n, name in ((1, "IN"), (2, "OUT"))]
    first = {"TEST_NUM": 7, "RTN_RSLT": [1.0, 2.0], "RTN_STAT": [1, 1], "RTN_INDX": [1, 2], "TEST_TXT": "leak"}
    first |= {"OPT_FLAG": 0x0E, "LO_LIMIT": 0.0, "HI_LIMIT": 9.0, "TEST_FLG": 0, "PARM_FLG": 0}
    later = {"TEST_NUM": 7, "RTN_RSLT": [2.0, 1.0], "RTN_STAT": [1, 1], "TEST_FLG": 0, "PARM_FLG": 0}
    content = lot(part(0, first), part(0, later), before=pins)
    tables = read(changed(content, "number,pin,low_limit,high_limit\n7,OUT,,1.5\n").content)
    assert tables["MPR"]["TEST_FLG"].to_pylist() == [0x80, 0]
    assert tables["MPR"]["HI_LIMIT"].to_pylist() == [9.0, None]
    assert tables["PRR"]["PART_FLG"].to_pylist() == [8, 0]
    both = read(changed(content, "number,pin,low_limit,high_limit\n7,,,1.5\n7,OUT,,5\n").content)
    assert both["MPR"]["TEST_FLG"].to_pylist() == [0, 0x80]
    assert both["MPR"]["HI_LIMIT"].to_pylist() == [1.5, None]


def _counted(big: bool = False) -> bytes:
    """Two passing parts, one that failed test 5 and ran on, one that stopped there, one that failed in bin 8."""
    fail = {"TEST_FLG": 0x80, "PARM_FLG": 0x08}
    everywhere = {"HEAD_NUM": 255, "SITE_NUM": 255}
    after = [
        ("WRR", {"HEAD_NUM": 1, "SITE_GRP": 255, "FINISH_T": 9, "PART_CNT": 5, "GOOD_CNT": 2}),
        ("TSR", everywhere | {"TEST_NUM": 5, "EXEC_CNT": 5, "FAIL_CNT": 2, "TEST_NAM": "t5"}),
        ("HBR", everywhere | {"HBIN_NUM": 1, "HBIN_CNT": 2, "HBIN_PF": "P"}),
        ("HBR", everywhere | {"HBIN_NUM": 7, "HBIN_CNT": 2, "HBIN_PF": "F"}),
        ("HBR", everywhere | {"HBIN_NUM": 8, "HBIN_CNT": 1, "HBIN_PF": "F"}),
        ("HBR", {"HEAD_NUM": 1, "SITE_NUM": 1, "HBIN_NUM": 7, "HBIN_CNT": 2}),
        ("SBR", everywhere | {"SBIN_NUM": 1, "SBIN_CNT": 2}),
        ("SBR", everywhere | {"SBIN_NUM": 70, "SBIN_CNT": 3}),
        ("PCR", everywhere | {"PART_CNT": 5, "GOOD_CNT": 2}),
        ("PCR", {"HEAD_NUM": 1, "SITE_NUM": 0, "PART_CNT": 2, "GOOD_CNT": 2}),
    ]
    return lot(
        part(0, limited(1.0, 0, 2), limited(1.0, 0, 2, 6)),
        part(0, reading(1.9), reading(1.0, 6)),
        part(1, reading(2.5, **fail), reading(1.0, 6), flag=8, hard_bin=7, soft_bin=70),
        part(1, reading(2.5, **fail), flag=8, hard_bin=7, soft_bin=70),
        part(1, reading(1.0), reading(5.0, 6, **fail), flag=8, hard_bin=8, soft_bin=70),
        before=[("WIR", {"HEAD_NUM": 1, "START_T": 5, "WAFER_ID": "W1"})],
        after=after,
        big=big,
    )


@pytest.mark.parametrize("big", [False, True])
def test_a_wider_limit_passes_only_parts_on_which_every_test_was_executed(big: bool) -> None:
    found = changed(_counted(big), HEAD + "5,,3\n")
    tables = read(found.content)
    assert tables["PRR"]["PART_FLG"].to_pylist() == [0, 0, 0, 8, 8]
    assert tables["PRR"]["HARD_BIN"].to_pylist() == [1, 1, 1, 7, 8]
    assert tables["PRR"]["SOFT_BIN"].to_pylist() == [1, 1, 1, 70, 70]
    assert "1 parts stay failed although no reading fails any more: not every test ran on them" in found.done
    assert tables["HBR"]["HBIN_CNT"].to_pylist() == [3, 1, 1, 1, 1]
    assert tables["HBR"].to_pylist()[-1]["HBIN_NUM"] == 1
    assert tables["SBR"]["SBIN_CNT"].to_pylist() == [3, 2]
    assert tables["PCR"]["GOOD_CNT"].to_pylist() == [3, 2]
    assert tables["WRR"]["GOOD_CNT"].to_pylist() == [3]
    assert tables["TSR"]["FAIL_CNT"].to_pylist() == [0]


def test_a_tighter_limit_fails_parts_into_the_bin_that_the_file_of_limits_names() -> None:
    header = "number,low_limit,high_limit,hard_bin,soft_bin\n"
    tables = read(changed(_counted(), header + "5,,1.5,9,\n").content)
    assert tables["PRR"]["PART_FLG"].to_pylist() == [0, 8, 8, 8, 8]
    assert tables["PRR"]["HARD_BIN"].to_pylist() == [1, 9, 7, 7, 8]
    assert tables["PRR"]["SOFT_BIN"].to_pylist() == [1, 70, 70, 70, 70]
    bins = {(row["HEAD_NUM"], row["HBIN_NUM"]): row for row in tables["HBR"].to_pylist()}
    assert (bins[255, 9]["HBIN_CNT"], bins[255, 9]["HBIN_PF"], bins[255, 1]["HBIN_CNT"]) == (1, "F", 1)
    assert tables["PCR"]["GOOD_CNT"].to_pylist() == [1, 1]
    assert tables["TSR"]["FAIL_CNT"].to_pylist() == [3]


def test_a_part_that_failed_for_another_reason_or_ended_abnormally_stays_failed() -> None:
    fail = {"TEST_FLG": 0x80, "PARM_FLG": 0x08}
    content = lot(
        part(0, limited(1.0, 0, 2)),
        part(0, reading(1.0), flag=0x08, hard_bin=5),
        part(0, reading(2.5, **fail), flag=0x0C, hard_bin=5),
        part(0, reading(2.5, **fail), flag=0x10, hard_bin=5),
    )
    assert read(changed(content, HEAD + "5,,3\n").content)["PRR"]["PART_FLG"].to_pylist() == [0, 8, 0x0C, 0x10]


def test_the_file_is_marked_as_never_shippable() -> None:
    tables = read(changed(_counted(), HEAD + "5,,3\n").content)
    assert tables["MIR"]["USER_TXT"].to_pylist() == [NEVER_SHIPPABLE]
    assert tables["DTR"]["TEXT_DAT"].to_pylist() == [NEVER_SHIPPABLE]
    audit = tables["ATR"].to_pylist()[0]
    assert (audit["sequence"], audit["MOD_TIM"], audit["CMD_LINE"]) == (1, WHEN, f"corecar relimit: {NEVER_SHIPPABLE}")


def test_the_same_limits_change_nothing_but_the_marks_and_the_side_of_a_fail(shared: Path) -> None:
    content = gzip.decompress((shared / "stdf/a530_lot2.stdf.gz").read_bytes())
    before = read(content)
    row = next(row for row in before["PTR"].to_pylist() if row["TEST_NUM"] == 1130)
    found = changed(content, HEAD + f"1130,{row['LO_LIMIT']!r},{row['HI_LIMIT']!r}\n")
    after = read(found.content)
    for name, table in before.items():
        if name != "MIR":
            apart = ["sequence", "offset", *(["PARM_FLG"] if name == "PTR" else [])]
            assert after[name].drop_columns(apart).equals(table.drop_columns(apart)), name
    old, new = (tables["PTR"]["PARM_FLG"].to_numpy() for tables in (before, after))
    assert np.unique(new[old != new]).tolist() == [0x10]


def test_a_real_lot_held_against_no_limits_turns_no_stopped_part_into_a_pass(shared: Path) -> None:
    content = gzip.decompress((shared / "stdf/a530_lot2.stdf.gz").read_bytes())
    before = read(content)
    numbers = sorted(set(before["PTR"]["TEST_NUM"].to_pylist()))
    found = changed(content, HEAD + "".join(f"{number},none,none\n" for number in numbers))
    after = read(found.content)
    assert after["PRR"]["PART_FLG"].equals(before["PRR"]["PART_FLG"])
    assert int(np.sum(after["PTR"]["TEST_FLG"].to_numpy() & 0x80)) == 0
    assert "81 parts stay failed although no reading fails any more: not every test ran on them" in found.done


def test_a_real_lot_held_against_a_tighter_limit_counts_what_fails(shared: Path) -> None:
    content = gzip.decompress((shared / "stdf/a530_lot2.stdf.gz").read_bytes())
    before, after = read(content), read(changed(content, HEAD + "1130,3.38,3.41\n").content)
    old, new = before["PTR"], after["PTR"]
    rows = old["TEST_NUM"].to_numpy() == 1130
    value = old["RESULT"].to_numpy()[rows]
    fails = (value <= np.float32(3.38)) | (value >= np.float32(3.41))
    assert fails.sum() > 20
    assert ((new["TEST_FLG"].to_numpy()[rows] & 0x80) != 0).tolist() == fails.tolist()
    good = [int(np.sum(table["PRR"]["PART_FLG"].to_numpy() & 0x18 == 0)) for table in (before, after)]
    count = {row["HBIN_NUM"]: row["HBIN_CNT"] for row in after["HBR"].to_pylist()}
    assert sum(count.values()) == sum(before["HBR"]["HBIN_CNT"].to_pylist())
    assert count[1] == good[1] < good[0]


def test_a_test_that_is_not_there_is_said_and_none_at_all_is_an_error() -> None:
    assert "line 3: test 77 is not in the file" in changed(_counted(), HEAD + "5,,3\n77,1,2\n").done
    with pytest.raises(MappingError, match="has none of the tests with new limits"):
        changed(_counted(), HEAD + "77,1,2\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "missing columns: number, low_limit, high_limit"),
        ("number,low,high\n", "unknown columns: low, high"),
        (HEAD, "no line below the header"),
        (HEAD + "x,1,2", "line 2: number: 'x' is no whole number"),
        (HEAD + ",1,2", "number: is empty"),
        (HEAD + "5,one,2", "low_limit: 'one' is no number"),
        (HEAD + "5,3,2", "low_limit 3 is above high_limit 2"),
        (HEAD + "5,,", "both limits are empty"),
        (HEAD + "5,1,2\n6,1,2\n5,0,1", "line 4: test 5"),
        ("number;low_limit;high_limit;hard_bin\n5;1;2;99999", "hard_bin: '99999'"),
    ],
)
def test_what_is_wrong_in_a_file_of_limits_is_said_by_line(text: str, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        parse_limits(text)


def test_limits_are_read_from_a_file(tmp_path: Path) -> None:
    place = tmp_path / "limits.csv"
    place.write_bytes("number;name;low_limit;high_limit\r\n5;Größe;1e-3;none\r\n\r\n".encode("latin-1"))
    limit = read_limits(place)[0]
    assert (limit.number, limit.name, limit.low, limit.line) == (5, "Größe", 0.001, 2)
    assert limit.high != limit.high
    with pytest.raises(SourceMissing):
        read_limits(tmp_path / "nothing.csv")
