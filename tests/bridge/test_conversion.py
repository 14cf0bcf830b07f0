"""One format into another, by the extension of the target."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from tests.same_lots import assert_same

import corecar
from corecar.bridge.files.conversion import convert
from corecar.bridge.files.editing import anonymise
from corecar.errors import ArgumentError, DamagedSource, OutputError, SourceMissing


def test_a_real_lot_travels_through_every_format(real_lot: Path, tmp_path: Path) -> None:
    lot = corecar.read(real_lot)
    convert(real_lot, tmp_path / "a.parquet")
    convert(tmp_path / "a.parquet", tmp_path / "b.stdf.gz", big_endian=True)
    assert_same(corecar.read(tmp_path / "b.stdf.gz"), lot)
    done = convert(tmp_path / "b.stdf.gz", tmp_path / "c.csv")
    assert done.written == (tmp_path / "c.csv", tmp_path / "c.csv.toml")
    convert(tmp_path / "c.csv", tmp_path / "d.stdf")
    found = corecar.read(tmp_path / "d.stdf")
    assert np.array_equal(found.matrix(), lot.matrix(), equal_nan=True)
    assert found.yield_() == lot.yield_()
    assert convert(tmp_path / "d.stdf", tmp_path / "e.xlsx").written == (tmp_path / "e.xlsx",)


def test_atdf_becomes_stdf(shared: Path, tmp_path: Path) -> None:
    source = shared / "stdf" / "galaxy_spec_sample.atdf"
    convert(source, tmp_path / "lot.stdf", on_error="salvage")
    assert corecar.read(tmp_path / "lot.stdf").tests.num_rows == corecar.read(source, on_error="salvage").tests.num_rows


def test_what_the_target_cannot_hold_is_told(real_lot: Path, tmp_path: Path) -> None:
    done = convert(real_lot, tmp_path / "lot.csv")
    assert any(note.startswith("Left out: 785 texts") for note in done.notes)


def test_progress_reaches_the_end(real_lot: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    convert(real_lot, tmp_path / "lot.parquet", progress=lambda done, total: seen.append((done, total)))
    size = real_lot.stat().st_size
    assert seen[-1] == (size, size)


def test_a_mapping_may_be_given(tmp_path: Path) -> None:
    (tmp_path / "lot.csv").write_text("Part,A\n1,1.5\n", encoding="utf-8")
    (tmp_path / "tester.toml").write_text('[parts]\npart_id = "Part"\n', encoding="utf-8")
    convert(tmp_path / "lot.csv", tmp_path / "lot.stdf", mapping=tmp_path / "tester.toml")
    assert corecar.read(tmp_path / "lot.stdf").results["value"].to_pylist() == [1.5]


def test_the_source_is_never_overwritten(real_lot: Path, tmp_path: Path) -> None:
    copy = tmp_path / "lot.stdf"
    convert(real_lot, copy)
    before = copy.read_bytes()
    with pytest.raises(OutputError, match="never overwritten"):
        convert(copy, copy)
    assert copy.read_bytes() == before


def test_an_unknown_target_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"\.xlsx"):
        convert(tmp_path / "none.stdf", tmp_path / "lot.docx")
    with pytest.raises(SourceMissing):
        convert(tmp_path / "none.stdf", tmp_path / "lot.csv")


def test_damage_is_raised_or_salvaged(shared: Path, tmp_path: Path) -> None:
    source = shared / "traps" / "08_truncated_mid_record.stdf"
    with pytest.raises(DamagedSource):
        convert(source, tmp_path / "lot.parquet")
    assert not (tmp_path / "lot.parquet").exists()
    convert(source, tmp_path / "lot.parquet", on_error="salvage")
    assert corecar.read(tmp_path / "lot.parquet").sources[0].salvaged


@pytest.fixture
def damaged(real_lot: Path, tmp_path: Path) -> Path:
    """A real lot with one wrong length in its middle: what can be salvaged of it looks whole."""
    content = bytearray(gzip.decompress(real_lot.read_bytes()))
    place = corecar.records(real_lot, ["PTR"])["PTR"]["offset"][1000].as_py()
    content[place : place + 2] = b"\xff\xff"
    path = tmp_path / "damaged.stdf"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("first", ["copy.stdf", "copy.csv", "copy.parquet", "shared.stdf"])
def test_a_salvaged_copy_says_that_records_were_lost(damaged: Path, tmp_path: Path, first: str) -> None:
    if first == "shared.stdf":
        anonymise(damaged, tmp_path / first, on_error="salvage")
    else:
        convert(damaged, tmp_path / first, on_error="salvage")
    convert(tmp_path / first, tmp_path / "last.csv")
    for copy in (tmp_path / first, tmp_path / "last.csv"):
        reasons = corecar.grade(copy).hold
        assert [reason for reason in reasons if str(copy) in reason or "damaged.stdf" in reason]
        assert any("parts may be missing. Find a whole copy first." in reason for reason in reasons)


def test_a_whole_file_gets_no_mark_when_it_is_salvaged(real_lot: Path, tmp_path: Path) -> None:
    convert(real_lot, tmp_path / "copy.stdf", on_error="salvage")
    assert (tmp_path / "copy.stdf").read_bytes() == gzip.decompress(real_lot.read_bytes())
