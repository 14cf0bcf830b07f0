"""The residual of pairs of related tests: a reading unlike the one that its twin lets expect."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from corecar.errors import ArgumentError
from corecar.lot import Lot
from corecar.plurals import plural
from corecar.screen.column_limits import Column, Judged, findings, judged
from corecar.screen.cores import on_all_cores
from corecar.screen.dispositions import labels_of_tests
from corecar.screen.distances import incomplete_slope
from corecar.screen.findings import Findings, nothing
from corecar.screen.group_screens import related
from corecar.screen.levelled import Levelled, matrix
from corecar.screen.placed import not_applied_words
from corecar.screen.recipe import Recipe
from corecar.screen.related_tests import Groups, correlated_pairs, named_groups
from corecar.screen.rows import ScreenRow


def pair_residual(lot: Lot, row: ScreenRow, recipe: Recipe) -> Findings:
    """Good parts with a reading that does not follow that of a strongly correlated test as it does on other parts."""
    found = related(lot, row, recipe)
    pairs, without = _pairs(lot, row, found)
    without = [*found.unjudged(row.kind), *without]
    if not pairs:
        return nothing(row.kind, without)
    names = labels_of_tests(lot)
    jobs = [(pair, population) for population in range(len(found.by.labels)) for pair in pairs]
    told: list[tuple[Column, Judged, int] | None] = [None] * len(jobs)

    def work(start: int, stop: int) -> None:
        for place in range(start, stop):
            told[place] = _one(found, *jobs[place], row, recipe, names)

    on_all_cores(work, len(jobs))
    done = [one for one in told if one is not None]
    lacking = sum(count for _, _, count in done)
    if lacking:
        without.append(f"{row.kind}: {plural(lacking, 'pair')} of readings lack one and were not judged.")
    return findings(row.kind, [column for column, _, _ in done], [one for _, one, _ in done], without)


def _pairs(lot: Lot, row: ScreenRow, found: Levelled) -> tuple[Groups, list[str]]:
    """Pairs of tests, and which could not be made."""
    if row["pairs"]:
        groups = named_groups(lot, found, row["pairs"])
        pairs = [tests for tests in groups if len(tests) == 2]
        lost = len(row["pairs"]) - len(pairs)
        why = f"{plural(lost, 'pair')} of the recipe without exactly two tests that can be related"
        return pairs, [not_applied_words(row.kind, why)] if lost else []
    twins = correlated_pairs(found, row["correlation"])
    why = f"no tests correlated by {row['correlation']:g} or more"
    return twins, [] if twins else [not_applied_words(row.kind, why)]


def _one(
    found: Levelled, pair: tuple[int, ...], population: int, row: ScreenRow, recipe: Recipe, names: Sequence[str]
) -> tuple[Column, Judged, int]:
    """One pair on one population: the later test less what the earlier one lets expect."""
    own = matrix(found, np.array(pair), population)
    whole = own.whole
    (x, y), counted = own.value[whole].T, own.counted[whole]
    one, other = (names[test] for test in pair)
    slope, intercept, how = 0.0, 0.0, f"{other} on {one}: no line"
    try:
        slope, intercept = incomplete_slope(x[counted], y[counted])
        how = f"{other} less {intercept:.6g} + {slope:.6g} x {one} (Theil, incomplete)"
    except ArgumentError:
        counted = np.zeros_like(counted)
    column = Column(
        pair[1], found.by.labels[population], own.part[whole], y - intercept - slope * x, counted, own.fingerprint(),
        how, f"{other} against {one}",
    )  # fmt: skip
    return column, judged(column, recipe, width=row["width"], least=row["least"]), int((~whole).sum())
