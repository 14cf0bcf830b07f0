"""Screens of standby currents: steps between successive vectors, and the largest by the smallest of a part."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np

from corecar.lot import BoolArray, Float64Array, Int64Array, Lot
from corecar.plurals import plural
from corecar.screen.column_limits import Column, Judged, findings, judged
from corecar.screen.dispositions import labels_of_tests
from corecar.screen.dynamic import logged_parts, screened_tests
from corecar.screen.findings import NO_TEST, Findings, nothing
from corecar.screen.levelled import Matrix, matrix_of
from corecar.screen.placed import named, not_applied_words
from corecar.screen.populations import refused
from corecar.screen.recipe import Recipe
from corecar.screen.rows import ScreenRow
from corecar.strata import Strata, ancestors, levels, strata


def iddq_delta(lot: Lot, row: ScreenRow, recipe: Recipe) -> Findings:
    """Good parts whose standby current steps, from one vector to the next, as on no other part."""
    tests, without = _currents(lot, row, recipe)
    if len(tests) < 2:
        return nothing(row.kind, without)
    columns, found, unread = [], [], 0
    for place, scope in enumerate(strata(lot, "lot").labels):
        own = _matrix(lot, tests, strata(lot, "lot"), place, recipe)
        for column, lacking in _steps(lot, own, tests, scope, row, recipe):
            columns.append(column)
            found.append(judged(column, recipe, width=row["width"], least=row["least"], floor=row["floor"]))
            unread += lacking
    if unread:
        why = "lack a current" + (" above 0" if row["scale"] == "log" else "")
        without.append(f"{row.kind}: {plural(unread, 'step')} of good parts {why} and were not judged.")
    return findings(row.kind, columns, found, without)


def iddq_ratio(lot: Lot, row: ScreenRow, recipe: Recipe) -> Findings:
    """Good parts whose largest standby current is many times the smallest: a defect that some vectors excite."""
    tests, without = _currents(lot, row, recipe)
    if len(tests) < 2:
        return nothing(row.kind, without)
    by = strata(lot, "lot")
    columns: list[Column] = []
    found: list[Judged] = []
    unread = 0
    for place, scope in enumerate(by.labels):
        own = _matrix(lot, tests, by, place, recipe)
        fit = own.whole & (own.value > 0).all(axis=1)
        unread += int((~fit).sum())
        value = np.log(own.value[fit].max(axis=1) / own.value[fit].min(axis=1))
        how = f"largest by smallest of {plural(len(tests), 'current')}, by logarithms"
        columns.append(
            Column(NO_TEST, scope, own.part[fit], value, own.counted[fit], own.fingerprint(), how,
                   "largest current by smallest", np.exp)
        )  # fmt: skip
        most = log(row["limit"]) if row["limit"] else None
        found.append(judged(columns[-1], recipe, width=row["width"], least=row["least"], low=False, most=most))
    if unread:
        without.append(f"{row.kind}: {plural(unread, 'good part')} without every current above 0 not judged.")
    return findings(row.kind, columns, found, without)


def _currents(lot: Lot, row: ScreenRow, recipe: Recipe) -> tuple[Int64Array, list[str]]:
    """The tests of standby currents, and why there are none."""
    tests = screened_tests(lot, replace(recipe, include=tuple(row["include"]), exclude=tuple(row["exclude"])))
    if len(tests) < 2:
        why = f"{plural(len(tests), 'test')} named by {', '.join(row['include'])}: at least two are needed"
        return tests, [not_applied_words(row.kind, why)]
    units = sorted({str(lot.tests["unit"][int(test)].as_py() or "") for test in tests})
    if len(units) > 1:
        why = f"currents in different units: {named([unit or 'none' for unit in units])}"
        return tests[:0], [not_applied_words(row.kind, why)]
    return tests, []


def _matrix(lot: Lot, tests: Int64Array, by: Strata, place: int, recipe: Recipe) -> Matrix:
    chosen = np.asarray(lot.final & lot.passed & logged_parts(lot)) & (by.codes == place)
    return matrix_of(lot.measurements, tests, chosen, int(refused(recipe)))


def _steps(
    lot: Lot, own: Matrix, tests: Int64Array, scope: str, row: ScreenRow, recipe: Recipe
) -> list[tuple[Column, int]]:
    """Each step between two currents as a column, less the median of the part's wafer or site; parts that lack one."""
    value = own.value
    if row["scale"] == "log":
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(value > 0, np.log10(value), np.nan)
    if row["order"] == "sorted":
        value = np.sort(np.where(own.whole[:, None], value, np.nan), axis=1)
    step, names, mark = np.diff(value, axis=1), labels_of_tests(lot), own.fingerprint()
    told = []
    for place in range(step.shape[1]):
        known = np.isfinite(step[:, place])
        part = own.part[known]
        figure = _less_medians(lot, part, step[known, place], own.counted[known], row, recipe)
        if row["order"] == "sorted":
            test, what = NO_TEST, f"step {place + 1} of the sorted currents"
        else:
            test, what = int(tests[place + 1]), f"step from {names[tests[place]]} to {names[tests[place + 1]]}"
        unit = " in decades" if row["scale"] == "log" else ""
        column = Column(test, scope, part, figure, own.counted[known], mark, f"{what}{unit}", what)
        told.append((column, int((~known).sum())))
    return told


def _less_medians(
    lot: Lot, part: Int64Array, value: Float64Array, counted: BoolArray, row: ScreenRow, recipe: Recipe
) -> Float64Array:
    """Figures less the median of each group of the scope that holds enough, of others less that of a wider one."""
    divisions = levels(lot, row["scope"])
    centre = np.full(len(divisions[0].labels), np.nan)
    for by, group in zip(divisions, ancestors(divisions), strict=True):
        code = by.codes[part]
        medians = np.full(len(by.labels), np.nan)
        for label in range(len(by.labels)):
            mine = value[counted & (code == label)]
            if len(mine) >= (1 if by.scope == "lot" else recipe.least):
                medians[label] = np.median(mine)
        centre = np.where(np.isnan(centre), medians[group], centre)
    code = divisions[0].codes[part]
    lot_wide = np.median(value[counted]) if counted.any() else 0.0
    taken = np.where(code >= 0, centre[np.maximum(code, 0)], np.nan)
    return np.asarray(value - np.where(np.isnan(taken), lot_wide, taken), np.float64)
