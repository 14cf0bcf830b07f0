"""What both stores promise."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corecar.errors import ArgumentError, OutputError, SourceMissing
from corecar.store.objects import ObjectStore, checked_key, open_objects


def content(objects: ObjectStore, key: str) -> bytes:
    with objects.open_input(key) as handle:
        return bytes(handle.read())


def keys(objects: ObjectStore, prefix: str = "") -> list[str]:
    return [one.key for one in objects.list(prefix)]


def write_half(objects: ObjectStore, key: str, end: BaseException) -> None:
    with objects.writer(key) as sink:
        sink.write(b"half" * 1_000_000)
        raise end


def test_what_is_put_is_read_back(objects: ObjectStore) -> None:
    objects.put_bytes("files/ab/x.zstd", b"readings")
    assert content(objects, "files/ab/x.zstd") == b"readings"
    assert objects.size("files/ab/x.zstd") == 8
    assert objects.exists("files/ab/x.zstd")
    assert not objects.exists("files/ab")


@pytest.mark.parametrize("size", [0, 1, 3 << 20, 12 << 20])
def test_a_file_goes_in_and_comes_out(objects: ObjectStore, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "in").write_bytes(data)
    objects.put_file(tmp_path / "in", "a/b")
    objects.fetch("a/b", tmp_path / "new folder" / "out")
    assert (tmp_path / "new folder" / "out").read_bytes() == data


def test_an_object_is_read_from_anywhere(objects: ObjectStore) -> None:
    objects.put_bytes("a", b"0123456789")
    with objects.open_input("a") as handle:
        handle.seek(-3, 2)
        assert handle.read() == b"789"
        assert handle.read_at(2, 4) == b"45"


def test_a_parquet_file_is_written_and_read_through_the_store(objects: ObjectStore) -> None:
    table = pa.table({"value": [1.5, 2.5]})
    with objects.writer("lake/results/r.parquet") as sink:
        pq.write_table(table, sink)
    assert pq.read_table(objects.open_input("lake/results/r.parquet")).equals(table)
    assert pq.read_table(objects.path("lake/results/r.parquet"), filesystem=objects.filesystem()).equals(table)


def test_a_block_that_raises_leaves_nothing(objects: ObjectStore) -> None:
    with pytest.raises(ZeroDivisionError):
        write_half(objects, "a/b", ZeroDivisionError())
    assert keys(objects) == []
    assert list(objects.unfinished()) == []


def test_a_block_that_raises_leaves_what_was_there(objects: ObjectStore) -> None:
    objects.put_bytes("a", b"old")
    with pytest.raises(KeyboardInterrupt):
        write_half(objects, "a", KeyboardInterrupt())
    assert content(objects, "a") == b"old"


def test_nothing_is_visible_before_the_block_ends(objects: ObjectStore) -> None:
    with objects.writer("a/b") as sink:
        sink.write(b"half")
        sink.flush()
        assert keys(objects) == []
        assert not objects.exists("a/b")
    assert keys(objects) == ["a/b"]


def test_a_sink_may_be_closed_in_the_block(objects: ObjectStore) -> None:
    with objects.writer("a") as sink:
        sink.write(b"whole")
        sink.close()
    assert content(objects, "a") == b"whole"


def test_a_name_may_follow_from_the_content(objects: ObjectStore) -> None:
    with objects.unnamed_writer("files/0badcafe") as sink:
        sink.write(b"x")
        sink.key = "files/ab/abc.0badcafe.zstd"
    with objects.unnamed_writer("files/0badcafe") as unnamed:
        unnamed.write(b"thrown away")
    assert keys(objects) == ["files/ab/abc.0badcafe.zstd"]
    assert list(objects.unfinished()) == []


@pytest.mark.parametrize("raised", [False, True])
def test_two_writers_of_one_key_leave_one_whole_object(objects: ObjectStore, raised: bool) -> None:
    together = threading.Barrier(2)

    def write(letter: bytes) -> None:
        with objects.writer("a/b") as sink:
            sink.write(letter * 300_000)
            together.wait()
            sink.write(letter * 300_000)
            if raised and letter == b"x":
                raise ZeroDivisionError

    with ThreadPoolExecutor(2) as pool:
        ends = [one.exception() for one in [pool.submit(write, letter) for letter in (b"x", b"y")]]
    assert [type(end) for end in ends] == [ZeroDivisionError if raised else type(None), type(None)]
    found = content(objects, "a/b")
    assert found in ([b"y" * 600_000] if raised else [b"x" * 600_000, b"y" * 600_000])


KILLED = """
import sys
from corecar.store.objects import open_objects
with open_objects(sys.argv[1]).writer("lake/tests/r-0badcafe.parquet") as sink:
    sink.write(b"half" * 1_000_000)
    sink.flush()
    print("half", flush=True)
    sys.stdin.read()
