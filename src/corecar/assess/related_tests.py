"""Which tests of a lot say the same, and which readings go with which bin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.assess.correlation import robust_sigma, spread
from corecar.assess.false_discoveries import adjusted
from corecar.assess.figures import Figures
from corecar.assess.pools import Pool, PooledTest, pool_of
from corecar.assess.samples import FloatArray
from corecar.assess.two_samples import against_sorted, in_sigmas
from corecar.lot import Lot
from corecar.plurals import plural
from corecar.standards import value

Row = dict[str, Any]
Matrix = npt.NDArray[np.float32]
_ROWS = 16_384
"""Parts multiplied at a time, so that a long lot needs no second copy of its readings."""


@dataclass(frozen=True)
class Related(Figures):
    """What `related` answers.

    pairs   of tests, the strongest first: r and the parts that have both
    groups  tests tied by pairs of at least `least_r`, the largest group first, and the one that stands for it: that
            with the largest |r| to the others on average
    bins    per bin of failed parts the tests whose readings differ most from those of good parts: shift of the median
            in robust sigmas of the good ones, Cliff's delta, p, q
    """

    parts: int
    least_r: float
    pairs: tuple[Row, ...]
    groups: tuple[Row, ...]
    bins: tuple[Row, ...]
    notes: tuple[str, ...]


def related(
    lots: Lot | Sequence[Lot] | Pool, *, least_r: float | None = None, most_pairs: int = 1000, of_each_bin: int = 5
) -> Related:
    """The tests that go together, of the good parts, and what the parts of each bin have in common.

    lots         one lot or several, tested alike
    least_r      |r| from which tests are one group; None for the one in `standards/comparisons.csv`
    most_pairs   at most so many pairs
    of_each_bin  at most so many tests per bin
    Returns      Related. r is Pearson's, of readings clipped at 6 robust sigmas from the median, over the parts that
                 have both
    Source       Pearson (1896); Cliff (1993)

    >>> related(corecar.read("lot.stdf.gz")).pairs[0]["r"]  # doctest: +SKIP
    0.998
    """
    pool = pool_of(lots)
    least = float(value("Comparisons", "related", "least_r")) if least_r is None else least_r
    tests = [test for test in pool.tests if test.parametric]
    standard, still = standardised(pool, tests)
    r, n = correlations(standard)
    moving = [test for test, still_one in zip(tests, still, strict=True) if not still_one]
    keep = np.flatnonzero(~still)
    r, n = r[np.ix_(keep, keep)], n[np.ix_(keep, keep)]
    notes = [f"{plural(int(still.sum()), 'test')} without spread left out."] if still.any() else []
    pairs = tuple(_pairs(moving, r, n, most_pairs))
    groups = tuple(_groups(moving, r, least))
    return Related(len(pool), least, pairs, groups, tuple(_of_bins(pool, tests, of_each_bin)), tuple(notes))


def standardised(pool: Pool, tests: Sequence[PooledTest]) -> tuple[Matrix, npt.NDArray[np.bool_]]:
    """Readings of good parts in robust sigmas from the median, clipped, float32 (tests, parts); and which have none."""
    good = np.flatnonzero(pool.passed)
    clip = float(value("Comparisons", "related", "clip"))
    out = np.full((len(tests), len(good)), np.nan, np.float32)
    still = np.ones(len(tests), np.bool_)
    for row, test in enumerate(tests):
        readings = pool.readings(test)[good].astype(np.float64)
        known = readings[np.isfinite(readings)]
        if len(known) > 2 and np.ptp(known) > 0:
            centre, spread = float(np.median(known)), robust_sigma(known) or float(np.std(known))
            out[row] = np.clip((readings - centre) / spread, -clip, clip)
            still[row] = False
    return out, still


def correlations(standard: Matrix) -> tuple[FloatArray, FloatArray]:
    """Pearson's r of every pair of rows over the columns that have both, and how many these are; float64 (rows, rows).

    r is NaN where fewer than three columns have both, or one side does not vary there
    """
    size = len(standard)
    count, total, squares, products = (np.zeros((size, size)) for _ in range(4))
    for first in range(0, standard.shape[1], _ROWS):
        block = standard[:, first : first + _ROWS]
        there = np.isfinite(block)
        values = np.where(there, block, 0).astype(np.float32)
        if there.all():
            count += block.shape[1]
            total += values.sum(axis=1, dtype=np.float64)[:, None]
            squares += np.einsum("ij,ij->i", values, values, dtype=np.float64)[:, None]
        else:
            mask = there.astype(np.float32)
            count += mask @ mask.T
            total += values @ mask.T
            squares += (values * values) @ mask.T
        products += values @ values.T
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = squares - total**2 / count
        r = (products - total * total.T / count) / np.sqrt(spread * spread.T)
    r[(count < 3) | (spread <= 1e-9 * count) | (1e-9 * count >= spread.T)] = np.nan
    return np.clip(r, -1, 1), count


def _pairs(tests: Sequence[PooledTest], r: FloatArray, n: FloatArray, most: int) -> Iterator[Row]:
    first, second = np.triu_indices(len(tests), 1)
    strength = np.nan_to_num(np.abs(r[first, second]), nan=-1)
    for at in np.argsort(-strength, kind="stable")[:most]:
        if strength[at] < 0:
            return
        a, b = first[at], second[at]
        yield {
            "test_a": tests[a].title, "test_b": tests[b].title, "r": float(r[a, b]), "n": int(n[a, b]),
        }  # fmt: skip


def _groups(tests: Sequence[PooledTest], r: FloatArray, least: float) -> Iterator[Row]:
    tied = np.nan_to_num(np.abs(r)) >= least
    np.fill_diagonal(tied, True)
    open_ones, groups = set(range(len(tests))), []
    while open_ones:
        members, ahead = set(), {min(open_ones)}
        while ahead:
            members |= ahead
            ahead = set(np.flatnonzero(tied[sorted(ahead)].any(axis=0)).tolist()) - members
        open_ones -= members
        if len(members) > 1:
            groups.append(sorted(members))
    for group in sorted(groups, key=len, reverse=True):
        inside = np.abs(np.nan_to_num(r[np.ix_(group, group)]))
        yield {
            "tests": len(group), "stands_for_all": tests[group[int(inside.sum(axis=1).argmax())]].title,
            "members": ", ".join(tests[member].title for member in group),
        }  # fmt: skip


def _of_bins(pool: Pool, tests: Sequence[PooledTest], most: int) -> Iterator[Row]:
    """Per bin of failed parts, the tests in which they differ from good ones."""
    bins = pool.column("hard_bin", -1).astype(np.int64)
    least = int(value("Comparisons", "run-drift", "least_block"))
    failing = [b for b in np.unique(bins[~pool.passed]).tolist() if (~pool.passed & (bins == b)).sum() >= least]
    found: dict[int, list[Row]] = {b: [] for b in failing}
    for test in tests if failing else ():
        readings = pool.readings(test).astype(np.float64)
        there = np.isfinite(readings)
        good = np.sort(readings[there & pool.passed])
        sigma = spread(good) if len(good) >= least else 0.0
        for b in failing:
            own = readings[there & ~pool.passed & (bins == b)]
            if min(len(own), len(good)) >= least:
                delta, p = against_sorted(good, own)
                shift = in_sigmas(float(np.median(own)) - float(np.median(good)), sigma)
                found[b].append({"bin": b, **test.named, "shift": shift, "delta": delta, "p": p, "n": len(own)})
    for rows in found.values():
        for row, q in zip(rows, adjusted([row["p"] for row in rows]), strict=True):
            row["q"] = float(q)
        yield from sorted(rows, key=lambda row: (-abs(row["delta"]), -abs(row["shift"])))[:most]
