"""Every record of a tester file as tables, without loss."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from corecar.errors import ArgumentError, DamagedSource
from corecar.formats.reading import as_stdf
from corecar.formats.sources import members
from corecar.formats.stdf.records import read_records
from corecar.formats.stdf.scanner import SALVAGE


def records(
    path: str | Path,
    types: Iterable[str] | None = None,
    *,
    on_error: Literal["raise", "salvage"] = "raise",
    encoding: str | None = None,
) -> dict[str, Any]:
    """Every record type of one tester file as an Arrow table, with `sequence` and byte `offset` of each record.

    path      STDF V4 or V4-2007, or ATDF; plain, gzip, bz2, xz, zstd, or zip with one member
    types     record types wanted, for example ["PTR", "PRR"]; None for all
    on_error  `raise` at the first damage, or `salvage` every whole record
    encoding  codec of the text; by default UTF-8 when all text of the file is, else Latin-1
    Raises    SourceMissing, UnknownFormat, UnsupportedVersion, DamagedSource, ArgumentError

    >>> corecar.records("lot.stdf.gz", ["PTR"])["PTR"].column_names[:4]  # doctest: +SKIP
    ['sequence', 'offset', 'TEST_NUM', 'HEAD_NUM']
    """
    found = members(path)
    if len(found) > 1:
        names = ", ".join(member.inner or "" for member in found[:5])
        raise ArgumentError(f"{path}: the zip holds {len(found)} files ({names}). Unpack it and name one.")
    content = found[0].load()
    if found[0].cut and on_error == "raise":
        problem = f"{found[0].cut} after {len(content):_} bytes of content."
        raise DamagedSource(path, problem, advice=SALVAGE.format("the records before it"), offset=len(content))
    return read_records(as_stdf(found[0], content), path=path, types=types, on_error=on_error, encoding=encoding)
