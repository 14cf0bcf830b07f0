"""Dynamic part-average limits of a whole lot: which limits stand over which test and group, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
import numpy.typing as npt

from corecar.lot import BoolArray, Float64Array, Int64Array, Lot
from corecar.screen.populations import Populations, outside_own_limits, populations
from corecar.screen.recipe import Recipe
from corecar.screen.rows import ScreenRow
from corecar.screen.shaping import Shaped, follows_shape, shaped
from corecar.screen.spread import LAST_WAY
from corecar.strata import CodeArray, Strata, ancestors, levels

SCREEN = "dynamic-pat"
VERSION = "1"
CLASSES = ("unit:", "kind:")
"""Beginnings of patterns on a class of tests: `unit:*A` are all currents, `kind:multiple` all tests of several pins."""

TestRows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Level:
    """One division of the lot with what was found in it; arrays have shape (tests, groups).

    enough    enough readings for limits of its own
    covered   executed on enough of the good parts of the group that have readings at all
    sigma     the sigma used, after the floor of discrete tests; 0 where there is none
    floored   that floor was used
    low, high limits applied, NaN on a side that is not screened
    clamp     0 none, 1 low, 2 high, 3 both: sides on which the test's own limit is the tighter one
    outside   readings outside the test's own limits where the median is, so that there are no limits; else 0
    """

    by: Strata
    found: Populations
    enough: BoolArray
    covered: BoolArray
    sigma: Float64Array
    floored: BoolArray
    low: Float64Array
    high: Float64Array
    clamp: npt.NDArray[np.int8]
    outside: Int64Array
    shaped: Shaped | None = None


@dataclass(frozen=True)
class Derivation:
    """Limits of every screened test in every group, and where each group takes them from.

    tests   int64: rows of `tests` that are screened
    levels  the divisions, the narrowest first
    group   per level: int32, group of that level that each group of the narrowest level lies in
    depth   int64, shape (tests, narrowest groups): level whose limits are used
    """

    tests: TestRows
    levels: tuple[Level, ...]
    group: tuple[CodeArray, ...]
    depth: npt.NDArray[np.int64]

    def kept(self, depth: int) -> BoolArray:
        """Limits of one level that some group looked at on its way, shape (tests, groups): rows of `limits`."""
        out = np.zeros(self.levels[depth].enough.shape, dtype=bool)
        rows, columns = np.nonzero(self.depth >= depth)
        out[rows, self.group[depth][columns]] = True
        is_widest = depth == len(self.levels) - 1
        return out if is_widest else out & (self.levels[depth].found.n > 0)


def derive(lot: Lot, recipe: Recipe) -> Derivation:
    """Dynamic part-average limits of a lot, from its good final parts.

    A group with fewer than `recipe.least` readings takes the limits of the wider division it lies in.
    Source  AEC-Q001 Rev D; what goes beyond it is marked in `standards/aec_q001.csv`
    """
    tests = screened_tests(lot, recipe)
    good = lot.final & lot.passed & logged_parts(lot)
    divisions = levels(lot, recipe.scope)
    group = ancestors(divisions)
    depth = np.full((len(tests), len(divisions[0].labels)), len(divisions) - 1, dtype=np.int64)
    missing = np.ones(depth.shape, dtype=bool)
    found = []
    for place, by in enumerate(divisions):
        level = _level(lot, recipe, np.where(missing.any(axis=1), tests, -1), good, by)
        settled = missing & level.enough[:, group[place]]
        depth[settled] = place
        missing &= ~settled
        found.append(level)
    return Derivation(tests, tuple(found), group, depth)


def logged_parts(lot: Lot) -> BoolArray:
    """Parts with any reading, bool, shape (parts,): testers often log a sample of the parts only."""
    out = np.zeros(lot.parts.num_rows, dtype=bool)
    out[lot.measurements.part] = True
    return out


def screened_tests(lot: Lot, recipe: Recipe) -> TestRows:
    """Rows of `tests` that a recipe screens, by kind and by patterns; int64, ascending."""
    kinds = lot.tests["kind"].to_pylist()
    return np.array(
        [
            row
            for row, (kind, words) in enumerate(zip(kinds, words_of_tests(lot), strict=True))
            if kind in recipe.kinds and matches(recipe.include, words) and not matches(recipe.exclude, words)
        ],
        dtype=np.int64,
    )


def screened_by_any(lot: Lot, recipe: Recipe) -> TestRows:
    """Rows of `tests` that any of the recipe's screens of dynamic limits looks at; int64, ascending."""
    return np.unique(np.concatenate([screened_tests(lot, one) for one in recipe.dynamic]))


