"""What a question may read: the visible files of the lake, the catalogue's tables, and whose runs.

A listing is a plain value. Whoever asks is known to the one who makes it; from here on nothing else can be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from corecar.errors import QuestionError
from corecar.store.lake.tables import LAKE_TABLES, lake_schema


class Objects(Protocol):
    """What a question needs of an object store."""

    def filesystem(self) -> Any:
        """The pyarrow filesystem that holds the objects."""

    def path(self, key: str) -> str:
        """The path of an object in that filesystem."""

    def local_path(self, key: str) -> Path | None:
        """The path of an object on this machine's disk; None when it lies elsewhere."""

    def out_of_reach(self, error: BaseException) -> str:
        """Why the whole store cannot be read and what to do, where an error says so; "" where one object is not."""


@dataclass(frozen=True)
class LakeFile:
    """One visible Parquet file of a lake table.

    key    in the object store
    bytes  size
    rows   number of rows
    run    the run when the file holds just one; None for a merged file
    """

    key: str
    bytes: int
    rows: int
    run: str | None = None


@dataclass(frozen=True)
class ByColumn:
    """A table of the catalogue of which only some columns are read.

    names  of all its columns
    read   gives an Arrow table of the named ones, in this order
    """

    names: tuple[str, ...]
    read: Callable[[tuple[str, ...]], Any]

    def chosen(self, columns: Collection[str] | None) -> Any:
        """The columns whose names in lower case are among these, and `run`; never none, since rows are counted too."""
        wanted = tuple(name for name in self.names if columns is None or name.lower() in columns or name == "run")
        return self.read(wanted or self.names[:1])


@dataclass(frozen=True)
class Listing:
    """What one question may read.

    objects       the object store of the lake
    files         visible files of each lake table; a table without files is empty
    catalogue     tables of the catalogue (`runs`, `lots`, ...): Arrow tables, functions that give them, or `ByColumn`.
                  `runs` has at least the text columns run (64 hex digits) and lot, and start (timestamp, null when
                  unknown); also customer, product, stage, temperature (text), test_pass (1 for a first test) and
                  lot_number if known.
                  A table with a column `run` is cut down to `runs_visible` here; any other must come cut down already.
    runs_visible  the runs that may be seen; None when all may
    """

    objects: Objects
    files: Mapping[str, Sequence[LakeFile]]
    catalogue: Mapping[str, Any | Callable[[], Any] | ByColumn]
    runs_visible: frozenset[str] | None = field(default=None)

    def narrowed(self, runs: Collection[str]) -> Listing:
        """The same listing with these runs only, as far as they are visible."""
        wanted = frozenset(runs)
        return replace(self, runs_visible=wanted if self.runs_visible is None else wanted & self.runs_visible)

    def with_catalogue(self, name: str, table: Any) -> Listing:
        """The same listing with one more table, or another one of that name."""
        return replace(self, catalogue={**self.catalogue, name: table})

    def files_of(self, table: str) -> list[LakeFile]:
        """Files of a lake table that may hold a visible row."""
        visible, files = self.runs_visible, self.files.get(table, ())
        if visible is None:
            return list(files)
        return [file for file in files if visible and (file.run is None or file.run in visible)]

    def hides(self, table: str) -> bool:
        """Whether files of this table hold rows that may not be seen beside others that may."""
        return self.runs_visible is not None and any(file.run is None for file in self.files_of(table))

    def visible_runs(self) -> Any:
        """The visible runs as an Arrow table of one column, `run`."""
        return pa.table({"run": pa.array(sorted(self.runs_visible or ()), pa.string())})

    def catalogue_table(self, name: str, columns: Collection[str] | None = None) -> Any:
        """A table of the catalogue, without rows of runs that are not visible. Raises QuestionError.

        columns  those that are needed, in lower case; more may come
        """
        if name not in self.catalogue:
            raise QuestionError(f'there is no table "{name}" in the catalogue; it has {", ".join(self.catalogue)}.')
        given = self.catalogue[name]
        given = partial(given.chosen, columns) if isinstance(given, ByColumn) else given
        table = given() if callable(given) else given
        if self.runs_visible is None or "run" not in table.column_names:
            return table
        return table.filter(pc.is_in(table["run"].cast(pa.string()), self.visible_runs()["run"].combine_chunks()))

    def columns_of(self, view: str) -> list[str]:
        """Names of the columns of a view."""
        given = self.catalogue.get(view)
        if isinstance(given, ByColumn):
            return list(given.names)
        return list((view_schema(view) if view in LAKE_TABLES else self.catalogue_table(view).schema).names)

    def views(self) -> tuple[str, ...]:
        """Names that a question can read from: the catalogue's tables, then those of the lake."""
        return tuple(dict.fromkeys([*self.catalogue, *LAKE_TABLES]))


def view_schema(table: str) -> Any:
    """The Arrow schema of a lake table as questions see it: as it lies in the lake, `run` as plain text."""
    columns = lake_schema(table)
    place = columns.get_field_index("run")
    return columns.set(place, columns.field(place).with_type(pa.string()))
