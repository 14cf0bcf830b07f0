"""A lot written as STDF and read back is the same lot, in either byte order."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.drawn_lots import drawn_lots
from tests.lots import build_lot
from tests.same_lots import REPORTED, assert_same

import corecar
from corecar.errors import OutputError
from corecar.formats.outputs import write_lot
from corecar.formats.outputs.stdf import write_stdf
from corecar.lot import Lot
from corecar.stdf_values import FAILED, NO_VERDICT

nan = float("nan")

REAL = ("stdf/a530_lot2.stdf.gz", "stdf/a530_lot3.stdf.gz")
TRAPS = (
    "01_default_limits", "02_optflag_usedefault_bits", "03_nolimit_bits", "04_scal", "05_short_ptr_no_txt",
    "10_concat_same_endian", "11_concat_le_be", "13_same_num_diff_txt", "14_interleaved_sites",
    "15_two_heads_same_site", "16_retest_partid_flag", "17_retest_xy_flag", "18_retest_no_flag_same_xy",
    "19_result_invalid_flag", "20_latin1_cn", "27_gdr_all_types", "28_ftr_short", "29_mpr_nibbles_odd",
    "30_empty_after_far", "31_float_inf_limit", "33_site0_head0", "34_site255_head255_summary",
)  # fmt: skip


def again(lot: Lot, path: Path, **options: Any) -> Lot:
    write_stdf(lot, path, **options)
    return corecar.read(path)


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("name", REAL)
def test_a_real_lot_is_the_same_after_writing(shared: Path, tmp_path: Path, name: str, big_endian: bool) -> None:
    lot = corecar.read(shared / name)
    assert_same(again(lot, tmp_path / "lot.stdf", big_endian=big_endian), lot)


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_keeps_its_meaning(shared: Path, tmp_path: Path, name: str, big_endian: bool) -> None:
    lot = corecar.read(shared / "traps" / f"{name}.stdf")
    assert_same(again(lot, tmp_path / "lot.stdf", big_endian=big_endian), lot, but=REPORTED)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(lot=drawn_lots(reported=True), big_endian=st.booleans())
def test_any_lot_that_a_file_can_hold_is_read_back(
    lot: Lot, big_endian: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "drawn.stdf"
    assert_same(again(lot, path, big_endian=big_endian), lot)


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(lot=drawn_lots(reported=False))
def test_counts_are_ours_where_the_tester_reported_none(lot: Lot, tmp_path_factory: pytest.TempPathFactory) -> None:
    found = again(lot, tmp_path_factory.getbasetemp() / "counted.stdf")
    assert_same(found, lot, but=REPORTED)
    complete = lot.parts.num_rows - sum(lot.parts["incomplete"].to_pylist())
    hard = [row["reported"] for row in found.bins.to_pylist() if row["kind"] == "hard"]
    assert sum(hard) == complete
    assert sum(found.wafers["reported_parts"].to_pylist()) == (lot.parts.num_rows if lot.wafers.num_rows else 0)


@pytest.mark.parametrize("name", ["lot.stdf", "lot.std.gz", "lot.stdf.zst"])
def test_the_extension_chooses_the_compression(tmp_path: Path, name: str) -> None:
    lot = build_lot([[1.0, 2.0], [3.0, 4.0]])
    write_lot(lot, tmp_path / name)
    found = corecar.read(tmp_path / name)
    assert found.sources[0].compression == {"stdf": None, "gz": "gzip", "zst": "zstd"}[name.rpartition(".")[2]]
    assert found.matrix().tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_equal_lots_give_equal_compressed_files(tmp_path: Path) -> None:
    lot = build_lot([[1.0, 2.0]])
    for name in ("a", "b"):
        write_stdf(lot, tmp_path / f"{name}.stdf.gz", modified=0)
    assert (tmp_path / "a.stdf.gz").read_bytes() == (tmp_path / "b.stdf.gz").read_bytes()


def test_pins_that_some_parts_lack_keep_their_names(tmp_path: Path) -> None:
    lot = build_lot(
        [[1.0, 2.0, 3.0], [4.0, nan, 6.0], [7.0, 8.0, nan]], kind="multiple", names=["m"] * 3, numbers=[5] * 3
    )
    tests = lot.tests.set_column(3, lot.tests.schema.field("pin"), [["VDD", "GND", "IN"]])
    found = again(replace(lot, tests=tests), tmp_path / "lot.stdf")
    assert found.tests["pin"].to_pylist() == ["VDD", "GND", "IN"]
    assert np.array_equal(found.matrix(), lot.matrix(), equal_nan=True)


def test_pins_of_one_test_with_different_verdicts_stay_one_execution(tmp_path: Path) -> None:
    lot = build_lot([[1, 2], [3, 4]], flags=[[0x80, 0], [0, 0]], kind="multiple", names=["m"] * 2, numbers=[5] * 2)
    tests = lot.tests.set_column(3, lot.tests.schema.field("pin"), [["A", "B"]])
    found = again(replace(lot, tests=tests), tmp_path / "lot.stdf")
    assert found.results["passed"].to_pylist() == [False, True, True, True]
    assert found.repeats.num_rows == 0


def test_sites_that_start_a_test_in_turn_keep_the_order_of_tests(tmp_path: Path) -> None:
    lot = build_lot([[1.0, nan], [nan, 2.0], [3.0, nan]], site=[1, 2])
    found = again(lot, tmp_path / "lot.stdf")
    assert found.tests["name"].to_pylist() == ["T0", "T1", "T2"]


def test_an_order_of_tests_that_no_file_can_have_is_told(tmp_path: Path) -> None:
    lot = build_lot([[nan, 2.0], [3.0, nan]], site=1)
    assert any("another order" in note for note in write_stdf(lot, tmp_path / "lot.stdf"))


def test_a_test_without_readings_is_left_out_and_told(tmp_path: Path) -> None:
    notes = write_stdf(build_lot([[1.0, 2.0], [nan, nan]]), tmp_path / "lot.stdf")
    assert notes == ("1 tests without any reading were left out: STDF names a test only in its readings.",)


def test_limits_of_the_very_first_part_cannot_be_kept_and_are_told(tmp_path: Path) -> None:
    limits = {"test": [0], "part": [0], "low_limit": [0.5], "high_limit": [2.5]}
    notes = write_stdf(build_lot([[1, 2]], low=0, high=3, part_limits=limits), tmp_path / "lot.stdf")
    assert any("limits of single parts" in note for note in notes)


def test_parts_of_several_runs_become_several_streams(tmp_path: Path) -> None:
    lot = build_lot([[1, 2, 3], [4, 5, 6]], run=[1, 0, 1], runs={"lot": ["A", "B"], "temperature": ["25C", "125C"]})
    notes = write_stdf(lot, tmp_path / "lot.stdf")
    found = corecar.read(tmp_path / "lot.stdf")
    assert "The parts were put in the order of their runs." in notes
    assert found.runs["temperature"].to_pylist() == ["25C", "125C"]
    assert found.parts["run"].to_pylist() == [0, 1, 1]
    assert found.matrix(parts="all").tolist() == [[2, 1, 3], [5, 4, 6]]


def test_parts_of_a_wafer_that_comes_back_get_another_wafer_record(tmp_path: Path) -> None:
    lot = build_lot([[1, 2, 3]], wafer=["W1", "W2", "W1"], x=[1, 2, 3], y=[0, 0, 0])
    found = again(lot, tmp_path / "lot.stdf")
    assert found.parts["wafer"].to_pylist() == ["W1", "W2", "W1"]


def test_wafers_on_two_heads_may_be_open_at_once(tmp_path: Path) -> None:
    wafers = {"wafer": ["W1", "W2"], "run": [0, 0], "head": [1, 2]}
    lot = build_lot([[1, 2, 3, 4]], wafer=["W1", "W2", "W1", "W2"], x=[1, 1, 2, 2], y=0, head=[1, 2, 1, 2],
                    wafers=wafers)  # fmt: skip
    found = again(lot, tmp_path / "lot.stdf")
    assert found.wafers["wafer"].to_pylist() == ["W1", "W2"]
    assert found.parts["wafer"].to_pylist() == ["W1", "W2", "W1", "W2"]


def test_a_part_that_never_ended_is_closed_as_one_that_ended_abnormally(shared: Path, tmp_path: Path) -> None:
    lot = corecar.read(shared / "traps" / "07_missing_prr.stdf", on_error="salvage")
    found = again(lot, tmp_path / "lot.stdf")
    assert lot.parts["incomplete"].to_pylist().count(True) == 1
    assert_same(found, lot, but=[*REPORTED, ("parts", "flags")])
    assert found.parts["flags"].to_pylist().count(0x14) == 1


def test_a_text_too_long_for_its_field_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="255"):
        write_stdf(build_lot([[1.0]], names=["n" * 300]), tmp_path / "lot.stdf")
    assert os.listdir(tmp_path) == []


def test_the_first_record_of_a_test_tells_limits_and_the_others_stay_short(tmp_path: Path) -> None:
    lot = build_lot(np.ones((1, 3)), low=0.5, high=2.0)
    write_stdf(lot, tmp_path / "lot.stdf")
    rows = corecar.records(tmp_path / "lot.stdf")["PTR"]
    assert rows["LO_LIMIT"].to_pylist() == [0.5, None, None]
    assert rows["TEST_TXT"].to_pylist() == ["T0"] * 3


def test_a_reading_without_a_verdict_is_counted_as_no_fail(tmp_path: Path) -> None:
    lot = build_lot([[1.0, 2.0, 3.0]], flags=[[FAILED, FAILED | NO_VERDICT, 0]])
    write_stdf(lot, tmp_path / "lot.stdf")
    assert corecar.records(tmp_path / "lot.stdf", ["TSR"])["TSR"]["FAIL_CNT"].to_pylist() == [1]


def test_the_file_says_who_wrote_it(tmp_path: Path) -> None:
    write_stdf(build_lot([[1.0]]), tmp_path / "lot.stdf", modified=1_700_000_000)
    audit = corecar.records(tmp_path / "lot.stdf")["ATR"].to_pylist()
    assert [(row["MOD_TIM"], row["CMD_LINE"]) for row in audit] == [(1_700_000_000, "corecar write")]


def test_a_lot_without_parts_is_a_file_without_parts(tmp_path: Path) -> None:
    lot = build_lot(np.empty((0, 0)))
    found = again(lot, tmp_path / "lot.stdf")
    assert (found.parts.num_rows, found.tests.num_rows, found.runs["lot"].to_pylist()) == (0, 0, ["L1"])


def test_buffers_of_any_size_give_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    lot = build_lot(random.normal(size=(5, 40)).astype(np.float32), site=[1, 2, 3, 4] * 10)
    write_stdf(lot, tmp_path / "whole.stdf", modified=0)
    monkeypatch.setattr("corecar.formats.outputs.stdf.BUFFER", 1000)
    write_stdf(lot, tmp_path / "pieces.stdf", modified=0)
    assert (tmp_path / "pieces.stdf").read_bytes() == (tmp_path / "whole.stdf").read_bytes()
