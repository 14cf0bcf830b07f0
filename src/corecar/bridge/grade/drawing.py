"""The verb `draw`: one drawing of a lot as SVG, PNG or HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.assess import measures
from corecar.bridge.grade.grading import Paths, check_one_lot, grade_lot, read_lot
from corecar.errors import ArgumentError
from corecar.faults import alike
from corecar.graded import Grade
from corecar.lot import Choice, Identity, Lot, OnError, Progress
from corecar.plurals import plural
from corecar.report.drawings.drawing import Wanted, of_wafer
from corecar.report.drawings.kinds import KINDS
from corecar.report.drawings.writing import write_drawing
from corecar.report.evidence import Evidence
from corecar.report.figures.saved import checked_ending
from corecar.screen import Recipe, read_recipe
from corecar.screen.dispositions import dispose
from corecar.tables import schema

NAMED = 5
"""Tests that a message names where a word fits several."""


@dataclass(frozen=True)
class Drawn:
    """What was drawn: where it was written, what it shows, and notes on what was chosen or left out.

    A notebook shows the drawing itself.
    """

    path: Path
    title: str
    notes: tuple[str, ...]

    def _repr_svg_(self) -> str | None:
        return self.path.read_text(encoding="utf-8") if self.path.suffix.lower() == ".svg" else None

    def _repr_png_(self) -> bytes | None:
        return self.path.read_bytes() if self.path.suffix.lower() == ".png" else None


def draw(
    kind: str,
    source: Lot | Grade | Paths,
    out: str | Path,
    *,
    tests: Sequence[str | int] = (),
    wafer: str | None = None,
    bins: str = "hard",
    recipe: str | Path | Recipe | None = None,
    identity: Identity = "auto",
    retest: Choice = "last",
    encoding: str | None = None,
    on_error: OnError = "raise",
    progress: Progress | None = None,
) -> Drawn:
    """Draw a lot into a file.

    kind     `wafer`, `gallery`, `stack`, `parametric`, `histogram`, `box`, `trend`, `scatter`, `pareto` or `pat`
    source   the files of one lot, a lot that was read, or one that was graded
    out      the file: .svg, .png or .html
    tests    numbers or names of the tests to draw; two for a scatter; the worst one where none is given
    wafer    only this wafer
    bins     `hard` or `soft`, for `pareto`
    recipe   screen the lot by it first and draw what that left; `pat` takes part average testing without one
    others   as in `corecar.read`
    Raises   SourceError, RecipeError, OutputError; ArgumentError for a kind, test or wafer that there is not

    >>> draw("gallery", "lot.stdf.gz", "wafers.png").title                # doctest: +SKIP
    'Hard bins as tested'
    """
    if kind not in KINDS:
        raise ArgumentError(f'kind="{kind}": expected one of {", ".join(KINDS)}.{alike(kind, KINDS)}')
    checked_ending(out)
    _check_wanted(kind, len(tests), bins)
    if isinstance(source, Grade):
        grade = _graded_before(kind, source, recipe)
    else:
        lot = source if isinstance(source, Lot) else read_lot(source, identity, retest, encoding, on_error, progress)
        check_one_lot(lot)
        grade = grade_lot(lot, _recipe(recipe)) if recipe is not None or KINDS[kind].screened else as_tested(lot)
    evidence = Evidence(grade) if wafer is None else of_wafer(grade, wafer)
    drawn = KINDS[kind].draw(evidence, Wanted(tuple(row_of_test(grade.lot, test) for test in tests), bins))
    alone = () if wafer is None else (f"Wafer {wafer} alone.",)
    drawn = replace(drawn, notes=(*alone, *drawn.notes))
    return Drawn(write_drawing(drawn, evidence, out), drawn.title, (*grade.lot.notes, *drawn.notes))


def _check_wanted(kind: str, tests: int, bins: str) -> None:
    """Nothing that was asked for is passed over. Raises ArgumentError for what this kind does not show."""
    most = KINDS[kind].tests
    if tests > most:
        shown = f"at most {plural(most, 'test')}" if most else "no single test"
        raise ArgumentError(f"{kind} shows {shown}, and {tests} were named.")
    if bins != "hard" and kind != "pareto":
        raise ArgumentError(f'bins="{bins}" is for a pareto; {kind} shows none or the hard ones.')


def _graded_before(kind: str, grade: Grade, recipe: object) -> Grade:
    """A lot that was graded is drawn as that left it. Raises ArgumentError where something else was asked for."""
    if recipe is not None:
        raise ArgumentError("the lot was graded already: leave out the recipe, or give the lot.")
    if KINDS[kind].screened and not grade.recipe:
        raise ArgumentError(f"{kind} shows what screening did, and this lot was not screened.")
    return grade


def _recipe(recipe: str | Path | Recipe | None) -> Recipe:
    return recipe if isinstance(recipe, Recipe) else read_recipe(recipe)


def as_tested(lot: Lot, measured: Any = None) -> Grade:
    """A lot laid out as the tester left it, as if no screen had anything to say.

    measured  its table `measures`; made where it is not given
    """
    nothing: dict[str, Any] = {name: pa.Table.from_pylist([], schema=schema(name)) for name in ("limits", "verdicts")}
    return Grade(
        lot=lot,
        recipe="",
        parameters={},
        limits=nothing["limits"],
        verdicts=nothing["verdicts"],
        dispositions=dispose(lot, nothing["verdicts"], np.zeros(0, dtype=np.uint16)),
        measures=measures(lot) if measured is None else measured,
    )


def row_of_test(lot: Lot, test: str | int) -> int:
    """The row of a test by its number or name, with its pin as `NAME [PIN]`. Raises ArgumentError unless it is one."""
    columns = (lot.tests[name].to_pylist() for name in ("number", "name", "pin"))
    word = str(test)
    found = []
    for row, (number, name, pin) in enumerate(zip(*columns, strict=True)):
        if word in (str(number), name, f"{name} [{pin}]", f"{number} [{pin}]"):
            found.append((row, f"{number} {name or ''}{f' [{pin}]' if pin else ''}"))
    if not found:
        near = alike(word, [name for name in lot.tests["name"].to_pylist() if name])
        raise ArgumentError(f'no test has the number or name "{word}".{near} `corecar tests FILE` lists them.')
    if len(found) > 1:
        said = "; ".join(words for _, words in found[:NAMED]) + (" ..." if len(found) > NAMED else "")
        raise ArgumentError(
            f'"{word}" names {len(found)} tests: {said}. Give one of them as NUMBER, NAME or NAME [PIN].'
        )
    return found[0][0]
