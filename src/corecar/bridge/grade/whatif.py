"""What other widths of the dynamic limits would cost and let through: of files, or of a lot of the workspace."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from corecar.assess.core_tails import TAILS, CoreTails
from corecar.assess.escapes import MODEL, SOURCE, STANDARD, Outliers, OutlierTail, outlier_threshold, tell_outliers
from corecar.atomic import refused
from corecar.bridge.calls import Call
from corecar.bridge.files.ink_maps import ink_list
from corecar.bridge.grade.grading import Paths, check_one_lot, read_lot
from corecar.bridge.grade.truth import Truth, find_truth, planted_outliers, planted_parts
from corecar.bridge.plain import plain
from corecar.bridge.travel import Returned, Sent
from corecar.errors import ArgumentError, RecipeError, TooFewParts
from corecar.lot import Choice, Identity, Lot, OnError, Progress
from corecar.plurals import plural
from corecar.screen import Recipe, read_recipe, screen
from corecar.screen.dynamic import screened_by_any
from corecar.screen.kills import names_of_screens
from corecar.screen.outlying import Outlying, outlying
from corecar.screen.rows import PLACED
from corecar.screen.width_sweep import MOST, WidthSweep, sweep_widths
from corecar.standards import value

FROM, TO, STEP = (float(value(STANDARD, "sweep", name)) for name in ("from", "to", "step"))


def what_if(
    source: Lot | Paths,
    *,
    recipe: str | Path | Recipe | None = None,
    start: float = FROM,
    stop: float = TO,
    step: float = STEP,
    out: str | Path | None = None,
    identity: Identity = "auto",
    retest: Choice = "last",
    encoding: str | None = None,
    on_error: OnError = "raise",
    truth: Truth | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """What each width of the dynamic limits would reject, and how many outliers it is predicted to let through.

    source       the files of one lot, or a lot that was read before
    start, stop  ends of the sweep, and `step` between its widths [robust sigmas]
    out          folder for whatif.json, .csv, .svg, .html and .pdf; nothing is written without
    truth        truth file of a simulated lot; one that stands beside a source is found by itself
    others       as in `corecar.grade`
    Returns      said, facts, rows (one per width), notes, details (with the model of the escapes)
    Raises       ArgumentError for a sweep that is none, RecipeError for a recipe without a width to sweep, and what
                 `corecar.grade` raises
    Source       `corecar.assess.escapes.SOURCE`

    >>> what_if("lot.stdf.gz", start=4, stop=8)["rows"][0]["yield_loss"]     # doctest: +SKIP
    0.031
    """
    chosen = recipe if isinstance(recipe, Recipe) else read_recipe(recipe)
    widths = widths_of(start, stop, step)
    lot = source if isinstance(source, Lot) else read_lot(source, identity, retest, encoding, on_error, progress)
    check_one_lot(lot)
    found = [truth] if truth is not None else find_truth([one.path for one in lot.sources])
    answer = swept(lot, chosen, widths, found)
    if out is not None:
        write_what_if(answer, out)
    return answer


def whatif(
    call: Call,
    lot: Annotated[str, "Name or number of the lot."],
    *,
    recipe: Annotated[
        str | None, "A recipe file, or the name of one that comes with Corecar.", Sent(or_word=True)
    ] = None,
    start: Annotated[float, "The narrowest width, in robust sigmas."] = FROM,
    stop: Annotated[float, "The widest width, in robust sigmas."] = TO,
    step: Annotated[float, "The step between two widths."] = STEP,
    out: Annotated[
        str | Path | None, "A folder for table, picture and report, one below it per insertion.", Returned(folder=True)
    ] = None,
) -> dict[str, Any]:
    """Say what other widths of the dynamic limits would reject and let through. Nothing is graded.

    Raises  NotFound; RecipeError, OutputError, ArgumentError, and what reading raises
    """
    chosen, widths = read_recipe(recipe), widths_of(start, stop, step)
    answers = {name: swept(one, chosen, widths) for name, one in insertions_read(call, lot)}
    for name, answer in answers.items():
        if out is not None:
            write_what_if(answer, Path(out) / name.replace("/", "-") if len(answers) > 1 else out)
    if len(answers) == 1:
        return next(iter(answers.values()))
    return {
        "said": " ".join(f"{name}: {answer['said']}" for name, answer in answers.items()),
        "rows": [{"insertion": name, **row} for name, answer in answers.items() for row in answer["rows"]],
        "notes": [f"{name}: {note}" for name, answer in answers.items() for note in answer["notes"]],
        "details": {name: answer["details"] for name, answer in answers.items()},
    }


def insertions_read(call: Call, lot: str) -> Iterable[tuple[str, Lot]]:
    """The insertions of a kept lot; the store is imported only here, so that files need none of it."""
    from corecar.bridge.lot.kept_lots import insertions_of

    return insertions_of(call, lot)


def widths_of(start: float, stop: float, step: float) -> list[float]:
    """The widths of a sweep. Raises ArgumentError for ends in the wrong order, or no step."""
    if not (0 < start < stop <= 100) or not step > 0 or (stop - start) / step > MOST - 1:
        raise ArgumentError(
            f"from {start:g} to {stop:g} by {step:g}: expected 0 < from < to <= 100 and a step above 0 that makes at "
            f"most {MOST:,} widths. Try --from 3 --to 10 --step 0.25."
        )
    count = int((stop - start) / step + 1e-9) + 1
    return [round(start + place * step, 10) for place in range(count)]


def swept(lot: Lot, recipe: Recipe, widths: Sequence[float], truth: Sequence[Truth] = ()) -> dict[str, Any]:
    """The answer of `what_if` for a lot that was read; without rows where there is nothing to sweep."""
    good = int((lot.final & lot.passed).sum())
    if not recipe.swept:
        raise RecipeError(
            f"{recipe.title}: every [[screen]] {PLACED} has a width of its own, so there is none to sweep. Leave the "
            f"width out of the one to look at: it takes that of [{PLACED}]."
        )
    far = outlying(lot, recipe, outlier_threshold(_readings(lot, recipe)), TAILS)
    nothing = _nothing_screened(lot, recipe, good, far)
    sweep = sweep_widths(lot, recipe, widths)
    if not nothing and not len(sweep.part):
        nothing = (
            f"No reading of {plural(good, 'good part')} lies beyond the limits of any width from {widths[0]:g} to "
            f"{widths[-1]:g} robust sigmas: every one of them rejects none. Try a narrower --from."
        )
    told, why = (None, []) if nothing else _told(far, good, _readings(lot, recipe))
    tail = None if told is None else told.tail
    others = set() if nothing else _other_rejects(lot, recipe)
    rows = [] if nothing else _rows(lot, sweep, far, told, others, good, truth)
    return {
        "said": nothing or _said(rows, recipe, good),
        "facts": _facts(lot, recipe, good, tail),
        "rows": rows,
        "notes": [*why, *([] if nothing else _notes(recipe, sweep, others))],
        "width": recipe.width,
        "details": {
            "model": {"says": MODEL, "source": SOURCE, "tail": None if tail is None else plain(tail.to_dict())},
            "parameters": recipe.parameters(),
        },
    }


def _nothing_screened(lot: Lot, recipe: Recipe, good: int, far: Outlying) -> str:
    """Why no test was screened; empty when some was."""
    if not good:
        return "No test was screened: the lot has no good part."
    if len(far.readings):
        return ""
    matched = len(screened_by_any(lot, recipe))
    if not matched:
        return (
            f"No test was screened: none of the lot's {plural(lot.tests.num_rows, 'test')} is one that the recipe "
            f"{recipe.title} screens. Look at its kinds, include and exclude with `corecar recipe show`."
        )
    return (
        f"No test was screened: none of the {plural(matched, 'test')} that the recipe {recipe.title} names got dynamic "
        f"limits over {plural(good, 'good part')}; each needs {recipe.least} readings. See `corecar grade`."
    )


def _rows(
    lot: Lot, sweep: WidthSweep, far: Outlying, told: Outliers | None, others: set[int], good: int,
    truth: Sequence[Truth],
) -> list[dict[str, Any]]:  # fmt: skip
    planted = [planted_parts(lot, {"planted": planted_outliers(one)}) for one in truth]
    strong = set().union(*(one for one, _ in planted))
    weak = set().union(*(one for _, one in planted))
    rows = []
    for place, width in enumerate(sweep.widths.tolist()):
        rejected = set(sweep.part[sweep.rejected[place]].tolist())
        spared = ~np.isin(far.part, list(rejected | others))
        known = _known(rejected | others, strong, weak) if truth else {}
        rows.append(_row(width, rejected, others, good, None if told is None else told.escapes(spared)) | known)
    return rows


def _row(
    width: float, rejected: set[int], others: set[int], good: int, escaping: tuple[float, float, float] | None
) -> dict[str, Any]:
    gone = len(rejected | others)
    ships = good - gone
    escapes, low, high = escaping or (None, None, None)
    ppm = None if escapes is None or not ships else 1e6 * escapes / ships
    return {
        "width": width, "rejected": len(rejected), "with_others": gone if others else None,
        "yield_loss": gone / good if good else None, "may_ship": ships,
        "escapes": escapes, "escapes_low": low, "escapes_high": high, "escapes_ppm": ppm,
    }  # fmt: skip


def _known(rejected: set[int], strong: set[int], weak: set[int]) -> dict[str, Any]:
    """What the truth says of the parts that a width rejects."""
    return {
        "planted_missed": len(strong - rejected), "weak_missed": len(weak - rejected),
        "false_kills": len(rejected - strong - weak),
    }  # fmt: skip


def _readings(lot: Lot, recipe: Recipe) -> int:
    """Readings of good final parts in the tests that the recipe screens; 1 at least."""
    good = lot.final & lot.passed
    m = lot.measurements
    return max(1, sum(int(good[m.part[m.of(test)]].sum()) for test in screened_by_any(lot, recipe).tolist()))


def _told(far: Outlying, good: int, readings: int) -> tuple[Outliers | None, list[str]]:
    """The outliers, and what must be said of it."""
    least, sure = (int(value(STANDARD, "escapes", name)) for name in ("least_good", "sure"))
    if good < least:
        return None, [f"No escapes are predicted: the lot has {plural(good, 'good part')}, and the tails of its core "
                      f"are known from {least} up."]  # fmt: skip
    core = CoreTails(far.readings, far.below, far.above, far.held, far.reach)
    parts = len(far.part) / far.beyond if far.beyond else 1.0
    try:
        told = tell_outliers(far.distance, outlier_threshold(readings), lambda distance: parts * core.beyond(distance))
    except TooFewParts as error:
        return None, [f"No escapes are predicted: {error}"]
    tail = told.tail
    if tail.outliers < sure:
        return told, [f"Escapes rest on few outliers, about {tail.outliers:.1f} of {tail.parts:,} parts beyond "
                      f"{tail.threshold:.2f} robust sigmas: go by their bounds."]  # fmt: skip
    if tail.outliers > float(value(STANDARD, "escapes", "many")) * good:
        return told, [f"About {tail.outliers:,.0f} of {plural(good, 'good part')} look like outliers: tests of several "
                      "populations or heavy tails do that. Escapes count their sound parts too; look at the tests "
                      "that reject most before the recipe."]  # fmt: skip
    return told, []


def _other_rejects(lot: Lot, recipe: Recipe) -> set[int]:
    """Parts that the recipe's other screens reject, whatever the width."""
    if not recipe.screens:
        return set()
    killed = screen(lot, recipe, read_list=ink_list).kills.parts
    rows = zip(names_of_screens(recipe), recipe.ordered, strict=True)
    swept = {name for name, row in rows if row.kind == PLACED and "width" not in dict(row.parameters)}
    return {part for name, parts in killed.items() if name not in swept for part in parts}


