"""A workspace from a backup, or one of an older revision brought up to date: what is done to one that is not open."""

from __future__ import annotations

import os
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from corecar.atomic import whole_file
from corecar.bridge.calls import Report, Stopped
from corecar.bridge.keep.backup import copy_files, listed_files
from corecar.bridge.lot.resolved_lots import resolve_lots, waiting_lots
from corecar.bridge.workspace import (
    DATABASE,
    VARIABLES,
    catalogue_of,
    id_in,
    nothing_else_in,
    open_workspace,
    workspace_folder,
    write_mark,
)
from corecar.errors import Cancelled, CatalogueError, WorkspaceError
from corecar.plurals import plural
from corecar.store.catalogue import Catalogue, revisions, sqlite_url, upgrading
from corecar.store.catalogue.copying import copy_rows
from corecar.store.catalogue.models import Run, Setting
from corecar.store.objects import open_objects


def restore(
    backup: str | Path,
    target: str | Path,
    *,
    database: str | None = None,
    lake: str | None = None,
    report: Report | None = None,
    stopped: Stopped | None = None,
) -> dict[str, Any]:
    """Make a workspace out of a backup, on any database and lake. What broke off goes on with the same call.

    backup    the folder of the backup; target: a new or empty folder
    database  URL of an empty PostgreSQL database; without it CORECAR_DATABASE_URL, else SQLite in the folder
    lake      s3://bucket/prefix; without it CORECAR_LAKE, else the folder itself
    report    told of progress; stopped: asked now and then whether to stop
    Raises    WorkspaceError when there is no backup, or the target is not empty; Cancelled when it was to stop;
              OutputError, CatalogueError
    """
    folder, kept = Path(target), Path(backup)
    identity = id_in(kept)
    if identity is None or not (kept / DATABASE).is_file():
        raise WorkspaceError(f"{kept}: is no finished backup. Name the folder that `corecar backup` wrote.")
    nothing_else_in(folder, allowed={"lake", "files"})
    folder.mkdir(parents=True, exist_ok=True)
    database = database or os.environ.get(VARIABLES["database"])
    lake = lake or os.environ.get(VARIABLES["lake"])
    check = partial(_check_stopped, stopped)
    with closing(Catalogue(sqlite_url(kept / DATABASE))) as source:
        revisions.check(source)
        with source.reading() as session:
            listed = listed_files(session)
        objects = open_objects(str(kept)), open_objects(lake or str(folder))
        copied = copy_files(*objects, listed, report or _nobody, check)
        check()
        runs = _fill_database(source, database) if database else _fill_file(source, folder / DATABASE)
    write_mark(folder, identity, {"database": database, "lake": lake})
    said = f"{plural(runs, 'run')} and {plural(copied, 'file')} restored to {folder}. Check it with: corecar verify"
    return {"said": said, "runs": runs, "files": copied, "folder": str(folder)}


def migrate(
    path_or_url: str | Path | None = None, *, report: Report | None = None, stopped: Stopped | None = None
) -> dict[str, Any]:
    """Bring the catalogue of a workspace up to this Corecar's revision, whole or not at all, and resolve the lots again
    that a new revision asks that of. What broke off in their midst goes on with the same call.

    path_or_url  its folder, or the URL of its PostgreSQL catalogue; without it the folder around this one. By its URL
                 the catalogue alone is reached, not the parts, so that lots go on waiting
    report       told of progress; stopped: asked now and then whether to stop
    A SQLite catalogue is copied first, beside itself. Raises WorkspaceError, CatalogueError.
    """
    copy = None
    with closing(_any_catalogue(path_or_url)) as catalogue:
        before, newest = revisions.revision_of(catalogue), revisions.newest()
        if before is None:
            revisions.check(catalogue)
        if before != newest:
            copy = upgrading.upgrade(catalogue, kept=f"before-{newest}")
            revisions.check(catalogue)
        waiting = len(catalogue.read(waiting_lots))
    told = [
        f"The catalogue is of revision {newest} already."
        if before == newest
        else f"The catalogue went from revision {before} to {newest}."
    ]
    if copy:
        told.append(f"The catalogue as it was lies in {copy}.")
    left = waiting
    if waiting and not _is_url(path_or_url):
        with open_workspace(path_or_url) as workspace:
            resolve_lots(workspace.store, stopped or (lambda: False), report)
            left = len(workspace.store.catalogue.read(waiting_lots))
        if left < waiting:
            told.append(f"{plural(waiting - left, 'lot')} resolved again.")
    if left:
        advice = "repeat with the folder of the workspace" if _is_url(path_or_url) else "repeat, or see: corecar verify"
        told.append(f"{plural(left, 'lot')} still to be resolved again: {advice}.")
    return {"said": " ".join(told), "before": before, "revision": newest, "resolved": waiting - left, "waiting": left}


def _any_catalogue(path_or_url: str | Path | None) -> Catalogue:
    """The catalogue of a workspace that need not be one that can be opened."""
    return Catalogue(str(path_or_url)) if _is_url(path_or_url) else catalogue_of(workspace_folder(path_or_url))


def _is_url(path_or_url: str | Path | None) -> bool:
    return isinstance(path_or_url, str) and "://" in path_or_url


def _fill_database(source: Catalogue, url: str) -> int:
    """Copy the catalogue into an empty PostgreSQL database; how many runs it holds."""
    with closing(Catalogue(url)) as target:
        return _fill(source, target)


def _fill_file(source: Catalogue, place: Path) -> int:
    """Copy the catalogue into a SQLite file that appears whole or not at all; how many runs it holds."""
    with whole_file(place) as sibling, closing(Catalogue(sqlite_url(sibling))) as target:
        return _fill(source, target)


def _fill(source: Catalogue, target: Catalogue) -> int:
    """Copy the catalogue in one transaction into an empty one; how many runs it holds."""
    if revisions.revision_of(target) is not None:
        with target.reading() as session:
            if session.scalar(select(Setting.name).limit(1)) is not None:
                raise WorkspaceError(f"{target}: holds a workspace already. Name an empty database.")
    upgrading.upgrade(target)
    with source.reading() as read, target.writing() as write:
        counts = copy_rows(read, write)
        found = write.scalar(select(func.count()).select_from(Run))
    if found != counts["runs"]:
        raise CatalogueError(
            f"{target}: holds {found} runs after restoring {counts['runs']}. Restore to an empty database."
        )
    return counts["runs"]


def _nobody(done: int, total: int, what: str) -> None:
    pass


def _check_stopped(stopped: Stopped | None) -> None:
    if stopped is not None and stopped():
        raise Cancelled("stopped as asked. What was copied stays; the same command goes on from there.")
