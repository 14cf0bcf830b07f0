"""A file that can be shared: nothing of its owner is left in it, and what an engineer would look at is."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corecar.errors import ArgumentError
from corecar.formats.stdf.anonymise import KEPT, anonymise
from corecar.formats.stdf.encode import encode_record
from corecar.formats.stdf.records import read_records

KEY, WHEN = "a key for tests", 1_700_000_000


def read(content: bytes, **arguments: Any) -> Any:
    return read_records(np.frombuffer(content, np.uint8), path="lot.stdf", **arguments)


def veiled(content: bytes, key: str = KEY) -> Any:
    return read(anonymise(content, path="lot.stdf", key=key, when=WHEN).content)


@pytest.fixture(scope="module")
def lot2(shared: Path) -> bytes:
    return gzip.decompress((shared / "stdf/a530_lot2.stdf.gz").read_bytes())


def test_no_name_of_the_original_is_left(lot2: bytes) -> None:
    before, after = read(lot2), anonymise(lot2, path="lot2", key=KEY, when=WHEN).content
    names = {
        text
        for table in before.values()
        for field in table.column_names
        if field not in KEPT and str(table[field].type) == "string"
        for text in table[field].unique().to_pylist()
        if text and len(text) > 5
    }
    assert len(names) > 150
    assert [name for name in names if name.encode() in after] == []


def test_every_text_field_of_every_record_is_replaced_blanked_or_known_to_name_nothing(shared: Path) -> None:
    content = (shared / "stdf/libstdf_all_records_2007.stdf").read_bytes()
    after = anonymise(content, path="all", key=KEY, when=WHEN).content
    words = {word.decode() for word in re.findall(rb"[A-Za-z_][A-Za-z0-9_ ]{4,}", content)}
    left = {word for word in words if word.encode() in after}
    assert left == {"TST_TEMP", "TSTR_TYP", "EXEC_TYP", "EXEC_VER", "UNITS_IN", "LHLLHHHLLLL"}


def test_records_flags_bins_and_places_stay(lot2: bytes) -> None:
    before, after = read(lot2), veiled(lot2)
    assert {name: table.num_rows for name, table in after.items() if name != "ATR"} == {
        name: table.num_rows for name, table in before.items()
    }
    for name, fields in {
        "PRR": ("HARD_BIN", "SOFT_BIN", "X_COORD", "Y_COORD", "PART_FLG", "PART_ID", "NUM_TEST"),
        "PTR": ("TEST_NUM", "TEST_FLG", "PARM_FLG", "OPT_FLAG", "RES_SCAL", "UNITS", "C_RESFMT", "SITE_NUM"),
        "TSR": ("TEST_NUM", "EXEC_CNT", "FAIL_CNT"),
    }.items():
        for field in fields:
            assert after[name][field].equals(before[name][field]), (name, field)


def test_values_and_limits_of_a_test_have_one_factor(lot2: bytes) -> None:
    before, after = read(lot2)["PTR"], veiled(lot2)["PTR"]
    numbers = before["TEST_NUM"].to_numpy()
    factors = {}
    for number in np.unique(numbers):
        rows = numbers == number
        ratios = []
        for field in ("RESULT", "LO_LIMIT", "HI_LIMIT"):
            old = before[field].to_numpy()[rows].astype(np.float64)
            new = after[field].to_numpy()[rows].astype(np.float64)
            usable = np.isfinite(old) & (np.abs(old) > 1e-30)
            ratios.append(new[usable] / old[usable])
        found = np.concatenate(ratios)
        factors[number] = float(np.median(found))
        np.testing.assert_allclose(found, factors[number], rtol=1e-6)
    assert all(0.25 <= factor <= 0.8 for factor in factors.values())
    assert len(set(np.round(list(factors.values()), 6))) > 0.9 * len(factors)


def test_results_keep_their_order_and_their_side_of_the_limit(lot2: bytes) -> None:
    before, after = read(lot2)["PTR"], veiled(lot2)["PTR"]
    rows = before["TEST_NUM"].to_numpy() == 1000
    old, new = (table["RESULT"].to_numpy()[rows] for table in (before, after))
    order = np.argsort(old, kind="stable")
    assert (np.diff(new[order]) >= 0).all()


def test_sums_of_a_test_are_rescaled_with_it() -> None:
    far = encode_record("FAR", {"CPU_TYPE": 2, "STDF_VER": 4}, big_endian=False)
    sums = {"TEST_NUM": 9, "TEST_MIN": 1.0, "TEST_MAX": 3.0, "TST_SUMS": 6.0, "TST_SQRS": 14.0}
    result = encode_record("PTR", {"TEST_NUM": 9, "RESULT": 1.0}, big_endian=False)
    tables = veiled(far + result + encode_record("TSR", sums, big_endian=False))
    factor = tables["PTR"]["RESULT"][0].as_py()
    row = tables["TSR"].to_pylist()[0]
    assert row["TST_SUMS"] == pytest.approx(6 * factor, rel=1e-6)
    assert row["TST_SQRS"] == pytest.approx(14 * factor**2, rel=1e-6)


def test_the_same_key_gives_the_same_stand_ins_and_another_key_others(lot2: bytes) -> None:
    first, again, other = veiled(lot2), veiled(lot2), veiled(lot2, key="another key")
    assert all(first[name].equals(again[name]) for name in first)
    assert first["MIR"]["LOT_ID"].to_pylist() != other["MIR"]["LOT_ID"].to_pylist()
    assert first["MIR"]["START_T"].to_pylist() != other["MIR"]["START_T"].to_pylist()
    assert first["PTR"]["RESULT"][0] != other["PTR"]["RESULT"][0]


def test_a_name_has_one_stand_in_wherever_it_stands() -> None:
    far = encode_record("FAR", {"CPU_TYPE": 2, "STDF_VER": 4}, big_endian=False)
    records: list[tuple[str, dict[str, Any]]] = [
        ("WIR", {"START_T": 50_000_000, "WAFER_ID": "W7 µ"}),
        ("PTR", {"TEST_NUM": 1, "TEST_TXT": "idd"}),
        ("PRR", {"PART_ID": "12", "PART_TXT": "SN-0001", "PART_FIX": b"\1\2"}),
        ("PRR", {"PART_ID": "AB12345", "PART_TXT": "SN-0001"}),
        ("WRR", {"FINISH_T": 0, "WAFER_ID": "W7 µ"}),
        ("TSR", {"TEST_NUM": 1, "TEST_NAM": "idd"}),
        ("GDR", {"GEN_DATA": [{"code": "Cn", "value": "secret"}, {"code": "U2", "value": "99"}]}),
        ("DTR", {"TEXT_DAT": "secret"}),
    ]
    tables = veiled(far + b"".join(encode_record(name, values, big_endian=False) for name, values in records))
    assert tables["WIR"]["WAFER_ID"].to_pylist() == tables["WRR"]["WAFER_ID"].to_pylist()
    assert tables["PTR"]["TEST_TXT"].to_pylist() == tables["TSR"]["TEST_NAM"].to_pylist()
    parts = tables["PRR"].to_pylist()
    assert parts[0]["PART_ID"] == "12"
    assert parts[1]["PART_ID"].startswith("part-")
    assert parts[0]["PART_TXT"] == parts[1]["PART_TXT"]
    assert parts[0]["PART_FIX"] == b""
    assert tables["GDR"]["GEN_DATA"][0].as_py() == [{"code": "Cn", "value": ""}, {"code": "U2", "value": "0"}]
    assert tables["DTR"]["TEXT_DAT"].to_pylist() == [""]
    assert tables["WRR"]["FINISH_T"].to_pylist() == [0]
    assert tables["WIR"]["START_T"][0].as_py() == 50_000_000


def test_unknown_records_are_left_out_and_said(shared: Path) -> None:
    found = anonymise((shared / "traps/23_unknown_record.stdf").read_bytes(), path="trap", key=KEY, when=WHEN)
    assert "1 records of unknown type 180.1 were left out" in found.done
    assert "180.1" not in read(found.content)


@pytest.mark.parametrize("name", ["11_concat_le_be.stdf", "20_latin1_cn.stdf", "29_mpr_nibbles_odd.stdf"])
def test_odd_files_stay_readable(shared: Path, name: str) -> None:
    content = (shared / "traps" / name).read_bytes()
    before, after = read(content), veiled(content)
    assert after["FAR"]["_big_endian"].to_pylist() == before["FAR"]["_big_endian"].to_pylist()
    assert len(after["ATR"]) == len(before["FAR"])


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ArgumentError, match="at least 8"):
        anonymise(b"", path="x", key="1234", when=WHEN)
