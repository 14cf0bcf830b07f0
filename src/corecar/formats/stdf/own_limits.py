"""Limits that a part was held against and that are not its test's: the `part_limits` table."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.formats.stdf import kernel_state as kernel
from corecar.formats.stdf.naming import Named, OtherLimits
from corecar.formats.stdf.runs import Run
from corecar.formats.stdf.sorting import in_file_order
from corecar.lot import Results
from corecar.tables import schema

Keys = npt.NDArray[np.int64]
PART_BITS = 32


class OwnLimits:
    """Collects limits of single readings before the readings are sorted; the first said of a reading counts."""

    def __init__(self) -> None:
        self.keys: list[Keys] = []
        self.lows: list[Any] = []
        self.highs: list[Any] = []

    def add_run(self, run: Run, named: Named, other: OtherLimits) -> None:
        """What the records of a run said one by one, then tests whose limits in this run are not the lot's."""
        if run.stream.working.count(kernel.LIMITS):
            self._add_told(run, named)
        if other:
            self._add_other(run, named, other)

    def table(self, results: Results) -> Any:
        """The `part_limits` table, of readings that are there, by (test, part)."""
        columns = schema("part_limits")
        if not self.keys:
            return columns.empty_table()
        keys, first = np.unique(np.concatenate(self.keys), return_index=True)
        low, high = (np.concatenate(values)[first] for values in (self.lows, self.highs))
        test, part = keys >> PART_BITS, (keys & ((1 << PART_BITS) - 1)).astype(np.uint32)
        there = np.zeros(len(keys), np.bool_)
        for number in np.unique(test):
            rows = slice(*np.searchsorted(test, [number, number + 1]))
            there[rows] = np.isin(part[rows], results.part[results.of(int(number))])
        arrays = [pa.array(test[there].astype(np.uint32)), pa.array(part[there])]
        arrays += [pa.array(values[there], mask=np.isnan(values[there])) for values in (low, high)]
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
        self._add(
            named.tests[np.repeat(first, times) + step], told["part"].astype(np.int64) + run.first_part, low, high
        )

    def _add_other(self, run: Run, named: Named, other: OtherLimits) -> None:
        """Every reading of a test that this run describes with limits other than the lot's."""
        chosen = np.zeros(len(named.tests), np.bool_)
        low, high = np.full(len(chosen), np.nan, np.float32), np.full(len(chosen), np.nan, np.float32)
        for row, limits in other.items():
            chosen[row] = True
            low[row], high[row] = (np.nan if limit is None else limit for limit in limits)
        for readings in run.stream.readings:
            tests, part = in_file_order(readings, chosen)
            parts = part.astype(np.int64) + run.first_part
            self._add(named.tests[tests], parts, low[tests], high[tests])

    def _add(self, test: Any, part: Any, low: Any, high: Any) -> None:
        self.keys.append(test.astype(np.int64) << PART_BITS | part)
        self.lows.append(low)
        self.highs.append(high)
