"""Good parts and parts in each bin, per wafer and per lot: what yield limits are made from and held against."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from corecar.errors import ArgumentError
from corecar.lot import BoolArray, Int64Array, Lot, finally_counted
from corecar.screen.rate_history import SCOPES
from corecar.strata import wafer_codes


@dataclass(frozen=True)
class YieldCounts:
    """Counts of final parts, one row per wafer or lot.

    scope   a row of `corecar.screen.rate_history.SCOPES`
    units   name of each wafer or lot
    tested  int64, shape (units,)
    good    int64, shape (units,): parts that the tester called good
    bins    hard bins of failing parts, ascending
    in_bin  int64, shape (units, bins): failing parts in each of them
    """

    scope: str
    units: tuple[str, ...]
    tested: Int64Array
    good: Int64Array
    bins: tuple[int, ...]
    in_bin: Int64Array


def yield_counts(lot: Lot, scope: str, bins: Iterable[int] | None = None) -> YieldCounts:
    """Count the final parts of a lot.

    scope   `wafer`, or `wafer lot` or `assembly lot`: then all parts of the lot are one row, whatever its sublots
    bins    critical hard bins as agreed with the customer; every bin of failing parts by default
    Retested parts count once, by their last attempt. Parts without a wafer are in no row of `wafer`. Where parts carry
    no identity a retest counts by what it recovered, and the bins are those of its last pass; where it recovered more
    than had failed there is no yield, and nothing counts as tested.
    Source  AEC-Q002 Rev B
    """
    if scope not in SCOPES:
        raise ArgumentError(f'scope="{scope}": expected one of {", ".join(SCOPES)}.')
    codes, units = wafer_codes(lot) if scope == "wafer" else _whole(lot)
    counted = lot.final & (codes >= 0)
    bad = counted & ~lot.passed
    if scope != "wafer" and _is_recounted(lot):
        return _recounted(lot, scope, units, bad, bins)
    wanted, in_bin = _bins(lot, codes, units, bad, bins)
    good = _per_unit(codes, counted & lot.passed, units)
    return YieldCounts(scope, tuple(units), _per_unit(codes, counted, units), good, wanted, in_bin)


def _bins(
    lot: Lot, codes: npt.NDArray[np.int32], units: list[str], bad: BoolArray, bins: Iterable[int] | None
) -> tuple[tuple[int, ...], Int64Array]:
    """Hard bins, and failing parts of each unit in them."""
    number = pc.fill_null(lot.parts["hard_bin"].cast("int64"), -1).to_numpy()
    wanted = tuple(sorted(set(bins))) if bins is not None else tuple(np.unique(number[bad & (number >= 0)]).tolist())
    columns = [_per_unit(codes, bad & (number == one), units) for one in wanted]
    return wanted, np.stack(columns, axis=1) if columns else np.zeros((len(units), 0), dtype=np.int64)


def _is_recounted(lot: Lot) -> bool:
    """Whether there are retest passes of parts that nothing tells apart."""
    return lot.retests.identity == "none" and bool((lot.parts["attempt"].to_numpy() > 1).any())


def _recounted(lot: Lot, scope: str, units: list[str], bad: BoolArray, bins: Iterable[int] | None) -> YieldCounts:
    found, attempt = lot.yield_(), lot.parts["attempt"].to_numpy()
    known = found.final is not None
    last = bad & finally_counted(lot.parts, lot.retests.identity) & known
    wanted, in_bin = _bins(lot, np.zeros(len(attempt), dtype=np.int32), units, last, bins)
    tested, good = (np.array([count if known else 0]) for count in (found.final_tested, found.final_good))
    return YieldCounts(scope, tuple(units), tested, good, wanted, in_bin)


def _whole(lot: Lot) -> tuple[npt.NDArray[np.int32], list[str]]:
    names = [name for name in lot.runs["lot"].to_pylist() if name]
    return np.zeros(lot.parts.num_rows, dtype=np.int32), [names[0] if names else "lot"]


def _per_unit(codes: npt.NDArray[np.int32], chosen: BoolArray, units: list[str]) -> Int64Array:
    return np.bincount(codes[chosen], minlength=len(units))
