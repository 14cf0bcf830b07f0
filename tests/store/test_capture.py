"""A source goes into the store once, whole, and comes back as it was."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import zstandard

from corecar.errors import ArgumentError, DamagedSource, OutputError, SourceChanged, SourceMissing
from corecar.formats.sources import members
from corecar.store.capture import BLOCK, capture, fetch_source, source_key, stored_blocks
from corecar.store.objects import ObjectStore

TOKEN = "0badcafe"


def lot(size: int) -> bytes:
    """Content that compresses, longer than a block where the size says so."""
    return np.random.default_rng(7).integers(0, 16, size, dtype=np.uint8).tobytes()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("size", [0, 1, BLOCK, 2 * BLOCK + 1])
def test_a_file_is_stored_under_the_hash_of_its_content(objects: ObjectStore, tmp_path: Path, size: int) -> None:
    content = lot(size)
    source = tmp_path / "lot.stdf"
    source.write_bytes(content)
    os.utime(source, (1_700_000_000, 1_700_000_000))
    captured = capture(source, objects, TOKEN)
    digest = hashlib.sha256(content).hexdigest()
    assert captured.hash == digest
    assert captured.stored_key == f"files/{digest[:2]}/{digest}.{TOKEN}.zstd"
    assert (captured.bytes, captured.source_bytes) == (size, size)
    assert captured.modified == datetime.fromtimestamp(1_700_000_000, UTC)
    assert [(one.key, one.bytes) for one in objects.list()] == [(captured.stored_key, captured.stored_bytes)]
    assert b"".join(stored_blocks(objects, captured.stored_key)) == content


@pytest.mark.parametrize("kind", PACKERS)
def test_a_compressed_file_is_stored_as_its_content(objects: ObjectStore, tmp_path: Path, kind: str) -> None:
    content = lot(300_000)
    source = tmp_path / "lot"
    source.write_bytes(PACKERS[kind](content))
    captured = capture(source, objects, TOKEN, blocks=members(source)[0].chunks(), packed=True)
    assert captured.hash == hashlib.sha256(content).hexdigest()
    assert captured.source_bytes == source.stat().st_size < captured.bytes
    fetch_source(objects, captured.stored_key, tmp_path / "back" / "lot.stdf")
    assert (tmp_path / "back" / "lot.stdf").read_bytes() == content


def test_arrays_are_blocks_too(objects: ObjectStore, tmp_path: Path) -> None:
    content = lot(300_000)
    (tmp_path / "lot").write_bytes(content)
    whole = np.frombuffer(content, np.uint8)
    captured = capture(tmp_path / "lot", objects, TOKEN, blocks=iter((whole[:1000], whole[1000:])))
    assert (captured.hash, captured.bytes) == (hashlib.sha256(content).hexdigest(), 300_000)


def grown(source: Path) -> None:
    with source.open("ab") as handle:
        handle.write(b"more")


def rewritten(source: Path) -> None:
    content = source.read_bytes()
    source.write_bytes(content[::-1])
    os.utime(source, (1, 1))


def cut(source: Path) -> None:
    os.truncate(source, 10)


def replaced(source: Path) -> None:
    facts = source.stat()
    other = source.with_suffix(".new")
    other.write_bytes(source.read_bytes()[::-1])
    os.utime(other, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    other.replace(source)


@pytest.mark.parametrize("change", [grown, rewritten, cut, replaced])
def test_a_file_that_changes_while_it_is_read_is_not_stored(objects: ObjectStore, tmp_path: Path, change) -> None:  # type: ignore[no-untyped-def]
    source = tmp_path / "lot.stdf"
    source.write_bytes(lot(100_000))

    def blocks() -> Iterator[bytes]:
        yield source.read_bytes()[:50_000]
        change(source)
        yield source.read_bytes()[50_000:]

    with pytest.raises(SourceChanged, match=r"lot\.stdf: it changed while it was read; it is taken again when"):
        capture(source, objects, TOKEN, blocks=blocks())
    assert list(objects.list()) == []
    assert list(objects.unfinished()) == []


def test_fewer_bytes_than_the_file_has_are_a_change(
    objects: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lot").write_bytes(lot(1000))
    monkeypatch.setattr("corecar.store.capture.plain_blocks", lambda path: iter((path.read_bytes()[:999],)))
    with pytest.raises(SourceChanged):
        capture(tmp_path / "lot", objects, TOKEN)
    assert list(objects.list()) == []


def test_a_source_that_vanishes_is_told(objects: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="no such file"):
        capture(tmp_path / "absent", objects, TOKEN)
    with pytest.raises(SourceMissing, match="directory"):
        capture(tmp_path, objects, TOKEN)


def test_an_error_of_the_reader_leaves_nothing(objects: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "lot").write_bytes(lot(1000))

    def blocks() -> Iterator[bytes]:
        yield lot(500)
        raise DamagedSource(tmp_path / "lot", "the gzip data is cut short.")

    with pytest.raises(DamagedSource):
        capture(tmp_path / "lot", objects, TOKEN, blocks=blocks())
    assert list(objects.list()) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-8],
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: data[:5000] + bytes((data[5000] ^ 255,)) + data[5001:],
        lambda data: zstandard.compress(b"something else"),
        lambda data: b"no zstd at all",
    ],
)
def test_damage_of_a_stored_source_is_found(objects: ObjectStore, tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "lot").write_bytes(lot(100_000))
    key = capture(tmp_path / "lot", objects, TOKEN).stored_key
    assert key is not None
    with objects.open_input(key) as handle:
        data = handle.read()
    objects.put_bytes(key, damage(data))
    with pytest.raises(DamagedSource, match=rf"{TOKEN}\.zstd: its (zstd data|content)"):
        fetch_source(objects, key, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_key_that_is_none_of_a_source_is_refused(objects: ObjectStore) -> None:
    with pytest.raises(ArgumentError, match="no key of a source"):
        list(stored_blocks(objects, "lake/tests/a.parquet"))
    with pytest.raises(SourceMissing):
        list(stored_blocks(objects, source_key("ab" * 32, TOKEN)))


def test_memory_stays_bounded(objects: ObjectStore, tmp_path: Path) -> None:
    with (tmp_path / "lot").open("wb") as handle:
        os.truncate(handle.fileno(), 200 << 20)
    tracemalloc.start()
    captured = capture(tmp_path / "lot", objects, TOKEN)
    assert sum(map(len, stored_blocks(objects, captured.stored_key))) == 200 << 20
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 << 20


def test_a_store_that_refuses_is_told(tmp_path: Path) -> None:
    from corecar.store.objects import open_objects

    (tmp_path / "lot").write_bytes(lot(1000))
    with pytest.raises(OutputError, match="a file stands where a folder is needed"):
        capture(tmp_path / "lot", open_objects(tmp_path / "lot"), TOKEN)
