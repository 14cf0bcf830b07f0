"""Delete what nothing lists: files of work that broke off, and files that were merged into others long enough ago."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.calls import AtLeast, Call
from corecar.plurals import plural
from corecar.store.models import LakeFile, Quarantined, Source, WritingSession
from corecar.store.objects import ObjectStore, Stored
from corecar.store.sessions import end_dead, token_of

PLACES = ("lake/", "files/")
BACKUP = "backup"
"""Purpose of the session under which a backup reads; while one is alive nothing that it may still copy is deleted."""


def vacuum(
    call: Call,
    *,
    keep_days: Annotated[float, "Keep merged files so long for readers of the past [days].", AtLeast(0)] = 1.0,
    silent_minutes: Annotated[
        float, "Take a process elsewhere for dead after so long a silence [minutes].", AtLeast(0)
    ] = 60.0,
    try_only: Annotated[bool, "Say what would be deleted, and delete nothing."] = False,
) -> dict[str, Any]:
    """Delete files of lake and sources that nothing lists any more.

    Files that somebody is about to list are left alone, whatever the clocks say: they bear the token of a living
    session.
    """
    call.report(0, 0, "looking")
    there = files_there(call.store.objects)
    keep, silence = timedelta(days=keep_days), timedelta(minutes=silent_minutes)

    if try_only:
        with call.store.catalogue.reading() as session:
            return _told(
                _unlisted(session, there, set(session.scalars(select(WritingSession.token)))), "would be deleted"
            )

    def decide(session: Session) -> list[Stored]:
        alive = set(end_dead(session, silent_for=silence))
        if not _backup_runs(session):
            _drop_retired(session, call.now - keep)
        return _unlisted(session, there, alive)

    gone = call.store.catalogue.write(decide)
    _delete(call, gone)
    return _told(gone, "deleted")


def files_there(objects: ObjectStore) -> list[Stored]:
    """Our files in lake and sources, also those that a killed writer left unfinished; ours bear a session's token."""
    found = (stored for place in PLACES for each in (objects.list, objects.unfinished) for stored in each(place))
    return [stored for stored in found if token_of(stored.key) is not None]


def _drop_retired(session: Session, before: datetime) -> None:
    """Take files off the list that were replaced long enough ago. One that was retired in the future stays."""
    for file in session.scalars(select(LakeFile).where(LakeFile.retired_at <= before)):
        session.delete(file)
    session.flush()


def _backup_runs(session: Session) -> bool:
    return session.scalar(select(WritingSession.token).where(WritingSession.purpose == BACKUP).limit(1)) is not None


def _unlisted(session: Session, there: list[Stored], alive: set[str]) -> list[Stored]:
    """Files that no row names and nobody can list any more."""
    listed = {key for column in (LakeFile.key, Source.key, Quarantined.key) for key in session.scalars(select(column))}
    return [file for file in there if file.key not in listed and token_of(file.key) not in alive]


def _delete(call: Call, files: Iterable[Stored]) -> None:
    doomed = list(files)
    for done, file in enumerate(doomed):
        call.check_stopped()
        call.report(done, len(doomed), file.key)
        call.store.objects.delete(file.key)


def _told(files: list[Stored], verb: str) -> dict[str, Any]:
    size = sum(file.bytes for file in files)
    said = f"{plural(len(files), 'file')} ({size / 1e6:,.1f} MB) {verb}." if files else "Nothing to delete."
    return {"said": said, "files": len(files), "bytes": size, "keys": [file.key for file in files]}
