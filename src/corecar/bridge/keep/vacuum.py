"""Delete what nothing lists: files of work that broke off, and files that were merged into others long enough ago."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import and_, false, not_, select
from sqlalchemy.orm import Session

from corecar.bridge.calls import AtLeast, Call, moved
from corecar.plurals import plural
from corecar.store.catalogue.chains import ChainTable
from corecar.store.catalogue.models import LakeFile, Quarantined, Source, WritingSession
from corecar.store.catalogue.plans import PlanTable
from corecar.store.catalogue.sessions import alive_now, end_dead, token_of
from corecar.store.objects import ObjectStore, Stored

PLACES = ("lake/", "files/")
LOG = "/_delta_log/"
"""Where publishing keeps its versions; it tidies up there itself."""
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
    keep = call.now - moved(call.now, "keep_days", days=-keep_days)
    silence = call.now - moved(call.now, "silent_minutes", minutes=-silent_minutes)

    if try_only:
        with call.store.catalogue.reading() as session:
            alive = alive_now(session, silent_for=silence)
            return _told(_doomed(session, there, alive, call.now - keep), "would be deleted")

    def decide(session: Session) -> list[Stored]:
        alive = end_dead(session, silent_for=silence)
        gone = _doomed(session, there, alive, call.now - keep)
        for file in session.scalars(select(LakeFile).where(_replaced(session, alive, call.now - keep))):
            session.delete(file)
        session.flush()
        return gone

    gone = call.store.catalogue.write(decide)
    _delete(call, gone)
    return _told(gone, "deleted")


def files_there(objects: ObjectStore) -> list[Stored]:
    """Our files in lake and sources, also those that a killed writer left unfinished; ours bear a session's token."""
    found = (stored for place in PLACES for each in (objects.list, objects.unfinished) for stored in each(place))
    return [stored for stored in found if LOG not in stored.key and token_of(stored.key) is not None]


def _doomed(session: Session, there: list[Stored], alive: set[str], before: datetime) -> list[Stored]:
    """Files that nobody can list any more and that no row names, unless as replaced by `before`.

    alive  tokens of the sessions that go on
    """
    listed = {
        key
        for column in (Source.key, Quarantined.key, ChainTable.key, PlanTable.key)
        for key in session.scalars(select(column))
    }
    listed.update(session.scalars(select(LakeFile.key).where(not_(_replaced(session, alive, before)))))
    return [file for file in there if file.key not in listed and token_of(file.key) not in alive]


def _replaced(session: Session, alive: set[str], before: datetime) -> Any:
    """Which files of the lake were replaced long enough ago; none while a backup may still copy them. One that was
    replaced in the future stays."""
    if alive.intersection(session.scalars(select(WritingSession.token).where(WritingSession.purpose == BACKUP))):
        return false()
    return and_(LakeFile.retired_at.is_not(None), LakeFile.retired_at <= before)


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
