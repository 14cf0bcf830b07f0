"""What a call leaves behind: its audit row; and that a call with a key is done once.

A verb that is one transaction has its audit row in it. One that commits piece by piece has a row that stands as running
until it ends; where it is a job, both rows begin in one transaction and end in one. So whoever comes with the same key
meanwhile finds the job, and `liveness` says whether somebody works at it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, make_transient

from corecar.bridge import claimed_jobs, liveness
from corecar.bridge.access import Actor
from corecar.bridge.calls import Report, Stopped, Store, Work
from corecar.bridge.liveness import AT_WORK, ENDED, Watch
from corecar.bridge.plain import plain
from corecar.bridge.verbs import Verb
from corecar.errors import AccessDenied, ArgumentError, Cancelled, CatalogueError, Conflict, NotFound
from corecar.store.catalogue.models import Audit, Job

Answer = Any
REFUSALS = (AccessDenied, ArgumentError, Conflict, NotFound)
RACES = 5
"""How often a call is tried again when somebody else added the same row first."""


@dataclass(frozen=True)
class Asked:
    """One call: which verb, by whom, under which key, with what."""

    store: Store
    verb: Verb
    actor: Actor
    key: str
    given: dict[str, Any]


@dataclass(frozen=True)
class _Begun:
    """What the first transaction of a call found: a row to end, a job to do, or the answer of the same call before."""

    row: int
    job: int | None = None
    answered: bool = False
    answer: Answer = None


def in_one(this: Asked, work: Callable[[Session], Answer]) -> Answer:
    """Do a verb, its audit row and its answer in one transaction. Raises Conflict for a key that is in use."""

    def whole(session: Session) -> Answer:
        earlier = _earlier(session, this)
        if earlier is not None:
            return _answer_of(this, earlier)
        row = _row(this, key=this.key, outcome="done")
        session.add(row)
        session.flush()  # whoever is at the same call waits here, before it looks at what this one changes
        answer = work(session)
        row.result = _kept(this.verb, answer)
        return answer

    return _racing(this.store, whole)


def in_pieces(this: Asked, work: Work, report: Report, stopped: Stopped) -> Answer:
    """Do a verb that commits piece by piece; as a job, unless it is work on jobs itself.

    Raises  Conflict when the same call is under way, or the key stands for another one
    """
    claim = claimed_jobs.new_claim()
    with refusals(this):
        begun = _begun(this, claim, report, stopped)
    if begun.answered:
        return begun.answer
    if begun.job is not None:
        return claimed_jobs.run_claimed(this.store, begun.job, claim, work, report, stopped)
    try:
        answer = work(report, stopped, None)
    except BaseException as error:
        with suppress(CatalogueError):  # what went wrong matters more than that it could not be noted
            _end(this.store, begun.row, outcome=_outcome_of(error), error=claimed_jobs.words_of(error))
        raise
    _end(this.store, begun.row, outcome="done", result=plain(answer))
    return answer


@contextmanager
def refusals(this: Asked) -> Iterator[None]:
    """Leave an audit row of a call that was refused or failed; of one that only looks when it was not allowed to."""
    try:
        yield
    except Exception as error:
        if this.verb.writes or isinstance(error, AccessDenied):
            outcome = "refused" if isinstance(error, REFUSALS) else _outcome_of(error)
            _note(this.store, _row(this, outcome=outcome, error=claimed_jobs.words_of(error)))
        raise


def _outcome_of(error: BaseException) -> str:
    return "failed" if claimed_jobs.is_failure(error) else "stopped"


def note_stranger(store: Store, verb: Verb, name: str, given: dict[str, Any], error: AccessDenied) -> None:
    """Leave an audit row of a caller whom nobody knows, under the name that was given."""
    now = datetime.now(UTC)
    _note(
        store,
        Audit(
            verb=verb.name, arguments=plain(given), outcome="refused", error=str(error), at=now, ended_at=now,
            claimed=name,
        ),
    )  # fmt: skip


def _note(store: Store, row: Audit) -> None:
    """Add a row, where that is possible: the error that is noted matters more than that it could not be."""
    same = (Audit.at == row.at, Audit.verb == row.verb, Audit.outcome == row.outcome, Audit.error == row.error)

    def note(session: Session) -> None:
        if session.scalar(select(Audit.id).where(*same, Audit.by_id.is_not_distinct_from(row.by_id))) is None:
            make_transient(row)  # a try before this one may have numbered it, and was taken back
            row.id = None  # type: ignore[assignment]
            session.add(row)

    with suppress(CatalogueError):
        store.catalogue.write(note, wait_s=1)


def _racing(store: Store, work: Callable[[Session], Answer]) -> Answer:
    """One transaction, from its start again when somebody else added the same row first."""
    for _ in range(RACES):
        try:
            return store.catalogue.write(work)
        except CatalogueError as error:
            if not error.conflict:
                raise
    return store.catalogue.write(work)


def _begun(this: Asked, claim: str, report: Report, stopped: Stopped) -> _Begun:
    """Begin a call that commits piece by piece, once it is sure that nobody works at the same."""
    watch = Watch()
    while True:
        found: _Begun | None = _racing(this.store, lambda session: _begin(session, this, claim, watch))
        if found is not None:
            return found
        report(0, 0, "waiting for a sign of life")
        time.sleep(liveness.BEAT_S)
        if stopped():
            raise Cancelled("stopped as asked, before anything was done.")


def _begin(session: Session, this: Asked, claim: str, watch: Watch) -> _Begun | None:
    """The row of this call and its job, claimed; None where it takes another look to tell whether somebody is at it."""
    watch.new_round()
    earlier = _earlier(session, this)
    if earlier is None:
        earlier = _row(this, key=this.key, outcome=AT_WORK)
        session.add(earlier)
        return _with_new_job(session, this, earlier, claim)
    job = _held_job(session, earlier)
    if earlier.outcome == "done":
        return _Begun(earlier.id, answered=True, answer=earlier.result)
    if job is None or earlier.outcome != AT_WORK or job.state in ENDED:
        earlier.outcome, earlier.error, earlier.ended_at = AT_WORK, None, None
        return _with_new_job(session, this, earlier, claim)
    if job.claim == claim:  # this very transaction was committed, and only the answer of the database was lost
        return _Begun(earlier.id, job.id)
    if watch.broke_off(job):
        claimed_jobs.take(job, claim)
        return _Begun(earlier.id, job.id)
    if watch.undecided:
        return None
    raise _is_running(this, job)


def _held_job(session: Session, earlier: Audit) -> Job | None:
    """The job of a call, held until this transaction ends; the call's row is as it is now that it is held."""
    if earlier.job_id is None:
        session.refresh(earlier, with_for_update=True)
    while earlier.job_id is not None:
        job = session.get_one(Job, earlier.job_id, with_for_update=True, populate_existing=True)
        session.refresh(earlier)
        if earlier.job_id == job.id:
            return job
    return None


