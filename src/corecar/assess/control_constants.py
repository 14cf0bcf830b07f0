"""Constants of control charts, computed from the normal distribution; rounded as handbooks print them on demand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import exp, lgamma, sqrt

import numpy as np
from scipy.special import ndtr, roots_legendre

from corecar.errors import ArgumentError

CONVENTIONS = ("printed", "divisors", "exact")
PRINTED_UP_TO = 25
"""The largest subgroup that the tables of handbooks hold; beyond it the exact constants are used."""

_RANGE_NODES, _LARGEST, _STEPS = 120, 18.0, 601


@cache
def range_moments(size: int) -> tuple[float, float]:
    """Mean and standard deviation of the range of so many standard normal readings: d2 and d3.

    Source  the density of the range, integrated by Gauss-Legendre over the range and by the trapezoid rule within it

    >>> [round(figure, 3) for figure in range_moments(5)]
    [2.326, 0.864]
    """
    if size < 2:
        raise ArgumentError(f"a range needs at least 2 readings in a subgroup, found {size}.")
    nodes, weights = roots_legendre(_RANGE_NODES)
    spread = (nodes + 1) * _LARGEST / 2
    low = np.linspace(-_LARGEST, 9, _STEPS)
    step = low[1] - low[0]
    between = ndtr(low + spread[:, None]) - ndtr(low)
    inner = (_density(low) * _density(low + spread[:, None]) * between ** (size - 2)).sum(axis=1) * step
    density = size * (size - 1) * inner * weights * _LARGEST / 2
    mean = float((spread * density).sum())
    return mean, sqrt(float((spread**2 * density).sum()) - mean**2)


def _density(z: np.ndarray) -> np.ndarray:
    return np.exp(-(z**2) / 2) / sqrt(2 * np.pi)


def sd_mean(size: float) -> float:
    """Mean of the standard deviation (n - 1) of so many standard normal readings: c4.

    >>> round(sd_mean(5), 4)
    0.94
    """
    if size < 2:
        raise ArgumentError(f"a standard deviation needs at least 2 readings in a subgroup, found {size:g}.")
    return sqrt(2 / (size - 1)) * exp(lgamma(size / 2) - lgamma((size - 1) / 2))


def range_divisor(size: int, subgroups: int) -> float:
    """Divisor of an average range that makes the squared sigma unbiased: d2* of Duncan and of AIAG's gauge studies.

    >>> round(range_divisor(10, 1), 4)
    3.179
    """
    mean, sd = range_moments(size)
    return sqrt(mean**2 + sd**2 / subgroups)


@dataclass(frozen=True)
class ControlConstants:
    """The constants of one convention.

    convention  "printed": d2, d3 and limit factors to three decimals, c4 to four, as in the tables of ASTM and
                Montgomery; "divisors": d2, d3 and c4 so rounded, factors computed from them, as programs do; "exact"
    width       half-width of the limits in sigmas
    """

    convention: str = "printed"
    width: float = 3.0

    def d2(self, size: int) -> float:
        """Mean range in sigmas."""
        return self._divisor(range_moments(size)[0], size, 3)

    def d3(self, size: int) -> float:
        """Standard deviation of the range in sigmas."""
        return self._divisor(range_moments(size)[1], size, 3)

    def c4(self, size: int) -> float:
        """Mean standard deviation in sigmas."""
        return self._divisor(sd_mean(size), size, 4)

    def mean_by_range(self, size: int) -> float:
        """A2: half-width of the limits of a mean, in average ranges."""
        if self._by_table(size):
            return round(self.width / (range_moments(size)[0] * sqrt(size)), 3)
        return self.width / (self.d2(size) * sqrt(size))

    def mean_by_sd(self, size: int) -> float:
        """A3: half-width of the limits of a mean, in average standard deviations."""
        if self._by_table(size):
            return round(self.width / (sd_mean(size) * sqrt(size)), 3)
        return self.width / (self.c4(size) * sqrt(size))

    def range_limits(self, size: int) -> tuple[float, float]:
        """D3 and D4: limits of a range, in average ranges."""
        if self._by_table(size):
            mean, sd = range_moments(size)
            return self._limits(sd / mean, digits=3)
        return self._limits(self.d3(size) / self.d2(size))

    def sd_limits(self, size: int) -> tuple[float, float]:
        """B3 and B4: limits of a standard deviation, in average standard deviations."""
        mean = sd_mean(size) if self._by_table(size) else self.c4(size)
        return self._limits(sqrt(1 - mean**2) / mean, digits=3 if self._by_table(size) else None)

    def _limits(self, sigma: float, digits: int | None = None) -> tuple[float, float]:
        low, high = max(0.0, 1 - self.width * sigma), 1 + self.width * sigma
        return (low, high) if digits is None else (round(low, digits), round(high, digits))

    def _by_table(self, size: int) -> bool:
        return self.convention == "printed" and size <= PRINTED_UP_TO

    def _divisor(self, value: float, size: int, digits: int) -> float:
        return round(value, digits) if self.convention != "exact" and size <= PRINTED_UP_TO else value
