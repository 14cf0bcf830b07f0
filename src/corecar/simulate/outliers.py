"""Latent outliers: parts that pass every limit and yet stand far from the lot they belong to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corecar.errors import ArgumentError
from corecar.lot import BoolArray, Float32Array, Int64Array
from corecar.simulate.program import Program

MARGIN = 0.5
"""Robust sigmas that must remain between a planted reading and the limit it does not break."""


@dataclass(frozen=True)
class Outliers:
    """How many latent outliers to plant and how far out. Distances are in robust sigmas of the lot's good parts.

    strong         number a 6-sigma screen has to catch
    weak           number it should not be expected to catch; labelled `weak` in the truth
    strength       range of the distances of strong ones
    weak_strength  range of the distances of weak ones
    """

    strong: int = 50
    weak: int = 12
    strength: tuple[float, float] = (7.0, 15.0)
    weak_strength: tuple[float, float] = (4.0, 5.6)


@dataclass(frozen=True)
class Population:
    """Median and robust sigma, (Q3 - Q1) / 1.35, of each column over the lot's good parts (AEC-Q001 Rev D)."""

    median: Float32Array
    sigma: Float32Array


@dataclass(frozen=True)
class Planted:
    """One planted reading: which part of which wafer, which column, and what it reads now."""

    wafer: int
    part: int
    column: int
    value: float
    sigmas: float
    kind: str


def default_outliers(parts: int) -> Outliers:
    """One strong outlier in 500 parts and one weak one in 2,000, at least one of each."""
    return Outliers(strong=min(max(parts // 500, 1), 200), weak=min(max(parts // 2000, 1), 50))


def population(values: Float32Array) -> Population:
    """Median and robust sigma per column, by type 7 quartiles.

    values  float32, shape (columns, parts) [each test's unit]
    """
    if not values.shape[1]:
        raise ArgumentError("no part of the simulated lot is good; ask for more parts.")
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75], axis=1)
    return Population(median.astype(np.float32), ((q3 - q1) / 1.35).astype(np.float32))


def plan_outliers(
    program: Program, wanted: Outliers, lot: Population, good: list[BoolArray], rng: np.random.Generator
) -> tuple[Planted, ...]:
    """Choose the parts, tests and distances; a part gets one outlier at most.

    good    bool, shape (parts,) for each wafer: the parts that pass at their first touchdown
    Raises  ArgumentError when there are fewer good parts, or no test leaves room for the distances asked for
    """
    count = wanted.strong + wanted.weak
    wafer, part = _candidates(good)
    if count > len(part):
        raise ArgumentError(f"{count} outliers asked for, but only {len(part)} good parts; ask for fewer.")
    chosen = np.sort(rng.choice(len(part), count, replace=False))
    kinds = rng.permutation(["strong"] * wanted.strong + ["weak"] * wanted.weak)
    out = []
    for place, kind in zip(chosen, kinds, strict=True):
        distance = rng.uniform(*(wanted.strength if kind == "strong" else wanted.weak_strength))
        column, signed = _place(program, lot, float(distance), rng)
        value = lot.median[column] + np.float32(signed) * lot.sigma[column]
        out.append(Planted(int(wafer[place]), int(part[place]), column, float(value), signed, str(kind)))
    return tuple(out)


def with_outliers(values: Float32Array, planted: tuple[Planted, ...], wafer: int) -> Float32Array:
    """The readings of one wafer with its planted ones in place."""
    out = values.copy()
    for row in planted:
        if row.wafer == wafer:
            out[row.column, row.part] = row.value
    return out


def _candidates(good: list[BoolArray]) -> tuple[Int64Array, Int64Array]:
    """Wafer and part number of every good part."""
    parts = [np.flatnonzero(mask) for mask in good]
    wafers = np.repeat(np.arange(len(good)), [len(found) for found in parts])
    return wafers, np.concatenate(parts)


def _place(program: Program, lot: Population, distance: float, rng: np.random.Generator) -> tuple[int, float]:
    """A column with room for this distance on a side that has a limit, and the signed distance."""
    plantable = np.array([test.plantable for test in program.tests])[program.owner]
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.stack([lot.median - program.low, program.high - lot.median]) / lot.sigma
    fits = plantable & np.isfinite(room) & (room > distance + MARGIN)
    side, column = np.nonzero(fits)
    if not len(column):
        raise ArgumentError(f"no test has room for an outlier {distance:.1f} robust sigmas out; ask for less strength.")
    pick = rng.integers(len(column))
    return int(column[pick]), distance if side[pick] else -distance
