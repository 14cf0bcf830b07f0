"""Readings of a datalog as a lot keeps them: sorted by test and part, with flags derived from verdicts or limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.formats.datalog.cells import Cells
from corecar.formats.datalog.parts import grouped
from corecar.formats.datalog.programs import complete, parse_fact
from corecar.lot import BoolArray, Float32Array, Int64Array, Results, UInt16Array, passed_from_flags
from corecar.stdf_values import FAILED, HIGH_EQUAL_PASSES, LOW_EQUAL_PASSES, NO_VERDICT
from corecar.tables import schema

EQUAL_PASSES = (LOW_EQUAL_PASSES | HIGH_EQUAL_PASSES) << 8
"""PARM_FLG bits 6 and 7, in the high byte: a value equal to a limit passes, as a datalog's limits are meant."""


@dataclass(frozen=True)
class Readings:
    """The readings of one datalog.

    tests        columns of `tests` but for `test`
    results      first executions
    repeats      table of further executions
    part_limits  table of limits that differ from those of the test
    """

    tests: dict[str, Any]
    results: Results
    repeats: Any
    part_limits: Any


def judged(value: Float32Array, low: Any, high: Any) -> UInt16Array:
    """Flags of values held against limits, an equal value passing; without any limit there is no verdict.

    low, high  float32, one for all or one per value; NaN where there is none [the test's unit]
    """
    low, high = np.asarray(low, np.float32), np.asarray(high, np.float32)
    failed = (value < low) | (value > high)
    flags = np.where(failed, FAILED, 0) | np.where(np.isnan(low) & np.isnan(high), NO_VERDICT, 0)
    return (flags | EQUAL_PASSES).astype(np.uint16)


def told(passed: BoolArray) -> UInt16Array:
    """Flags of readings whose verdict the datalog tells."""
    return np.where(passed, 0, FAILED).astype(np.uint16)


def wide_readings(columns: list[int], read: dict[int, Any], tests: dict[str, Any]) -> Readings:
    """The readings of a wide sheet: one row per part, one column per test; an empty cell is no reading."""
    rows = len(read[columns[0]]) if columns else 0
    counts = [rows - read[column].null_count for column in columns]
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    part = np.empty(offsets[-1], np.uint32)
    value = np.empty(offsets[-1], np.float32)
    flags = np.empty(offsets[-1], np.uint16)
    every = np.arange(rows, dtype=np.uint32)
    low, high = (tests[side].to_numpy(zero_copy_only=False).astype(np.float32) for side in ("low_limit", "high_limit"))
    functional = [kind == "functional" for kind in tests["kind"].to_pylist()]
    for test, column in enumerate(columns):
        span = slice(int(offsets[test]), int(offsets[test + 1]))
        cell = read[column]
        part[span] = every if cell.null_count == 0 else every[cell.is_valid().to_numpy(zero_copy_only=False)]
        filled = cell if cell.null_count == 0 else cell.drop_null()
        if functional[test]:
            value[span] = np.nan
            flags[span] = told(filled.to_numpy(zero_copy_only=False).astype(np.bool_))
        else:
            value[span] = filled.to_numpy(zero_copy_only=False)
            flags[span] = judged(value[span], low[test], high[test])
    empty = schema("repeats").empty_table(), schema("part_limits").empty_table()
    return Readings(tests, Results(offsets, part, value, flags), *empty)


def long_readings(
    cells: Cells, columns: dict[str, int], read: dict[int, Any], part: Int64Array
) -> tuple[Readings, list[str]]:
    """The readings of a long sheet: one row per reading; a test run again on its part is a repeat.

    columns  fact of [readings] -> place of its column
    part     int64, shape (rows,): row of `parts`
    """
    keys = [read[columns[fact]] for fact in ("number", "test", "pin") if fact in columns]
    test, firsts = grouped(keys, len(part))
    facts = [_facts_at(cells, columns, read, int(first)) for first in firsts]
    headers = [str(found.get("name", "")) for found in facts]
    tests, notes = complete(facts, headers, cells.sheet, cells.faults)
    value, there = _values(cells, columns, read)
    limits = {side: _limits(cells, columns, read, side, tests, test) for side in ("low_limit", "high_limit")}
    flags = judged(value, limits["low_limit"], limits["high_limit"])
    if "passed" in columns:
        verdict = cells.verdicts(columns["passed"], read[columns["passed"]])
        flags = _with_verdicts(flags, verdict)
    order = np.lexsort((part, test))
    order = order[there[order]]
    return _sorted(tests, test[order], part[order], value[order], flags[order],
                   {side: limit[order] for side, limit in limits.items()}), notes  # fmt: skip


