"""A lot to a file: STDF, wide CSV, Parquet or a workbook, by the extension of its name."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from corecar.errors import ArgumentError
from corecar.lot import Lot

FORMATS = {
    "stdf": ("stdf", "write_stdf", (".stdf", ".std", ".stdf.gz", ".std.gz", ".stdf.zst", ".std.zst")),
    "csv": ("wide_csv", "write_csv", (".csv",)),
    "parquet": ("parquet", "write_parquet", (".parquet",)),
    "xlsx": ("workbook", "write_workbook", (".xlsx",)),
}
"""Format -> module, function and extensions."""


def format_of(path: str | Path) -> str:
    """The format that a file name asks for. Raises ArgumentError for an extension that no format has."""
    name = Path(path).name.casefold()
    for format, (_, _, extensions) in FORMATS.items():
        if name.endswith(extensions):
            return format
    known = ", ".join(extension for row in FORMATS.values() for extension in row[2])
    raise ArgumentError(f"{path}: the extension names no format that a lot is written in. Use one of {known}.")


def write_lot(lot: Lot, path: str | Path, *, format: str | None = None, big_endian: bool = False) -> tuple[str, ...]:
    """Write a lot; the extension says as what. The file appears whole or not at all.

    path        `.stdf` or `.std` (also `.gz`, `.zst`): genuine STDF V4; `.csv`: one row per part, with the mapping that
                reads it back beside it; `.parquet`: a folder with a file per table; `.xlsx`: a workbook
    format      `stdf`, `csv`, `parquet` or `xlsx`, when the extension does not say
    big_endian  byte order of STDF
    Returns     a sentence for everything that the format cannot hold
    Raises      OutputError when it cannot be written, ArgumentError for an unknown format or extension

    >>> write_lot(lot, "lot.parquet")       # doctest: +SKIP
    ()
    """
    chosen = format if format is not None else format_of(path)
    if chosen not in FORMATS:
        raise ArgumentError(f'format="{chosen}": expected one of {", ".join(FORMATS)}.')
    module, function, _ = FORMATS[chosen]
    write = getattr(import_module(f"{__name__}.{module}"), function)
    options = {"big_endian": big_endian} if chosen == "stdf" else {}
    notes: tuple[str, ...] = write(lot, path, **options)
    return notes


__all__ = ["FORMATS", "format_of", "write_lot"]
