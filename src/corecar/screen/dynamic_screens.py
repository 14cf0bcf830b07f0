"""The screens of dynamic limits that a recipe has, and what a reader must know of what they could not judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from corecar.lot import Lot
from corecar.plurals import plural
from corecar.screen.dispositions import labels_of_tests
from corecar.screen.dynamic import Derivation, derive, logged_parts
from corecar.screen.findings import Findings
from corecar.screen.kills import names_of_screens
from corecar.screen.limits import OUTSIDE, outside_fallback
from corecar.screen.placed import not_applied_words
from corecar.screen.recipe import Recipe
from corecar.screen.rows import PLACED

NAMED = 3
"""Tests that a sentence names; of more, it says how many."""


@dataclass(frozen=True)
class DynamicScreen:
    """One screen of dynamic limits.

    name     as the screens of the recipe are told apart; empty where it is the only one of its kind
    recipe   the recipe as this screen sees it
    derived  its limits
    """

    name: str
    recipe: Recipe
    derived: Derivation


def dynamic_screens(lot: Lot, recipe: Recipe) -> dict[int, DynamicScreen]:
    """The screens of dynamic limits by their place in `recipe.ordered`."""
    names = names_of_screens(recipe)
    found = {}
    for place, row in enumerate(recipe.ordered):
        if row.kind == PLACED:
            own = recipe.of(row)
            found[place] = DynamicScreen(names[place] if names[place] != PLACED else "", own, derive(lot, own))
    return found


def covered(found: Findings, waiting: Sequence[str], name: str) -> Findings:
    """The dynamic limits with why most of the lot may not have been seen by them.

    name  of one among several; where the others saw the lot, it alone judged nothing
    """
    if not found.is_idle:
        return replace(found, hold=tuple(waiting))
    alone = (not_applied_words(name, "no test got limits"),) if name else ()
    return replace(found, unjudged=tuple(waiting) or alone)


def limit_notes(limits: Any, screen: DynamicScreen) -> list[str]:
    """How many tests could not be screened, and how many rest on few readings."""
    recipe, screened = screen.recipe, len(screen.derived.tests)
    lead = f"{screen.name}: " if screen.name else ""
    rows = list(zip(*(limits[name].to_pylist() for name in ("test", "n", "fallback", "applied")), strict=True))
    held = {test for test, _, _, applied in rows if applied}
    last = {test: _cause(n, fallback, recipe) for test, n, fallback, _ in rows if test not in held}
    causes = Counter(last.values())
    small = len({test for test, n, _, applied in rows if applied and n < recipe.small})
    notes = []
    if len(held) < screened:
        told = ", ".join(f"{cause} ({count:,})" for cause, count in causes.most_common()) or "there is no good part"
        notes.append(f"{lead}{screened - len(held):,} of {plural(screened, 'test')} could not be screened: {told}.")
    if small:
        notes.append(
            f"{lead}{'the' if lead else 'The'} limits of {plural(small, 'test')} rest on fewer than {recipe.small} "
            "readings in some group (small-n)."
        )
    return notes


def _cause(n: int, fallback: str, recipe: Recipe) -> str:
    if not n:
        return "no reading of a good part that is a number"
    if n < recipe.least:
        return f"fewer than {recipe.least} readings"
    if fallback.endswith(OUTSIDE):
        return "readings that the tester passed lie outside the test's own limits"
    return fallback.split("; ")[-1].removeprefix("not screenable: ").removesuffix(": not screened")


def misplaced(lot: Lot, derived: Sequence[Derivation]) -> tuple[str, ...]:
    """Why the lot must wait: the tester passed what its own limits refuse: one of the two is wrong."""
    counts = np.zeros(lot.tests.num_rows, dtype=np.int64)
    for one in derived:
        for level in one.levels:
            counts[one.tests] = np.maximum(counts[one.tests], level.outside.sum(axis=1))
    found = np.flatnonzero(counts)
    if not len(found):
        return ()
    names = labels_of_tests(lot)
    most = found[np.argsort(-counts[found], kind="stable")].tolist()
    told = [f"{names[test]} ({counts[test]:,})" for test in most[:NAMED]]
    more = f" and {plural(len(most) - NAMED, 'more test')}" if len(most) > NAMED else ""
    return (
        f"{outside_fallback(int(counts.sum()))}: {', '.join(told)}{more}. No limits were made there. "
        "Look for wrong limits or units in the test program.",
    )


def unseen(count: int) -> str:
    """That no screen has seen some parts."""
    has, them = ("has", "it") if count == 1 else ("have", "them")
    return f"{plural(count, 'good part')} {has} no reading that a limit stands over; no screen has seen {them}"


def unscreened(lot: Lot, dynamic: Mapping[int, DynamicScreen], unheld: int) -> tuple[str, ...]:
    """Why the lot must wait: most screens never saw part of the lot, and what to do about it."""
    good = int((lot.final & lot.passed).sum())
    if unheld <= (1 - max(one.recipe.coverage for one in dynamic.values())) * good:
        return ()
    has, them = ("has", "it") if unheld == 1 else ("have", "them")
    return (
        f"{unheld:,} of {plural(good, 'good part')} ({unheld / good:.1%}) {has} no reading that a limit stands over: "
        f"no screen has seen {them}. {_advice(lot, list(dynamic.values()), unheld)}",
    )


def _advice(lot: Lot, dynamic: Sequence[DynamicScreen], unheld: int) -> str:
    """What to do about parts that no screen has seen, by the cause of most."""
    unlogged = int((lot.final & lot.passed & ~logged_parts(lot)).sum())
    if 2 * unlogged >= unheld:
        return "Log every part, or agree with the customer that the logged ones stand for the rest."
    if not any(len(one.derived.tests) for one in dynamic):
        return "The recipe's patterns and kinds leave no test of this lot; `corecar tests FILE` lists what it has."
    if not any(level.enough.any() for one in dynamic for level in one.derived.levels):
        return (
            f"No test has the {min(one.recipe.least for one in dynamic)} readings that limits take at least: give all "
            "files of the lot in one call, or hold the parts against static limits."
        )
    return "No limits could be made for what was read of them; the notes say why."
