"""Statistics per test over the lot, each wafer and each site, with capability; compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.capability import capability
from corecar.compiled import allocating, compiled
from corecar.lot import Lot
from corecar.order_statistics import median, quantile, sort_packed, sortable, unsortable
from corecar.stdf_values import FAILED, NO_VERDICT, UNUSABLE
from corecar.strata import site_codes, wafer_codes
from corecar.tables import schema

_LOW_HALF = np.uint64(0xFFFF_FFFF)
_EXPONENT = np.uint32(0x7F80_0000)
_TYPE_7 = 7
_REFUSED, _FAILS, _SILENT = np.uint16(UNUSABLE), np.uint16(FAILED), np.uint16(NO_VERDICT)

COUNTS = ("n", "failed", "passing_n")
STATISTICS = ("mean", "sd", "minimum", "q1", "median", "q3", "maximum")


def measures(lot: Lot) -> Any:
    """The `measures` table of a lot: columns and units stand in `corecar.tables`.

    Counts are over final parts, statistics over the usable, finite readings of the good ones among them. Quartiles
    are of type 7. Cpk is of all the readings together (what ISO 22514 calls Ppk), of the one side where a test has
    only one limit, and null without limits or without spread.
    A group in which a test was not executed has no row.
    """
    tables = [_scope(lot, scope) for scope in ("lot", "wafer", "site")]
    joined = pa.concat_tables(tables)
    order = np.argsort(joined["test"].to_numpy(), kind="stable")
    return joined.take(pa.array(order)).combine_chunks()


def _scope(lot: Lot, scope: str) -> Any:
    by, labels = _groups(lot, scope)
    tests = lot.tests.num_rows
    counts = np.zeros((tests, len(labels), len(COUNTS)), np.int64)
    figures = np.full((tests, len(labels), len(STATISTICS)), np.nan)
    m = lot.measurements
    codes = np.where(lot.final, by, np.int32(-1))
    _measure(m.offsets, m.part, m.value.view(np.uint32), m.flags, codes, lot.passed, counts, figures)
    keep = counts[:, :, :2].any(axis=2)
    test, group = np.nonzero(keep)
    return _table(lot, scope, test, [labels[g] for g in group.tolist()], counts[keep], figures[keep])


def _groups(lot: Lot, scope: str) -> tuple[npt.NDArray[np.int32], list[str]]:
    if scope == "lot":
        return np.zeros(lot.parts.num_rows, np.int32), [""]
    return wafer_codes(lot) if scope == "wafer" else site_codes(lot)


def _table(lot: Lot, scope: str, test: Any, groups: list[str], counts: Any, figures: Any) -> Any:
    low, high = lot.test_limits
    statistics = dict(zip(STATISTICS, figures.T, strict=True))
    columns: dict[str, Any] = {
        "test": pa.array(test),
        "scope": pa.repeat(scope, len(test)),
        "group": pa.array(groups, pa.string()),
    }
    columns |= {name: pa.array(column) for name, column in zip(COUNTS, counts.T, strict=True)}
    columns |= {name: _nullable(column) for name, column in statistics.items()}
    columns["cpk"] = _nullable(capability(statistics["mean"], statistics["sd"], low[test], high[test]))
    target = schema("measures")
    return pa.Table.from_arrays([columns[field.name].cast(field.type) for field in target], schema=target)


def _nullable(values: npt.NDArray[np.float64]) -> Any:
    return pa.array(values, mask=~np.isfinite(values))


@allocating
def _measure(
    offsets: Any, part: Any, bits: Any, flags: Any, codes: Any, passed: Any, counts: Any, figures: Any
) -> None:
    groups = counts.shape[1]
    width = 32
    while (1 << (width - 32)) < groups:
        width += 1
    longest = 0
    for test in range(len(offsets) - 1):
        longest = max(longest, offsets[test + 1] - offsets[test])
    packed, spare = np.empty(longest, np.uint64), np.empty(longest, np.uint64)
    keys = np.empty(longest, np.uint32)
    for test in range(len(offsets) - 1):
        span = slice(offsets[test], offsets[test + 1])
        count = _gather(part[span], bits[span], flags[span], codes, passed, packed, counts[test])
        if count == 0:
            continue
        ordered = sort_packed(packed[:count], spare[:count], width)
        for i in range(count):
            keys[i] = unsortable(np.uint32(ordered[i] & _LOW_HALF))
        values = keys.view(np.float32)
        begin = 0
        for group in range(groups):
            end = begin + counts[test, group, 2]
            if end > begin:
                _describe(values[begin:end], figures[test, group])
            begin = end


@compiled
def _gather(part: Any, bits: Any, flags: Any, codes: Any, passed: Any, packed: Any, counts: Any) -> int:
    """Count the readings of one test by group, and pack the ones that statistics are made from."""
    count = 0
    for i in range(len(part)):
        group = codes[part[i]]
        if group < 0:
            continue
        usable = not flags[i] & _REFUSED
        counts[group, 0] += usable
        counts[group, 1] += (flags[i] & (_FAILS | _SILENT)) == _FAILS
        if usable and passed[part[i]] and (bits[i] & _EXPONENT) != _EXPONENT:
            packed[count] = (np.uint64(group) << np.uint64(32)) | np.uint64(sortable(bits[i]))
            counts[group, 2] += 1
            count += 1
    return count


@compiled
def _describe(ordered: Any, figures: Any) -> None:
    """Statistics of ascending values; moments as differences from the median, so that no digits cancel."""
    n = len(ordered)
    centre = median(ordered)
    shift = 0.0
    for value in ordered:
        shift += np.float64(value) - centre
    shift /= n
    squares = 0.0
    for value in ordered:
        squares += (np.float64(value) - centre - shift) ** 2
    figures[0] = centre + shift
    if n > 1:
        figures[1] = np.sqrt(squares / (n - 1))
    figures[2], figures[6] = ordered[0], ordered[n - 1]
    figures[3], figures[4], figures[5] = quantile(ordered, 0.25, _TYPE_7), centre, quantile(ordered, 0.75, _TYPE_7)
