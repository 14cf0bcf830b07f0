"""`draw`: one drawing of a lot as SVG, PNG or HTML."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from corecar.cli.options import (
    Encoding,
    Files,
    Identity,
    IdentityOption,
    Retest,
    RetestOption,
    Salvage,
    on_error,
)


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
) -> None:
    """Draw a lot into a file.

    wafer, gallery: bins of one wafer, of all. stack: share of fails at each place over all wafers. parametric: a test's
    readings over the wafers. histogram: by site. box: by wafer. trend: in the order of testing, with each part's
    limits. scatter: one test against another. pareto: fail bins, most first. pat: a test before and after screening.
    """
    from corecar.bridge.drawing import draw as draw_lot
    from corecar.cli.progress import reading
    from corecar.cli.wording import wrapped

    with reading(*files, works=("reading", "grading") if recipe or kind is Kind.pat else ("reading",)) as progress:
        done = draw_lot(
            kind.value, files, out, tests=test or (), wafer=wafer, bins=bins.value, recipe=recipe,
            identity=identity.value, retest=retest.value, encoding=encoding, on_error=on_error(salvage),
            progress=progress,
        )  # fmt: skip
    for note in done.notes:
        typer.echo(wrapped("note: ", note))
    typer.echo(f"wrote {done.path}")
