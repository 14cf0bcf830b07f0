"""Every record of a tester file as tables, without loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from corecar.errors import ArgumentError, DamagedSource
from corecar.formats.reading import as_stdf
from corecar.formats.sources import members
from corecar.formats.stdf.footing import record_name
from corecar.formats.stdf.records import read_records, stretches
from corecar.formats.stdf.scanner import SALVAGE
from corecar.lot import OnError


def records(
    path: str | Path,
    types: Iterable[str] | None = None,
    *,
    on_error: OnError = "raise",
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
    content = stdf_content(path, on_error)
    return read_records(content, path=path, types=types, on_error=on_error, encoding=encoding)


def record_counts(path: str | Path, *, on_error: OnError = "raise") -> dict[str, int]:
    """How many records of each type a tester file holds, from their headers alone, in the order of their numbers.

    Parameters and errors as in `records`; a type outside the specification is named `180.1`.
    """
    counted: Counter[int] = Counter()
    for found in stretches(stdf_content(path, on_error), path=path, on_error=on_error):
        if not isinstance(found, str):
            kinds, numbers = np.unique(found.kinds, return_counts=True)
            counted.update(dict(zip(kinds.tolist(), numbers.tolist(), strict=True)))
    return {record_name(kind): counted[kind] for kind in sorted(counted)}


def stdf_content(path: str | Path, on_error: OnError) -> Any:
    """The decompressed STDF content of a file as uint8; ATDF is translated, a compressed file that is cut is damage.

    Raises  SourceMissing, UnknownFormat, DamagedSource; ArgumentError for a zip of several files
    """
    found = members(path)
    if len(found) > 1:
        names = ", ".join(member.inner or "" for member in found[:5])
        raise ArgumentError(f"{path}: the zip holds {len(found)} files ({names}). Unpack it and name one.")
    content = found[0].load()
    if found[0].cut and on_error == "raise":
        problem = f"{found[0].cut} after {len(content):_} bytes of content."
        raise DamagedSource(path, problem, advice=SALVAGE.format("the records before it"), offset=len(content))
    return as_stdf(found[0], content)
