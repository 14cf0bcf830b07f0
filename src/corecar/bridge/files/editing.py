"""The verbs that make one STDF file from another: anonymise, relimit, repair."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from corecar.atomic import keep_apart
from corecar.formats.outputs.compressed import write_bytes
from corecar.formats.recording import stdf_content
from corecar.lot import OnError


def anonymise(
    source: str | Path, target: str | Path, *, key: str | None = None, on_error: OnError = "raise"
) -> Sequence[str]:
    """Write a copy in which names, values, limits and times say nothing about their owner, so that it can be shared.

    source    an STDF or ATDF file
    target    the STDF file to write; `.gz` or `.zst` at its end compresses it
    key       a secret of at least 8 characters: the same key gives the same stand-ins in every file; a random one that
              nobody keeps when None
    on_error  `raise`, or `salvage` to keep the whole records of a damaged file
    Returns   what was replaced, blanked and left out, one sentence each
    Raises    SourceError, ArgumentError for a key that is too short, OutputError
    """
    from corecar.formats.stdf.anonymise import anonymise as anonymised

    keep_apart(source, target)
    content = stdf_content(source, on_error)
    secret = secrets.token_urlsafe(32) if key is None else key
    found = anonymised(content, path=source, key=secret, when=int(time.time()), on_error=on_error)
    write_bytes(found.content, target)
    return found.done


def relimit(source: str | Path, limits: str | Path, target: str | Path) -> Sequence[str]:
    """Write a copy held against other limits, with flags, bins and counts that follow; marked as never shippable.

    source   an STDF or ATDF file, undamaged
    limits   a CSV with the columns number, low_limit, high_limit [each test's unit] and optionally name, pin, bins
    target   the STDF file to write; `.gz` or `.zst` at its end compresses it
    Returns  what changed, and what did not and why, one sentence each
    Raises   SourceError, MappingError where the CSV is wrong or fits no test, OutputError
    """
    from corecar.formats.stdf.new_limits import read_limits
    from corecar.formats.stdf.relimit import relimit as relimited

    keep_apart(source, target)
    wanted = read_limits(limits)
    found = relimited(stdf_content(source, "raise"), wanted, path=source, when=int(time.time()))
    write_bytes(found.content, target)
    return found.done


def repair(source: str | Path, target: str | Path) -> Sequence[str]:
    """Write a copy of a file that broke off, closed as the tester would have closed it.

    source   an STDF or ATDF file, damaged or not
    target   the STDF file to write; `.gz` or `.zst` at its end compresses it
    Returns  what was added or left out, one sentence each
    Raises   SourceError when nothing can be kept, OutputError
    """
    from corecar.formats.stdf.repair import repair as repaired

    keep_apart(source, target)
    found = repaired(stdf_content(source, "salvage"), path=source, when=int(time.time()))
    write_bytes(found.content, target)
    return found.done
