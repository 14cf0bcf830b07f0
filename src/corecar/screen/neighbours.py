"""Good die in a bad neighbourhood: how much around each die failed, by count, by share, by predicted yield."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.compiled import compiled
from corecar.errors import ArgumentError
from corecar.lot import Float64Array
from corecar.screen.dies import BAD, NO_DIE, StateArray

WEIGHTS = ("even", "distance", "square")
"""A neighbour at distance d steps weighs 1, 1 / d or 1 / d² (a corner 1, 0.7071 or 0.5)."""

EDGES = ("scale", "pass", "fail", "ignore")
"""What stands for a place around a die that has no tested die."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The weight of what lies around each place; arrays have shape (planes, rows, columns), 0 where there is no die.

    bad    float64: weight of the neighbours that failed
    there  float64: weight of the neighbours that were tested
    count  int64: neighbours that were tested
    whole  weight of all places around a die; places: their number
    """

    bad: Float64Array
    there: Float64Array
    count: npt.NDArray[np.int64]
    whole: float
    places: int


def surroundings(state: StateArray, *, reach: int = 1, weight: str = "even") -> Surroundings:
    """What lies around each die, up to some rows and columns away.

    state   uint8, shape (planes, rows, columns): values of `corecar.screen.dies`
    reach   1 looks at the 8 neighbours, 2 at 24, 3 at 48, ...
    weight  a row of `WEIGHTS`
    Raises  ArgumentError for a parameter outside its range

    >>> found = surroundings(np.array([[[1, 2], [2, 0]]], np.uint8), weight="square")
    >>> float(found.bad[0, 0, 0]), found.whole
    (2.0, 6.0)
    """
    if not 1 <= reach <= 20:
        raise ArgumentError(f"reach={reach}: expected 1 to 20 steps.")
    if weight not in WEIGHTS:
        raise ArgumentError(f'weight="{weight}": expected one of {", ".join(WEIGHTS)}.')
    down, right, ring, weights = _offsets(reach, weight)
    bad, there = np.zeros(state.shape), np.zeros(state.shape)
    count = np.zeros(state.shape, dtype=np.int64)
    _surround(state, down, right, ring, weights, bad, there, count)
    whole = 0.0
    for place, each in enumerate(weights.tolist()):
        whole += each * int((ring == place).sum())
    return Surroundings(bad, there, count, whole, len(ring))


def _offsets(reach: int, weight: str) -> tuple[Any, Any, Any, Float64Array]:
    """Steps to every neighbour, nearest first, with the ring of equal distance that it lies in; a weight per ring."""
    steps = [(i, j) for i in range(-reach, reach + 1) for j in range(-reach, reach + 1) if i or j]
    squares = sorted({i * i + j * j for i, j in steps})
    steps.sort(key=lambda step: (step[0] ** 2 + step[1] ** 2, step))
    power = {"even": 0.0, "distance": 0.5, "square": 1.0}[weight]
    down, right = (np.array([step[axis] for step in steps], dtype=np.int64) for axis in (0, 1))
    ring = np.array([squares.index(i * i + j * j) for i, j in steps], dtype=np.int64)
    return down, right, ring, np.array([1.0 / square**power for square in squares])


@compiled
def _surround(state: Any, down: Any, right: Any, ring: Any, weights: Any, bad: Any, there: Any, count: Any) -> None:
    """Count by ring, then weigh: so a wafer turned or mirrored gives the same bits."""
    planes, rows, columns = state.shape
    for plane in range(planes):
        for row in range(rows):
            for column in range(columns):
                if state[plane, row, column] == NO_DIE:
                    continue
                failed, tested, all_tested, within = 0, 0, 0, 0
                for i in range(len(ring)):
                    if ring[i] != within:
                        bad[plane, row, column] += weights[within] * failed
                        there[plane, row, column] += weights[within] * tested
                        all_tested += tested
                        failed, tested, within = 0, 0, ring[i]
                    at, beside = row + down[i], column + right[i]
                    if at < 0 or at >= rows or beside < 0 or beside >= columns:
                        continue
                    here = state[plane, at, beside]
                    tested += here != NO_DIE
                    failed += here == BAD
                bad[plane, row, column] += weights[within] * failed
                there[plane, row, column] += weights[within] * tested
                count[plane, row, column] = all_tested + tested


def weighed(found: Surroundings, *, edge: str = "scale", least: int = 3) -> Float64Array:
    """Weight of failed neighbours as if each die had all its neighbours; NaN for a die that is not judged.

    edge   what stands for a missing neighbour: `scale` as many failed as of those that are there, `pass` a good die,
           `fail` a failed die, `ignore` a die with missing neighbours is not judged
    least  fewest neighbours for `scale`
    Raises ArgumentError for an unknown edge policy
    """
    if edge not in EDGES:
        raise ArgumentError(f'edge="{edge}": expected one of {", ".join(EDGES)}.')
    missing = found.count < found.places
    if edge == "pass":
        return found.bad
    if edge == "fail":
        return np.where(missing, found.bad + (found.whole - found.there), found.bad)
    if edge == "ignore":
        return np.where(missing, np.nan, found.bad)
    enough = found.count >= max(least, 1)
    scaled = found.bad * found.whole / np.where(enough, found.there, 1.0)
    return np.where(enough, np.where(missing, scaled, found.bad), np.nan)


def share(found: Surroundings, *, edge: str = "scale", least: int = 3) -> Float64Array:
    """Share of the neighbourhood's weight that failed, 0 to 1; NaN for a die that is not judged. As `weighed`."""
    if edge == "scale":
        enough = found.count >= max(least, 1)
        return np.where(enough, found.bad / np.where(enough, found.there, 1.0), np.nan)
    return weighed(found, edge=edge, least=least) / found.whole


def wafer_yields(state: StateArray) -> Float64Array:
    """Share of the tested dies of each plane that did not fail, float64, shape (planes,); NaN without any."""
    tested, failed = ((state != NO_DIE).sum(axis=(1, 2)), (state == BAD).sum(axis=(1, 2)))
    return np.where(tested > 0, 1.0 - failed / np.maximum(tested, 1), np.nan)


def local_yield(found: Surroundings, prior: Float64Array, strength: float) -> Float64Array:
    """Yield predicted for each place from its neighbourhood, drawn towards the wafer's yield where little is known.

    found     what lies around each die, usually 3 to 5 steps far
    prior     float64, shape (planes,): the wafer's yield
    strength  weight of neighbours that the wafer's yield counts as
    Returns   (weight of good neighbours + strength x prior) / (weight of neighbours + strength)
    """
    if strength <= 0:
        raise ArgumentError(f"strength={strength}: expected a number above 0, in neighbours.")
    good = found.there - found.bad
    return (good + strength * prior[:, None, None]) / (found.there + strength)


def latent_share(local: Float64Array, ratio: float) -> Float64Array:
    """Share of latent defects expected where the yield is `local`: -ln(yield) x latent / killer defects.

    ratio   latent defects for each one that kills, usually 0.01 to 0.02
    """
    return -np.log(np.clip(local, 1e-12, 1.0)) * ratio


def yield_for_latent(limit: float, ratio: float) -> float:
    """The local yield at which `latent_share` reaches a limit.

    >>> round(yield_for_latent(0.01, 0.01), 4)
    0.3679
    """
    if not (limit > 0 and ratio > 0):
        raise ArgumentError(f"limit={limit}, ratio={ratio}: expected numbers above 0.")
    return math.exp(-limit / ratio)
