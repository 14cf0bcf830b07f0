"""Long work as jobs: who asked, how far it is, and what to do about one that broke off.

How a job is taken, kept alive and ended stands in `claimed_jobs`, how it is told that one broke off in `liveness`. The
work itself may be done twice without harm: every long verb looks first what is done already.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge import liveness
from corecar.bridge.access import Actor, actor_of, require, require_house
from corecar.bridge.calls import IDLE, AtLeast, Call, Report, Stopped
from corecar.bridge.claimed_jobs import add_job, claimed_by, end_job, is_failure, new_claim, run_claimed, take
from corecar.bridge.liveness import AT_WORK, ENDED, QUEUED, Watch, is_gone, state_of
from corecar.bridge.plain import plain
from corecar.bridge.verbs import WORKSPACE_VERBS, Verb
from corecar.errors import ArgumentError, Conflict, CorecarError, NotFound
from corecar.plurals import plural
from corecar.store.catalogue.models import Audit, Job, Person

WAITING = (
    "No job is queued. Waiting for one left with --later, with a look every {every:g} s; "
    "Ctrl-C stops, and --once would not have waited."
)

MOST_TOLD = 1000
"""Jobs that the answer of somebody who worked on and on lists, the latest."""


def queue(session: Session, verb: Verb, actor: Actor, given: Mapping[str, Any]) -> dict[str, Any]:
    """Leave a job for `corecar jobs work` to do. Raises ArgumentError for a verb that is no job."""
    if not verb.is_job:
        raise ArgumentError(f"{verb.words} is done at once; only long work can be left for later.")
    placed = {name: _placed(value) for name, value in given.items()}
    number = add_job(session, verb, actor, placed, state=QUEUED).id
    return {"said": f"job {number} is queued. `corecar jobs work` does it.", "job": number}


def _placed(value: Any) -> Any:
    """A path as it is from anywhere, since the job may be done by a process that stands elsewhere."""
    if isinstance(value, Path):
        return value.absolute()
    return [_placed(item) for item in value] if isinstance(value, (list, tuple)) else value


def jobs_list(
    call: Call,
    *,
    every: Annotated[bool, "Also those that ended."] = False,
    limit: Annotated[int, "At most so many, the latest.", AtLeast(0)] = 50,
) -> dict[str, Any]:
    """List the jobs that are queued, at work, silent or broke off; with --every also those that ended."""
    asked = select(Job, Person.name).join(Person, Person.id == Job.by_id).where(Job.owner_id == call.actor.party_id)
    if not every:
        asked = asked.where(Job.state.not_in(ENDED))
    found = call.session.execute(asked.order_by(Job.id.desc()).limit(limit)).all()
    rows = [_row(job, name, call.now) for job, name in found]
    return {"said": "" if rows else "No job is under way.", "rows": rows, "notes": list(_advice(rows))}


def _advice(rows: list[dict[str, Any]]) -> Iterator[str]:
    states = [row["state"] for row in rows]
    if broken := states.count("broke off"):
        yield f"{broken} broke off: `corecar jobs resume` goes on with them."
    if silent := states.count("silent"):
        yield (
            f"{silent} of another machine showed no sign of life of late, or its clock differs from the one here: "
            "`corecar jobs resume` looks twice, and goes on with what broke off."
        )


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
    if found.state == QUEUED or is_gone(found):
        end_job(call.session, found, state="cancelled")
        return {"said": f"job {job} is cancelled.", "job": job}
    silent = state_of(found, call.now) != found.state
    otherwise = " If it broke off, `corecar jobs resume` ends it." if silent else ""
    return {"said": f"job {job} is asked to stop; it does so after the piece it is at.{otherwise}", "job": job}


def jobs_resume(
    call: Call, job: Annotated[int | None, "Its number; without it all that broke off."] = None
) -> dict[str, Any]:
    """Go on with jobs that broke off: what they had finished is not done again.

    One of another machine is looked at twice, seconds apart: it broke off when it shows no sign of life in between.
    Raises  Conflict when the job with this number did not break off
    """
    watch = Watch()
    return _done(call, watch, watch.broke_off, job)


def jobs_work(
    call: Call,
    *,
    once: Annotated[bool, "Stop when nothing is queued, instead of waiting for more."] = False,
    every: Annotated[float, "Seconds between two looks.", AtLeast(0.05)] = 2.0,
    everyone: Annotated[bool, "Also jobs of other parties; for whoever keeps the workspace."] = False,
) -> dict[str, Any]:
    """Do queued jobs one after the other, and those that broke off, until stopped; with --once until none is left.

    Raises  AccessDenied for jobs of everyone, where another party keeps the workspace
    """
    if everyone:
        require_house(call.actor, "jobs work --everyone")
    done: list[dict[str, Any]] = []
    watch, told = Watch(), False
    owner = None if everyone else call.actor.party_id
    while True:
        rows: list[dict[str, Any]] = []
        if _any_open(call, owner):
            found = _done(call, watch, lambda job: job.state == QUEUED or watch.broke_off(job), everyone=everyone)
            rows = found["rows"]
        done = [*done, *rows][-MOST_TOLD:]
        if once or call.stopped():
            return {"said": f"{plural(len(done), 'job')} taken up." if done else "No job was queued.", "rows": done}
        if rows or not told:
            call.report(0, IDLE, WAITING.format(every=every))
            told = True
        _wait(every, call.stopped)


def _any_open(call: Call, owner: int | None) -> bool:
    """Whether there is a job that has not ended: a look that locks nothing, so that it can be had often."""
    asked = select(Job.id).where(Job.state.not_in(ENDED)).limit(1)
    if owner is not None:
        asked = asked.where(Job.owner_id == owner)
    with call.store.catalogue.reading() as session:
        return session.scalar(asked) is not None


def _wait(seconds: float, stopped: Stopped) -> None:
    """Wait so long, or until asked to stop."""
    end = time.monotonic() + seconds
    while not stopped() and time.monotonic() < end:
        time.sleep(min(0.2, seconds))


def _done(
    call: Call, watch: Watch, wanted: Callable[[Job], bool], number: int | None = None, *, everyone: bool = False
) -> dict[str, Any]:
    rows = []
    tried: set[int] = set()
    while not call.stopped():
        claim = new_claim()
        take_one = partial(
            _taken, owner=None if everyone else call.actor.party_id, watch=watch, wanted=wanted, number=number,
            tried=tried, claim=claim,
        )  # fmt: skip
        job = call.store.catalogue.write(take_one)
        if job is not None:
            tried.add(job.id)
            rows.append(_outcome(call, job, claim))
        elif watch.undecided:
            call.report(0, 0, "waiting for a sign of life")
            time.sleep(liveness.BEAT_S)
        else:
            break
    if number is not None and not rows:
        raise Conflict(f"job {number} did not break off. See: corecar jobs list")
    return {"said": f"{plural(len(rows), 'job')} taken up again." if rows else "No job broke off.", "rows": rows}


def _taken(
    session: Session, *, owner: int | None, watch: Watch, wanted: Callable[[Job], bool], number: int | None,
    tried: set[int], claim: str,
) -> Job | None:  # fmt: skip
    """Take the oldest wanted job for this process, in a transaction that nobody else can share.

    One that was asked to stop before it broke off is cancelled, unless its number was given.
    """
    held = claimed_by(session, claim)
    if held is not None:
        return held
    watch.new_round()
    asked = select(Job).where(Job.state.not_in(ENDED)).order_by(Job.id)
    if owner is not None:
        asked = asked.where(Job.owner_id == owner)
    for job in session.scalars(asked.with_for_update()).all():
        if job.id in tried or number not in (None, job.id) or not wanted(job):
            continue
        if job.cancel_asked and number is None:
            end_job(session, job, state="cancelled")
            continue
        _note_work(session, job)
        return take(job, claim)
    return None


def _note_work(session: Session, job: Job) -> None:
    """See to it that there is an audit row of the work itself, which ends with the job: the call that left it for later
    has ended long ago, and has a row of its own."""
    if not WORKSPACE_VERBS[job.verb].writes:
        return
    if session.scalar(select(Audit.id).where(Audit.job_id == job.id).limit(1)) is None:
        row = Audit(
            verb=job.verb, arguments=job.arguments, outcome=AT_WORK, at=datetime.now(UTC), by_id=job.by_id,
            owner_id=job.owner_id, job_id=job.id,
        )  # fmt: skip
        session.add(row)


def _outcome(call: Call, job: Job, claim: str) -> dict[str, Any]:
    """Do a claimed job; its failure is its own and stops no other, also where who asked may not ask any more."""
    verb = WORKSPACE_VERBS[job.verb]

    def work(report: Report, stopped: Stopped, number: int | None) -> Any:
        with call.store.catalogue.reading() as session:
            asker = actor_of(session, session.get_one(Person, job.by_id).name)
        require(asker, verb)
        return verb.load()(Call(asker, call.store, datetime.now(UTC), report, stopped, job=number), **job.arguments)

    try:
        answer = run_claimed(call.store, job.id, claim, work, call.report, call.stopped)
    except CorecarError as error:
        state = "failed" if is_failure(error) else "cancelled"
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
