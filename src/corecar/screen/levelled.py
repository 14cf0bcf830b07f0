"""Readings less the median of their wafer or site: what screens of several tests at once look at."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.compiled import compiled
from corecar.lot import BoolArray, Float64Array, Int64Array, Lot, Results
from corecar.plurals import plural
from corecar.screen.dynamic import logged_parts
from corecar.screen.placed import not_applied_words
from corecar.screen.populations import Populations, populations, refused
from corecar.screen.recipe import Recipe
from corecar.screen.residuals import shifted
from corecar.stdf_values import UNUSABLE
from corecar.strata import Strata, ancestors, levels, strata


@dataclass(frozen=True, eq=False)
class Levelled:
    """The readings of some tests, less the median of the group that each part lies in.

    tests    int64: rows of `tests` that can be related to others; those of `constant` and `rare` were left out
    results  all readings of the lot; only those of `tests` are levelled
    good     bool, shape (parts,): good final parts with readings
    by       the populations: the lot, apart by test condition
    sigma    float64, shape (tests, populations): robust sigma; 0 where a population has none
    refused  flags of readings that are in no population
    """

    tests: Int64Array
    results: Results
    good: BoolArray
    by: Strata
    sigma: Float64Array
    refused: int
    constant: int
    rare: int

    def unjudged(self, kind: str) -> list[str]:
        """Which tests a screen of several tests could not look at."""
        said = []
        if self.constant:
            why = "no spread between the quartiles"
            said.append(not_applied_words(kind, f"{plural(self.constant, 'test')} with {why}"))
        if self.rare:
            why = "executed on too few of the good parts (stopped on a fail, or a sample)"
            said.append(not_applied_words(kind, f"{plural(self.rare, 'test')} {why}"))
        return said


def levelled(lot: Lot, tests: Int64Array, scope: str, recipe: Recipe) -> Levelled:
    """Readings of tests less their medians by a scope; of a group with too few readings, less those of a wider one.

    A test without spread between its quartiles is related to nothing, and one that ran on a smaller share of the good
    parts than the recipe's `coverage` leaves too many parts out.
    """
    good = np.asarray(lot.final & lot.passed & logged_parts(lot))
    results, by = _level(lot, tests, good, scope, recipe), strata(lot, "lot")
    found = populations(results, tests, good, by, recipe)
    members = np.bincount(by.codes[good & (by.codes >= 0)], minlength=len(by.labels))
    known: BoolArray = np.asarray(found.n >= np.maximum(recipe.coverage * members, 1)[None, :])
    spread: BoolArray = known & (found.q3 > found.q1)
    rare, constant = ~known.any(axis=1), known.any(axis=1) & ~spread.any(axis=1)
    keep = spread.any(axis=1)
    sigma = np.where(spread, found.sigma, 0.0)[keep]
    return Levelled(tests[keep], results, good, by, sigma, int(refused(recipe)), int(constant.sum()), int(rare.sum()))


def _level(lot: Lot, tests: Int64Array, good: BoolArray, scope: str, recipe: Recipe) -> Results:
    divisions = levels(lot, scope)
    narrow = divisions[0]
    amount = np.full((len(tests), len(narrow.labels)), np.nan)
    for by, group in zip(divisions, ancestors(divisions), strict=True):
        found: Populations = populations(lot.measurements, tests, good, by, recipe)
        enough = found.n >= (1 if by.scope == "lot" else recipe.least)
        amount = np.where(np.isnan(amount) & enough[:, group], found.median[:, group], amount)
        if not np.isnan(amount).any():
            break
    return shifted(lot.measurements, tests, narrow.codes, amount)


@dataclass(frozen=True, eq=False)
class Matrix:
    """Readings of some tests on the good parts of one population.

    part     int64: rows of `parts`
    value    float64, shape (parts, tests): levelled; NaN where a part has no usable reading
    counted  bool, shape (parts,): parts with every reading, none of them under an alarm: limits are made from these
    """

    part: Int64Array
    value: Float64Array
    counted: BoolArray

    @property
    def whole(self) -> BoolArray:
        """Parts with every reading, bool, shape (parts,)."""
        return np.asarray(np.isfinite(self.value).all(axis=1), np.bool_)

    def fingerprint(self) -> str:
        """Hash of the counted parts and their readings."""
        digest = hashlib.blake2b(self.part[self.counted].tobytes(), digest_size=8)
        digest.update(np.ascontiguousarray(self.value[self.counted]).tobytes())
        return digest.hexdigest()


def matrix(found: Levelled, tests: Int64Array, population: int) -> Matrix:
    """Readings of some tests, rows of `tests` of the lot, on the good parts of one population."""
    return matrix_of(found.results, tests, found.good & (found.by.codes == population), found.refused)


def matrix_of(results: Results, tests: Int64Array, chosen: BoolArray, refused: int) -> Matrix:
    """Readings of some tests on chosen parts."""
    part = np.flatnonzero(chosen)
    place = np.full(len(chosen), -1, dtype=np.int64)
    place[part] = np.arange(len(part))
    value = np.full((len(part), len(tests)), np.nan)
    counted = np.ones(len(part), dtype=bool)
    _fill(results.offsets, results.part, results.value, results.flags, tests, place, np.uint16(refused), value, counted)
    return Matrix(part, value, counted & np.isfinite(value).all(axis=1))


@compiled
def _fill(
    offsets: Any, part: Any, value: Any, flags: Any, tests: Any, place: Any, refused: Any, out: Any, counted: Any
) -> None:
    for column in range(len(tests)):
        for i in range(offsets[tests[column]], offsets[tests[column] + 1]):
            at = place[part[i]]
            if at < 0 or flags[i] & UNUSABLE or not np.isfinite(value[i]):
                continue
            out[at, column] = value[i]
            if flags[i] & refused:
                counted[at] = False
