"""How many sound readings lie far out: tails of the core of each test, after its own skew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from corecar.assess.samples import FloatArray
from corecar.lot import BoolArray, Int64Array

TAILS = (0.05, 0.025)
"""Shares of the readings beyond the letter values that a core is described by, the outermost last: far enough out to
know the tail, far enough in that a few outliers do not move them."""
SOURCE = "g-distribution: Tukey (1977), estimated by letter values as in Hoaglin (1985)"
_SCORE = -ndtri(np.array(TAILS))


@dataclass(frozen=True)
class CoreTails:
    """Cores of tests, each by how far its letter values lie from its median; arrays have a row per test.

    readings      int64
    below, above  float64, shape (tests, `TAILS`): distance of the letter values of either side [robust sigmas]
    held          bool, shape (tests, 2): whether limits stand below and above
    reach         float64, shape (tests, 2): distance of the test's own limits, past which no good part reads
                  [robust sigmas]; infinite without one
    """

    readings: Int64Array
    below: FloatArray
    above: FloatArray
    held: BoolArray
    reach: FloatArray

    def skew(self) -> FloatArray:
        """Tukey's g of each test: 0 for a symmetric core, above 0 with the longer tail above.

        g = ln(above / below) / z, the mean over the letter values, shrunk towards 0 by its standard error
        (the positive part of James and Stein, 1961), so that chance makes no skew of a short sample
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            g = (np.log(self.above / self.below) / _SCORE).mean(axis=1)
            share, score = TAILS[-1], _SCORE[-1]
            density = np.exp(-score * score / 2) / np.sqrt(2 * np.pi)
            error = np.sqrt(2 * share * (1 - share) / self.readings) / (density * score * score)
            shrunk = g * np.maximum(1 - (error / g) ** 2, 0.0)
        return np.where(np.isfinite(shrunk), shrunk, 0.0)

    def beyond(self, distance: float) -> float:
        """Sound readings expected further out than a distance, on the sides that have limits [readings].

        >>> letter = np.array([[1.6449, 1.9600]])
        >>> core = CoreTails(np.array([1_000_000]), letter, letter, np.array([[True, True]]), np.full((1, 2), np.inf))
        >>> round(core.beyond(4.0), 1)
        63.4
        """
        g = self.skew()
        score = _SCORE[-1]
        unit = (self.below[:, -1] + self.above[:, -1]) / (_stretched(score, g) - _stretched(-score, g))
        total = 0.0
        for side, sign in enumerate((-1.0, 1.0)):
            share = _left(distance, unit, sign * g) - _left(self.reach[:, side], unit, sign * g)
            total += float((self.readings * np.maximum(share, 0.0))[self.held[:, side] & (unit > 0)].sum())
        return total


def _stretched(score: float, g: FloatArray) -> FloatArray:
    """Distance of a normal score in a g-distribution of unit scale: (exp(g z) - 1) / g, z where g is 0."""
    safe = np.where(np.abs(g) < 1e-9, 1.0, g)
    return np.where(np.abs(g) < 1e-9, score, np.expm1(safe * score) / safe)


def _left(distance: float | FloatArray, unit: FloatArray, g: FloatArray) -> FloatArray:
    """Share of a core further out than a distance, on the side whose tail grows with g."""
    safe = np.where(np.abs(g) < 1e-9, 1.0, g)
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.asarray(distance / unit)
        bent = np.where(safe * away > -1, np.log1p(np.maximum(safe * away, -1.0)) / safe, np.inf)
    share: FloatArray = ndtr(-np.where(np.abs(g) < 1e-9, away, bent))
    return share
