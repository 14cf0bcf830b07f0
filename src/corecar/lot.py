"""One lot in memory: the joined tables, the matrix, the yields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corecar.errors import ArgumentError, DependencyMissing
from corecar.showing import Showing
from corecar.stdf_values import FAILED, NO_VERDICT, UNUSABLE
from corecar.tables import schema

if TYPE_CHECKING:
    import duckdb
    import pandas
    import polars

Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
Int64Array = npt.NDArray[np.int64]
UInt32Array = npt.NDArray[np.uint32]
UInt16Array = npt.NDArray[np.uint16]
BoolArray = npt.NDArray[np.bool_]

Identity = Literal["auto", "flag", "xy", "ecid", "part_text", "part_id", "none"]
Choice = Literal["first", "last", "best", "all"]
OnError = Literal["raise", "salvage"]
PartsChoice = Literal["final", "first", "all"]
Progress = Callable[[int, int], None]
"""Told how much is done and how much there is in all."""


@dataclass(frozen=True, eq=False)
class Results:
    """All readings of a lot, sorted by (test, part), ten bytes each.

    offsets  int64, shape (tests + 1,): readings of test t are rows offsets[t] to offsets[t + 1]
    part     uint32, shape (results,): row of `parts`
    value    float32, shape (results,) [the test's unit]
    flags    uint16, shape (results,): TEST_FLG in the low byte, PARM_FLG in the high byte
    """

    offsets: Int64Array
    part: UInt32Array
    value: Float32Array
    flags: UInt16Array

    def __len__(self) -> int:
        return len(self.value)

    def of(self, test: int) -> slice:
        """The rows of one test."""
        return slice(int(self.offsets[test]), int(self.offsets[test + 1]))

    def rows(self, start: int, stop: int) -> Any:
        """Rows start to stop of the `results` table; parts, values and flags are shared, not copied."""
        edges = np.clip(self.offsets, start, stop)
        test = np.repeat(np.arange(len(edges) - 1, dtype=np.uint32), np.diff(edges))
        span = slice(start, stop)
        flags = self.flags[span]
        columns = [pa.array(test), pa.array(self.part[span]), pa.array(self.value[span]), pa.array(flags)]
        return pa.Table.from_arrays([*columns, passed_from_flags(flags)], schema=schema("results"))


@dataclass(frozen=True)
class Source:
    """What was read: one file, or one STDF stream of a concatenated file.

    records   number of records of each type, unknown ones as `180.1`
    warnings  what was odd, lost or decided while reading, one sentence each
    """

    path: str
    bytes: int
    compression: str | None
    format: str
    endian: str | None
    version: str | None
    salvaged: bool
    warnings: tuple[str, ...]
    records: dict[str, int]


@dataclass(frozen=True)
class Retests:
    """How attempts at the same unit were found and which of them counts.

    identity    what made two attempts the same unit: `flag`, `xy`, `ecid`, `part_text`, `part_id`, `none`
    choice      which attempt counts: `first`, `last`, `best`, `all`
    reason      why this identity was taken, a sentence
    units       units tested more than once
    superseded  attempts that another attempt replaced
    """

    identity: str
    choice: str
    reason: str
    units: int
    superseded: int


@dataclass(frozen=True)
class Yield:
    """First and final yield; a fraction is None when nothing was tested.

    At final test without a unit identity the final yield is what the first pass found good plus what the retest
    passes recovered, over what the first pass tested: files are never merged by a counter. Where more was recovered
    than had failed, the files are not one first pass and its retests; then there is no final yield.
    """

    first_tested: int
    first_good: int
    final_tested: int
    final_good: int
    incomplete: int

    @property
    def first(self) -> float | None:
        return self.first_good / self.first_tested if self.first_tested else None

    @property
    def final(self) -> float | None:
        return self.final_good / self.final_tested if 0 < self.final_tested >= self.final_good else None


@dataclass(frozen=True, eq=False, repr=False)
class Lot(Showing):
    """One lot: the joined tables of one or several tester files. Columns and units stand in `corecar.tables`.

    units  int64, shape (parts,): the same number for all attempts at one unit; None where nothing resolved them

    >>> lot = corecar.read("lot.stdf.gz")              # doctest: +SKIP
    >>> lot.yield_().final, lot.matrix().shape         # doctest: +SKIP
    (0.946, (74, 1456))
    """

    drawn_by: ClassVar[str] = "bridge.grade.shown_lots:lot_html"

    runs: Any
    parts: Any
    tests: Any
    measurements: Results
    repeats: Any
    part_limits: Any
    bins: Any
    wafers: Any
    texts: Any
    sources: tuple[Source, ...]
    retests: Retests
    notes: tuple[str, ...] = field(default=())
    units: Int64Array | None = None

    def __repr__(self) -> str:
        name = ", ".join(_distinct(self.runs["lot"])) or "without a name"
        counts = f"{self.parts.num_rows:,} parts, {self.tests.num_rows:,} tests, {len(self.measurements):,} results"
        return f"<Lot {name}: {self.runs.num_rows} runs, {counts}>"

    @cached_property
    def results(self) -> Any:
        """The `results` table (test, part, value, flags, passed); values and flags are shared, not copied."""
        return self.measurements.rows(0, len(self.measurements))

    @cached_property
    def final(self) -> BoolArray:
        """bool, shape (parts,): the attempt that counts for its unit, and is complete."""
        return ~(_bools(self.parts["superseded"]) | _bools(self.parts["incomplete"]))

    @cached_property
    def first(self) -> BoolArray:
        """bool, shape (parts,): a complete first attempt."""
        earliest: BoolArray = self.parts["attempt"].to_numpy() == 1
        return earliest & ~_bools(self.parts["incomplete"])

    @cached_property
    def passed(self) -> BoolArray:
        """bool, shape (parts,): the tester called the part good; False where it did not say."""
        return _bools(self.parts["passed"])

    @cached_property
    def test_limits(self) -> tuple[Float64Array, Float64Array]:
        """Low and high limit of every test [each test's unit], float64, shape (tests,); NaN where there is none."""
        low, high = (self.tests[name].to_numpy().astype(np.float64) for name in ("low_limit", "high_limit"))
        return low, high

    def chosen(self, parts: PartsChoice = "final") -> UInt32Array:
        """Rows of `parts` that a choice stands for: `final`, `first` or `all`."""
        masks = {"final": self.final, "first": self.first}
        if parts == "all":
            return np.arange(self.parts.num_rows, dtype=np.uint32)
        if parts not in masks:
            raise ArgumentError(f'parts="{parts}": expected "final", "first" or "all".')
        return np.flatnonzero(masks[parts]).astype(np.uint32)

    def matrix(self, tests: Sequence[int] | None = None, parts: PartsChoice = "final") -> Float32Array:
        """Values as float32, shape (tests, parts) [each test's unit]; NaN where a part has no usable reading.

        tests   rows of `tests`; all of them by default
        parts   `final` (default), `first` or `all`; columns are `chosen(parts)`
        A reading is usable when TEST_FLG bits 1 to 5 are clear; of repeats within a part the first execution is shown.
        """
        columns = self.chosen(parts)
        place = np.full(self.parts.num_rows, -1, dtype=np.int64)
        place[columns] = np.arange(len(columns))
        rows = range(self.tests.num_rows) if tests is None else tests
        out = np.full((len(rows), len(columns)), np.nan, dtype=np.float32)
        for row, test in enumerate(rows):
            if not 0 <= test < self.tests.num_rows:
                raise ArgumentError(f"test {test}: this lot has tests 0 to {self.tests.num_rows - 1}.")
            span = self.measurements.of(test)
            at = place[self.measurements.part[span]]
            use = (at >= 0) & ((self.measurements.flags[span] & UNUSABLE) == 0)
            out[row, at[use]] = self.measurements.value[span][use]
        return out

    def yield_(self) -> Yield:
        """First and final yield over all runs of the lot."""
        return yield_of(self.parts, self.retests.identity)

    def summary(self) -> dict[str, Any]:
        """What a person asks first, as plain values ready for JSON."""
        found = self.yield_()
        return {
            "lot": _distinct(self.runs["lot"]),
            "product": _distinct(self.runs["product"]),
            "test_program": _distinct(self.runs["test_program"]),
            "stage": _distinct(self.runs["stage"]),
            "temperature": _distinct(self.runs["temperature"]),
            "files": len({source.path for source in self.sources}),
            "runs": self.runs.num_rows,
            "wafers": len(_distinct(self.wafers["wafer"])),
            "parts": self.parts.num_rows,
            "parts_final": int(self.final.sum()),
            "tests": self.tests.num_rows,
            "results": len(self.measurements),
            "yield_first": found.first,
            "yield_final": found.final,
            "first_tested": found.first_tested,
            "first_good": found.first_good,
            "final_tested": found.final_tested,
            "final_good": found.final_good,
            "incomplete": found.incomplete,
            "identity": self.retests.identity,
            "retest": self.retests.choice,
            "reunits_of_lots": self.retests.units,
            "superseded": self.retests.superseded,
            "notes": list(self.notes),
        }

    def to_pandas(self, table: str = "parts") -> pandas.DataFrame:
        """One table as a pandas DataFrame. Raises DependencyMissing without pandas."""
        _need("pandas")
        return self._table(table).to_pandas()

    def to_polars(self, table: str = "parts") -> polars.DataFrame:
        """One table as a Polars DataFrame. Raises DependencyMissing without Polars."""
        import importlib

        _need("polars")
        frame: polars.DataFrame = importlib.import_module("polars").from_arrow(self._table(table))
        return frame

    def to_duckdb(self, connection: duckdb.DuckDBPyConnection | None = None) -> duckdb.DuckDBPyConnection:
        """A DuckDB connection with every table of the lot registered under its name, without a copy."""
        import duckdb

        target = connection or duckdb.connect()
        for name in TABLE_NAMES:
            target.register(name, self._table(name))
        return target

    def _table(self, name: str) -> Any:
        if name not in TABLE_NAMES:
            raise ArgumentError(f'table "{name}": a lot has {", ".join(TABLE_NAMES)}.')
        return getattr(self, name)


TABLE_NAMES = ("runs", "parts", "tests", "results", "repeats", "part_limits", "bins", "wafers", "texts")


def yield_of(parts: Any, identity: str) -> Yield:
    """First and final yield of rows of `parts`, of which `identity` says what made two attempts the same unit."""
    complete = ~_bools(parts["incomplete"])
    good = complete & _bools(parts["passed"])
    attempt = parts["attempt"].to_numpy()
    first = complete & (attempt == 1)
    tested, tested_good, incomplete = int(first.sum()), int((first & good).sum()), int((~complete).sum())
    if identity == "none":
        recovered = int((good & (attempt > 1)).sum())
        return Yield(tested, tested_good, tested, tested_good + recovered, incomplete)
    final = complete & ~_bools(parts["superseded"])
    return Yield(tested, tested_good, int(final.sum()), int((final & good).sum()), incomplete)


def finally_counted(parts: Any, identity: str) -> BoolArray:
    """bool, shape (parts,): attempts whose bins are those of the final yield that `yield_of` gives.

    The final attempt at each unit. Without identity, where there are retest passes: every good attempt, and the fails
    of the last pass; a recovered part so leaves its fail bin, and the good ones are `Yield.final_good`. Fails that the
    last pass did not test again are in no bin then, since nothing tells which of the earlier ones they are.
    """
    complete, attempt = ~_bools(parts["incomplete"]), parts["attempt"].to_numpy()
    counted: BoolArray = complete & ~_bools(parts["superseded"])
    if identity == "none" and bool((attempt[complete] > 1).any()):
        counted = complete & (_bools(parts["passed"]) | (attempt == attempt[complete].max()))
    return counted


def failed(flags: npt.NDArray[np.integer]) -> BoolArray:
    """bool, the shape of `flags`: TEST_FLG says fail. Bit 7 counts for nothing where bit 6 says: no verdict.

    >>> failed(np.array([0, FAILED, NO_VERDICT, FAILED | NO_VERDICT])).tolist()
    [False, True, False, False]
    """
    return np.asarray((flags & (FAILED | NO_VERDICT)) == FAILED)


def passed_from_flags(flags: UInt16Array) -> Any:
    """Pass, fail or null from TEST_FLG bits 6 and 7 (never from comparing a value with limits)."""
    return pa.array((flags & FAILED) == 0, mask=(flags & NO_VERDICT) != 0)


def _bools(column: Any) -> BoolArray:
    filled: BoolArray = pc.fill_null(column, False).to_numpy(zero_copy_only=False)
    return filled


def _distinct(column: Any) -> list[str]:
    found: Iterable[Any] = pc.unique(column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column)
    return [value.as_py() for value in found if value.as_py() is not None]


def _need(package: str) -> None:
    from importlib.util import find_spec

    if find_spec(package) is None:
        raise DependencyMissing(f"{package} is not installed. Install it with: pip install 'corecar[{package}]'")
