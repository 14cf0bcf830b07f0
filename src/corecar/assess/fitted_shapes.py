"""Distributions fitted to readings that are not normal, and how far readings are from normal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from math import exp, inf, isfinite, log, pi, sqrt
from typing import Any

import numpy as np
from scipy.special import log_ndtr

from corecar.assess.distributions import normal_below, normal_quantile
from corecar.assess.figures import Figures
from corecar.assess.samples import FloatArray, Sample, choice, deviation
from corecar.errors import ArgumentError

SHAPES = ("normal", "lognormal", "weibull", "gamma")
"""Distributions by name; all but the normal one live above 0."""


@dataclass(frozen=True)
class FittedShape(Figures):
    """A distribution fitted by maximum likelihood.

    parameters      by name
    log_likelihood  of the readings
    """

    name: str
    parameters: dict[str, float]
    log_likelihood: float

    def quantile(self, probability: float) -> float:
        """The reading below which this share of the population lies."""
        if self.name == "normal":
            return self.parameters["mean"] + self.parameters["sd"] * normal_quantile(probability)
        with np.errstate(all="ignore"):
            return float(_frozen(self).ppf(probability))

    def below(self, reading: float) -> float:
        """The share of the population below a reading."""
        if self.name == "normal":
            return normal_below((reading - self.parameters["mean"]) / self.parameters["sd"])
        with np.errstate(all="ignore"):
            return float(_frozen(self).cdf(reading))


def fitted_shape(readings: FloatArray, name: str) -> FittedShape:
    """Fit a distribution, or with "best" the likeliest of them (all have two parameters).

    readings  finite and not all equal
    Raises    ArgumentError for a name that is not known, or readings at or below 0 for a distribution that has none
    """
    if name == "best":
        return max(_possible(readings), key=lambda shape: shape.log_likelihood)
    choice(name, (*SHAPES, "best"), "distribution")
    if name != "normal" and readings.min() <= 0:
        raise ArgumentError(f"distribution {name}: readings above 0 were expected, found {readings.min():g}.")
    return _fit(readings, name)


def _possible(readings: FloatArray) -> Iterator[FittedShape]:
    """Every distribution that can be fitted, the normal one first."""
    for name in SHAPES if readings.min() > 0 else SHAPES[:1]:
        with suppress(ArgumentError):
            yield _fit(readings, name)


def _fit(readings: FloatArray, name: str) -> FittedShape:
    if name == "normal":
        mean, sd = Sample(readings, 0).mean, deviation(readings)
        likelihood = -(((readings - mean) / sd) ** 2).sum() / 2 - len(readings) * log(sd * sqrt(2 * pi))
        return FittedShape(name, {"mean": mean, "sd": sd}, float(likelihood))
    try:
        with np.errstate(all="ignore"):
            shape = FittedShape(name, _parameters(readings, name), 0.0)
            likelihood = float(_frozen(shape).logpdf(readings).sum())
    except (ValueError, RuntimeError, ArithmeticError) as fault:
        raise ArgumentError(f"distribution {name}: the readings do not fit it at all: {fault}") from fault
    return replace(shape, log_likelihood=likelihood if isfinite(likelihood) else -inf)


def _parameters(readings: FloatArray, name: str) -> dict[str, float]:
    from scipy import stats

    if name == "lognormal":
        logs = np.log(readings)
        return {"log_mean": float(logs.mean()), "log_sd": float(logs.std())}
    shape, _, scale = (stats.weibull_min if name == "weibull" else stats.gamma).fit(readings, floc=0)
    return {"shape": float(shape), "scale": float(scale)}


def _frozen(shape: FittedShape) -> Any:
    from scipy import stats

    first, second = shape.parameters.values()
    return {
        "lognormal": lambda: stats.lognorm(second, scale=exp(first)),
        "weibull": lambda: stats.weibull_min(first, scale=second),
        "gamma": lambda: stats.gamma(first, scale=second),
    }[shape.name]()


@dataclass(frozen=True)
class Normality(Figures):
    """Anderson-Darling: the statistic, and the probability of one as large when the population is normal."""

    statistic: float
    p: float


_P_VALUES = (
    (0.6, (1.2937, -5.709, 0.0186)),
    (0.34, (0.9177, -4.279, -1.38)),
    (0.2, (-8.318, 42.796, -59.938)),
    (-1.0, (-13.436, 101.14, -223.73)),
)
"""From which adjusted statistic on: coefficients of log p, below 0.34 of log (1 - p) (D'Agostino and Stephens)."""


def normality(readings: FloatArray, sd: float) -> Normality | None:
    """Anderson-Darling with mean and sigma from the readings; None below 3 readings or without spread."""
    n = len(readings)
    if n < 3 or not sd > 0:
        return None
    z = np.sort((readings - Sample(readings, 0).mean) / sd)
    odd = 2 * np.arange(1, n + 1) - 1
    statistic = -n - float((odd * (log_ndtr(z) + log_ndtr(-z[::-1]))).sum()) / n
    adjusted = statistic * (1 + 0.75 / n + 2.25 / n**2)
    a, b, c = next(row for least, row in _P_VALUES if adjusted >= least)
    tail = exp(min(a + b * adjusted + c * adjusted**2, log(1.0))) if adjusted < 13 else 0.0
    return Normality(statistic, tail if adjusted >= 0.34 else 1 - tail)
