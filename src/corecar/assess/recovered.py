"""How many first fails a retest recovered, by bin and by site, and whether one site stands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.assess.distributions import beta_quantile, chi_square_above
from corecar.assess.figures import Figures
from corecar.assess.samples import fraction, same_length
from corecar.errors import TooFewParts


@dataclass(frozen=True)
class RecoveredCell(Figures):
    """Parts that failed first in `bin` at `site`: how many, how many passed later, and the bounds of that share."""

    bin: int
    site: int
    failed: int
    recovered: int
    share: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Recovery(Figures):
    """What `recovery` answers: one cell per bin and site, and a note for each bin whose sites differ."""

    cells: tuple[RecoveredCell, ...]
    notes: tuple[str, ...]


def recovery(first_bins: Any, sites: Any, recovered: Any, *, confidence: float = 0.95, risk: float = 0.01) -> Recovery:
    """How many of the retested first fails were recovered, for each first bin and first site.

    first_bins  integers, shape (parts,): the bin of each part's first, failing, test
    sites       integers, shape (parts,): the site of that test
    recovered   booleans, shape (parts,): whether the part passed at a retest
    confidence  two-sided, of the bounds of each share
    risk        a bin is noted where its sites differ (chi-square over sites) with p below this
    Raises      TooFewParts without a part; ArgumentError for columns of unequal length
    Source      Clopper and Pearson (1934) for the bounds; Pearson's chi-square for the sites

    >>> recovery([5, 5], [1, 1], [True, False]).cells[0].share
    0.5
    """
    bins, places, passed = np.asarray(first_bins), np.asarray(sites), np.asarray(recovered, dtype=bool)
    same_length("recovery", first_bins=bins, sites=places, recovered=passed)
    if not bins.size:
        raise TooFewParts("recovery: no parts. Give the parts that failed first and were retested.")
    tail = (1 - fraction(confidence, "confidence")) / 2
    cells = tuple(
        _cell(int(code), int(site), passed[(bins == code) & (places == site)], tail)
        for code, site in sorted(set(zip(bins.tolist(), places.tolist(), strict=True)))
    )
    noted = (_note([cell for cell in cells if cell.bin == code], risk) for code in sorted(set(bins.tolist())))
    return Recovery(cells, tuple(note for note in noted if note))


def _cell(code: int, site: int, passed: Any, tail: float) -> RecoveredCell:
    n, k = int(passed.size), int(passed.sum())
    lower = beta_quantile(tail, k, n - k + 1) if k else 0.0
    upper = beta_quantile(1 - tail, k + 1, n - k) if k < n else 1.0
    return RecoveredCell(code, site, n, k, k / n, lower, upper)


def _note(cells: list[RecoveredCell], risk: float) -> str:
    failed, found = sum(cell.failed for cell in cells), sum(cell.recovered for cell in cells)
    if len(cells) < 2 or found in (0, failed):
        return ""
    share = found / failed
    square = sum((c.recovered - c.failed * share) ** 2 / (c.failed * share * (1 - share)) for c in cells)
    p = chi_square_above(square, len(cells) - 1)
    best = max(cells, key=lambda cell: cell.share)
    return f"bin {best.bin}: recovery depends on the site, most at site {best.site} (p = {p:.2g})" if p < risk else ""
