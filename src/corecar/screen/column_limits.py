"""One figure of each part, made of several readings, against robust limits of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.errors import TooFewParts
from corecar.lot import BoolArray, Float64Array, Int64Array
from corecar.plurals import plural
from corecar.screen.findings import Findings, record_rows
from corecar.screen.limits import Limits, dynamic_limits
from corecar.screen.placed import VERSION, named, not_applied_words
from corecar.screen.recipe import Recipe


def same(values: Any) -> Any:
    """Figures as they are."""
    return values


@dataclass(frozen=True, eq=False)
class Column:
    """A figure of some parts of one population.

    test     row of `tests` that a verdict names, `NO_TEST` where it is no single one
    part     int64: rows of `parts`
    value    float64, shape (parts,), finite
    counted  bool, shape (parts,): parts that limits are made from
    how      how the figure was made, for the record; `what` it is called in a reason
    shown    from the figure that limits are made of to the one that is shown, such as from logarithms to ratios
    """

    test: int
    scope: str
    part: Int64Array
    value: Float64Array
    counted: BoolArray
    population: str
    how: str
    what: str
    shown: Callable[[Any], Any] = same


@dataclass(frozen=True, eq=False)
class Judged:
    """What was found in one column; `idle` says why no limit could be made, and is empty where one was."""

    record: dict[str, Any]
    test: int
    part: Int64Array
    value: Float64Array
    distance: Float64Array
    reasons: tuple[str, ...]
    idle: str = ""


def judged(
    column: Column, recipe: Recipe, *, width: float, least: int, floor: float = 0.0, low: bool = True,
    most: float | None = None, bound: float | None = None,
) -> Judged:  # fmt: skip
    """The parts of a column beyond median ± width robust sigmas of the counted ones, and the record of that limit.

    floor  limits are at least so far from the median
    low    whether the low side is judged
    most   a high limit that is told beforehand, instead of one from the spread
    bound  no limit is farther from 0 than this, and it stands alone where the spread gives none
    """
    record, found, idle = _described(column, recipe, width, least)
    if idle and (not len(column.part) or (most is None and bound is None)):
        return _idle(column, record, idle)
    bounds, words, clamp = _bounds(found, width, floor, low, most, bound)
    out = np.flatnonzero((column.value < bounds[0]) | (column.value > bounds[1]))
    centre, sigma = (found.median, found.sigma) if found is not None else (np.nan, np.nan)
    distance = np.abs(column.value[out] - centre) / sigma if sigma > 0 else np.full(len(out), np.nan)
    record |= {
        "low": column.shown(bounds[0]) if np.isfinite(bounds[0]) else None,
        "high": column.shown(bounds[1]) if np.isfinite(bounds[1]) else None,
        "clamp": clamp,
        "fallback": "; ".join(word for word in (idle, found.fallback if found is not None else "", words) if word),
        "applied": True,
    }
    reasons = _reasons(column, out, distance, bounds, most is not None)
    return Judged(record, column.test, column.part[out], column.shown(column.value[out]), distance, reasons)


def _described(column: Column, recipe: Recipe, width: float, least: int) -> tuple[dict[str, Any], Limits | None, str]:
    """The record of a column without its limits, what was found of its population, and why no limit can be made."""
    try:
        found = _limits(column.value[column.counted], recipe, width, max(least, 2))
    except TooFewParts:
        n = int(column.counted.sum())
        few = f"{plural(n, 'good part')} with readings, fewer than {least}"
        return {"n": n, "estimator": column.how, "width": width, "median": None}, None, few
    return _figures(column, found, width), found, "" if found.sigma > 0 else "no spread"


def _bounds(
    found: Limits | None, width: float, floor: float, low: bool, most: float | None, bound: float | None
) -> tuple[tuple[float, float], str, str]:
    """Low and high limit, what was done about them, and on which sides a bound is the tighter one."""
    ends = [-np.inf, np.inf]
    words = ""
    if most is not None:
        ends[1] = most
    elif found is not None and found.sigma > 0:
        reach = max(width * found.sigma, floor)
        ends = [found.median - reach if low else -np.inf, found.median + reach]
        words = f"never nearer to the median than {floor:g}" if floor > width * found.sigma else ""
    tight = (False, False) if bound is None else (low and -bound > ends[0], bound < ends[1])
    if bound is not None:
        ends = [-bound if tight[0] else ends[0], bound if tight[1] else ends[1]]
    return (ends[0], ends[1]), words, {(True, True): "both", (True, False): "low", (False, True): "high"}.get(tight, "")


def _limits(values: Float64Array, recipe: Recipe, width: float, least: int) -> Limits:
    return dynamic_limits(
        values, width=width, least=least, quartile_rule=recipe.quartile_rule, discrete_values=recipe.discrete_values,
        discrete_fraction=recipe.discrete_fraction, discrete_floor=recipe.discrete_floor,
    )  # fmt: skip


def _figures(column: Column, found: Limits, width: float) -> dict[str, Any]:
    """What the record of a column says of its population."""
    middle = {name: float(column.shown(getattr(found, name))) for name in ("q1", "median", "q3")}
    sigma = found.sigma if found.sigma > 0 else None
    return {"n": found.n, "estimator": f"{column.how}; {found.estimator}", "width": width, "sigma": sigma, **middle}


def _reasons(
    column: Column, out: Int64Array, distance: Float64Array, bounds: tuple[float, float], told: bool
) -> tuple[str, ...]:
    """Why each part is out: by its distance in sigmas where there is one, else by the limit."""
    if not told and not np.isnan(distance).any():
        return tuple(f"{column.what}, {each:.1f} sigma" for each in distance.tolist())
    ends = [bounds[0] if each < bounds[0] else bounds[1] for each in column.value[out].tolist()]
    pairs = zip(column.shown(column.value[out]).tolist(), ends, strict=True)
    return tuple(f"{column.what} {each:.4g}, limit {column.shown(end):.4g}" for each, end in pairs)


def _idle(column: Column, record: dict[str, Any], why: str) -> Judged:
    record = {**record, "fallback": f"{why}: not screened", "applied": False}
    none = np.empty(0)
    return Judged(record, column.test, np.empty(0, np.int64), none, none, (), why)


def findings(kind: str, columns: Sequence[Column], found: Sequence[Judged], unjudged: Sequence[str]) -> Findings:
    """All columns as one: records in their order, verdicts by part, then by record.

    unjudged  what is known not to be judged; columns that had no limit are added
    """
    rows = [
        {"test": column.test if column.test >= 0 else None, "scope": column.scope, "population": column.population,
         **one.record}
        for column, one in zip(columns, found, strict=True)
    ]  # fmt: skip
    part, value, distance = (
        np.concatenate([getattr(one, name) for one in found]) for name in ("part", "value", "distance")
    )
    counts = [len(one.part) for one in found]
    limit, test = np.repeat(np.arange(len(found)), counts), np.repeat([one.test for one in found], counts)
    reasons = [reason for one in found for reason in one.reasons]
    order = np.lexsort((limit, part))
    return Findings(
        kind, record_rows(kind, VERSION, rows), part[order], test[order], limit[order], value[order], distance[order],
        tuple(reasons[place] for place in order.tolist()), unjudged=(*unjudged, *_idle_words(kind, found)),
    )  # fmt: skip


def _idle_words(kind: str, found: Sequence[Judged]) -> list[str]:
    """How many columns had no limit, and why."""
    causes = Counter(one.idle for one in found if one.idle)
    if not causes:
        return []
    told = named([f"{cause} ({count:,})" for cause, count in causes.most_common()])
    return [not_applied_words(kind, f"{sum(causes.values()):,} of {plural(len(found), 'population')}: {told}")]
