"""Screens of readings against their place: nearest neighbours, the same place of other wafers, neighbour ratios."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.lot import BoolArray, Float32Array, Float64Array, Int64Array, Lot, Results
from corecar.plurals import plural
from corecar.screen.dies import Dies
from corecar.screen.dispositions import labels_of_tests
from corecar.screen.dynamic import floored_sigma, screened_tests
from corecar.screen.evidence import hexadecimal
from corecar.screen.findings import Findings
from corecar.screen.limits import estimator_name, spread_fallback
from corecar.screen.place_residuals import place_residuals
from corecar.screen.placed import VERSION
from corecar.screen.populations import Populations, populations, refused
from corecar.screen.recipe import Recipe
from corecar.screen.residuals import largest_ratios, residuals, shifted, without_residual
from corecar.screen.rows import ScreenRow
from corecar.screen.stack_screens import reticle_codes
from corecar.screen.verdicts import readings_beyond
from corecar.strata import Strata, site_codes
from corecar.tables import schema


def nnr(lot: Lot, dies: Dies, row: ScreenRow, recipe: Recipe) -> Findings:
    """Good dies with a reading unlike those of their neighbours on the wafer."""
    tests, good = _tests(lot, row, recipe), _good(lot, dies)
    results = _without_effects(lot, dies, row, recipe, tests, good)
    keys = ("estimator", "reach", "farthest", "neighbours")
    found = residuals(results, tests, good, dies, refused=int(refused(recipe)), **{key: row[key] for key in keys})
    effects = f", without {' and '.join(row['effects'])}" if row["effects"] else ""
    words = f"less {row['estimator']} of neighbours within {row['reach']} to {row['farthest']}{effects}; "
    return _judged(lot, dies, row, recipe, tests, good, found, words, "from its neighbours")


def parametric_z_pat(lot: Lot, dies: Dies, row: ScreenRow, recipe: Recipe) -> Findings:
    """Good dies with a reading unlike those at the same place of the other wafers."""
    tests, good = _tests(lot, row, recipe), _good(lot, dies)
    centre = populations(lot.measurements, tests, good, dies.by, recipe).median
    levelled = shifted(lot.measurements, tests, _codes(dies.by, good), centre)
    found = place_residuals(levelled, tests, good, dies, refused=int(refused(recipe)), least=row["least_wafers"])
    words = f"less the wafer's median, less the median of {row['least_wafers']} or more other wafers at the place; "
    return _judged(lot, dies, row, recipe, tests, good, found, words, "from its place on the other wafers")


def ncr(lot: Lot, dies: Dies, row: ScreenRow, recipe: Recipe) -> Findings:
    """Good dies with a reading that is many times a neighbour's: for standby currents."""
    tests, good = _tests(lot, row, recipe), _good(lot, dies)
    found = largest_ratios(lot.measurements, tests, good, dies, refused=int(refused(recipe)), reach=row["reach"])
    ratios = replace(lot.measurements, value=found)
    one = Strata("lot", np.zeros(lot.parts.num_rows, np.int32), ("lot",))
    high = np.full((lot.tests.num_rows, 1), np.nan)
    high[tests] = row["limit"]
    at, test = readings_beyond(ratios, _codes(one, good), np.full_like(high, np.nan), high)
    part = ratios.part[at].astype(np.int64)
    order = np.lexsort((test, part))
    at, test, part = at[order], test[order], part[order]
    names = labels_of_tests(lot)
    reasons = [
        f"{names[t]}, {r:.1f} times a neighbour's" for t, r in zip(test.tolist(), found[at].tolist(), strict=True)
    ]
    place = np.full(lot.tests.num_rows, -1, dtype=np.int64)
    place[tests] = np.arange(len(tests))
    records = _ratio_records(lot, tests, populations(ratios, tests, good, one, recipe), row)
    value = lot.measurements.value[at].astype(np.float64)
    without = _without_ratios(row.kind, records)
    none = np.full(len(part), np.nan)
    return Findings(row.kind, records, part, test, place[test], value, none, tuple(reasons), unjudged=without)


