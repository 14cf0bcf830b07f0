"""The verbs that only look: what a file is, and the rows of its tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.errors import ArgumentError
from corecar.formats import read
from corecar.formats import records as read_records
from corecar.formats.prepared import is_parquet_lot
from corecar.formats.recording import record_counts as count_records
from corecar.lot import Choice, Identity, Lot, OnError, Progress, UInt32Array, failed, passed_from_flags

BATCH = 65_536
"""Result rows joined at once; the joined table of a large lot would not fit into memory."""


def info(
    path: str | Path,
    *,
    identity: Identity = "auto",
    retest: Choice = "last",
    encoding: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """What one file is and holds, as plain values ready for JSON; a damaged file is described, not refused.

    path     a file that `corecar.read` reads
    Returns  file, bytes [on disk], compression, parquet [whether it is a folder of Parquet files; format and so on are
             then of what it was made from], format, endian, version, salvaged, warnings, records {type: count}, and
             what `Lot.summary` counts; of a concatenated file the streams taken together
    Raises   SourceError when nothing at all can be read

    >>> info("lot.stdf.gz")["yield_final"]      # doctest: +SKIP
    0.946
    """
    lot = read(path, identity=identity, retest=retest, encoding=encoding, on_error="salvage", progress=progress)
    streams = lot.sources
    counted: Counter[str] = Counter()
    for stream in streams:
        counted.update(stream.records)
    found = lot.summary()
    del found["files"]
    return {
        "file": str(path),
        "bytes": _size(Path(path)),
        "compression": _one({stream.compression for stream in streams}),
        "parquet": is_parquet_lot(Path(path)),
        "format": _one({stream.format for stream in streams}),
        "endian": _one({stream.endian for stream in streams}),
        "version": _one({stream.version for stream in streams}),
        "streams": len(streams),
        "salvaged": any(stream.salvaged for stream in streams),
        "warnings": [warning for stream in streams for warning in stream.warnings],
        "records": dict(counted),
        **found,
        "identity_reason": lot.retests.reason,
        "repeats": lot.repeats.num_rows,
    }


def tests(lot: Lot) -> Any:
    """The `tests` table with two columns more: `readings` and `failed`, the readings flagged as failed."""
    offsets, flags = lot.measurements.offsets, lot.measurements.flags
    failing = np.concatenate([[0], np.cumsum(failed(flags))])
    table = lot.tests.append_column("readings", pa.array(np.diff(offsets)))
    return table.append_column("failed", pa.array(np.diff(failing[offsets])))


def parts(lot: Lot) -> Any:
    """The `parts` table."""
    return lot.parts


def results(lot: Lot, *, test: str | None = None, limit: int | None = None) -> Iterator[Any]:
    """The readings with what a person needs to know of their test and part, as one or more Arrow tables.

    test     only the tests with this number or name; all when None
    limit    at most so many rows; all when None
    Returns  tables of up to 65,536 rows; a single one without rows when there are no readings
    Raises   ArgumentError when no test has that number or name
    """
    rows = _rows(lot, test)[:limit]
    for start in range(0, max(len(rows), 1), BATCH):
        yield _joined(lot, rows[start : start + BATCH])


def result_count(lot: Lot, test: str | None = None) -> int:
    """How many rows `results` has without a limit."""
    return len(_rows(lot, test))


def record_counts(path: str | Path, *, on_error: OnError = "raise") -> Any:
    """How many records of each type a file holds: an Arrow table (type, count)."""
    counted = count_records(path, on_error=on_error)
    return pa.table(
        {"type": pa.array(list(counted), pa.string()), "count": pa.array(list(counted.values()), pa.int64())}
    )


def records(path: str | Path, kind: str, *, encoding: str | None = None, on_error: OnError = "raise") -> Any:
    """Every record of one type with its sequence number and byte offset, as an Arrow table.

    Raises  ArgumentError when the file holds no record of that type; the message names the types it holds
    """
    found = read_records(path, [kind.upper()], encoding=encoding, on_error=on_error).get(kind.upper())
    if found is None or not found.num_rows:
        held = record_counts(path, on_error=on_error)["type"].to_pylist()
        raise ArgumentError(f"{path}: holds no {kind.upper()} record. It holds {', '.join(sorted(held))}.")
    return found


def _rows(lot: Lot, test: str | None) -> Any:
    """Rows of `results`: a range, or an array when a test was asked for."""
    if test is None:
        return range(len(lot.measurements))
    numbers, names = lot.tests["number"].to_pylist(), lot.tests["name"].to_pylist()
    chosen = [row for row, (number, name) in enumerate(zip(numbers, names, strict=True)) if test in (str(number), name)]
    if not chosen:
        raise ArgumentError(f'no test has the number or name "{test}". `corecar tests FILE` lists them.')
    offsets = lot.measurements.offsets
    return np.concatenate([np.arange(offsets[row], offsets[row + 1]) for row in chosen])


def _joined(lot: Lot, rows: Any) -> Any:
    """Some rows of `results` beside the test's number, name, pin, unit and the part's place."""
    measured = lot.measurements
    at = np.asarray(rows, dtype=np.int64)
    test: UInt32Array = (np.searchsorted(measured.offsets, at, side="right") - 1).astype(np.uint32)
    part = measured.part[at]
    flags = measured.flags[at]
    of_test = lot.tests.select(["number", "name", "pin", "unit"]).take(pa.array(test))
    of_part = lot.parts.select(["wafer", "x", "y", "part_id", "head", "site"]).take(pa.array(part))
    columns: dict[str, Any] = {"test": pa.array(test)}
    columns.update(zip(of_test.column_names, of_test.columns, strict=True))
    columns["part"] = pa.array(part)
    columns.update(zip(of_part.column_names, of_part.columns, strict=True))
    columns["value"] = pa.array(measured.value[at])
    columns["flags"] = pa.array(flags)
    columns["passed"] = passed_from_flags(flags)
    return pa.table(columns)


def _size(path: Path) -> int:
    """Bytes on disk of a file, or of the files in a folder."""
    return sum(inside.stat().st_size for inside in path.iterdir()) if path.is_dir() else path.stat().st_size


def _one(values: set[str | None]) -> str | None:
    """The value all streams share; the different ones joined by `+`."""
    return "+".join(sorted(value for value in values if value is not None)) or None
