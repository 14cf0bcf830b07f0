"""Counts the tester keeps while it tests and writes into the summary records at the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from corecar.lot import Float64Array
from corecar.simulate.program import Program
from corecar.simulate.touchdowns import Attempts


@dataclass
class Tally:
    """Running counts of a lot or a wafer; arrays have the shape (tests, sites) or (sites,).

    lowest, highest, total, squares are of the first column of each test [the test's unit]
    """

    executed: Float64Array
    failed: Float64Array
    lowest: Float64Array
    highest: Float64Array
    total: Float64Array
    squares: Float64Array
    parts: Float64Array
    retests: Float64Array
    good: Float64Array
    hard_bins: Counter[tuple[int, int]] = field(default_factory=Counter)
    soft_bins: Counter[tuple[int, int]] = field(default_factory=Counter)


def empty_tally(program: Program, sites: int) -> Tally:
    """A tally before the first part."""
    shape = (len(program.tests), sites)
    executed, failed, lowest, highest, total, squares = (
        np.full(shape, value) for value in (0.0, 0.0, np.inf, -np.inf, 0.0, 0.0)
    )
    parts, retests, good = (np.zeros(sites) for _ in range(3))
    return Tally(executed, failed, lowest, highest, total, squares, parts, retests, good)


def count(tally: Tally, program: Program, attempts: Attempts, *, retest: bool) -> None:
    """Add some attempts to a tally, in place."""
    values = attempts.values[program.starts].astype(np.float64)
    verdict = attempts.verdict
    for site in np.unique(attempts.site):
        at = attempts.site == site
        ran = verdict.executed[:, at]
        read = np.where(ran, values[:, at], 0.0)
        tally.executed[:, site] += ran.sum(axis=1)
        tally.failed[:, site] += verdict.failed[:, at].sum(axis=1)
        tally.total[:, site] += read.sum(axis=1)
        tally.squares[:, site] += np.square(read).sum(axis=1)
        np.minimum(tally.lowest[:, site], np.where(ran, read, np.inf).min(axis=1), out=tally.lowest[:, site])
        np.maximum(tally.highest[:, site], np.where(ran, read, -np.inf).max(axis=1), out=tally.highest[:, site])
        tally.parts[site] += at.sum()
        tally.retests[site] += at.sum() * retest
        tally.good[site] += verdict.good[at].sum()
        tally.hard_bins.update((int(site), int(number)) for number in verdict.hard_bin[at])
        tally.soft_bins.update((int(site), int(number)) for number in verdict.soft_bin[at])
