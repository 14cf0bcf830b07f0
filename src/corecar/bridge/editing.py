"""The verbs that make one STDF file from another: anonymise, relimit, repair."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from corecar.errors import OutputError
from corecar.formats.outputs.atomic import whole_file


def _kept_apart(source: str | Path, target: str | Path) -> None:
    """Refuse to write over the file that is read."""
    place = Path(target)
    if place.exists() and Path(source).exists() and place.samefile(source):
        raise OutputError(f"{target}: is the file to read, which is never overwritten. Choose another name.")


def anonymise(source: str | Path, target: str | Path, *, key: str | None = None) -> Sequence[str]:
    """Write a copy in which names, lot and product are replaced and values rescaled, so that it can be shared.

    source   an STDF file
    target   the STDF file to write
    key      a secret: the same key gives the same stand-ins in every file; a random one when None
    Returns  what was done, one sentence each
    Raises   SourceError, OutputError
    """
    from corecar.formats.stdf.anonymise import anonymise as write_copy

    _kept_apart(source, target)
    with whole_file(target) as draft:
        return write_copy(source, draft, key=key)


def relimit(source: str | Path, limits: str | Path, target: str | Path) -> Sequence[str]:
    """Write a copy held against new limits, its flags and bins derived again; marked as study material.

    source   an STDF file
    limits   a CSV with the columns number, low_limit, high_limit and optionally name [each test's unit]
    target   the STDF file to write
    Returns  what was done, one sentence each
    Raises   SourceError, MappingError when a row of the limits fits no test, OutputError
    """
    from corecar.formats.stdf.relimit import relimit as write_copy

    _kept_apart(source, target)
    with whole_file(target) as draft:
        return write_copy(source, limits, draft)


def repair(source: str | Path, target: str | Path) -> Sequence[str]:
    """Write a copy of a file that broke off, closed as the tester would have closed it.

    source   an STDF file, damaged or not
    target   the STDF file to write
    Returns  what was done, one sentence each
    Raises   SourceError when nothing can be kept, OutputError
    """
    from corecar.formats.stdf.repair import repair as write_copy

    _kept_apart(source, target)
    with whole_file(target) as draft:
        return write_copy(source, draft)
