"""What other widths of the dynamic limits would reject, from one pass over the readings of a lot.

Median and sigma do not depend on the width, and a wider limit rejects no part that a narrower one spares: the readings
beyond the narrowest limits are all that any width of the sweep can reject.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from corecar.errors import ArgumentError
from corecar.lot import BoolArray, Float64Array, Int64Array, Lot
from corecar.screen.dynamic import derive
from corecar.screen.recipe import Recipe
from corecar.screen.shaping import follows_shape
from corecar.screen.verdicts import Beyond, Fences, had_own_limits, readings_out

WIDEST = 100.0
MOST = 1000
"""Widths of one sweep at most."""


@dataclass(frozen=True)
class WidthSweep:
    """What the dynamic limits reject at each of some widths.

    widths    float64, ascending [robust sigmas]
    part      int64: rows of `parts` that any of the widths rejects, ascending
    rejected  bool, shape (widths, those parts)
    one_pass  whether one pass told all; limits that follow a shape are made anew for each width
    """

    widths: Float64Array
    part: Int64Array
    rejected: BoolArray
    one_pass: bool


def sweep_widths(lot: Lot, recipe: Recipe, widths: Sequence[float]) -> WidthSweep:
    """What the dynamic limits of a recipe reject at each width, exactly as grading at that width would.

    widths  robust sigmas, above 0 and at most 100
    A [[screen]] of dynamic limits with a width of its own takes no part in the sweep.
    Raises  ArgumentError for widths that are none, or too many
    """
    wanted = _checked(widths)
    each = [_swept(lot, one, wanted) for one in recipe.swept]
    part = np.unique(np.concatenate([np.empty(0, np.int64), *(one.part for one in each)]))
    rejected = np.zeros((len(wanted), len(part)), dtype=bool)
    for one in each:
        rejected[:, np.searchsorted(part, one.part)] |= one.rejected
    return WidthSweep(wanted, part, rejected, all(one.one_pass for one in each))


def _swept(lot: Lot, recipe: Recipe, wanted: Float64Array) -> WidthSweep:
    """The sweep of one screen of dynamic limits."""
    if follows_shape(recipe):
        return _width_by_width(lot, recipe, wanted)
    narrowest = replace(recipe, width=float(wanted[0]))
    derived = derive(lot, narrowest)
    stand, out = readings_out(lot, derived, narrowest)
    part, where = np.unique(out.part, return_inverse=True)
    rejected = np.zeros((len(wanted), len(part)), dtype=bool)
    held = _Held.of(lot, stand, out)
    for place, width in enumerate(wanted.tolist()):
        rejected[place, where[held.beyond(width)]] = True
    return WidthSweep(wanted, part, rejected, one_pass=True)


@dataclass(frozen=True)
class _Held:
    """Readings with what their limits are made from; excused: the part had limits of its own."""

    value: Float64Array
    median: Float64Array
    sigma: Float64Array
    low: Float64Array
    high: Float64Array
    has_low: BoolArray
    has_high: BoolArray
    excused: BoolArray

    @classmethod
    def of(cls, lot: Lot, stand: Fences, out: Beyond) -> _Held:
        at = (out.test, stand.codes[out.part])
        low, high = (limit[out.test] for limit in lot.test_limits)
        return cls(
            out.value,
            stand.median[at],
            stand.sigma[at],
            np.where(np.isfinite(low), low, -np.inf),
            np.where(np.isfinite(high), high, np.inf),
            np.isfinite(stand.low[at]),
            np.isfinite(stand.high[at]),
            had_own_limits(lot, out),
        )

    def beyond(self, width: float) -> BoolArray:
        """Which readings are beyond the limits of this width, by the arithmetic of the limits themselves."""
        reach = width * self.sigma
        below = self.has_low & (self.value < np.maximum(self.median - reach, self.low))
        above = self.has_high & (self.value > np.minimum(self.median + reach, self.high))
        return (below | above) & ~(self.excused & (np.abs(self.value - self.median) <= reach))


def _width_by_width(lot: Lot, recipe: Recipe, wanted: Float64Array) -> WidthSweep:
    """The sweep where limits follow shapes, and wider ones may reject what narrower ones spare."""
    each = [_rejected(lot, recipe, width) for width in wanted.tolist()]
    part = np.unique(np.concatenate(each))
    rejected = np.array([np.isin(part, one) for one in each]).reshape(len(wanted), len(part))
    return WidthSweep(wanted, part, rejected, one_pass=False)


def _rejected(lot: Lot, recipe: Recipe, width: float) -> Int64Array:
    chosen = replace(recipe, width=width)
    _, out = readings_out(lot, derive(lot, chosen), chosen)
    return np.unique(out.part)


def _checked(widths: Sequence[float]) -> Float64Array:
    wanted = np.unique(np.asarray(list(widths), dtype=np.float64))
    if not len(wanted) or not (np.isfinite(wanted) & (wanted > 0) & (wanted <= WIDEST)).all():
        raise ArgumentError(f"widths: numbers above 0 and at most {WIDEST:g} were expected, found {list(widths)[:5]}.")
    if len(wanted) > MOST:
        raise ArgumentError(f"widths: at most {MOST:,} were expected, found {len(wanted):,}. Take larger steps.")
    return wanted
