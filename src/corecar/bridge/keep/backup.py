"""A backup is a workspace: the catalogue of one moment as SQLite, and every file that it lists."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from corecar.atomic import whole_file
from corecar.bridge.calls import Call, Report
from corecar.bridge.keep.vacuum import BACKUP
from corecar.bridge.travel import OnServer
from corecar.bridge.workspace import DATABASE, id_in, identity_of, write_mark
from corecar.errors import OutputError
from corecar.plurals import plural
from corecar.store.catalogue import Catalogue, sqlite_url, upgrading
from corecar.store.catalogue.chains import ChainTable
from corecar.store.catalogue.copying import copy_rows
from corecar.store.catalogue.models import LakeFile, LakeSpan, Quarantined, Source
from corecar.store.catalogue.plans import PlanTable
from corecar.store.catalogue.sessions import writing_session
from corecar.store.objects import ObjectStore, open_objects


@dataclass(frozen=True)
class Listed:
    """A file that a catalogue names, how large it must be and the SHA-256 of its bytes; None where it does not say."""

    key: str
    bytes: int | None
    sha256: str | None = None


def backup(
    call: Call,
    target: Annotated[
        str | Path, "The folder to copy to; a later backup to it copies only what is new or damaged.", OnServer()
    ],
) -> dict[str, Any]:
    """Copy the whole workspace while work goes on: the state of one moment, whole or not at all.

    The copy is a workspace of its own with a SQLite catalogue. `corecar restore` makes it into one on any database
    and lake.
    Raises  OutputError when the folder holds something else, or is full
    """
    folder = Path(target)
    _check_target(call, folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_mark(folder, identity_of(call.store.catalogue))
    with writing_session(call.store.catalogue, BACKUP), whole_file(folder / DATABASE) as database:
        listed = _snapshot(call, database)
        copied = copy_files(call.store.objects, open_objects(str(folder)), listed, call.report, call.check_stopped)
        for stale in (folder / f"{DATABASE}-wal", folder / f"{DATABASE}-shm"):
            stale.unlink(missing_ok=True)
    said = f"{plural(len(listed), 'file')} in {folder}, {copied:,} of them copied now. It can be opened as it is."
    return {"said": said, "files": len(listed), "copied": copied, "folder": str(folder)}


def copy_files(
    source: ObjectStore, target: ObjectStore, listed: list[Listed], report: Report, check_stopped: Any
) -> int:
    """Copy the files that are not there yet, or no longer whole; how many. A copy that broke off goes on.

    A file that is there is held against its size and, where the catalogue has one, its hash. A damaged file of the
    source never takes the place of a whole one.
    Raises  OutputError when a file is missing or has another size or content than the catalogue says
    """
    copied = 0
    for number, file in enumerate(listed):
        check_stopped()
        report(number, len(listed), file.key)
        if _is_there(target, file):
            continue
        with source.open_input(file.key) as read, target.writer(file.key) as write:
            digest = hashlib.sha256()
            for block in _blocks(read):
                digest.update(block)
                write.write(block)
            if file.sha256 not in (None, digest.hexdigest()):
                raise OutputError(
                    f"{file.key}: its content is not what was written. See what `corecar verify` says of it."
                )
        if file.bytes not in (None, target.size(file.key)):
            raise OutputError(
                f"{file.key}: has another size than the catalogue says. See what `corecar verify` says of it."
            )
        copied += 1
    report(len(listed), len(listed), "")
    return copied


def listed_files(session: Session) -> list[Listed]:
    """Every file that the catalogue names and that counts."""
    lake = session.execute(select(LakeFile.key, LakeFile.bytes, LakeFile.sha256).where(LakeFile.retired_at.is_(None)))
    sources = session.execute(select(Source.key, Source.stored_bytes))
    chains = session.execute(select(ChainTable.key, ChainTable.bytes, ChainTable.sha256))
    plans = session.execute(select(PlanTable.key, PlanTable.bytes, PlanTable.sha256))
    bad = session.execute(select(Quarantined.key).where(Quarantined.key.is_not(None)))
    return [*(Listed(*row) for row in lake), *(Listed(key, size) for key, size in sources),
            *(Listed(*row) for row in chains), *(Listed(*row) for row in plans),
            *(Listed(key, None) for (key,) in bad if key is not None)]  # fmt: skip


def _is_there(target: ObjectStore, file: Listed) -> bool:
    if not target.exists(file.key) or file.bytes not in (None, target.size(file.key)):
        return False
    if file.sha256 is None:
        return True
    digest = hashlib.sha256()
    with target.open_input(file.key) as read:
        for block in _blocks(read):
            digest.update(block)
    return digest.hexdigest() == file.sha256


def _blocks(read: BinaryIO) -> Iterator[bytes]:
    while block := read.read(1 << 20):
        yield block


def _snapshot(call: Call, database: Path) -> list[Listed]:
    """Copy the catalogue as it is at one moment; the files that this copy lists."""
    call.report(0, 0, "copying the catalogue")
    with closing(Catalogue(sqlite_url(database))) as copy:
        upgrading.upgrade(copy)
        with call.store.catalogue.reading() as session, copy.writing() as target:
            copy_rows(session, target)
            gone = select(LakeFile.id).where(LakeFile.retired_at.is_not(None))
            target.execute(delete(LakeSpan).where(LakeSpan.file_id.in_(gone)))
            target.execute(delete(LakeFile).where(LakeFile.retired_at.is_not(None)))
        with copy.reading() as session:
            return listed_files(session)


def _check_target(call: Call, folder: Path) -> None:
    """An empty folder, or an earlier backup of this workspace. Raises OutputError for anything else."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    if id_in(folder) is None:
        raise OutputError(f"{folder}: something else lies there. Name a new folder, or that of an earlier backup.")
    itself = call.store.folder is not None and folder.resolve() == call.store.folder.resolve()
    if itself or id_in(folder) != identity_of(call.store.catalogue):
        raise OutputError(f"{folder}: is another workspace, no backup of this one. Name another folder.")
