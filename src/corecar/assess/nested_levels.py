"""Measurement uncertainty over nested levels of time: repeats within days within runs, pooled over artifacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any

import numpy as np

from corecar.assess.figures import Figures
from corecar.assess.samples import FloatArray, column, column_of_floats, labels, same_length
from corecar.errors import ArgumentError, TooFewParts


@dataclass(frozen=True)
class Level(Figures):
    """One level of a nested study.

    name     "repeat" for readings within the innermost level, else the column
    sd       pooled standard deviation of what stands within the next outer level; `degrees` of freedom
    own_sd   what the level adds by itself: sd less what averages of the level below would show
    """

    name: str
    sd: float
    degrees: int
    own_sd: float


@dataclass(frozen=True)
class NestedStudy(Figures):
    """What `nested_study` answers: level 1 is repeatability, the last the outermost.

    reproducibility_sd  of one reading: all own_sd together
    """

    levels: tuple[Level, ...]
    n: int
    mean: float
    reproducibility_sd: float


def pooled_sd(sds: Any, degrees: Any) -> float:
    """One standard deviation from several.

    sds      standard deviations, float64
    degrees  degrees of freedom, one number or one per sd
    Source   NIST/SEMATECH e-Handbook 2.4.3

    >>> round(pooled_sd([0.1, 0.2], [5, 10]), 4)
    0.1732
    """
    spread = column_of_floats(sds, "sds")
    freedom = np.broadcast_to(np.asarray(degrees, np.float64), spread.shape)
    if not len(spread) or not freedom.sum() > 0 or (freedom < 0).any() or not (spread >= 0).all():
        raise ArgumentError("pooled_sd: standard deviations from 0 up and degrees of freedom above 0 were expected.")
    return sqrt(float((freedom * spread**2).sum() / freedom.sum()))


def nested_study(
    table: Any,
    levels: Sequence[str],
    value: str = "value",
    *,
    within: Sequence[str] = (),
    sd: str | None = None,
    repeats: int | None = None,
) -> NestedStudy:
    """Repeatability, reproducibility and stability from readings nested in levels of time.

    table    one row per reading; or one per innermost cell, with its mean and standard deviation
    levels   columns from the outermost to the innermost, such as ("run", "day")
    value    the column of readings (or of the cells' means)
    within   columns whose groups are studied apart and pooled, such as ("wafer", "probe")
    sd       the column of the cells' standard deviations, where rows are cells
    repeats  readings behind each cell's mean, together with sd
    Returns  NestedStudy
    Raises   TooFewParts when a level has no two members anywhere; ArgumentError for a reading that is missing
    Source   NIST/SEMATECH e-Handbook 2.4.4 and 2.5.3.1.1

    >>> table = {"day": [1, 1, 2, 2], "value": [1.0, 1.2, 1.4, 1.6]}
    >>> [round(level.sd, 4) for level in nested_study(table, ["day"]).levels]
    [0.1414, 0.2828]
    """
    readings = column_of_floats(column(table, value), f'column "{value}"')
    if not np.isfinite(readings).all():
        raise ArgumentError(f'nested_study: column "{value}" has missing readings. Leave their rows out.')
    keys = [*within, *levels]
    if not levels or len(set(keys)) < len(keys):
        raise ArgumentError("nested_study: at least one level, and each column once, were expected.")
    codes = np.column_stack([labels(column(table, key), f'column "{key}"')[0] for key in keys])
    same_length("nested_study", value=readings, levels=codes)
    if sd is not None:
        found, cells, codes = _of_cells(table, readings, codes, sd, repeats)
        sizes = np.full(len(cells), float(repeats or 0))
    else:
        found, cells, codes, sizes = _pooled(readings, codes, "repeat")
    steps, counts = [found], [float(sizes.mean())]
    for name in reversed(list(levels)):
        level, cells, codes, sizes = _pooled(cells, codes[:, :-1], name)
        steps.append(level)
        counts.append(float(sizes.mean()))
    return _answered(steps, counts, readings)


def _of_cells(table: Any, means: FloatArray, codes: Any, sd: str, repeats: int | None) -> tuple[Level, FloatArray, Any]:
    if repeats is None or repeats < 2:
        raise ArgumentError("nested_study: `sd=` goes with `repeats=`, how many readings each row stands for.")
    if len(np.unique(codes, axis=0)) < len(codes):
        raise ArgumentError("nested_study: with `sd=` one row per innermost cell was expected.")
    spread = column_of_floats(column(table, sd), f'column "{sd}"')
    pooled = pooled_sd(spread, repeats - 1)
    return Level("repeat", pooled, len(means) * (repeats - 1), pooled), means, codes


def _pooled(values: FloatArray, codes: Any, name: str) -> tuple[Level, FloatArray, Any, FloatArray]:
    """The pooled standard deviation within groups, and the groups' means, codes and sizes."""
    groups, member = np.unique(codes, axis=0, return_inverse=True) if codes.shape[1] else (codes[:1], 0)
    member = np.broadcast_to(np.ravel(member), (len(values),))
    sizes = np.bincount(member).astype(np.float64)
    means = np.bincount(member, weights=values) / sizes
    degrees = int(len(values) - len(sizes))
    if degrees < 1:
        raise TooFewParts(f"nested_study: nothing is repeated at level {name}, so its spread is open.")
    spread = sqrt(float(((values - means[member]) ** 2).sum()) / degrees)
    return Level(name, spread, degrees, spread), means, groups, sizes


def _answered(steps: list[Level], counts: list[float], readings: FloatArray) -> NestedStudy:
    own, levels = [steps[0].sd], [steps[0]]
    for below, level, count in zip(steps, steps[1:], counts, strict=False):
        rest = level.sd**2 - below.sd**2 / count if count else nan
        own.append(sqrt(max(0.0, rest)))
        levels.append(Level(level.name, level.sd, level.degrees, own[-1]))
    total = sqrt(sum(one**2 for one in own))
    return NestedStudy(tuple(levels), len(readings), float(readings.mean()), total)
