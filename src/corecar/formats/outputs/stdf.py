"""A lot as genuine STDF V4, in either byte order: what `corecar.read` gives is written and read back the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.atomic import whole_file
from corecar.errors import ArgumentError, OutputError
from corecar.formats.outputs import packing
from corecar.formats.outputs.compressed import opened
from corecar.formats.outputs.patterns import PatternMaker, Patterns, Readings, all_readings, pin_indices
from corecar.formats.outputs.streams import Encoder, Stretches, closing, opening, stretches
from corecar.formats.stdf.columns import ByteArray
from corecar.formats.stdf.writer import assemble
from corecar.lot import Int64Array, Lot, Results
from corecar.stdf_values import NO_BIN, NO_COORDINATE, PART_ABNORMAL, PART_FAILED, PART_NO_VERDICT

BUFFER = 64 << 20
"""Bytes made at once; a buffer is reused, since fresh memory is slower than the loop that fills it."""


def write_stdf(lot: Lot, path: str | Path, *, big_endian: bool = False, modified: int | None = None) -> tuple[str, ...]:
    """Write a lot as STDF V4, one stream per run; `.gz` and `.zst` at the end of the name compress it.

    lot         parts are written in their order, each test's readings together; where sites interleave, tests keep
                the order in which they first appear
    big_endian  byte order; CPU_TYPE follows
    modified    MOD_TIM of the ATR that says who wrote the file, in seconds since 1970; now by default
    Returns     a sentence for everything that STDF cannot hold or that was put in another order
    Raises      OutputError when the file cannot be written, or a text is longer than a record holds
    Source      STDF Specification V4; counts (HBR, SBR, WRR) are the tester's own, or ours where it reported none

    Lots with several runs become several streams one after the other, each complete.
    """
    ordered, notes = _by_run(lot)
    encode = Encoder(big_endian)
    stamp = int(time.time()) if modified is None else modified
    try:
        with whole_file(path) as sibling, opened(sibling, Path(path)) as out:
            writer = _Writer(ordered, encode, out.write, stamp)
            for run in range(max(ordered.runs.num_rows, 0)):
                writer.run(run)
    except ArgumentError as error:
        raise OutputError(f"{path}: {error} Shorten it, or write .parquet, which holds everything.") from error
    return (*notes, *writer.notes())


class _Writer:
    """Writes the runs of a lot one after the other."""

    def __init__(self, lot: Lot, encode: Encoder, write: Callable[[Any], Any], stamp: int) -> None:
        self.lot, self.encode, self.write, self.stamp = lot, encode, write, stamp
        self.readings = all_readings(lot)
        self.pins = pin_indices(lot)
        self.maker = PatternMaker(lot, self.readings, self.pins, encode)
        self.counted = lot.runs.num_rows > 1 or _nothing_reported(lot)
        self.first = np.searchsorted(lot.parts["run"].to_numpy(), np.arange(lot.runs.num_rows + 1)).tolist()
        self.buffer = np.empty(0, np.uint8)
        self.shuffled = 0

    def run(self, run: int) -> None:
        """Write one run as a stream from FAR to MRR."""
        parts = slice(self.first[run], self.first[run + 1])
        between = stretches(self.lot, run, parts, self.encode, self.counted)
        self.write(opening(self.lot, run, parts, self.pins, self.encode, self.stamp))
        tests = range(self.lot.tests.num_rows)
        spans = np.array([_ends(self.readings.of(test, parts)) for test in tests], np.int64).reshape(-1, 2)
        if parts.stop > parts.start:
            self._parts(parts, spans, between)
        self.write(between.end)
        results = Readings(*_fields(self.lot.measurements), None)
        known = np.array([_ends(results.of(test, parts)) for test in tests], np.int64).reshape(-1, 2)
        self.write(closing(self.lot, run, parts, known, self.encode, self.counted))

    def notes(self) -> list[str]:
        """What could not be written as the lot has it."""
        silent = int((np.diff(self.readings.offsets) == 0).sum())
        counts = (
            (silent, "tests without any reading were left out: STDF names a test only in its readings."),
            (self.maker.dropped, "limits of single parts were left out: the first record of a test gives its limits."),
            (self.shuffled, "tests stand in another order: sites that overlap do not allow theirs."),
        )
        return [f"{count:,} {what}" for count, what in counts if count]

    def _parts(self, parts: slice, spans: Int64Array, between: Stretches) -> None:
        """The parts of a run, a buffer of them at a time."""
        group, shuffled = _touchdowns(self.lot, self.readings, parts)
        self.shuffled += shuffled
        patterns = self.maker.of_run(parts)
        plan = _Plan(
            self.lot, self.readings, parts, group, patterns, spans,
            _Edge(*_openings(self.lot, parts, between, self.encode)),
            _Edge(*_closings(self.lot, parts, self.encode)),
        )  # fmt: skip
        sizes = plan.sizes()
        ends = np.cumsum(sizes)
        done = 0
        while done < len(sizes):
            before = int(ends[done - 1]) if done else 0
            following = max(done + 1, int(np.searchsorted(ends, before + BUFFER, side="right")))
            size = int(ends[following - 1]) - before
            if size > len(self.buffer):
                self.buffer = np.empty(max(size, min(BUFFER, int(ends[-1]))), np.uint8)
            plan.fill(self.buffer, done, following, ends[done:following] - sizes[done:following] - before,
                      self.encode.big_endian)  # fmt: skip
            self.write(self.buffer[:size].data)
            done = following


@dataclass(frozen=True)
class _Edge:
    """Bytes at one edge of each part: part p has content[start[p]:start[p + 1]]."""

    content: ByteArray
    start: Int64Array


class _Plan:
    """Everything the loops need to write the parts of one run."""

    def __init__(
        self, lot: Lot, readings: Readings, parts: slice, group: Int64Array, patterns: Patterns, spans: Int64Array,
        before: _Edge, after: _Edge,
    ) -> None:  # fmt: skip
        self.readings, self.parts, self.group, self.patterns = readings, parts, group, patterns
        self.before, self.after = before, after
        self.offset, self.stop = spans[:, 0].copy(), spans[:, 1].copy()
        self.own = np.searchsorted(patterns.index, self.offset).astype(np.int64)
        self.head, self.site = (lot.parts[name].to_numpy()[parts].copy() for name in ("head", "site"))
        self.part_of_group = np.append(np.searchsorted(group, np.arange(group[-1] + 1)), len(group))
        self.bits = np.ascontiguousarray(readings.value).view(np.uint32)

    def sizes(self) -> Int64Array:
        """Bytes of each group of parts, all its records together."""
        edges = np.diff(self.before.start) + np.diff(self.after.start)
        sizes = np.bincount(self.group, weights=edges).astype(np.int64)
        p = self.patterns
        packing.measure(self.offset, self.stop, self.readings.part, self.parts.start, self.group, p.length, p.index,
                        self.own, p.own_length, sizes)  # fmt: skip
        return sizes

    def fill(self, out: ByteArray, first: int, last: int, position: Int64Array, big: bool) -> None:
        """Write groups first to last; `position` is where each of them begins."""
        low, high = int(self.part_of_group[first]), int(self.part_of_group[last])
        p, r = self.patterns, self.readings
        packing.place_edges(out, position, low, high, first, self.group, self.before.content, self.before.start)
        packing.place_readings(
            out, position, self.offset, self.stop, self.own, self.parts.start + high, self.parts.start, first,
            r.part, self.bits, r.flags, self.group, self.head, self.site, p.shared, p.start, p.length, p.functional,
            p.index, p.own_start, p.own_length, p.own, big,
        )  # fmt: skip
        packing.place_edges(out, position, low, high, first, self.group, self.after.content, self.after.start)


def _touchdowns(lot: Lot, readings: Readings, parts: slice) -> tuple[Int64Array, int]:
    """Which parts are written together, test by test, so that tests first appear in the order of their rows.

    Returns the group of each part, and how many tests nevertheless appear out of order: two parts of one head and
    site cannot be open at once (STDF V4, PIR).
    """
    count = parts.stop - parts.start
    first = np.array([readings.part[at] for at, end in zip(readings.offsets[:-1], readings.offsets[1:], strict=True)
                      if end > at], np.int64) - parts.start  # fmt: skip
    first = first[(first >= 0) & (first < count)]
    latest = np.maximum.accumulate(first) if len(first) else first
    late = np.flatnonzero(first < latest)
    joined = np.zeros(count + 1, np.int64)
    np.add.at(joined, first[late] + 1, 1)
    np.add.at(joined, latest[late] + 1, -1)
    group = np.cumsum(np.cumsum(joined)[:count] == 0) - 1
    place = lot.parts["head"].to_numpy()[parts].astype(np.int64) << 8 | lot.parts["site"].to_numpy()[parts]
    pairs = np.unique(group << 16 | place)
    if len(pairs) == count:
        return group.astype(np.int64), 0
    return np.arange(count, dtype=np.int64), len(late)


def _openings(lot: Lot, parts: slice, between: Stretches, encode: Encoder) -> tuple[ByteArray, Int64Array]:
    """What stands before the readings of each part: wafers, its PIR, texts."""
    heads, sites = (lot.parts[name].to_numpy()[parts] for name in ("head", "site"))
    pir = np.tile(np.frombuffer(encode("PIR", HEAD_NUM=0, SITE_NUM=0), np.uint8), (len(heads), 1))
    pir[:, 4], pir[:, 5] = heads, sites
    special = sorted(set(between.before) | set(between.after))
    pieces, length, done = [], np.full(len(heads), 6, np.int64), 0
    for part in special:
        at = part - parts.start
        before, after = between.before.get(part, b""), between.after.get(part, b"")
        pieces += [pir[done:at].tobytes(), before, pir[at].tobytes(), after]
        length[at] += len(before) + len(after)
        done = at + 1
    pieces.append(pir[done:].tobytes())
    return np.frombuffer(b"".join(pieces), np.uint8), np.concatenate([[0], np.cumsum(length)])


def _closings(lot: Lot, parts: slice, encode: Encoder) -> tuple[ByteArray, Int64Array]:
    """The PRR of each part; a part that never ended is closed as one that ended abnormally."""
    table = lot.parts.slice(parts.start, parts.stop - parts.start)
    flags = table["flags"].to_numpy()
    passed, known = (_bools(pc.fill_null(table["passed"], False)), _bools(pc.is_valid(table["passed"])))
    incomplete = _bools(pc.fill_null(table["incomplete"], False))
    told = np.where(known, np.where(passed, 0, PART_FAILED), (flags & PART_FAILED) | PART_NO_VERDICT)
    flags = (flags & ~np.uint8(PART_FAILED | PART_NO_VERDICT)) | told | np.where(incomplete, PART_ABNORMAL, 0)
    columns = {
        "HEAD_NUM": table["head"], "SITE_NUM": table["site"], "PART_FLG": pa.array(flags.astype(np.uint8)),
        "NUM_TEST": table["test_count"].fill_null(0), "HARD_BIN": table["hard_bin"].fill_null(NO_BIN),
        "SOFT_BIN": table["soft_bin"].fill_null(NO_BIN), "X_COORD": table["x"].fill_null(NO_COORDINATE),
        "Y_COORD": table["y"].fill_null(NO_COORDINATE), "TEST_T": table["test_time_ms"].fill_null(0),
        "PART_ID": table["part_id"].fill_null(""), "PART_TXT": table["part_text"].fill_null(""),
    }  # fmt: skip
    records = pa.table({"sequence": pa.array(np.arange(1, len(flags) + 1, dtype=np.uint64)), **columns})
    far = pa.table({"sequence": pa.array([0], pa.uint64()), "CPU_TYPE": pa.array([2], pa.uint8()),
                    "STDF_VER": pa.array([4], pa.uint8())})  # fmt: skip
    content = assemble({"FAR": far, "PRR": records}, big_endian=encode.big_endian, encoding="utf-8")
    edges = np.empty(len(flags) + 1, np.int64)
    packing.record_edges(content, len(encode("FAR", CPU_TYPE=1, STDF_VER=4)), encode.big_endian, edges)
    return content, edges


def _by_run(lot: Lot) -> tuple[Lot, list[str]]:
    """The lot with the parts of each run together, as a file has them."""
    run = lot.parts["run"].to_numpy()
    if np.all(run[1:] >= run[:-1]):
        return lot, []
    order = np.argsort(run, kind="stable")
    place = np.empty(len(order), np.uint32)
    place[order] = np.arange(len(order), dtype=np.uint32)
    numbers = pa.array(np.arange(len(order), dtype=np.uint32))
    parts = lot.parts.take(pa.array(order)).set_column(0, lot.parts.schema.field("part"), numbers)
    m = lot.measurements
    part = place[m.part]
    test = np.repeat(np.arange(len(m.offsets) - 1), np.diff(m.offsets))
    sorted_ = np.lexsort((part, test))
    results = Results(m.offsets, part[sorted_], m.value[sorted_], m.flags[sorted_])
    moved = {name: _moved(getattr(lot, name), place) for name in ("repeats", "part_limits", "texts")}
    note = "The parts were put in the order of their runs."
    units = None if lot.units is None else lot.units[order]
    return replace(lot, parts=parts, measurements=results, units=units, **moved), [note]


def _moved(table: Any, place: Any) -> Any:
    """A table whose column `part` follows the parts to their new rows."""
    column = table.column_names.index("part")
    old = table["part"].fill_null(0).to_numpy()
    new = pa.array(place[old], mask=_bools(pc.is_null(table["part"])))
    return table.set_column(column, table.schema.field(column), new)


def _nothing_reported(lot: Lot) -> bool:
    columns = (lot.bins["reported"], lot.wafers["reported_parts"], lot.wafers["reported_good"])
    return all(column.null_count == len(column) for column in columns)


def _fields(results: Results) -> tuple[Any, Any, Any, Any]:
    return results.offsets, results.part, results.value, results.flags


def _ends(span: slice) -> tuple[int, int]:
    return span.start, span.stop


def _bools(column: Any) -> Any:
    return column.to_numpy(zero_copy_only=False)
