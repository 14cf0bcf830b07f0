"""Readings in file order become readings by (test, part): count, place, mend what is out of order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from corecar.compiled import compiled
from corecar.formats.stdf.scanner import Block
from corecar.lot import Results

SHARED_WORK = 1 << 20
"""From this many readings on, two threads place them."""


class Batch(NamedTuple):
    """Blocks of one stream with what makes their numbers the lot's: test by table, part by offset."""

    blocks: list[Block]
    tests: npt.NDArray[np.uint32]
    first_part: int


class Repeats(NamedTuple):
    """Readings of a test after its first one within a part."""

    test: npt.NDArray[np.uint32]
    part: npt.NDArray[np.uint32]
    execution: npt.NDArray[np.uint16]
    value: npt.NDArray[np.float32]
    flags: npt.NDArray[np.uint16]


@compiled
def _count(test: Any, rows: int, tests: Any, counts: Any) -> None:
    for row in range(rows):
        counts[tests[test[row]]] += 1


@compiled
def _place(
    test: Any, part: Any, value: Any, flags: Any, rows: int, tests: Any, first: int,
    cursor: Any, to_part: Any, to_value: Any, to_flags: Any,
) -> None:  # fmt: skip
    for row in range(rows):
        target = tests[test[row]]
        at = cursor[target]
        cursor[target] = at + 1
        to_part[at] = part[row] + first
        to_value[at] = value[row]
        to_flags[at] = flags[row]


@compiled
def _disorder(offsets: Any, part: Any, unordered: Any) -> int:
    """Mark tests whose parts do not ascend; return how many readings repeat their neighbour's part."""
    repeats = 0
    for test in range(len(offsets) - 1):
        for row in range(offsets[test] + 1, offsets[test + 1]):
            if part[row] < part[row - 1]:
                unordered[test] = True
            if part[row] == part[row - 1]:
                repeats += 1
    return repeats


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
    """All readings by (test, part); the blocks are emptied as they are used.

    Within a part the first execution of a test stands in the results, later ones in the repeats.
    """
    shares = _shares(batches)
    counts = [_counted(share, tests) for share in shares]
    offsets = np.zeros(tests + 1, np.int64)
    np.cumsum(np.sum(counts, axis=0), out=offsets[1:])
    total = int(offsets[-1])
    part, value, flags = np.empty(total, np.uint32), np.empty(total, np.float32), np.empty(total, np.uint16)
    before = np.zeros(tests, np.int64)
    cursors = []
    for count in counts:
        cursors.append(offsets[:-1] + before)
        before = before + count
    with ThreadPoolExecutor(len(shares)) as pool:
        list(pool.map(lambda job: _place_all(job[0], job[1], part, value, flags), zip(shares, cursors, strict=True)))
    return _mend(offsets, part, value, flags)


def _shares(batches: list[Batch]) -> list[list[Batch]]:
    """The work for one or two threads, in file order."""
    total = sum(block.rows for batch in batches for block in batch.blocks)
    if total < SHARED_WORK:
        return [batches]
    left: list[Batch] = []
    right: list[Batch] = []
    done = 0
    for batch in batches:
        cut = 0
        while cut < len(batch.blocks) and done < total // 2:
            done += batch.blocks[cut].rows
            cut += 1
        left.append(batch._replace(blocks=batch.blocks[:cut]))
        right.append(batch._replace(blocks=batch.blocks[cut:]))
        batch.blocks.clear()
    return [left, right]


def _counted(share: list[Batch], tests: int) -> npt.NDArray[np.int64]:
    counts = np.zeros(tests, np.int64)
    for batch in share:
        for block in batch.blocks:
            _count(block.test, block.rows, batch.tests, counts)
    return counts


def _place_all(share: list[Batch], cursor: Any, part: Any, value: Any, flags: Any) -> None:
    for batch in share:
        batch.blocks.reverse()
        while batch.blocks:
            block = batch.blocks.pop()
            first = batch.first_part + block.first_part
            _place(
                block.test, block.part, block.value, block.flags, block.rows, batch.tests, first,
                cursor, part, value, flags,
            )  # fmt: skip


def _mend(offsets: Any, part: Any, value: Any, flags: Any) -> tuple[Results, Repeats]:
    """Sort the tests whose parts are out of order; take repeats out."""
    unordered = np.zeros(len(offsets) - 1, np.bool_)
    repeats = _disorder(offsets, part, unordered)
    for test in np.flatnonzero(unordered):
        span = slice(int(offsets[test]), int(offsets[test + 1]))
        order = np.argsort(part[span], kind="stable")
        part[span], value[span], flags[span] = part[span][order], value[span][order], flags[span][order]
    if unordered.any():
        repeats = _disorder(offsets, part, unordered)
    columns: list[Any] = [np.empty(repeats, dtype) for dtype in ("u4", "u4", "u2", "f4", "u2")]
    aside = Repeats(*columns)
    if not repeats:
        return Results(offsets, part, value, flags), aside
    new_offsets = np.zeros_like(offsets)
    _split_repeats(offsets, part, value, flags, *aside, new_offsets)
    kept = int(new_offsets[-1])
    return Results(new_offsets, part[:kept], value[:kept], flags[:kept]), aside
