"""The wide view of a lot: one row per part, one column per test; for spreadsheets and datalogs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.lot import Int64Array, Lot, failed
from corecar.stdf_values import NO_VERDICT, UNUSABLE

CELLS = 4_000_000
"""Cells built at once, so that a wide and sparse lot does not need memory for all of them."""

PASS, FAIL = "P", "F"


def column_labels(lot: Lot, taken: tuple[str, ...]) -> list[str]:
    """A header for each test that no other column has: its name, with number and pin only where they are needed."""
    numbers, names, pins = (lot.tests[name].to_pylist() for name in ("number", "name", "pin"))
    plain = [" ".join((name or "").split()) or str(number) for name, number in zip(names, numbers, strict=True)]
    with_pin = [f"{label} {pin}" if pin else label for label, pin in zip(plain, pins, strict=True)]
    often = Counter(with_pin)
    used = set(taken)
    labels = []
    for label, number in zip(with_pin, numbers, strict=True):
        wanted = f"{number} {label}" if often[label] > 1 or label in used else label
        unique, count = wanted, 1
        while unique in used:
            count += 1
            unique = f"{wanted} #{count}"
        used.add(unique)
        labels.append(unique)
    return labels


def wide_pieces(lot: Lot, *, first: int = 0) -> Iterator[tuple[int, int, list[Any]]]:
    """Stretches of parts, each with one Arrow column per test: float32, or text P and F for a functional test.

    A cell is null where the part has no usable reading (TEST_FLG bits 1 to 5), or no verdict of a functional test.
    """
    parts, tests = lot.parts.num_rows, lot.tests.num_rows
    functional = np.array([kind == "functional" for kind in lot.tests["kind"].to_pylist()], np.bool_)
    step = max(1, CELLS // max(tests, 1))
    at: Int64Array = lot.measurements.offsets[:-1].copy()
    for start in range(first, parts, step):
        stop = min(start + step, parts)
        columns = []
        for test in range(tests):
            span = lot.measurements.of(test)
            end = int(at[test]) + int(np.searchsorted(lot.measurements.part[at[test] : span.stop], stop))
            columns.append(_column(lot, slice(int(at[test]), end), start, stop, bool(functional[test])))
            at[test] = end
        yield start, stop, columns


def _column(lot: Lot, rows: slice, start: int, stop: int, functional: bool) -> Any:
    place = lot.measurements.part[rows].astype(np.int64) - start
    flags = lot.measurements.flags[rows]
    missing = np.ones(stop - start, np.bool_)
    if functional:
        usable = (flags & (UNUSABLE | NO_VERDICT)) == 0
        missing[place[usable]] = False
        verdict = np.zeros(stop - start, np.int32)
        verdict[place[usable]] = failed(flags[usable])
        return pa.DictionaryArray.from_arrays(pa.array(verdict, mask=missing), [PASS, FAIL]).cast(pa.string())
    value = lot.measurements.value[rows]
    usable = ((flags & UNUSABLE) == 0) & ~np.isnan(value)
    missing[place[usable]] = False
    values = np.zeros(stop - start, np.float32)
    values[place[usable]] = value[usable]
    return pa.array(values, mask=missing)


def left_out(lot: Lot) -> list[str]:
    """What of a lot a wide view cannot hold, one sentence each."""
    m = lot.measurements
    functional = np.repeat([kind == "functional" for kind in lot.tests["kind"].to_pylist()], np.diff(m.offsets))
    hidden = np.where(functional, m.flags & (UNUSABLE | NO_VERDICT), m.flags & UNUSABLE) != 0
    hidden |= ~functional.astype(np.bool_) & np.isnan(m.value)
    counts = (
        (int(hidden.sum()), "readings flagged as unusable or without a value"),
        (lot.repeats.num_rows, "repeats of a test within a part"),
        (lot.part_limits.num_rows, "limits of single parts"),
        (lot.texts.num_rows, "texts (DTR, GDR)"),
    )
    return [f"Left out: {count:,} {what}." for count, what in counts if count]
