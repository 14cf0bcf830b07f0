"""Control charts that remember: the exponentially weighted moving average and the cumulative sum."""

from __future__ import annotations

from typing import Any

import numpy as np

from corecar.assess.chart_panels import (
    NO_VARIATION,
    ChartOptions,
    Panels,
    group_spread,
    individual_spread,
    known_or,
    limited,
    panel,
    single_readings,
)
from corecar.assess.samples import FloatArray
from corecar.assess.spread import finite, subgroups
from corecar.errors import ArgumentError


def moving_average(values: Any, options: ChartOptions) -> Panels:
    """EWMA: z = weight x + (1 - weight) z. Source: NIST/SEMATECH e-Handbook 6.3.2.4; Lucas and Saccucci (1990)."""
    weight = options.weight
    if not 0 < weight <= 1:
        raise ArgumentError(f"weight: above 0 and at most 1 was expected, found {weight!r}.")
    watched, numbers, center, sigma, missing = _watched(values, options)
    averages, steps = np.empty(len(watched)), np.arange(1, len(watched) + 1)
    previous = center
    for row, reading in enumerate(watched):
        previous = averages[row] = weight * reading + (1 - weight) * previous
    grown = 1.0 if options.steady else 1 - (1 - weight) ** (2 * steps)
    spread = sigma * np.sqrt(weight / (2 - weight) * grown)
    location = panel("moving average", numbers, averages, center, spread, options.constants.width * spread)
    return Panels(location, center, float(sigma[0]), missing=missing, notes=_notes(sigma))


def cumulative_sum(values: Any, options: ChartOptions) -> Panels:
    """Two one-sided sums of what exceeds the allowance. Source: Page (1954); NIST/SEMATECH e-Handbook 6.3.2.3."""
    if options.allowance < 0 or not options.interval > 0 or options.head_start < 0:
        raise ArgumentError("cusum: allowance and head_start from 0 up and interval above 0 were expected.")
    watched, numbers, center, sigma, missing = _watched(values, options)
    above = _sums(watched - center - options.allowance * sigma, options.head_start * sigma[0])
    below = _sums(center - watched - options.allowance * sigma, options.head_start * sigma[0])
    limit = options.interval * sigma
    high = limited("upper sum", numbers, above, 0.0, sigma, 0.0, limit)
    low = limited("lower sum", numbers, below, 0.0, sigma, 0.0, limit)
    return Panels(high, center, float(sigma[0]), low_side=low, missing=missing, notes=_notes(sigma))


def _sums(excess: FloatArray, start: float) -> FloatArray:
    sums, total = np.empty(len(excess)), float(start)
    for row, step in enumerate(excess):
        total = sums[row] = max(0.0, total + float(step))
    return sums


def _watched(values: Any, options: ChartOptions) -> tuple[FloatArray, Any, float, FloatArray, int]:
    """What is summed: readings or means of subgroups, their numbers, the centre, the sigma of each, and gaps."""
    if options.subgroup is None and np.ndim(values) < 2:
        readings, numbers = single_readings(values, 1 if options.sigma is not None else 2)
        watched, missing = readings[numbers - 1], len(readings) - len(numbers)
        sigma = np.full(len(watched), individual_spread(readings, options).sigma)
        return watched, numbers, known_or(options.center, float(watched.mean()), "center"), sigma, missing
    groups = [group[np.isfinite(group)] for group in subgroups(values, options.subgroup)]
    numbers = np.array([number for number, group in enumerate(groups, start=1) if len(group)])
    kept = finite(groups)
    sizes = np.array([len(group) for group in kept])
    watched = np.array([group.mean() for group in kept])
    sigma = group_spread(kept, options, "range").sigma / np.sqrt(sizes)
    read = sum(len(group) for group in subgroups(values, options.subgroup))
    center = known_or(options.center, float((watched * sizes).sum() / sizes.sum()), "center")
    return watched, numbers, center, sigma, int(read - sizes.sum())


def _notes(sigma: FloatArray) -> tuple[str, ...]:
    return (NO_VARIATION,) if (sigma == 0).any() else ()
