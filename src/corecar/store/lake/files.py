"""One Parquet file of the lake: written once and hashed on the way; opened again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from corecar.columns_at_rest import ROW_GROUP, writer_options
from corecar.errors import DamagedSource, SourceMissing
from corecar.store.lake.tables import PRUNED_BY, lake_schema


class Objects(Protocol):
    """What the lake asks of an object store."""

    def writer(self, key: str) -> AbstractContextManager[Any]:
        """A sink with `write(bytes)`; the object appears whole when the block ends without an error, or not at all."""

    def open_input(self, key: str) -> Any:
        """An Arrow file with random access."""


@dataclass(frozen=True)
class Written:
    """A file of the lake: its table, key, size in bytes, rows, and the SHA-256 of its bytes."""

    table: str
    key: str
    bytes: int
    rows: int
    sha256: str


def write_file(
    opened: AbstractContextManager[Any],
    table: str,
    key: str,
    pieces: Iterable[Any],
    *,
    row_group: int = ROW_GROUP,
) -> Written:
    """Write pieces of a table as one file, its hash taken on the way.

    opened  gives the sink, as `Objects.writer` does
    pieces  Arrow tables of `lake_schema(table)`, each of which begins a row group
    """
    columns, rows = lake_schema(table), 0
    options = writer_options(columns, statistics=PRUNED_BY.get(table))
    with opened as sink:
        hashed = _Hashed(sink)
        with pq.ParquetWriter(pa.PythonFile(hashed, mode="w"), columns, store_schema=False, **options) as writer:
            for piece in pieces:
                writer.write_table(piece, row_group_size=row_group)
                rows += piece.num_rows
    return Written(table, key, hashed.bytes, rows, hashed.digest.hexdigest())


@contextmanager
def opened(objects: Objects, key: str) -> Iterator[Any]:
    """A file of the lake as a `ParquetFile`, `run` as a dictionary.

    Raises  SourceMissing when it is not there; DamagedSource when it is no Parquet or cannot be read
    """
    try:
        with objects.open_input(key) as source:
            yield pq.ParquetFile(source, read_dictionary=["run"], page_checksum_verification=True)
    except pa.ArrowInvalid as error:
        raise DamagedSource(key, f"this is no whole Parquet file ({error}).", advice=RESTORE) from error
    except FileNotFoundError as error:
        raise SourceMissing(key, "the file is not in the lake.", advice=RESTORE) from error
    except OSError as error:
        raise DamagedSource(key, f"it cannot be read ({error}).", advice=RESTORE) from error


RESTORE = "Restore it from a copy of the workspace, or ingest its sources anew."


def group_starts(file: Any) -> list[int]:
    """The number of the first row of each row group of a `ParquetFile`, and behind them the number of rows."""
    metadata = file.metadata
    return list(accumulate((metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)), initial=0))


class _Hashed:
    """A file for Arrow that passes everything on to a sink, counting and hashing it."""

    closed = False

    def __init__(self, sink: Any) -> None:
        self.sink, self.bytes, self.digest = sink, 0, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.sink.write(data)
        self.digest.update(data)
        self.bytes += len(data)
        return len(data)

    def tell(self) -> int:
        return self.bytes

    def flush(self) -> None:
        """The sink is flushed by whoever opened it."""

    def close(self) -> None:
        """The sink is closed by whoever opened it."""