def _facts_at(cells: Cells, columns: dict[str, int], read: dict[int, Any], row: int) -> dict[str, Any]:
    """What the first row of a test says about it; what is no value of a fact becomes a fault."""
    found: dict[str, Any] = {}
    named = [
        ("name" if fact == "test" else fact, at) for fact, at in columns.items() if fact not in ("value", "passed")
    ]
    for fact, column in sorted(named, key=lambda pair: pair[0] != "unit"):
        text = read[column][row].as_py()
        value = parse_fact(fact, text or "", cells.mapping, found.get("unit"))
        if isinstance(value, str | int | float):
            found[fact] = value
        elif value is not None:
            cells.faults.add(cells.sheet.path, f'"{text}" is no value for {fact}.', row=cells.sheet.data_lines[row][0],
                             column=cells.sheet.header[column])  # fmt: skip
    return found


def _values(cells: Cells, columns: dict[str, int], read: dict[int, Any]) -> tuple[Float32Array, BoolArray]:
    """Values, and which rows are readings: those with a value, or with a verdict where there is a column of it."""
    numbers = cells.parsed(columns["value"], read[columns["value"]])
    there = numbers.is_valid().to_numpy(zero_copy_only=False)
    if "passed" in columns:
        there = there | read[columns["passed"]].is_valid().to_numpy(zero_copy_only=False)
    return pc.fill_null(numbers, float("nan")).to_numpy(zero_copy_only=False), there


def _limits(
    cells: Cells, columns: dict[str, int], read: dict[int, Any], side: str, tests: dict[str, Any], test: Int64Array
) -> Float32Array:
    """The limit of each row: its own where there is a column of limits, else its test's; NaN where none."""
    if side not in columns:
        general: Float32Array = tests[side].to_numpy(zero_copy_only=False).astype(np.float32)
        return general[test] if len(general) else np.empty(len(test), np.float32)
    own = cells.parsed(columns[side], read[columns[side]])
    filled: Float32Array = pc.fill_null(own, float("nan")).to_numpy(zero_copy_only=False)
    return filled


def _with_verdicts(flags: UInt16Array, verdict: Any) -> UInt16Array:
    known = verdict.is_valid().to_numpy(zero_copy_only=False)
    passed = pc.fill_null(verdict, False).to_numpy(zero_copy_only=False)
    return np.where(known, told(passed) | EQUAL_PASSES, flags).astype(np.uint16)


def _sorted(
    tests: dict[str, Any], test: Int64Array, part: Int64Array, value: Float32Array, flags: UInt16Array,
    limits: dict[str, Float32Array],
) -> Readings:  # fmt: skip
    """Readings sorted by (test, part), split into first executions and repeats."""
    count = len(tests["number"])
    new = np.ones(len(test), np.bool_)
    new[1:] = (test[1:] != test[:-1]) | (part[1:] != part[:-1])
    starts = np.flatnonzero(new)
    execution = np.arange(len(test)) - starts[np.cumsum(new) - 1] + 1 if len(test) else np.zeros(0, np.int64)
    offsets = np.searchsorted(test[new], np.arange(count + 1)).astype(np.int64)
    results = Results(offsets, part[new].astype(np.uint32), value[new], flags[new])
    again = ~new
    repeats = _table("repeats", test=test[again], part=part[again], execution=execution[again], value=value[again],
                     flags=flags[again], passed=passed_from_flags(flags[again]))  # fmt: skip
    return Readings(tests, results, repeats, _part_limits(tests, test, part, execution, limits))


def _part_limits(
    tests: dict[str, Any], test: Int64Array, part: Int64Array, execution: Int64Array, limits: dict[str, Float32Array]
) -> Any:
    differ = np.zeros(len(test), np.bool_)
    for side, limit in limits.items():
        general = tests[side].to_numpy(zero_copy_only=False).astype(np.float32)[test] if len(test) else limit
        differ |= (limit != general) & ~(np.isnan(limit) & np.isnan(general))
    return _table("part_limits", test=test[differ], part=part[differ], execution=np.minimum(execution[differ], 65535),
                  low_limit=pa.array(limits["low_limit"][differ], from_pandas=True),
                  high_limit=pa.array(limits["high_limit"][differ], from_pandas=True))  # fmt: skip


def _table(name_: str, **columns: Any) -> Any:
    wanted = schema(name_)
    return pa.Table.from_arrays([pa.array(columns[field.name]).cast(field.type) for field in wanted], schema=wanted)
