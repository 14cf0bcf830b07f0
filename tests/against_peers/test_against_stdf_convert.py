"""Corecar's records against stdf-convert (MIT, run as it is): counts, places and values of every shared file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comparison import Difference, Known, differences, stale, unexplained

import corecar
from corecar.simulate import simulate_lot

stdf_convert = pytest.importorskip("stdf_convert", reason="the peer stdf-convert is not installed")

UNREADABLE = {
    "08_truncated_mid_record.stdf": "gives up on a cut record instead of keeping those before it",
    "11_concat_le_be.stdf": "keeps the byte order of the first FAR for the whole file",
    "37_gz_truncated.stdf.gz": "gives up on a cut gzip",
}
"""Files that the peer refuses and Corecar salvages, with what stops it."""

OTHER_VERSION = "32_v3_far.stdf"
"""STDF V3, which Corecar refuses by its version and the peer reads as if it were V4."""

NO_2007_FIELDS = "the peer lays the record out by another reading of V4-2007 and lacks the field"

KNOWN = (
    Known("23_unknown_record.stdf", "180.1", "count", "an unknown record is named by its numbers"),
    Known("23_unknown_record.stdf", "RESERVED", "count", "the peer's name for unknown records of type 180"),
    Known("36_gz_multimember.stdf.gz", "*", "count", "the peer drops the second member of a gzip"),
    Known("libstdf_all_records_2007.stdf", "PSR", "REC_*", NO_2007_FIELDS),
    Known("libstdf_all_records_2007.stdf", "STR", "REC_*", NO_2007_FIELDS),
    Known("libstdf_all_records_2007.stdf", "STR", "DATA_*", NO_2007_FIELDS),
    Known("libstdf_all_records_2007.stdf", "STR", "LOCL_CNT", NO_2007_FIELDS),
    Known("libstdf_all_records_2007.stdf", "STR", "USR?_LEN", NO_2007_FIELDS),
    Known("libstdf_all_records_2007.stdf", "STR", "TXT_LEN", NO_2007_FIELDS),
    Known("libstdf_all_records_2007.stdf", "STR", "COND_NAM", NO_2007_FIELDS),
    Known("libstdf_all_records_2007.stdf", "STR", "COND_VAL", NO_2007_FIELDS),
    Known("libstdf_all_records_2007.stdf", "STR", "CYCL_NUM", NO_2007_FIELDS),
)

EMPTY: tuple[object, ...] = (None, "", b"", [], {"bits": 0, "data": b""})
"""What the peer shows for a text or an array that the record ends before; Corecar shows null."""

STAND_INS = {
    ("MRR", "DISP_COD"): " ",
    ("PCR", "ABRT_CNT"): 0xFFFFFFFF,
    ("PCR", "GOOD_CNT"): 0xFFFFFFFF,
    ("PCR", "FUNC_CNT"): 0xFFFFFFFF,
    ("TSR", "OPT_FLAG"): 0,
    ("TSR", "TEST_TIM"): 0.0,
    ("TSR", "TEST_MIN"): 0.0,
    ("TSR", "TEST_MAX"): 0.0,
    ("TSR", "TST_SUMS"): 0.0,
    ("TSR", "TST_SQRS"): 0.0,
    ("FTR", "OPT_FLAG"): 0,
    ("FTR", "CYCL_CNT"): 0,
    ("FTR", "REL_VADR"): 0,
    ("FTR", "REPT_CNT"): 0,
    ("FTR", "NUM_FAIL"): 0,
    ("FTR", "XFAIL_AD"): 0,
    ("FTR", "YFAIL_AD"): 0,
    ("FTR", "VECT_OFF"): 0,
    ("FTR", "RTN_ICNT"): 0,
    ("FTR", "PGM_ICNT"): 0,
    ("FTR", "PATG_NUM"): 255,
}
"""Numbers and letters that the peer shows where the record ends before the field; Corecar shows null."""

NAMES = {"sequence_number": "sequence", "byte_offset": "offset", "CYC_CNT_T": "CYCO_CNT"}
"""Columns that the peer names otherwise."""
HEADER = ("rec_len", "rec_typ", "rec_sub")


def our_records(path: Path) -> dict[str, list[dict[str, Any]]]:
    tables = corecar.records(path, on_error="salvage")
    return {
        name: [
            {field: _plain(value) for field, value in row.items() if not field.startswith("_")}
            for row in table.to_pylist()
        ]
        for name, table in tables.items()
    }


def their_records(path: Path) -> dict[str, list[dict[str, Any]]]:
    return {name: [_renamed(row) for row in table.to_pylist()] for name, table in stdf_convert.tables(path).items()}


def _plain(value: object) -> object:
    """A GDR's fields as pairs of code and number or text, as the peer's can be turned into as well."""
    if isinstance(value, list) and value and isinstance(value[0], dict) and "code" in value[0]:
        return [[field["code"], _number(field["code"], field["value"])] for field in value]
    return value


def _number(code: str, text: str) -> object:
    if code[0] in "UIN":
        return int(text)
    return float(text) if code[0] == "R" else text


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    return {NAMES.get(name, name): _translated(value) for name, value in row.items() if name not in HEADER}


def _translated(value: object) -> object:
    """The peer's value in Corecar's words: flags as numbers, bit fields by their own names."""
    if isinstance(value, bytes) and len(value) == 1:
        return value[0]
    if isinstance(value, dict) and "bit_count" in value:
        return {"bits": value["bit_count"], "data": value["bit_data"]}
    if isinstance(value, list) and value and isinstance(value[0], dict) and "TYPE" in value[0]:
        return [[field["TYPE"], _generic(field)] for field in value]
    return value


def _generic(field: dict[str, Any]) -> object:
    """One field of a GDR; bytes as hexadecimal digits, bits as their count and digits."""
    value = "" if field["TYPE"] == "B0" else field[field["TYPE"]]
    if isinstance(value, bytes):
        return value.hex()
    return f"{value['bit_count']}:{value['bit_data'].hex()}" if isinstance(value, dict) else value


def _absent(difference: Difference) -> bool:
    """The record ends before the field: null here, a stand-in there."""
    if difference.ours is not None:
        return False
    stand_in = STAND_INS.get((difference.record, difference.field))
    return difference.theirs in EMPTY or (stand_in is not None and difference.theirs == stand_in)


def _without_stand_ins(ours: dict[str, list[dict[str, Any]]], theirs: dict[str, list[dict[str, Any]]]) -> None:
    """Replace the peer's stand-ins by null, row by row, where Corecar says that the field is absent."""
    for record, rows in theirs.items():
        for mine, other in zip(ours.get(record, []), rows, strict=False):
            for field, value in other.items():
                if field in mine and _absent(Difference(record, field, 0, mine[field], value)):
                    other[field] = None


