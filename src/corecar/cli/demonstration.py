"""`demo`: the main job on a fictional lot, or on a file of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Lot = Annotated[Path | None, typer.Option("--lot", metavar="FILE", help="A tester file of your own to grade instead.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for the lot and everything about it.")]


def demo(out: Out, lot: Lot = None) -> None:
    """Simulate a lot of 25 wafers, grade it, and say how many of the planted outliers were caught."""
    from corecar.bridge.grade import demonstration
    from corecar.cli.progress import reading
    from corecar.cli.summary import print_summary

    with reading(*([lot] if lot else []), works=("reading", "grading")) as progress:
        graded = demonstration.demo(out, lot=lot, progress=progress)
    print_summary(graded, out)
