"""Inputs that are a lot already: a folder of Parquet files, or a CSV datalog with its mapping beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from corecar.errors import ArgumentError, SourceError
from corecar.formats.recognition import HEAD, is_tester_file, mapping_beside
from corecar.formats.sources import members
from corecar.lot import Choice, Identity, Lot

MANIFEST = "lot.json"
"""The file that marks a folder of Parquet files as one lot."""


def prepared_lot(paths: Sequence[Path], *, identity: Identity = "auto", retest: Choice = "last") -> Lot | None:
    """The lot at a path, when it is such an input; None when it is a tester file (or nothing at all).

    Raises  ArgumentError when one of several paths is such an input, since only tester files are joined, or when a
            Parquet folder holds another choice of attempts than asked for; MappingError, SourceError
    """
    found = [path for path in paths if is_parquet_lot(path) or is_datalog(path)]
    if not found:
        return None
    path = found[0]
    if len(paths) > 1:
        raise ArgumentError(f"{path} is a lot of its own and is not joined with other files. Read it alone.")
    if is_datalog(path):
        from corecar.formats.datalog import read_datalog

        return read_datalog(path, identity=identity, retest=retest)
    return _parquet_lot(path, identity, retest)


def is_parquet_lot(path: Path) -> bool:
    """Whether this is a folder that `corecar.write` made as `.parquet`."""
    return path.is_dir() and (path / MANIFEST).is_file()


def is_datalog(path: Path) -> bool:
    """Whether this is no tester file and a mapping stands beside it."""
    if not path.is_file() or mapping_beside(path) is None:
        return False
    try:
        return not is_tester_file(members(path)[0].head(HEAD))
    except SourceError:
        return False


def _parquet_lot(path: Path, identity: Identity, retest: Choice) -> Lot:
    from corecar.formats.outputs.parquet import read_parquet

    lot = read_parquet(path)
    kept = lot.retests
    if identity not in ("auto", kept.identity) or retest != kept.choice:
        raise ArgumentError(
            f'{path}: its attempts were resolved with identity="{kept.identity}", retest="{kept.choice}" when it was '
            "written. Read it so, or read the tester files for another choice."
        )
    return lot
