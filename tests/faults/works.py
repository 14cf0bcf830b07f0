"""The pieces of work that are killed: how each is made due, what it does, and what must hold after it was resumed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url
from tests.faults.houses import Facts, House, facts, prove_whole, schema

import corecar
from corecar.bridge.keep.restoring import migrate
from corecar.bridge.workspace import DATABASE, MARK, Workspace, catalogue_of
from corecar.store.catalogue import Catalogue, revisions, sqlite_url, upgrading

EARLIER = revisions.all_revisions()[:-1]
TRIED = EARLIER if "CORECAR_KILLS" in os.environ else sorted({*EARLIER[::5], *EARLIER[-2:]})
"""Revisions that are brought up: from the first one every migration happens, so that a few of the others are enough."""
MIGRATIONS = [f"migrate from {revision}" for revision in TRIED]
WORKS = ["ingest", "compact", "vacuum", "init", *MIGRATIONS]


@dataclass(frozen=True)
class Due:
    """A workspace in which a piece of work is due.

    call        does it, in whatever process it is called
    whole       what must hold whenever the work was broken off; raises AssertionError
    """

    folder: Path
    call: Callable[[], Any]
    whole: Callable[[], None]


def doing(work: str, folder: Path, testers: Path) -> Callable[[], Any]:
    """What does some work in a workspace, in whatever process it is called."""
    given: dict[str, dict[str, Any]] = {
        "ingest": {"paths": [testers], "workers": "inline"},
        "vacuum": {"keep_days": 0},
    }

    def call() -> Any:
        with corecar.open(folder) as workspace:
            return workspace.call(work, **given.get(work, {}))

    return (lambda: migrate(folder)) if work in MIGRATIONS else call


def due(work: str, house: House, testers: Path) -> Due:
    """A fresh workspace in which some work is due."""
    if work == "init":
        return _init(house)
    if work in MIGRATIONS:
        return _migration(house, testers, work)
    fill = {"ingest": None, "compact": _unmerged, "vacuum": _merged}[work]
    folder = house.fresh() if fill is None else house.like(fill.__name__, lambda at: fill(at, testers))
    return Due(folder, doing(work, folder, testers), lambda: None)


def prove(work: str, folder: Path) -> Facts:
    """Hold a workspace against what must be there after some work was done to its end; what is there."""
    prove_whole(folder, runs=0 if work == "init" else 2)
    return facts(folder)


def _unmerged(workspace: Workspace, testers: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("corecar.bridge.ingest.ingestion.compact_what_is_due", lambda *_: iter(()))
        workspace.ingest([testers], workers="inline")


def _merged(workspace: Workspace, testers: Path) -> None:
    _unmerged(workspace, testers)
    workspace.compact()


def _init(house: House) -> Due:
    folder, database = house.nowhere(), house.empty_database()
    url = database or sqlite_url(folder / DATABASE)

    def whole() -> None:
        if database is not None or (folder / DATABASE).exists():
            assert _revision(url, {None, revisions.newest()}, house)
        assert not (folder / MARK).exists() or _revision(url, {revisions.newest()}, house)

    return Due(folder, lambda: corecar.init(folder, database=database).close(), whole)


def _migration(house: House, testers: Path, work: str) -> Due:
    earlier = work.rpartition(" ")[2]
    folder = house.like(_merged.__name__, lambda at: _merged(at, testers), earlier)
    url, copy = catalogue_of(folder).url, folder / f"corecar.before-{revisions.newest()}.db"

    def whole() -> None:
        found = _revision(url, {earlier, revisions.newest()}, house)
        assert not copy.exists() or _revision(sqlite_url(copy), {earlier}, house)
        assert copy.exists() or found == earlier or house.kind == "postgresql"

    return Due(folder, doing(work, folder, testers), whole)


def _revision(url: Any, allowed: set[str | None], house: House) -> str | None:
    """The revision of a database, which must be one of those allowed, with each table and column of it."""
    with _looked_at(url, house) as catalogue:
        found = revisions.revision_of(catalogue)
        assert found in allowed
        assert schema(catalogue) == _schema_of(found, house)
    return found or "none"


@contextmanager
def _looked_at(url: Any, house: House) -> Iterator[Catalogue]:
    """A database to look at; of SQLite a copy, since a look would tidy up what the dead left beside the file."""
    if house.kind == "sqlite":
        place, copy = Path(make_url(url).database or ""), house.nowhere()
        copy.mkdir()
        for file in place.parent.glob(f"{place.name}*"):
            shutil.copy(file, copy)
        url = sqlite_url(copy / place.name)
    with closing(Catalogue(url)) as catalogue:
        yield catalogue
    if house.kind == "sqlite":
        shutil.rmtree(copy)


_schemas: dict[str, set[tuple[str, str, bool]]] = {}


def _schema_of(revision: str | None, house: House) -> set[tuple[str, str, bool]]:
    """What a database of a revision consists of; nothing for none."""
    if revision is None:
        return set()
    if revision not in _schemas:
        url = sqlite_url(house.nowhere().with_suffix(".db"))
        with closing(Catalogue(url)) as catalogue:
            upgrading.upgrade(catalogue, revision)
            _schemas[revision] = schema(catalogue)
    return _schemas[revision]


__all__ = ["MIGRATIONS", "WORKS", "Due", "doing", "due", "prove"]
