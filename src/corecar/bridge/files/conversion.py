"""The verb `convert`: one format into another, by the extension of the target."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from corecar.atomic import keep_apart
from corecar.formats.outputs import format_of, write_lot
from corecar.formats.recording import stdf_content
from corecar.lot import Choice, Identity, Lot, OnError, Progress


@dataclass(frozen=True)
class Conversion:
    """What a conversion wrote, and a sentence for everything a reader of the result must know.

    written  the file or folder, and for a CSV the mapping that reads it back
    notes    what was decided while reading, and what the target cannot hold
    """

    written: tuple[Path, ...]
    notes: tuple[str, ...]


def convert(
    source: str | Path,
    target: str | Path,
    *,
    mapping: str | Path | None = None,
    identity: Identity = "auto",
    retest: Choice = "last",
    encoding: str | None = None,
    on_error: OnError = "raise",
    big_endian: bool | None = None,
    progress: Progress | None = None,
) -> Conversion:
    """Convert a file into the format that the target's extension names.

    From STDF or ATDF to STDF every record is kept, in its place; other ways lead through the joined lot.

    source      STDF, ATDF, a CSV datalog with its mapping, or a folder written as .parquet
    target      .stdf, .std (also .gz, .zst), .csv, .parquet or .xlsx
    mapping     the mapping of a CSV; by default the one beside it
    identity, retest, encoding, on_error, progress   as in `corecar.read`
    big_endian  byte order of STDF; None keeps the one of an STDF source, and is little endian otherwise
    Raises      SourceError, MappingError, ArgumentError for an extension that is not known, OutputError

    >>> convert("lot.stdf.gz", "lot.parquet").written       # doctest: +SKIP
    (PosixPath('lot.parquet'),)
    """
    from corecar.formats.outputs.wide_csv import mapping_path

    kind = format_of(target)
    keep_apart(source, target)
    if kind == "stdf" and mapping is None and _is_tester_file(Path(source)):
        return _record_by_record(source, target, big_endian, encoding, on_error)
    lot = _read(source, mapping, identity, retest, encoding, on_error, progress)
    left_out = write_lot(lot, target, format=kind, big_endian=bool(big_endian))
    beside = (mapping_path(target),) if kind == "csv" else ()
    return Conversion((Path(target), *beside), (*lot.notes, *left_out))


def _is_tester_file(source: Path) -> bool:
    from corecar.formats.prepared import is_datalog, is_parquet_lot

    return not is_parquet_lot(source) and not is_datalog(source)


def _record_by_record(
    source: str | Path, target: str | Path, big_endian: bool | None, encoding: str | None, on_error: OnError
) -> Conversion:
    from corecar.formats.outputs.compressed import write_bytes
    from corecar.formats.stdf.amend import spaced, with_audit
    from corecar.formats.stdf.marks import CONVERT
    from corecar.formats.stdf.records import read_records
    from corecar.formats.stdf.writer import assemble

    content = stdf_content(source, on_error)
    read = read_records(content, path=source, encoding=encoding, on_error=on_error)
    tables = dict(read)
    if read.warnings and on_error == "salvage":
        tables = spaced(read)
        with_audit(tables, CONVERT, int(time.time()))
    write_bytes(assemble(tables, big_endian=big_endian), target)
    return Conversion((Path(target),), read.warnings)


def _read(
    source: str | Path,
    mapping: str | Path | None,
    identity: Identity,
    retest: Choice,
    encoding: str | None,
    on_error: OnError,
    progress: Progress | None,
) -> Lot:
    if mapping is not None:
        from corecar.formats.datalog import read_datalog

        return read_datalog(source, mapping, identity=identity, retest=retest)
    from corecar.formats import read

    return read(source, identity=identity, retest=retest, encoding=encoding, on_error=on_error, progress=progress)