def _without_ratios(kind: str, records: Any) -> tuple[str, ...]:
    """How many tests have no reading that could be held against a neighbour's."""
    idle = records.num_rows - int(pc.sum(records["applied"]).as_py() or 0)
    if not idle:
        return ()
    return (
        f"{kind}: not applied to {idle:,} of {plural(records.num_rows, 'test')}: no reading above 0 with a neighbour.",
    )


def _ratio_records(lot: Lot, tests: Int64Array, found: Populations, row: ScreenRow) -> Any:
    count = len(tests)
    columns = {
        "test": tests,
        "scope": pa.repeat("lot", count),
        "n": found.n[:, 0],
        "estimator": pa.repeat(f"reading by the smallest of its neighbours within {row['reach']}", count),
        "high": np.full(count, float(row["limit"])),
        "fallback": pa.array(["" if n else "no reading above 0 with a neighbour" for n in found.n[:, 0].tolist()]),
        "population": hexadecimal(found.fingerprint[:, 0]),
        "applied": found.n[:, 0] > 0,
    }
    return _records(row.kind, count, columns)


def _tests(lot: Lot, row: ScreenRow, recipe: Recipe) -> Int64Array:
    return screened_tests(lot, replace(recipe, include=tuple(row["include"]), exclude=tuple(row["exclude"])))


def _good(lot: Lot, dies: Dies) -> BoolArray:
    return np.asarray(lot.final & lot.passed & (dies.place >= 0))


def _codes(by: Strata, good: BoolArray) -> Any:
    return np.where(good, by.codes, np.int32(-1))


def _without_effects(
    lot: Lot, dies: Dies, row: ScreenRow, recipe: Recipe, tests: Int64Array, good: BoolArray
) -> Results:
    """Readings less what site and reticle position add to them on each wafer, by a median polish."""
    results = lot.measurements
    groups = [_effect(lot, dies, name, row) for name in row["effects"]]
    for _ in range(row["sweeps"] if len(groups) > 1 else 1):
        for by in groups:
            centre = populations(results, tests, good, by, recipe).median
            results = shifted(results, tests, _codes(by, good), centre)
    return results


def _effect(lot: Lot, dies: Dies, name: str, row: ScreenRow) -> Strata:
    """The groups of one effect: sites on each wafer, or positions of the reticle over each stack."""
    if name == "site":
        of, parent = site_codes(lot)[0].astype(np.int64), dies.plane.astype(np.int64)
    else:
        position = reticle_codes(dies, row)
        of = np.zeros(lot.parts.num_rows, np.int64) if position is None else np.asarray(position)
        parent = np.where(dies.plane >= 0, dies.stack[np.maximum(dies.plane, 0)], -1).astype(np.int64)
    inside = (parent >= 0) & (of >= 0)
    key = parent * (int(of.max(initial=0)) + 1) + of
    found, code = np.unique(key[inside], return_inverse=True)
    codes = np.full(lot.parts.num_rows, -1, dtype=np.int32)
    codes[inside] = code
    return Strata(name, codes, tuple(map(str, found.tolist())))


def _judged(
    lot: Lot, dies: Dies, row: ScreenRow, recipe: Recipe, tests: Int64Array, good: BoolArray, found: Float32Array,
    words: str, away_from: str,
) -> Findings:  # fmt: skip
    """Residuals against robust limits of their own, by test and plane."""
    residual = replace(lot.measurements, value=found)
    spread = populations(residual, tests, good, dies.by, recipe)
    sigma, floored = floored_sigma(spread, recipe)
    used = np.where((spread.n >= row["least"]) & (sigma > 0), sigma, np.nan)
    low, high = spread.median - row["width"] * used, spread.median + row["width"] * used
    records, numbers = _residual_records(dies, row, recipe, tests, spread, sigma, floored, low, high, words)
    full = [np.full((lot.tests.num_rows, len(dies.by.labels)), np.nan) for _ in range(2)]
    full[0][tests], full[1][tests] = low, high
    at, test = readings_beyond(residual, _codes(dies.by, good), *full)
    part = residual.part[at].astype(np.int64)
    order = np.lexsort((test, part))
    at, test, part = at[order], test[order], part[order]
    line = np.searchsorted(tests, test)
    plane = dies.plane[part]
    distance = np.abs(found[at].astype(np.float64) - spread.median[line, plane]) / sigma[line, plane]
    names = labels_of_tests(lot)
    reasons = [f"{names[t]}, {d:.1f} sigma {away_from}" for t, d in zip(test.tolist(), distance.tolist(), strict=True)]
    value = lot.measurements.value[at].astype(np.float64)
    lonely = without_residual(lot.measurements, tests, good, found)
    without = _unjudged(row, tests, np.isfinite(used), lonely)
    numbered = numbers[line, plane]
    return Findings(
        row.kind, records, part, test, numbered, value, distance, tuple(reasons), dies.notes, unjudged=without
    )


