"""Screens of groups of related tests: robust Mahalanobis distance, residual of the principal components."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from corecar.errors import ArgumentError
from corecar.lot import Float64Array, Int64Array, Lot
from corecar.plurals import plural
from corecar.robust_covariance import SEED
from corecar.screen.cores import on_all_cores
from corecar.screen.dispositions import labels_of_tests
from corecar.screen.distances import Distances, beyond, component_distances, distance_limit, robust_distances
from corecar.screen.dynamic import screened_tests
from corecar.screen.findings import NO_TEST, Findings, nothing, record_rows
from corecar.screen.levelled import Levelled, Matrix, levelled, matrix
from corecar.screen.placed import VERSION, named, not_applied_words
from corecar.screen.recipe import Recipe
from corecar.screen.related_tests import Groups, correlated_groups, independent, named_groups
from corecar.screen.rows import ScreenRow


@dataclass(frozen=True, eq=False)
class _Group:
    """One group of tests on one population, its readings by their robust sigma.

    part   int64: rows of `parts` with a reading of every test
    rows   float64, shape (parts, tests)
    left   tests of the group that were left out: constant, or following from others
    """

    tests: tuple[int, ...]
    scope: str
    population: str
    part: Int64Array
    rows: Float64Array
    counted: Any
    left: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What a reader of the record must know of the tests."""
        return f"left out, constant or following from others: {named(self.left, 5)}" if self.left else ""


@dataclass(frozen=True, eq=False)
class _Judged:
    """What was found in one group: records, and the parts beyond each, in the order of the records."""

    records: list[dict[str, Any]] = field(default_factory=list)
    part: list[Int64Array] = field(default_factory=list)
    value: list[Float64Array] = field(default_factory=list)
    reasons: list[list[str]] = field(default_factory=list)
    lacking: int = 0
    left: tuple[str, ...] = ()


Judge = Callable[[_Group, ScreenRow, Sequence[str]], _Judged]


def mahalanobis(lot: Lot, row: ScreenRow, recipe: Recipe) -> Findings:
    """Good parts whose readings of related tests do not belong together, though each alone may be usual."""
    return _screened(lot, row, recipe, _by_distance)


def pca_residual(lot: Lot, row: ScreenRow, recipe: Recipe) -> Findings:
    """Good parts whose readings of related tests leave more than usual beside the leading principal components."""
    return _screened(lot, row, recipe, _by_components)


def related(lot: Lot, row: ScreenRow, recipe: Recipe) -> Levelled:
    """The levelled readings of the tests that a row of the recipe names."""
    own = replace(recipe, include=tuple(row["include"]), exclude=tuple(row["exclude"]))
    return levelled(lot, screened_tests(lot, own), row["scope"], recipe)


def _screened(lot: Lot, row: ScreenRow, recipe: Recipe, judge: Judge) -> Findings:
    found = related(lot, row, recipe)
    groups, without = _groups(lot, row, found)
    without = [*found.unjudged(row.kind), *without]
    if not groups:
        return nothing(row.kind, without)
    names = labels_of_tests(lot)
    jobs = [(tests, population) for population in range(len(found.by.labels)) for tests in groups]
    judged: list[_Judged] = [_Judged()] * len(jobs)

    def work(start: int, stop: int) -> None:
        for place in range(start, stop):
            judged[place] = _one(found, *jobs[place], row, names, judge)

    on_all_cores(work, len(jobs))
    return _joined(row, judged, without)


def _groups(lot: Lot, row: ScreenRow, found: Levelled) -> tuple[Groups, list[str]]:
    """Groups of tests, and which could not be made."""
    if row["groups"]:
        groups = named_groups(lot, found, row["groups"])
        lost = len(row["groups"]) - len(groups)
        why = f"{plural(lost, 'group')} of the recipe with fewer than two tests that can be related"
        return groups, [not_applied_words(row.kind, why)] if lost else []
    groups = correlated_groups(found, row["correlation"], row["most"])
    why = f"no tests correlated by {row['correlation']:g} or more"
    return groups, [] if groups else [not_applied_words(row.kind, why)]


def _one(
    found: Levelled, tests: tuple[int, ...], population: int, row: ScreenRow, names: Sequence[str], judge: Judge
) -> _Judged:
    """One group on one population: a record in any case, saying why it was not applied where it was not."""
    sigma = found.sigma[np.searchsorted(found.tests, tests), population]
    alive = np.array(tests)[sigma > 0]
    own = matrix(found, alive, population)
    group = _scaled(own, tests, alive, sigma[sigma > 0], found.by.labels[population], names)
    lacking = int((~own.whole).sum())
    n, width = int(group.counted.sum()), len(group.tests)
    trouble = _trouble(n, width, row["per_test"])
    if trouble:
        return _without(group, trouble, names, lacking)
    try:
        return replace(judge(group, row, names), lacking=lacking, left=group.left)
    except ArgumentError:
        return _without(group, "singular: most parts lie in a plane", names, lacking)


def _trouble(n: int, width: int, per_test: int) -> str:
    if width < 2:
        return "fewer than two tests with a spread of their own"
    if n < per_test * width:
        return f"{plural(n, 'complete good part')}, fewer than {per_test} for each of {width} tests"
    return ""


