"""Two cores for one file: its halves are scanned side by side, and the second is used only where that changes nothing.

The second scanner starts, where no part is open, with what the first few megabytes taught about the tests. Its work
counts when it met no test and no default limits of its own, no number that several tests share, and nothing odd: then
one scanner going through would have written the same. Otherwise it is dropped and the first scanner goes on.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from corecar.errors import DamagedSource
from corecar.formats.stdf import kernel_state as kernel
from corecar.formats.stdf.chain import find_rest
from corecar.formats.stdf.footing import VENDOR
from corecar.formats.stdf.layout import stacked
from corecar.formats.stdf.scanner import Scanner, Stream, Working

LEAST = 1 << 26
"""Bytes from which on two scanners pay."""
LESSON = 1 << 22
"""Bytes that are scanned first, to know the tests."""
STEP = 1 << 24
SEARCH = 40
"""The second scanner's half is smaller by this fraction of the file: it first walks to where it begins."""

Report = Callable[[int], None]


def pays(size: int) -> bool:
    """Is a file of this size worth two scanners on this machine?"""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return size >= LEAST and cores > 1


def scan_in_halves(scanner: Scanner, data: Any, report: Report) -> int:
    """Scan as much of a file as can be done side by side; returns the place from which to go on.

    scanner  fresh, for the stream that begins at data[0]; it holds the result
    report   called with the bytes done
    """
    swap, size, address = scanner.stream.big_endian, len(data), data.ctypes.data
    lesson = find_rest(address, 0, LESSON, size, swap)
    if lesson <= 0:
        return 0
    place, _ = scanner.feed(data, 0, lesson, origin=0, size=size, last=True)
    tests = _rows(scanner.stream.working, "tests", kernel.TESTS)
    if place != lesson or (tests["chain"] >= 0).any():
        return place
    taught = tests.copy()
    second = _pupil(scanner)
    arena = second.stream.working.count(kernel.ARENA)
    half = size // 2 + lesson // 2 + size // SEARCH
    with ThreadPoolExecutor(1) as pool:
        middle = pool.submit(find_rest, address, lesson, half, size, swap)
        coming = pool.submit(lambda: middle.result() > 0 and _feed_all(second, data, middle.result()))
        while place < (goal := middle.result() if middle.done() or place + STEP >= half else half):
            before = place
            place, _ = scanner.feed(data, place, min(place + STEP, goal), origin=0, size=size, last=True)
            report(min(2 * place - lesson, size))
            if place == before:
                break
        done = coming.result()
    if place != middle.result() or not done or not _agrees(scanner, second, taught):
        return place
    _append(scanner.stream, second, arena=arena)
    return size


def _feed_all(scanner: Scanner, data: Any, start: int) -> bool:
    """Scan to the end of the file; False when that did not go smoothly."""
    try:
        place, another = scanner.feed(data, start, len(data), origin=0, size=len(data), last=True)
    except DamagedSource:
        return False
    return place == len(data) and not another


def _rows(working: Working, table: str, counter: int) -> Any:
    return getattr(working, table)[: working.count(counter)]


def _pupil(teacher: Scanner) -> Scanner:
    """A scanner that knows the teacher's tests and nothing else."""
    pupil = Scanner(teacher.stream.path, big_endian=teacher.stream.big_endian, strict=True)
    old, new = teacher.stream.working, pupil.stream.working
    tests = old.tests.copy()
    for name in ("first_chunk", "chunk", "cursor", "chunk_end", "readings", "last_part"):
        tests[name] = 0
    new.hold("tests", tests)
    new.hold("arena", old.arena.copy())
    new.widen_buckets(old.buckets)
    for what in (kernel.TESTS, kernel.ARENA):
        new.state[what] = old.state[what]
    return pupil


def _agrees(first: Scanner, second: Scanner, taught: Any) -> bool:
    """Would one scanner have written what these two did?"""
    for scanner in (first, second):
        working = scanner.stream.working
        odd = working.state[kernel.UNOPENED : kernel.STRAY + 1]
        if odd.any() or scanner.stream.warnings or (_rows(working, "tests", kernel.TESTS)["chain"] >= 0).any():
            return False
    tests = _rows(second.stream.working, "tests", kernel.TESTS)
    if len(tests) != len(taught):
        return False
    same = all((tests[name] == taught[name]).all() for name in ("first_at", "name_length", "child", "variant", "pin"))
    learned = _rows(first.stream.working, "tests", kernel.TESTS)[: len(taught)]
    return bool(same and all((learned[name] == taught[name]).all() for name in ("first_at", "child", "variant", "pin")))


def _append(first: Stream, second: Scanner, *, arena: int) -> None:
    """Put the second half behind the first: parts, records aside, limits and readings with their numbers moved."""
    old, new = first.working, second.stream.working
    parts, records = old.count(kernel.PARTS), old.count(kernel.SEQUENCE)
    shift = old.count(kernel.ARENA) - arena
    for table, counter, moved, known in (
        ("parts", kernel.PARTS, {"id_at": shift, "text_at": shift}, 0),
        ("asides", kernel.ASIDES, {"at": shift, "sequence": records, "parts": parts}, 0),
        ("limits", kernel.LIMITS, {"part": parts}, 0),
        ("arena", kernel.ARENA, {}, arena),
    ):
        before = old.count(counter)
        old.hold(table, stacked([_rows(old, table, counter), _rows(new, table, counter)[known:]]))
        for name, by in moved.items():
            getattr(old, table)[name][before:] += by
        old.state[counter] += new.count(counter) - known
    old.state[kernel.SEQUENCE] += new.state[kernel.SEQUENCE]
    old.state[kernel.LAST_RECORD] = new.state[kernel.LAST_RECORD]
    old.counts += new.counts
    old.known[new.known == VENDOR] = VENDOR
    old.open_part[:] = np.where(new.open_part >= 0, new.open_part + parts, -1)
    for what in (kernel.PRR_SURPLUS, kernel.TEST_SURPLUS):
        if not old.state[what]:
            old.state[what + 1] = new.state[what + 1]
        old.state[what] += new.state[what]
    old.state[kernel.CHECKSUM] += new.state[kernel.CHECKSUM]
    first.readings.append(second.readings(first_part=parts))
