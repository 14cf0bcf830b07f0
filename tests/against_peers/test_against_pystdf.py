"""Corecar's records against pystdf (GPL; run as a program through its documented sinks, never read)."""

from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path
from typing import Any

import pytest
from comparison import Known, differences, stale, unexplained

import corecar
from corecar.simulate import simulate_lot

pystdf_io = pytest.importorskip("pystdf.IO", reason="the peer pystdf is not installed")

UNREADABLE: dict[str, tuple[type[Exception], str]] = {
    "libstdf_all_records_2007.stdf": (TypeError, "fails on a GDR with fields of every type"),
    "09_truncated_header.stdf": (struct.error, "fails on a header that is cut"),
    "20_latin1_cn.stdf": (UnicodeDecodeError, "reads ASCII only"),
    "27_gdr_all_types.stdf": (TypeError, "fails on a GDR with fields of every type"),
    "28_ftr_short.stdf": (IndexError, "fails on an FTR that stops before its counts"),
    "37_gz_truncated.stdf.gz": (EOFError, "is handed the inflated bytes, and this gzip is cut"),
}
"""Files that the peer cannot read, with its error and what stops it."""

OTHER_VERSION = "32_v3_far.stdf"

LIES = "the peer believes CPU_TYPE, which says another byte order than the bytes have"
ONE_ORDER = "the peer does not take the byte order of the second FAR"
NO_2007 = "the peer reads V4 only and skips records of V4-2007"

KNOWN = (
    Known("lying_cpu_type.std", "*", "count", LIES),
    Known("12_cputype_lies.stdf", "*", "count", LIES),
    Known("11_concat_le_be.stdf", "*", "count", ONE_ORDER),
    Known("23_unknown_record.stdf", "180.1", "count", "the peer skips records it does not know"),
    Known("24_vur_2007_single.stdf", "VUR", "count", NO_2007),
    Known("25_vur_2007_1_array.stdf", "VUR", "count", NO_2007),
    Known("29_mpr_nibbles_odd.stdf", "MPR", "RTN_STAT", "the peer shows the bytes, Corecar their halves"),
    Known("*", "GDR", "FLD_CNT", "the peer keeps the fields and drops their count"),
)


class Sink:
    """Keeps every record as a dictionary of its fields."""

    def __init__(self) -> None:
        self.records: dict[str, list[dict[str, Any]]] = {}

    def before_send(self, source: object, data: tuple[Any, list[Any]]) -> None:
        kind, values = data
        self.records.setdefault(type(kind).__name__.upper(), []).append(dict(zip(kind.fieldNames, values, strict=True)))


def content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def their_records(path: Path) -> dict[str, list[dict[str, Any]]]:
    sink = Sink()
    parser = pystdf_io.Parser(inp=io.BytesIO(content(path)))
    parser.addSink(sink)
    parser.parse()
    return {
        name: [{field: _translated(field, value) for field, value in row.items()} for row in rows]
        for name, rows in sink.records.items()
    }


def our_records(path: Path) -> dict[str, list[dict[str, Any]]]:
    tables = corecar.records(path, on_error="salvage")
    return {
        name: [
            {field: _plain(value) for field, value in row.items() if field.isupper() and field[0] != "_"}
            for row in table.to_pylist()
        ]
        for name, table in tables.items()
    }


def _translated(field: str, value: object) -> object:
    """The peer shows bytes as a list of numbers."""
    return bytes(value) if field == "PART_FIX" and isinstance(value, list) else value


def _plain(value: object) -> object:
    """A GDR's fields without their codes, numbers as numbers."""
    if isinstance(value, list) and value and isinstance(value[0], dict) and "code" in value[0]:
        return [_number(field["code"], field["value"]) for field in value]
    return [] if value == {"bits": 0, "data": b""} else value


def _number(code: str, text: str) -> object:
    if code[0] in "UIN":
        return int(text)
    return float(text) if code[0] == "R" else text


def test_the_oldest_peer_and_corecar_read_the_same_records(stdf_file: Path) -> None:
    if stdf_file.name == OTHER_VERSION:
        pytest.skip("STDF V3: refused by Corecar")
    if stdf_file.name in UNREADABLE:
        pytest.skip(f"pystdf {UNREADABLE[stdf_file.name][1]}")
    found = differences(our_records(stdf_file), their_records(stdf_file))
    assert unexplained(stdf_file.name, found, KNOWN) == []
    assert stale(stdf_file.name, found, KNOWN) == []


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_the_oldest_peer_cannot_read_is_still_so(name: str, shared: Path) -> None:
    path = next(folder / name for folder in (shared / "stdf", shared / "traps") if (folder / name).exists())
    with pytest.raises(UNREADABLE[name][0]):
        their_records(path)
    assert our_records(path)["FAR"]


@pytest.mark.parametrize("big_endian", [False, True])
def test_a_simulated_lot_reads_the_same_in_the_oldest_peer(tmp_path: Path, big_endian: bool) -> None:
    path = simulate_lot(tmp_path / "lot.stdf", wafers=1, dies=40, tests=20, big_endian=big_endian)
    found = differences(our_records(path), their_records(path))
    nibbles = Known("lot.stdf", "MPR", "RTN_STAT", "the peer shows the bytes, Corecar their halves")
    assert unexplained("lot.stdf", found, (nibbles,)) == []
