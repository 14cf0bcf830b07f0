"""Yields from parts alone equal those of the files read together: simulated, real and trapped ones."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.formats.test_filed_runs import LOT, files, passes

import corecar
from corecar.errors import ArgumentError, CorecarError
from corecar.formats.filed_runs import FiledRun, read_runs
from corecar.formats.merged_yields import COLUMNS, LotYields, yields
from corecar.formats.retests import CHOICES
from corecar.formats.stdf.encode import encode_record
from corecar.lot import Lot

__all__ = ["files", "passes"]  # fixtures used below


def at_rest(lot: Lot, run: str, table: str) -> Any:
    """A table of a lot of one run as it is stored: the run's name in place of its number, plain texts."""
    found = getattr(lot, table)
    columns = {name: column.cast(pa.string()) if name == "wafer" else column for name, column in
               zip(found.column_names, found.columns, strict=True)}  # fmt: skip
    return pa.table(columns | {"run": pa.array([run] * found.num_rows, pa.string())})


def from_parts(paths: list[Path], facts: list[dict[str, Any]] | None = None, **choice: Any) -> LotYields:
    """The yields of files that were read and stored one by one, in no order, only the columns needed."""
    tables: dict[str, list[Any]] = {"parts": [], "texts": [], "wafers": []}
    rows = []
    for path, stated in zip(paths, facts or [{}] * len(paths), strict=True):
        lot = corecar.read(path, on_error="salvage")
        assert lot.runs.num_rows == 1
        rows.append(lot.runs.to_pylist()[0] | stated | {"run": str(path)})
        for name, found in tables.items():
            found.append(at_rest(lot, str(path), name))
    joined = {name: pa.concat_tables(found) for name, found in tables.items()}
    parts = joined["parts"].select(COLUMNS)
    shuffled = parts.take(pa.array(np.random.default_rng(5).permutation(parts.num_rows)))
    return yields(shuffled, rows, texts=joined["texts"], wafers=joined["wafers"], **choice)


def assert_as_read(found: LotYields, lot: Lot) -> None:
    """Total, retests, bins and every wafer as the lot has them."""
    whole = found.whole
    assert whole.total == lot.yield_()
    assert whole.retests == lot.retests
    counted = [row for row in lot.bins.to_pylist() if row["first"] or row["final"]]
    keys = ("kind", "bin", "first", "final")
    assert [[row[key] for key in keys] for row in whole.bins.to_pylist() if row["first"] or row["final"]] == [
        [row[key] for key in keys] for row in counted
    ]
    names, final, first = lot.parts["wafer"].to_pylist(), lot.final, lot.first
    assert list(whole.wafers) == [name for name in dict.fromkeys(names) if name is not None]
    for wafer, one in whole.wafers.items():
        on = np.array([name == wafer for name in names])
        assert (one.first_tested, one.first_good) == (int((on & first).sum()), int((on & first & lot.passed).sum()))
        if lot.retests.identity != "none":
            assert (one.final_tested, one.final_good) == (int((on & final).sum()), int((on & final & lot.passed).sum()))


@pytest.mark.parametrize("retest", ["first", "last", "best", "all"])
def test_probings_of_one_wafer_in_two_files(files: dict[str, Path], retest: Any) -> None:
    paths = [files["first"], files["right"]]
    assert_as_read(from_parts(paths, retest=retest), corecar.read(paths, retest=retest))


def test_a_corrected_lot_counts_as_corrected(files: dict[str, Path]) -> None:
    paths, facts = [files["first"], files["typo"]], [{}, {"lot": LOT.decode()}]
    runs = [FiledRun(path, facts=stated) for path, stated in zip(paths, facts, strict=True)]
    found = from_parts(paths, facts)
    assert_as_read(found, read_runs(runs).lot)
    assert found.whole.total != from_parts(paths).whole.total


def test_passes_at_final_test_in_any_order(passes: dict[str, Path]) -> None:
    paths = [passes["right"], passes["first"]]
    found = from_parts(paths)
    lot = corecar.read(paths)
    assert lot.retests.identity == "none"
    assert lot.yield_().final_good > lot.yield_().first_good
    assert_as_read(found, lot)


