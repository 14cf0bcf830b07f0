"""Life distributions: a Weibull fitted to times to failure, of which some have not failed yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, expm1, inf, log, sqrt
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import gamma

from corecar.assess.correlation import pearson
from corecar.assess.distributions import normal_quantile
from corecar.assess.figures import Figures
from corecar.assess.samples import FloatArray, choice, column_of_floats, fraction, same_length
from corecar.errors import ArgumentError, TooFewParts

METHODS = ("likelihood", "rank regression")
_LARGEST = 709.0
_STEEPEST = 1e4
"""A shape beyond this means that all failures came at one time."""


@dataclass(frozen=True)
class LifeInterval(Figures):
    """A figure with its two-sided interval."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class WeibullLife(Figures):
    """What `weibull` answers: F(t) = 1 - exp(-(t / scale) ** shape).

    shape              beta; below 1 failures come early, above 1 by wear
    scale              eta, the time by which 63.2 % have failed
    *_lower, *_upper   two-sided at `confidence`, from the likelihood; None by rank regression
    mean, median       of the fitted distribution [the times' unit]
    b10                the time by which 10 % have failed
    r_squared          of the rank regression; None by likelihood
    """

    method: str
    n: int
    failures: int
    censored: int
    shape: float
    shape_lower: float | None
    shape_upper: float | None
    scale: float
    scale_lower: float | None
    scale_upper: float | None
    mean: float
    median: float
    b10: LifeInterval
    confidence: float
    log_likelihood: float
    r_squared: float | None
    information: tuple[tuple[float, float], tuple[float, float]] | None

    def reliability(self, time: float) -> float:
        """The share that survives a time."""
        return exp(-((time / self.scale) ** self.shape))

    def quantile(self, share: float) -> LifeInterval:
        """The time by which a share has failed, with its interval where there is one."""
        fraction(share, "share")
        k = log(-log(1 - share))
        value = self.scale * _power(k / self.shape)
        if self.information is None:
            return LifeInterval(value, float("nan"), float("nan"))
        (scale_variance, both), (_, shape_variance) = self.information
        slope = -k / self.shape
        error = sqrt(scale_variance + 2 * slope * both + slope**2 * shape_variance)
        factor = _power(normal_quantile((1 + self.confidence) / 2) * error)
        return LifeInterval(value, value / factor, value * factor)

    def failing_after(self, age: float, mission: float) -> float:
        """The share of those alive at an age (such as burn-in time x acceleration) that fail within the mission.

        Source  1 - R(age + mission) / R(age)
        """
        if age < 0 or mission < 0:
            raise ArgumentError(f"age and mission from 0 up were expected, found {age:g} and {mission:g}.")
        return -expm1((age / self.scale) ** self.shape - ((age + mission) / self.scale) ** self.shape)


def _power(exponent: float) -> float:
    """e to an exponent; infinite where float64 ends."""
    return exp(exponent) if exponent < _LARGEST else inf


def weibull(
    times: Any, censored: Any = None, *, counts: Any = None, method: str = "likelihood", confidence: float = 0.95
) -> WeibullLife:
    """Fit a two-parameter Weibull distribution to times to failure.

    times       above 0, in any one unit
    censored    bool per time: True where the unit had not failed by then; None when all failed
    counts      units per time, where times are grouped; one each unless given
    method      "likelihood", or "rank regression" (time on median ranks, ranks adjusted for censoring)
    confidence  two-sided, of the intervals
    Returns     WeibullLife
    Raises      TooFewParts without a failure (`fit` gives a bound then), or when all failures came at one time
    Source      NIST/SEMATECH e-Handbook 8.4.1; normal approximation on log scale from the observed information; median
                ranks after Bernard, adjusted after Johnson

    >>> life = weibull([54, 187, 216, 240, 244, 335, 361, 373, 375, 386] + [500] * 10, [False] * 10 + [True] * 10)
    >>> round(life.shape, 2), round(life.scale, 1)
    (1.72, 606.5)
    """
    choice(method, METHODS, "method")
    chance = fraction(confidence, "confidence")
    time, alive, weight = _units(times, censored, counts)
    _some_failed(time, alive, weight)
    if method == "likelihood":
        shape, scale = _likeliest(time, alive, weight)
        information, r_squared = _covariance(time, alive, weight, shape, scale), None
    else:
        (shape, scale, r_squared), information = _by_ranks(time, alive, weight), None
    return _answered(method, (time, alive, weight), shape, scale, chance, information, r_squared)


def _units(times: Any, censored: Any, counts: Any) -> tuple[FloatArray, Any, FloatArray]:
    time = column_of_floats(times, "times")
    state = np.zeros(len(time)) if censored is None else column_of_floats(censored, "censored")
    if not np.isin(state, (0, 1)).all():
        raise ArgumentError(
            "censored: True or False for each time was expected; a unit of unknown state tells nothing."
        )
    alive = state == 1
    weight = np.ones(len(time)) if counts is None else column_of_floats(counts, "counts")
    same_length("weibull", times=time, censored=alive, counts=weight)
    wrong = np.flatnonzero(~(np.isfinite(time) & (time > 0)))
    if len(wrong):
        raise ArgumentError(f"times: row {wrong[0] + 1} is {time[wrong[0]]:g}; finite times above 0 were expected.")
    if not (np.isfinite(weight) & (weight >= 0)).all():
        raise ArgumentError("counts: finite numbers from 0 up were expected.")
    kept = weight > 0
    return time[kept], alive[kept], weight[kept]


