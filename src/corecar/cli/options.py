"""Arguments and options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from corecar.lot import OnError


class Identity(StrEnum):
    """What makes two attempts the same unit."""

    auto = "auto"
    flag = "flag"
    xy = "xy"
    ecid = "ecid"
    part_text = "part_text"
    part_id = "part_id"
    none = "none"


class Retest(StrEnum):
    """Which of several attempts at a unit counts."""

    first = "first"
    last = "last"
    best = "best"
    all = "all"


File = Annotated[
    Path, typer.Argument(metavar="FILE", help="A tester file: STDF, ATDF or mapped CSV, compressed or not.")
]
Files = Annotated[
    list[Path], typer.Argument(metavar="FILE", help="Tester files: STDF, ATDF or mapped CSV, compressed or not.")
]
Source = Annotated[Path, typer.Argument(metavar="IN", help="The file to read. It is never changed.")]
Target = Annotated[Path, typer.Argument(metavar="OUT", help="The file to write.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV for a program or spreadsheet to read.")]
Limit = Annotated[
    int | None,
    typer.Option("--limit", min=0, help="Rows to print; 0 prints all. A table shows 40 unless told, JSON and CSV all."),
]
Salvage = Annotated[
    bool, typer.Option("--salvage", help="Keep every whole record of a damaged file instead of stopping there.")
]
IdentityOption = Annotated[
    Identity, typer.Option("--identity", help="What makes two attempts the same unit; auto says what it took and why.")
]
RetestOption = Annotated[Retest, typer.Option("--retest", help="Which attempt at a unit counts.")]
Encoding = Annotated[
    str | None,
    typer.Option("--encoding", help="Encoding of the texts, such as gbk; UTF-8 and then Latin-1 when not given."),
]


def on_error(salvage: bool) -> OnError:
    """The word the reading functions use."""
    return "salvage" if salvage else "raise"
