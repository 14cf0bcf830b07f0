"""Limits that run along with the test: from the first units for those that follow, or from the last units each time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.compiled import compiled
from corecar.errors import ArgumentError
from corecar.lot import BoolArray, Float64Array
from corecar.screen.limit_record import LimitRecord
from corecar.screen.limits import finite
from corecar.screen.population_limit import Own, population_limit
from corecar.screen.shape_rules import ShapeRules
from corecar.screen.spread import LAST_WAY, spread
from corecar.standards import value

BLOCK, ROLLING = "dynamic-pat-first-units", "dynamic-pat-rolling"

UNITS = int(value("AEC-Q001", "running", "units"))
VARIANTS = ("blocks", "first", "rolling")
"""Limits from each block of units for those that follow, from the first block only, or from the units right before."""

STATIC = -1
"""In place of a record: a unit that was held against the static limits."""

PLAIN = ShapeRules(skewed="none", modes=False, gap=0.0)
"""Median and robust sigma with its fallbacks, whatever the shape: what a tester can follow part by part."""


@dataclass(frozen=True, eq=False)
class RunningLimits:
    """The limits that each unit was held against, in the order of test.

    low, high  float64, shape (units,) [the test's unit]; NaN on a side that is not screened
    record     int32, shape (units,): row of `records`, or `STATIC`
    records    the limits that were made on the way
    """

    low: Float64Array
    high: Float64Array
    record: npt.NDArray[np.int32]
    records: tuple[LimitRecord, ...]

    def beyond(self, readings: npt.ArrayLike) -> BoolArray:
        """Which units are beyond the limits that stood when they were tested, bool, shape (units,)."""
        values = np.asarray(readings)
        out: BoolArray = (values < self.low) | (values > self.high)
        return out


@dataclass(frozen=True, eq=False)
class RollingLimits:
    """As `RunningLimits`, with limits of its own for each unit; `record_of` makes the record of one.

    start, stop  int64, shape (units,): which of the units that count make the limits; stop is 0 under static limits
    """

    low: Float64Array
    high: Float64Array
    start: npt.NDArray[np.int64]
    stop: npt.NDArray[np.int64]
    counted: npt.NDArray[np.float64]
    rules: ShapeRules
    own: Own

    def beyond(self, readings: npt.ArrayLike) -> BoolArray:
        """Which units are beyond the limits that stood when they were tested, bool, shape (units,)."""
        values = np.asarray(readings)
        out: BoolArray = (values < self.low) | (values > self.high)
        return out

    def record_of(self, unit: int) -> LimitRecord | None:
        """The limits of one unit as a record; None where the static ones stood."""
        if not self.stop[unit]:
            return None
        window = self.counted[self.start[unit] : self.stop[unit]]
        return _record(window, self.rules, self.own, ROLLING, int(self.stop[unit]))


def first_unit_limits(
    readings: npt.ArrayLike,
    *,
    units: int = UNITS,
    repeat: bool = True,
    rules: ShapeRules = PLAIN,
    own: Own | None = None,
) -> RunningLimits:
    """Limits from the first units for those that follow, and so on.

    readings  float32 or float64, shape (units,), in the order of test: of units that passed; NaN for any other
    units     how many that pass the static limits make limits; they themselves stand under the limits before
    repeat    whether the count starts again after each, so that limits follow the process; else the first ones stay
    own       the test's own limits and the static ones; no limit is ever wider than either
    Raises    ArgumentError for fewer units than limits need
    Source    AEC-Q001 Rev D: static limits until 500 or 1000 units are tested, then dynamic ones for those that follow
    """
    values, limits = _floats(readings), own or Own()
    _check_units(units, rules)
    members = np.flatnonzero(_counted(values, limits))
    inner = _inner(limits)
    low, high = _sides(inner, len(values))
    record = np.full(len(values), STATIC, dtype=np.int32)
    records: list[LimitRecord] = []
    for end in range(units, len(members) + 1, units):
        made = _record(values[members[end - units : end]], rules, inner, BLOCK, end)
        after = slice(int(members[end - 1]) + 1, None)
        low[after], high[after] = (np.nan if side is None else side for side in _or_static(made, inner))
        record[after] = len(records)
        records.append(made)
        if not repeat:
            break
    return RunningLimits(low, high, record, tuple(records))


def rolling_limits(
    readings: npt.ArrayLike, *, units: int = UNITS, rules: ShapeRules = PLAIN, own: Own | None = None
) -> RollingLimits:
    """Limits of each unit from the units right before it that passed the static limits.

    readings, units, own  as in `first_unit_limits`; until so many have passed, the static limits stand
    rules                 without skew and gap rule, which no tester follows part by part
    Raises                ArgumentError for fewer units than limits need, or for rules that follow a shape
    Source                AEC-Q001 Rev D: dynamic limits from the units before
    """
    if rules.skewed != "none" or rules.gap:
        raise ArgumentError('rules: expected skewed="none" and gap=0; rolling limits follow no shape.')
    values, inner = _floats(readings), _inner(own or Own())
    _check_units(units, rules)
    counts = _counted(values, own or Own())
    counted = values[counts]
    before = np.concatenate([[0], np.cumsum(counts)])[:-1]
    centre, sigma = np.full(len(counted) + 1, np.nan), np.full(len(counted) + 1, np.nan)
    floor = (rules.discrete_values, rules.discrete_fraction, rules.discrete_floor)
    _roll(counted, units, rules.rule, *floor, np.empty(units, values.dtype), centre, sigma)
    low, high = _held(centre[before], sigma[before], rules, inner)
    stop = np.where(before >= units, before, 0)
    return RollingLimits(low, high, np.maximum(stop - units, 0), stop, counted, rules, inner)


def _floats(readings: npt.ArrayLike) -> npt.NDArray[Any]:
    values = np.asarray(readings)
    return values if values.dtype == np.float32 else values.astype(np.float64)


def _check_units(units: int, rules: ShapeRules) -> None:
    if units < rules.least:
        raise ArgumentError(f"units={units}: expected at least {rules.least}, the fewest that make limits.")


def _counted(values: npt.NDArray[Any], own: Own) -> BoolArray:
    """Units that make limits: with a reading, within the test's own limits and the static ones."""
    out: BoolArray = np.isfinite(values)
    for low in (own.low, own.static_low):
        out &= values >= low if low is not None and finite(low) else True
    for high in (own.high, own.static_high):
        out &= values <= high if high is not None and finite(high) else True
    return out


def _inner(own: Own) -> Own:
    """The tighter of the test's own limits and the static ones on each side."""
    lows = [side for side in (own.low, own.static_low) if side is not None and finite(side)]
    highs = [side for side in (own.high, own.static_high) if side is not None and finite(side)]
    return Own(max(lows, default=None), min(highs, default=None), own.static_low, own.static_high)


def _sides(own: Own, units: int) -> tuple[Float64Array, Float64Array]:
    low = np.full(units, np.nan if own.static_low is None else own.low)
    high = np.full(units, np.nan if own.static_high is None else own.high)
    return low.astype(np.float64), high.astype(np.float64)


def _or_static(made: LimitRecord, own: Own) -> tuple[float | None, float | None]:
    """The limits of a record; the static ones where none could be made."""
    return (made.low, made.high) if made.applied else (own.static_low, own.static_high)


def _record(window: npt.NDArray[Any], rules: ShapeRules, own: Own, screen: str, end: int) -> LimitRecord:
    found = population_limit(
        window, rules, own, scope=f"units {end - len(window) + 1:,} to {end:,} that passed", screen=screen
    )
    return found.with_parameters(units=len(window))


def _held(centre: Float64Array, sigma: Float64Array, rules: ShapeRules, own: Own) -> tuple[Float64Array, Float64Array]:
    """Limits of each unit from centre and sigma, within the test's own; static ones where there is neither."""
    low, high = _sides(own, len(centre))
    made = sigma > 0.0
    one_sided = own.low is not None or own.high is not None
    both = not one_sided and rules.without_limits == "two"
    if own.low is not None or both:
        low[made] = np.maximum(centre[made] - rules.width * sigma[made], -np.inf if own.low is None else own.low)
    elif made.any():
        low[made] = np.nan
    if own.high is not None or both:
        high[made] = np.minimum(centre[made] + rules.width * sigma[made], np.inf if own.high is None else own.high)
    elif made.any():
        high[made] = np.nan
    return low, high


@compiled
def _roll(
    values: Any, units: int, rule: int, few: int, fraction: float, floor: float, window: Any, centre: Any, sigma: Any
) -> None:
    """Centre and sigma of the last `units` values before each one, by a window that is kept in order.

    window         of `units` entries, to work in
    centre, sigma  of one entry more than values, filled where so many values came before; sigma 0 without any spread
    """
    for i in range(len(values)):
        if i < units:
            place = i
        else:
            place = np.searchsorted(window, values[i - units])
            for k in range(place, units - 1):
                window[k] = window[k + 1]
            place = units - 1
        while place > 0 and window[place - 1] > values[i]:
            window[place] = window[place - 1]
            place -= 1
        window[place] = values[i]
        if i + 1 >= units:
            _, middle, _, wide, way, distinct, step = spread(window, rule)
            is_few = distinct <= few or distinct < fraction * units
            if is_few and way < LAST_WAY and wide < floor * step:
                wide = floor * step
            centre[i + 1], sigma[i + 1] = middle, wide
