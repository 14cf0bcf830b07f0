"""What retests did in lots: the first fails of each bin and site, how many were tested again, how many recovered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.assess.figures import Figures
from corecar.assess.pools import Pool, pool_of
from corecar.assess.recovered import RecoveredCell, recovery
from corecar.attempts import NO_BIN, first_fails, units_known
from corecar.lot import Lot
from corecar.plurals import plural

Row = dict[str, Any]


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
    each = [first_fails(lot, chosen) for lot, chosen in zip(pool.lots, pool.chosen, strict=True)]
    code, site, again, passed = (
        np.concatenate([getattr(one, name) for one in each]) for name in ("bin", "site", "again", "recovered")
    )
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
    if units_known(lot):
        return []
    why = "nothing says which attempts are of one unit"
    return [f"{plural(lot.parts.num_rows, 'attempt')} left out: {why}. Name an identity if there is one."]