def test_the_bins_of_parts_without_identity_are_those_of_the_final_yield(passes: dict[str, Path]) -> None:
    """A part that a retest pass recovered leaves its fail bin: no bin counts an attempt that the yield does not."""
    paths = [passes["first"], passes["right"]]
    lot = corecar.read(paths)
    total, last = lot.yield_(), lot.parts.filter(pc.equal(lot.parts["attempt"], pc.max(lot.parts["attempt"])))
    fails = pc.sum(pc.invert(last["passed"]).cast("int64")).as_py()
    for kind in ("hard", "soft"):
        for bins in (lot.bins, from_parts(paths).whole.bins):
            rows = [row for row in bins.to_pylist() if row["kind"] == kind]
            assert sum(row["final"] for row in rows if row["passed"]) == total.final_good
            assert sum(row["final"] for row in rows if not row["passed"]) == fails
            assert sum(row["first"] for row in rows) == total.first_tested


def test_an_identity_that_is_asked_for(passes: dict[str, Path]) -> None:
    paths = [passes["first"], passes["right"]]
    assert_as_read(from_parts(paths, identity="part_id"), corecar.read(paths, identity="part_id"))


def test_each_insertion_has_the_yields_of_its_files_alone(files: dict[str, Path], passes: dict[str, Path]) -> None:
    """At sort the dies are told apart by X/Y, at final test by nothing: neither decides for the other."""
    sort, final = [files["first"], files["right"]], [passes["first"], passes["right"]]
    found = from_parts([*final, *sort])
    assert found.whole.total == corecar.read([*final, *sort]).yield_()
    by_stage = {one.stage: one for one in found.insertions}
    assert set(by_stage) == {"wafer sort", "final test"}
    for stage, paths in (("wafer sort", sort), ("final test", final)):
        lot = corecar.read(paths)
        assert by_stage[stage].yields.total == lot.yield_()
        assert by_stage[stage].yields.retests == lot.retests
        assert set(by_stage[stage].runs) == {str(path) for path in paths}
    assert (by_stage["final test"].test_code, by_stage["final test"].temperature) == ("FT1", "125C")


def test_the_real_lot_alone_and_with_its_second_wafer(real_lot: Path) -> None:
    second = real_lot.with_name("a530_lot3.stdf.gz")
    assert_as_read(from_parts([real_lot]), corecar.read(real_lot))
    found = from_parts([second, real_lot])
    assert_as_read(found, corecar.read([second, real_lot]))
    assert {name: one.final_good for name, one in found.whole.wafers.items()} == {
        "GAL-LOT-02": 1389,
        "GAL-LOT-03": 1377,
    }


def test_every_shared_file_that_holds_one_run(shared: Path) -> None:
    compared = 0
    for path in sorted([*(shared / "stdf").iterdir(), *(shared / "traps").iterdir()]):
        try:
            lot = corecar.read(path)
        except CorecarError:
            continue
        if lot.runs.num_rows == 1 and lot.parts.num_rows:
            assert_as_read(from_parts([path]), lot)
            compared += 1
    assert compared > 10


def test_a_lot_in_memory_gives_its_own_yield(fictional_lot: Path) -> None:
    lot = corecar.read(fictional_lot)
    assert_as_read(yields(lot.parts, lot.runs.to_pylist()), lot)


def test_parts_of_a_run_without_facts_are_refused(fictional_lot: Path) -> None:
    lot = corecar.read(fictional_lot)
    with pytest.raises(ArgumentError, match="parts are of run 0, which has no row of `runs`"):
        yields(lot.parts, [{"run": 7, "lot": "L"}])


