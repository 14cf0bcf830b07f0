"""`draw`: one drawing of a lot as SVG, PNG or HTML."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corecar.cli.forms import Form, form
from corecar.cli.generated import ActorOption, WorkspaceOption
from corecar.cli.grading import NOT_OF_A_LOT, NOT_OF_FILES, means_lot, no_lot_either, refuse
from corecar.cli.options import (
    Encoding,
    Files,
    Identity,
    IdentityOption,
    Json,
    Retest,
    RetestOption,
    Salvage,
    on_error,
)

if TYPE_CHECKING:
    from corecar.cli.first_run import Work


class Kind(StrEnum):
    """What can be drawn."""

    wafer = "wafer"
    gallery = "gallery"
    stack = "stack"
    parametric = "parametric"
    histogram = "histogram"
    box = "box"
    trend = "trend"
    scatter = "scatter"
    pareto = "pareto"
    pat = "pat"


class Bins(StrEnum):
    """Which bins a pareto ranks."""

    hard = "hard"
    soft = "soft"


What = Annotated[Kind, typer.Argument(metavar="KIND", help=f"What to draw: {', '.join(Kind)}.")]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write: .svg, .png or .html.")]
Tests = Annotated[
    list[str] | None,
    typer.Option(
        "--test", metavar="TEST", help="A test by number or name; repeatable, twice for a scatter. Else the worst one."
    ),
]
Wafer = Annotated[str | None, typer.Option("--wafer", help="Only this wafer.")]
Insertion = Annotated[
    str | None, typer.Option("--insertion", help="Stage and temperature of a lot of a workspace that has several.")
]
OfBins = Annotated[Bins, typer.Option("--bins", help="Which bins a pareto ranks.")]
Recipe = Annotated[
    str | None, typer.Option("--recipe", help="Screen the lot by this recipe first, and draw what that left.")
]


def draw(
    kind: What,
    files: Files,
    out: Out,
    test: Tests = None,
    wafer: Wafer = None,
    bins: OfBins = Bins.hard,
    recipe: Recipe = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    insertion: Insertion = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
) -> None:
    """Draw a lot into a file: a lot of a workspace by its name, or the files of one lot.

    wafer, gallery: bins of one wafer, of all. stack: share of fails at each place over all wafers. parametric: a test's
    readings over the wafers. histogram: by site. box: by wafer. trend: in the order of testing, with each part's
    limits. scatter: one test against another. pareto: fail bins, most first. pat: a test before and after screening.
    """
    from corecar.bridge.grade.drawing import draw as draw_lot
    from corecar.cli.progress import reading
    from corecar.cli.streams import print_json
    from corecar.cli.wording import wrapped

    alone = len(files) == 1 and not files[0].exists()
    of_lots = {"--workspace": workspace, "--as": actor, "--insertion": insertion}
    if alone and means_lot(str(files[0]), workspace, actor, surely=any(of_lots.values())):
        refuse({"--salvage": salvage, "--encoding": encoding}, NOT_OF_A_LOT)
        how = {
            "out": out, "test": test or [], "wafer": wafer, "bins": bins.value, "recipe": recipe,
            "insertion": insertion, "identity": identity.value, "retest": retest.value,
        }  # fmt: skip
        _draw_kept(kind.value, str(files[0]), workspace, actor, how, form(json, False))
        return
    refuse(of_lots, NOT_OF_FILES)
    works: tuple[Work, ...] = ("reading", "grading") if recipe or kind is Kind.pat else ("reading",)
    with no_lot_either(alone), reading(*files, works=works) as progress:
        done = draw_lot(
            kind.value, files, out, tests=test or (), wafer=wafer, bins=bins.value, recipe=recipe,
            identity=identity.value, retest=retest.value, encoding=encoding, on_error=on_error(salvage),
            progress=progress,
        )  # fmt: skip
    if json:
        print_json({"written": str(done.path), "notes": list(done.notes)}, indent=1)
        return
    for note in done.notes:
        typer.echo(wrapped("note: ", note))
    typer.echo(f"wrote {done.path}")


def _draw_kept(
    kind: str, lot: str, workspace: str | None, actor: str | None, how: Mapping[str, object], wanted: Form
) -> None:
    """Draw a lot of the workspace and print what became of it."""
    from corecar.bridge.verbs import WORKSPACE_VERBS
    from corecar.cli.calling import call_verb

    given = {"kind": kind, "lot": lot, **how}
    answer = call_verb(
        WORKSPACE_VERBS["draw"], given, workspace=workspace, actor=actor, key=None, later=False, wanted=wanted
    )
    if wanted is Form.TABLE:
        typer.echo(f"wrote {answer['written']}")