def unmatched_patterns(lot: Lot, recipe: Recipe) -> list[tuple[str, str]]:
    """Patterns that no test of the lot answers to, each with the screen that has it."""
    tests = list(words_of_tests(lot))
    shared = {key for key in ("include", "exclude") if any(key not in dict(row.parameters) for row in _rows(recipe))}
    wanted = [(SCREEN, pattern) for key in ("include", "exclude") if key in shared for pattern in getattr(recipe, key)]
    for row in recipe.screens:
        keys = dict(row.parameters)
        wanted += [(row.kind, pattern) for key in ("include", "exclude") for pattern in keys.get(key, ())]
    return [pair for pair in dict.fromkeys(wanted) if not any(matches((pair[1],), words) for words in tests)]


def _rows(recipe: Recipe) -> list[ScreenRow]:
    """The recipe's screens of dynamic limits."""
    return [row for row in recipe.ordered if row.kind == SCREEN]


def words_of_tests(lot: Lot) -> Iterator[tuple[str, ...]]:
    """What patterns are held against, per test: its name and number, and its unit and kind with the word before."""
    columns = (lot.tests[name].to_pylist() for name in ("name", "number", "unit", "kind"))
    for name, number, unit, kind in zip(*columns, strict=True):
        yield str(name or "").lower(), str(number), f"unit:{unit or ''}".lower(), f"kind:{kind}"


def matches(patterns: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether a test answers to a pattern; one that names no class is held against name and number alone."""
    return any(
        fnmatchcase(word, pattern.lower())
        for pattern in patterns
        for word in (words[2:] if pattern.lower().startswith(CLASSES) else words[:2])
    )


def _level(lot: Lot, recipe: Recipe, tests: TestRows, good: BoolArray, by: Strata) -> Level:
    found = populations(lot.measurements, tests, good, by, recipe)
    members = np.bincount(by.codes[good & (by.codes >= 0)], minlength=len(by.labels))
    enough = found.n >= recipe.least
    covered = found.n >= recipe.coverage * members[None, :]
    sigma, floored = floored_sigma(found, recipe)
    misplaced = enough & _misplaced(lot, tests, found.median)
    used = np.where(enough & covered & ~misplaced & (sigma > 0), sigma, np.nan)
    low, high, clamp = _sides(lot, recipe, tests, found.median, used)
    outside = _outside(lot, recipe, tests, good, by, misplaced)
    if not follows_shape(recipe):
        return Level(by, found, enough, covered, sigma, floored, low, high, clamp, outside)
    own = shaped(lot, recipe, tests, np.where(good, by.codes, np.int32(-1)), np.isfinite(used))
    low, high, clamp = (
        np.where(own.changed, one, plain) for one, plain in ((own.low, low), (own.high, high), (own.clamp, clamp))
    )
    return Level(by, found, enough, covered, sigma, floored, low, high, clamp, outside, own)


def floored_sigma(found: Populations, recipe: Recipe) -> tuple[Float64Array, BoolArray]:
    """Sigma of every population, of one with few different values at least some steps; and where it was raised."""
    few = (found.distinct <= recipe.discrete_values) | (found.distinct < recipe.discrete_fraction * found.n)
    floor = recipe.discrete_floor * found.step
    floored = few & (found.way < LAST_WAY) & (found.sigma < floor)
    return np.where(floored, floor, found.sigma), floored


def _misplaced(lot: Lot, tests: TestRows, centre: Float64Array) -> BoolArray:
    """Where the middle of a population lies outside the test's own limits."""
    low, high = (limit[tests][:, None] for limit in lot.test_limits)
    return (np.isfinite(low) & (centre < low)) | (np.isfinite(high) & (centre > high))


def _outside(
    lot: Lot, recipe: Recipe, tests: TestRows, good: BoolArray, by: Strata, misplaced: BoolArray
) -> Int64Array:
    """How many readings of each misplaced population lie outside the test's own limits."""
    out = np.zeros(misplaced.shape, dtype=np.int64)
    codes = np.where(good, by.codes, np.int32(-1))
    for row in np.flatnonzero(misplaced.any(axis=1)).tolist():
        low, high = (float(limit[tests[row]]) for limit in lot.test_limits)
        counts = outside_own_limits(lot.measurements, int(tests[row]), codes, recipe, low, high, misplaced.shape[1])
        out[row] = np.where(misplaced[row], counts, 0)
    return out


def _sides(
    lot: Lot, recipe: Recipe, tests: TestRows, centre: Float64Array, sigma: Float64Array
) -> tuple[Float64Array, Float64Array, npt.NDArray[np.int8]]:
    """Limits on the sides that are screened, never wider than the test's own; and which of them were clamped."""
    own_low, own_high = (limit[tests][:, None] for limit in lot.test_limits)
    has_low, has_high = np.isfinite(own_low), np.isfinite(own_high)
    both = ~has_low & ~has_high & (recipe.without_limits == "two")
    low = np.where(has_low | both, centre - recipe.width * sigma, np.nan)
    high = np.where(has_high | both, centre + recipe.width * sigma, np.nan)
    tight_low, tight_high = has_low & (own_low > low), has_high & (own_high < high)
    clamp = (tight_low + 2 * tight_high).astype(np.int8)
    return np.where(tight_low, own_low, low), np.where(tight_high, own_high, high), clamp
