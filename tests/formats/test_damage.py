"""Broken, foreign and hostile files: what is whole is kept, what is lost is told, nothing is made up."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

import corecar
from corecar.errors import CorecarError, DamagedSource, SourceMissing, UnknownFormat
from corecar.formats.stdf.encode import encode_record
from corecar.formats.stdf.writer import write_records


def record(typ: int, sub: int, body: bytes) -> bytes:
    return struct.pack("<HBB", len(body), typ, sub) + body


def part(number: int) -> bytes:
    reading = struct.pack("<IBBBBf", 100, 1, 1, 0, 0xC0, float(number)) + b"\3VDD\0"
    end = struct.pack("<BBBHHHhhI", 1, 1, 0, 1, 1, 1, number, 0, 5) + b"\1%d\0" % (number % 10)
    return record(5, 10, b"\1\1") + record(15, 10, reading) + record(5, 20, end)


PARTS = [part(number) for number in range(40)]
PRR = PARTS[0][PARTS[0].index(b"\5\x14") - 2 :]
HEAD = record(0, 10, b"\2\4") + record(1, 10, struct.pack("<IIB", 1, 2, 1) + b"   \xff\xff \3LOT" + b"\0" * 3)
WHOLE = HEAD + b"".join(PARTS) + record(1, 20, struct.pack("<I", 9))


def written(tmp_path: Path, content: bytes, name: str = "lot.stdf") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("change", [9, -3, 500], ids=["too long", "too short", "far too long"])
def test_a_wrong_length_in_the_middle_costs_only_its_neighbourhood(tmp_path: Path, change: int) -> None:
    broken = bytearray(WHOLE)
    at = len(HEAD) + sum(map(len, PARTS[:20])) + 6
    struct.pack_into("<H", broken, at, struct.unpack_from("<H", broken, at)[0] + change)
    path = written(tmp_path, bytes(broken))
    with pytest.raises(DamagedSource, match="wrong") as caught:
        corecar.read(path)
    assert caught.value.offset is not None
    lot = corecar.read(path, on_error="salvage")
    assert lot.sources[0].salvaged
    kept = set(lot.parts.filter(~lot.parts["incomplete"].to_numpy())["x"].to_pylist())
    assert set(range(40)) - kept <= {20, 21}


def body_lengths(content: bytes, start: int) -> list[tuple[int, int]]:
    """Place and REC_LEN of every record from `start` on."""
    found = []
    while start < len(content):
        found.append((start, struct.unpack_from("<H", content, start)[0]))
        start += 4 + found[-1][1]
    return found


@pytest.mark.parametrize("swallowed", [1, 2, 3, 5, 30, 60])
@pytest.mark.parametrize("within", [1, 2], ids=["PTR", "PRR"])
def test_a_length_that_ends_where_a_later_record_begins_is_told_and_costs_nothing(
    tmp_path: Path, within: int, swallowed: int
) -> None:
    broken, first = bytearray(WHOLE), len(HEAD) + sum(map(len, PARTS[:5]))
    records = body_lengths(WHOLE, first)
    (at, length), (end, _) = records[within], records[within + 1 + swallowed]
    struct.pack_into("<H", broken, at, end - at - 4)
    path = written(tmp_path, bytes(broken))
    with pytest.raises(DamagedSource, match=f"REC_LEN is wrong, {length} bytes would be right") as caught:
        corecar.read(path)
    assert (caught.value.offset, caught.value.record) == (at, ("PTR", "PRR")[within - 1])
    packed = written(tmp_path, gzip.compress(bytes(broken)), "lot.stdf.gz")
    for damaged in (path, packed):
        lot, whole = corecar.read(damaged, on_error="salvage"), corecar.read(written(tmp_path, WHOLE, "whole.stdf"))
        assert lot.parts.equals(whole.parts)
        assert lot.results.equals(whole.results)
        assert lot.sources[0].salvaged
        assert f"at byte {at:_}: REC_LEN says {end - at - 4} bytes" in lot.sources[0].warnings[0]


TESTS_OF_A_PART: dict[str, dict[str, Any]] = {
    "PTR": {"TEST_NUM": 7, "RESULT": 0.5, "TEST_TXT": "VDD", "ALARM_ID": ""},
    "PTR of bare results": {"TEST_NUM": 8, "RESULT": 0.5},
    "PTR of all fields": {
        "TEST_NUM": 9, "RESULT": 0.5, "TEST_TXT": "IDD", "ALARM_ID": "", "OPT_FLAG": 0, "LO_LIMIT": 0.0,
        "HI_LIMIT": 1.0, "UNITS": "A", "C_RESFMT": "%7.3f", "C_LLMFMT": "", "C_HLMFMT": "", "LO_SPEC": 0.0,
        "HI_SPEC": 1.0,
    },
    "MPR": {"TEST_NUM": 10, "RTN_ICNT": 3, "RSLT_CNT": 3, "RTN_STAT": [0, 0, 0], "RTN_RSLT": [0.1, 0.2, 0.3]},
    "FTR": {"TEST_NUM": 11, "TEST_FLG": 0},
}  # fmt: skip


@pytest.mark.parametrize("big_endian", [False, True], ids=["little", "big"])
@pytest.mark.parametrize("kind", TESTS_OF_A_PART)
def test_a_test_record_of_any_shape_that_swallows_others_is_told(kind: str, big_endian: bool, tmp_path: Path) -> None:
    once = [encode_record("PIR", {"HEAD_NUM": 1, "SITE_NUM": 1}, big_endian=big_endian)]
    for name, values in TESTS_OF_A_PART.items():
        once.append(encode_record(name.split()[0], {"HEAD_NUM": 1, "SITE_NUM": 1, **values}, big_endian=big_endian))
    numbers = {"HEAD_NUM": 1, "SITE_NUM": 1, "PART_FLG": 0, "NUM_TEST": 5, "HARD_BIN": 1, "PART_ID": "12"}
    once.append(encode_record("PRR", numbers, big_endian=big_endian))
    head = encode_record("FAR", {"CPU_TYPE": 1 if big_endian else 2, "STDF_VER": 4}, big_endian=big_endian)
    whole = head + b"".join(once) * 9
    place = 1 + list(TESTS_OF_A_PART).index(kind)
    at = len(head) + 4 * sum(map(len, once)) + sum(map(len, once[:place]))
    assert not any("longer than" in warning for warning in corecar.read(written(tmp_path, whole)).sources[0].warnings)
    follow = [*once[place + 1 :], *once * 4]
    for swallowed in range(1, len(follow)):
        wrong = len(once[place]) - 4 + sum(map(len, follow[:swallowed]))
        content = whole[:at] + wrong.to_bytes(2, "big" if big_endian else "little") + whole[at + 2 :]
        with pytest.raises(DamagedSource, match="REC_LEN is wrong") as caught:
            corecar.read(written(tmp_path, content))
        assert caught.value.offset == at
        salvaged = corecar.read(written(tmp_path, content), on_error="salvage")
        assert salvaged.results.to_pandas().equals(corecar.read(written(tmp_path, whole)).results.to_pandas())


@pytest.mark.parametrize("kind", ["PTR of all fields", "FTR", "MPR"])
def test_surplus_bytes_of_a_tester_are_read_over_and_told_once(kind: str, tmp_path: Path) -> None:
    values: dict[str, Any] = {"HEAD_NUM": 1, "SITE_NUM": 1, **TESTS_OF_A_PART[kind]}
    if kind == "FTR":
        values |= {"RTN_ICNT": 0, "PGM_ICNT": 0, "VECT_NAM": "V", "TEST_TXT": "T", "PATG_NUM": 1}
    if kind == "MPR":
        texts = {"UNITS": "V", "UNITS_IN": "", "C_RESFMT": "", "C_LLMFMT": "", "C_HLMFMT": ""}
        values |= {"TEST_TXT": "M", "OPT_FLAG": 0, "RTN_INDX": [1, 2, 3], **texts, "LO_SPEC": 0.0, "HI_SPEC": 1.0}
    test = encode_record(kind[:3], values, big_endian=False)
    test = struct.pack("<H", len(test) - 2) + test[2:] + b"\0\0" if kind == "FTR" else test  # SPIN_MAP of no bits
    longer = struct.pack("<H", len(test) - 4 + 6) + test[2:] + b"vendor"
    lots = [
        corecar.read(written(tmp_path, HEAD + b"".join([PARTS[0][:6] + one + PRR] * 12) + WHOLE[-8:]))
        for one in (test, longer)
    ]
    assert lots[0].sources[0].warnings == ()
    assert lots[1].results.to_pandas().equals(lots[0].results.to_pandas())
    assert not lots[1].sources[0].salvaged
    (told,) = lots[1].sources[0].warnings
    assert told.startswith(f"12 PTR, MPR or FTR longer than its fields (first at byte {len(HEAD) + 6});")


def test_bytes_put_in_between_are_skipped_and_told(tmp_path: Path) -> None:
    at = len(HEAD) + sum(map(len, PARTS[:7]))
    path = written(tmp_path, WHOLE[:at] + b"\xee" * 333 + WHOLE[at:])
    lot = corecar.read(path, on_error="salvage")
    assert lot.parts["x"].to_pylist() == list(range(40))
    assert any(f"333 bytes from byte {at:_} on were skipped" in warning for warning in lot.sources[0].warnings)


def test_a_hole_loses_the_parts_in_it_and_no_more(tmp_path: Path) -> None:
    first, last = len(HEAD) + sum(map(len, PARTS[:7])) + 3, len(HEAD) + sum(map(len, PARTS[:9])) + 11
    lot = corecar.read(written(tmp_path, WHOLE[:first] + WHOLE[last:]), on_error="salvage")
    kept = set(lot.parts.filter(~lot.parts["incomplete"].to_numpy())["x"].to_pylist())
    assert kept >= set(range(40)) - {6, 7, 8, 9}


def test_a_tail_cut_at_any_byte_keeps_every_whole_part(tmp_path: Path) -> None:
    ends = [len(HEAD) + sum(map(len, PARTS[: number + 1])) for number in range(40)]
    for cut in range(len(HEAD), len(WHOLE) - 1, 7):
        lot = corecar.read(written(tmp_path, WHOLE[:cut]), on_error="salvage")
        complete = int((~lot.parts["incomplete"].to_numpy()).sum())
        assert complete == sum(end <= cut for end in ends)


@pytest.mark.parametrize(
    ("suffix", "pack", "name"),
    [
        (".gz", gzip.compress, "gzip"),
        (".bz2", bz2.compress, "bz2"),
        (".xz", lzma.compress, "xz"),
        (".zst", lambda content: zstandard.ZstdCompressor().compress(content), "zstd"),
    ],
)
def test_every_compression_is_read_and_its_cut_told(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes], name: str
) -> None:
    misnamed = written(tmp_path, pack(WHOLE) + pack(WHOLE[len(HEAD) :]), "lot.dat")
    lot = corecar.read(misnamed)
    assert lot.sources[0].compression == name
    assert lot.parts.num_rows == 80
    path = written(tmp_path, pack(WHOLE)[:-9], f"cut.stdf{suffix}")
    with pytest.raises(DamagedSource, match=f"{name} data is (cut short|damaged)"):
        corecar.read(path)
    whole_first = written(tmp_path, pack(WHOLE) + pack(WHOLE)[:-9], f"late{suffix}")
    salvaged = corecar.read(whole_first, on_error="salvage")
    assert any(source.salvaged for source in salvaged.sources)
    assert salvaged.parts.num_rows >= 40


@pytest.mark.parametrize(
    "kinds",
    [
        [(180, 1)],
        [(180, 1), (181, 1)],
        [(180, 1), (77, 200), (1, 77), (220, 3)],
        [(180, 1)] * 40,
    ],
    ids=["one", "two types", "four types", "forty in a row"],
)
def test_records_of_vendors_are_kept_however_close_they_stand(tmp_path: Path, kinds: list[tuple[int, int]]) -> None:
    vendors = b"".join(record(typ, sub, b"\x01\x02vendor") for typ, sub in kinds)
    content = HEAD + vendors + b"".join(vendors + piece for piece in PARTS) + vendors
    lot = corecar.read(written(tmp_path, content))
    assert (lot.parts.num_rows, lot.sources[0].salvaged) == (40, False)
    counts = {name: count for name, count in lot.sources[0].records.items() if "." in name}
    assert counts == {f"{typ}.{sub}": 42 * kinds.count((typ, sub)) for typ, sub in kinds}
    assert write_records(corecar.records(tmp_path / "lot.stdf")) == content


def test_a_length_that_covers_records_makes_no_vendors_record_of_them(tmp_path: Path) -> None:
    """A header cut in two reads as another type; what it would cover are real parts."""
    covered = b"".join(PARTS[10:30])
    piece = struct.pack("<HBB", len(covered), 65, 22)
    lot = corecar.read(
        written(tmp_path, HEAD + b"".join(PARTS[:10]) + piece + b"".join(PARTS[10:])), on_error="salvage"
    )
    assert (lot.parts.num_rows, lot.sources[0].salvaged) == (40, True)
    assert "65.22" not in lot.sources[0].records


SKIPPABLE = b"\x5e\x2a\x4d\x18\x03\0\0\0abc"
"""A frame of zstd that holds no data (RFC 8878, 3.1.2)."""


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (lzma.compress(WHOLE) + b"\0" * 8 + lzma.compress(WHOLE) + b"\0" * 4, "xz"),
        (SKIPPABLE + zstandard.compress(WHOLE) + SKIPPABLE + zstandard.compress(WHOLE) + SKIPPABLE, "zstd"),
    ],
    ids=["xz with padding", "zstd with skippable frames"],
)
def test_what_stands_between_compressed_streams_is_passed_over(tmp_path: Path, content: bytes, name: str) -> None:
    lot = corecar.read(written(tmp_path, content, "lot.dat"))
    assert [(source.compression, source.salvaged) for source in lot.sources] == [(name, False)] * 2


def test_a_file_named_more_than_once_is_read_once_and_said(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE, "lot.stdf")
    (tmp_path / "link.stdf").symlink_to(path)
    lot = corecar.read([path, tmp_path / "link.stdf", tmp_path / "." / "lot.stdf"])
    assert (lot.parts.num_rows, lot.yield_().first_tested) == (40, 40)
    assert lot.notes[0] == f"{path} was named more than once and is read once."
    assert "named more" not in " ".join(corecar.read(path).notes)


def test_a_zip_is_read_and_several_members_are_several_sources(tmp_path: Path) -> None:
    path = tmp_path / "lots.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.stdf", WHOLE)
        archive.writestr("b.stdf.gz", gzip.compress(HEAD + part(77) + record(1, 20, b"\0" * 4)))
    lot = corecar.read(path)
    assert [source.path.rpartition("!")[2] for source in lot.sources] == ["a.stdf", "b.stdf.gz"]
    assert lot.parts.num_rows == 41


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda path: path, SourceMissing, "no such file"),
        (lambda path: path.mkdir() or path, SourceMissing, "directory"),
        (lambda path: path.touch() or path, UnknownFormat, "empty"),
        (
            lambda path: path.write_text("part,x,y\n1,2,3\n") and path,
            UnknownFormat,
            "a CSV table; expected a tester",
        ),
        (lambda path: path.write_bytes(bytes(range(256))) and path, UnknownFormat, "does not begin with a FAR"),
        (lambda path: path.write_bytes(gzip.compress(b"")) and path, UnknownFormat, "no data"),
        (lambda path: path.write_bytes(b"PK\3\4" + b"x" * 40) and path, DamagedSource, "zip archive"),
        (lambda path: path.write_bytes(b"\x1f\x8b" + b"x" * 40) and path, DamagedSource, "gzip data is damaged"),
    ],
    ids=["missing", "directory", "empty", "text", "binary", "empty gzip", "no zip", "no gzip"],
)
@pytest.mark.parametrize("on_error", ["raise", "salvage"])
def test_what_is_no_tester_file_is_refused_in_words(
    tmp_path: Path, make: Callable[[Path], Any], error: type[CorecarError], words: str, on_error: Any
) -> None:
    path = make(tmp_path / "thing")
    with pytest.raises(error, match=words) as caught:
        corecar.read(path, on_error=on_error)
    assert str(path) in str(caught.value)


def test_a_lying_length_allocates_no_more_than_the_file_holds(tmp_path: Path) -> None:
    lying = struct.pack("<IBBBBHH", 7, 1, 1, 0, 0xC0, 65535, 65535) + b"\0" * 40
    path = written(tmp_path, HEAD + record(5, 10, b"\1\1") + record(15, 15, lying) + WHOLE[len(HEAD) :])
    corecar.read(path, on_error="salvage")
    tracemalloc.start()
    corecar.read(path, on_error="salvage")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30_000_000


def test_the_same_content_twice_counts_once(tmp_path: Path) -> None:
    plain, packed = written(tmp_path, WHOLE), written(tmp_path, gzip.compress(WHOLE), "again.gz")
    lot = corecar.read([plain, packed])
    assert lot.parts.num_rows == 40
    assert any("same testing" in note for note in lot.notes)


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE)
    seen: list[tuple[int, int]] = []
    corecar.read([path, written(tmp_path, gzip.compress(WHOLE + b""), "b.gz")], progress=lambda *at: seen.append(at))
    assert seen[-1][0] == seen[-1][1] > 0
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.parametrize("change", [9, -3, 500], ids=["too long", "too short", "far too long"])
def test_records_find_their_footing_again_too(tmp_path: Path, change: int) -> None:
    broken = bytearray(WHOLE)
    at = len(HEAD) + sum(map(len, PARTS[:20])) + 6
    struct.pack_into("<H", broken, at, struct.unpack_from("<H", broken, at)[0] + change)
    path = written(tmp_path, bytes(broken))
    with pytest.raises(DamagedSource):
        corecar.records(path)
    tables = corecar.records(path, on_error="salvage")
    assert set(tables) <= {"FAR", "MIR", "PIR", "PTR", "PRR", "MRR"}
    assert tables["PRR"].num_rows >= 38
    assert tables["MRR"].num_rows == 1


def test_a_wrong_checksum_loses_nothing_when_salvaged(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(WHOLE))
    packed[-8] ^= 1
    path = written(tmp_path, bytes(packed), "lot.stdf.gz")
    with pytest.raises(DamagedSource, match="gzip data is damaged"):
        corecar.read(path)
    lot = corecar.read(path, on_error="salvage")
    assert lot.parts["x"].to_pylist() == list(range(40))
    assert not lot.parts["incomplete"].to_numpy().any()
    assert lot.sources[0].salvaged


def test_bytes_behind_a_gzip_are_told_and_left_out(tmp_path: Path) -> None:
    lot = corecar.read(written(tmp_path, gzip.compress(WHOLE) + b"trailing", "lot.stdf.gz"))
    assert lot.parts.num_rows == 40
    assert any("follow the gzip data" in warning for warning in lot.sources[0].warnings)


def test_what_a_mac_puts_into_a_zip_is_no_source(tmp_path: Path) -> None:
    path = tmp_path / "lot.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__MACOSX/._a.stdf", b"\0\5\x16\7Mac OS X")
        archive.writestr("a.stdf", WHOLE)
    assert corecar.read(path).parts.num_rows == 40


def test_an_empty_zip_says_so(tmp_path: Path) -> None:
    path = tmp_path / "lot.zip"
    with zipfile.ZipFile(path, "w"):
        pass
    with pytest.raises(UnknownFormat, match="holds no file"):
        corecar.read(path)