@st.composite
def drawn_run(draw: st.DrawFn, start: int) -> bytes:
    """One small file: few lots, wafers, places, counters, bar codes and chip identities that collide."""
    mir = {
        "LOT_ID": draw(st.sampled_from("AB")), "TEST_COD": draw(st.sampled_from("XY")), "PART_TYP": "P",
        "TST_TEMP": draw(st.sampled_from(["25", "125"])), "RTST_COD": draw(st.sampled_from("NY2")),
        "START_T": draw(st.sampled_from([0, start, 9])),
    }  # fmt: skip
    records: list[tuple[str, dict[str, Any]]] = [("FAR", {"CPU_TYPE": 2, "STDF_VER": 4}), ("MIR", mir)]
    wafers = draw(st.lists(st.sampled_from(["", "W1", "W2"]), max_size=3).filter(lambda names: names.count("") < 2))
    texts, chips, ends = draw(st.booleans()), draw(st.booleans()), [0, 0, 0, 1, 2, 8, 16, 4]
    spans: list[str | None] = [*wafers] or [None]
    for wafer in spans:
        if wafer is not None:
            records.append(("WIR", {"HEAD_NUM": 1, "WAFER_ID": wafer}))
        for _ in range(draw(st.integers(0, 6))):
            records.append(("PIR", {"HEAD_NUM": 1, "SITE_NUM": 1}))
            place = {"X_COORD": draw(st.integers(0, 1)), "Y_COORD": 0} if draw(st.integers(0, 5)) else {}
            number = draw(st.integers(1, 4))
            if chips:
                name = {"code": "Cn", "value": "ECID"}
                records.append(("GDR", {"GEN_DATA": [name, {"code": "U2", "value": str(draw(st.integers(0, 9)))}]}))
            prr = {"HEAD_NUM": 1, "SITE_NUM": 1, "NUM_TEST": 0, "PART_FLG": draw(st.sampled_from(ends)),
                   "HARD_BIN": number, "SOFT_BIN": 65535, "X_COORD": -32768, "Y_COORD": -32768, "TEST_T": 0,
                   "PART_ID": str(number), "PART_TXT": f"K{draw(st.integers(0, 9))}" if texts else ""}  # fmt: skip
            if draw(st.integers(0, 7)):
                records.append(("PRR", prr | place))
        if wafer is not None:
            records.append(("WRR", {"HEAD_NUM": 1, "FINISH_T": 1, "PART_CNT": 0}))
    return b"".join(encode_record(name, values, big_endian=False) for name, values in records)


@given(st.lists(st.integers(0, 3).flatmap(drawn_run), min_size=1, max_size=3, unique=True), st.sampled_from(CHOICES))
@settings(max_examples=200)
def test_whatever_runs_say_their_parts_give_the_yield_of_their_files(contents: list[bytes], retest: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{place}.stdf" for place in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        lot = corecar.read(paths, retest=retest, on_error="salvage")
        assume(lot.runs.num_rows == len(paths))  # two files of the same testing count once when they are read
        assert_as_read(from_parts(paths, retest=retest), lot)


def test_parts_on_several_wafers_without_a_name_have_no_place_and_it_is_told(tmp_path: Path) -> None:
    begin: list[tuple[str, dict[str, Any]]] = [("FAR", {"CPU_TYPE": 2, "STDF_VER": 4}), ("MIR", {"LOT_ID": "A"})]
    prr = {"HEAD_NUM": 1, "SITE_NUM": 1, "PART_FLG": 0, "NUM_TEST": 0, "HARD_BIN": 1, "X_COORD": 3, "Y_COORD": 4}
    wafer = [("WIR", {"HEAD_NUM": 1}), ("PIR", {"HEAD_NUM": 1, "SITE_NUM": 1}), ("PRR", prr), ("WRR", {"HEAD_NUM": 1})]
    path = tmp_path / "nameless.stdf"
    path.write_bytes(
        b"".join(encode_record(name, values, big_endian=False) for name, values in [*begin, *wafer, *wafer])
    )
    found = from_parts([path]).whole
    assert found.total == corecar.read(path).yield_()
    assert (
        found.notes[0] == "2 part(s) lie on several wafers without a name in one run; each counts as a unit of its own."
    )
