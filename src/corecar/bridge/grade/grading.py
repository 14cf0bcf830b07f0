"""The main job: read a lot, screen it, say what may ship, and write it all down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corecar.assess import measures
from corecar.bridge.files.ink_maps import ink_list
from corecar.bridge.grade.truth import Truth, compare, find_truth, planted_outliers
from corecar.errors import ArgumentError, TooFewParts
from corecar.graded import Grade
from corecar.lot import Choice, Identity, Lot, OnError, Progress
from corecar.screen import Recipe, Screening, read_recipe, screen
from corecar.screen.lot_yields import LotYields, lot_yields
from corecar.screen.overrides import Override, let_through
from corecar.screen.static_lots import StaticTest
from corecar.screen.yield_screen import YieldScreening, yield_screen

if TYPE_CHECKING:
    from corecar.formats.maps import MapFormat

Paths = str | Path | Iterable[str | Path]

NAMED = 3
"""Files that a message names; of more, it says how many."""


def grade(
    source: Lot | Paths,
    *,
    recipe: str | Path | Recipe | None = None,
    out: str | Path | None = None,
    maps: Sequence[str] = (),
    identity: Identity = "auto",
    retest: Choice = "last",
    encoding: str | None = None,
    on_error: OnError = "raise",
    truth: Truth | None = None,
    history: Iterable[str | Path | LotYields] = (),
    static: str | Path | None = None,
    before: Lot | Paths | None = None,
    progress: Progress | None = None,
) -> Grade:
    """Screen a lot to automotive grade and say what may ship.

    source    the files of one lot, or a lot that was read before
    recipe    path of a recipe, name of a shipped one, or a `Recipe`; part average testing after AEC-Q001 by default
    out       folder for summary.json, the tables, wafer maps, re-binned STDF and reports; nothing is written without
    maps      formats of the wafer maps in it beside SEMI G85: `e142`, `sinf`, `csv`
    identity  what makes two attempts the same unit, and `retest` which of them counts: as in `corecar.read`
    encoding  codec of the text in the files, and `on_error` what damage does: as in `corecar.read`
    truth     truth file of a simulated lot; one that stands beside a source is found by itself
    history   lots before it, to hold its yield and bins against: folders that grading wrote, or their summary.json
    static    file of static limits, as `corecar static` makes it: no part beyond them ships either
    before    files of the same units before a stress such as burn-in: no part that drifted too far ships either
    progress  called with the bytes read and the bytes in all
    Raises    SourceError, RecipeError, OutputError; ArgumentError for files of several lots or products; TooFewParts
              where no part was tested
    Source    AEC-Q001 Rev D

    >>> grade("lot.stdf.gz", out="graded").shippable             # doctest: +SKIP
    23_411
    """
    chosen = recipe if isinstance(recipe, Recipe) else read_recipe(recipe)
    lot = source if isinstance(source, Lot) else read_lot(source, identity, retest, encoding, on_error, progress)
    old = (
        before if before is None or isinstance(before, Lot) else read_lot(before, identity, retest, encoding, on_error)
    )
    return grade_lot(
        lot, chosen, out=out, maps=maps, truth=truth, earlier=_earlier(history), static=_static(static), before=old
    )


def grade_lot(
    lot: Lot,
    recipe: Recipe,
    *,
    out: str | Path | None = None,
    maps: Sequence[str] = (),
    truth: Truth | None = None,
    files: Mapping[str, Path] | None = None,
    earlier: Iterable[LotYields] = (),
    static: tuple[StaticTest, ...] = (),
    before: Lot | None = None,
    overrides: Sequence[Override] = (),
) -> Grade:
    """Grade a lot that was read, as `grade`.

    earlier  what was counted of the lots before it, and `static` the static limits to hold it against
    before   the same units before a stress
    overrides  rejected parts that two persons let through
    files    where the content of a source lies now, by the path it was read from, as far as that is elsewhere
    """
    check_one_lot(lot)
    _check_product(lot, before)
    if maps and out is None:
        raise ArgumentError(f"maps={list(maps)}: maps are written into a folder, and out is not given. Give it too.")
    formats = _formats(maps)
    graded = let_through(_graded(lot, recipe, truth, list(earlier), static, before), overrides)
    if out is not None:
        from corecar.bridge.grade.deliverables import deliver

        return deliver(graded, recipe, out, files or {}, formats)
    return graded


def read_lot(
    source: Paths,
    identity: Identity,
    retest: Choice,
    encoding: str | None,
    on_error: OnError,
    progress: Progress | None = None,
) -> Lot:
    """Read one lot from a path or several, as `corecar.read`."""
    from corecar.formats import read

    paths = [source] if isinstance(source, (str, Path)) else list(source)
    return read(paths, identity=identity, retest=retest, encoding=encoding, on_error=on_error, progress=progress)


def check_one_lot(lot: Lot) -> None:
    """Limits come from one lot's own parts: several lots, several products or no part at all cannot be graded."""
    for kind in ("lot", "product"):
        names = lot.runs[kind].to_pylist()
        found = {name: _files(lot, names, name) for name in dict.fromkeys(names) if name}
        if len(found) > 1:
            told = ", ".join(f"{name} ({files})" for name, files in found.items())
            raise ArgumentError(f"the files hold more than one {kind}: {told}. Grade one lot at a time.")
    if not lot.parts.num_rows:
        files = ", ".join(dict.fromkeys(source.path for source in lot.sources)) or "this lot"
        raise TooFewParts(
            f"{files}: no part was tested, so there is nothing to grade. See what `corecar info` says of it."
        )


