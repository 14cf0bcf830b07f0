"""Whether a population has two modes, and where one ends and the other begins."""

from __future__ import annotations

import math
from dataclasses import dataclass
from math import log, pi, sqrt

import numpy as np
import numpy.typing as npt

from corecar.compiled import compiled
from corecar.standards import value

Float64Array = npt.NDArray[np.float64]

GAIN = float(value("AEC-Q001", "shape", "modes_gain"))
SEPARATION = float(value("AEC-Q001", "shape", "modes_separation"))
WEIGHT = float(value("AEC-Q001", "shape", "modes_weight"))
LEAST = int(value("AEC-Q001", "shape", "modes_least"))
VALLEY = float(value("AEC-Q001", "shape", "modes_valley"))

_ENOUGH = 1000
_STEPS = 200
_STILL = 1e-9
_GRID = 201
_NARROWEST = 1e-3
_TINY = 2.2250738585072014e-308
_ROOT = sqrt(2 * pi)


@dataclass(frozen=True)
class TwoModes:
    """A mixture of two normal distributions that fits a population.

    weight      fraction of the readings in each mode, the lower mode first
    centre, sd  of each mode [the test's unit]
    gain        how much lower its BIC is than that of one normal distribution
    separation  distance of the centres in units of the mean spread of both
    valley      place of least density between the centres [the test's unit]
    depth       density there over that of the lower peak; 1 where there is no valley
    """

    weight: tuple[float, float]
    centre: tuple[float, float]
    sd: tuple[float, float]
    gain: float
    separation: float
    valley: float
    depth: float

    @property
    def found(self) -> bool:
        """Whether these are two modes, and not one with a skew or a tail."""
        return self.gain > GAIN and self.separation > SEPARATION and min(self.weight) >= WEIGHT and self.depth < VALLEY


def two_modes(readings: npt.ArrayLike) -> TwoModes | None:
    """The best mixture of two normal distributions; None where all readings are equal, or fewer than eight.

    readings  float32 or float64, finite [the test's unit]
    The fit starts at the split of the ordered readings that leaves least spread within both parts, so that it gives the
    same figures whenever it is made; the readings' order does not matter. Of a large population it takes evenly spaced
    ordered readings, a thousand to two.
    Source  mixture by expectation and maximisation (Dempster, Laird and Rubin 1977); BIC (Schwarz 1978)
    """
    ordered = np.sort(np.asarray(readings, dtype=np.float64))
    ordered = ordered[:: max(len(ordered) // _ENOUGH, 1)]
    if len(ordered) < 8 or ordered[0] == ordered[-1]:
        return None
    scale = float(ordered.std())
    scaled = (ordered - ordered.mean()) / scale
    weight, centre, sd, likelihood = _fitted(scaled)
    one = -0.5 * len(scaled) * (log(2 * pi) + 1.0)
    gain = 2.0 * (likelihood - one) - 3.0 * log(len(scaled))
    valley, depth = _valley(weight, centre, sd)
    low, high = (float(one * scale + ordered.mean()) for one in centre)
    return TwoModes(
        weight=(float(weight[0]), float(weight[1])),
        centre=(low, high),
        sd=(float(sd[0] * scale), float(sd[1] * scale)),
        gain=gain,
        separation=float((centre[1] - centre[0]) / sqrt(0.5 * float((sd**2).sum()))),
        valley=float(valley * scale + ordered.mean()),
        depth=depth,
    )


def _fitted(x: Float64Array) -> tuple[Float64Array, Float64Array, Float64Array, float]:
    """Weights, centres and spreads of two modes of standardised ascending readings, and their log-likelihood."""
    belongs = np.zeros(len(x))
    belongs[: _split(x)] = 1.0
    modes = np.empty((3, 2))
    likelihood = _maximise(x, belongs, modes)
    order = np.argsort(modes[1], kind="stable")
    weight, centre, sd = modes[:, order]
    return weight, centre, sd, likelihood


@compiled
def _maximise(x: Float64Array, belongs: Float64Array, modes: Float64Array) -> float:
    """Fit two modes in turns: what they are, then what belongs to which; returns the log-likelihood.

    belongs  float64, shape of x: the part of each reading that belongs to the first mode; changed
    modes    float64, shape (3, 2): weight, centre and spread of both, filled in
    """
    n = len(x)
    before = -math.inf
    for _ in range(_STEPS):
        for mode in range(2):
            total, centre = 0.0, 0.0
            for i in range(n):
                part = belongs[i] if mode == 0 else 1.0 - belongs[i]
                total += part
                centre += part * x[i]
            total = max(total, _TINY)
            centre /= total
            square = 0.0
            for i in range(n):
                part = belongs[i] if mode == 0 else 1.0 - belongs[i]
                square += part * (x[i] - centre) * (x[i] - centre)
            modes[0, mode], modes[1, mode] = total / n, centre
            modes[2, mode] = math.sqrt(max(square / total, _NARROWEST * _NARROWEST))
        likelihood = 0.0
        for i in range(n):
            first = (x[i] - modes[1, 0]) / modes[2, 0]
            second = (x[i] - modes[1, 1]) / modes[2, 1]
            low = modes[0, 0] / modes[2, 0] * math.exp(-0.5 * first * first)
            high = modes[0, 1] / modes[2, 1] * math.exp(-0.5 * second * second)
            density = max(low + high, _TINY)
            likelihood += math.log(density / _ROOT)
            belongs[i] = low / density
        if likelihood - before <= _STILL * n:
            break
        before = likelihood
    return likelihood


def _split(x: Float64Array) -> int:
    """Where to cut ascending readings in two so that least spread is left within the parts."""
    n = np.arange(1, len(x))
    left = np.cumsum(x)[:-1]
    between = left**2 / n + (x.sum() - left) ** 2 / (len(x) - n)
    return int(np.argmax(between)) + 1


def _densities(x: Float64Array, weight: Float64Array, centre: Float64Array, sd: Float64Array) -> Float64Array:
    away = (x - centre[:, None]) / sd[:, None]
    out: Float64Array = weight[:, None] / (sd[:, None] * sqrt(2 * pi)) * np.exp(-0.5 * away**2)
    return out


def _valley(weight: Float64Array, centre: Float64Array, sd: Float64Array) -> tuple[float, float]:
    """Place of least density between two centres, and its density over that of the lower peak."""
    place = np.linspace(centre[0], centre[1], _GRID)
    density = _densities(place, weight, centre, sd).sum(axis=0)
    lowest = int(np.argmin(density))
    peak = min(float(density[: lowest + 1].max()), float(density[lowest:].max()))
    return float(place[lowest]), float(density[lowest]) / peak
