"""Counts of bins and good parts that follow moved parts; a re-binned and a re-judged file count alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from corecar.formats.stdf.bin_counts import BinRow, GoodRow, Move, NewBin, recount_bins, recount_good, wafer_rows
from corecar.formats.stdf.encode import encode_record
from corecar.formats.stdf.new_limits import parse_limits
from corecar.formats.stdf.rebin import rebin
from corecar.formats.stdf.records import read_records
from corecar.formats.stdf.relimit import relimit
from corecar.formats.stdf.wafer_spans import Mark

FALLS = Move(10, 0, 1, 2, (1, 1), (9, 90), passed=True, passes=False)
RISES = Move(30, 0, 1, 2, (9, 90), (1, 1), passed=False, passes=True)
MOVED = Move(20, 0, 1, 2, (8, 80), (9, 90), passed=False, passes=False)


def test_a_count_of_all_heads_follows_every_part_and_others_their_site() -> None:
    rows = [BinRow(0, head, site, 1, 5, "") for head, site in ((1, 2), (1, 3), (2, 2), (255, 7))]
    counts, added, told = recount_bins("HBR", [*rows, BinRow(1, 255, 1, 1, 5, "")], [FALLS], "new")
    assert counts == [4, 5, 5, 4, 5]
    assert added == [NewBin(0, 9, 1, "F", "new"), NewBin(3, 9, 1, "F", "new")]
    assert told == []


def test_a_bin_that_another_site_has_keeps_its_name() -> None:
    rows = [BinRow(0, 1, 2, 9, 1, ""), BinRow(0, 255, 1, 1, 0, "Good"), BinRow(0, 255, 1, 9, 1, "Leak")]
    counts, added, _ = recount_bins("HBR", rows, [RISES], "new")
    assert counts == [0, 1, 0]
    assert added == [NewBin(0, 1, 1, "P", "Good")]


def test_soft_bins_are_counted_by_their_own_numbers_and_no_bin_is_not_added() -> None:
    rows = [BinRow(0, 1, 2, 80, 3, "")]
    assert recount_bins("SBR", rows, [MOVED], "new") == ([2], [NewBin(0, 90, 1, "F", "new")], [])
    assert recount_bins("SBR", rows, [MOVED._replace(new=(9, 65_535))], "new") == ([2], [], [])


def test_a_bin_record_that_ends_before_its_count_stays_as_it_is() -> None:
    rows = [BinRow(0, 1, 2, None, None, ""), BinRow(0, 1, 2, 1, None, "")]
    assert recount_bins("HBR", rows, [FALLS._replace(new=(1, 90))], "new") == ([None, None], [], [])


def test_a_count_too_small_stays_at_zero_and_is_told() -> None:
    counts, _, told = recount_bins("HBR", [BinRow(0, 255, 1, 1, 0, "")], [FALLS], "new")
    assert (counts, told) == ([0], ["HBR of bin 1 (head 255, site 1) counts 0; 1 left it."])
    good, told = recount_good("PCR", [GoodRow(0, 1, 2, 4_321, 0)], [FALLS])
    assert (good, told) == ([0], ["PCR at byte 4_321 counts 0 good parts; 1 fewer pass now."])


@pytest.mark.parametrize(("move", "good"), [(FALLS, 4), (RISES, 6), (MOVED, 5)])
def test_good_counts_follow_verdicts_not_bins(move: Move, good: int) -> None:
    rows = [GoodRow(0, 1, 2, 0, 5), GoodRow(0, 255, 9, 0, 5), GoodRow(0, 1, 3, 0, 5), GoodRow(1, 255, 9, 0, 5)]
    assert recount_good("PCR", rows, [move]) == ([good, good, 5, 5], [])


def test_a_missing_good_count_stays_missing() -> None:
    rows = [GoodRow(0, 1, 2, 0, None), GoodRow(0, 1, 2, 0, 0xFFFF_FFFF)]
    assert recount_good("PCR", rows, [FALLS]) == ([None, 0xFFFF_FFFF], [])


def test_a_wafer_counts_the_parts_between_its_marks() -> None:
    marks = [Mark(0, 1, 5, True), Mark(0, 1, 15, False), Mark(0, 1, 25, True), Mark(0, 255, 35, False)]
    rows = wafer_rows(marks, [5, 15, 25, 35], [None, 7, None, 8])
    assert sorted(rows) == [1, 3]
    assert recount_good("WRR", [rows[1], rows[3]], [FALLS, RISES]) == ([6, 9], [])


def _lot() -> bytes:
    """A part before the wafer, one on it; the reading of the first is 1 V, of the second 3 V; all passed."""
    place = {"HEAD_NUM": 1, "SITE_NUM": 1}
    limits = {"TEST_TXT": "t5", "OPT_FLAG": 0x0E, "LO_LIMIT": 0.0, "HI_LIMIT": 9.0, "UNITS": "V"}
    reading = place | {"TEST_NUM": 5, "TEST_FLG": 0, "PARM_FLG": 0} | limits
    end = ("PRR", place | {"PART_FLG": 0, "NUM_TEST": 1, "HARD_BIN": 1, "SOFT_BIN": 1})
    everywhere = {"HEAD_NUM": 255, "SITE_NUM": 255}
    records: list[tuple[str, dict[str, Any]]] = [
        ("FAR", {"CPU_TYPE": 2, "STDF_VER": 4}),
        ("MIR", {"LOT_ID": "L"}),
        ("PIR", place), ("PTR", reading | {"RESULT": 3.0}), end,
        ("WIR", {"HEAD_NUM": 1, "WAFER_ID": "W1"}),
        ("PIR", place), ("PTR", reading | {"RESULT": 1.0}), end,
        ("WRR", {"HEAD_NUM": 1, "SITE_GRP": 255, "PART_CNT": 1, "GOOD_CNT": 1}),
        ("PCR", everywhere | {"PART_CNT": 2, "GOOD_CNT": 0}),
        ("HBR", everywhere | {"HBIN_NUM": 1, "HBIN_CNT": 2, "HBIN_PF": "P"}),
    ]  # fmt: skip
    return b"".join(encode_record(name, values, big_endian=False) for name, values in records)


def test_a_re_binned_and_a_re_judged_file_count_alike() -> None:
    limits = parse_limits("number,low_limit,high_limit,hard_bin,soft_bin\n5,,2,9,90\n")
    judged = relimit(_lot(), limits, path="lot.stdf", when=5)
    moved = rebin(_lot(), {0: (9, 90)}, name="Other limits", modified=5)
    tables = [read_records(np.frombuffer(found.content, np.uint8), path="lot.stdf") for found in (judged, moved)]
    for name in ("WRR", "PCR", "HBR", "PRR"):
        one, other = (found[name].drop_columns(["sequence", "offset"]).to_pylist() for found in tables)
        assert one == other, name
    assert tables[0]["WRR"]["GOOD_CNT"].to_pylist() == [1]
    assert [(row["HBIN_NUM"], row["HBIN_CNT"]) for row in tables[0]["HBR"].to_pylist()] == [(1, 1), (9, 1)]
    assert len(moved.warnings) == 1
    assert moved.warnings[0].endswith("counts 0 good parts; 1 fewer pass now.")
    assert any(sentence.endswith("counts 0 good parts; 1 fewer pass now.") for sentence in judged.done)