def _with_new_job(session: Session, this: Asked, row: Audit, claim: str) -> _Begun:
    if this.verb.is_job:
        row.job_id = claimed_jobs.begin(session, this.verb, this.actor, this.given, claim).id
    session.flush()
    return _Begun(row.id, row.job_id)


def _is_running(this: Asked, job: Job) -> Conflict:
    since = "" if job.started_at is None else f" since {job.started_at:%Y-%m-%d %H:%M:%S} UTC"
    return Conflict(
        f'{this.verb.words}: the call with the key "{this.key}" is running{since}, by {this.actor.name} '
        f"(process {job.process} on {job.host}). Ask again later; how far it is: corecar jobs show {job.id}"
    )


def _answer_of(this: Asked, earlier: Audit) -> Answer:
    """What the same call answered before. Raises Conflict where it was done at once and has not ended well."""
    if earlier.outcome != "done":
        state = "is running" if earlier.outcome == AT_WORK else earlier.outcome
        raise Conflict(
            f'{this.verb.words}: the call with the key "{this.key}" {state}. Ask again without leaving it for later, '
            "or choose a new key."
        )
    return earlier.result


def _end(store: Store, number: int, **columns: Any) -> None:
    """Say in an audit row how the call ended."""

    def end(session: Session) -> None:
        row = session.get_one(Audit, number)
        row.ended_at = datetime.now(UTC)
        for name, value in columns.items():
            setattr(row, name, value)

    store.catalogue.write(end)


def _earlier(session: Session, this: Asked) -> Audit | None:
    """The audit row of the same call, made before. Raises Conflict when the key stands for another call."""
    same = (Audit.by_id == this.actor.person_id, Audit.verb == this.verb.name, Audit.idempotency_key == this.key)
    found = session.scalar(select(Audit).where(*same))
    if found is not None and found.arguments != plain(this.given):
        raise Conflict(
            f'{this.verb.words}: the idempotency key "{this.key}" was used with other arguments. Choose a new key.'
        )
    return found


def _kept(verb: Verb, answer: Answer) -> Any:
    """What is kept of an answer, for a repeated call with its key: no secret, nor the sentence that tells it."""
    if verb.secret:
        return plain({name: value for name, value in answer.items() if name not in ("secret", "said")})
    return plain(answer)


def _row(this: Asked, *, key: str | None = None, **columns: Any) -> Audit:
    now = datetime.now(UTC)
    return Audit(
        verb=this.verb.name, arguments=plain(this.given), idempotency_key=key, at=now,
        ended_at=None if columns["outcome"] == AT_WORK else now, by_id=this.actor.person_id,
        owner_id=this.actor.party_id, **columns,
    )  # fmt: skip
