"""Lots read apart and joined are what a reader of all their files finds; CSV datalogs of one lot count as one lot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.same_lots import assert_same

import corecar
from corecar.errors import ArgumentError
from corecar.formats.filed_runs import FiledRun, read_runs
from corecar.formats.joined_lots import Piece, join_lots
from corecar.lot import Lot

HEADER = "Lot: A123\nDevice,SN74\n\nPart,X,Y,HBin,VDD[V],IDD[mA]\nLSL,,,,1.1,\nUSL,,,,{high},5\n"
MAPPING = """[file]
[lot]
lot = { line = "Lot" }
product = { line = "Device" }
temperature = { text = "25C" }
[parts]
part_id = "Part"
x = "X"
y = "Y"
hard_bin = "HBin"
wafer = { text = "W1" }
[tests]
header = "{name}[{unit}]"
rows = { low_limit = "LSL", high_limit = "USL" }
"""


def datalog(folder: Path, name: str, *rows: str, high: str = "1.3") -> Path:
    """A CSV datalog with its mapping beside it."""
    path = folder / name
    path.write_text(HEADER.format(high=high) + "\n".join(rows) + "\n", encoding="utf-8")
    path.with_name(f"{name}.toml").write_text(MAPPING, encoding="utf-8")
    return path


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return datalog(tmp_path, "first.csv", "1,0,0,1,1.2,3.3", "2,1,0,7,1.35,4", "3,2,0,1,1.25,3")


@pytest.fixture
def again(tmp_path: Path) -> Path:
    """The failing part of `first` once more, and a part that was not tested before."""
    return datalog(tmp_path, "again.csv", "1,1,0,1,1.28,4", "2,3,0,1,1.22,2")


def joined(paths: list[Path], facts: Mapping[str, Any] | None = None) -> Lot:
    pieces = [Piece(replace(corecar.read(path, identity="none"), notes=()), facts or {}) for path in paths]
    return join_lots(pieces, identity="auto", choice="last")[0]


def test_files_read_apart_and_joined_are_the_files_read_together(tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.stdf" for name in "ab"]
    for seed, path in enumerate(files, 1):
        corecar.simulate_lot(path, wafers=2, dies=120, tests=12, seed=seed)
    files[1].write_bytes(files[1].read_bytes().replace(b"SIM00002", b"SIM00001"))
    wanted = corecar.read(files)
    found = joined(files)
    assert_same(found, wanted)
    assert (found.yield_(), found.retests) == (wanted.yield_(), wanted.retests)
    assert found.retests.superseded > sum(corecar.read(path).retests.superseded for path in files)


def test_real_files_read_apart_and_joined_are_the_files_read_together(real_lot: Path) -> None:
    files = [real_lot, real_lot.with_name("a530_lot3.stdf.gz")]
    wanted = corecar.read(files)
    found = joined(files)
    assert_same(found, wanted)
    assert (found.yield_(), found.retests) == (wanted.yield_(), wanted.retests)
    assert found.notes == wanted.notes


def test_one_datalog_reads_as_it_does_by_itself(first: Path) -> None:
    found, wanted = read_runs([FiledRun(first)]).lot, corecar.read(first)
    assert_same(found, wanted)
    assert (found.yield_(), found.retests, found.notes) == (wanted.yield_(), wanted.retests, wanted.notes)


def test_datalogs_of_one_lot_are_one_lot_and_a_die_tested_again_counts_once(first: Path, again: Path) -> None:
    found = read_runs([FiledRun(first), FiledRun(again, name="D:/again.csv")])
    assert found.given == (0, 1)
    lot = found.lot
    assert (lot.parts.num_rows, lot.tests["name"].to_pylist()) == (5, ["VDD", "IDD"])
    assert lot.parts["superseded"].to_pylist() == [False, True, False, False, False]
    assert lot.yield_() == corecar.lot.Yield(4, 3, 4, 4, 0)
    assert [round(value, 2) for value in lot.matrix()[0].tolist()] == [1.2, 1.25, 1.28, 1.22]
    assert lot.runs["source"].to_pylist() == [str(first), "D:/again.csv"]
    assert [source.path for source in lot.sources] == [str(first), "D:/again.csv"]
    assert not any(str(again) in note for note in lot.notes)


def test_datalogs_joined_are_the_same_testing_written_as_stdf_and_read_together(
    first: Path, again: Path, tmp_path: Path
) -> None:
    written = [tmp_path / "first.stdf", tmp_path / "again.stdf"]
    for path, target in zip((first, again), written, strict=True):
        corecar.write(corecar.read(path), target)
    facts = {"stage": "wafer sort"}
    wanted = read_runs([FiledRun(path, facts=facts) for path in written]).lot
    mixed = read_runs([FiledRun(first, facts=facts), FiledRun(written[1], facts=facts)]).lot
    for found in (read_runs([FiledRun(first, facts=facts), FiledRun(again, facts=facts)]).lot, mixed):
        assert_same(found, wanted, tables=("parts", "results", "repeats", "part_limits"))
        assert (found.yield_(), found.retests) == (wanted.yield_(), wanted.retests)


def test_limits_that_a_later_datalog_has_otherwise_stand_with_its_parts(first: Path, tmp_path: Path) -> None:
    other = datalog(tmp_path, "other.csv", "1,5,0,1,1.2,3.3", "2,6,0,1,1.25,4", high="1.4")
    lot = read_runs([FiledRun(first), FiledRun(other)]).lot
    limits = [(row["test"], row["part"], round(row["high_limit"], 2)) for row in lot.part_limits.to_pylist()]
    assert limits == [(0, 3, 1.4), (0, 4, 1.4)]
    assert [round(value, 2) for value in lot.tests["high_limit"].to_pylist()] == [1.3, 5.0]
    assert any("1 test(s) are described with other limits later" in note for note in lot.notes)


def test_a_datalog_is_filed_otherwise_than_it_says_and_that_is_told(first: Path, again: Path) -> None:
    facts = {"lot": "B7", "temperature": "125", "test_pass": 2}
    lot = read_runs([FiledRun(first, facts=facts), FiledRun(again, facts={"lot": "B7", "temperature": "25"})]).lot
    assert lot.runs.select(["lot", "temperature", "test_pass"]).to_pylist() == [
        {"lot": "B7", "temperature": "125", "test_pass": 2},
        {"lot": "B7", "temperature": "25", "test_pass": 1},
    ]
    assert lot.retests.superseded == 0
    assert lot.notes[0].startswith(
        'Facts stand as the runs are filed, not as the tester wrote them: lot "A123" as "B7"'
    )


def test_a_datalog_stored_twice_counts_once_and_one_named_twice_is_refused(first: Path, tmp_path: Path) -> None:
    copy = datalog(tmp_path, "copy.csv", *first.read_text(encoding="utf-8").splitlines()[6:])
    found = read_runs([FiledRun(first), FiledRun(copy)])
    assert (found.given, found.lot.parts.num_rows) == ((0,), 3)
    assert f"{copy} holds the same testing as {first} and was left out." in found.lot.notes
    with pytest.raises(ArgumentError, match="named twice"):
        read_runs([FiledRun(first), FiledRun(first)])
    with pytest.raises(ArgumentError, match="stream 1: the datalog holds 1 run"):
        read_runs([FiledRun(first, 1)])


def test_each_run_has_an_encoding_of_its_own(tmp_path: Path) -> None:
    files = [tmp_path / "gbk.stdf", tmp_path / "utf8.stdf"]
    for seed, path in enumerate(files, 1):
        corecar.simulate_lot(path, wafers=1, dies=60, tests=8, seed=seed)
    for path, codec in zip(files, ("gbk", "utf-8"), strict=True):
        name = "晶".encode(codec)
        path.write_bytes(path.read_bytes().replace(b"SIM0000", name + b"SIM0000"[len(name) :]))
    lots = read_runs([FiledRun(files[0], encoding="gbk"), FiledRun(files[1])]).lot.runs["lot"].to_pylist()
    assert [name[0] for name in lots] == ["晶", "晶"]
