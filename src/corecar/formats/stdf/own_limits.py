"""Limits that a reading was held against and that are not its test's: the `part_limits` table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.formats.stdf import kernel_state as kernel
from corecar.formats.stdf.naming import Named, OtherLimits
from corecar.formats.stdf.runs import Run
from corecar.formats.stdf.sorting import Repeats, in_file_order, numbered
from corecar.lot import Results
from corecar.tables import schema

Keys = npt.NDArray[np.int64]
PART_BITS = 32
NUMBER_BITS = 32


@dataclass(frozen=True)
class _Told:
    """What the records of a run said one by one.

    key  test and part; at: how many readings of the stream stood before the one that the limits are of
    """

    run: Run
    named: Named
    key: Keys
    part: npt.NDArray[np.int64]
    at: npt.NDArray[np.int64]
    low: Any
    high: Any


@dataclass(frozen=True)
class _Described:
    """Readings of tests that a run describes with limits other than the lot's, in the order of its file."""

    key: Keys
    low: Any
    high: Any


class OwnLimits:
    """Collects limits of single readings before the readings are sorted; the first said of a reading counts."""

    def __init__(self) -> None:
        self.told: list[_Told] = []
        self.described: list[_Described] = []

    def add_run(self, run: Run, named: Named, other: OtherLimits) -> None:
        """What the records of a run said one by one, then tests whose limits in this run are not the lot's."""
        if run.stream.working.count(kernel.LIMITS):
            self._add_told(run, named)
        if other:
            self._add_other(run, named, other)

    def table(self, results: Results, repeats: Repeats) -> Any:
        """The `part_limits` table, of readings that are there, by (test, part, execution).

        The readings of the runs must still stand in the memory that they were scanned into.
        """
        columns = schema("part_limits")
        if not self.told and not self.described:
            return columns.empty_table()
        again = np.unique(repeats.test.astype(np.int64) << PART_BITS | repeats.part)
        pieces = [(one.key, _executions_told(one, again), one.low, one.high) for one in self.told]
        pieces += [(one.key, _occurrences(one.key, again), one.low, one.high) for one in self.described]
        key, execution, low, high = (np.concatenate(column) for column in zip(*pieces, strict=True))
        order = np.lexsort((np.arange(len(key)), execution, key))
        first = np.ones(len(order), np.bool_)
        first[1:] = (np.diff(key[order]) != 0) | (np.diff(execution[order]) != 0)
        order = order[first]
        test, part = key[order] >> PART_BITS, (key[order] & ((1 << PART_BITS) - 1)).astype(np.uint32)
        there = _are_there(results, test, part)
        order = order[there]
        arrays = [pa.array(test[there].astype(np.uint32)), pa.array(part[there])]
        arrays.append(pa.array(np.minimum(execution[order], 65535).astype(np.uint16)))
        arrays += [pa.array(values[order], mask=np.isnan(values[order])) for values in (low, high)]
        return pa.Table.from_arrays(arrays, schema=columns)

    def _add_told(self, run: Run, named: Named) -> None:
        working = run.stream.working
        rows, tests = working.limits[: working.count(kernel.LIMITS)], working.tests
        grouped = np.isin(tests["kind"][rows["test"]], (kernel.MULTIPLE, kernel.START))
        times = np.where(grouped, np.maximum(tests["children"][rows["test"]], 0), 1)
        first = np.where(grouped, tests["child"][rows["test"]], rows["test"].astype(np.int64))
        told = np.repeat(rows, times)
        step = np.arange(len(told)) - np.repeat(np.cumsum(times) - times, times)
        low, high = (
            np.where(told[f"{side}_state"] == kernel.LIMIT_GIVEN, told[side].view(np.float32), np.float32(np.nan))
            for side in ("low", "high")
        )
        test, part = named.tests[np.repeat(first, times) + step], told["part"].astype(np.int64)
        key = _key(test, part + run.first_part)
        self.told.append(_Told(run, named, key, part, told["at"].astype(np.int64), low, high))

    def _add_other(self, run: Run, named: Named, other: OtherLimits) -> None:
        """Every reading of a test that this run describes with limits other than the lot's."""
        chosen = np.zeros(len(named.tests), np.bool_)
        low, high = np.full(len(chosen), np.nan, np.float32), np.full(len(chosen), np.nan, np.float32)
        for row, limits in other.items():
            chosen[row] = True
            low[row], high[row] = (np.nan if limit is None else limit for limit in limits)
        pieces = [in_file_order(readings, chosen) for readings in run.stream.readings]
        if pieces:
            tests, part = (np.concatenate(column) for column in zip(*pieces, strict=True))
            key = _key(named.tests[tests], part.astype(np.int64) + run.first_part)
            self.described.append(_Described(key, low[tests], high[tests]))


def _key(test: Any, part: Any) -> Keys:
    key: Keys = test.astype(np.int64) << PART_BITS | part
    return key


def _are_there(results: Results, test: Keys, part: Any) -> npt.NDArray[np.bool_]:
    """Whether the lot has a reading of each test and part, which are sorted by test."""
    there = np.zeros(len(test), np.bool_)
    for number in np.unique(test):
        rows = slice(*np.searchsorted(test, [number, number + 1]))
        there[rows] = np.isin(part[rows], results.part[results.of(int(number))])
    return there


def _executions_told(told: _Told, again: Keys) -> Keys:
    """Of which execution within the part each limit is: 1, unless its test was executed again in that part; then one
    more than the readings of the test and part that stand before the limit."""
    execution = np.ones(len(told.key), np.int64)
    wanted = np.isin(told.key, again)
    if not wanted.any():
        return execution
    tests = np.unique(told.key[wanted] >> PART_BITS)
    chosen = np.isin(told.named.tests, tests)
    pieces = told.run.stream.readings
    begins = [readings.first_part for readings in pieces]
    piece = np.searchsorted(begins, told.part, side="right") - 1
    for number, readings in enumerate(pieces):
        rows = np.flatnonzero(wanted & (piece == number))
        if len(rows):
            test, part, at = numbered(readings, chosen)
            execution[rows] += _before(
                told.key[rows], told.at[rows],
                _key(told.named.tests[test], part.astype(np.int64) + told.run.first_part), at.astype(np.int64),
            )  # fmt: skip
    return execution


def _before(key: Keys, at: Keys, keys: Keys, numbers: Keys) -> Keys:
    """How many of the readings (`keys`, `numbers`) have the same key as a limit and a lower number."""
    known = np.unique(key)
    mine = np.isin(keys, known)
    place = np.sort(np.searchsorted(known, keys[mine]) << NUMBER_BITS | numbers[mine])
    rank = np.searchsorted(known, key) << NUMBER_BITS
    count: Keys = np.searchsorted(place, rank | at) - np.searchsorted(place, rank)
    return count


def _occurrences(key: Keys, again: Keys) -> Keys:
    """Of which execution each reading is, of readings of whole runs in the order of their file."""
    execution = np.ones(len(key), np.int64)
    rows = np.flatnonzero(np.isin(key, again))
    if len(rows):
        order = rows[np.argsort(key[rows], kind="stable")]
        sorted_ = key[order]
        new = np.ones(len(order), np.bool_)
        new[1:] = sorted_[1:] != sorted_[:-1]
        starts = np.flatnonzero(new)
        execution[order] = np.arange(len(order)) - starts[np.cumsum(new) - 1] + 1
    return execution
