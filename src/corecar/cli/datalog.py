"""`datalog propose`: a first mapping for a tester that writes CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Table = Annotated[Path, typer.Argument(metavar="CSV", help="The datalog, with its header.")]


def propose(table: Table) -> None:
    """Propose a mapping (TOML) from the header of a CSV datalog; check it and keep it beside the data.

    corecar datalog propose lot7.csv > lot7.toml
    """
    from corecar.formats.datalog import propose_mapping

    typer.echo(propose_mapping(table), nl=False)