def _unjudged(row: ScreenRow, tests: Int64Array, held: BoolArray, lonely: int) -> tuple[str, ...]:
    """How many tests could not be screened in this way, and how many readings."""
    without = int((~held.any(axis=1)).sum()) if len(tests) else 0
    notes = []
    if without:
        cause = f"fewer than {row['least']} good dies with neighbours, or no spread"
        notes.append(f"{row.kind}: not applied to {without:,} of {plural(len(tests), 'test')}: {cause}.")
    if lonely:
        who = "other wafers at their place" if row.kind == "parametric-z-pat" else "neighbours"
        notes.append(f"{row.kind}: not applied to {plural(lonely, 'reading')} of good dies: too few {who}.")
    return tuple(notes)


def _residual_records(
    dies: Dies, row: ScreenRow, recipe: Recipe, tests: Int64Array, spread: Populations, sigma: Float64Array,
    floored: BoolArray, low: Float64Array, high: Float64Array, words: str,
) -> tuple[Any, Int64Array]:  # fmt: skip
    """One record per test and plane that has readings, and its number by test and plane."""
    keep = spread.n > 0
    numbers = np.where(keep, np.cumsum(keep).reshape(keep.shape) - 1, -1)
    test, plane = np.nonzero(keep)
    named = [
        words + estimator_name(way, raised, recipe.discrete_floor)
        for way, raised in zip(spread.way[keep].tolist(), floored[keep].tolist(), strict=True)
    ]
    columns = {
        "test": tests[test],
        "scope": pa.array(dies.by.labels, pa.string()).take(pa.array(plane)),
        "n": spread.n[keep],
        "estimator": pa.array(named, pa.string()),
        "quartile_rule": pa.repeat(recipe.quartile_rule, len(test)),
        "width": np.full(len(test), row["width"]),
        **{name: _nullable(getattr(spread, name)[keep]) for name in ("q1", "median", "q3")},
        "sigma": pa.array(sigma[keep], mask=~(sigma[keep] > 0)),
        "low": _nullable(low[keep]),
        "high": _nullable(high[keep]),
        "fallback": pa.array(_fallbacks(row, recipe, spread, floored, keep), pa.string()),
        "population": hexadecimal(spread.fingerprint[keep]),
        "applied": np.isfinite(low[keep]),
    }
    return _records(row.kind, len(test), columns), numbers


def _fallbacks(row: ScreenRow, recipe: Recipe, spread: Populations, floored: BoolArray, keep: BoolArray) -> list[str]:
    rows = zip(*(array[keep].tolist() for array in (spread.n, spread.way, floored, spread.distinct)), strict=True)
    return [
        f"{n} residuals, fewer than {row['least']}: not screened"
        if n < row["least"]
        else spread_fallback(way, raised, distinct, recipe.discrete_floor)
        for n, way, raised, distinct in rows
    ]


def _records(kind: str, count: int, columns: dict[str, Any]) -> Any:
    """Rows of `limits` from columns; what isn't given is null, or empty where it is a text."""
    blank = {"screen": kind, "version": VERSION, "quartile_rule": "", "clamp": "", "fallback": ""}
    full = {name: pa.repeat(word, count) for name, word in blank.items()}
    full |= {"limit": pa.array(np.arange(count))} | {name: _array(column) for name, column in columns.items()}
    target = schema("limits")
    arrays = [full[f.name].cast(f.type) if f.name in full else pa.nulls(count, f.type) for f in target]
    return pa.Table.from_arrays(arrays, schema=target)


def _array(column: Any) -> Any:
    return column if isinstance(column, pa.Array) else pa.array(column)


def _nullable(values: Float64Array) -> Any:
    return pa.array(values, mask=~np.isfinite(values))