def _some_failed(time: FloatArray, alive: Any, weight: FloatArray) -> None:
    failed = time[~alive]
    if not len(failed):
        told = f"{weight.sum():g} units, none failed" if len(time) else "no times at all"
        raise TooFewParts(f"weibull: {told}. Without a failure only a bound can be given: see `fit`.")
    if np.ptp(failed) == 0 and not (time > failed[0]).any():
        raise TooFewParts(
            f"weibull: all failures came at {failed[0]:g} and nothing lived longer, so the shape is open."
        )


def _likeliest(time: FloatArray, alive: Any, weight: FloatArray) -> tuple[float, float]:
    logs = np.log(time)
    top = logs.max()
    failures = weight[~alive].sum()
    mean_log = (weight * logs)[~alive].sum() / failures

    def slope(shape: float) -> float:
        powers = weight * np.exp(shape * (logs - top))
        return float((powers * logs).sum() / powers.sum() - 1 / shape - mean_log)

    high = 1.0
    while slope(high) < 0 and high < _STEEPEST:
        high *= 2
    if high >= _STEEPEST:
        raise TooFewParts("weibull: the failures came so nearly at one time that the shape is open.")
    shape = float(brentq(slope, 1e-6, high, xtol=1e-14, rtol=1e-14))
    total = (weight * np.exp(shape * (logs - top))).sum()
    scale = _power(float(top + log(total / failures) / shape))
    if not 0 < scale < inf:
        raise TooFewParts("weibull: the failures came so far from the other times that the scale is open.")
    return shape, scale


def _covariance(
    time: FloatArray, alive: Any, weight: FloatArray, shape: float, scale: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Covariance of log scale and log shape: the inverse of the observed information."""
    u = np.log(time) - log(scale)
    z = weight * np.exp(shape * u)
    scale_scale = shape**2 * z.sum()
    scale_shape = shape * ((weight[~alive]).sum() - z.sum()) - shape**2 * (u * z).sum()
    shape_shape = shape * ((u * z).sum() - (weight * u)[~alive].sum()) + shape**2 * (u**2 * z).sum()
    inverse = np.linalg.inv(np.array([[scale_scale, scale_shape], [scale_shape, shape_shape]]))
    (a, b), (c, d) = inverse.tolist()
    return (a, b), (c, d)


def _by_ranks(time: FloatArray, alive: Any, weight: FloatArray) -> tuple[float, float, float]:
    if (weight % 1).any():
        raise ArgumentError("counts: whole numbers were expected for a rank regression.")
    repeats = weight.astype(int)
    time, alive = np.repeat(time, repeats), np.repeat(alive, repeats)
    order = np.lexsort((alive, time))
    time, alive, n = time[order], alive[order], len(time)
    ranks, rank = [], 0.0
    for place in range(n):
        if not alive[place]:
            rank += (n + 1 - rank) / (n - place + 1)
            ranks.append(rank)
    if len(ranks) < 2 or np.ptp(time[~alive]) == 0:
        raise TooFewParts("weibull: a rank regression needs failures at two different times.")
    share = (np.array(ranks) - 0.3) / (n + 0.4)
    x, y = np.log(-np.log1p(-share)), np.log(time[~alive])
    slope, start = np.polyfit(x, y, 1)
    return float(1 / slope), float(exp(start)), pearson(x, y) ** 2


def _answered(
    method: str,
    units: tuple[FloatArray, Any, FloatArray],
    shape: float,
    scale: float,
    confidence: float,
    information: tuple[tuple[float, float], tuple[float, float]] | None,
    r_squared: float | None,
) -> WeibullLife:
    time, alive, weight = units
    failures = weight[~alive].sum()
    bounds: dict[str, float | None] = dict.fromkeys(("shape_lower", "shape_upper", "scale_lower", "scale_upper"))
    if information is not None:
        z = normal_quantile((1 + confidence) / 2)
        of_scale, of_shape = _power(z * sqrt(information[0][0])), _power(z * sqrt(information[1][1]))
        bounds = {
            "shape_lower": shape / of_shape,
            "shape_upper": shape * of_shape,
            "scale_lower": scale / of_scale,
            "scale_upper": scale * of_scale,
        }
    u = np.log(time) - log(scale)
    likelihood = (weight * (log(shape) + shape * u - np.log(time)))[~alive].sum() - (weight * np.exp(shape * u)).sum()
    nothing = LifeInterval(0.0, 0.0, 0.0)
    life = WeibullLife(
        method=method,
        n=int(weight.sum()),
        failures=int(failures),
        censored=int(weight.sum() - failures),
        shape=shape,
        scale=scale,
        **bounds,
        mean=scale * float(gamma(1 + 1 / shape)),
        median=scale * log(2) ** (1 / shape),
        b10=nothing,
        confidence=confidence,
        log_likelihood=float(likelihood),
        r_squared=r_squared,
        information=information,
    )
    return replace(life, b10=life.quantile(0.1))
