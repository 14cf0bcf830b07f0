"""The limit of one population of one mode, whatever its shape, and what was done about that shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corecar.lot import Float64Array
from corecar.plurals import plural
from corecar.screen.gaps import widened
from corecar.screen.limit_record import LimitRecord, population_hash
from corecar.screen.limits import (
    discrete,
    estimator_name,
    misplaced,
    outside,
    outside_fallback,
    spread_fallback,
    within,
)
from corecar.screen.shape_rules import ShapeRules
from corecar.screen.skew import Quartiles, Reach, skewed_reach
from corecar.screen.spread import LAST_WAY, spread

SCREEN = "shaped-pat"
VERSION = "1"

Side = float | None


@dataclass(frozen=True)
class Own:
    """The test's own limits, and those that stand in where a population is too small; None where there is none."""

    low: Side = None
    high: Side = None
    static_low: Side = None
    static_high: Side = None


def usable(readings: npt.ArrayLike) -> Float64Array:
    """Finite readings, ascending, in the precision that they came in; no zero is negative, so bits are the same."""
    values = np.asarray(readings).ravel()
    kind = np.float32 if values.dtype == np.float32 else np.float64
    ordered: Float64Array = np.sort(values[np.isfinite(values)].astype(kind) + kind(0))
    return ordered


def population_limit(
    readings: npt.ArrayLike, rules: ShapeRules, own: Own, *, scope: str = "lot", screen: str = SCREEN, why: str = ""
) -> LimitRecord:
    """The limit of one population as a record.

    readings  float32 or float64; NaN and infinity are left out [the test's unit]
    scope     what the population is; `why` says why it is looked at apart
    A population too small for limits of its own gets the static ones; without those it gets none, and says so.
    Source    AEC-Q001 Rev D; fallbacks are Corecar's own, each a row of `standards/aec_q001.csv`
    """
    ordered = usable(readings)
    if len(ordered) < rules.least:
        return _static(ordered, rules, own, scope, screen, why)
    found, reach, words = _described(ordered, rules)
    words.insert(0, why)
    low, high, clamp = _standing(ordered, found, reach, rules, own, words)
    return LimitRecord(
        screen=screen,
        version=VERSION,
        scope=scope,
        population=population_hash(ordered),
        n=len(ordered),
        estimator=reach.estimator,
        quartile_rule=rules.quartile_rule,
        width=rules.width,
        q1=found.q1,
        median=found.centre,
        q3=found.q3,
        sigma=found.sigma,
        sigma_low=(found.centre - reach.low) / rules.width,
        sigma_high=(reach.high - found.centre) / rules.width,
        low=low,
        high=high,
        clamp=clamp,
        fallback="; ".join(word for word in words if word),
        parameters=rules.kept(low_limit=own.low, high_limit=own.high, why=why),
    )


def _described(ordered: Float64Array, rules: ShapeRules) -> tuple[Quartiles, Reach, list[str]]:
    """Quartiles of a population, how far its limits reach, and the fallbacks taken."""
    q1, centre, q3, sigma, way, distinct, step = spread(ordered, rules.rule)
    few = discrete(distinct, len(ordered), rules.discrete_values, rules.discrete_fraction)
    floored = few and way < LAST_WAY and sigma < rules.discrete_floor * step
    found = Quartiles(q1, centre, q3, rules.discrete_floor * step if floored else sigma)
    name = estimator_name(way, floored, rules.discrete_floor)
    reach = Reach(centre - rules.width * found.sigma, centre + rules.width * found.sigma, name, "")
    if way == 0 and not few:
        skewed = skewed_reach(ordered, found, rules.skewed, rules.width, rules.quartile_rule, rules.medcouple)
        reach = skewed or reach
    small = f"small-n: {len(ordered)} readings, fewer than {rules.small}" if len(ordered) < rules.small else ""
    return found, reach, [small, spread_fallback(way, floored, distinct, rules.discrete_floor), reach.why]


def _standing(
    ordered: Float64Array, found: Quartiles, reach: Reach, rules: ShapeRules, own: Own, words: list[str]
) -> tuple[Side, Side, str]:
    """The limits that stand, and which were clamped; what happened on the way is added to `words`."""
    if misplaced(found.centre, own.low, own.high):
        words.append(outside_fallback(outside(ordered, found.centre, own.low, own.high)))
        return None, None, ""
    if not found.sigma > 0.0:
        return None, None, ""
    wide_low, wide_high = _tails(ordered, reach, rules, own, found.centre, words)
    low, high, clamp = within(wide_low, wide_high, own.low, own.high, rules.without_limits)
    if low is None and high is None:
        words.append("the test has no limits: not screened")
    return low, high, clamp


def _tails(
    ordered: Float64Array, reach: Reach, rules: ShapeRules, own: Own, centre: float, words: list[str]
) -> tuple[float, float]:
    """Limits moved over tails that hang together, where more readings lie beyond them than outliers would."""
    low, high, _ = within(reach.low, reach.high, own.low, own.high, rules.without_limits)
    exact = ordered.astype(np.float64)
    beyond = int((exact < low).sum()) if low is not None else 0
    beyond += int((exact > high).sum()) if high is not None else 0
    if rules.gap == 0.0 or beyond <= rules.heavy * len(ordered):
        return reach.low, reach.high
    below, above = (rules.gap * side / rules.width for side in (centre - reach.low, reach.high - centre))
    far_low, stand_low = widened(ordered, reach.low, below, above=False) if low is not None else (reach.low, 0)
    far_high, stand_high = widened(ordered, reach.high, above, above=True) if high is not None else (reach.high, 0)
    if stand_low or stand_high:
        words.append(
            f"heavy tails, {plural(beyond, 'reading')} beyond: {stand_low + stand_high:,} without a gap of "
            f"{rules.gap:g} sigma stand"
        )
    return far_low, far_high


def _static(ordered: Float64Array, rules: ShapeRules, own: Own, scope: str, screen: str, why: str) -> LimitRecord:
    few = f"{plural(len(ordered), 'reading')}, fewer than {rules.least}" if len(ordered) else "no usable readings"
    low, high = own.static_low, own.static_high
    outcome = "not screened" if low is None and high is None else "static limits used"
    return LimitRecord(
        screen=screen,
        version=VERSION,
        scope=scope,
        population=population_hash(ordered),
        n=len(ordered),
        estimator="none",
        quartile_rule=rules.quartile_rule,
        width=rules.width,
        q1=None,
        median=None,
        q3=None,
        sigma=None,
        sigma_low=None,
        sigma_high=None,
        low=low,
        high=high,
        clamp="",
        fallback="; ".join(word for word in (why, f"{few}: {outcome}") if word),
        parameters=rules.kept(
            low_limit=own.low,
            high_limit=own.high,
            static_low=own.static_low,
            static_high=own.static_high,
            why=why,
        ),
    )
