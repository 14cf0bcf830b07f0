"""Long work as jobs: who asked, how far it is, and what to do about one that broke off.

A job's row says which process is at work (host, process, claim) and is touched every few seconds. The claim is drawn
anew by whoever takes the job; every later write asks for it, so that a process which was thought dead cannot end a
job that another one has taken over. The work itself may be done twice without harm: every long verb looks first what
is done already.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from corecar.bridge.access import Actor, actor_of, require
from corecar.bridge.calls import IDLE, AtLeast, Call, Report, Stopped, Store
from corecar.bridge.plain import plain
from corecar.bridge.verbs import WORKSPACE_VERBS, Verb
from corecar.errors import ArgumentError, Cancelled, CatalogueError, Conflict, CorecarError, NotFound
from corecar.plurals import plural
from corecar.store.models import Job, Person
from corecar.store.sessions import process_runs

BEAT_S = 2.0
"""How often a job at work says that it is alive [s]."""
SILENT = timedelta(seconds=90)
"""After so long without a sign of life a job counts as broken off; on this machine also when its process is gone."""
AT_WORK, QUEUED = "running", "queued"
ENDED = ("done", "failed", "cancelled")
WAITING = (
    "No job is queued. Waiting for one left with --later, with a look every {every:g} s; "
    "Ctrl-C stops, and --once would not have waited."
)


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


def queue(session: Session, verb: Verb, actor: Actor, given: Mapping[str, Any]) -> dict[str, Any]:
    """Leave a job for `corecar jobs work` to do. Raises ArgumentError for a verb that is no job."""
    if not verb.is_job:
        raise ArgumentError(f"{verb.words} is done at once; only long work can be left for later.")
    placed = {name: _placed(value) for name, value in given.items()}
    number = _added(session, verb, actor, placed, state=QUEUED).id
    return {"said": f"job {number} is queued. `corecar jobs work` does it.", "job": number}


def _placed(value: Any) -> Any:
    """A path as it is from anywhere, since the job may be done by a process that stands elsewhere."""
    if isinstance(value, Path):
        return value.absolute()
    return [_placed(item) for item in value] if isinstance(value, (list, tuple)) else value


def run_new(
    store: Store, verb: Verb, actor: Actor, given: Mapping[str, Any], work: Callable[[Report, Stopped], Any],
    report: Report, stopped: Stopped,
) -> Any:  # fmt: skip
    """Do a long verb now, as a job that others can watch and stop."""
    claim = secrets.token_hex(8)
    number = store.catalogue.write(lambda session: _taken(_added(session, verb, actor, given), claim).id)
    return run_claimed(store, number, claim, work, report, stopped)


def run_claimed(
    store: Store, number: int, claim: str, work: Callable[[Report, Stopped], Any], report: Report, stopped: Stopped
) -> Any:
    """Do the work of a job that was claimed, and say in its row how it ended."""
    progress = Progress()

    def both(done: int, total: int, what: str) -> None:
        progress.told(done, total, what)
        report(done, total, what)

    with _beating(store, number, claim, progress):
        try:
            answer = work(both, lambda: progress.cancelled or stopped())
        except BaseException as error:
            state = "failed" if isinstance(error, CorecarError) and not isinstance(error, Cancelled) else "cancelled"
            with suppress(CatalogueError):
                _end(store, number, claim, state=state, error=str(error) or type(error).__name__)
            raise
    _end(store, number, claim, state="done", result=plain(answer), error=None)
    return answer


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
        while not progress.over.wait(BEAT_S):
            with suppress(CatalogueError):
                store.catalogue.write(beat, wait_s=BEAT_S)

    thread = threading.Thread(target=go_on, name=f"job {number}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        progress.over.set()
        thread.join()
        with suppress(CatalogueError):
            store.catalogue.write(beat, wait_s=BEAT_S)


def _end(store: Store, number: int, claim: str, **columns: Any) -> None:
    ended = update(Job).where(Job.id == number, Job.claim == claim).values(ended_at=datetime.now(UTC), **columns)
    store.catalogue.write(lambda session: session.execute(ended))


def _added(session: Session, verb: Verb, actor: Actor, given: Mapping[str, Any], state: str = AT_WORK) -> Job:
    job = Job(
        verb=verb.name, arguments=plain(given), state=state, asked_at=datetime.now(UTC), by_id=actor.person_id,
        owner_id=actor.party_id,
    )  # fmt: skip
    session.add(job)
    session.flush()
    return job


def _taken(job: Job, claim: str) -> Job:
    """The job as it is when this process works at it."""
    now = datetime.now(UTC)
    job.state, job.claim, job.host, job.process = AT_WORK, claim, socket.gethostname(), os.getpid()
    job.tries, job.started_at, job.beat_at, job.ended_at = (job.tries or 0) + 1, now, now, None
    job.cancel_asked = False
    return job


def broke_off(job: Job, now: datetime) -> bool:
    """Whether a job that should be at work has nobody who works at it."""
    if job.state != AT_WORK:
        return False
    silent = job.beat_at is not None and now - job.beat_at > SILENT
    if job.host == socket.gethostname():
        return silent or job.process is None or not process_runs(job.process)
    return silent


def state_of(job: Job, now: datetime) -> str:
    """The state as a person reads it."""
    return "broke off" if broke_off(job, now) else job.state


def jobs_list(
    call: Call,
    *,
    every: Annotated[bool, "Also those that ended."] = False,
    limit: Annotated[int, "At most so many, the latest.", AtLeast(0)] = 50,
) -> dict[str, Any]:
    """List the jobs that are queued, at work or broke off; with --every also those that ended."""
    asked = select(Job, Person.name).join(Person, Person.id == Job.by_id).where(Job.owner_id == call.actor.party_id)
    if not every:
        asked = asked.where(Job.state.not_in(ENDED))
    found = call.session.execute(asked.order_by(Job.id.desc()).limit(limit)).all()
    rows = [_row(job, name, call.now) for job, name in found]
    broken = sum(row["state"] == "broke off" for row in rows)
    notes = [f"{broken} broke off: `corecar jobs resume` goes on with them."] if broken else []
    return {"said": "" if rows else "No job is under way.", "rows": rows, "notes": notes}


def jobs_show(call: Call, job: Annotated[int, "Its number."]) -> dict[str, Any]:
    """Show one job: what was asked, by whom, how far it is, how it ended."""
    found = _own(call, job)
    name = call.session.get_one(Person, found.by_id).name
    times = {"started": found.started_at, "ended": found.ended_at}
    return {"facts": _row(found, name, call.now) | times | {"arguments": found.arguments}, "result": found.result}


def jobs_cancel(call: Call, job: Annotated[int, "Its number."]) -> dict[str, Any]:
    """Ask a job to stop. It ends after the piece it is at; what was finished stays.

    Raises  NotFound; Conflict when it has ended
    """
    found = _own(call, job)
    if found.state in ENDED:
        raise Conflict(f"job {job} has ended already: {found.state}.")
    found.cancel_asked = True
    if found.state == QUEUED or broke_off(found, call.now):
        found.state, found.ended_at = "cancelled", call.now
        return {"said": f"job {job} is cancelled.", "job": job}
    return {"said": f"job {job} is asked to stop; it does so after the piece it is at.", "job": job}


def jobs_resume(
    call: Call, job: Annotated[int | None, "Its number; without it all that broke off."] = None
) -> dict[str, Any]:
    """Go on with jobs that broke off: what they had finished is not done again."""
    return _done(call, lambda found: broke_off(found, call.now), job)


def jobs_work(
    call: Call,
    *,
    once: Annotated[bool, "Stop when nothing is queued, instead of waiting for more."] = False,
    every: Annotated[float, "Seconds between two looks.", AtLeast(0.5)] = 2.0,
) -> dict[str, Any]:
    """Do queued jobs one after the other, and those that broke off, until stopped; with --once until none is left."""
    done: list[dict[str, Any]] = []
    told = False
    while True:
        rows = _done(call, lambda found: found.state == QUEUED or broke_off(found, datetime.now(UTC)))["rows"]
        done += rows
        if once or call.stopped():
            return {"said": f"{plural(len(done), 'job')} taken up." if done else "No job was queued.", "rows": done}
        if rows or not told:
            call.report(0, IDLE, WAITING.format(every=every))
            told = True
        _wait(every, call.stopped)


def _wait(seconds: float, stopped: Stopped) -> None:
    """Wait so long, or until asked to stop."""
    end = time.monotonic() + seconds
    while not stopped() and time.monotonic() < end:
        time.sleep(min(0.2, seconds))


def _done(call: Call, wanted: Callable[[Job], bool], number: int | None = None) -> dict[str, Any]:
    rows = []
    tried: set[int] = set()
    while not call.stopped():
        claimed = call.store.catalogue.write(lambda session: _claimed(session, call, wanted, number, tried))
        if claimed is None:
            break
        tried.add(claimed[0].id)
        rows.append(_outcome(call, *claimed))
    if number is not None and not rows:
        raise Conflict(f"job {number} did not break off. See: corecar jobs list")
    return {"said": f"{plural(len(rows), 'job')} taken up again." if rows else "No job broke off.", "rows": rows}


def _claimed(
    session: Session, call: Call, wanted: Callable[[Job], bool], number: int | None, tried: set[int]
) -> tuple[Job, str] | None:
    """Take the oldest wanted job for this process, in a transaction that nobody else can share."""
    asked = select(Job).where(Job.state.not_in(ENDED), Job.owner_id == call.actor.party_id).order_by(Job.id)
    for job in session.scalars(asked.with_for_update()):
        if job.id not in tried and wanted(job) and number in (None, job.id):
            claim = secrets.token_hex(8)
            return _taken(job, claim), claim
    return None


def _outcome(call: Call, job: Job, claim: str) -> dict[str, Any]:
    """Do a claimed job; its failure is its own and stops no other."""
    verb = WORKSPACE_VERBS[job.verb]
    function, given = verb.load(), job.arguments

    def work(report: Report, stopped: Stopped) -> Any:
        with call.store.catalogue.reading() as session:
            asker = actor_of(session, session.get_one(Person, job.by_id).name)
        require(asker, verb.permission, verb.words)
        return function(Call(asker, call.store, datetime.now(UTC), report, stopped), **given)

    try:
        answer = run_claimed(call.store, job.id, claim, work, call.report, call.stopped)
    except CorecarError as error:
        state = "cancelled" if isinstance(error, Cancelled) else "failed"
        return {"job": job.id, "verb": job.verb, "state": state, "said": str(error)}
    return {"job": job.id, "verb": job.verb, "state": "done", "said": plain(answer).get("said")}


def _own(call: Call, number: int) -> Job:
    found = call.session.get(Job, number)
    if found is None or found.owner_id != call.actor.party_id:
        raise NotFound(f"there is no job {number}. See: corecar jobs list --every")
    return found


def _row(job: Job, person: str, now: datetime) -> dict[str, Any]:
    ended = job.state in ENDED
    share = f"{job.done / job.total:.0%}" if job.total and not ended else None
    return {
        "job": job.id, "verb": job.verb, "state": state_of(job, now), "done": share,
        "what": None if ended else job.what or None,
        "by": person, "asked": job.asked_at, "tries": job.tries, "error": job.error,
    }  # fmt: skip
