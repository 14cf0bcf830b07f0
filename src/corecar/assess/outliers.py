"""Tests for outliers in one sample from a normal population."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt
from typing import Any

import numpy as np

from corecar.assess.distributions import t_quantile, t_two_sided
from corecar.assess.figures import Figures
from corecar.assess.samples import FloatArray, choice, column_of_floats, fraction, sample
from corecar.errors import ArgumentError

SIDES = ("both", "high", "low")


@dataclass(frozen=True)
class Grubbs(Figures):
    """What `grubbs` answers.

    g         the largest distance from the mean, in standard deviations
    critical  what it must exceed; p is the probability of a g as large, at most 1
    suspect   the reading farthest away; row counts from 1, missing readings count
    """

    n: int
    missing: int
    mean: float
    sd: float
    g: float
    critical: float
    p: float
    alpha: float
    side: str
    suspect: float
    row: int
    outlier: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class EsdStep(Figures):
    """One step of the generalised test: the reading farthest from the mean of those still there."""

    statistic: float
    critical: float
    suspect: float
    row: int


@dataclass(frozen=True)
class GeneralisedEsd(Figures):
    """What `generalised_esd` answers: how many outliers, which, and each step."""

    n: int
    missing: int
    alpha: float
    count: int
    outliers: tuple[float, ...]
    rows: tuple[int, ...]
    steps: tuple[EsdStep, ...]
    notes: tuple[str, ...]


def grubbs(values: Any, alpha: float = 0.05, *, side: str = "both") -> Grubbs:
    """Whether the reading farthest from the mean is an outlier. Several hide each other: see `generalised_esd`.

    values   readings; NaN where one is missing
    alpha    how often a sample without an outlier is said to have one
    side     "both", or "high" or "low" when only that side was in question beforehand
    Returns  Grubbs
    Raises   TooFewParts below 3 readings
    Source   Grubbs (1969); NIST/SEMATECH e-Handbook 1.3.5.17.1

    >>> found = grubbs([199.31, 199.53, 200.19, 200.82, 201.92, 201.95, 202.18, 245.57], side="high")
    >>> round(found.g, 6), round(found.critical, 6), found.outlier
    (2.468765, 2.031652, True)
    """
    fraction(alpha, "alpha")
    choice(side, SIDES, "side")
    readings = sample(values, "grubbs", least=3)
    x, n, rows = readings.readings, len(readings.readings), _rows(values)
    mean, sd, sides = float(x.mean()), readings.sd, 2 if side == "both" else 1
    place = _farthest(x, side)
    g = abs(float(x[place]) - mean) / sd if sd > 0 else nan
    return Grubbs(
        n=n,
        missing=readings.missing,
        mean=mean,
        sd=sd,
        g=g,
        critical=_critical(n, alpha / sides),
        p=_probability(g, n, sides),
        alpha=alpha,
        side=side,
        suspect=float(x[place]),
        row=int(rows[place]),
        outlier=bool(g > _critical(n, alpha / sides)),
        notes=() if sd > 0 else ("no variation: there is nothing to test",),
    )


def generalised_esd(values: Any, most: int = 10, alpha: float = 0.05) -> GeneralisedEsd:
    """How many outliers there are, up to a number: Rosner's generalised extreme studentised deviate.

    values   readings; NaN where one is missing
    most     the largest number of outliers to look for
    alpha    of the whole test
    Returns  GeneralisedEsd; `rows` count from 1
    Raises   TooFewParts below `most` + 2 readings
    Source   Rosner (1983); NIST/SEMATECH e-Handbook 1.3.5.17.3; the critical values are good from 25 readings

    >>> generalised_esd([*range(30), 99.0, 120.0], most=4).outliers
    (99.0, 120.0)
    """
    fraction(alpha, "alpha")
    if most < 1 or most % 1:
        raise ArgumentError(f"most: a whole number from 1 up was expected, found {most!r}.")
    readings = sample(values, "generalised_esd", least=int(most) + 2)
    steps = _steps(readings.readings, _rows(values), int(most), alpha)
    count = max((number for number, step in enumerate(steps, start=1) if step.statistic > step.critical), default=0)
    taken = sorted(steps[:count], key=lambda step: step.suspect)
    n = len(readings.readings)
    notes = ["no variation: there is nothing to test"] if readings.constant else []
    if n < 25:
        notes.append(f"{n} readings: the critical values are good from 25, rough from 15")
    return GeneralisedEsd(
        n=n,
        missing=readings.missing,
        alpha=alpha,
        count=count,
        outliers=tuple(step.suspect for step in taken),
        rows=tuple(step.row for step in taken),
        steps=steps,
        notes=tuple(notes),
    )


def _rows(values: Any) -> Any:
    return np.flatnonzero(np.isfinite(column_of_floats(values, "values"))) + 1


def _farthest(x: FloatArray, side: str) -> int:
    away = {"both": np.abs(x - x.mean()), "high": x, "low": -x}[side]
    return int(np.argmax(away))


def _critical(n: int, alpha: float) -> float:
    """The critical g of one side."""
    t = t_quantile(1 - alpha / n, n - 2)
    return (n - 1) * t / sqrt(n * (n - 2 + t**2))


def _probability(g: float, n: int, sides: int) -> float:
    if not g > 0:
        return nan
    rest = (n - 1) ** 2 - n * g**2
    if rest <= 0:
        return 0.0
    t = g * sqrt(n * (n - 2) / rest)
    return min(1.0, sides * n * t_two_sided(t, n - 2) / 2)


def _steps(x: FloatArray, rows: Any, most: int, alpha: float) -> tuple[EsdStep, ...]:
    steps = []
    for _ in range(most):
        n, place = len(x), _farthest(x, "both")
        sd = float(np.std(x, ddof=1)) if np.ptp(x) > 0 else 0.0
        statistic = abs(float(x[place] - x.mean())) / sd if sd > 0 else 0.0
        steps.append(EsdStep(statistic, _critical(n, alpha / 2), float(x[place]), int(rows[place])))
        x, rows = np.delete(x, place), np.delete(rows, place)
    return tuple(steps)