def _check_product(lot: Lot, before: Lot | None) -> None:
    """Readings before a stress are of the same product."""
    if before is None:
        return
    one, other = ({name for name in each.runs["product"].to_pylist() if name} for each in (before, lot))
    if one and other and one != other:
        told = f"{', '.join(sorted(one))} before, {', '.join(sorted(other))} after"
        raise ArgumentError(
            f"the files before the stress are of another product: {told}. Give those of the same units."
        )


def _formats(names: Sequence[str]) -> tuple[MapFormat, ...]:
    """The map formats asked for; told before any work is done when one is unknown."""
    if not names:
        return ()
    from corecar.formats.maps import checked_formats

    return checked_formats(names)


def _files(lot: Lot, names: list[str | None], wanted: str) -> str:
    """The files whose runs are of one name."""
    sources = lot.runs["source"].to_pylist()
    files = list(dict.fromkeys(file or "?" for file, name in zip(sources, names, strict=True) if name == wanted))
    more = f" and {len(files) - NAMED} more" if len(files) > NAMED else ""
    return ", ".join(files[:NAMED]) + more


def _earlier(history: Iterable[str | Path | LotYields]) -> list[LotYields]:
    from corecar.bridge.files.earlier_lots import earlier_lots

    given = list(history)
    read_back = earlier_lots(one for one in given if not isinstance(one, LotYields))
    return [*(one for one in given if isinstance(one, LotYields)), *read_back]


def _static(path: str | Path | None) -> tuple[StaticTest, ...]:
    from corecar.bridge.limits.static_limits import read_static_limits

    return () if path is None else read_static_limits(path)


def _graded(
    lot: Lot, recipe: Recipe, truth: Truth | None, earlier: list[LotYields], static: tuple[StaticTest, ...],
    before: Lot | None,
) -> Grade:  # fmt: skip
    screened = screen(lot, recipe, static, before, earlier, read_list=ink_list)
    counts = lot_yields(lot)
    judged = yield_screen(counts, earlier, recipe) if earlier or recipe.yield_required else YieldScreening()
    study = _for_study(lot)
    hold = (*screened.hold, *judged.hold, *_lost(lot), *_repaired(lot), *study)
    return Grade(
        lot=lot,
        recipe=recipe.title,
        parameters=recipe.parameters(),
        limits=screened.limits,
        verdicts=screened.verdicts,
        dispositions=screened.dispositions,
        measures=measures(lot),
        notes=(*lot.notes, *screened.notes, *judged.notes),
        hold=hold,
        study=bool(study),
        quarantine=judged.quarantine,
        kills=screened.kills.to_dict(),
        yields={"counts": counts.to_dict(), **judged.to_dict()},
        truth=_compared(lot, screened, truth),
    )


def _lost(lot: Lot) -> tuple[str, ...]:
    """A lot of which records were lost is not shown to be whole."""
    return tuple(
        f"{source.path} is damaged and was read as far as it goes: parts may be missing. Find a whole copy first."
        for source in lot.sources
        if source.salvaged
    )


def _repaired(lot: Lot) -> tuple[str, ...]:
    """Closing a file that broke off, or copying what was whole of it, does not bring back what was lost."""
    from corecar.formats.stdf.marks import LOSSES, REPAIR, tells_loss

    closed, copied = "was closed by `corecar repair`", "was salvaged from a damaged file"
    told = ((source.path, warning) for source in lot.sources for warning in source.warnings if tells_loss(warning))
    return tuple(
        f"{path} {closed if warning.startswith(LOSSES[REPAIR]) else copied}: parts may be missing. Find a whole copy "
        "first."
        for path, warning in told
    )


def _for_study(lot: Lot) -> tuple[str, ...]:
    """Readings held against other limits than the tester's say nothing about what may ship."""
    from corecar.formats.stdf.marks import NEVER_SHIPPABLE

    marked = [text for text in lot.texts["text"].to_pylist() if (text or "").startswith(NEVER_SHIPPABLE)]
    return tuple(f"{text.split(';')[0]}. Grade the file that the tester wrote." for text in dict.fromkeys(marked))


def _compared(lot: Lot, screened: Screening, truth: Truth | None) -> dict[str, Any] | None:
    found = find_truth([source.path for source in lot.sources]) if truth is None else [truth]
    if not found:
        return None
    planted = [outlier for one in found for outlier in planted_outliers(one)]
    return compare(lot, planted, screened.kills.parts)
