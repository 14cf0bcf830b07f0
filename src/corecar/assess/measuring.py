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

_VALUE_BITS = 32

SCOPES = ("lot", "wafer", "site")
COUNTS = ("n", "failed", "passing_n")
STATISTICS = ("mean", "sd", "minimum", "q1", "median", "q3", "maximum")


def measures(lot: Lot) -> Any:
    """The `measures` table of a lot: columns and units stand in `corecar.tables`.

    Counts are over final parts, statistics over the usable, finite readings of the good ones among them. Quartiles
    are of type 7. Cpk is of all the readings together (what ISO 22514 calls Ppk), of the one side where a test has
    only one limit, and null without limits or without spread.
    A group in which a test was not executed has no row.
    """
    divisions = [_groups(lot, scope) for scope in SCOPES]
    counts, figures = _measured(lot, [codes for codes, _ in divisions], [len(labels) for _, labels in divisions])
    tables, first = [], 0
    for scope, (_, labels) in zip(SCOPES, divisions, strict=True):
        of_scope = slice(first, first + len(labels))
        tables.append(_scope(lot, scope, labels, counts[:, of_scope], figures[:, of_scope]))
        first += len(labels)
    joined = pa.concat_tables(tables)
    order = np.argsort(joined["test"].to_numpy(), kind="stable")
    return joined.take(pa.array(order)).combine_chunks()


def _measured(lot: Lot, codes: list[npt.NDArray[np.int32]], groups: list[int]) -> tuple[Any, Any]:
    """Counts and statistics by test and group, the groups of one division behind those of the other."""
    tests, m = lot.tests.num_rows, lot.measurements
    counts = np.zeros((tests, sum(groups), len(COUNTS)), np.int64)
    figures = np.full((tests, sum(groups), len(STATISTICS)), np.nan)
    firsts = np.cumsum([0, *groups])
    group_of = np.stack(codes, axis=1) + firsts[:-1].astype(np.int32)
    group_of[np.stack(codes, axis=1) < 0] = -1
    group_of[~lot.final] = -1
    _measure(m.offsets, m.part, m.value.view(np.uint32), m.flags, group_of, firsts, lot.passed, counts, figures)
    return counts, figures


def _scope(lot: Lot, scope: str, labels: list[str], counts: Any, figures: Any) -> Any:
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
    offsets: Any, part: Any, bits: Any, flags: Any, group_of: Any, firsts: Any, passed: Any, counts: Any, figures: Any
) -> None:
    """Describe every test in every group: its readings are sorted once, then dealt out division by division.

    group_of  int32, shape (parts, divisions): -1 outside every group of a division
    firsts    int64, shape (divisions + 1,): the first group of each division
    """
    longest = 0
    for test in range(len(offsets) - 1):
        longest = max(longest, offsets[test + 1] - offsets[test])
    packed, spare = np.empty(longest, np.uint64), np.empty(longest, np.uint64)
    values = np.empty(longest, np.uint32)
    place = np.empty(counts.shape[1] + 1, np.int64)
    for test in range(len(offsets) - 1):
        span = slice(offsets[test], offsets[test + 1])
        count = _gather(part[span], bits[span], flags[span], group_of, passed, packed, counts[test])
        if count == 0:
            continue
        ordered = sort_packed(packed[:count], spare[:count], _VALUE_BITS)
        for division in range(len(firsts) - 1):
            first, last = firsts[division], firsts[division + 1]
            _deal(ordered, group_of[:, division], first, last, counts[test], place, values)
            begin = 0
            for group in range(first, last):
                end = begin + counts[test, group, 2]
                if end > begin:
                    _describe(values[begin:end].view(np.float32), figures[test, group])
                begin = end


@compiled
def _gather(part: Any, bits: Any, flags: Any, group_of: Any, passed: Any, packed: Any, counts: Any) -> int:
    """Count the readings of one test by group, and pack the ones that statistics are made from behind their parts."""
    count = 0
    for i in range(len(part)):
        usable = not flags[i] & _REFUSED
        failed = (flags[i] & (_FAILS | _SILENT)) == _FAILS
        described = usable and passed[part[i]] and (bits[i] & _EXPONENT) != _EXPONENT
        somewhere = False
        for division in range(group_of.shape[1]):
            group = group_of[part[i], division]
            if group < 0:
                continue
            counts[group, 0] += usable
            counts[group, 1] += failed
            counts[group, 2] += described
            somewhere = True
        if somewhere and described:
            packed[count] = (np.uint64(part[i]) << np.uint64(32)) | np.uint64(sortable(bits[i]))
            count += 1
    return count


@compiled
def _deal(ordered: Any, group_of: Any, first: int, last: int, counts: Any, place: Any, values: Any) -> None:
    """Put the values of each group of a division together, in their order."""
    begin = 0
    for group in range(first, last):
        place[group] = begin
        begin += counts[group, 2]
    for item in ordered:
        group = group_of[item >> np.uint64(32)]
        if group >= 0:
            values[place[group]] = unsortable(np.uint32(item & _LOW_HALF))
            place[group] += 1


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
