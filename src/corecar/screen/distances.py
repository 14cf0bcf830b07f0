"""Distances of parts from the cloud of all, over several tests at once, and their limits: the formulas on their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corecar.errors import ArgumentError
from corecar.lot import BoolArray, Float64Array, Int64Array
from corecar.robust_covariance import distances, minimum_covariance_determinant
from corecar.screen.weighted_squares import upper_point

NAMED = 3
"""Tests that a reason names: those that a distance comes from most."""
CLIP = 3.0
"""Robust sigmas at which readings are clipped for principal components."""
_QUARTILES = 1.349
"""Interquartile range of a normal population in standard deviations."""


@dataclass(frozen=True, eq=False)
class Distances:
    """Squared distances of parts, what they come from, and the limit that a normal population would give.

    squared  float64, shape (parts,)
    shares   float64, shape (parts, tests): how much of each comes from each test
    normal   the limit
    """

    squared: Float64Array
    shares: Float64Array
    normal: float

    def most(self, part: int) -> list[int]:
        """Columns of the tests that the distance of a part comes from most."""
        shares = self.shares[part]
        order = np.argsort(-shares, kind="stable")[:NAMED]
        return [int(column) for column in order if shares[column] > 0.1 * shares[order[0]]]


def robust_distances(rows: Float64Array, counted: BoolArray, support: float, alpha: float) -> Distances:
    """Squared Mahalanobis distances from the robust centre of the counted rows (minimum covariance determinant).

    rows     float64, shape (parts, tests), finite, by their robust sigma
    counted  bool, shape (parts,): rows that centre and covariance are made from
    support  share of them taken for clean
    alpha    how often a row of a normal population is beyond the limit
    Raises   ArgumentError where tests follow from others
    Source   Rousseeuw and Van Driessen (1999); what each test adds is how much smaller the distance is without it
    """
    width = rows.shape[1]
    centre, covariance = minimum_covariance_determinant(rows[counted], support, small_sample=True)
    squared = distances(rows, centre, covariance)
    inverse = np.linalg.inv(covariance)
    shares = ((rows - centre) @ inverse) ** 2 / np.diagonal(inverse)
    return Distances(squared, shares, _chi_square(alpha, width))


@dataclass(frozen=True, eq=False)
class Components:
    """What principal components say of parts.

    residual  squared distance from the leading components (Q, SPE); None where all are leading
    within    squared distance within them (T-squared)
    leading   their number
    """

    residual: Distances | None
    within: Distances
    leading: int


def component_distances(rows: Float64Array, counted: BoolArray, share: float, alpha: float) -> Components:
    """Distances of rows from the leading principal components of the counted rows, clipped so that none leads alone.

    rows     float64, shape (parts, tests), finite, by their robust sigma
    share    of the variance that the leading components hold
    Source   Lugannani and Rice (1980) for the limit of the residual, see `weighted_squares`; chi-square for that within
    """
    clipped = np.clip(rows[counted], -CLIP, CLIP)
    centre = clipped.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(clipped, rowvar=False))
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    leading = int(np.searchsorted(np.cumsum(values) / values.sum(), share - 1e-12) + 1)
    away = rows - centre
    scores = away @ vectors[:, :leading]
    rest = away - scores @ vectors[:, :leading].T
    scaled = scores / np.sqrt(values[:leading])
    within = Distances((scaled**2).sum(axis=1), (scaled @ vectors[:, :leading].T) ** 2, _chi_square(alpha, leading))
    left = values[leading:]
    if not left.sum() > 1e-12 * values.sum():
        return Components(None, within, leading)
    return Components(Distances((rest**2).sum(axis=1), rest**2, upper_point(left, alpha)), within, leading)


def distance_limit(found: Distances, counted: BoolArray, kind: str, alpha: float) -> tuple[float, str]:
    """The limit of squared distances, and how it came about.

    kind  "chi-square": the one of a normal population; "spread": from the distances' own median and quartiles, by their
          cube roots, which are nearly normal where the readings are; "wider": the wider of both
    """
    if kind == "chi-square":
        return found.normal, ""
    root = np.cbrt(found.squared[counted])
    q1, centre, q3 = np.quantile(root, (0.25, 0.5, 0.75))
    own = float((centre + _normal(alpha) * (q3 - q1) / _QUARTILES) ** 3)
    if kind == "spread" or own > found.normal:
        words = f"of a normal population: {found.normal:.4g}; taken: from the distances' own spread"
        return own, words
    return found.normal, ""


def incomplete_slope(x: Float64Array, y: Float64Array) -> tuple[float, float]:
    """Slope and intercept of y on x: medians of slopes over pairs half the sample apart, in the order of x.

    A quarter of the readings may lie anywhere. Raises ArgumentError where x has no spread.
    Source  Theil (1950), the incomplete method

    >>> incomplete_slope(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), np.array([2.0, 4.0, 6.0, 8.0, 10.0, 99.0]))
    (2.0, 0.0)
    """
    order = np.argsort(x, kind="stable")
    half = len(order) // 2
    low, high = order[:half], order[len(order) - half :]
    run = x[high] - x[low]
    if not (run > 0).any():
        raise ArgumentError("x: no two readings differ, so it has no slope.")
    slope = float(np.median((y[high] - y[low])[run > 0] / run[run > 0]))
    return slope, float(np.median(y - slope * x))


def beyond(found: Distances, limit: float) -> Int64Array:
    """Rows beyond the limit."""
    return np.flatnonzero(found.squared > limit)


def _chi_square(alpha: float, degrees: int) -> float:
    from scipy import special

    return float(special.chdtri(degrees, alpha))


def _normal(alpha: float) -> float:
    from scipy import special

    return float(-special.ndtri(alpha))
