"""Draw a lot of the workspace from the files that were kept, under the facts in force."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from corecar.bridge.calls import Call
from corecar.bridge.grade.drawing import draw as draw_lot
from corecar.bridge.lot.kept_lots import KeptRun, insertion_label, kept_lot, kept_runs_of
from corecar.bridge.lot.left_out import runs_left_out
from corecar.bridge.sharing import own_lot
from corecar.bridge.travel import Returned
from corecar.errors import ArgumentError
from corecar.lot import Choice, Identity
from corecar.store.catalogue.models import Run
from corecar.temperatures import temperature_c

Kind = Literal[
    "wafer", "gallery", "stack", "parametric", "histogram", "box", "trend", "scatter", "pareto", "pat"
]  # fmt: skip


def draw(
    call: Call,
    kind: Annotated[Kind, "What to draw."],
    lot: Annotated[str, "Name or number of the lot."],
    *,
    out: Annotated[str | Path, "The file to write: .svg, .png or .html.", Returned()],
    test: Annotated[Sequence[str], "Tests by number or name; two for a scatter; the worst one without any."] = (),
    wafer: Annotated[str | None, "Only this wafer."] = None,
    bins: Annotated[Literal["hard", "soft"], "Which bins a pareto ranks."] = "hard",
    recipe: Annotated[str | None, "Screen the lot by this recipe first, and draw what that left."] = None,
    insertion: Annotated[str | None, "Stage and temperature to draw, where the lot has several."] = None,
    identity: Annotated[Identity, "What makes two attempts the same unit."] = "auto",
    retest: Annotated[Choice, "Which attempt at a unit counts."] = "last",
) -> dict[str, Any]:
    """Draw one insertion of a lot into a file, from the files that were kept.

    Raises  NotFound; ArgumentError for a test, wafer or insertion that there is not; RecipeError, OutputError
    """
    found = own_lot(call, lot)
    left = runs_left_out(call.session, call.store, Run.lot_id == found.id)
    runs = _of_insertion(
        found.name, [run for run in kept_runs_of(call.session, found) if run.id not in left], insertion
    )
    with kept_lot(call.store.objects, runs, identity=identity, retest=retest) as (whole, _):
        drawn = draw_lot(kind, whole, out, tests=test, wafer=wafer, bins=bins, recipe=recipe)
    said = f"Lot {found.name}, {insertion_label(runs[0].insertion)}: {drawn.title}."
    return {"said": said, "lot": found.name, "written": str(drawn.path), "notes": list(drawn.notes)}


def _of_insertion(lot: str, runs: Sequence[KeptRun], wanted: str | None) -> list[KeptRun]:
    """The runs of the insertion asked for, or of the only one there is. Raises ArgumentError."""
    insertions: dict[str, list[KeptRun]] = {}
    for run in runs:
        insertions.setdefault(insertion_label(run.insertion), []).append(run)
    if wanted is not None:
        wanted = next((label for label in insertions if _spelled(label) == _spelled(wanted)), wanted)
    if wanted is None and len(insertions) == 1:
        return next(iter(insertions.values()))
    if wanted not in insertions:
        asked = "say which to draw" if wanted is None else f'there is no "{wanted}"'
        raise ArgumentError(f"lot {lot}: {asked}. Its insertions: {'; '.join(insertions)}.")
    return insertions[wanted]


def _spelled(label: str) -> list[str | None]:
    """The words of an insertion, its temperature in its plainest spelling."""
    return [temperature_c(word) for word in label.split()]
