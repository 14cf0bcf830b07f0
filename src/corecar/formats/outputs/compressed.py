"""Bytes into a file, compressed as its name says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from corecar.atomic import whole_file


def write_bytes(content: Any, path: str | Path) -> None:
    """Write bytes whole or not at all; `.gz` and `.zst` at the end of the name compress them. Raises OutputError."""
    with whole_file(path) as sibling, opened(sibling, Path(path)) as out:
        out.write(content)


@contextmanager
def opened(sibling: Path, target: Path) -> Iterator[IO[bytes]]:
    """The file to write to, compressed as the name says; a gzip bears no time, so that equal lots give equal files."""
    suffix = target.suffix.casefold()
    with sibling.open("wb") as raw:
        if suffix == ".gz":
            from isal import igzip

            with igzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=2, mtime=0) as packed:
                yield packed
        elif suffix == ".zst":
            import zstandard

            with zstandard.ZstdCompressor(level=3).stream_writer(raw, closefd=False) as packed:
                yield packed
        else:
            yield raw
