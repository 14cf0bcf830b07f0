"""Variance components of a gauge study: by analysis of variance, or from averages and ranges."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan

import numpy as np

from corecar.assess.control_constants import range_divisor, range_moments
from corecar.assess.distributions import f_above
from corecar.assess.figures import Figures
from corecar.assess.gauge_design import GaugeDesign
from corecar.assess.samples import FloatArray
from corecar.standards import value


@dataclass(frozen=True)
class AnovaRow(Figures):
    """One source of an analysis of variance; f and p are None where nothing stands below it."""

    source: str
    degrees: int
    sum_of_squares: float
    mean_square: float
    f: float | None = None
    p: float | None = None


@dataclass(frozen=True)
class RangeFigures(Figures):
    """What the average-and-range method works with; operator_ranges are averages over parts."""

    average_range: float
    operator_ranges: tuple[float, ...]
    operator_difference: float
    part_range: float
    k1: float
    k2: float
    k3: float


@dataclass(frozen=True)
class GaugeVariances:
    """Variances by source; `operator` and `interaction` together are the reproducibility.

    gauge  of a study that cannot tell those apart; otherwise their sum
    """

    repeatability: float
    operator: float
    interaction: float | None
    part: float
    anova: tuple[AnovaRow, ...] = ()
    full_anova: tuple[AnovaRow, ...] = ()
    ranges: RangeFigures | None = None
    gauge: float | None = None
    notes: tuple[str, ...] = ()


def crossed_variances(study: GaugeDesign, pool_above: float, parts_over: str = "pooled") -> GaugeVariances:
    """Two-way analysis of variance with interaction, or without it when its p is above `pool_above`.

    parts_over  after pooling: parts over the "pooled" repeatability, or over the "interaction" of the full table

    Source  AIAG MSA 4th edition, appendix A; Montgomery, Introduction to Statistical Quality Control, chapter 8
    """
    operators, parts, trials = study.shape
    if operators == 1:
        return _one_operator(study)
    full = _crossed_table(study)
    part, operator, interaction, error = full[:4]
    if interaction.p is not None and interaction.p <= pool_above:
        between = {
            "operator": (operator.mean_square - interaction.mean_square) / (parts * trials),
            "interaction": (interaction.mean_square - error.mean_square) / trials,
            "part": (part.mean_square - interaction.mean_square) / (operators * trials),
        }
        return _of_table(error.mean_square, between, full, full)
    pooled = _pooled_table(full)
    error = pooled[2]
    below = error if parts_over == "pooled" else interaction
    between = {
        "operator": (pooled[1].mean_square - error.mean_square) / (parts * trials),
        "part": (pooled[0].mean_square - below.mean_square) / (operators * trials),
    }
    return _of_table(error.mean_square, between, pooled, full, f"interaction pooled: its p is {interaction.p:.3f}")


def nested_variances(study: GaugeDesign) -> GaugeVariances:
    """Parts within operators. Source: Montgomery, Design and Analysis of Experiments, nested designs."""
    operators, parts, trials = study.shape
    if operators == 1:
        return _one_operator(study)
    x = study.readings
    cells, people = x.mean(axis=2), x.mean(axis=(1, 2))
    error = _row("repeatability", operators * parts * (trials - 1), _squares(x - cells[:, :, None]))
    part = _row("part (operator)", operators * (parts - 1), trials * _squares(cells - people[:, None]), error)
    operator = _row("operator", operators - 1, parts * trials * _squares(people - x.mean()), part)
    table = (operator, part, error, _row("total", x.size - 1, _squares(x - x.mean())))
    between = {
        "operator": (operator.mean_square - part.mean_square) / (parts * trials),
        "part": (part.mean_square - error.mean_square) / trials,
    }
    return _of_table(error.mean_square, between, table, table)


def _one_operator(study: GaugeDesign) -> GaugeVariances:
    _, parts, trials = study.shape
    x = study.readings[0]
    cells = x.mean(axis=1)
    error = _row("repeatability", parts * (trials - 1), _squares(x - cells[:, None]))
    part = _row("part", parts - 1, trials * _squares(cells - x.mean()), error)
    table = (part, error, _row("total", x.size - 1, _squares(x - x.mean())))
    between = {"operator": 0.0, "part": (part.mean_square - error.mean_square) / trials}
    return _of_table(error.mean_square, between, table, table, "one operator: reproducibility was not studied")


def _crossed_table(study: GaugeDesign) -> tuple[AnovaRow, ...]:
    operators, parts, trials = study.shape
    x, grand = study.readings, study.readings.mean()
    cells, people, kinds = x.mean(axis=2), x.mean(axis=(1, 2)), x.mean(axis=(0, 2))
    residue = cells - people[:, None] - kinds + grand
    error = _row("repeatability", operators * parts * (trials - 1), _squares(x - cells[:, :, None]))
    interaction = _row("part x operator", (operators - 1) * (parts - 1), trials * _squares(residue), error)
    operator = _row("operator", operators - 1, parts * trials * _squares(people - grand), interaction)
    part = _row("part", parts - 1, operators * trials * _squares(kinds - grand), interaction)
    return part, operator, interaction, error, _row("total", x.size - 1, _squares(x - grand))


def _pooled_table(full: tuple[AnovaRow, ...]) -> tuple[AnovaRow, ...]:
    part, operator, interaction, error, total = full
    squares = interaction.sum_of_squares + error.sum_of_squares
    pooled = _row("repeatability", interaction.degrees + error.degrees, squares)
    part = _row("part", part.degrees, part.sum_of_squares, pooled)
    return part, _row("operator", operator.degrees, operator.sum_of_squares, pooled), pooled, total


def _row(source: str, degrees: int, squares: float, below: AnovaRow | None = None) -> AnovaRow:
    mean = squares / degrees
    if below is None:
        return AnovaRow(source, degrees, squares, mean)
    if below.mean_square == 0:
        f = inf if mean > 0 else nan
        return AnovaRow(source, degrees, squares, mean, f, 0.0 if mean > 0 else nan)
    f = mean / below.mean_square
    return AnovaRow(source, degrees, squares, mean, f, f_above(f, degrees, below.degrees))


def _squares(deviations: FloatArray) -> float:
    return float((np.asarray(deviations) ** 2).sum())


def _of_table(
    error: float, between: dict[str, float], table: tuple[AnovaRow, ...], full: tuple[AnovaRow, ...], note: str = ""
) -> GaugeVariances:
    """The components, where a negative estimate counts as 0 and is said."""
    negative = [name for name, variance in between.items() if variance < 0]
    notes = [note] if note else []
    notes += [f"{name}: the estimate of its variance was negative and counts as 0" for name in negative]
    kept = {name: max(0.0, variance) for name, variance in between.items()}
    return GaugeVariances(
        error, kept["operator"], kept.get("interaction"), kept["part"], table, full, notes=tuple(notes)
    )


def range_variances(study: GaugeDesign) -> GaugeVariances:
    """Averages and ranges, with K1, K2, K3 to four digits as AIAG prints them.

    Source  AIAG MSA 4th edition, chapter III; d2 with more than 15 ranges, d2* with fewer
    """
    operators, parts, trials = study.shape
    if trials == 1:
        return _short_study(study)
    x = study.readings
    ranges = np.ptp(x, axis=2)
    people, kinds = x.mean(axis=(1, 2)), x.mean(axis=(0, 2))
    few = int(value("AIAG-MSA", "gauge-study", "few_ranges"))
    k1 = _factor(range_moments(trials)[0] if ranges.size > few else range_divisor(trials, ranges.size))
    k2 = _factor(range_divisor(operators, 1)) if operators > 1 else 0.0
    k3 = _factor(range_divisor(parts, 1))
    figures = RangeFigures(
        float(ranges.mean()),
        tuple(ranges.mean(axis=1).tolist()),
        float(np.ptp(people)),
        float(np.ptp(kinds)),
        k1,
        k2,
        k3,
    )
    equipment = figures.average_range * k1
    appraiser = (figures.operator_difference * k2) ** 2 - equipment**2 / (parts * trials)
    notes = ("one operator: reproducibility was not studied",) if operators == 1 else ()
    if operators > 1 and appraiser < 0:
        notes = ("operator: the estimate of its variance was negative and counts as 0",)
    part = (figures.part_range * k3) ** 2
    return GaugeVariances(equipment**2, max(0.0, appraiser), None, part, ranges=figures, notes=notes)


def _short_study(study: GaugeDesign) -> GaugeVariances:
    """One reading of each part by each operator: the range over operators is the whole gauge.

    Source  AIAG MSA 4th edition, chapter III, range method
    """
    operators, parts, _ = study.shape
    x = study.readings[:, :, 0]
    digits = int(value("AIAG-MSA", "gauge-study", "short_study_digits"))
    k1, k3 = 1 / round(range_divisor(operators, parts), digits), _factor(range_divisor(parts, 1))
    average, spread = float(np.ptp(x, axis=0).mean()), float(np.ptp(x.mean(axis=0)))
    figures = RangeFigures(average, (), float(np.ptp(x.mean(axis=1))), spread, k1, nan, k3)
    note = "one trial: repeatability and reproducibility cannot be told apart"
    return GaugeVariances(nan, nan, None, (spread * k3) ** 2, ranges=figures, gauge=(average * k1) ** 2, notes=(note,))


def _factor(divisor: float) -> float:
    return round(1 / divisor, int(value("AIAG-MSA", "gauge-study", "constant_digits")))