def _scaled(
    own: Matrix, tests: tuple[int, ...], alive: Int64Array, sigma: Float64Array, scope: str, names: Sequence[str]
) -> _Group:
    """The readings of a group by their robust sigma, without tests that are constant or follow from others."""
    whole = own.whole
    rows, counted = own.value[whole] / sigma, own.counted[whole]
    kept = independent(rows[counted]) if counted.any() else list(range(len(alive)))
    chosen = tuple(alive[kept].tolist())
    left = tuple(names[test] for test in tests if test not in chosen)
    part = own.part[whole]
    return _Group(chosen, scope, own.fingerprint(), part, np.ascontiguousarray(rows[:, kept]), counted, left)


def _by_distance(group: _Group, row: ScreenRow, names: Sequence[str]) -> _Judged:
    found = robust_distances(group.rows, group.counted, row["support"], row["alpha"])
    how = f"squared distance by minimum covariance determinant of {row['support']:g}, reweighted, seed {SEED}"
    judged = _Judged()
    _judge(judged, group, found, row, names, how, "squared distance")
    return judged


def _by_components(group: _Group, row: ScreenRow, names: Sequence[str]) -> _Judged:
    found = component_distances(group.rows, group.counted, row["share"], row["alpha"])
    judged = _Judged()
    how = f"{plural(found.leading, 'leading principal component')} of {row['share']:g} of the variance"
    if found.residual is not None:
        _judge(judged, group, found.residual, row, names, f"squared residual of {how}", "squared residual")
    else:
        judged = _without(group, f"no residual: all {found.leading} components are leading", names, 0)
    if row["t_squared"]:
        _judge(judged, group, found.within, row, names, f"T-squared within {how}", "T-squared")
    return judged


def _judge(
    judged: _Judged, group: _Group, found: Distances, row: ScreenRow, names: Sequence[str], how: str, what: str
) -> None:
    """Hold the distances of a group against their limit, and add what was found."""
    limit, words = distance_limit(found, group.counted, row["limit"], row["alpha"])
    out = beyond(found, limit)
    judged.records.append(_record(group, names, how, high=limit, words=[group.words, words], applied=True))
    judged.part.append(group.part[out])
    judged.value.append(found.squared[out])
    most = [" and ".join(names[group.tests[column]] for column in found.most(part)) for part in out.tolist()]
    judged.reasons.append(
        [
            f"{what} {value:.1f} over {len(group.tests)} tests, limit {limit:.1f}; most by {tests}"
            for value, tests in zip(found.squared[out].tolist(), most, strict=True)
        ]
    )


def _without(group: _Group, why: str, names: Sequence[str], lacking: int) -> _Judged:
    record = _record(group, names, "none", high=None, words=[group.words, f"not applied: {why}"], applied=False)
    return _Judged([record], [np.empty(0, np.int64)], [np.empty(0)], [[]], lacking, group.left)


def _record(
    group: _Group, names: Sequence[str], how: str, *, high: float | None, words: Sequence[str], applied: bool
) -> dict[str, Any]:
    return {
        "scope": group.scope,
        "n": int(group.counted.sum()),
        "estimator": f"{how}: {', '.join(names[test] for test in group.tests)}",
        "high": high,
        "fallback": "; ".join(word for word in words if word),
        "population": group.population,
        "applied": applied,
    }


def _joined(row: ScreenRow, judged: Sequence[_Judged], without: list[str]) -> Findings:
    """All groups as one: by part, and of a part by record."""
    records = [record for one in judged for record in one.records]
    parts = [part for one in judged for part in one.part]
    part = np.concatenate(parts)
    limit = np.repeat(np.arange(len(records)), [len(one) for one in parts])
    value = np.concatenate([value for one in judged for value in one.value])
    reasons = [reason for one in judged for some in one.reasons for reason in some]
    order = np.lexsort((limit, part))
    return Findings(
        row.kind, record_rows(row.kind, VERSION, records), part[order], np.full(len(part), NO_TEST), limit[order],
        value[order], np.full(len(part), np.nan), tuple(reasons[place] for place in order.tolist()),
        unjudged=(*without, *_told(row.kind, judged)),
    )  # fmt: skip


def _told(kind: str, judged: Sequence[_Judged]) -> list[str]:
    """Groups that could not be judged, tests that were left out, parts that lack a reading."""
    records = [record for one in judged for record in one.records]
    idle = [record["fallback"].split("not applied: ")[-1] for record in records if not record["applied"]]
    left = list(dict.fromkeys(name for one in judged for name in one.left))
    lacking = sum(one.lacking for one in judged)
    said = []
    if idle:
        said.append(
            not_applied_words(kind, f"{plural(len(idle), 'group')} of tests: {named(list(dict.fromkeys(idle)))}")
        )
    if left:
        said.append(f"{kind}: left out, constant or following from others: {named(left)}.")
    if lacking:
        said.append(f"{kind}: {plural(lacking, 'set')} of readings of a part and a group lack one and were not judged.")
    return said
