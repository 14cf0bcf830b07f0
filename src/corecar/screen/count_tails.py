"""How many failing parts chance gives: the count that is exceeded with a given risk.

SciPy knows these distributions too, and the tests hold these sums to it; but loading its statistics takes longer than
grading a small lot.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, lgamma, log, log1p, sqrt

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError

Float64Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CountModel:
    """A distribution of failing parts in a lot.

    kind         `binomial`, `poisson` or `beta-binomial`
    rate         expected fraction of failing parts
    correlation  of two parts of one lot, 0 to 1; only a beta-binomial has one above 0
    """

    kind: str
    rate: float
    correlation: float = 0.0

    @property
    def shape(self) -> tuple[float, float]:
        """alpha and beta of the beta distribution that the rate of a lot follows."""
        weight = (1.0 - self.correlation) / self.correlation
        return self.rate * weight, (1.0 - self.rate) * weight


def critical_count(model: CountModel, parts: int, risk: float) -> int:
    """The smallest count that more failing parts than it are found with less than a given risk.

    parts  parts in the lot
    risk   chance of a larger count in a lot like those of the history, between 0 and 1

    >>> critical_count(CountModel("poisson", 0.001), 1000, 1.35e-3)
    5
    """
    if parts < 1 or not 0.0 < risk < 1.0:
        raise ArgumentError(f"parts={parts}, risk={risk}: expected at least 1 part, and a risk between 0 and 1.")
    if not 0.0 < model.rate < 1.0:
        raise ArgumentError(f"rate={model.rate}: expected a rate between 0 and 1.")
    chance = np.exp(log_chances(model, parts))
    beyond = np.cumsum(chance[::-1])[::-1]
    return int(np.argmax(np.append(beyond[1:], 0.0) < risk))


def log_chances(model: CountModel, parts: int) -> Float64Array:
    """Logarithm of the chance of 0, 1, 2 ... failing parts, float64; a Poisson count may exceed the parts."""
    if model.kind == "poisson":
        expected = model.rate * parts
        count = np.arange(1.0, ceil(expected + 40.0 * sqrt(expected) + 60.0))
        return _summed(-expected, log(expected) - np.log(count))
    count = np.arange(float(parts))
    if model.kind == "binomial":
        odds = log(model.rate) - log1p(-model.rate)
        return _summed(parts * log1p(-model.rate), np.log((parts - count) / (count + 1.0)) + odds)
    if model.kind == "beta-binomial":
        a, b = model.shape
        first = lgamma(parts + b) - lgamma(b) + lgamma(a + b) - lgamma(parts + a + b)
        return _summed(first, np.log((parts - count) * (count + a)) - np.log((count + 1.0) * (parts - count - 1.0 + b)))
    raise ArgumentError(f'kind="{model.kind}": expected binomial, poisson or beta-binomial.')


def _summed(first: float, ratios: Float64Array) -> Float64Array:
    return np.concatenate([[first], first + np.cumsum(ratios)])


def chance_beyond(model: CountModel, parts: int, count: int) -> float:
    """Chance of more than `count` failing parts.

    >>> round(chance_beyond(CountModel("binomial", 0.05), 25, 2), 5)
    0.12711
    """
    chances = log_chances(model, parts)
    return float(sum(exp(one) for one in chances[count + 1 :][::-1]))
