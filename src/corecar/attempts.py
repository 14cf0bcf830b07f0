"""What the attempts at each unit were: where it first failed, whether a retest mended it, after which bin it came."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from corecar.lot import BoolArray, Int64Array, Lot, UInt32Array

NO_BIN = -1
"""Bin or site of an attempt that has none."""


@dataclass(frozen=True, eq=False)
class FirstFails:
    """Units whose first complete attempt failed; the arrays have one entry per unit.

    row        int64: row of `parts` of that attempt
    bin, site  int64: its hard bin and site, `NO_BIN` where it has none
    again      bool: whether the unit was tested again
    recovered  bool: whether any later complete attempt passed
    """

    row: Int64Array
    bin: Int64Array
    site: Int64Array
    again: BoolArray
    recovered: BoolArray


@dataclass(frozen=True)
class Retested:
    """Retests that followed an attempt in one bin.

    bin      hard bin of the attempt before, None where it has none
    passed   whether that attempt passed, so that there was nothing to mend
    retests  how many attempts followed such a one
    """

    bin: int | None
    passed: bool
    retests: int


def units_known(lot: Lot) -> bool:
    """Whether something says which attempts are of one unit."""
    return lot.retests.identity != "none" and lot.units is not None


def first_fails(lot: Lot, chosen: UInt32Array | None = None) -> FirstFails:
    """The units that failed first; none where nothing says which attempts are of one unit.

    chosen  rows of `parts` whose units count; the final ones without it
    """
    order, starts = _by_unit(lot, chosen)
    attempts = np.diff(np.append(starts, len(order)))
    good = np.add.reduceat(lot.passed[order].astype(np.int64), starts) if len(starts) else np.zeros(0, np.int64)
    first = order[starts]
    failed = pc.fill_null(pc.invert(lot.parts["passed"]), False).to_numpy(zero_copy_only=False)[first]
    code, site = (_codes(lot, name)[first][failed] for name in ("hard_bin", "site"))
    return FirstFails(first[failed], code, site, attempts[failed] > 1, good[failed] > 0)


def retested_bins(lot: Lot, chosen: UInt32Array | None = None) -> tuple[Retested, ...]:
    """After which bins units were tested again, by bin; every retest counts, so a unit may stand in several bins.

    An attempt that broke off is neither a retest nor what one followed.

    chosen  as in `first_fails`
    """
    order, starts = _by_unit(lot, chosen)
    followed = np.ones(len(order), np.bool_)
    followed[np.append(starts, len(order))[1:] - 1] = False
    before = order[followed]
    pairs = zip(_codes(lot, "hard_bin")[before].tolist(), lot.passed[before].tolist(), strict=True)
    return tuple(
        Retested(None if code == NO_BIN else code, passed, count)
        for (code, passed), count in sorted(Counter(pairs).items())
    )


def _by_unit(lot: Lot, chosen: UInt32Array | None) -> tuple[Int64Array, Int64Array]:
    """Rows of the complete attempts, unit by unit in the order of testing, and where each unit begins."""
    if lot.units is None or not units_known(lot):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    final = np.flatnonzero(lot.final) if chosen is None else chosen
    rows = np.flatnonzero(np.isin(lot.units, lot.units[final]) & ~lot.parts["incomplete"].to_numpy())
    order = rows[np.lexsort((lot.parts["attempt"].to_numpy()[rows], lot.units[rows]))]
    unit = lot.units[order]
    starts = np.flatnonzero(np.append(True, unit[1:] != unit[:-1])) if len(unit) else np.zeros(0, np.int64)
    return order.astype(np.int64), starts.astype(np.int64)


def _codes(lot: Lot, column: str) -> Int64Array:
    found: Int64Array = pc.fill_null(lot.parts[column].cast("int64"), NO_BIN).to_numpy()
    return found
