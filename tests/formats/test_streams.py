"""A file as the runs it holds: every stream alone, with the place of its bytes."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from pathlib import Path

import pytest
from tests.lots import build_lot
from tests.same_lots import assert_same

import corecar
from corecar.errors import ArgumentError, DamagedSource, UnknownFormat
from corecar.formats import read_streams
from corecar.formats.streams import run_ids


def stdf_bytes(tmp_path: Path, name: str, value: float) -> bytes:
    lot = build_lot([[value, value + 1]], runs={"lot": [name], "stage": ["final test"]})
    corecar.write(lot, tmp_path / f"{name}.stdf")
    return (tmp_path / f"{name}.stdf").read_bytes()


@pytest.fixture
def pieces(tmp_path: Path) -> list[bytes]:
    return [stdf_bytes(tmp_path, name, value) for name, value in (("A", 1.0), ("B", 2.0), ("C", 3.0))]


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_plain_file_is_one_stream_whose_id_is_the_hash_of_its_content(pieces: list[bytes], tmp_path: Path) -> None:
    streams = read_streams(tmp_path / "A.stdf")
    assert [(one.start, one.stop, one.member) for one in streams] == [(0, len(pieces[0]), None)]
    assert_same(streams[0].lot, corecar.read(tmp_path / "A.stdf"))
    (tmp_path / "A.stdf").unlink()
    assert run_ids(tmp_path / "A.stdf", streams, "told") == ["told"]


@pytest.mark.parametrize("packed", [False, True])
def test_each_stream_of_a_concatenated_file_is_a_lot_of_its_own(
    pieces: list[bytes], tmp_path: Path, packed: bool
) -> None:
    content = b"".join(pieces)
    path = tmp_path / "all.stdf"
    path.write_bytes(gzip.compress(content) if packed else content)
    streams = read_streams(path)
    assert [content[one.start : one.stop] for one in streams] == pieces
    assert [one.lot.runs["lot"].to_pylist() for one in streams] == [["A"], ["B"], ["C"]]
    assert run_ids(path, streams, sha(content)) == [sha(piece) for piece in pieces]


def test_streams_across_the_windows_of_a_packed_file_keep_their_places(
    pieces: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corecar.formats.windows.ROOM", 256)
    monkeypatch.setattr("corecar.formats.windows.LEFT_OVER", 4096)
    path = tmp_path / "all.stdf.gz"
    path.write_bytes(gzip.compress(b"".join(pieces)))
    content = b"".join(pieces)
    assert [content[one.start : one.stop] for one in read_streams(path)] == pieces


def test_the_same_testing_twice_in_a_file_is_two_streams_of_one_id(pieces: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "twice.stdf"
    path.write_bytes(pieces[0] * 2)
    assert run_ids(path, read_streams(path), "unused") == [sha(pieces[0])] * 2


def test_members_of_a_zip_are_told_by_name_and_known_by_their_content(pieces: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "day.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, piece in zip("AB", pieces, strict=False):
            archive.writestr(f"{name}.stdf", piece)
    streams = read_streams(path)
    assert [(one.member, one.start, one.stop) for one in streams] == [
        ("A.stdf", 0, len(pieces[0])),
        ("B.stdf", 0, len(pieces[1])),
    ]
    assert run_ids(path, streams, "hash of the zip") == [sha(piece) for piece in pieces[:2]]


def test_a_run_packed_alone_in_a_zip_has_the_id_of_the_plain_file(pieces: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "one.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("A.stdf", pieces[0])
    assert run_ids(path, read_streams(path), "hash of the zip") == [sha(pieces[0])]


ATDF = b"FAR:A|4|2|U\nMIR:L1|P|J\nPIR:1|0\nPTR:1|1|0|2.5|P\nPRR:1|0|1|1|P\nMRR:\n"


def test_an_atdf_is_one_stream_over_all_its_text(tmp_path: Path) -> None:
    path = tmp_path / "lot.atdf"
    path.write_bytes(ATDF)
    (one,) = read_streams(path)
    assert (one.start, one.stop) == (0, len(ATDF))
    assert one.lot.parts.num_rows == 1


def test_several_atdf_files_in_one_are_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "two.atdf"
    path.write_bytes(ATDF + ATDF)
    with pytest.raises(UnknownFormat, match=r"2 ATDF files.*Split it before each FAR line"):
        read_streams(path)


@pytest.mark.parametrize("name", ["lot.csv", "lot.parquet"])
def test_a_datalog_and_a_parquet_folder_are_one_stream(tmp_path: Path, name: str) -> None:
    corecar.write(build_lot([[1.0, 2.0]]), tmp_path / name)
    (one,) = read_streams(tmp_path / name)
    assert (one.start, one.stop, one.member) == (0, None, None)
    assert_same(one.lot, corecar.read(tmp_path / name))


def test_a_cut_file_raises_or_is_salvaged_as_in_reading(pieces: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "cut.stdf"
    content = pieces[0] + pieces[1][:-3]
    path.write_bytes(content)
    with pytest.raises(DamagedSource):
        read_streams(path)
    streams = read_streams(path, on_error="salvage")
    assert [(one.start, one.stop) for one in streams] == [(0, len(pieces[0])), (len(pieces[0]), len(content))]
    assert [one.lot.sources[0].salvaged for one in streams] == [False, True]
    with pytest.raises(ArgumentError, match="expected"):
        read_streams(path, on_error="ignore")  # type: ignore[arg-type]


def test_progress_goes_up_to_all_the_bytes(pieces: list[bytes], tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    read_streams(tmp_path / "A.stdf", progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (len(pieces[0]), len(pieces[0]))
