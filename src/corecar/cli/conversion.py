"""`convert`: one format into another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corecar.cli.options import Encoding, Identity, IdentityOption, Retest, RetestOption, Salvage, on_error

From = Annotated[Path, typer.Argument(metavar="A", help="A tester file: STDF, ATDF or mapped CSV, compressed or not.")]
To = Annotated[
    Path,
    typer.Argument(metavar="B", help="What to write; its extension says what: .stdf[.gz|.zst], .csv, .parquet, .xlsx."),
]
Mapping = Annotated[
    Path | None, typer.Option(metavar="TOML", help="Mapping of a CSV datalog; by default the one beside it.")
]
BigEndian = Annotated[
    bool | None,
    typer.Option("--big-endian/--little-endian", help="Byte order of STDF; an STDF file keeps its own unless told."),
]


def convert(
    source: From,
    target: To,
    mapping: Mapping = None,
    big_endian: BigEndian = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
) -> None:
    """Convert a file; the extension of B decides into what."""
    from corecar.bridge.files.conversion import convert as convert_file
    from corecar.cli.progress import reading
    from corecar.cli.wording import wrapped
    from corecar.formats.outputs import format_of

    as_records = format_of(target) == "stdf" and mapping is None
    with reading(source, works=("records",) if as_records else ("reading",)) as progress:
        done = convert_file(
            source,
            target,
            mapping=mapping,
            big_endian=big_endian,
            identity=identity.value,
            retest=retest.value,
            encoding=encoding,
            on_error=on_error(salvage),
            progress=progress,
        )
    for note in done.notes:
        typer.echo(wrapped("note: ", note))
    for path in done.written:
        typer.echo(f"wrote {path}")
