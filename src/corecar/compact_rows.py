"""The search for the rows of a cloud that lie closest together: concentration steps of FAST-MCD, compiled.

Rows travel in blocks of `BLOCK`, turned so that each column of a block lies in one piece: the loops over a block are
what the processor's wide instructions take, and sums are kept in four parts so that none waits for the one before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.compiled import compiled, inner

FloatArray = npt.NDArray[np.float64]

BLOCK = 64
"""Rows that are looked at together; a multiple of four."""
FLAT = 1e-14
"""A column of which the others leave a smaller share unexplained follows from them."""
SETTLED = 1e-12
"""A step that changes the logarithm of the volume by less is the last one."""


@dataclass(frozen=True)
class Clouds:
    """Centres and covariances of some parts of the rows; the volume is the logarithm of the determinant, +inf if flat.

    center      float64, shape (clouds, columns)
    covariance  float64, shape (clouds, columns, columns)
    volume      float64, shape (clouds,)
    """

    center: FloatArray
    covariance: FloatArray
    volume: FloatArray

    def best(self, most: int) -> Clouds:
        """The smallest ones, the smallest first, each once."""
        order = np.argsort(self.volume, kind="stable")
        volume = self.volume[order]
        with np.errstate(invalid="ignore"):
            fresh = np.concatenate([[True], ~(np.diff(volume) <= 1e-9 * np.maximum(1, np.abs(volume[1:])))])
        return self.chosen(order[fresh][:most])

    def chosen(self, places: Any) -> Clouds:
        """Some of them."""
        return Clouds(self.center[places], self.covariance[places], self.volume[places])


def joined(clouds: list[Clouds]) -> Clouds:
    """Several as one."""
    return Clouds(*(np.concatenate([getattr(c, name) for c in clouds]) for name in ("center", "covariance", "volume")))


def from_few_rows(rows: FloatArray, chosen: npt.NDArray[np.int64], count: int, steps: int) -> Clouds:
    """Clouds that begin with few rows each and take some steps towards the `count` rows nearest to their centre.

    rows    float64, shape (n, columns), contiguous, finite, of about unit spread
    chosen  int64, shape (clouds, few): the rows that each begins with
    """
    starts, width = len(chosen), rows.shape[1]
    found = Clouds(np.empty((starts, width)), np.empty((starts, width, width)), np.empty(starts))
    _begin(rows, chosen, found.center, found.covariance)
    return concentrated(rows, found, count, steps)


def concentrated(rows: FloatArray, clouds: Clouds, count: int, steps: int) -> Clouds:
    """Clouds after some more steps, fewer where they no longer change; each step makes a cloud smaller."""
    n, width = rows.shape
    found = Clouds(clouds.center.copy(), clouds.covariance.copy(), clouds.volume.copy())
    _concentrate(
        rows, count, steps, found.center, found.covariance, found.volume, np.empty(n), np.empty(n),
        np.empty((width, BLOCK)), np.empty(BLOCK), np.empty((width, width)), np.empty(width),
    )  # fmt: skip
    return found


def squared_distances(rows: FloatArray, center: FloatArray, covariance: FloatArray) -> FloatArray | None:
    """Squared Mahalanobis distance of each row, float64, shape (n,); None when the covariance has no inverse."""
    n, width = rows.shape
    away, root = np.empty(n), np.empty((width, width))
    if not np.isfinite(_root(covariance, root)):
        return None
    _invert(root)
    _distances(rows, center, root, np.empty((width, BLOCK)), np.empty(BLOCK), away)
    return away


@compiled
def _begin(rows: Any, chosen: Any, centers: Any, covariances: Any) -> None:
    starts, few = chosen.shape
    width = rows.shape[1]
    for start in range(starts):
        center, covariance = centers[start], covariances[start]
        center[:] = 0.0
        covariance[:] = 0.0
        for k in range(few):
            for j in range(width):
                center[j] += rows[chosen[start, k], j] / few
        for k in range(few):
            row = chosen[start, k]
            for i in range(width):
                for j in range(width):
                    covariance[i, j] += (rows[row, i] - center[i]) * (rows[row, j] - center[j]) / few


@compiled
def _concentrate(
    rows: Any, count: int, steps: int, centers: Any, covariances: Any, volumes: Any, away: Any, spare: Any, block: Any,
    line: Any, root: Any, shift: Any,
) -> None:  # fmt: skip
    width = rows.shape[1]
    for cloud in range(len(volumes)):
        center, covariance = centers[cloud], covariances[cloud]
        volume = _root(covariance, root)
        for _ in range(steps):
            if volume == np.inf:
                root[:] = 0.0
                for j in range(width):
                    root[j, j] = 1.0
            else:
                _invert(root)
            _distances(rows, center, root, block, line, away)
            for r in range(len(away)):
                spare[r] = away[r]
            _moments(rows, away, _smallest(spare, count - 1), count, center, covariance, block, shift)
            before, volume = volume, _root(covariance, root)
            if volume == np.inf or before - volume <= SETTLED * max(1.0, abs(volume)):
                break
        volumes[cloud] = volume


@compiled
def _root(covariance: Any, root: Any) -> float:
    """Lower triangle whose square the covariance is, and the logarithm of its determinant; +inf where it is flat."""
    width = len(covariance)
    volume = 0.0
    root[:] = 0.0
    for i in range(width):
        for j in range(i + 1):
            left = covariance[i, j]
            for k in range(j):
                left -= root[i, k] * root[j, k]
            if j < i:
                root[i, j] = left / root[j, j]
            elif not left > FLAT * covariance[i, i]:
                return np.inf
            else:
                root[i, i] = np.sqrt(left)
                volume += np.log(left)
    return volume


@compiled
def _invert(root: Any) -> None:
    """A lower triangle in place of its inverse."""
    width = len(root)
    for j in range(width):
        root[j, j] = 1.0 / root[j, j]
        for i in range(j + 1, width):
            total = 0.0
            for k in range(j, i):
                total -= root[i, k] * root[k, j]
            root[i, j] = total / root[i, i]


@compiled
def _distances(rows: Any, center: Any, inverse: Any, block: Any, line: Any, away: Any) -> None:
    n, width = rows.shape
    for first in range(0, n, BLOCK):
        size = min(BLOCK, n - first)
        for r in range(size):
            for j in range(width):
                block[j, r] = rows[first + r, j] - center[j]
        away[first : first + size] = 0.0
        for i in range(width):
            line[:] = 0.0
            for j in range(i + 1):
                _add_times(line, block[j], inverse[i, j])
            for r in range(size):
                away[first + r] += line[r] * line[r]


@inner
def _add_times(line: Any, column: Any, weight: Any) -> None:
    for r in range(BLOCK):
        line[r] += weight * column[r]


@compiled
def _moments(
    rows: Any, away: Any, most: float, count: int, center: Any, covariance: Any, block: Any, shift: Any
) -> None:
    """Centre and covariance of the `count` rows whose distance is at most `most`, of equal ones the first."""
    n, width = rows.shape
    nearer = 0
    for r in range(n):
        nearer += away[r] < most
    equal, size = count - nearer, 0
    covariance[:] = 0.0
    shift[:] = 0.0
    for r in range(n):
        if away[r] > most or (away[r] == most and equal == 0):
            continue
        equal -= away[r] == most
        for j in range(width):
            block[j, size] = rows[r, j] - center[j]
        size += 1
        if size == BLOCK:
            _gather(block, covariance, shift)
            size = 0
    for j in range(width):
        block[j, size:] = 0.0
    _gather(block, covariance, shift)
    for i in range(width):
        for j in range(i + 1):
            covariance[i, j] = covariance[i, j] / count - shift[i] * shift[j] / count / count
            covariance[j, i] = covariance[i, j]
    for j in range(width):
        center[j] += shift[j] / count


@inner
def _gather(block: Any, covariance: Any, shift: Any) -> None:
    """Add a block of rows to the sums of their products and to their sum."""
    width = len(shift)
    for i in range(width):
        for j in range(i + 1):
            a, b, c, d = 0.0, 0.0, 0.0, 0.0
            for r in range(0, BLOCK, 4):
                a += block[i, r] * block[j, r]
                b += block[i, r + 1] * block[j, r + 1]
                c += block[i, r + 2] * block[j, r + 2]
                d += block[i, r + 3] * block[j, r + 3]
            covariance[i, j] += (a + b) + (c + d)
        total = 0.0
        for r in range(BLOCK):
            total += block[i, r]
        shift[i] += total


@compiled
def _smallest(values: Any, place: int) -> float:
    """The value that stands at a place when they are in order; moves them about."""
    low, high = 0, len(values) - 1
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if place <= j:
            high = j
        elif place >= i:
            low = i
        else:
            break
    return float(values[place])
