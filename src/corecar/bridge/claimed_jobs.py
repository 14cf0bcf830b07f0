"""A job at work: taken by a claim, kept alive by a heart beat, ended together with its audit row.

A job's row says which process is at work (host, process, claim) and is touched every few seconds. The claim is drawn
anew by whoever takes the job; every later write asks for it, so that a process which was thought dead cannot end a
job that another one has taken over.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from corecar.bridge import liveness
from corecar.bridge.access import Actor
from corecar.bridge.calls import Report, Stopped, Store, Work
from corecar.bridge.liveness import AT_WORK
from corecar.bridge.plain import plain
from corecar.bridge.verbs import Verb
from corecar.errors import Cancelled, CatalogueError
from corecar.store.catalogue.models import Audit, Job

OUTCOMES = {"done": "done", "failed": "failed", "cancelled": "stopped"}
"""How a job ended, and what its audit row says of it."""


@dataclass
class Progress:
    """What the work last said of itself; written by the work, read by the heart beat."""

    done: int = 0
    total: int = 0
    what: str = ""
    cancelled: bool = False
    over: threading.Event = field(default_factory=threading.Event)

    def told(self, done: int, total: int, what: str) -> None:
        self.done, self.total, self.what = done, total, what


def begin(session: Session, verb: Verb, actor: Actor, given: Mapping[str, Any], claim: str) -> Job:
    """A new job, claimed by this process, which is to do it at once."""
    return take(add_job(session, verb, actor, given), claim)


def new_claim() -> str:
    """A claim as nobody drew it before."""
    return secrets.token_hex(8)


def claimed_by(session: Session, claim: str) -> Job | None:
    """The job that was taken by this claim: there is one when it was committed and only the answer was lost."""
    return session.scalar(select(Job).where(Job.claim == claim, Job.state == AT_WORK))


def run_new(
    store: Store, verb: Verb, actor: Actor, given: Mapping[str, Any], work: Work, report: Report, stopped: Stopped
) -> Any:
    """Do a long verb now, as a job that others can watch and stop."""
    claim = new_claim()

    def begun(session: Session) -> int:
        return (claimed_by(session, claim) or begin(session, verb, actor, given, claim)).id

    return run_claimed(store, store.catalogue.write(begun), claim, work, report, stopped)


def run_claimed(store: Store, number: int, claim: str, work: Work, report: Report, stopped: Stopped) -> Any:
    """Do the work of a job that was claimed, and say in its row how it ended."""
    progress = Progress()

    def both(done: int, total: int, what: str) -> None:
        progress.told(done, total, what)
        report(done, total, what)

    with _beating(store, number, claim, progress):
        try:
            answer = work(both, lambda: progress.cancelled or stopped(), number)
        except BaseException as error:
            state = "failed" if is_failure(error) else "cancelled"
            with suppress(CatalogueError):
                _end_claimed(store, number, claim, state=state, error=words_of(error))
            raise
    _end_claimed(store, number, claim, state="done", result=plain(answer))
    return answer


def is_failure(error: BaseException) -> bool:
    """Whether work went wrong, rather than that somebody stopped it."""
    return isinstance(error, Exception) and not isinstance(error, Cancelled)


def words_of(error: BaseException) -> str:
    """What an error says; its kind where it says nothing, as Ctrl-C does."""
    return str(error) or type(error).__name__


@contextmanager
def _beating(store: Store, number: int, claim: str, progress: Progress) -> Iterator[None]:
    """Say every few seconds that the work goes on, and hear whether it is to stop."""

    def beat(session: Session) -> None:
        cancelled = session.scalar(select(Job.cancel_asked).where(Job.id == number, Job.claim == claim))
        progress.cancelled = progress.cancelled or bool(cancelled is None or cancelled)
        session.execute(
            update(Job)
            .where(Job.id == number, Job.claim == claim)
            .values(done=progress.done, total=progress.total, what=progress.what, beat_at=datetime.now(UTC))
        )

    def go_on() -> None:
        while not progress.over.wait(liveness.BEAT_S):
            with suppress(CatalogueError):
                store.catalogue.write(beat, wait_s=liveness.BEAT_S)

    thread = threading.Thread(target=go_on, name=f"job {number}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        progress.over.set()
        thread.join()
        with suppress(CatalogueError):
            store.catalogue.write(beat, wait_s=liveness.BEAT_S)


def _end_claimed(
    store: Store, number: int, claim: str, *, state: str, result: Any = None, error: str | None = None
) -> None:
    """Say how a job ended, unless somebody else has taken it over meanwhile."""

    def end(session: Session) -> None:
        held = select(Job).where(Job.id == number, Job.claim == claim).with_for_update()
        job = session.scalar(held)
        if job is not None:
            end_job(session, job, state=state, result=result, error=error)

    store.catalogue.write(end)


def end_job(session: Session, job: Job, *, state: str, result: Any = None, error: str | None = None) -> None:
    """End a job, and with it the audit row of the call that asked for it."""
    now = datetime.now(UTC)
    job.state, job.result, job.error, job.ended_at = state, result, error, now
    session.execute(
        update(Audit)
        .where(Audit.job_id == job.id, Audit.outcome == AT_WORK)
        .values(outcome=OUTCOMES[state], result=result, error=error, ended_at=now)
    )


def add_job(session: Session, verb: Verb, actor: Actor, given: Mapping[str, Any], state: str = AT_WORK) -> Job:
    """A new row of a job, with its number."""
    job = Job(
        verb=verb.name, arguments=plain(given), state=state, asked_at=datetime.now(UTC), by_id=actor.person_id,
        owner_id=actor.party_id,
    )  # fmt: skip
    session.add(job)
    session.flush()
    return job


def take(job: Job, claim: str) -> Job:
    """The job as it is when this process works at it."""
    now = datetime.now(UTC)
    job.state, job.claim, job.host, job.process = AT_WORK, claim, socket.gethostname(), os.getpid()
    job.tries, job.started_at, job.beat_at, job.ended_at = (job.tries or 0) + 1, now, now, None
    job.cancel_asked = False
    return job
