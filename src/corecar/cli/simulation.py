"""`simulate lot`: fictional test data with a known truth."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Stage(StrEnum):
    """Where in the chain the lot is tested."""

    sort = "wafer-sort"
    final = "final-test"


class Style(StrEnum):
    """How much each record of a test repeats of what the first one said."""

    lean = "lean"
    text = "text"
    full = "full"


Out = Annotated[
    Path, typer.Argument(metavar="OUT", help="The file to write: .stdf, with .gz or .zst behind it or not.")
]
Wafers = Annotated[int, typer.Option("--wafers", min=1, max=1000, help="Wafers, or trays at final test.")]
Dies = Annotated[int, typer.Option("--dies", min=1, help="Parts on each wafer.")]
Tests = Annotated[int, typer.Option("--tests", min=8, help="Tests in the program.")]
Sites = Annotated[int, typer.Option("--sites", min=1, help="Parts tested at a time.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same options and seed write the same bytes.")]
StageOption = Annotated[Stage, typer.Option("--stage", help="Wafers with X and Y, or trays of numbered units.")]
StyleOption = Annotated[Style, typer.Option("--style", help="Names and limits once, names always, or all always.")]
Big = Annotated[bool, typer.Option("--big-endian", help="Write the other byte order.")]
Stop = Annotated[bool, typer.Option("--stop-on-fail", help="Leave out what comes after a part's first failing test.")]


def lot(
    out: Out,
    wafers: Wafers = 25,
    dies: Dies = 1000,
    tests: Tests = 60,
    sites: Sites = 4,
    seed: Seed = 1,
    stage: StageOption = Stage.sort,
    style: StyleOption = Style.lean,
    big_endian: Big = False,
    stop_on_fail: Stop = False,
) -> None:
    """Write a fictional lot as genuine STDF, and a truth file that lists the outliers planted in it."""
    from corecar.cli.progress import counting
    from corecar.simulate import simulate_lot, truth_path

    with counting("simulating wafers") as progress:
        simulate_lot(
            out,
            wafers=wafers,
            dies=dies,
            tests=tests,
            sites=sites,
            seed=seed,
            stage="final test" if stage is Stage.final else "wafer sort",
            style=style.value,
            big_endian=big_endian,
            stop_on_fail=stop_on_fail,
            progress=progress,
        )
    typer.echo(f"wrote {out} (a fictional lot)")
    typer.echo(f"wrote {truth_path(out)} (what was planted in it)")
