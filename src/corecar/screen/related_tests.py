"""Which tests belong together: named in the recipe, or found by their correlation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from corecar.lot import Float32Array, Float64Array, Lot
from corecar.screen.dynamic import matches, words_of_tests
from corecar.screen.levelled import Levelled, matrix_of

SAMPLE = 2000
"""Parts, spread evenly over the lot, that correlations are taken from."""
CLIP = 3.0
"""Robust sigmas beyond which a reading counts as just so far: one outlier makes no correlation, nor hides one."""
LEAST = 20
"""Parts with readings of both tests, without which they count as unrelated."""
PARTNERS = 40
"""Tests that each test may be tied to at least, so that groups can be full."""
_BLOCK = 512
_DIGITS = 3
"""Correlations are rounded, so that neither sums in another order nor the number of cores changes a group."""

Groups = Sequence[tuple[int, ...]]
"""Rows of `tests`, ascending within each group."""


def named_groups(lot: Lot, found: Levelled, patterns: Sequence[Sequence[str]]) -> Groups:
    """Tests that each list of patterns fits; lists that fit fewer than two give none."""
    words = list(words_of_tests(lot))
    rows = [tuple(t for t in found.tests.tolist() if matches(tuple(one), words[t])) for one in patterns]
    return [tests for tests in rows if len(tests) > 1]


def correlated_groups(found: Levelled, least: float, most: int) -> Groups:
    """Groups of at most `most` tests, each tied to another one of its group by a correlation of at least `least`.

    The strongest ties come first; one that would make a group too large is left out.
    """
    group = {row: [row] for row in range(len(found.tests))}
    for _, one, other in ties(found, least, max(2 * most, PARTNERS)):
        first, second = group[one], group[other]
        if first is not second and len(first) + len(second) <= most:
            first += second
            group.update(dict.fromkeys(second, first))
    several = {min(rows): rows for rows in group.values() if len(rows) > 1}
    return [tuple(sorted(found.tests[rows].tolist())) for _, rows in sorted(several.items())]


def correlated_pairs(found: Levelled, least: float) -> Groups:
    """Each test with the one that it is most correlated with, by at least `least`; each pair once."""
    best: dict[int, tuple[int, int]] = {}
    for _, one, other in ties(found, least, 1):
        pair = (min(one, other), max(one, other))
        best.setdefault(one, pair)
        best.setdefault(other, pair)
    return [(int(found.tests[one]), int(found.tests[other])) for one, other in sorted(set(best.values()))]


def ties(found: Levelled, least: float, partners: int) -> list[tuple[float, int, int]]:
    """Correlations of at least `least` between rows of `found.tests`, the strongest first.

    partners  of each test, so many of its strongest are looked at
    """
    rows = _standardised(found)
    told = {}
    for start, r in _correlations(rows):
        r[np.arange(len(r)), start + np.arange(len(r))] = 0
        ones, others = np.nonzero(r >= _thresholds(r, least, partners)[:, None])
        for one, other, strength in zip(
            (start + ones).tolist(), others.tolist(), r[ones, others].tolist(), strict=True
        ):
            told[min(one, other), max(one, other)] = strength
    return sorted(((r, *pair) for pair, r in told.items()), key=lambda tie: (-tie[0], tie[1], tie[2]))


def _thresholds(r: Float32Array, least: float, partners: int) -> Float32Array:
    """Of each row the correlation from which on it is looked at, float32, shape (rows,)."""
    out = np.full(len(r), least, np.float32)
    many = np.flatnonzero((r >= np.float32(least)).sum(axis=1) > partners)
    if len(many):
        out[many] = np.partition(r[many], -partners, axis=1)[:, -partners]
    return out


def _standardised(found: Levelled) -> Float32Array:
    """Readings of a sample of the parts by their robust sigma and clipped, shape (tests, parts); NaN: none."""
    inside = np.flatnonzero(found.good & (found.by.codes >= 0))
    chosen = np.zeros(len(found.good), dtype=bool)
    chosen[inside[np.unique(np.linspace(0, len(inside) - 1, SAMPLE).astype(int))] if len(inside) else []] = True
    own = matrix_of(found.results, found.tests, chosen, found.refused)
    sigma = found.sigma[:, found.by.codes[own.part]].T
    with np.errstate(divide="ignore", invalid="ignore"):
        clipped = np.clip(own.value / sigma, -CLIP, CLIP)
    return np.where(np.isfinite(clipped) & (sigma > 0), clipped, np.nan).astype(np.float32).T


def _correlations(rows: Float32Array) -> Iterator[tuple[int, Float32Array]]:
    """Absolute correlations of some rows with all, block by block, with the first row of the block."""
    here = np.isfinite(rows)
    if here.all():
        scaled = rows / np.sqrt(np.maximum((rows * rows).sum(axis=1), np.float32(1e-30)))[:, None]
        enough = np.float32(rows.shape[1] >= LEAST)
        for start in range(0, len(rows), _BLOCK):
            yield start, np.round(np.abs(scaled[start : start + _BLOCK] @ scaled.T), _DIGITS) * enough
        return
    yield from _of_shared_parts(np.where(here, rows, np.float32(0)), here.astype(np.float32))


def _of_shared_parts(filled: Float32Array, here: Float32Array) -> Iterator[tuple[int, Float32Array]]:
    """The same over the parts that have readings of both tests."""
    squared = filled * filled
    for start in range(0, len(filled), _BLOCK):
        block = slice(start, start + _BLOCK)
        both = here[block] @ here.T
        size = np.sqrt((squared[block] @ here.T) * (here[block] @ squared.T))
        with np.errstate(divide="ignore", invalid="ignore"):
            r = np.abs(filled[block] @ filled.T) / size
        yield start, np.where((both >= LEAST) & (size > 0), np.round(r, _DIGITS), np.float32(0))


def independent(rows: Float64Array, share: float = 1e-6) -> list[int]:
    """Columns of which the ones before leave more than a share of the variance unexplained; the rest follow from them.

    rows  float64, shape (n, columns), by their robust sigma
    """
    inner = rows[(np.abs(rows) <= CLIP).all(axis=1)]
    inner = inner if len(inner) > 2 * rows.shape[1] else rows
    covariance = np.atleast_2d(np.cov(inner, rowvar=False))
    kept: list[int] = []
    root = np.zeros_like(covariance)
    for column in range(rows.shape[1]):
        place = len(kept)
        for i, other in enumerate(kept):
            root[place, i] = (covariance[column, other] - root[place, :i] @ root[i, :i]) / root[i, i]
        left = covariance[column, column] - (root[place, :place] ** 2).sum()
        if left > share * covariance[column, column]:
            root[place, place] = np.sqrt(left)
            kept.append(column)
    return kept
