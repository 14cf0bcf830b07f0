"""A source taken into the store in one pass: read, hashed and compressed at once; and given back as it was."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corecar.errors import ArgumentError, DamagedSource, SourceChanged, SourceError, SourceMissing
from corecar.store.objects.durable import Sink, durable_file

if TYPE_CHECKING:
    from corecar.store.objects import ObjectStore

LEVEL = -2
"""Of zstd; docs/decisions/object-store.md has the figures."""

MAPPING = "mapping"
"""Under this name the mapping of a CSV datalog is kept with its source, among what is told of it besides."""

BLOCK = 1 << 22
"""Bytes read and given back at a time."""


@dataclass(frozen=True)
class Captured:
    """A source that is in the store.

    hash          sha256 of the decompressed content, 64 hex digits
    bytes         of the decompressed content
    source_bytes  of the file as it lay there
    modified      when the file was last written, with time zone
    stored_key    where the content lies
    stored_bytes  what it takes there
    compression   of the stored object
    """

    hash: str
    bytes: int
    source_bytes: int
    modified: datetime
    stored_key: str
    stored_bytes: int
    compression: str = "zstd"


def capture(
    path: str | Path,
    objects: ObjectStore,
    token: str,
    *,
    blocks: Iterable[Any] | None = None,
    packed: bool = False,
) -> Captured:
    """Store a file's decompressed content under `files/<first two digits>/<hash>.<token>.zstd`.

    token   of the session: it marks the object until the catalogue lists it
    blocks  the decompressed content, bytes-like, read from `path` as they are asked for; each must stay as it is
            until the next but one is asked for. None: the file as it lies
    packed  the file holds its content compressed
    Raises  SourceMissing; SourceChanged when the file changed meanwhile; OutputError when the store refuses
    """
    source = Path(path)
    before = _facts(source)
    with objects.unnamed_writer(f"files/{token}") as sink:
        content_hash, size = _compressed(plain_blocks(source) if blocks is None else blocks, sink)
        _check_unchanged(source, before, None if packed else size)
        stored = sink.tell()
        key = sink.key = source_key(content_hash, token)
    modified = datetime.fromtimestamp(before.st_mtime, UTC)
    return Captured(content_hash, size, before.st_size, modified, key, stored)


def source_key(content_hash: str, token: str) -> str:
    """Where a source lies.

    >>> source_key("ab" * 32, "0f1e2d3c")[:12]
    'files/ab/aba'
    """
    return f"files/{content_hash[:2]}/{content_hash}.{token}.zstd"


def stored_hash(key: str) -> str:
    """The hash that a source's key bears. Raises ArgumentError for a key of anything else."""
    name = key.rpartition("/")[2].split(".")
    if not key.startswith("files/") or len(name) != 3 or len(name[0]) != 64 or name[2] != "zstd":
        raise ArgumentError(
            f"{key!r}: is no key of a source (files/ab/<hash>.<token>.zstd). Take it from the catalogue."
        )
    return name[0]


def plain_blocks(path: Path) -> Iterator[bytes]:
    """A file's bytes as they lie there. Raises SourceMissing, SourceError."""
    try:
        with path.open("rb", buffering=0) as handle:
            while block := handle.read(BLOCK):
                yield block
    except OSError as error:
        raise _unreadable(path, error) from error


def stored_blocks(objects: ObjectStore, key: str) -> Iterator[bytes]:
    """A stored source's decompressed content; after the last block it is proven to be what the key says.

    Raises SourceMissing; DamagedSource when the object is cut short or altered, at the latest after the last block.
    """
    import zstandard

    expected, seen = stored_hash(key), hashlib.sha256()
    with objects.open_input(key) as packed:
        reader = zstandard.ZstdDecompressor().stream_reader(packed, read_size=1 << 20, closefd=False)
        try:
            while block := _next_block(objects, key, reader):
                seen.update(block)
                yield block
        except zstandard.ZstdError as error:
            raise _damaged(objects, key, f"its zstd data is damaged ({error}).") from error
    if seen.hexdigest() != expected:
        raise _damaged(objects, key, f"its content has the hash {seen.hexdigest()}.")


def fetch_source(objects: ObjectStore, key: str, local: str | Path) -> None:
    """Write a stored source's decompressed content to a local file, which appears whole and proven or not at all.

    Raises SourceMissing, DamagedSource, OutputError.
    """
    with durable_file(local) as sink:
        for block in stored_blocks(objects, key):
            sink.write(block)


def _compressed(blocks: Iterable[Any], sink: Sink) -> tuple[str, int]:
    """Hash and compress each block in threads of their own while the next one is made; at most two are held."""
    import zstandard

    digest, size = hashlib.sha256(), 0
    writer: Any = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).stream_writer(sink, closefd=False)
    with ThreadPoolExecutor(2) as pool:
        pending: list[Future[Any]] = []
        for block in blocks:
            for one in pending:
                one.result()
            pending = [pool.submit(digest.update, block), pool.submit(writer.write, block)]
            size += len(block)
        for one in pending:
            one.result()
    writer.close()
    return digest.hexdigest(), size


def _next_block(objects: ObjectStore, key: str, reader: Any) -> bytes:
    with objects.reading(key):
        return bytes(reader.read(BLOCK))


def _facts(source: Path) -> os.stat_result:
    try:
        return source.stat()
    except OSError as error:
        raise _unreadable(source, error) from error


def _check_unchanged(source: Path, before: os.stat_result, size: int | None) -> None:
    """Raises SourceChanged. size: bytes that were read, where they are those of the file itself."""
    after = _facts(source)
    same = (before.st_size, before.st_mtime_ns, before.st_ino) == (after.st_size, after.st_mtime_ns, after.st_ino)
    if same and size in (None, before.st_size):
        return
    raise SourceChanged(
        source,
        "it changed while it was read;",
        advice="it is taken again when it has stopped growing. Nothing of it was stored.",
    )


def _unreadable(source: Path, error: OSError) -> SourceError:
    if isinstance(error, FileNotFoundError):
        return SourceMissing(source, "there is no such file.", advice="Check the path.")
    if isinstance(error, IsADirectoryError):
        return SourceMissing(source, "this is a directory.", advice="Name the files in it.")
    return SourceError(source, f"the file can't be read ({error.strerror or error}).", advice="Check its rights.")


def _damaged(objects: ObjectStore, key: str, problem: str) -> DamagedSource:
    return DamagedSource(f"{objects.root}/{key}", problem, advice="Restore this object from a backup.")
