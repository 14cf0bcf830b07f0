"""Many small files of one table become one: which of them, and in what order their rows then lie."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.columns_at_rest import ROW_GROUP, with_newer_columns
from corecar.errors import ArgumentError
from corecar.store.lake.files import Objects, Written, group_starts, opened, write_file
from corecar.store.lake.tables import in_measure_order, lake_schema, table_key, table_of

FAN = 16
"""Files of about one size that are merged as soon as there are so many."""
MOST = 32
"""Files merged at once, at most: so many may be open, each with a row group in memory."""
FULL = 32 << 20
"""Bytes from which on a file is large enough: to open it is nothing beside reading it."""
LARGEST = 8 * FULL
"""Bytes that files to be merged need not exceed."""
MEASURE_GROUP = 1 << 15
"""Rows of a row group of merged measures: a trend of one test over a thousand runs takes one or two of them."""


@dataclass(frozen=True)
class Span:
    """Where the rows of one run lie in a file: rows first_row to first_row + rows.

    In a merged file of measures the runs lie mixed; there first_row is None, and rows is how many are of the run.
    """

    run: str
    first_row: int | None
    rows: int


@dataclass(frozen=True)
class Filed:
    """A file of a table as the catalogue lists it: key, bytes, rows in all, and the spans that still count."""

    key: str
    bytes: int
    rows: int
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Merged:
    """A merged file and where the runs lie in it."""

    written: Written
    spans: tuple[Span, ...]


def plan_merges(files: Iterable[Filed]) -> list[tuple[Filed, ...]]:
    """Which files of one table to merge now, each group into one.

    Files are of one tier when their rows are within a factor of FAN. FAN files of a tier make one of a higher tier:
    so a tier keeps fewer than FAN files, and a row is written anew at most once per tier, that is, log(rows in all) /
    log(FAN) times. A file of FULL bytes stays as it is.
    """
    tiers: dict[int, list[Filed]] = defaultdict(list)
    for file in files:
        if file.bytes < FULL:
            tiers[_tier(sum(span.rows for span in file.spans))].append(file)
    return [group for _, tier in sorted(tiers.items()) for group in _groups_of(tier)]


def _tier(rows: int) -> int:
    tier = 0
    while rows >= FAN:
        rows, tier = rows // FAN, tier + 1
    return tier


def _groups_of(tier: Sequence[Filed]) -> Iterator[tuple[Filed, ...]]:
    """The files of a tier in groups of FAN to MOST, or of fewer that make a large file; a smaller rest waits."""
    group: list[Filed] = []
    for file in sorted(tier, key=lambda one: one.key):
        group.append(file)
        if len(group) == MOST or sum(one.bytes for one in group) >= LARGEST:
            yield tuple(group)
            group = []
    if len(group) >= FAN:
        yield tuple(group)


def merge(objects: Objects, table: str, files: Sequence[Filed], token: str) -> Merged:
    """Write the rows of several files of one table as one, under a fresh name; only rows of their spans are kept.

    Measures are sorted by scope, test, group and run, so that one test over all runs lies together; of every other
    table the rows of a run stay together, run after run. Memory holds a row group or two of each file.
    Raises  ArgumentError when a run stands in two of the files; DamagedSource, OutputError
    """
    counted = Counter(span.run for file in files for span in file.spans)
    twice = [run for run, count in counted.items() if count > 1]
    if twice:
        raise ArgumentError(f"run {twice[0]} stands in several of the files of {table} that are to be merged.")
    name = "m-" + hashlib.sha256("\n".join(sorted(file.key for file in files)).encode()).hexdigest()[:8]
    key = table_key(table, name, token)
    if table == "measures":
        pieces = _regrouped(_by_test(objects, files), MEASURE_GROUP)
        spans = sorted((Span(span.run, None, span.rows) for file in files for span in file.spans), key=lambda s: s.run)
    else:
        ordered = sorted(((span, file.key) for file in files for span in file.spans), key=lambda pair: pair[0].run)
        pieces = _regrouped(_by_run(objects, ordered), ROW_GROUP)
        starts = accumulate((span.rows for span, _ in ordered), initial=0)
        spans = [Span(span.run, start, span.rows) for (span, _), start in zip(ordered, starts, strict=False)]
    return Merged(write_file(objects.writer(key), table, key, pieces), tuple(spans))


def _regrouped(pieces: Iterable[Any], rows: int) -> Iterator[Any]:
    """The same rows in tables of so many, each with one dictionary per column, as a row group needs it."""
    waiting: list[Any] = []
    count = 0
    for piece in pieces:
        waiting.append(piece)
        count += piece.num_rows
        while count >= rows:
            joined = pa.concat_tables(waiting)
            yield _whole(joined.slice(0, rows))
            waiting, count = [joined.slice(rows)], count - rows
    if count:
        yield _whole(pa.concat_tables(waiting))


def _whole(table: Any) -> Any:
    return table.unify_dictionaries().combine_chunks()


class _Cursor:
    """Reads spans of one file, ascending; the row group that the last one ended in is kept."""

    def __init__(self, objects: Objects, key: str) -> None:
        self.stack, self.table = ExitStack(), table_of(key)
        self.file = self.stack.enter_context(opened(objects, key))
        self.starts = group_starts(self.file)
        self.group, self.held = -1, None

    def take(self, span: Span) -> Iterator[Any]:
        place = span.first_row or 0
        stop = place + span.rows
        while place < stop:
            group = int(np.searchsorted(self.starts, place, "right")) - 1
            if group != self.group:
                held = self.file.read_row_group(group)
                self.group, self.held = group, with_newer_columns(held, self.table, lake_schema(self.table))
            piece = self.held.slice(place - self.starts[group], stop - place)  # type: ignore[attr-defined]
            yield piece
            place += piece.num_rows


def _by_run(objects: Objects, ordered: Sequence[tuple[Span, str]]) -> Iterator[Any]:
    """The rows of one span after the other; a file is open from its first span to its last."""
    left = Counter(key for _, key in ordered)
    cursors: dict[str, _Cursor] = {}
    with ExitStack() as stack:
        for span, key in ordered:
            if key not in cursors:
                cursors[key] = _Cursor(objects, key)
                stack.push(cursors[key].stack)
            yield from cursors[key].take(span)
            left[key] -= 1
            if not left[key]:
                cursors.pop(key).stack.close()


class _Held:
    """What was read of a sorted file and has not gone out yet."""

    def __init__(self, pieces: Iterator[Any], columns: Any) -> None:
        self.pieces, self.rows, self.ended = pieces, columns.empty_table(), False

    def fill(self) -> None:
        while not self.ended and self.rows.num_rows < MEASURE_GROUP:
            piece = next(self.pieces, None)
            if piece is None:
                self.ended = True
            else:
                self.rows = pa.concat_tables([self.rows, piece])


def _by_test(objects: Objects, files: Sequence[Filed]) -> Iterator[Any]:
    """The rows of sorted files as one sorted sequence.

    Nothing unread comes before the least of the last rows held of files that are not at their end: what lies up to
    that row goes out, and then the files are read on.
    """
    with ExitStack() as stack:
        columns = lake_schema("measures")
        held = [_Held(_live(stack.enter_context(opened(objects, file.key)), file), columns) for file in files]
        while True:
            for one in held:
                one.fill()
            joined = _whole(pa.concat_tables([one.rows for one in held]))
            if not joined.num_rows:
                return
            order = in_measure_order(joined)
            ends = np.cumsum([one.rows.num_rows for one in held])
            out = order[: _certain(order, [end - 1 for end, one in zip(ends, held, strict=True) if not one.ended])]
            yield joined.take(out)
            gone = np.bincount(np.searchsorted(ends, out, "right"), minlength=len(held))
            for one, count in zip(held, gone.tolist(), strict=True):
                one.rows = one.rows.slice(count)


def _certain(order: Any, last: list[int]) -> int:
    """How many rows in sorted order lie up to the first of the given rows; all when none is given."""
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return int(place[last].min()) + 1 if last else len(order)


def _live(file: Any, filed: Filed) -> Iterator[Any]:
    """The row groups of a file, without the rows of runs that no longer count."""
    runs = pa.array([span.run for span in filed.spans])
    whole = sum(span.rows for span in filed.spans) == filed.rows
    for group in range(file.num_row_groups):
        rows = file.read_row_group(group).cast(lake_schema("measures"))
        yield rows if whole else rows.filter(pc.is_in(rows["run"].cast(pa.string()), runs))
