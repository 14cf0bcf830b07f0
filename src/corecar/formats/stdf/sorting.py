"""Readings chained by test become columns by (test, part): gather, mend what is out of order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from corecar.compiled import compiled
from corecar.errors import ArgumentError
from corecar.formats.stdf.chunks import C_COUNT, C_NEXT, C_PART, C_STRIDE, HEAD, NUMBERED
from corecar.formats.stdf.loads import load_i2, load_i8, load_u2, load_u4, store_2, store_4
from corecar.formats.stdf.scanner import Readings
from corecar.lot import Results

SHARED_WORK = 1 << 20
"""From this many readings on, two threads gather them."""
MOST = 1 << 32
"""Readings of one lot: they are numbered in 32 bits."""
TEST, PIECE, FIRST_PART, FIRST_CHUNK, CHUNK, CURSOR, START, COLUMNS = range(8)
"""Columns of a list of readings: the lot's test, whose scanner's, number of its part 0, addresses of its chunks and of
its end, the place of its first reading in the lot."""


class Batch(NamedTuple):
    """Readings of one stream with what makes their numbers the lot's: test by table, part by offset."""

    readings: list[Readings]
    tests: npt.NDArray[np.uint32]
    first_part: int


class _Disorder(NamedTuple):
    """By test: whether its parts do not ascend, and how many readings repeat their neighbour's part."""

    unordered: npt.NDArray[np.bool_]
    repeats: npt.NDArray[np.int64]


class Repeats(NamedTuple):
    """Readings of a test after its first one within a part."""

    test: npt.NDArray[np.uint32]
    part: npt.NDArray[np.uint32]
    execution: npt.NDArray[np.uint16]
    value: npt.NDArray[np.float32]
    flags: npt.NDArray[np.uint16]


@compiled
def _gather(
    lists: Any, first: int, last: int, part: int, value: int, flags: int, sequence: int, unordered: Any, repeats: Any
) -> None:
    """Write the readings of lists[first:last] where they belong. Marks tests whose parts do not ascend, and counts
    by test the readings that repeat their neighbour's part.

    part, value, flags  addresses of the lot's columns
    sequence            address of a column (uint32) for the records' own numbers, or 0
    """
    test, before = -1, -1
    for entry in range(first, last):
        if lists[entry, TEST] != test:
            test, before = lists[entry, TEST], -1
        row, chunk, tail = lists[entry, START], lists[entry, FIRST_CHUNK], lists[entry, CHUNK]
        while True:
            stride, count = load_u4(chunk + C_STRIDE, False), load_u4(chunk + C_COUNT, False)
            if chunk == tail:
                count = (lists[entry, CURSOR] - chunk - HEAD) // stride
            number = load_u4(chunk + C_PART, False) + lists[entry, FIRST_PART]
            at = chunk + HEAD
            for _ in range(count):
                number += load_i2(at, False)
                store_4(part + 4 * row, number)
                store_4(value + 4 * row, load_u4(at + 4, False))
                store_2(flags + 2 * row, load_u2(at + 2, False))
                if sequence != 0 and stride == NUMBERED:
                    store_4(sequence + 4 * row, load_u4(at + 8, False))
                if number < before:
                    unordered[test] = True
                elif number == before:
                    repeats[test] += 1
                before = number
                at += stride
                row += 1
            if chunk == tail:
                break
            chunk = load_i8(chunk + C_NEXT, False)


@compiled
def _split_repeats(
    offsets: Any, part: Any, value: Any, flags: Any,
    out_test: Any, out_part: Any, out_execution: Any, out_value: Any, out_flags: Any, new_offsets: Any,
) -> None:  # fmt: skip
    """Move the later readings of a part aside; close the gaps in place."""
    write = 0
    aside = 0
    for test in range(len(offsets) - 1):
        start, execution = write, 1
        for row in range(offsets[test], offsets[test + 1]):
            if write > start and part[row] == part[write - 1]:
                execution += 1
                out_test[aside], out_part[aside] = test, part[row]
                out_execution[aside] = min(execution, 65535)
                out_value[aside], out_flags[aside] = value[row], flags[row]
                aside += 1
                continue
            execution = 1
            part[write], value[write], flags[write] = part[row], value[row], flags[row]
            write += 1
        new_offsets[test + 1] = write


def sort_readings(batches: list[Batch], tests: int) -> tuple[Results, Repeats]:
    """All readings by (test, part).

    Within a part the first execution of a test stands in the results, later ones in the repeats.
    """
    lists, counts = _lists(batches)
    offsets = np.zeros(tests + 1, np.int64)
    np.cumsum(np.bincount(lists[:, TEST], counts, tests).astype(np.int64), out=offsets[1:])
    total = int(offsets[-1])
    if total >= MOST:
        raise ArgumentError(f"{total:,} readings are more than one lot holds ({MOST:,}). Read fewer files at a time.")
    results = Results(offsets, np.empty(total, np.uint32), np.empty(total, np.float32), np.empty(total, np.uint16))
    disorder = _Disorder(np.zeros(tests, np.bool_), np.zeros(tests, np.int64))
    _fill(results, lists, disorder)
    _put_in_turn(lists, counts, results, disorder)
    return _mend(results, disorder)


def bytes_standing(batches: list[Batch]) -> int:
    """Bytes of the memory that readings stand in since they were scanned."""
    return sum(shelf.nbytes for batch in batches for readings in batch.readings for shelf in readings.shelves)


def give_back(batches: list[Batch]) -> None:
    """Give back the memory that readings stood in while they were scanned."""
    for batch in batches:
        for readings in batch.readings:
            readings.shelves.clear()


