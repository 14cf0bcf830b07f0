"""One test per trap: a small file that says one thing in a way readers get wrong, and the right answer."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

import corecar
from corecar.errors import DamagedSource, UnsupportedVersion
from corecar.lot import Lot


@pytest.fixture
def traps(shared: Path) -> Path:
    return shared / "traps"


def rows(table: Any, *columns: str) -> list[tuple[Any, ...]]:
    return list(zip(*(table[column].to_pylist() for column in columns), strict=True))


def only_test(lot: Lot) -> dict[str, Any]:
    (test,) = lot.tests.to_pylist()
    return dict(test)


def values(lot: Lot) -> list[float]:
    found: list[float] = lot.results["value"].to_pylist()
    return found


def test_limits_and_units_of_later_records_come_from_the_first(traps: Path) -> None:
    lot = corecar.read(traps / "01_default_limits.stdf")
    test = only_test(lot)
    assert (test["unit"], test["result_scale"]) == ("V", 0)
    assert test["low_limit"] == pytest.approx(0.9)
    assert test["high_limit"] == pytest.approx(1.2)
    assert values(lot) == pytest.approx([1.0, 1.1, 1.2])
    assert lot.part_limits.num_rows == 0


def test_limits_marked_as_default_are_ignored_even_when_present(traps: Path) -> None:
    lot = corecar.read(traps / "02_optflag_usedefault_bits.stdf")
    assert only_test(lot)["low_limit"] == pytest.approx(0.9)
    assert only_test(lot)["high_limit"] == pytest.approx(1.2)
    assert lot.part_limits.num_rows == 0


def test_no_limit_bits_win_over_the_limits_in_the_record(traps: Path) -> None:
    test = only_test(corecar.read(traps / "03_nolimit_bits.stdf"))
    assert (test["low_limit"], test["high_limit"]) == (None, None)


def test_values_and_limits_stay_in_base_units_whatever_the_scale(traps: Path) -> None:
    lot = corecar.read(traps / "04_scal.stdf")
    test = only_test(lot)
    assert values(lot) == pytest.approx([0.00125])
    assert (test["low_limit"], test["high_limit"]) == pytest.approx((0.001, 0.002))
    assert (test["result_scale"], test["low_scale"], test["high_scale"], test["unit"]) == (3, 3, 3, "A")


def test_a_ptr_may_end_after_its_result(traps: Path) -> None:
    lot = corecar.read(traps / "05_short_ptr_no_txt.stdf")
    assert (only_test(lot)["number"], only_test(lot)["name"]) == (100, "")
    assert values(lot) == [1.0]


def test_a_ptr_may_end_after_its_text(traps: Path) -> None:
    lot = corecar.read(traps / "06_ptr_stops_after_txt.stdf")
    assert (only_test(lot)["name"], only_test(lot)["low_limit"]) == ("T", None)
    assert values(lot) == [1.0]


def test_a_part_without_prr_keeps_its_results_and_has_no_bin(traps: Path) -> None:
    lot = corecar.read(traps / "07_missing_prr.stdf", on_error="salvage")
    assert rows(lot.parts, "incomplete", "hard_bin", "passed") == [(True, None, None)]
    assert values(lot) == [1.0]
    assert lot.yield_().first_tested == 0
    with pytest.raises(DamagedSource, match="PIR at byte 66"):
        corecar.read(traps / "07_missing_prr.stdf")


def test_a_cut_record_says_where(traps: Path) -> None:
    path = traps / "08_truncated_mid_record.stdf"
    with pytest.raises(DamagedSource, match="PTR at byte 122: needs 15 bytes, 12 are left") as caught:
        corecar.read(path)
    assert (caught.value.offset, caught.value.record, caught.value.path) == (122, "PTR", path)
    lot = corecar.read(path, on_error="salvage")
    assert rows(lot.parts, "part_id", "incomplete") == [("1", False), (None, True)]
    assert lot.sources[0].salvaged


def test_a_cut_header_says_where(traps: Path) -> None:
    path = traps / "09_truncated_header.stdf"
    with pytest.raises(DamagedSource, match="at byte 116") as caught:
        corecar.read(path)
    assert caught.value.offset == 116
    assert rows(corecar.read(path, on_error="salvage").parts, "incomplete") == [(False,)]


def test_a_second_far_begins_a_new_run(traps: Path) -> None:
    lot = corecar.read(traps / "10_concat_same_endian.stdf")
    assert lot.runs.num_rows == 2
    assert rows(lot.parts, "run", "part_id") == [(0, "1"), (1, "1")]
    assert lot.tests.num_rows == 1
    assert not any(lot.parts["superseded"].to_pylist())


def test_a_second_far_may_change_the_byte_order(traps: Path) -> None:
    lot = corecar.read(traps / "11_concat_le_be.stdf")
    assert [source.endian for source in lot.sources] == ["little", "big"]
    assert values(lot) == [1.0, 2.0]


def test_byte_order_comes_from_the_bytes_not_from_cpu_type(traps: Path, shared: Path) -> None:
    for path in (traps / "12_cputype_lies.stdf", shared / "stdf" / "lying_cpu_type.std"):
        lot = corecar.read(path)
        assert lot.sources[0].endian == "little"
        assert lot.parts.num_rows == 1


def test_one_number_with_two_texts_is_two_tests(traps: Path) -> None:
    lot = corecar.read(traps / "13_same_num_diff_txt.stdf")
    assert rows(lot.tests, "number", "name", "low_limit", "unit") == [(100, "VDD", 0.0, "V"), (100, "IDD", 4.0, "A")]
    assert values(lot) == [1.0, 5.0]


def test_results_belong_to_the_open_part_of_their_site(traps: Path) -> None:
    lot = corecar.read(traps / "14_interleaved_sites.stdf")
    assert rows(lot.parts, "site", "part_id") == [(1, "A"), (2, "B")]
    assert rows(lot.results, "part", "value") == [(0, 1.0), (1, 2.0)]


def test_the_same_site_on_two_heads_is_two_parts(traps: Path) -> None:
    lot = corecar.read(traps / "15_two_heads_same_site.stdf")
    assert rows(lot.parts, "head", "site", "part_id") == [(1, 1, "A"), (2, 1, "B")]
    assert rows(lot.results, "part", "value") == [(0, 1.0), (1, 2.0)]


def test_a_part_flagged_as_superseding_its_part_id_replaces_it(traps: Path) -> None:
    lot = corecar.read(traps / "16_retest_partid_flag.stdf")
    assert rows(lot.parts, "part_id", "passed", "attempt", "superseded") == [
        ("A", False, 1, True),
        ("A", True, 2, False),
    ]
    assert (lot.yield_().first, lot.yield_().final) == (0.0, 1.0)
    assert (lot.retests.identity, lot.retests.units) == ("flag", 1)


def test_a_part_flagged_as_superseding_its_place_replaces_it(traps: Path) -> None:
    lot = corecar.read(traps / "17_retest_xy_flag.stdf")
    assert rows(lot.parts, "x", "y", "superseded") == [(3, 4, True), (3, 4, False)]
    assert corecar.read(traps / "17_retest_xy_flag.stdf", identity="flag").retests.superseded == 1


@pytest.mark.parametrize(
    ("choice", "superseded", "final_good"),
    [("last", [True, False], 1), ("first", [False, True], 0), ("best", [True, False], 1), ("all", [False, False], 1)],
)
def test_an_unflagged_repeat_at_one_place_follows_the_chosen_rule(
    traps: Path, choice: Any, superseded: list[bool], final_good: int
) -> None:
    lot = corecar.read(traps / "18_retest_no_flag_same_xy.stdf", retest=choice)
    assert lot.parts["superseded"].to_pylist() == superseded
    assert lot.yield_().final_good == final_good
    assert (lot.retests.identity, lot.retests.units) == ("xy", 1)
    assert corecar.read(traps / "18_retest_no_flag_same_xy.stdf", identity="flag").retests.units == 0


def test_invalid_and_unexecuted_results_stay_out_of_the_matrix(traps: Path) -> None:
    lot = corecar.read(traps / "19_result_invalid_flag.stdf")
    assert [flags & 0xFF for flags in lot.results["flags"].to_pylist()] == [0x02, 0x10]
    assert all(math.isnan(value) for value in lot.matrix().ravel().tolist())


def test_text_that_is_not_utf_8_is_latin_1_unless_told(traps: Path) -> None:
    path = traps / "20_latin1_cn.stdf"
    assert (only_test(corecar.read(path))["name"], only_test(corecar.read(path))["unit"]) == ("µA °C", "µA")
    assert only_test(corecar.read(path, encoding="iso8859_5"))["name"] != "µA °C"


def test_a_mir_may_end_early(traps: Path) -> None:
    lot = corecar.read(traps / "21_short_mir.stdf")
    assert lot.parts.num_rows == 1
    assert lot.runs["operator"].to_pylist() == [None]


def test_bytes_behind_the_known_fields_are_skipped(traps: Path) -> None:
    lot = corecar.read(traps / "22_reclen_longer_than_fields.stdf")
    assert rows(lot.parts, "head", "site", "passed") == [(1, 1, True)]


def test_an_unknown_record_is_kept_raw_and_counted(traps: Path) -> None:
    path = traps / "23_unknown_record.stdf"
    lot = corecar.read(path)
    assert lot.sources[0].records["180.1"] == 1
    assert not lot.sources[0].salvaged
    assert corecar.records(path)["180.1"]["raw"].to_pylist() == [b"vendor"]


@pytest.mark.parametrize("name", ["24_vur_2007_single.stdf", "25_vur_2007_1_array.stdf"])
def test_both_layouts_of_vur_are_read(traps: Path, name: str) -> None:
    lot = corecar.read(traps / name)
    assert lot.sources[0].version == "V4-2007"
    assert lot.parts.num_rows == 1
    assert corecar.records(traps / name)["VUR"].num_rows == 1


def test_a_text_outside_parts_is_kept_and_a_prr_without_pir_told(traps: Path) -> None:
    path = traps / "26_dtr_outside_and_prr_no_pir.stdf"
    lot = corecar.read(path, on_error="salvage")
    assert rows(lot.texts, "kind", "text", "part") == [("DTR", "hello", None)]
    assert rows(lot.parts, "part_id", "incomplete") == [("1", False)]
    assert any("PRR without a PIR" in warning for warning in lot.sources[0].warnings)
    with pytest.raises(DamagedSource, match="PRR at byte 76"):
        corecar.read(path)


def test_a_gdr_of_every_type_is_read(traps: Path) -> None:
    lot = corecar.read(traps / "27_gdr_all_types.stdf")
    assert lot.texts["text"].to_pylist() == ["7|9|txt|6162|9:ff01|5|1.5"]


def test_an_ftr_may_end_after_its_flags(traps: Path) -> None:
    lot = corecar.read(traps / "28_ftr_short.stdf")
    assert (only_test(lot)["kind"], only_test(lot)["number"]) == ("functional", 300)
    assert lot.results["passed"].to_pylist() == [True]
    assert math.isnan(values(lot)[0])


def test_an_mpr_has_one_row_per_pin_and_pads_odd_nibbles(traps: Path) -> None:
    lot = corecar.read(traps / "29_mpr_nibbles_odd.stdf")
    assert rows(lot.tests, "name", "pin", "kind") == [("M", pin, "multiple") for pin in ("1", "2", "3")]
    assert values(lot) == [1.0, 2.0, 3.0]
    assert corecar.records(traps / "29_mpr_nibbles_odd.stdf")["MPR"]["RTN_STAT"].to_pylist() == [[1, 2, 3]]


def test_a_file_of_nothing_but_far_is_an_empty_lot(traps: Path) -> None:
    lot = corecar.read(traps / "30_empty_after_far.stdf")
    assert (lot.parts.num_rows, lot.tests.num_rows, len(lot.measurements)) == (0, 0, 0)
    assert lot.yield_().final is None
    assert lot.matrix().shape == (0, 0)


def test_infinite_limits_stay_infinite(traps: Path) -> None:
    test = only_test(corecar.read(traps / "31_float_inf_limit.stdf"))
    assert (test["low_limit"], test["high_limit"]) == (-math.inf, math.inf)


def test_stdf_v3_is_refused_with_its_version(traps: Path) -> None:
    with pytest.raises(UnsupportedVersion, match="STDF of version 3"):
        corecar.read(traps / "32_v3_far.stdf")


def test_head_0_and_site_0_are_ordinary(traps: Path) -> None:
    lot = corecar.read(traps / "33_site0_head0.stdf")
    assert rows(lot.parts, "head", "site", "incomplete") == [(0, 0, False)]


def test_summaries_of_head_255_are_not_added_to_those_of_sites(traps: Path) -> None:
    lot = corecar.read(traps / "34_site255_head255_summary.stdf")
    assert rows(lot.bins, "kind", "bin", "name", "final", "reported") == [
        ("hard", 1, "G", 1, 1),
        ("soft", 1, None, 1, None),
    ]


def test_a_record_of_no_bytes_is_a_record(traps: Path) -> None:
    lot = corecar.read(traps / "35_zero_length_eps.stdf")
    assert (lot.sources[0].records["BPS"], lot.sources[0].records["EPS"]) == (1, 1)


def test_every_member_of_a_gzip_is_read(traps: Path) -> None:
    lot = corecar.read(traps / "36_gz_multimember.stdf.gz")
    assert lot.sources[0].compression == "gzip"
    assert [source.records["PRR"] for source in lot.sources] == [1, 1]
    assert all("MRR" in source.records for source in lot.sources)
    assert corecar.records(traps / "36_gz_multimember.stdf.gz")["PTR"].num_rows == 2


def test_a_cut_gzip_keeps_every_whole_record(traps: Path) -> None:
    path = traps / "37_gz_truncated.stdf.gz"
    with pytest.raises(DamagedSource, match="gzip data is cut short after"):
        corecar.read(path)
    lot = corecar.read(path, on_error="salvage")
    assert lot.sources[0].salvaged
    assert lot.parts.num_rows == 1006
    assert int(lot.parts["incomplete"].to_numpy().sum()) == 1
    assert lot.yield_().first_tested == 1005


def test_a_cpu_type_that_contradicts_the_bytes_is_told(shared: Path) -> None:
    lot = corecar.read(shared / "stdf" / "lying_cpu_type.std")
    assert lot.sources[0].warnings[0] == "CPU_TYPE 1 says otherwise, but the records are little endian."
    assert not lot.sources[0].salvaged


def test_a_file_that_says_it_comes_from_a_vax_is_told_to_be_read_as_ieee(traps: Path, tmp_path: Path) -> None:
    content = bytearray((traps / "01_default_limits.stdf").read_bytes())
    content[4] = 0
    path = tmp_path / "vax.stdf"
    path.write_bytes(content)
    lot = corecar.read(path)
    assert values(lot) == pytest.approx([1.0, 1.1, 1.2])
    assert lot.sources[0].warnings[0].startswith("CPU_TYPE 0 is a VAX, but the numbers are in IEEE form")


def test_bytes_behind_the_fields_of_a_part_are_told(shared: Path) -> None:
    lot = corecar.read(shared / "stdf" / "lying_cpu_type.std")
    assert lot.sources[0].warnings[1].startswith("1 PRR longer than its fields (first at byte 65);")
    assert not lot.sources[0].salvaged
