"""A lot through all screens of a recipe: limits, verdicts, dispositions, and what a reader must know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corecar.errors import RecipeError
from corecar.lot import BoolArray, Lot
from corecar.plurals import plural
from corecar.screen.budgets import over_budgets
from corecar.screen.dies import Dies, lay_out
from corecar.screen.dispositions import dispose, labels_of_tests
from corecar.screen.drift_screen import drift_screen
from corecar.screen.dynamic import Derivation, derive, logged_parts, unmatched_patterns
from corecar.screen.edge_ring import edge_ring
from corecar.screen.findings import Findings, nothing, verdict_rows
from corecar.screen.geography import cluster, gdbn, scratch
from corecar.screen.group_screens import mahalanobis, pca_residual
from corecar.screen.iddq_screens import iddq_delta, iddq_ratio
from corecar.screen.ink import ink
from corecar.screen.ink_lists import ListReader, csv_list
from corecar.screen.kills import Kills, kills
from corecar.screen.limits import OUTSIDE, outside_fallback
from corecar.screen.lot_yields import LotYields
from corecar.screen.pair_screen import pair_residual
from corecar.screen.placed import bare_notes, not_applied, not_applied_words
from corecar.screen.recipe import Recipe
from corecar.screen.recovery_screen import recovery_rate
from corecar.screen.residual_screens import ncr, nnr, parametric_z_pat
from corecar.screen.retest_screen import retest
from corecar.screen.rows import DRIFT, PLACED, RECOVERY, STATIC, ScreenRow, drift_row
from corecar.screen.running_screen import running_pat
from corecar.screen.stack_screens import z_pat
from corecar.screen.static_lots import StaticTest, static_screen
from corecar.screen.two_modes import two_mode_words
from corecar.screen.unjudged import how_to_go_on, settled
from corecar.screen.verdicts import coverage, judge

OF_PLACES = {
    "gdbn": gdbn,
    "cluster": cluster,
    "scratch": scratch,
    "edge-ring": edge_ring,
    "z-pat": z_pat,
}
"""Screens of where failed dies lie, by their kind in a recipe."""

INK = "ink"
"""The screen whose places somebody else names."""

OF_READINGS = {"nnr": nnr, "parametric-z-pat": parametric_z_pat, "ncr": ncr}
"""Screens of readings against those around them."""

IN_ORDER = {"running-pat": running_pat, "retest": retest}
"""Screens of parts in the order of test, which need no places."""

OF_RELATIONS = {
    "mahalanobis": mahalanobis,
    "pca-residual": pca_residual,
    "pair-residual": pair_residual,
    "iddq-delta": iddq_delta,
    "iddq-ratio": iddq_ratio,
}
"""Screens of several readings of a part against each other, which need no places either."""

PLACELESS = {**IN_ORDER, **OF_RELATIONS}

NAMED = 3
"""Tests that a sentence names; of more, it says how many."""


@dataclass(frozen=True)
class Screening:
    """What the screens found; the tables' columns stand in `corecar.tables`.

    notes  what a reader must know, one sentence each
    hold   why the lot must not ship before review, one sentence each; empty when nothing stands against it
    kills  what each screen rejects, alone and together with others
    """

    limits: Any
    verdicts: Any
    dispositions: Any
    notes: tuple[str, ...]
    hold: tuple[str, ...]
    kills: Kills


def screen(
    lot: Lot,
    recipe: Recipe,
    static: Sequence[StaticTest] = (),
    before: Lot | None = None,
    earlier: Sequence[LotYields] = (),
    *,
    read_list: ListReader = csv_list,
) -> Screening:
    """Put a lot through the screens of a recipe.

    static     limits for the screen `static-pat`, which a recipe without it gets as its first where there are any
    before     the same units before a stress, for the screen `drift`, which a recipe without it gets as its last
    earlier    what was counted of the lots before, for the screen `recovery-rate`
    read_list  what reads the file of the screen `ink`: lists of places by default
    Parts only ever move from good to rejected. Raises RecipeError when the bin for rejected parts is one that the
    tester uses for good parts.
    """
    recipe = with_static(recipe) if static else recipe
    recipe = _with_drift(recipe) if before is not None else recipe
    _check_bins(lot, recipe)
    derived = derive(lot, recipe)
    dies = lay_out(lot) if recipe.screens else None
    unheld, unknown = coverage(lot, derived)
    waiting = _unscreened(lot, derived, unheld, recipe)
    raw = [_found(lot, dies, row, recipe, derived, static, before, earlier, read_list) for row in recipe.ordered]
    raw = [_covered(one, waiting) if one.rule == PLACED else one for one in raw]
    good = int((lot.final & lot.passed).sum())
    found = [settled(row, one, good=good) for row, one in zip(recipe.ordered, raw, strict=True)]
    limits, verdicts, soft = _joined(lot, recipe, found)
    own = next(one for one in found if one.rule == PLACED)
    notes = [
        *_recipe_notes(lot, recipe),
        *_limit_notes(lot, own.records, len(derived.tests), recipe),
        *_reading_notes(unknown),
        *_identity_notes(lot, verdicts),
        *dict.fromkeys(note for one in found for note in one.notes),
        *how_to_go_on(recipe.ordered, raw, good),
        *_bare(dies, recipe, optional=True),
    ]
    places = dict.fromkeys(reason for one in found for reason in one.hold)
    modes = two_mode_words(lot, derived)
    bare = _bare(dies, recipe, optional=False)
    hold = (*over_budgets(lot, verdicts, found, recipe), *_misplaced(lot, derived), *modes, *places, *bare)
    if unheld and not waiting:
        notes.append(f"{_unseen(unheld)}.")
    return Screening(limits, verdicts, dispose(lot, verdicts, soft), tuple(notes), hold, kills(lot, recipe, found))


def with_static(recipe: Recipe) -> Recipe:
    """The recipe with a place for static limits."""
    if any(row.kind == STATIC for row in recipe.screens):
        return recipe
    return replace(recipe, screens=(ScreenRow(STATIC, (), recipe.hard_bin, recipe.soft_bin), *recipe.screens))


def _with_drift(recipe: Recipe) -> Recipe:
    """The recipe with a place for drift."""
    if any(row.kind == DRIFT for row in recipe.screens):
        return recipe
    return replace(recipe, screens=(*recipe.ordered, drift_row(recipe.hard_bin, recipe.soft_bin)))


def _found(
    lot: Lot, dies: Dies | None, row: ScreenRow, recipe: Recipe, derived: Derivation, static: Sequence[StaticTest],
    before: Lot | None, earlier: Sequence[LotYields], read_list: ListReader,
) -> Findings:  # fmt: skip
    """What one screen of the recipe found. No screen sees what another one rejected: they never cascade."""
    if row.kind == PLACED or dies is None:
        return judge(lot, derived, recipe)
    if row.kind == STATIC:
        none = [not_applied_words(STATIC, "no static limits were given")]
        return static_screen(lot, static) if static else nothing(STATIC, none)
    if row.kind == DRIFT:
        return drift_screen(lot, before, row, recipe)
    if row.kind == RECOVERY:
        return recovery_rate(lot, row, recipe, earlier)
    if row.kind in PLACELESS:
        return PLACELESS[row.kind](lot, row, recipe)
    missing = not_applied(row.kind, dies)
    if missing is not None:
        return missing
    if row.kind == INK:
        return ink(lot, dies, row, read_list)
    if row.kind in OF_PLACES:
        return OF_PLACES[row.kind](lot, dies, row)
    return OF_READINGS[row.kind](lot, dies, row, recipe)


def _covered(found: Findings, waiting: Sequence[str]) -> Findings:
    """The dynamic limits with why most of the lot may not have been seen by them."""
    return replace(found, unjudged=tuple(waiting)) if found.is_idle else replace(found, hold=tuple(waiting))


def _bare(dies: Dies | None, recipe: Recipe, *, optional: bool) -> tuple[str, ...]:
    """That parts without coordinates were not seen by the screens of places, of the optional ones or the others."""
    kinds = [
        row.kind
        for row in recipe.screens
        if row.kind not in (PLACED, STATIC, DRIFT, RECOVERY, *PLACELESS) and row.optional == optional
    ]
    return bare_notes(dies, kinds) if dies else ()


def _joined(lot: Lot, recipe: Recipe, found: list[Findings]) -> tuple[Any, Any, npt.NDArray[np.uint16]]:
    """All screens' records and verdicts as one table each, in the recipe's order, and the soft bin of each verdict."""
    first = np.cumsum([0, *(one.records.num_rows for one in found)]).tolist()
    limits = pa.concat_tables([one.records for one in found]).combine_chunks()
    numbers = pa.array(np.arange(limits.num_rows, dtype=np.uint32))
    limits = limits.set_column(0, limits.schema.field("limit"), numbers)
    rows = list(zip(recipe.ordered, found, first, strict=False))
    verdicts = pa.concat_tables([verdict_rows(lot, one, at, row.hard) for row, one, at in rows]).combine_chunks()
    soft = np.repeat([row.soft for row in recipe.ordered], [len(one.part) for one in found])
    return limits, verdicts, soft.astype(np.uint16)


def _check_bins(lot: Lot, recipe: Recipe) -> None:
    for kind, wanted in _bins(recipe):
        if (_in_bin(lot, kind, wanted) & lot.passed).any():
            raise RecipeError(
                f"{recipe.title}: {_where(recipe, kind, wanted)}{kind} = {wanted}: the tester puts good parts into "
                f"this {kind} bin. Choose a number that the test program does not use."
            )


def _bins(recipe: Recipe) -> list[tuple[str, int]]:
    """Every bin that the recipe gives, as kind and number."""
    return [*(("hard", number) for number in recipe.hard_bins), *(("soft", number) for number in recipe.soft_bins)]


def _where(recipe: Recipe, kind: str, number: int) -> str:
    """Where in the recipe a bin stands."""
    if number == {"hard": recipe.hard_bin, "soft": recipe.soft_bin}[kind]:
        return "[bins] "
    row = next(row for row in recipe.screens if {"hard": row.hard, "soft": row.soft}[kind] == number)
    return f"[[screen]] {row.kind} "


def _in_bin(lot: Lot, kind: str, number: int) -> BoolArray:
    """Parts in a bin, bool, shape (parts,)."""
    found: BoolArray = pc.fill_null(pc.equal(lot.parts[f"{kind}_bin"], number), False).to_numpy()
    return found


def _recipe_notes(lot: Lot, recipe: Recipe) -> list[str]:
    several = len(recipe.ordered) > 1
    notes = [
        f'The recipe\'s pattern "{pattern}"{f" for {kind}" if several else ""} fits no test of this lot.'
        for kind, pattern in unmatched_patterns(lot, recipe)
    ]
    for row in recipe.screens:
        empty = [number for number in dict(row.parameters).get("bins", ()) if not _in_bin(lot, "hard", number).any()]
        if empty:
            told = ", ".join(map(str, empty))
            notes.append(
                f"{row.kind}: no part of this lot is in {'hard bins' if len(empty) > 1 else 'hard bin'} {told}."
            )
    for kind, wanted in _bins(recipe):
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
        told = ", ".join(f"{cause} ({count:,})" for cause, count in causes.most_common())
        notes.append(f"{screened - len(held):,} of {plural(screened, 'test')} could not be screened: {told}.")
    if small:
        notes.append(
            f"The limits of {plural(small, 'test')} rest on fewer than {recipe.small} readings in some group (small-n)."
        )
    return notes


def _cause(n: int, fallback: str, recipe: Recipe) -> str:
    if n < recipe.least:
        return f"fewer than {recipe.least} readings"
    if fallback.endswith(OUTSIDE):
        return "readings that the tester passed lie outside the test's own limits"
    return fallback.split("; ")[-1].removeprefix("not screenable: ").removesuffix(": not screened")


def _reading_notes(count: int) -> list[str]:
    if not count:
        return []
    if count == 1:
        return ["1 reading of a good part is not a number; it was held against no limit."]
    return [f"{count:,} readings of good parts are not a number; they were held against no limit."]


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


def _misplaced(lot: Lot, derived: Derivation) -> tuple[str, ...]:
    """Why the lot must wait: the tester passed what its own limits refuse: one of the two is wrong."""
    counts = np.max([level.outside.sum(axis=1) for level in derived.levels], axis=0, initial=0)
    found = np.flatnonzero(counts)
    if not len(found):
        return ()
    names = labels_of_tests(lot)
    most = found[np.argsort(-counts[found], kind="stable")].tolist()
    told = [f"{names[int(derived.tests[row])]} ({counts[row]:,})" for row in most[:NAMED]]
    more = f" and {plural(len(most) - NAMED, 'more test')}" if len(most) > NAMED else ""
    return (
        f"{outside_fallback(int(counts.sum()))}: {', '.join(told)}{more}. No limits were made there. "
        "Look for wrong limits or units in the test program.",
    )


def _unseen(count: int) -> str:
    """That no screen has seen some parts."""
    has, them = ("has", "it") if count == 1 else ("have", "them")
    return f"{plural(count, 'good part')} {has} no reading that a limit stands over; no screen has seen {them}"


def _unscreened(lot: Lot, derived: Derivation, unheld: int, recipe: Recipe) -> tuple[str, ...]:
    """Why the lot must wait: most screens never saw part of the lot, and what to do about it."""
    good = int((lot.final & lot.passed).sum())
    if unheld <= (1 - recipe.coverage) * good:
        return ()
    return (
        f"{unheld:,} of {plural(good, 'good part')} ({unheld / good:.1%}) have no reading that a limit stands over: no "
        f"screen has seen them. {_advice(lot, derived, unheld, recipe)}",
    )


def _advice(lot: Lot, derived: Derivation, unheld: int, recipe: Recipe) -> str:
    """What to do about parts that no screen has seen, by the cause of most."""
    unlogged = int((lot.final & lot.passed & ~logged_parts(lot)).sum())
    if 2 * unlogged >= unheld:
        return "Log every part, or agree with the customer that the logged ones stand for the rest."
    if not len(derived.tests):
        return "The recipe's patterns and kinds leave no test of this lot; `corecar tests FILE` lists what it has."
    if not any(level.enough.any() for level in derived.levels):
        return (
            f"No test has the {recipe.least} readings that limits take at least: give all files of the lot in one "
            "call, or hold the parts against static limits."
        )
    return "No limits could be made for what was read of them; the notes say why."