def test_a_peer_and_corecar_read_the_same_records(stdf_file: Path) -> None:
    if stdf_file.name == OTHER_VERSION:
        pytest.skip("STDF V3: refused by Corecar")
    if stdf_file.name in UNREADABLE:
        pytest.skip(f"stdf-convert {UNREADABLE[stdf_file.name]}")
    ours, theirs = our_records(stdf_file), their_records(stdf_file)
    _without_stand_ins(ours, theirs)
    found = differences(ours, theirs)
    assert unexplained(stdf_file.name, found, KNOWN) == []
    assert stale(stdf_file.name, found, KNOWN) == []


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_the_peer_refuses_is_still_refused(name: str, shared: Path) -> None:
    with pytest.raises(stdf_convert.StdfError):
        stdf_convert.tables(shared / "traps" / name)
    assert corecar.records(shared / "traps" / name, on_error="salvage")["PTR"].num_rows > 0


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("style", ["lean", "full"])
def test_a_simulated_lot_reads_the_same_in_both(tmp_path: Path, style: Any, big_endian: bool) -> None:
    path = simulate_lot(tmp_path / "lot.stdf", wafers=2, dies=60, tests=40, style=style, big_endian=big_endian)
    ours, theirs = our_records(path), their_records(path)
    _without_stand_ins(ours, theirs)
    assert differences(ours, theirs) == []


def test_joined_results_hold_every_parametric_reading_of_the_peer(tmp_path: Path) -> None:
    path = simulate_lot(tmp_path / "lot.stdf", wafers=2, dies=100, tests=40)
    lot, tables = corecar.read(path), stdf_convert.tables(path)
    ptr = np.sort(tables["PTR"].column("RESULT").to_numpy())
    kinds = np.array(lot.tests["kind"].to_pylist())
    ours = np.concatenate(
        [lot.measurements.value[lot.measurements.of(int(t))] for t in np.flatnonzero(kinds == "parametric")]
    )
    assert np.array_equal(np.sort(ours), ptr)
    mpr = np.sort(np.concatenate(tables["MPR"].column("RTN_RSLT").to_pylist()).astype(np.float32))
    pins = np.concatenate(
        [lot.measurements.value[lot.measurements.of(int(t))] for t in np.flatnonzero(kinds == "multiple")]
    )
    assert np.array_equal(np.sort(pins), mpr)