"""


def test_a_killed_writer_leaves_nothing_visible(objects: ObjectStore) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, objects.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"half\n"
        writer.send_signal(signal.SIGKILL)
    assert keys(objects) == []
    assert not objects.exists("lake/tests/r-0badcafe.parquet")
    left = [one.key for one in objects.unfinished("lake/tests/r-0badcafe")]
    assert len(left) == (1 if objects.local_path("a") else 0)
    assert list(objects.unfinished("lake/tests/other")) == []
    for key in left:
        objects.delete(key)
    assert list(objects.unfinished()) == []


def test_a_listing_tells_size_and_time_by_key(objects: ObjectStore) -> None:
    for key in ("lake/tests/b", "lake/tests/a", "lake/results/c", "files/d"):
        objects.put_bytes(key, key.encode())
    listed = list(objects.list("lake/"))
    assert [(one.key, one.bytes) for one in listed] == [
        ("lake/results/c", 14),
        ("lake/tests/a", 12),
        ("lake/tests/b", 12),
    ]
    assert all(abs(datetime.now(UTC) - one.modified) < timedelta(minutes=2) for one in listed)
    assert keys(objects, "lake/tests") == ["lake/tests/a", "lake/tests/b"]
    assert keys(objects, "lake/tests/a") == ["lake/tests/a"]
    assert keys(objects, "nothing/") == []


def test_thousands_of_objects_are_listed(objects: ObjectStore) -> None:
    wanted = [f"files/{number % 16:02x}/{number:05}" for number in range(2500)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: objects.put_bytes(key, b"x"), wanted))
    assert keys(objects) == sorted(wanted)
    assert len(keys(objects, "files/0a/")) == 2500 // 16 + (10 < 2500 % 16)


def test_deleting_an_absent_object_is_fine(objects: ObjectStore) -> None:
    objects.put_bytes("a/b", b"x")
    objects.delete("a/b")
    objects.delete("a/b")
    objects.delete("never/was")
    assert keys(objects) == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda objects, here: objects.open_input("no/such"),
        lambda objects, here: objects.size("no/such"),
        lambda objects, here: objects.fetch("no/such", here / "x"),
    ],
)
def test_a_missing_object_is_told_with_its_place(
    objects: ObjectStore, tmp_path: Path, ask: Callable[[ObjectStore, Path], object]
) -> None:
    with pytest.raises(SourceMissing, match=r"no/such: there is no such (file|object)\. Check") as told:
        ask(objects, tmp_path)
    assert str(told.value).startswith(objects.root)
    assert not (tmp_path / "x").exists()


def test_a_missing_local_file_is_told(objects: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="absent"):
        objects.put_file(tmp_path / "absent", "a")
    assert keys(objects) == []


@pytest.mark.parametrize("key", ["", "/etc/x", "../x", "a/../b", "a//b", "a/", "./a", "c:/x", "a\\b", "a\0b"])
def test_a_key_that_leaves_the_store_is_refused(objects: ObjectStore, key: str) -> None:
    for ask in (objects.open_input, objects.size, objects.exists, objects.delete, objects.path, objects.local_path):
        with pytest.raises(ArgumentError, match="a key is a path inside the store"):
            ask(key)
    with pytest.raises(ArgumentError):
        objects.put_bytes(key, b"x")


def test_a_name_that_no_listing_shows_is_refused(objects: ObjectStore) -> None:
    with pytest.raises(ArgumentError, match="no listing shows"):
        objects.put_bytes("lake/.x.part", b"x")


@pytest.mark.parametrize("key", ["files/ab/x.zst", "lot.stdf.gz"])
def test_a_name_at_which_a_server_alters_content_is_refused(objects: ObjectStore, key: str) -> None:
    with pytest.raises(ArgumentError, match=r"End it in \.zstd"):
        objects.put_bytes(key, b"x")


@pytest.mark.parametrize("ending", ["zstd", "parquet", "json", "csv", "txt"])
@pytest.mark.parametrize("data", [b"text " * 5000, b"\x28\xb5\x2f\xfd\x20\x01\x09\x00\x00x", b"\x1f\x8b\x08"])
def test_content_comes_back_as_it_went_whatever_its_name(objects: ObjectStore, ending: str, data: bytes) -> None:
    objects.put_bytes(f"a/x.{ending}", data)
    assert content(objects, f"a/x.{ending}") == data
    assert objects.size(f"a/x.{ending}") == len(data)


@given(st.text(alphabet="ab./:\\", max_size=8))
def test_every_key_taken_stays_inside(key: str) -> None:
    try:
        checked_key(key)
    except ArgumentError:
        return
    assert os.path.normpath(f"/store/{key}") == f"/store/{key}"


def test_a_store_can_be_pickled_and_bears_no_credentials(objects: ObjectStore) -> None:
    objects.put_bytes("a", b"x")
    objects.filesystem()
    packed = pickle.dumps(objects)
    assert b"not-a-secret" not in packed
    assert content(pickle.loads(packed), "a") == b"x"
    assert open_objects(objects.root) == objects


def test_another_scheme_is_refused() -> None:
    with pytest.raises(ArgumentError, match="folder or in s3://bucket/prefix"):
        open_objects("gs://bucket/x")
    with pytest.raises(ArgumentError, match="names no bucket"):
        open_objects("s3://")


def test_the_folder_of_a_fetched_file_can_be_refused(objects: ObjectStore, tmp_path: Path) -> None:
    objects.put_bytes("a", b"x")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="a file stands where a folder is needed"):
        objects.fetch("a", tmp_path / "file" / "x")
