"""One run's tables as immutable Parquet files in the lake, and parts of them back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.columns_at_rest import NEWER, ROW_GROUP, with_newer_columns
from corecar.errors import ArgumentError, DamagedSource
from corecar.lot import Lot
from corecar.store.lake.files import RESTORE, Objects, Written, group_starts, opened, write_file
from corecar.store.lake.tables import LAKE_TABLES, TEST_IDENTITY, in_measure_order, lake_schema, table_key, table_of

THREADS = 4
"""That write the files of a run: most of a small file's time is waiting for the disk."""

READ_TEST = ("part", "value", "flags", "passed")
"""Columns of `results` that vary within one test of one run."""


def write_run(objects: Objects, run_id: str, token: str, lot: Lot, measures: Callable[[Lot], Any]) -> list[Written]:
    """Write the tables of one run, each as one file under a fresh name; a table without rows gets none.

    run_id    SHA-256 of the stream's bytes, 64 hex digits
    token     of the session that writes, 8 hex digits; it stands in every file's name
    lot       of this one run
    measures  makes its table of measures, while the results are already being written
    Raises    ArgumentError for a lot of several runs; OutputError when a file could not be written
    """
    if lot.runs.num_rows != 1:
        raise ArgumentError(f"a lot of {lot.runs.num_rows} runs: the lake takes one run at a time.")
    small = {name: getattr(lot, name) for name in LAKE_TABLES if name not in ("results", "measures")}

    def write(name: str, pieces: Iterable[Any]) -> Written:
        key = table_key(name, run_id[:16], token)
        rows = (_of_run(run_id, name, piece) for piece in pieces)
        return write_file(objects.writer(key), name, key, rows)

    with ThreadPoolExecutor(THREADS) as pool:
        results = [pool.submit(write, "results", _result_groups(lot))] if len(lot.measurements) else []
        others = [pool.submit(write, name, [table]) for name, table in small.items() if table.num_rows]
        measured = _with_identity(measures(lot), lot.tests)
        others += [pool.submit(write, "measures", [measured])] if measured.num_rows else []
        return [one.result() for one in [*others, *results]]


def read_rows(objects: Objects, key: str, first_row: int, rows: int, columns: Sequence[str] | None = None) -> Any:
    """Rows first_row to first_row + rows of a file; only the row groups that hold them are read.

    columns  all of them by default; `run` comes as a dictionary, the others as in `lake_schema`
    Raises   DamagedSource when the file is no Parquet or holds fewer rows
    """
    with opened(objects, key) as file:
        groups, there = _groups(file, key, first_row, rows), set(file.schema_arrow.names)
        wanted = None if columns is None else [name for name in columns if name in there or not _newer(key, name)]
        found = file.read_row_groups([group for group, _ in groups], columns=wanted)
        whole = lake_schema(table_of(key))
        found = with_newer_columns(found, table_of(key), whole if columns is None else _chosen(whole, columns))
        return found.slice(first_row - groups[0][1] if groups else 0, rows)


def _newer(key: str, column: str) -> bool:
    return column in NEWER.get(table_of(key), ())


def _chosen(columns: Any, names: Sequence[str]) -> Any:
    return pa.schema([columns.field(name) for name in names if name in columns.names])


def read_test(
    objects: Objects, key: str, first_row: int, rows: int, test: int, columns: Sequence[str] = READ_TEST
) -> Any:
    """The results of one test among the rows of one run, sorted by part.

    key, first_row, rows  where the run's results lie
    test      row of the run's `tests`
    Returns   an Arrow table of the columns, without rows where the run has no reading of the test
    Raises    DamagedSource as in `read_rows`
    """
    with opened(objects, key) as file:
        place = file.schema_arrow.names.index("test")
        found = [
            _of_test(file, group, slice(max(first_row - start, 0), first_row + rows - start), test, columns)
            for group, start in _groups(file, key, first_row, rows)
            if _may_hold(file.metadata.row_group(group).column(place).statistics, test)
        ]
        return pa.concat_tables(found) if found else file.read_row_groups([], columns=[*columns])


def _of_test(file: Any, group: int, span: slice, test: int, columns: Sequence[str]) -> Any:
    """The rows of one test in a row group, of those that lie in the span."""
    found = file.read_row_group(group, columns=list({"test", *columns}))
    found = found.slice(span.start, max(span.stop - span.start, 0))
    return found.filter(pc.equal(found["test"], test)).select(columns)


def _may_hold(statistics: Any, value: int) -> bool:
    return statistics is None or not statistics.has_min_max or statistics.min <= value <= statistics.max


def _groups(file: Any, key: str, first_row: int, rows: int) -> list[tuple[int, int]]:
    """The row groups that hold a span of rows, each with the number of its first row."""
    starts = group_starts(file)
    held = starts[-1]
    if not 0 <= first_row <= first_row + rows <= held:
        problem = f"it holds {held} rows; rows {first_row} to {first_row + rows} were expected."
        raise DamagedSource(key, problem, advice=RESTORE)
    within = enumerate(pairwise(starts))
    return [(group, start) for group, (start, stop) in within if start < first_row + rows and stop > first_row]


def _result_groups(lot: Lot) -> Iterator[Any]:
    """The results in pieces of one row group, so that no second copy of them all is ever in memory."""
    rows = len(lot.measurements)
    for start in range(0, rows, ROW_GROUP):
        yield lot.measurements.rows(start, min(start + ROW_GROUP, rows))


def _with_identity(measures: Any, tests: Any) -> Any:
    """The measures with the identity and limits of their tests, sorted."""
    of_test = tests.select(TEST_IDENTITY).take(measures["test"])
    for name in TEST_IDENTITY:
        measures = measures.append_column(name, of_test[name])
    measures = measures.append_column("run", pa.repeat("", len(measures)))
    return measures.take(in_measure_order(measures))


def _of_run(run_id: str, name: str, rows: Any) -> Any:
    """Rows of a table as the lake holds them."""
    target, count = lake_schema(name), rows.num_rows
    zeros = _ZEROS[:count] if count <= ROW_GROUP else pa.array(np.zeros(count, np.int32))
    columns = [rows[field.name].cast(field.type) for field in target if field.name != "run"]
    return pa.Table.from_arrays([pa.DictionaryArray.from_arrays(zeros, [run_id]), *columns], schema=target)


_ZEROS = pa.array(np.zeros(ROW_GROUP, np.int32))
"""The run of each row of a row group: number 0 of a dictionary of one."""

__all__ = ["Objects", "Written", "read_rows", "read_test", "write_run"]
