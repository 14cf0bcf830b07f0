"""The running variants of dynamic limits over a lot: parts in the order of test, each held against those before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.lot import BoolArray, Float64Array, Int64Array, Lot
from corecar.screen.dispositions import labels_of_tests
from corecar.screen.dynamic import screened_tests
from corecar.screen.findings import Findings, record_rows
from corecar.screen.limit_record import LimitRecord
from corecar.screen.population_limit import VERSION, Own
from corecar.screen.populations import refused
from corecar.screen.recipe import Recipe
from corecar.screen.rows import ScreenRow
from corecar.screen.running import first_unit_limits, rolling_limits
from corecar.screen.shape_rules import ShapeRules
from corecar.stdf_values import UNUSABLE
from corecar.strata import Strata, strata

KIND = "running-pat"


@dataclass(frozen=True)
class _Beyond:
    """One reading beyond the limits that stood when its part was tested."""

    test: int
    part: int
    value: float
    record: LimitRecord
    scope: str


def running_pat(lot: Lot, row: ScreenRow, recipe: Recipe) -> Findings:
    """Good parts with a reading beyond the limits that the parts before them made.

    Parts count in the order in which their tests began, apart by test condition. Each limit that rejects a part is a
    record; all others are derived again from the parts that they name.
    """
    tests = screened_tests(lot, replace(recipe, include=tuple(row["include"]), exclude=tuple(row["exclude"])))
    by = strata(lot, "lot")
    judged = [one for test in tests.tolist() for one in _of_test(lot, test, by, row, recipe)]
    held = [one for _, out in judged for one in out]
    held.sort(key=lambda one: (one.part, one.test))
    names = labels_of_tests(lot)
    distance = np.array([_distance(one) for one in held])
    reasons = [f"{names[one.test]}, {far:.1f} sigma" for one, far in zip(held, distance.tolist(), strict=True)]
    return Findings(
        KIND,
        record_rows(KIND, VERSION, [_limit_row(one) for one in held]),
        np.array([one.part for one in held], dtype=np.int64),
        np.array([one.test for one in held], dtype=np.int64),
        np.arange(len(held), dtype=np.int64),
        np.array([one.value for one in held], dtype=np.float64),
        distance.astype(np.float64),
        tuple(reasons),
        unjudged=_first_words(lot, by, row),
        held=any(count for count, _ in judged),
    )


def _of_test(lot: Lot, test: int, by: Strata, row: ScreenRow, recipe: Recipe) -> Iterator[tuple[int, list[_Beyond]]]:
    """Of each condition how many readings of one test were held against limits, and those beyond them."""
    m = lot.measurements
    span = m.of(test)
    part, value, flags = m.part[span].astype(np.int64), m.value[span], m.flags[span]
    good = (lot.final & lot.passed)[part]
    for group, label in enumerate(by.labels):
        mine = good & (by.codes[part] == group) & ((flags & UNUSABLE) == 0)
        units, readings = part[mine], value[mine]
        counts = (flags[mine] & refused(recipe)) == 0
        yield _out(lot, test, label, units, readings, counts, row, recipe)


def _out(
    lot: Lot,
    test: int,
    label: str,
    part: Int64Array,
    value: npt.NDArray[np.float32],
    counts: BoolArray,
    row: ScreenRow,
    recipe: Recipe,
) -> tuple[int, list[_Beyond]]:
    own = Own(*(float(limit[test]) if np.isfinite(limit[test]) else None for limit in lot.test_limits))
    making = np.where(counts, value, np.float32(np.nan)).astype(np.float32)
    rules = _rules(recipe)
    if row["variant"] == "rolling":
        rolling = rolling_limits(making, units=row["units"], rules=rules, own=own)
        beyond = [(unit, rolling.record_of(unit)) for unit in np.flatnonzero(rolling.beyond(value)).tolist()]
        return _held(rolling.low, rolling.high, value), [
            _Beyond(test, int(part[unit]), float(value[unit]), record, label)
            for unit, record in beyond
            if record is not None
        ]
    blocks = first_unit_limits(making, units=row["units"], repeat=row["variant"] == "blocks", rules=rules, own=own)
    return _held(blocks.low, blocks.high, value), [
        _Beyond(test, int(part[unit]), float(value[unit]), blocks.records[blocks.record[unit]], label)
        for unit in np.flatnonzero(blocks.beyond(value)).tolist()
    ]


def _held(low: Float64Array, high: Float64Array, value: npt.NDArray[np.float32]) -> int:
    """Readings over which a limit stood when their part was tested."""
    return int(((np.isfinite(low) | np.isfinite(high)) & ~np.isnan(value)).sum())


def _rules(recipe: Recipe) -> ShapeRules:
    return ShapeRules(
        width=recipe.width, quartile_rule=recipe.quartile_rule, least=recipe.least, small=recipe.small,
        without_limits=recipe.without_limits, discrete_values=recipe.discrete_values,
        discrete_fraction=recipe.discrete_fraction, discrete_floor=recipe.discrete_floor,
        skewed="none", modes=False, gap=0.0,
    )  # fmt: skip


def _distance(one: _Beyond) -> float:
    median, sigma = one.record.median, one.record.sigma
    return abs(one.value - median) / sigma if median is not None and sigma else float("nan")


def _limit_row(one: _Beyond) -> dict[str, Any]:
    record = one.record
    kept = (
        "n",
        "estimator",
        "quartile_rule",
        "width",
        "q1",
        "median",
        "q3",
        "sigma",
        "low",
        "high",
        "clamp",
        "fallback",
    )
    scope = record.scope if one.scope == "lot" else f"{one.scope}, {record.scope}"
    own = {name: getattr(record, name) for name in kept}
    return {"test": one.test, "scope": scope, "population": record.population, **own}


def _first_words(lot: Lot, by: Strata, row: ScreenRow) -> tuple[str, ...]:
    """That some parts of the lot were held against no running limit: too few came before them."""
    good = by.codes[(lot.final & lot.passed) & (by.codes >= 0)]
    sizes: Float64Array = np.bincount(good, minlength=len(by.labels)).astype(np.float64)
    first = int(np.minimum(sizes, row["units"]).sum())
    if not first:
        return ()
    many = f"the first {row['units']:,} good parts of each condition, {first:,} in all"
    return (f"{KIND}: not applied to {many}: they make the limits.",)
