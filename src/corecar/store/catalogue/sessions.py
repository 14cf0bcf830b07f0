"""Leave to write: how vacuum tells a file that is about to be listed from one that never will be, without asking a
clock.

Whoever writes files first adds a row with a token, and every file bears the token in its name. A commit that lists
files requires the row to be there still. Vacuum first takes the rows of dead sessions away, in a transaction of its
own, and only then deletes files whose token has no row: so a file is never deleted that somebody can still list,
whatever the clocks say.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy import case, delete, literal, select, update
from sqlalchemy.orm import Session

from corecar.errors import CatalogueError, SessionLost
from corecar.store.catalogue import Catalogue
from corecar.store.catalogue.models import Utc, WritingSession

_OPEN: set[str] = set()
"""Tokens of the sessions that are open in this process."""
_TOKEN = re.compile(r"[-.]([0-9a-f]{8})(?:\.[a-z0-9]+)*$")


@contextmanager
def writing_session(catalogue: Catalogue, purpose: str) -> Iterator[str]:
    """A token under which files may be written; it ends with the block, or with vacuum when this process dies."""
    token = secrets.token_hex(4)
    now = datetime.now(UTC)
    host, process = socket.gethostname(), os.getpid()

    def begin(session: Session) -> None:
        if session.get(WritingSession, token) is None:
            session.add(
                WritingSession(token=token, purpose=purpose, host=host, process=process, opened_at=now, seen_at=now)
            )

    _OPEN.add(token)
    try:
        catalogue.write(begin)
        try:
            yield token
        finally:
            with suppress(CatalogueError):
                catalogue.write(
                    lambda session: session.execute(delete(WritingSession).where(WritingSession.token == token))
                )
    finally:
        _OPEN.discard(token)


def hold_session(session: Session, token: str) -> None:
    """Make sure, in the transaction that lists files, that vacuum leaves them alone until it commits.

    Raises  SessionLost when vacuum has ended the session: what it wrote is to be written again
    """
    now = literal(datetime.now(UTC), Utc())
    later = case((WritingSession.seen_at < now, now), else_=WritingSession.seen_at)
    held = update(WritingSession).where(WritingSession.token == token).values(seen_at=later)
    found = session.execute(held.returning(WritingSession.token), execution_options={"synchronize_session": False})
    if found.first() is None:
        raise SessionLost(
            f"session {token} was ended by vacuum: it had shown no sign of life. The files are taken again."
        )


def token_of(key: str) -> str | None:
    """The token in the name of a file.

    >>> token_of("lake/parts/0123456789abcdef-8a2b4c6d.parquet")
    '8a2b4c6d'
    """
    found = _TOKEN.search(key)
    return None if found is None else found[1]


def end_dead(session: Session, *, silent_for: timedelta) -> set[str]:
    """End the sessions that are surely dead; the tokens that are alive.

    A session of this machine is dead when its process is gone; one of this very process when it is not open here: its
    end could not be written, or an earlier process had the same number, as it happens in containers. One of another
    machine counts as dead after a silence; a row from the future (a clock went back) counts as alive.
    """
    alive = set()
    for row in session.scalars(select(WritingSession).with_for_update()):
        if is_alive(row, silent_for=silent_for):
            alive.add(row.token)
        else:
            session.delete(row)
    return alive


def alive_now(session: Session, *, silent_for: timedelta) -> set[str]:
    """The tokens that `end_dead` would leave; nothing is ended."""
    rows = session.scalars(select(WritingSession))
    return {row.token for row in rows if is_alive(row, silent_for=silent_for)}


def is_alive(row: WritingSession, *, silent_for: timedelta) -> bool:
    """Whether a session may still be at work, by the rules of `end_dead`."""
    if row.host == socket.gethostname():
        return row.token in _OPEN if row.process == os.getpid() else process_runs(row.process)
    return datetime.now(UTC) - row.seen_at <= silent_for


def process_runs(process: int) -> bool:
    """Whether a process of this machine is alive."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
