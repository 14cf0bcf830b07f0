"""A lot through all screens of a recipe: limits, verdicts, dispositions, and what a reader must know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corecar.errors import RecipeError
from corecar.lot import BoolArray, Lot
from corecar.screen.budgets import over_budgets
from corecar.screen.dies import Dies, lay_out
from corecar.screen.dispositions import dispose
from corecar.screen.drift_screen import drift_screen
from corecar.screen.dynamic import unmatched_patterns
from corecar.screen.dynamic_screens import covered, dynamic_screens, limit_notes, misplaced, unscreened, unseen
from corecar.screen.edge_ring import edge_ring
from corecar.screen.findings import Findings, nothing, verdict_rows
from corecar.screen.geography import cluster, gdbn, scratch
from corecar.screen.group_screens import mahalanobis, pca_residual
from corecar.screen.iddq_screens import iddq_delta, iddq_ratio
from corecar.screen.ink import ink
from corecar.screen.ink_lists import ListReader, csv_list
from corecar.screen.kills import Kills, kills
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
    dynamic = dynamic_screens(lot, recipe)
    derived = [one.derived for one in dynamic.values()]
    dies = lay_out(lot) if recipe.screens else None
    unheld, unknown = coverage(lot, derived)
    waiting = unscreened(lot, dynamic, unheld)
    raw = [
        judge(lot, dynamic[place].derived, dynamic[place].recipe)
        if place in dynamic
        else _found(lot, dies, row, recipe, static, before, earlier, read_list)
        for place, row in enumerate(recipe.ordered)
    ]
    raw = [covered(one, waiting, dynamic[place].name) if place in dynamic else one for place, one in enumerate(raw)]
    good = int((lot.final & lot.passed).sum())
    found = [settled(row, one, good=good) for row, one in zip(recipe.ordered, raw, strict=True)]
    limits, verdicts, soft = _joined(lot, recipe, found)
    notes = [
        *_recipe_notes(lot, recipe),
        *(note for place, one in dynamic.items() for note in limit_notes(found[place].records, one)),
        *_reading_notes(unknown),
        *_identity_notes(lot, verdicts),
        *dict.fromkeys(note for one in found for note in one.notes),
        *how_to_go_on(recipe.ordered, raw, good),
        *_bare(dies, recipe, optional=True),
    ]
    places = dict.fromkeys(reason for one in found for reason in one.hold)
    modes = dict.fromkeys(words for one in derived for words in two_mode_words(lot, one))
    bare = _bare(dies, recipe, optional=False)
    hold = (*over_budgets(lot, verdicts, found, recipe), *misplaced(lot, derived), *modes, *places, *bare)
    if unheld and not waiting:
        notes.append(f"{unseen(unheld)}.")
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
    lot: Lot, dies: Dies | None, row: ScreenRow, recipe: Recipe, static: Sequence[StaticTest],
    before: Lot | None, earlier: Sequence[LotYields], read_list: ListReader,
) -> Findings:  # fmt: skip
    """What one screen of the recipe found. No screen sees what another one rejected: they never cascade."""
    if row.kind == STATIC:
        none = [not_applied_words(STATIC, "no static limits were given")]
        return static_screen(lot, static) if static else nothing(STATIC, none)
    if row.kind == DRIFT:
        return drift_screen(lot, before, row, recipe)
    if row.kind == RECOVERY:
        return recovery_rate(lot, row, recipe, earlier)
    if row.kind in PLACELESS:
        return PLACELESS[row.kind](lot, row, recipe)
    assert dies is not None, "only a recipe without such screens has none"
    missing = not_applied(row.kind, dies)
    if missing is not None:
        return missing
    if row.kind == INK:
        return ink(lot, dies, row, read_list)
    if row.kind in OF_PLACES:
        return OF_PLACES[row.kind](lot, dies, row)
    return OF_READINGS[row.kind](lot, dies, row, recipe)


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
