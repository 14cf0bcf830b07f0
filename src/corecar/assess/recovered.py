"""How many first fails a retest recovered, by bin and by site, and whether one site stands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.assess.distributions import beta_quantile, chi_square_above
from corecar.assess.figures import Figures
from corecar.assess.samples import fraction, same_length
from corecar.errors import TooFewParts
from corecar.standards import value


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


def recovery(
    first_bins: Any, sites: Any, recovered: Any, *, confidence: float | None = None, risk: float | None = None
) -> Recovery:
    """How many of the retested first fails were recovered, for each first bin and first site.

    first_bins  integers, shape (parts,): the bin of each part's first, failing, test
    sites       integers, shape (parts,): the site of that test
    recovered   booleans, shape (parts,): whether the part passed at a retest
    confidence  two-sided, of the bounds of each share; that of the standards without it, as the risk
    risk        a bin is noted where its sites differ (chi-square over sites) with p below this. Sites where too few
                recoveries or fails would be expected take no part; a bin with fewer than two others is not compared
    Raises      TooFewParts without a part; ArgumentError for columns of unequal length
    Source      Clopper and Pearson (1934) for the bounds; Pearson's chi-square for the sites

    >>> recovery([5, 5], [1, 1], [True, False]).cells[0].share
    0.5
    """
    bins, places, passed = np.asarray(first_bins), np.asarray(sites), np.asarray(recovered, dtype=bool)
    same_length("recovery", first_bins=bins, sites=places, recovered=passed)
    if not bins.size:
        raise TooFewParts("recovery: no parts. Give the parts that failed first and were retested.")
    tail = (1 - fraction(_set("confidence", confidence), "confidence")) / 2
    least, sure = _set("least"), _set("risk", risk)
    cells = tuple(
        _cell(int(code), int(site), passed[(bins == code) & (places == site)], tail)
        for code, site in sorted(set(zip(bins.tolist(), places.tolist(), strict=True)))
    )
    noted = (_note([cell for cell in cells if cell.bin == code], sure, least) for code in sorted(set(bins.tolist())))
    return Recovery(cells, tuple(note for note in noted if note))


def _cell(code: int, site: int, passed: Any, tail: float) -> RecoveredCell:
    n, k = int(passed.size), int(passed.sum())
    lower = beta_quantile(tail, k, n - k + 1) if k else 0.0
    upper = beta_quantile(1 - tail, k + 1, n - k) if k < n else 1.0
    return RecoveredCell(code, site, n, k, k / n, lower, upper)


def _set(name: str, figure: float | None = None) -> float:
    """What was given, or what the standards say."""
    return float(value("Retests", "recovery", name)) if figure is None else figure


def _note(cells: list[RecoveredCell], risk: float, least: float) -> str:
    fit = _of_enough(cells, least)
    if len(cells) < 2 or _share(cells) in (0, 1):
        return ""
    if len(fit) < 2:
        few = f"fewer than {least:g} recovered or lost parts would be expected at all sites but one"
        return f"bin {cells[0].bin}: its sites were not compared, {few}"
    share = _share(fit)
    square = sum((c.recovered - c.failed * share) ** 2 / (c.failed * share * (1 - share)) for c in fit)
    p = chi_square_above(square, len(fit) - 1)
    best = max(fit, key=lambda cell: cell.share)
    return f"bin {best.bin}: recovery depends on the site, most at site {best.site} (p = {p:.2g})" if p < risk else ""


def _of_enough(cells: list[RecoveredCell], least: float) -> list[RecoveredCell]:
    """The cells in which so many recovered and so many lost parts are expected, by the share of those that are left."""
    while cells:
        share = _share(cells)
        fit = [cell for cell in cells if cell.failed * min(share, 1 - share) >= least]
        if len(fit) == len(cells):
            return cells
        cells = fit
    return cells


def _share(cells: list[RecoveredCell]) -> float:
    return sum(cell.recovered for cell in cells) / sum(cell.failed for cell in cells)
