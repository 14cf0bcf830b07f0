"""`simulate lot`: invented test data with a known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Out = Annotated[Path, typer.Argument(metavar="OUT", help="The STDF file to write; .gz compresses it.")]
Wafers = Annotated[int, typer.Option("--wafers", min=1, max=999, help="Wafers of the lot.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed writes the same lot.")]


def lot(out: Out, wafers: Wafers = 25, seed: Seed = 1) -> None:
    """Write a fictional lot as genuine STDF, with a truth file that lists the outliers planted in it."""
    from corecar.simulate import simulate_lot

    truth = simulate_lot(out, wafers=wafers, seed=seed)
    typer.echo(f"wrote {out} (fictional)")
    typer.echo(f"wrote {truth}")
