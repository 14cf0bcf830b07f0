"""Outliers that limits let through, predicted from the parts that lie far out and from the tails of the core.

Far out lie outliers and sound parts alike: a core is not normal, and the tail of a skewed test reaches further than six
sigmas. So the parts beyond a threshold are a mixture, and each of them is an outlier with some probability.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import gammaln, ndtri

from corecar.assess.core_tails import SOURCE as CORE_SOURCE
from corecar.assess.distributions import normal_quantile
from corecar.assess.figures import Figures
from corecar.assess.samples import FloatArray, column_of_floats, fraction
from corecar.errors import ArgumentError, TooFewParts
from corecar.lot import BoolArray
from corecar.standards import value

STANDARD = "What-if"
MODEL = (
    "a part furthest out in a test lies beyond the threshold either as an outlier, whose distance follows an "
    "exponential tail, or as a sound part of the core, whose tails follow the skew of each test; escapes of a width "
    "are the parts that it spares, each counted with its probability to be an outlier; outliers hidden within the "
    "threshold are not counted"
)
SOURCE = (
    "two groups and the local false discovery rate: Efron (2004); exponential tail: peaks over a threshold, "
    f"Pickands (1975), with shape 0; {CORE_SOURCE}"
)
DRAWS = 1000
_CELLS = 100_000_000
"""Draws of all parts together at most, so that they fit into memory."""
_SCALES, _COUNTS, _FACTORS, _BINS = 24, 40, 15, 80


@dataclass(frozen=True)
class OutlierTail(Figures):
    """The parts beyond a threshold, told apart into outliers and sound parts.

    threshold        distance from which parts are looked at [robust sigmas]
    parts            parts beyond it
    core             sound parts that the tails of the core leave beyond it, before the parts are looked at
    outliers         outliers expected among the parts; `outliers_low` and `outliers_high` are their bounds
    scale            mean distance of the outliers beyond the threshold [robust sigmas]
    confidence       of the bounds, two-sided
    """

    threshold: float
    parts: int
    core: float
    outliers: float
    outliers_low: float
    outliers_high: float
    scale: float
    confidence: float


@dataclass(frozen=True)
class Outliers:
    """The tail, and what each part beyond the threshold is.

    chance  float64, per part: probability that it is an outlier
    drawn   bool, shape (parts, draws): which parts are outliers, in draws from what is believed of them
    """

    tail: OutlierTail
    chance: FloatArray
    drawn: BoolArray

    def escapes(self, spared: BoolArray) -> tuple[float, float, float]:
        """Outliers among the parts that limits spare: expected, and bounds [parts].

        spared  bool, shape (parts,)
        """
        low, high = _bounds(self.drawn[spared].sum(axis=0), self.tail.confidence)
        return float(self.chance[spared].sum()), low, high


def outlier_threshold(readings: int) -> float:
    """Distance beyond which so many readings of a normal population leave less than one [robust sigmas].

    >>> round(outlier_threshold(1000), 2)
    3.29
    """
    if not readings >= 1:
        raise ArgumentError(f"readings: a count from 1 up was expected, found {readings!r}.")
    return -normal_quantile(0.5 / readings)


def tell_outliers(
    distances: Any, threshold: float, core: Callable[[float], float], confidence: float = 0.9
) -> Outliers:
    """Tell the parts beyond a threshold apart into outliers and sound parts of the core.

    The expected number of parts in each stretch of distance is c B + K E(s): B sound parts of the core, by a factor c
    that its tails may be wrong by; K outliers, by an exponential tail of mean s. Every K, s and c is weighed by the
    likelihood of the counts (Poisson) and by what is believed before: c log-normal about 1, K by Jeffreys' rule for a
    rate, s evenly over its logarithm between the bounds of `standards/what_if.csv`. Draws have a fixed seed.

    distances   of each part's reading furthest out; all beyond the threshold [robust sigmas]
    core        sound parts that the core is expected to leave beyond a distance
    confidence  of the bounds, 0 to 1
    Raises      TooFewParts when fewer parts lie beyond the threshold than a tail can be told from
    Source      `SOURCE`; figures marked as templates stand in `standards/what_if.csv`

    >>> told = tell_outliers(6.0 + 2.0 * np.arange(1, 21) / 10.5, 3.29, lambda distance: np.exp(-distance * distance))
    >>> told.tail.parts, round(told.tail.outliers), round(told.escapes(np.arange(20) < 10)[0], 1)
    (20, 20, 10.0)
    """
    least = int(value(STANDARD, "escapes", "least"))
    given = column_of_floats(distances, "distances") if len(distances) else np.empty(0)
    if len(given) < least:
        raise TooFewParts(
            f"{len(given)} parts lie beyond {threshold:.2f} robust sigmas; a tail needs at least {least}."
        )
    share = fraction(confidence, "confidence")
    edges = np.append(np.linspace(threshold, max(given.max(), threshold + 1) + 1e-9, _BINS + 1), np.inf)
    where = np.clip(np.searchsorted(edges, given, side="right") - 1, 0, _BINS)
    left = np.array([core(edge) for edge in edges[:-1].tolist()] + [0.0])
    sound = np.maximum(left[:-1] - left[1:], 0.0)
    weight, count, scale, factor = _weighed(np.bincount(where, minlength=_BINS + 1), sound, edges)
    rng = np.random.default_rng(len(given))
    draws = max(min(DRAWS, _CELLS // len(given)), 50)
    picked = rng.choice(len(weight), draws, p=weight)
    of_outliers = _probability(count, scale, factor, sound, edges)
    chance = (weight @ of_outliers)[where]
    drawn = rng.random((len(given), draws)) < of_outliers[picked].T[where]
    low, high = _bounds(drawn.sum(axis=0), share)
    tail = OutlierTail(
        threshold, len(given), float(left[0]), float(chance.sum()), low, high, float(weight @ scale), share
    )
    return Outliers(tail, chance, drawn)


def _weighed(
    counts: Any, sound: FloatArray, edges: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Weight, outliers, scale and factor of every cell of a grid over what may be so."""
    narrow, wide, spread = (
        float(value(STANDARD, "escapes", name)) for name in ("scale_from", "scale_to", "core_error")
    )
    most = counts.sum() + 5 * np.sqrt(counts.sum()) + 5
    scores = ndtri((np.arange(_FACTORS) + 0.5) / _FACTORS)
    grids = np.meshgrid(
        np.linspace(0, np.sqrt(most), _COUNTS) ** 2,
        np.geomspace(narrow, wide, _SCALES),
        np.exp(spread * scores),
        indexing="ij",
    )
    count, scale, factor = (grid.ravel() for grid in grids)
    expected = count[:, None] * _exponential(scale, edges) + factor[:, None] * sound
    with np.errstate(divide="ignore"):
        logs = np.log(np.maximum(expected, 1e-300))
    likelihood = (counts * logs - expected).sum(axis=1) - gammaln(counts + 1.0).sum()
    weight = np.exp(likelihood - likelihood.max())
    return weight / weight.sum(), count, scale, factor


def _exponential(scale: FloatArray, edges: FloatArray) -> FloatArray:
    """Share of an exponential tail in each stretch, shape (scales, stretches)."""
    left = np.exp(-(edges - edges[0]) / scale[:, None])
    share: FloatArray = left[:, :-1] - left[:, 1:]
    return share


def _probability(
    count: FloatArray, scale: FloatArray, factor: FloatArray, sound: FloatArray, edges: FloatArray
) -> FloatArray:
    """Probability that a part of each stretch is an outlier, shape (cells, stretches)."""
    outliers = count[:, None] * _exponential(scale, edges)
    share: FloatArray = outliers / np.maximum(outliers + factor[:, None] * sound, 1e-300)
    return share


def _bounds(drawn: Any, confidence: float) -> tuple[float, float]:
    """Whole numbers that bound most of the draws."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], method="inverted_cdf")
    return float(low), float(high)
