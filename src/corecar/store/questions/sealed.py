"""A DuckDB database of one question: views over what is listed, everything else shut and the settings locked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow.compute as pc
import pyarrow.dataset as ds

from corecar.columns_at_rest import NEWER
from corecar.store.lake.listing import LakeFile, Listing, view_schema
from corecar.store.lake.tables import LAKE_TABLES

VISIBLE_RUNS = "_visible_runs"

_SHUT = {
    "allow_community_extensions": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "python_scan_all_frames": "false",
}


@dataclass(frozen=True)
class Means:
    """What a question may use of the machine.

    memory_bytes  DuckDB's memory; what needs more ends with an error, nothing is spilt to disk
    threads       None for one per core
    """

    memory_bytes: int = 2 << 30
    threads: int | None = None


def sealed(
    listing: Listing, views: Iterable[str], means: Means, *, own: bool = False, columns: Collection[str] | None = None
) -> duckdb.DuckDBPyConnection:
    """A fresh in-memory database that has these views and can reach nothing else.

    own      the question is Corecar's own SQL, so DuckDB may read files that also hold rows of other runs, which the
             view leaves out. Under a user's SQL an expression might run before the view's filter, and fail with a
             hidden value in its message; there such files are read through Arrow, which hands over visible rows only.
    columns  of the catalogue's tables that the question needs, in lower case; None for all
    """
    names = list(views)
    native = [name for name in names if name in LAKE_TABLES and _native(listing, name, own)]
    connection = duckdb.connect(":memory:", config=_configuration(means))
    paths = [path for name in native for path in _local_paths(listing, name)]
    _shut(connection, paths)
    if own and listing.runs_visible is not None:
        connection.register(VISIBLE_RUNS, listing.visible_runs())
    for name in names:
        if name in native:
            _view_of_files(connection, listing, name)
        else:
            connection.register(name, _arrow(listing, name, columns))
    return connection


def quoted(name: str) -> str:
    """A name as an SQL identifier.

    >>> quoted('wafer "7"')
    '"wafer ""7\"""'
    """
    return '"' + name.replace('"', '""') + '"'


def _configuration(means: Means) -> dict[str, Any]:
    threads = {} if means.threads is None else {"threads": str(means.threads)}
    return {**_SHUT, "memory_limit": f"{means.memory_bytes}B", **threads}


def _shut(connection: duckdb.DuckDBPyConnection, paths: list[str]) -> None:
    """Leave nothing open but these files. The order matters: what is shut cannot be set any more."""
    connection.execute("set temp_directory = ''")
    connection.execute("set allowed_paths = ?", [paths])
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def _native(listing: Listing, table: str, own: bool) -> bool:
    """Whether DuckDB may read the files itself: it must reach them, and see no row that must not be seen."""
    files = listing.files_of(table)
    local = all(listing.objects.local_path(file.key) is not None for file in files)
    return bool(files) and local and (own or not listing.hides(table))


def _local_paths(listing: Listing, table: str) -> list[str]:
    return [str(listing.objects.local_path(file.key)) for file in listing.files_of(table)]


def _view_of_files(connection: duckdb.DuckDBPyConnection, listing: Listing, table: str) -> None:
    newer = NEWER.get(table, ())
    rows = connection.read_parquet(_local_paths(listing, table), hive_partitioning=False, union_by_name=bool(newer))
    missing = set(newer) - set(rows.columns)
    named = (
        f"NULL::INTEGER AS {quoted(name)}" if name in missing else quoted(name) for name in view_schema(table).names
    )
    rows = rows.project(", ".join(named))
    if listing.hides(table):
        rows = rows.filter(f"run in (select run from {VISIBLE_RUNS})")
    rows.create_view(table)


def _arrow(listing: Listing, name: str, columns: Collection[str] | None) -> Any:
    """What DuckDB reads through Arrow: a table of the catalogue, or files as a dataset of visible rows."""
    if name not in LAKE_TABLES:
        return listing.catalogue_table(name, columns)
    files = listing.files_of(name)
    if not files:
        return view_schema(name).empty_table()
    format, filesystem = ds.ParquetFileFormat(), listing.objects.filesystem()
    fragments = [_fragment(listing, file, format, filesystem) for file in files]
    rows = ds.FileSystemDataset(fragments, view_schema(name), format, filesystem)
    return rows.filter(pc.field("run").isin(listing.visible_runs()["run"])) if listing.hides(name) else rows


def _fragment(listing: Listing, file: LakeFile, format: Any, filesystem: Any) -> Any:
    """One file; where it holds one run it says so, and a question about another run never opens it."""
    guarantee = None if file.run is None else pc.field("run") == file.run
    path = listing.objects.path(file.key)
    return format.make_fragment(path, filesystem, partition_expression=guarantee, file_size=file.bytes)
