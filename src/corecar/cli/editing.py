"""`anonymise`, `relimit`, `repair`: one STDF file into another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from corecar.cli.options import Salvage, Source, Target, on_error

Key = Annotated[
    str | None,
    typer.Option(
        "--key", help="A secret of your own: the same key gives the same stand-ins, so that several files still match."
    ),
]
Limits = Annotated[
    Path,
    typer.Argument(metavar="LIMITS.csv", help="New limits: columns number, low_limit, high_limit; optionally name."),
]


def anonymise(source: Source, target: Target, key: Key = None, salvage: Salvage = False) -> None:
    """Replace names, lot and product, and rescale the values consistently, so that a file can be shared."""
    from corecar.bridge.files import editing
    from corecar.cli.first_run import tell_first_run

    tell_first_run([source], ["records"])
    _report(target, editing.anonymise(source, target, key=key, on_error=on_error(salvage)))


def relimit(source: Source, limits: Limits, target: Target) -> None:
    """Hold the readings against new limits and derive flags and bins again. For study: the outcome never ships."""
    from corecar.bridge.files import editing
    from corecar.cli.first_run import tell_first_run

    tell_first_run([source], ["records"])
    _report(target, editing.relimit(source, limits, target))


def repair(source: Source, target: Target) -> None:
    """Close a file that broke off: keep every whole record, end open parts and wafers, write the missing summaries."""
    from corecar.bridge.files import editing
    from corecar.cli.first_run import tell_first_run

    tell_first_run([source], ["records"])
    _report(target, editing.repair(source, target) or ["nothing to repair; the copy holds what the file holds"])


def _report(target: Path, notes: Sequence[str]) -> None:
    from corecar.cli.wording import wrapped

    for note in notes:
        typer.echo(wrapped("note: ", note))
    typer.echo(f"wrote {target}")