def _facts(lot: Lot, recipe: Recipe, good: int, tail: OutlierTail | None) -> dict[str, Any]:
    about = lot.summary()
    fitted = None if tail is None else (
        f"{tail.parts:,} parts beyond {tail.threshold:.2f} robust sigmas: about {tail.outliers:.1f} outliers "
        f"({tail.outliers_low:.0f} to {tail.outliers_high:.0f}); the core's own tails leave about {tail.core:.1f} there"
    )  # fmt: skip
    return {"lot": ", ".join(filter(None, np.atleast_1d(about["lot"]).tolist())) if about["lot"] else None,
            "recipe": recipe.title, "good_parts": f"{good:,}", "outlier_tail": fitted}  # fmt: skip


def _said(rows: list[dict[str, Any]], recipe: Recipe, good: int) -> str:
    first, last = rows[0], rows[-1]
    return (
        f"From {first['width']:g} to {last['width']:g} robust sigmas the yield loss falls from "
        f"{first['yield_loss']:.3%} to {last['yield_loss']:.3%} of {good:,} good parts; "
        f"the recipe has {recipe.width:g}."
    )


def _notes(recipe: Recipe, sweep: WidthSweep, others: set[int]) -> list[str]:
    notes = [f"escapes: {MODEL}. Source: {SOURCE}."]
    if others:
        notes.append(f"The recipe's other screens reject {len(others):,} parts at any width; yield loss counts them.")
    if not sweep.one_pass:
        notes.append("The limits follow shapes, so they were made anew for each width.")
    return notes


def write_what_if(answer: dict[str, Any], out: str | Path) -> None:
    """Write whatif.json, .csv, .svg, .html and .pdf into a folder; where there is nothing to sweep a note says so.

    Raises  OutputError
    """
    if not answer["rows"]:
        answer["notes"].append(f"nothing was written to {out}: there is nothing to draw.")
        return
    from corecar.fonts import families
    from corecar.report.figures.svg import standalone
    from corecar.report.html import html_page
    from corecar.report.pdf import typeset
    from corecar.report.what_if import sweep_figure, what_if_document

    document = what_if_document(answer)
    table = io.StringIO()
    writer = csv.DictWriter(table, list(answer["rows"][0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(answer["rows"])
    contents = {
        "json": json.dumps(plain(answer), indent=1, ensure_ascii=False).encode() + b"\n",
        "csv": table.getvalue().encode(),
        "svg": standalone(sweep_figure(answer), families()).encode(),
        "html": html_page(document).encode(),
        "pdf": typeset(document),
    }
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
        for ending, content in contents.items():
            (Path(out) / f"whatif.{ending}").write_bytes(content)
    except OSError as error:
        raise refused(out, error) from error
