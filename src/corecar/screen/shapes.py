"""Limits that follow the shape of a population: split by what explains two modes, else a limit for each mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError
from corecar.lot import BoolArray
from corecar.plurals import plural
from corecar.screen.limit_record import LimitRecord
from corecar.screen.limits import misplaced, within
from corecar.screen.modes import LEAST, TwoModes, two_modes
from corecar.screen.population_limit import Own, population_limit
from corecar.screen.shape_rules import ShapeRules
from corecar.screen.spread import spread
from corecar.standards import value

EXPLAINED = float(value("AEC-Q001", "shape", "modes_explained"))
ANY = -1
"""Group of readings that may lie in any of the modes."""


@dataclass(frozen=True, eq=False)
class ShapedLimits:
    """The limits of one test.

    records  one per population
    group    int32, shape (parts,): record that each reading is held against, `ANY` where it may lie in any mode
    flags    what an engineer must look at before release, one sentence each
    """

    records: tuple[LimitRecord, ...]
    group: npt.NDArray[np.int32]
    flags: tuple[str, ...]

    def beyond(self, readings: npt.ArrayLike) -> BoolArray:
        """Which readings, in the order of the parts, are beyond their limits; of several modes, beyond all of them."""
        values = np.asarray(readings)
        out = np.zeros(values.shape, dtype=bool)
        for row, record in enumerate(self.records):
            mine = self.group == row
            out[mine] = record.beyond(values[mine])
        free = self.group == ANY
        if free.any():
            out[free] = np.all([record.beyond(values[free]) for record in self.records], axis=0)
        return out


def shaped_limits(
    readings: npt.ArrayLike,
    rules: ShapeRules | None = None,
    *,
    parts: int | None = None,
    factors: Mapping[str, npt.ArrayLike] | None = None,
    own: Own | None = None,
    scope: str = "lot",
) -> ShapedLimits:
    """Limits of one test, whatever the shape of its population; each fallback taken stands in a record.

    readings  float32 or float64, shape (parts,): of parts that passed; NaN where the test was not executed [its unit]
    parts     good parts of the group, to see whether the test was executed on enough of them; all given by default
    factors   what may explain two modes, in the order to try, for example `{"site": sites, "wafer": wafers}`;
              each of shape (parts,)
    own       the test's own limits and its static ones
    Order     executed on too few parts, too few readings, no spread, discrete, two modes, skew, heavy tails
    Source    AEC-Q001 Rev D for the symmetric case; the rest is `standards/aec_q001.csv`

    >>> limits = shaped_limits(np.arange(55, dtype=np.float32))
    >>> limits.records[0].low, limits.records[0].high
    (-93.0, 147.0)
    """
    chosen, limits = rules or ShapeRules(), own or Own()
    values = np.asarray(readings)
    named = {name: np.asarray(codes) for name, codes in (factors or {}).items()}
    for name, codes in named.items():
        if codes.shape != values.shape:
            raise ArgumentError(f'factor "{name}": {codes.shape} values for {values.shape} readings: expected as many.')
    executed, of = int(np.isfinite(values).sum()), len(values) if parts is None else parts
    if executed < chosen.coverage * of:
        return _one(_uncovered(values, executed, of, chosen, limits, scope), values)
    modes = _modes(values, chosen)
    if modes is None:
        return _one(population_limit(values, chosen, limits, scope=scope), values)
    for name, codes in named.items():
        if _explains(values, codes, modes, chosen.least):
            return _by_factor(values, name, codes, chosen, limits)
    return _by_mode(values, modes, chosen, limits, tuple(named))


def _one(record: LimitRecord, values: npt.NDArray[np.float64]) -> ShapedLimits:
    return ShapedLimits((record,), np.zeros(len(values), dtype=np.int32), ())


def _uncovered(
    values: npt.NDArray[np.float64], executed: int, parts: int, rules: ShapeRules, own: Own, scope: str
) -> LimitRecord:
    """A record without limits: what was executed is a sample, and not the population."""
    why = f"executed on {executed:,} of {plural(parts, 'good part')}, fewer than {rules.coverage:.0%}: not screened"
    return population_limit(values, rules, Own(own.low, own.high), scope=scope, why=why).without_sides()


def _modes(values: npt.NDArray[np.float64], rules: ShapeRules) -> TwoModes | None:
    """Two modes of a population that is large enough and not of a few steps only."""
    finite = np.sort(values[np.isfinite(values)])
    if not rules.modes or len(finite) < max(LEAST, rules.least):
        return None
    distinct = spread(finite, rules.rule)[5]
    if distinct <= rules.discrete_values or distinct < rules.discrete_fraction * len(finite):
        return None
    found = two_modes(finite)
    return found if found is not None and found.found else None


def _explains(values: npt.NDArray[np.float64], codes: npt.NDArray[np.generic], modes: TwoModes, least: int) -> bool:
    """Whether nearly all readings lie in the mode of their group, and both modes have a group of their own."""
    finite = np.isfinite(values)
    upper = values[finite] > modes.valley
    _, group = np.unique(codes[finite], return_inverse=True)
    size, above = np.bincount(group), np.bincount(group, weights=upper)
    is_upper = 2 * above > size
    large = size >= least
    fit = int(np.where(is_upper, above, size - above).sum())
    return bool(fit >= EXPLAINED * len(upper) and is_upper[large].any() and (~is_upper[large]).any())


def _by_factor(
    values: npt.NDArray[np.float64], name: str, codes: npt.NDArray[np.generic], rules: ShapeRules, own: Own
) -> ShapedLimits:
    labels, group = np.unique(codes, return_inverse=True)
    records = [
        population_limit(values[group == row], rules, own, scope=f"{name} {label}", why=f"two modes, split by {name}")
        for row, label in enumerate(labels.tolist())
    ]
    return ShapedLimits(tuple(records), group.astype(np.int32), ())


def _by_mode(
    values: npt.NDArray[np.float64], modes: TwoModes, rules: ShapeRules, own: Own, tried: tuple[str, ...]
) -> ShapedLimits:
    cause = f"not explained by {' or '.join(tried)}" if tried else "nothing to split by was given"
    why = f"two modes, {cause}: limits of each mode"
    finite = np.isfinite(values)
    sides = (("lower mode", finite & (values <= modes.valley)), ("upper mode", finite & (values > modes.valley)))
    step = spread(np.sort(values[finite]), rules.rule)[6]
    records = tuple(_mode(values[mine], step, rules, own, name, why) for name, mine in sides)
    lower, upper = (record.n for record in records)
    flag = (
        f"two modes at {modes.centre[0]:.6g} and {modes.centre[1]:.6g} ({lower:,} and {upper:,} readings), {cause}. "
        "Find what makes the difference before release."
    )
    return ShapedLimits(records, np.full(len(values), ANY, dtype=np.int32), (flag,))


def _mode(
    values: npt.NDArray[np.float64], step: float, rules: ShapeRules, own: Own, scope: str, why: str
) -> LimitRecord:
    """Limits of one mode; one too small or too narrow for limits of its own stands as it is, and the flag tells of it.

    A mode of a single value reaches as many steps of the population to either side as limits reach sigmas.
    A mode outside the test's own limits gets none, and nothing is rejected: the tester passed what those refuse.
    """
    record = population_limit(values, rules, Own(own.low, own.high), scope=scope, why=why)
    if record.applied or misplaced(float(np.median(values)), own.low, own.high):
        return record
    return stood(record, values, step, rules, own)


def stood(
    record: LimitRecord, values: npt.NDArray[np.float64], step: float, rules: ShapeRules, own: Own
) -> LimitRecord:
    """The record of a population that stands as it is; `step` as in `LimitRecord.standing`."""
    lowest, highest = float(values.min()) + 0.0, float(values.max()) + 0.0
    if lowest == highest:
        reach = max(rules.width * step, float(np.spacing(np.float32(abs(lowest)))))
        lowest, highest = lowest - reach, highest + reach
    low, high, clamp = within(lowest, highest, own.low, own.high, rules.without_limits)
    return record.standing(low, high, clamp, step=step)
