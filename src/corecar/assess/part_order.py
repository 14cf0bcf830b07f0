"""Whether a test moves while a run goes on: warming testers, wearing contacts, filling handlers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import nan
from typing import Any

import numpy as np

from corecar.assess.correlation import spread
from corecar.assess.false_discoveries import adjusted
from corecar.assess.figures import Figures
from corecar.assess.pools import Pool, PooledTest, pool_of, test_counts
from corecar.assess.samples import FloatArray, IntArray
from corecar.assess.two_samples import in_sigmas
from corecar.lot import Lot
from corecar.standards import value

Row = dict[str, Any]


@dataclass(frozen=True)
class RunDrifts(Figures):
    """What `run_drifts` answers.

    tests   per test, those that drift first, then the largest effect first: drift, what the test moves from the first
            to the last part of a run
            by a straight line [the test's unit]; effect, the same in robust sigmas within the blocks; blocks, parts,
            p, q and verdict `drifts` or `steady`
    """

    parts: int
    runs: int
    tests: tuple[Row, ...]
    notes: tuple[str, ...]


def run_drifts(lots: Lot | Sequence[Lot] | Pool) -> RunDrifts:
    """The trend of every test over the parts of a run in the order of testing, of good parts.

    lots     one lot or several, tested alike
    Returns  RunDrifts. Each run is cut into 20 blocks of parts in their order; the line goes through the medians of
             the blocks, so that no outlier turns it, and p takes a block for one observation
    Source   Sen (1968); Kendall (1938)

    >>> run_drifts(corecar.read("lot.stdf.gz")).tests[0]["verdict"]  # doctest: +SKIP
    'steady'
    """
    pool = pool_of(lots)
    blocks, runs = _blocks(pool)
    if not runs:
        return RunDrifts(len(pool), 0, (), ("No run has enough good parts to cut into three blocks.",))
    found = [row for test in pool.tests if test.parametric and (row := _drift(pool, test, blocks, runs)) is not None]
    effect, sure = (float(value("Comparisons", "run-drift", name)) for name in ("effect", "q"))
    for row, q in zip(found, adjusted([row["p"] for row in found]), strict=True):
        row["q"] = float(q)
        row["verdict"] = "drifts" if abs(row["effect"]) >= effect and q < sure else "steady"
    found.sort(key=lambda row: (row["verdict"] != "drifts", -abs(row["effect"])))
    notes = test_counts(pool, found, "with readings in three blocks of a run")
    wafers = ["A drift over a wafer sort run may be one of place or wafer: dies and wafers are tested in their order."]
    return RunDrifts(len(pool), len(runs), tuple(found), (*notes, *(wafers if _has_wafers(pool) else ())))


def _has_wafers(pool: Pool) -> bool:
    return any(lot.wafers.num_rows for lot in pool.lots)


def _blocks(pool: Pool) -> tuple[IntArray, list[tuple[int, int]]]:
    """The block of each part, -1 outside; and the first and the number of blocks of each run."""
    most, least = (int(value("Comparisons", "run-drift", name)) for name in ("blocks", "least_block"))
    block, runs, first = np.full(len(pool), -1, np.intp), [], 0
    for place, (lot, chosen) in enumerate(zip(pool.lots, pool.chosen, strict=True)):
        of_part = lot.parts["run"].to_numpy()[chosen]
        for run in np.unique(of_part):
            rows = pool.firsts[place] + np.flatnonzero(of_part == run)
            rows = rows[pool.passed[rows]]
            count = min(most, len(rows) // least)
            if count >= 3:
                block[rows] = first + np.arange(len(rows)) * count // len(rows)
                runs.append((first, count))
                first += count
    return block, runs


def _drift(pool: Pool, test: PooledTest, block: IntArray, runs: Sequence[tuple[int, int]]) -> Row | None:
    """The median drift over the runs; None where no run has readings in three blocks."""
    readings = pool.readings(test).astype(np.float64)
    there = np.isfinite(readings) & (block >= 0)
    centres = _medians(readings[there], block[there], runs[-1][0] + runs[-1][1])
    lines = [line for run in runs if (line := _line(centres[run[0] : run[0] + run[1]])) is not None]
    if not lines:
        return None
    drift = float(np.median([line[0] for line in lines]))
    sigma = spread(readings[there] - centres[block[there]])
    return {
        **test.named, "drift": drift, "effect": in_sigmas(drift, sigma), "sigma": sigma, "runs": len(lines),
        "p": _together([line[1] for line in lines]), "n": int(there.sum()),
    }  # fmt: skip


def _medians(readings: FloatArray, block: IntArray, count: int) -> FloatArray:
    order = np.argsort(block, kind="stable")
    edges = np.searchsorted(block[order], np.arange(count + 1))
    values = readings[order]
    return np.array([np.median(values[a:b]) if b > a else nan for a, b in pairwise(edges)])


def _line(centres: FloatArray) -> tuple[float, float] | None:
    """Drift from end to end by the median of the slopes, and Kendall's p; None below three blocks."""
    from scipy.stats import kendalltau

    at = np.flatnonzero(np.isfinite(centres))
    if len(at) < 3:
        return None
    first, second = np.triu_indices(len(at), 1)
    slope = float(np.median((centres[at[second]] - centres[at[first]]) / (at[second] - at[first])))
    p = 1.0 if np.ptp(centres[at]) == 0 else float(kendalltau(at, centres[at]).pvalue)
    return slope * len(centres), p


def _together(p: Sequence[float]) -> float:
    """One p of several runs (Fisher)."""
    from scipy.stats import chi2

    return p[0] if len(p) == 1 else float(chi2.sf(-2 * np.log(np.maximum(p, 1e-300)).sum(), 2 * len(p)))
