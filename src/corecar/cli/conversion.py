"""`convert`: one format into another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corecar.cli.options import Encoding, Identity, IdentityOption, Retest, RetestOption, Salvage, on_error

From = Annotated[Path, typer.Argument(metavar="A", help="A tester file: STDF, ATDF or mapped CSV, compressed or not.")]
To = Annotated[
    Path,
    typer.Argument(metavar="B", help="What to write; its extension says what: .stdf, .atdf, .csv, .parquet, .xlsx."),
]


def convert(
    source: From,
    target: To,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
) -> None:
    """Convert a file; the extension of B decides into what."""
    from corecar.bridge.conversion import convert as convert_file
    from corecar.cli.progress import reading

    with reading(source) as progress:
        written = convert_file(
            source,
            target,
            identity=identity.value,
            retest=retest.value,
            encoding=encoding,
            on_error=on_error(salvage),
            progress=progress,
        )
    for path in written:
        typer.echo(f"wrote {path}")
