"""A lot through all screens of a recipe: limits, verdicts, dispositions, and what a reader must know."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from corecar.errors import RecipeError
from corecar.lot import BoolArray, Lot
from corecar.screen.dispositions import dispose, labels_of_tests
from corecar.screen.dynamic import derive, unmatched_patterns
from corecar.screen.evidence import limits_table
from corecar.screen.recipe import Recipe
from corecar.screen.verdicts import coverage, judge


@dataclass(frozen=True)
class Screening:
    """What the screens found; the tables' columns stand in `corecar.tables`.

    notes  what a reader must know, one sentence each
    hold   why the lot must not ship before review, one sentence each; empty when nothing stands against it
    """

    limits: Any
    verdicts: Any
    dispositions: Any
    notes: tuple[str, ...]
    hold: tuple[str, ...]


def screen(lot: Lot, recipe: Recipe) -> Screening:
    """Put a lot through the screens of a recipe.

    Parts only ever move from good to rejected. Raises RecipeError when the bin for rejected parts is one that the
    tester uses for good parts.
    """
    _check_bins(lot, recipe)
    derived = derive(lot, recipe)
    limits = limits_table(derived, recipe)
    verdicts = judge(lot, derived, recipe)
    unheld, unknown = coverage(lot, derived)
    notes = [
        *_recipe_notes(lot, recipe),
        *_limit_notes(lot, limits, len(derived.tests), recipe),
        *_reading_notes(unknown),
        *_identity_notes(lot, verdicts),
    ]
    hold = (*_over_budget(lot, verdicts, recipe), *_unscreened(lot, unheld, recipe))
    if unheld and not hold:
        notes.append(f"{unheld} good parts have no reading that a limit stands over; no screen has seen them.")
    return Screening(limits, verdicts, dispose(lot, verdicts, recipe), tuple(notes), hold)


def _check_bins(lot: Lot, recipe: Recipe) -> None:
    for kind, wanted in (("hard", recipe.hard_bin), ("soft", recipe.soft_bin)):
        if (_in_bin(lot, kind, wanted) & lot.passed).any():
            raise RecipeError(
                f"{recipe.title}: [bins] {kind} = {wanted}: the tester puts good parts into this {kind} bin. "
                "Choose a number that the test program does not use."
            )


def _in_bin(lot: Lot, kind: str, number: int) -> BoolArray:
    """Parts in a bin, bool, shape (parts,)."""
    found: BoolArray = pc.fill_null(pc.equal(lot.parts[f"{kind}_bin"], number), False).to_numpy()
    return found


def _recipe_notes(lot: Lot, recipe: Recipe) -> list[str]:
    notes = [
        f'The recipe\'s pattern "{pattern}" fits no test of this lot.' for pattern in unmatched_patterns(lot, recipe)
    ]
    for kind, wanted in (("hard", recipe.hard_bin), ("soft", recipe.soft_bin)):
        if _in_bin(lot, kind, wanted).any():
            notes.append(
                f"The tester uses {kind} bin {wanted} too; rejected parts can't be told from its own by the bin."
            )
    return notes


def _limit_notes(lot: Lot, limits: Any, screened: int, recipe: Recipe) -> list[str]:
    """How many tests could not be screened, and how many rest on few readings."""
    rows = list(zip(*(limits[name].to_pylist() for name in ("test", "n", "fallback", "applied")), strict=True))
    held = {test for test, _, _, applied in rows if applied}
    last = {test: _cause(n, fallback, recipe) for test, n, fallback, _ in rows if test not in held}
    causes = Counter(last.values())
    small = len({test for test, n, _, applied in rows if applied and n < recipe.small})
    notes = []
    if len(held) < screened:
        told = ", ".join(f"{cause} ({count})" for cause, count in causes.most_common())
        notes.append(f"{screened - len(held)} of {screened} tests could not be screened: {told}.")
    if small:
        notes.append(f"The limits of {small} tests rest on fewer than {recipe.small} readings in some group (small-n).")
    return notes


def _cause(n: int, fallback: str, recipe: Recipe) -> str:
    if n < recipe.least:
        return f"fewer than {recipe.least} readings"
    return fallback.split("; ")[-1].removeprefix("not screenable: ").removesuffix(": not screened")


def _reading_notes(count: int) -> list[str]:
    if not count:
        return []
    return [f"{count} readings of good parts are not a number; they were held against no limit."]


def _identity_notes(lot: Lot, verdicts: Any) -> list[str]:
    if lot.retests.identity != "none" or lot.parts.num_rows > lot.parts["wafer"].null_count:
        return []
    if verdicts.num_rows == 0:
        return ["The parts carry no identity: limits apply to them as a lot, and none was found beyond."]
    found = "The parts carry no identity, so a rejected part can't be picked out of the lot by its record. "
    if np.unique(lot.runs["test_pass"].to_numpy()).size > 1:
        found += "Attempts of the retest passes can't be matched with first attempts either. "
    return [
        found + "The verdicts are limits for a retest: parts are shippable when retested within the `limits` table."
    ]


def _over_budget(lot: Lot, verdicts: Any, recipe: Recipe) -> tuple[str, ...]:
    """Why the lot must wait: more rejected than the budget allows looks like a broken test, or a mixed population."""
    good = int((lot.final & lot.passed).sum())
    rejected = len(np.unique(verdicts["part"].to_numpy()))
    if not good or rejected <= recipe.kill_budget * good:
        return ()
    names = labels_of_tests(lot)
    most = Counter(verdicts["test"].to_pylist()).most_common(3)
    told = ", ".join(f"{names[test]} ({count})" for test, count in most)
    return (
        f"The screens reject {rejected} of {good} good parts ({rejected / good:.2%}), more than the budget of "
        f"{recipe.kill_budget:.2%}. Most by: {told}. Look for a broken test or a mixed population before release.",
    )


def _unscreened(lot: Lot, unheld: int, recipe: Recipe) -> tuple[str, ...]:
    """Why the lot must wait: the tester logged a sample only, so that most screens never saw the other parts."""
    good = int((lot.final & lot.passed).sum())
    if unheld <= (1 - recipe.coverage) * good:
        return ()
    return (
        f"{unheld} of {good} good parts ({unheld / good:.1%}) have no reading that a limit stands over: no screen has "
        "seen them. Log every part, or agree with the customer that the logged ones stand for the rest.",
    )
