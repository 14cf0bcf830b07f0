"""Whether somebody works at a job: what one look tells, and what only two looks tell.

A process of this machine runs or is gone: one look is enough. Of another machine only the sign of life is seen that a
job at work renews every few seconds, stamped by that machine's clock. So its age says no more than at which jobs to
look twice. A job broke off when the sign stays the same while this process's own clock, which nobody can set, goes on.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from corecar.store.catalogue.models import Job
from corecar.store.catalogue.sessions import process_runs

AT_WORK, QUEUED = "running", "queued"
ENDED = ("done", "failed", "cancelled")
BEAT_S = 2.0
"""How often a job at work says that it is alive [s]."""
SILENT = timedelta(seconds=90)
"""A sign of life that is older, or lies further ahead, makes a job one to look at twice."""
LOOKS_APART_S = 5 * BEAT_S
"""How long a sign of life must have stayed the same, by the clock of the process that looks [s]."""


def is_gone(job: Job) -> bool:
    """Whether surely nobody works at a job: its process was one of this machine, or its row came out of a backup."""
    if job.state != AT_WORK:
        return False
    if job.host is None or job.process is None:
        return True
    return job.host == socket.gethostname() and not process_runs(job.process)


def is_silent(job: Job, now: datetime) -> bool:
    """Whether a job at work seems to have shown no sign of life for long; the clocks of two machines may differ."""
    return job.state == AT_WORK and (job.beat_at is None or abs(now - job.beat_at) > SILENT)


def state_of(job: Job, now: datetime) -> str:
    """The state as a person reads it, after one look."""
    return "broke off" if is_gone(job) else "silent" if is_silent(job, now) else job.state


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class _Look:
    """The sign of life that was found, when by the own clock [s], and whether it had changed by then."""

    sign: tuple[str | None, datetime | None]
    at: float
    changed: bool


@dataclass
class Watch:
    """Looks at jobs again and again, to tell those that broke off from those whose clock differs.

    wall       the time of day
    own        a clock that only goes on [s]
    undecided  numbers of the jobs of this round that need another look
    """

    wall: Callable[[], datetime] = _wall
    own: Callable[[], float] = time.monotonic
    undecided: set[int] = field(default_factory=set)
    _looks: dict[int, _Look] = field(default_factory=dict)

    def new_round(self) -> None:
        """Begin to look at all jobs anew; what was seen before stays known."""
        self.undecided.clear()

    def broke_off(self, job: Job) -> bool:
        """Whether a job that should be at work has nobody who works at it. False also while it is undecided."""
        if is_gone(job):
            return True
        if not is_silent(job, self.wall()):
            return False
        look = self._look_at(job)
        if self.own() - look.at > LOOKS_APART_S:
            return True
        if not look.changed:
            self.undecided.add(job.id)
        return False

    def _look_at(self, job: Job) -> _Look:
        """When the sign of life that a job shows now was seen first."""
        sign, before = (job.claim, job.beat_at), self._looks.get(job.id)
        if before is None or before.sign != sign:
            self._looks[job.id] = _Look(sign, self.own(), changed=before is not None)
        return self._looks[job.id]
