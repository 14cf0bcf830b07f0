"""The populations of a lot one by one, where a recipe lets limits follow their shape."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from corecar.lot import BoolArray, Float64Array, Int64Array, Lot
from corecar.screen.limit_record import LimitRecord
from corecar.screen.population_limit import Own
from corecar.screen.populations import refused
from corecar.screen.recipe import Recipe
from corecar.screen.shape_rules import ShapeRules
from corecar.screen.shapes import shaped_limits
from corecar.strata import CodeArray, site_codes, wafer_codes

Cell = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Shaped:
    """Limits that followed a shape, by (row of the tests, group); cells that are not in it keep the plain formula.

    low, high  float64, shape (tests, groups): the limits, within the test's own; NaN on a side that is not screened
    clamp      int8, likewise: 0 none, 1 low, 2 high, 3 both
    changed    bool, likewise: the cells that are meant
    estimator  how centre and spread were found
    words      why, as the record says it
    modes      of cells with two modes, what explains them; empty when nothing does
    """

    low: Float64Array
    high: Float64Array
    clamp: npt.NDArray[np.int8]
    changed: BoolArray
    estimator: dict[Cell, str] = field(default_factory=dict)
    words: dict[Cell, str] = field(default_factory=dict)
    modes: dict[Cell, str] = field(default_factory=dict)


CLAMPED = {"": 0, "low": 1, "high": 2, "both": 3}


def follows_shape(recipe: Recipe) -> bool:
    """Whether a recipe asks for more than median and robust sigma."""
    return recipe.skewed != "none" or recipe.modes or recipe.gap > 0.0


def shaped(lot: Lot, recipe: Recipe, tests: Int64Array, codes: CodeArray, asked: BoolArray) -> Shaped:
    """Limits of populations that are skewed, of two modes, or of heavy tails.

    tests  int64: rows of `tests`, the first axis of the answer; -1 leaves a row out
    codes  int32, shape (parts,): group of each good part, -1 for every other part
    asked  bool, shape (tests, groups): populations that get limits at all
    Of two modes the outer limits stand, and `modes` tells of them: the lot must be looked at.
    """
    rules = shape_rules(recipe)
    factors = {"site": site_codes(lot)[0], "wafer": wafer_codes(lot)[0]} if recipe.modes else {}
    low, high = np.full(asked.shape, np.nan), np.full(asked.shape, np.nan)
    out = Shaped(low, high, np.zeros(asked.shape, np.int8), np.zeros(asked.shape, dtype=bool))
    for row in np.flatnonzero(asked.any(axis=1) & (tests >= 0)).tolist():
        own = Own(*(_side(limit[tests[row]]) for limit in lot.test_limits))
        part, value = _readings(lot, recipe, int(tests[row]), codes)
        for group in np.flatnonzero(asked[row]).tolist():
            mine = codes[part] == group
            which = {name: one[part[mine]] for name, one in factors.items()}
            found = shaped_limits(value[mine], rules, factors=which, own=own)
            _note(out, (row, group), found.records, len(found.flags) > 0)
    return out


def shape_rules(recipe: Recipe) -> ShapeRules:
    """The rules of a recipe; coverage is judged by the group before."""
    return ShapeRules(
        width=recipe.width,
        quartile_rule=recipe.quartile_rule,
        least=recipe.least,
        small=recipe.small,
        coverage=0.0,
        without_limits=recipe.without_limits,
        discrete_values=recipe.discrete_values,
        discrete_fraction=recipe.discrete_fraction,
        discrete_floor=recipe.discrete_floor,
        skewed=recipe.skewed,
        medcouple=recipe.medcouple,
        modes=recipe.modes,
        heavy=recipe.heavy,
        gap=recipe.gap,
    )


def _side(limit: float) -> float | None:
    return float(limit) if np.isfinite(limit) else None


def _readings(lot: Lot, recipe: Recipe, test: int, codes: CodeArray) -> tuple[Int64Array, npt.NDArray[np.float32]]:
    """Parts and values of the readings of one test that are in a population."""
    m = lot.measurements
    span = m.of(test)
    part, value = m.part[span].astype(np.int64), m.value[span]
    counts = (codes[part] >= 0) & ((m.flags[span] & refused(recipe)) == 0) & np.isfinite(value)
    return part[counts], value[counts]


def _note(out: Shaped, cell: Cell, records: tuple[LimitRecord, ...], unexplained: bool) -> None:
    """Keep what a population got, unless it got the plain formula; of several limits the outer ones."""
    first = records[0]
    if len(records) == 1 and not _is_shape(first):
        return
    applied = [record for record in records if record.applied]
    lows = [record.low for record in applied if record.low is not None]
    highs = [record.high for record in applied if record.high is not None]
    out.changed[cell] = True
    out.low[cell] = min(lows, default=np.nan)
    out.high[cell] = max(highs, default=np.nan)
    out.clamp[cell] = CLAMPED[first.clamp] if len(records) == 1 else 0
    out.estimator[cell] = first.estimator
    words = first.fallback if len(records) == 1 else f"{first.fallback.split(';')[0]}; the outer ones stand"
    out.words[cell] = words
    if len(records) > 1:
        out.modes[cell] = "" if unexplained else first.scope.split(" ")[0]


def _is_shape(record: LimitRecord) -> bool:
    return "skewed (" in record.fallback or "heavy tails" in record.fallback
