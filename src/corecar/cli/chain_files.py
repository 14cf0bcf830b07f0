"""`chain template` and `chain check`: tables of the chain in files, which need no workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corecar.cli.options import Csv, Json

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder; it is created.")]
Paths = Annotated[
    list[Path],
    typer.Argument(metavar="PATH", help="Workbooks, CSV, Parquet, Catena-X JSON, folders of them."),
]


def template(folder: Folder) -> None:
    """Write an annotated workbook and CSVs to fill in: drop-down lists, units, one example row a sheet.

    Rows that begin with # are remarks: what each cell holds, and the example. They are never taken in.
    """
    from corecar.formats.chain import write_template

    files = write_template(folder)
    typer.echo(f"wrote {files[0]} and {len(files) - 1} CSV files in {files[1].parent}")
    typer.echo(f"Fill one of them in, then: corecar chain check {files[0]}")


def check(
    paths: Paths,
    partial: Annotated[bool, typer.Option("--partial", help="Say what would be left out for its faults.")] = False,
    faults: Annotated[
        Path | None, typer.Option("--faults", metavar="CSV", help="Write every fault and warning to this file too.")
    ] = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Hold files against every rule, and say what they hold. Nothing is taken in.

    Every fault is told at once, with its sheet, row, column, value, and what to write instead; then the exit code is 1.
    """
    from corecar.bridge.chain.chain_intake import check_files
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import form

    wanted = form(json, csv)
    _, answer = check_files(paths, partial=partial, faults=faults)
    print_answer(answer, wanted)
