"""A file that broke off is closed: what is added, what is dropped, and that a whole file stays as it is."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corecar.formats.stdf.encode import encode_record
from corecar.formats.stdf.records import read_records
from corecar.formats.stdf.repair import repair

WHEN = 1_700_000_000


def read(content: bytes) -> Any:
    return read_records(np.frombuffer(content, np.uint8), path="lot.stdf")


def order(tables: Any) -> list[str]:
    found = [(number, name) for name, table in tables.items() for number in table["sequence"].to_pylist()]
    return [name for _, name in sorted(found)]


def part(head: int, site: int, flag: int = 0, hard_bin: int = 1) -> dict[str, Any]:
    return {"HEAD_NUM": head, "SITE_NUM": site, "PART_FLG": flag, "NUM_TEST": 1, "HARD_BIN": hard_bin, "SOFT_BIN": 7}


def built(*records: tuple[str, dict[str, Any]], big_endian: bool = False) -> bytes:
    start = ("FAR", {"CPU_TYPE": 1 if big_endian else 2, "STDF_VER": 4})
    return b"".join(encode_record(name, values, big_endian=big_endian) for name, values in (start, *records))


def test_a_whole_file_stays_as_it_is(shared: Path) -> None:
    content = gzip.decompress((shared / "stdf/a530_lot2.stdf.gz").read_bytes())
    closed = repair(content, path="lot2", when=WHEN)
    assert closed.done == ()
    assert closed.content == content


def test_a_part_without_prr_is_closed_behind_its_last_test(shared: Path) -> None:
    content = (shared / "traps/07_missing_prr.stdf").read_bytes()
    closed = repair(content, path="trap", when=WHEN)
    tables = read(closed.content)
    assert order(tables) == ["FAR", "ATR", "MIR", "PIR", "PTR", "PRR", "MRR"]
    row = tables["PRR"].to_pylist()[0]
    assert (row["PART_FLG"], row["NUM_TEST"], row["HARD_BIN"], row["X_COORD"]) == (0x14, 1, 0, -32_768)
    assert closed.done == ("1 open part got a PRR that says: ended abnormally, pass or fail unknown, bin 0",)
    assert tables["ATR"].to_pylist()[0]["MOD_TIM"] == WHEN


@pytest.mark.parametrize("name", ["08_truncated_mid_record.stdf", "09_truncated_header.stdf"])
def test_a_cut_file_loses_its_cut_record_and_gets_an_end(shared: Path, name: str) -> None:
    closed = repair((shared / "traps" / name).read_bytes(), path=name, when=WHEN)
    tables = read(closed.content)
    assert tables["PIR"].num_rows == tables["PRR"].num_rows
    assert order(tables)[-1] == "MRR"
    assert "left: the file is cut short" in closed.done[0]
    assert repair(closed.content, path=name, when=WHEN).done == ()


def test_a_real_lot_cut_in_the_middle_is_closed_with_counts_that_agree(shared: Path) -> None:
    whole = zlib.decompressobj(31).decompress((shared / "traps/37_gz_truncated.stdf.gz").read_bytes())
    closed = repair(whole, path="cut", when=WHEN)
    tables = read(closed.content)
    assert (tables["PIR"].num_rows, tables["PRR"].num_rows, tables["PTR"].num_rows) == (1006, 1006, 34_826)
    count = tables["PCR"].to_pylist()[0]
    assert (count["HEAD_NUM"], count["PART_CNT"]) == (255, 1006)
    assert sum(tables["HBR"]["HBIN_CNT"].to_pylist()) == 1006
    flags = tables["PRR"]["PART_FLG"].to_numpy()
    assert count["GOOD_CNT"] == int(np.sum(flags & 0x18 == 0))
    assert tables["WRR"].to_pylist()[0]["PART_CNT"] == 1006
    assert closed.content[6 : len(closed.content)].startswith(
        encode_record("ATR", {"MOD_TIM": WHEN, "CMD_LINE": "corecar repair"}, big_endian=True)
    )


@pytest.mark.parametrize("big_endian", [False, True])
def test_parts_and_wafers_are_closed_head_by_head_and_site_by_site(big_endian: bool) -> None:
    content = built(
        ("WIR", {"HEAD_NUM": 1, "SITE_GRP": 255, "START_T": 5, "WAFER_ID": "W1"}),
        ("WIR", {"HEAD_NUM": 2, "SITE_GRP": 3, "START_T": 5, "WAFER_ID": "µ2"}),
        ("PIR", {"HEAD_NUM": 1, "SITE_NUM": 1}),
        ("PIR", {"HEAD_NUM": 2, "SITE_NUM": 1}),
        ("PTR", {"TEST_NUM": 1, "HEAD_NUM": 1, "SITE_NUM": 1}),
        ("PRR", part(2, 1, 0x08, 4)),
        ("WRR", {"HEAD_NUM": 2, "SITE_GRP": 3, "FINISH_T": 6, "PART_CNT": 1}),
        ("PIR", {"HEAD_NUM": 1, "SITE_NUM": 1}),
        ("PRR", part(1, 1)),
        ("PIR", {"HEAD_NUM": 1, "SITE_NUM": 2}),
        big_endian=big_endian,
    )
    closed = repair(content, path="lot", when=WHEN)
    tables = read(closed.content)
    records = ["WIR", "WIR", "PIR", "PIR", "PTR", "PRR", "PRR", "WRR", "PIR", "PRR", "PIR", "PRR", "WRR"]
    assert order(tables) == ["FAR", "ATR", *records, "PCR", "HBR", "HBR", "HBR", "SBR", "MRR"]
    assert tables["PRR"]["PART_FLG"].to_pylist() == [0x14, 0x08, 0, 0x14]
    wafer = tables["WRR"].to_pylist()[1]
    assert (wafer["WAFER_ID"], wafer["PART_CNT"], wafer["ABRT_CNT"], wafer["GOOD_CNT"]) == ("W1", 3, 2, 1)
    bins = [(b["HBIN_NUM"], b["HBIN_CNT"], b["HBIN_PF"]) for b in tables["HBR"].to_pylist()]
    assert bins == [(0, 2, " "), (1, 1, "P"), (4, 1, "F")]
    assert [b["SBIN_CNT"] for b in tables["SBR"].to_pylist()] == [2]


def test_a_wafer_that_a_wrr_of_all_heads_ended_gets_no_other() -> None:
    ended = (("WIR", {"HEAD_NUM": 1, "WAFER_ID": "W1"}), ("WRR", {"HEAD_NUM": 255, "SITE_GRP": 255, "FINISH_T": 6}))
    closed = repair(built(*ended), path="lot", when=WHEN)
    assert order(read(closed.content)) == ["FAR", "ATR", "WIR", "WRR", "PCR", "MRR"]


def test_an_open_wafer_of_all_heads_counts_the_parts_of_each() -> None:
    content = built(
        ("PIR", {"HEAD_NUM": 1, "SITE_NUM": 1}),
        ("PRR", part(1, 1)),
        ("WIR", {"HEAD_NUM": 255, "SITE_GRP": 255, "START_T": 5, "WAFER_ID": "W1"}),
        ("PIR", {"HEAD_NUM": 1, "SITE_NUM": 1}),
        ("PIR", {"HEAD_NUM": 2, "SITE_NUM": 1}),
        ("PRR", part(1, 1)),
    )
    wafer = read(repair(content, path="lot", when=WHEN).content)["WRR"].to_pylist()[0]
    assert (wafer["HEAD_NUM"], wafer["PART_CNT"], wafer["ABRT_CNT"], wafer["GOOD_CNT"]) == (255, 2, 1, 1)


def test_each_of_several_files_in_one_is_closed_by_itself() -> None:
    first = built(("PIR", {"HEAD_NUM": 1, "SITE_NUM": 1}))
    second = built(("PIR", {"HEAD_NUM": 1, "SITE_NUM": 1}), ("PRR", part(1, 1)), big_endian=True)
    tables = read(repair(first + second, path="two", when=WHEN).content)
    whole_first = ["FAR", "ATR", "PIR", "PRR", "PCR", "HBR", "MRR"]
    assert order(tables) == [*whole_first, "FAR", "ATR", "PIR", "PRR", "PCR", "HBR", "SBR", "MRR"]


def test_a_file_of_nothing_but_a_far_gets_an_end() -> None:
    closed = repair(built(), path="empty", when=WHEN)
    assert order(read(closed.content)) == ["FAR", "ATR", "PCR", "MRR"]


def test_a_far_of_a_wrong_length_is_written_anew() -> None:
    content = bytes.fromhex("0300000a020400") + encode_record("PIR", {"HEAD_NUM": 1, "SITE_NUM": 1}, big_endian=False)
    closed = repair(content, path="far", when=WHEN)
    assert closed.content[:6] == bytes([2, 0, 0, 10, 2, 4])
    assert order(read(closed.content)) == ["FAR", "ATR", "PIR", "PRR", "PCR", "HBR", "MRR"]


def test_bytes_between_records_that_were_lost_are_left_out() -> None:
    whole = built(("PIR", {"HEAD_NUM": 1, "SITE_NUM": 1}), ("PRR", part(1, 1)))
    more = b"".join(encode_record("PIR", {"HEAD_NUM": 1, "SITE_NUM": site}, big_endian=False) for site in range(9))
    closed = repair(whole + b"\xff\xfe\xfd\xfc\xfb" + more, path="gap", when=WHEN)
    assert b"\xff\xfe\xfd\xfc\xfb" not in closed.content
    assert repair(closed.content, path="gap", when=WHEN).done == ()
