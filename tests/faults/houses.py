"""Workspaces to be harmed: each a copy of one that was made once, on SQLite or on a real PostgreSQL."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, func, inspect, select, text

import corecar
from corecar.bridge.keep.vacuum import PLACES
from corecar.bridge.workspace import DATABASE, MARK, Workspace, catalogue_of
from corecar.store.catalogue import Catalogue, sqlite_url, upgrading
from corecar.store.catalogue.copying import _go_on_counting
from corecar.store.catalogue.models import LakeFile, LakeSpan, Lot, LotState, Party, Person, Run, Source

COLUMNS = """
SELECT tables.name, columns.name, NOT columns."notnull"
FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'
"""
"""Of each table of a SQLite database its columns; asking SQLAlchemy takes longer than most of what is tried here."""
Fill = Callable[[Workspace], Any]
Facts = list[tuple[Any, ...]]


@dataclass
class House:
    """Workspaces that are copies of one, as many as are asked for.

    kind    of the catalogue: sqlite or postgresql
    folder  in which they lie
    server  of PostgreSQL, else None
    undisturbed  what each piece of work leaves when nothing harms it, once that was looked at
    """

    kind: str
    folder: Path
    server: Any
    made: int = 0
    templates: dict[str, Path] = field(default_factory=dict)
    undisturbed: dict[str, Facts] = field(default_factory=dict)

    def fresh(self) -> Path:
        return self.like("fresh", lambda _: None)

    def like(self, name: str, fill: Fill, revision: str | None = None) -> Path:
        """A fresh copy of the workspace of this name, which is filled when it is asked for first.

        revision  of its catalogue; None: the newest
        """
        wanted = name if revision is None else f"{name} of {revision}"
        if wanted not in self.templates:
            self.templates[wanted] = (
                self._template(name, fill) if revision is None else self._set_back(name, fill, revision)
            )
        return self._copy(wanted)

    def _copy(self, name: str) -> Path:
        copy = self.nowhere()
        shutil.copytree(self.templates[name], copy)
        if self.server is not None:
            _connect(copy, self.server.fresh(_database_of(copy)))
        return copy

    def nowhere(self) -> Path:
        """A place where no folder is yet."""
        self.made += 1
        return self.folder / f"{self.kind}-{self.made}"

    def empty_database(self) -> str | None:
        """The URL of a database without a table; None where a file in the folder will be it."""
        return None if self.server is None else self.server.fresh()

    def remove(self, folder: Path) -> None:
        """Take away a workspace that is not needed any more, and its database."""
        if self.server is not None:
            self.server.statement(f"DROP DATABASE {_database_of(folder)} WITH (FORCE)")
        shutil.rmtree(folder)

    def database_of(self, folder: Path) -> str:
        """The name of the database of a workspace on the server."""
        return _database_of(folder)

    def _template(self, name: str, fill: Fill) -> Path:
        place = self.folder / f"{self.kind}-{name}"
        with corecar.init(place, database=self.empty_database()) as workspace:
            fill(workspace)
        return place

    def _set_back(self, name: str, fill: Fill, revision: str) -> Path:
        """A workspace with a catalogue of an earlier revision and the same rows, as far as that knew them."""
        folder = self.like(name, fill)
        earlier = self.empty_database() or sqlite_url(folder / "earlier.db")
        with closing(catalogue_of(folder)) as source, closing(Catalogue(earlier)) as target:
            upgrading.upgrade(target, revision)
            _copy_what_was_known(source, target)
        if self.server is None:
            (folder / "earlier.db").replace(folder / DATABASE)
        else:
            _connect(folder, str(earlier))
        return folder


def _copy_what_was_known(source: Catalogue, target: Catalogue) -> None:
    known = MetaData()
    with source.engine.connect() as old, target.engine.begin() as new:
        known.reflect(new)
        there = MetaData()
        there.reflect(old)
        for table in known.sorted_tables:
            if table.name in there.tables and table.name != "alembic_version":
                held = there.tables[table.name].c
                columns = [held[column.name] for column in table.c if column.name in held]
                rows = [dict(row) for row in old.execute(select(*columns)).mappings()]
                if rows:
                    new.execute(table.insert(), rows)
                _go_on_counting(new, table)


def _database_of(folder: Path) -> str:
    return str(catalogue_of(folder).url.database)


def _connect(folder: Path, url: str) -> None:
    """Let a workspace have its catalogue in another database of the server."""
    mark = folder / MARK
    old, new = (f"/{name}" for name in (_database_of(folder), url.rpartition("/")[2]))
    mark.write_text(mark.read_text().replace(old, new))


def prove_whole(folder: Path, runs: int = 2) -> None:
    """The workspace is sound, each run is there exactly once, and vacuum leaves nothing that is unlisted."""
    with corecar.open(folder) as workspace:
        workspace.vacuum(keep_days=0)
        told = workspace.verify()
        assert told["sound"], told["rows"]
        assert (told["unlisted"], told["notes"]) == ([], [])
        with workspace.store.catalogue.reading() as session:
            sources = session.scalars(select(Source.hash)).all()
            lots = Counter(lot.name for lot in session.scalars(select(Lot)))
            filed = Counter(session.scalars(select(Run.lot_id)))
        once = {1} if runs else set()
        assert (len(sources), len(lots), set(lots.values()), set(filed.values())) == (runs, runs, once, once)
        assert not [one for place in PLACES for one in workspace.store.objects.unfinished(place)]
    expected = ("corecar.before-*.db", f".{MARK}.*.part")  # the latter: a few bytes of an `init` that was killed
    left = {path.name for path in folder.iterdir() if not any(path.match(pattern) for pattern in expected)}
    assert left <= {MARK, DATABASE, "lake", "files"}


def facts(folder: Path) -> Facts:
    """What a workspace holds, however it came there: parties and people, each lot with the length of its history,
    and how many rows of each table of the lake each run has.
    """
    rows = select(LakeFile.table, LakeSpan.run_id, func.sum(LakeSpan.rows)).join(LakeFile)
    asked = (
        select(Party.name),
        select(Person.name),
        select(Lot.name, Lot.state, func.count(LotState.id)).join(LotState).group_by(Lot.id),
        rows.where(LakeFile.retired_at.is_(None)).group_by(LakeFile.table, LakeSpan.run_id),
    )
    with corecar.open(folder) as workspace, workspace.store.catalogue.reading() as session:
        return [tuple(row) for question in asked for row in sorted(session.execute(question).all())]


def schema(catalogue: Catalogue) -> set[tuple[str, str, bool]]:
    """Every table and column of a database, and whether the column may be empty."""
    if catalogue.is_sqlite:
        with catalogue.reading() as session:
            return {(table, column, bool(nullable)) for table, column, nullable in session.execute(text(COLUMNS))}
    found = inspect(catalogue.engine).get_multi_columns()
    return {(table, column["name"], column["nullable"]) for (_, table), columns in found.items() for column in columns}


__all__ = ["Facts", "House", "facts", "prove_whole", "schema"]
