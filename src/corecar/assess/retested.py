"""What retests did in lots: the first fails of each bin and site, how many were tested again, how many recovered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from corecar.assess.figures import Figures
from corecar.assess.pools import Pool, pool_of
from corecar.assess.recovered import RecoveredCell, recovery
from corecar.lot import BoolArray, Int64Array, Lot, UInt32Array
from corecar.plurals import plural

Row = dict[str, Any]
NO_BIN = -1


@dataclass(frozen=True)
class Recoveries(Figures):
    """What `recoveries` answers.

    rows    per first bin and first site: failed first, retested, recovered, the share of the retested that recovered
            with its bounds, None where nobody was retested
    failed, retested, recovered   the same of all
    """

    failed: int
    retested: int
    recovered: int
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def recoveries(
    lots: Lot | Sequence[Lot] | Pool, *, confidence: float | None = None, risk: float | None = None
) -> Recoveries:
    """Of the units that failed first, by bin and site, how many were tested again and passed then.

    lots              one lot or several, tested alike
    confidence, risk  as of `recovery`
    Returns           Recoveries. A unit recovered when any later complete attempt passed, whichever attempt counts
    Source            Clopper and Pearson (1934); Pearson's chi-square for the sites

    >>> recoveries(corecar.read("lot.stdf.gz")).recovered  # doctest: +SKIP
    46
    """
    pool = pool_of(lots)
    each = [_first_fails(lot, chosen) for lot, chosen in zip(pool.lots, pool.chosen, strict=True)]
    code, site, again, passed = (np.concatenate(column) for column in zip(*each, strict=True))
    notes = [note for lot in pool.lots for note in _unmatched(lot)]
    cells: dict[tuple[int, int], RecoveredCell] = {}
    told: tuple[str, ...] = ()
    if again.any():
        found = recovery(code[again], site[again], passed[again], confidence=confidence, risk=risk)
        cells, told = {(cell.bin, cell.site): cell for cell in found.cells}, found.notes
    rows = []
    for (bin_, place), failed in sorted(Counter(zip(code.tolist(), site.tolist(), strict=True)).items()):
        cell = cells.get((bin_, place))
        known = (cell.failed, cell.recovered, cell.share, cell.lower, cell.upper) if cell else (0, 0, None, None, None)
        figures = dict(zip(("retested", "recovered", "share", "share_low", "share_high"), known, strict=True))
        rows.append({"bin": None if bin_ == NO_BIN else bin_, "site": place, "failed": failed, **figures})
    if (code == NO_BIN).any():
        notes.append("Some first fails have no hard bin; they stand in a row without one.")
    return Recoveries(
        len(code), int(again.sum()), int(passed.sum()), tuple(rows), (*notes, *(f"{note}." for note in told))
    )


def _unmatched(lot: Lot) -> list[str]:
    if lot.retests.identity != "none" and lot.units is not None:
        return []
    why = "nothing says which attempts are of one unit"
    return [f"{plural(lot.parts.num_rows, 'attempt')} left out: {why}. Name an identity if there is one."]


def _first_fails(lot: Lot, chosen: UInt32Array) -> tuple[Int64Array, Int64Array, BoolArray, BoolArray]:
    """Of units that failed first: bin, site, whether they were tested again, whether they passed then."""
    if lot.units is None or lot.retests.identity == "none":
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.bool_), np.zeros(0, np.bool_)
    rows = np.flatnonzero(np.isin(lot.units, lot.units[chosen]) & ~lot.parts["incomplete"].to_numpy())
    order = rows[np.lexsort((lot.parts["attempt"].to_numpy()[rows], lot.units[rows]))]
    unit = lot.units[order]
    starts = np.flatnonzero(np.append(True, unit[1:] != unit[:-1])) if len(unit) else np.zeros(0, np.int64)
    attempts = np.diff(np.append(starts, len(unit)))
    good = np.add.reduceat(lot.passed[order].astype(np.int64), starts) if len(starts) else np.zeros(0, np.int64)
    first = order[starts]
    failed = pc.fill_null(pc.invert(lot.parts["passed"]), False).to_numpy(zero_copy_only=False)[first]
    code, site = (
        pc.fill_null(lot.parts[name].cast("int64"), NO_BIN).to_numpy()[first][failed] for name in ("hard_bin", "site")
    )
    return code, site, attempts[failed] > 1, good[failed] > 0