def in_file_order(readings: Readings, chosen: npt.NDArray[np.bool_]) -> tuple[Any, Any]:
    """The readings of chosen tests, as rows of the scanner's tests table and parts of its stream.

    Those of tests that the lot may take for one stand in the order of the file, the others test by test.
    """
    tests, part, number = numbered(readings, chosen)
    order = np.argsort(number, kind="stable")
    return tests[order], part[order]


def numbered(readings: Readings, chosen: npt.NDArray[np.bool_]) -> tuple[Any, Any, Any]:
    """The readings of chosen tests, test by test: rows of the scanner's tests table, parts of its stream, and how many
    readings of the stream stand before each; 0 for those from before the readings of their test were numbered.
    """
    lists, counts = _lists([Batch([readings], np.arange(len(readings.tests), dtype=np.uint32), 0)])
    lists, counts = (column[chosen[lists[:, TEST]]] for column in (lists, counts))
    lists[:, START] = np.cumsum(counts) - counts
    total = int(counts.sum())
    found = Results(counts, np.empty(total, np.uint32), np.empty(total, np.float32), np.empty(total, np.uint16))
    sequence = np.zeros(total, np.uint32)
    disorder = _Disorder(np.zeros(len(chosen), np.bool_), np.zeros(len(chosen), np.int64))
    _gather(lists, 0, len(lists), *_addresses(found), sequence.ctypes.data, *disorder)
    return np.repeat(lists[:, TEST], counts), found.part, sequence


def _lists(batches: list[Batch]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """A row per test of each scanner that has readings, by the lot's tests, and how many readings each has."""
    pieces, piece = [np.zeros((0, COLUMNS + 1), np.int64)], 0
    for batch in batches:
        for readings in batch.readings:
            rows = readings.tests
            last = (rows["cursor"] - rows["chunk"] - HEAD) // np.maximum(rows["stride"], 1)
            met = np.flatnonzero(rows["chunk"])
            found = np.empty((len(met), COLUMNS + 1), np.int64)
            found[:, TEST] = batch.tests[met]
            found[:, PIECE], found[:, FIRST_PART] = piece, batch.first_part + readings.first_part
            for place, name in ((FIRST_CHUNK, "first_chunk"), (CHUNK, "chunk"), (CURSOR, "cursor")):
                found[:, place] = rows[name][met]
            found[:, COLUMNS] = (rows["readings"] + last)[met]
            pieces.append(found)
            piece += 1
    lists = np.concatenate(pieces)
    lists = lists[np.argsort(lists[:, TEST], kind="stable")]
    counts = lists[:, COLUMNS].copy()
    lists[:, START] = np.cumsum(counts) - counts
    return np.ascontiguousarray(lists[:, :COLUMNS]), counts


def _fill(results: Results, lists: Any, disorder: _Disorder) -> None:
    """Gather all lists; two threads share the work where there is enough, parted between two tests."""
    columns = _addresses(results)
    if len(results) < SHARED_WORK:
        _gather(lists, 0, len(lists), *columns, 0, *disorder)
        return
    middle = int(np.searchsorted(lists[:, START], len(results) // 2))
    middle = int(np.searchsorted(lists[:, TEST], lists[min(middle, len(lists) - 1), TEST]))
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(_gather, lists, middle, len(lists), *columns, 0, *disorder)
        _gather(lists, 0, middle, *columns, 0, *disorder)
        other.result()


def _put_in_turn(lists: Any, counts: Any, results: Results, disorder: _Disorder) -> None:
    """Where several tests of one scanner are one test of the lot, put their readings in the order of the file."""
    same = (lists[1:, [TEST, PIECE]] == lists[:-1, [TEST, PIECE]]).all(axis=1)
    for first in np.flatnonzero(same & ~np.append(False, same)[:-1]).tolist():
        last = first + 1 + int(np.argmin(np.append(same[first:], False)))
        start, stop = int(lists[first, START]), int(lists[last - 1, START] + counts[last - 1])
        sequence = np.zeros(stop - start, np.uint32)
        _gather(lists, first, last, *_addresses(results), sequence.ctypes.data - 4 * start, *disorder)
        _reorder(results, slice(start, stop), np.argsort(sequence, kind="stable"))
        disorder.unordered[lists[first, TEST]] = True


def _addresses(results: Results) -> tuple[int, int, int]:
    return results.part.ctypes.data, results.value.ctypes.data, results.flags.ctypes.data


def _reorder(results: Results, span: slice, order: Any) -> None:
    for column in (results.part, results.value, results.flags):
        column[span] = column[span][order]


def _mend(results: Results, disorder: _Disorder) -> tuple[Results, Repeats]:
    """Sort the tests whose parts are out of order; take repeats out."""
    repeats = disorder.repeats
    for test in np.flatnonzero(disorder.unordered).tolist():
        span = results.of(test)
        _reorder(results, span, np.argsort(results.part[span], kind="stable"))
        repeats[test] = np.count_nonzero(np.diff(results.part[span]) == 0)
    columns: list[Any] = [np.empty(int(repeats.sum()), dtype) for dtype in ("u4", "u4", "u2", "f4", "u2")]
    aside = Repeats(*columns)
    if not len(aside.part):
        return results, aside
    new_offsets = np.zeros_like(results.offsets)
    part, value, flags = results.part, results.value, results.flags
    _split_repeats(results.offsets, part, value, flags, *aside, new_offsets)
    kept = int(new_offsets[-1])
    return Results(new_offsets, part[:kept], value[:kept], flags[:kept]), aside
