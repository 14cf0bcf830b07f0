"""Wafers laid over each other: places that fail on more wafers than chance allows (Z-PAT)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.compiled import compiled
from corecar.errors import ArgumentError
from corecar.lot import BoolArray, Float64Array, Int64Array
from corecar.screen.dies import BAD, NO_DIE, StateArray

METHODS = ("bonferroni", "fdr", "share")
"""How places are chosen: every chance below alpha / places, Benjamini and Hochberg's step up, or a plain share."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Wafers of one lot laid over each other; arrays have shape (rows, columns).

    tested  int64: wafers with a die at the place
    failed  int64: those of them on which it failed
    chance  float64: probability of so many or more, if each wafer's fails lay at random; NaN where nothing was tested
    """

    tested: Int64Array
    failed: Int64Array
    chance: Float64Array


def tail(probabilities: npt.ArrayLike, least: int) -> float:
    """Probability that at least so many of some independent events happen (Poisson-binomial), exactly summed.

    probabilities  float64, shape (events,), 0 to 1 each

    >>> round(tail([0.05] * 25, 8), 8)
    1.958e-05
    """
    p = np.sort(np.asarray(probabilities, dtype=np.float64))
    if len(p) and not (p[0] >= 0 and p[-1] <= 1):
        raise ArgumentError("probabilities: expected numbers from 0 to 1.")
    return float(_tail(p, len(p), least, np.empty(len(p) + 1)))


@compiled
def _tail(p: Any, count: int, least: int, mass: Any) -> float:
    """Sum from the smallest terms on, so that small chances keep their digits."""
    mass[0] = 1.0
    for event in range(count):
        mass[event + 1] = mass[event] * p[event]
        for k in range(event, 0, -1):
            mass[k] = mass[k] * (1.0 - p[event]) + mass[k - 1] * p[event]
        mass[0] = mass[0] * (1.0 - p[event])
    if least <= 0:
        return 1.0
    total = 0.0
    for k in range(count, least - 1, -1):
        total += mass[k]
    return min(total, 1.0)


def stacked(state: StateArray) -> Stack:
    """Lay wafers over each other; each wafer's own share of failed dies is its chance at every place.

    state  uint8, shape (wafers, rows, columns): values of `corecar.screen.dies`
    """
    there, bad = state != NO_DIE, state == BAD
    dies, fails = there.sum(axis=(1, 2)), bad.sum(axis=(1, 2))
    share = fails / np.maximum(dies, 1)
    order = np.argsort(share, kind="stable")
    tested, failed = there.sum(axis=0), bad.sum(axis=0)
    chance = np.full(tested.shape, np.nan)
    spare = np.empty(len(state)), np.empty(len(state) + 1)
    _chances(np.ascontiguousarray(there[order]), share[order], failed, chance, *spare)
    return Stack(tested, failed, chance)


@compiled
def _chances(there: Any, share: Any, failed: Any, chance: Any, p: Any, mass: Any) -> None:
    wafers, rows, columns = there.shape
    for row in range(rows):
        for column in range(columns):
            count = 0
            for wafer in range(wafers):
                if there[wafer, row, column]:
                    p[count] = share[wafer]
                    count += 1
            if count:
                chance[row, column] = _tail(p, count, failed[row, column], mass)


def systematic(
    stack: Stack, *, method: str = "bonferroni", alpha: float = 0.05, share_limit: float = 0.5, least: int = 5
) -> tuple[BoolArray, float]:
    """Places that fail on more wafers than chance allows, bool, shape (rows, columns); and the limit that was applied.

    method       a row of `METHODS`
    alpha        for `bonferroni` the chance of choosing any place if all fails were random, for `fdr` the expected
                 share of such places among the chosen
    share_limit  for `share`: failed by tested wafers, at least
    least        fewest wafers at a place
    Returns      also the largest chance that is chosen (`share`: the smallest share)
    Raises       ArgumentError for a parameter outside its range
    """
    if method not in METHODS:
        raise ArgumentError(f'method="{method}": expected one of {", ".join(METHODS)}.')
    if not 0 < alpha < 1:
        raise ArgumentError(f"alpha={alpha}: expected a number between 0 and 1.")
    enough = stack.tested >= max(least, 1)
    if method == "share":
        return enough & (stack.failed > 0) & (stack.failed >= share_limit * stack.tested), share_limit
    chances = stack.chance[enough]
    limit = alpha / max(len(chances), 1) if method == "bonferroni" else _step_up(chances, alpha)
    with np.errstate(invalid="ignore"):
        below = stack.chance < limit if method == "bonferroni" else stack.chance <= limit
    return enough & (stack.failed > 0) & below, limit


def _step_up(chances: Float64Array, alpha: float) -> float:
    """The largest chance that Benjamini and Hochberg's procedure accepts; below all of them when it accepts none."""
    ordered = np.sort(chances)
    accepted = np.flatnonzero(ordered <= alpha * np.arange(1, len(ordered) + 1) / max(len(ordered), 1))
    return float(ordered[accepted[-1]]) if len(accepted) else -1.0
