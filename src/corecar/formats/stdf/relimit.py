"""A lot held against other limits, for study: flags, verdicts, bins and counts follow from the new limits.

When a part's verdict changes:
- A part that passed fails if a reading of it fails now that passed before.
- A part that failed passes if no reading of it fails any more, a reading that failed does so no longer, it did not end
  abnormally, and every test that most passing parts executed was executed on it (of the passing parts with readings:
  testers may log only a sample). A tester that stops at the first fail did not run the tests behind it; nobody knows
  what they would have said, so such a part stays failed.

The outcome is marked as never shippable: in an ATR, in a DTR and in USER_TXT of the MIR.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.errors import MappingError
from corecar.formats.stdf.amend import Tables, spaced, stream_of, with_audit, with_column, with_rows
from corecar.formats.stdf.bin_counts import Move
from corecar.formats.stdf.columns import ByteArray
from corecar.formats.stdf.marks import NEVER_SHIPPABLE, RELIMIT
from corecar.formats.stdf.new_limits import NewLimit
from corecar.formats.stdf.records import read_records
from corecar.formats.stdf.recount import recount
from corecar.formats.stdf.rejudge import Judged, find_tests, integers, rejudge
from corecar.formats.stdf.writer import write_records
from corecar.lot import BoolArray, failed
from corecar.plurals import plural
from corecar.stdf_values import (
    ALL_HEADS,
    NO_BIN,
    NOT_EXECUTED,
    PART_ABNORMAL,
    PART_FAILED,
    PART_NO_VERDICT,
    UNKNOWN_COUNT,
)

Rows = npt.NDArray[np.int64]
JUDGED = ("PTR", "MPR")
LONGEST_TEXT = 255
NEW_BIN = "Other limits"
"""Name of a bin that the file did not have."""


@dataclass(frozen=True)
class Relimited:
    """A file after re-judging.

    content  its bytes
    done     what changed, and what did not and why, one sentence each
    """

    content: bytes
    done: tuple[str, ...]


@dataclass(frozen=True)
class _Readings:
    """The results of all tests, one entry a record.

    test    int64: number of the test over all record types; `key` int64: stream, head and site in one number
    before  bool: the record said fail; `now` bool: it says fail
    """

    sequence: Rows
    key: Rows
    test: Rows
    executed: BoolArray
    before: BoolArray
    now: BoolArray


@dataclass(frozen=True)
class _Parts:
    """The PRRs: place, flags and, for each reading, its part (-1 where none ended behind it)."""

    sequence: Rows
    key: Rows
    flags: Rows
    of_reading: Rows

    def __len__(self) -> int:
        return len(self.sequence)


def relimit(content: ByteArray | bytes, limits: Sequence[NewLimit], *, path: str | Path, when: int) -> Relimited:
    """The file with new limits, and with flags, verdicts, bins and counts that follow from them.

    content  uint8 or bytes: the decompressed file, undamaged
    limits   new limits, see `new_limits.read_limits`
    path     its name, for messages
    when     the time of the change, for the ATR [seconds since 1970]
    Raises   what `read_records` raises; MappingError where no limit fits any test of the file
    Source   STDF Specification V4: PTR, MPR, PRR, HBR, SBR, PCR, WRR, TSR
    """
    data = np.frombuffer(content, np.uint8) if isinstance(content, bytes) else content
    read = read_records(data, path=path)
    tables = spaced(read)
    judged: dict[str, Judged] = {name: rejudge(tables, name, limits) for name in JUDGED if name in tables}
    used = frozenset[int]().union(*(found.used for found in judged.values()))
    if not used:
        numbers = ", ".join(str(limit.number) for limit in limits[:5])
        raise MappingError(f"{path}: has none of the tests with new limits ({numbers}, ...). Check number and name.")
    readings = _readings(tables, judged)
    tables |= {name: found.table for name, found in judged.items()}
    done = [
        f"line {limit.line}: test {limit.number} {limit.name} {limit.pin}".rstrip() + " is not in the file"
        for limit in limits
        if limit.line not in used
    ]
    done += _told(judged, readings)
    if "PRR" in tables:
        done += _rebin(tables, readings, judged, limits)
    _recount_tests(tables, judged)
    _mark(tables, when)
    return Relimited(write_records(tables), tuple(done))


def _told(judged: dict[str, Judged], readings: _Readings) -> list[str]:
    rewritten = sum(found.rewritten for found in judged.values())
    worse = int((readings.now & ~readings.before).sum())
    better = int((readings.before & ~readings.now).sum())
    touched = sum(int(found.touched.sum()) for found in judged.values())
    return [
        f"{plural(touched, 'test')} got new limits; records that state limits and were rewritten: {rewritten:,}",
        f"{worse:,} readings that passed fail now, {better:,} that failed pass now",
    ]


def site_key(tables: Tables, table: Any) -> Rows:
    """Stream, head and site of each record in one number."""
    site = integers(table, "HEAD_NUM", 1) << 8 | integers(table, "SITE_NUM", 1)
    return np.asarray(stream_of(tables, table) << 16 | site, dtype=np.int64)


def _readings(tables: Tables, judged: dict[str, Judged]) -> _Readings:
    pieces = []
    tests = 0
    for name in ("PTR", "MPR", "FTR"):
        if name not in tables:
            continue
        table, found = tables[name], judged.get(name)
        identities = found.tests if found else find_tests(tables, name)
        flags = integers(table, "TEST_FLG", 0)
        before = failed(flags)
        pieces.append((
            table["sequence"].to_numpy().astype(np.int64), site_key(tables, table), identities.test + tests,
            flags & NOT_EXECUTED == 0, before, found.fails if found else before,
        ))  # fmt: skip
        tests += len(identities.numbers)
    return _Readings(*(np.concatenate(column) for column in zip(*pieces, strict=True)))


def _parts(tables: Tables, readings: _Readings) -> _Parts:
    """The parts, and which part each reading belongs to: the next PRR of its head and site, no PIR between."""
    table = tables["PRR"]
    sequence, key = table["sequence"].to_numpy().astype(np.int64), site_key(tables, table)
    reach = int(max(sequence.max(initial=0), readings.sequence.max(initial=0))) + 1
    place = readings.key * reach + readings.sequence
    order = np.argsort(key * reach + sequence)
    following = np.searchsorted((key * reach + sequence)[order], place)
    part = order[np.minimum(following, len(order) - 1)] if len(order) else np.zeros(len(place), np.int64)
    fits = (following < len(order)) & (key[part] == readings.key) if len(order) else np.zeros(len(place), bool)
    if "PIR" in tables and len(order):
        begins = tables["PIR"]
        marks = np.sort(site_key(tables, begins) * reach + begins["sequence"].to_numpy().astype(np.int64))
        between = np.searchsorted(marks, place) != np.searchsorted(marks, key[part] * reach + sequence[part])
        fits &= ~between
    return _Parts(sequence, key, integers(table, "PART_FLG", 0), np.where(fits, part, -1))


def _rebin(tables: Tables, readings: _Readings, judged: dict[str, Judged], limits: Sequence[NewLimit]) -> list[str]:
    """New verdicts and bins of the parts, and the counts that follow. Changes `tables`."""
    parts = _parts(tables, readings)
    known = parts.flags & PART_NO_VERDICT == 0
    good, bad = known & (parts.flags & PART_FAILED == 0), known & (parts.flags & PART_FAILED != 0)
    within = parts.of_reading >= 0
    worse = _has(parts, readings.now & ~readings.before & within)
    better = _has(parts, readings.before & ~readings.now & within)
    clean = ~_has(parts, readings.now & within)
    falls = good & worse
    rises = bad & better & clean & (parts.flags & PART_ABNORMAL == 0)
    held = rises & ~_complete(parts, readings, good, rises)
    rises &= ~held
    hard, soft = integers(tables["PRR"], "HARD_BIN", 0), integers(tables["PRR"], "SOFT_BIN", NO_BIN)
    bins = _new_bins(parts, readings, judged, limits, (hard, soft), (good, bad), (falls, rises))
    moves = [
        _move(parts, part, (int(hard[part]), int(soft[part])), bins[part], passes=bool(rises[part]))
        for part in np.flatnonzero(falls | rises).tolist()
    ]
    _write_parts(tables, parts, falls, rises, bins)
    odd = recount(tables, moves, name=NEW_BIN)
    sentences = [f"{int(falls.sum()):,} parts that passed fail now, {int(rises.sum()):,} that failed pass now"]
    if held.any():
        sentences.append(
            f"{int(held.sum()):,} parts stay failed although no reading fails any more: not every test ran on them"
        )
    return sentences + odd


def _move(parts: _Parts, part: int, old: tuple[int, int], new: tuple[int, int], *, passes: bool) -> Move:
    place, key = int(parts.sequence[part]), int(parts.key[part])
    return Move(place, key >> 16, key >> 8 & 0xFF, key & 0xFF, old, new, not passes, passes)


def _has(parts: _Parts, marks: BoolArray) -> BoolArray:
    """For each part whether any of its readings is marked."""
    return np.asarray(np.bincount(parts.of_reading[marks], minlength=len(parts)) > 0)


def _complete(parts: _Parts, readings: _Readings, good: BoolArray, asked: BoolArray) -> BoolArray:
    """For each part asked for whether every test was executed on it that most passing parts with readings executed.

    Without such a part every test of the file is required.
    """
    complete = np.zeros(len(parts), dtype=bool)
    if not asked.any():
        return complete
    usable = (parts.of_reading >= 0) & readings.executed
    tests = int(readings.test.max(initial=0)) + 1
    pairs = np.unique(parts.of_reading[usable] * tests + readings.test[usable])
    part, test = pairs // tests, pairs % tests
    models = len(np.unique(part[good[part]]))
    on_models = np.bincount(test[good[part]], minlength=tests)
    required = on_models > models / 2 if models else np.bincount(test, minlength=tests) > 0
    executed = np.bincount(part[required[test]], minlength=len(parts))
    return np.asarray(asked & (executed == required.sum()))


def _new_bins(
    parts: _Parts,
    readings: _Readings,
    judged: dict[str, Judged],
    limits: Sequence[NewLimit],
    bins: tuple[Rows, Rows],
    verdicts: tuple[BoolArray, BoolArray],
    changes: tuple[BoolArray, BoolArray],
) -> dict[int, tuple[int, int]]:
    """Bins of the parts whose verdict changes.

    A part that fails now: the bins that the limits file names for its first failing test, else the bins that most
    failing parts have. A part that passes now: the bins that most passing parts have.
    """
    hard, soft = bins
    usual = [_most_common(hard[of], soft[of]) for of in verdicts]
    named = _named_bins(judged, limits)
    falls, rises = changes
    found = dict.fromkeys(np.flatnonzero(rises).tolist(), usual[0] or (0, NO_BIN))
    new_fail = np.flatnonzero(readings.now & ~readings.before & (parts.of_reading >= 0))
    new_fail = new_fail[np.argsort(readings.sequence[new_fail], kind="stable")[::-1]]
    first = dict(zip(parts.of_reading[new_fail].tolist(), readings.test[new_fail].tolist(), strict=True))
    fallback = usual[1] or (0, NO_BIN)
    for part in np.flatnonzero(falls).tolist():
        hard_bin, soft_bin = named.get(first[part], (None, None))
        found[part] = (fallback[0] if hard_bin is None else hard_bin, fallback[1] if soft_bin is None else soft_bin)
    return found


def _most_common(hard: Rows, soft: Rows) -> tuple[int, int] | None:
    counted = Counter(zip(hard.tolist(), soft.tolist(), strict=True))
    return counted.most_common(1)[0][0] if counted else None


def _named_bins(judged: dict[str, Judged], limits: Sequence[NewLimit]) -> dict[int, tuple[int | None, int | None]]:
    """The bins that the limits file names, by number of the test over all record types."""
    named: dict[int, tuple[int | None, int | None]] = {}
    offset = 0
    for found in judged.values():
        for test, (number, name) in enumerate(zip(found.tests.numbers, found.tests.names, strict=True)):
            for limit in sorted(limits, key=lambda row: row.name):
                if limit.number == number and limit.name in ("", name):
                    named[test + offset] = (limit.hard_bin, limit.soft_bin)
        offset += len(found.tests.numbers)
    return named


def _write_parts(
    tables: Tables, parts: _Parts, falls: BoolArray, rises: BoolArray, bins: dict[int, tuple[int, int]]
) -> None:
    table = tables["PRR"]
    flags = np.where(falls, parts.flags | PART_FAILED, np.where(rises, parts.flags & ~PART_FAILED, parts.flags))
    table = with_column(
        table, "PART_FLG", pa.array(flags.astype(np.uint8), mask=table["PART_FLG"].is_null().to_numpy())
    )
    for place, field in enumerate(("HARD_BIN", "SOFT_BIN")):
        numbers = integers(table, field, NO_BIN if place else 0)
        missing = table[field].is_null().to_numpy().copy()
        for part, both in bins.items():
            numbers[part], missing[part] = both[place], False
        table = with_column(table, field, pa.array(numbers.astype(np.uint16), mask=missing))
    tables["PRR"] = table


def _recount_tests(tables: Tables, judged: dict[str, Judged]) -> None:
    """FAIL_CNT of each TSR moves by the readings whose verdict changed. Changes `tables`."""
    if "TSR" not in tables:
        return
    change: Counter[tuple[int, int, int, str]] = Counter()
    several: set[int] = set()
    for found in judged.values():
        several |= {number for number, count in Counter(found.tests.numbers).items() if count > 1}
        delta = found.fails.astype(np.int64) - found.failed
        rows = np.flatnonzero(delta)
        keys = site_key(tables, found.table)
        for row in rows.tolist():
            test = int(found.tests.test[row])
            name = found.tests.names[test]
            for site in (int(keys[row]) & 0xFFFF, ALL_HEADS << 8):
                change[int(keys[row]) >> 16, site, found.tests.numbers[test], name] += int(delta[row])
    table = tables["TSR"]
    counts = table["FAIL_CNT"].to_pylist()
    stream = stream_of(tables, table).tolist()
    for row, fields in enumerate(table.select(["HEAD_NUM", "SITE_NUM", "TEST_NUM", "TEST_NAM"]).to_pylist()):
        head = fields["HEAD_NUM"]
        site = ALL_HEADS << 8 if head == ALL_HEADS else (head or 0) << 8 | (fields["SITE_NUM"] or 0)
        name, named = (fields["TEST_NAM"] or "").strip("\0 "), fields["TEST_NUM"] not in several
        here = (stream[row], site, fields["TEST_NUM"])
        moved = sum(by for (*place, other), by in change.items() if (*place,) == here and (named or other == name))
        if moved and counts[row] is not None and counts[row] != UNKNOWN_COUNT:
            counts[row] = max(counts[row] + moved, 0)
    tables["TSR"] = with_column(table, "FAIL_CNT", pa.array(counts, pa.uint32()))


def _mark(tables: Tables, when: int) -> None:
    """Mark every stream as never shippable. Changes `tables`."""
    with_audit(tables, RELIMIT, when)
    starts = tables["FAR"]["sequence"].to_pylist()
    if "MIR" in tables:
        table = tables["MIR"]
        texts = [text or "" for text in table["USER_TXT"].to_pylist()]
        marked = [text if text.startswith(NEVER_SHIPPABLE) else _cut(f"{NEVER_SHIPPABLE}; {text}") for text in texts]
        tables["MIR"] = with_column(table, "USER_TXT", pa.array(marked, pa.string()))
        starts = table["sequence"].to_pylist()
    with_rows(tables, "DTR", [{"sequence": start + 2, "TEXT_DAT": NEVER_SHIPPABLE} for start in starts])


def _cut(text: str) -> str:
    """The text without what is more than a Cn holds, and without a half character at its end."""
    return text.rstrip("; ").encode()[:LONGEST_TEXT].decode(errors="ignore")
