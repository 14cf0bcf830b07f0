"""Readings in file order become readings by (test, part): count, place, mend what is out of order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from corecar.compiled import compiled
from corecar.errors import ArgumentError
from corecar.formats.stdf.scanner import Block
from corecar.lot import Results

SHARED_WORK = 1 << 20
"""From this many readings on, two threads place them."""
MOST = 1 << 32
"""Readings of one lot: their places are numbered in 32 bits."""


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
def _locate(test: Any, rows: int, tests: Any, cursor: Any) -> None:
    """Replace each reading's test by the place where the reading will stand."""
    for row in range(rows):
        target = tests[test[row]]
        test[row] = cursor[target]
        cursor[target] += 1


@compiled
def _scatter(place: Any, rows: int, column: Any, add: int, out: Any) -> None:
    for row in range(rows):
        out[place[row]] = column[row] + add


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

    Column by column, so that of the working memory only one column stands twice at a time.
    Within a part the first execution of a test stands in the results, later ones in the repeats.
    """
    shares = _shares(batches)
    counts = [_counted(share, tests) for share in shares]
    offsets = np.zeros(tests + 1, np.int64)
    np.cumsum(np.sum(counts, axis=0), out=offsets[1:])
    total = int(offsets[-1])
    if total >= MOST:
        raise ArgumentError(f"{total:,} readings are more than one lot holds ({MOST:,}). Read fewer files at a time.")
    cursors = [offsets[:-1] + sum(counts[:share], np.zeros(tests, np.int64)) for share in range(len(shares))]
    with ThreadPoolExecutor(len(shares)) as pool:
        jobs = list(pool.map(_jobs, shares, cursors))
        columns = []
        for name, dtype in (("part", np.uint32), ("value", np.uint32), ("flags", np.uint16)):
            out = np.empty(total, dtype)
            list(pool.map(lambda share, name=name, out=out: _place_column(share, name, out), jobs))
            columns.append(out)
    part, value, flags = columns
    return _mend(offsets, part, value.view(np.float32), flags)


class _Job:
    """One block on its way: each column is dropped once it stands in its place."""

    def __init__(self, block: Block, place: Any, first_part: int) -> None:
        self.rows, self.place, self.first_part = block.rows, place, first_part
        self.columns = {"part": block.part, "value": block.value, "flags": block.flags}


def _shares(batches: list[Batch]) -> list[list[Batch]]:
    """The work for one or two threads, in file order; takes the blocks out of the batches."""
    total = sum(block.rows for batch in batches for block in batch.blocks)
    left: list[Batch] = []
    right: list[Batch] = []
    done = 0
    for batch in batches:
        cut = 0
        while cut < len(batch.blocks) and (total < SHARED_WORK or done < total // 2):
            done += batch.blocks[cut].rows
            cut += 1
        left.append(batch._replace(blocks=batch.blocks[:cut]))
        right.append(batch._replace(blocks=batch.blocks[cut:]))
        batch.blocks.clear()
    return [left, right] if total >= SHARED_WORK else [left]


def _counted(share: list[Batch], tests: int) -> npt.NDArray[np.int64]:
    counts = np.zeros(tests, np.int64)
    for batch in share:
        for block in batch.blocks:
            _count(block.test, block.rows, batch.tests, counts)
    return counts


def _jobs(share: list[Batch], cursor: npt.NDArray[np.int64]) -> list[_Job]:
    """The blocks of a share with every reading's place worked out, in the memory that held its test."""
    jobs = []
    for batch in share:
        for block in batch.blocks:
            _locate(block.test, block.rows, batch.tests, cursor)
            jobs.append(_Job(block, block.test, batch.first_part + block.first_part))
        batch.blocks.clear()
    return jobs


def _place_column(jobs: list[_Job], name: str, out: Any) -> None:
    for job in jobs:
        column = job.columns.pop(name).view(out.dtype)
        _scatter(job.place, job.rows, column, job.first_part if name == "part" else 0, out)


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
