"""Re-binned copies of STDF files: what changes follows from the parts moved, nothing else changes."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

import corecar
from corecar.errors import ArgumentError
from corecar.formats.stdf.encode import encode_record
from corecar.formats.stdf.part_records import part_records
from corecar.formats.stdf.rebin import rebin

NEW = (90, 91)
UNKNOWN_COUNT = 0xFFFF_FFFF


def stream(records: list[tuple[str, dict[str, Any]]], big: bool = False) -> bytes:
    far = ("FAR", {"CPU_TYPE": 1 if big else 2, "STDF_VER": 4})
    return b"".join(encode_record(name, fields, big_endian=big) for name, fields in [far, *records])


def begin(site: int = 1, head: int = 1) -> tuple[str, dict[str, Any]]:
    return "PIR", {"HEAD_NUM": head, "SITE_NUM": site}


def end(
    site: int = 1, hard: int = 1, soft: int | None = 1, flag: int = 0, head: int = 1, **more: Any
) -> tuple[str, Any]:
    fields = {"HEAD_NUM": head, "SITE_NUM": site, "PART_FLG": flag, "NUM_TEST": 3, "HARD_BIN": hard}
    return "PRR", {**fields, **({} if soft is None else {"SOFT_BIN": soft}), **more}


def bin_record(kind: str, head: int, site: int, number: int, count: int) -> tuple[str, dict[str, Any]]:
    letter = kind[0]
    return kind, {
        "HEAD_NUM": head,
        "SITE_NUM": site,
        f"{letter}BIN_NUM": number,
        f"{letter}BIN_CNT": count,
        f"{letter}BIN_PF": "P",
    }


def tables(content: bytes, tmp_path: Path) -> Any:
    path = tmp_path / "found.stdf"
    path.write_bytes(content)
    return corecar.records(path)


def rows(content: bytes, name: str, tmp_path: Path) -> list[dict[str, Any]]:
    return list(tables(content, tmp_path)[name].to_pylist())


def interleaved() -> list[tuple[str, dict[str, Any]]]:
    """Parts 0 and 1 begin at sites 1 and 2; site 2 ends first; then part 2 at site 1."""
    return [
        ("MIR", {"LOT_ID": "L"}),
        ("WIR", {"HEAD_NUM": 1, "SITE_GRP": 255, "WAFER_ID": "W1"}),
        begin(1),
        begin(2),
        end(2, X_COORD=2, Y_COORD=0, PART_ID="two"),
        end(1, X_COORD=1, Y_COORD=0, PART_ID="one"),
        begin(1),
        end(1, hard=7, soft=70, flag=8, X_COORD=3, Y_COORD=0, PART_ID="three"),
        ("WRR", {"HEAD_NUM": 1, "SITE_GRP": 255, "PART_CNT": 3, "GOOD_CNT": 2}),
        ("PCR", {"HEAD_NUM": 1, "SITE_NUM": 1, "PART_CNT": 2, "GOOD_CNT": 1}),
        ("PCR", {"HEAD_NUM": 1, "SITE_NUM": 2, "PART_CNT": 1, "GOOD_CNT": 1}),
        ("PCR", {"HEAD_NUM": 255, "SITE_NUM": 1, "PART_CNT": 3, "GOOD_CNT": 2}),
        bin_record("HBR", 1, 1, 1, 1),
        bin_record("HBR", 1, 1, 7, 1),
        bin_record("HBR", 1, 2, 1, 1),
        bin_record("HBR", 255, 1, 1, 2),
        bin_record("HBR", 255, 1, 7, 1),
        bin_record("SBR", 255, 1, 1, 2),
        bin_record("SBR", 255, 1, 70, 1),
        ("MRR", {"FINISH_T": 9}),
    ]


@pytest.mark.parametrize("big", [False, True])
def test_the_part_that_began_first_is_moved_though_it_ended_second(tmp_path: Path, big: bool) -> None:
    found = rebin(stream(interleaved(), big), {0: NEW}, modified=5)
    assert found.warnings == ()
    parts = {row["PART_ID"]: row for row in rows(found.content, "PRR", tmp_path)}
    assert (parts["one"]["HARD_BIN"], parts["one"]["SOFT_BIN"], parts["one"]["PART_FLG"]) == (90, 91, 8)
    assert (parts["two"]["HARD_BIN"], parts["two"]["PART_FLG"]) == (1, 0)
    assert (parts["three"]["HARD_BIN"], parts["three"]["SOFT_BIN"]) == (7, 70)


def test_every_count_follows_the_part_that_moved(tmp_path: Path) -> None:
    content = rebin(stream(interleaved()), {0: NEW}).content
    assert [row["GOOD_CNT"] for row in rows(content, "WRR", tmp_path)] == [1]
    assert [row["GOOD_CNT"] for row in rows(content, "PCR", tmp_path)] == [0, 1, 1]
    hard = [
        (r["HEAD_NUM"], r["SITE_NUM"], r["HBIN_NUM"], r["HBIN_CNT"], r["HBIN_PF"])
        for r in rows(content, "HBR", tmp_path)
    ]
    assert hard == [
        (1, 1, 1, 0, "P"),
        (1, 1, 7, 1, "P"),
        (1, 1, 90, 1, "F"),
        (1, 2, 1, 1, "P"),
        (255, 1, 1, 1, "P"),
        (255, 1, 7, 1, "P"),
        (255, 1, 90, 1, "F"),
    ]
    soft = [(r["SBIN_NUM"], r["SBIN_CNT"], r["SBIN_NAM"]) for r in rows(content, "SBR", tmp_path)]
    assert soft == [(1, 1, None), (70, 1, None), (91, 1, "Screened out")]


def test_the_copy_is_signed_right_behind_the_far(tmp_path: Path) -> None:
    twice = rebin(
        rebin(stream(interleaved()), {0: NEW}, mark="first", modified=5).content, {}, mark="second", modified=6
    )
    signed = rows(twice.content, "ATR", tmp_path)
    assert twice.content[8:10] == bytes([0, 20])
    assert [row["CMD_LINE"] for row in signed] == ["second", "first"]


def test_without_parts_to_move_only_the_signature_is_added() -> None:
    content = stream(interleaved())
    signed = rebin(content, {}, mark="x", modified=5).content
    added = len(signed) - len(content)
    assert signed[:6] + signed[6 + added :] == content


def test_a_prr_without_soft_bin_gets_one(tmp_path: Path) -> None:
    content = stream([begin(), end(soft=None)])
    found = rows(rebin(content, {0: NEW}).content, "PRR", tmp_path)
    assert (found[0]["HARD_BIN"], found[0]["SOFT_BIN"], found[0]["NUM_TEST"]) == (90, 91, 3)


def test_a_part_of_unknown_verdict_becomes_a_failed_one(tmp_path: Path) -> None:
    found = rows(rebin(stream([begin(), end(flag=0x10 | 0x02)]), {0: NEW}).content, "PRR", tmp_path)
    assert found[0]["PART_FLG"] == 0x0A


def test_a_bin_that_is_already_there_is_counted_up(tmp_path: Path) -> None:
    content = stream([begin(), end(), bin_record("HBR", 255, 1, 1, 1), bin_record("HBR", 255, 1, 90, 4)])
    found = rows(rebin(content, {0: NEW}).content, "HBR", tmp_path)
    assert [(row["HBIN_NUM"], row["HBIN_CNT"]) for row in found] == [(1, 0), (90, 5)]


def test_a_missing_good_count_stays_missing() -> None:
    total = ("PCR", {"HEAD_NUM": 255, "SITE_NUM": 1, "PART_CNT": 1, "GOOD_CNT": UNKNOWN_COUNT})
    changed = rebin(stream([begin(), end(), total]), {0: NEW})
    assert changed.warnings == ()
    assert changed.content.endswith(stream([total])[6:])


def test_counts_too_small_for_what_moved_are_told_and_stay_above_zero(tmp_path: Path) -> None:
    records = [begin(), end(), ("PCR", {"HEAD_NUM": 255, "SITE_NUM": 1, "PART_CNT": 1, "GOOD_CNT": 0})]
    found = rebin(stream([*records, bin_record("HBR", 255, 1, 1, 0)]), {0: NEW})
    assert len(found.warnings) == 2
    assert "HBR of bin 1 (head 255, site 1) counts 0; 1 left it." in found.warnings
    assert [row["GOOD_CNT"] for row in rows(found.content, "PCR", tmp_path)] == [0]


def test_concatenated_streams_of_either_byte_order_are_counted_apart(tmp_path: Path) -> None:
    content = stream(interleaved(), big=False) + stream(interleaved(), big=True)
    found = rebin(content, {4: NEW}).content
    assert [row["HARD_BIN"] for row in rows(found, "PRR", tmp_path)] == [1, 1, 7, 90, 1, 7]
    assert [row["GOOD_CNT"] for row in rows(found, "WRR", tmp_path)] == [2, 1]
    assert len(rows(found, "ATR", tmp_path)) == 2


def test_a_second_wafer_has_its_own_good_count(tmp_path: Path) -> None:
    wafer = [
        ("WIR", {"HEAD_NUM": 1, "SITE_GRP": 255}),
        begin(),
        end(),
        ("WRR", {"HEAD_NUM": 1, "SITE_GRP": 255, "PART_CNT": 1, "GOOD_CNT": 1}),
    ]
    found = rebin(stream([*wafer, *wafer]), {1: NEW}).content
    assert [row["GOOD_CNT"] for row in rows(found, "WRR", tmp_path)] == [1, 0]


def test_parts_are_numbered_as_the_lot_numbers_them(shared: Path) -> None:
    for path in sorted((shared / "traps").glob("*.stdf")):
        content = path.read_bytes()
        try:
            lot = corecar.read(path)
        except corecar.CorecarError:
            continue
        assert part_records(content).parts == lot.parts.num_rows, path.name


ERRORS = [
    ({9: NEW}, None, "part 9: the file has parts 0 to 2"),
    ({0: (40_000, 1)}, None, "bins .40000, 1.: expected numbers from 0 to 32767"),
    ({}, 4, "has 3 parts, 4 were expected"),
]


@pytest.mark.parametrize(("new_bins", "parts", "message"), ERRORS)
def test_what_cannot_be_moved_is_refused(new_bins: dict[int, tuple[int, int]], parts: int | None, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        rebin(stream(interleaved()), new_bins, parts=parts)


def test_a_part_without_prr_has_no_bins_to_change() -> None:
    with pytest.raises(ArgumentError, match="part 0: has no PRR"):
        rebin(stream([begin(), begin(), end()]), {0: NEW})


def test_a_cut_file_is_refused() -> None:
    with pytest.raises(ArgumentError, match="breaks off inside a record"):
        rebin(stream(interleaved())[:-2], {})


def test_bytes_that_belong_to_no_record_are_refused() -> None:
    content = stream(interleaved())
    at = content.index(stream([begin(2)])[6:])
    with pytest.raises(ArgumentError, match="bytes that belong to none"):
        rebin(content[:at] + b"\xee\xee\xee" + content[at:], {})


@pytest.mark.parametrize("content", [b"", b"part,bin\n1,1\n", bytes([2, 0, 0, 10, 2, 3])])
def test_what_is_no_stdf_of_version_4_is_refused(content: bytes) -> None:
    with pytest.raises(ArgumentError, match="Only STDF of version 4 has parts to move"):
        rebin(content, {})


@pytest.mark.parametrize("name", ["a530_lot2", "a530_lot3"])
def test_a_real_lot_reads_the_same_but_for_the_parts_moved(shared: Path, tmp_path: Path, name: str) -> None:
    source = shared / "stdf" / f"{name}.stdf.gz"
    content = gzip.decompress(source.read_bytes())
    lot = corecar.read(source)
    moved = [int(part) for part in (lot.final & lot.passed).nonzero()[0][::97]]
    found = rebin(content, dict.fromkeys(moved, NEW), parts=lot.parts.num_rows)
    path = tmp_path / "screened.stdf"
    path.write_bytes(found.content)
    again = corecar.read(path)
    before, after = lot.parts.to_pylist(), again.parts.to_pylist()
    changed = [old["part"] for old, new in zip(before, after, strict=True) if old != new]
    assert changed == moved
    assert {after[part]["hard_bin"] for part in moved} == {90}
    assert found.warnings == ()
    reported = {row["bin"]: row["reported"] for row in again.bins.to_pylist() if row["kind"] == "hard"}
    assert reported[90] == len(moved)
    assert again.yield_().final_good == lot.yield_().final_good - len(moved)
