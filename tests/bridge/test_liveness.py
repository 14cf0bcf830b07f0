"""A job whose process is gone broke off; that of another machine only when two looks, seconds apart, see the same."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from corecar.bridge import liveness
from corecar.bridge.liveness import LOOKS_APART_S, SILENT, Watch, state_of
from corecar.store.catalogue.models import Job

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@dataclass
class Clocks:
    """The two clocks of the process that looks; both stand until they are moved."""

    wall: datetime = NOON
    own: float = 1000.0

    def watch(self) -> Watch:
        return Watch(lambda: self.wall, lambda: self.own)

    def go_on(self, seconds: float) -> None:
        self.own += seconds
        self.wall += timedelta(seconds=seconds)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


def job(beat: datetime = NOON, host: str | None = "elsewhere", process: int | None = 1) -> Job:
    return Job(id=7, state="running", claim="c1", host=host, process=process, beat_at=beat)


def test_one_look_never_takes_a_job_of_another_machine(clocks: Clocks) -> None:
    watch = clocks.watch()
    assert not watch.broke_off(job(NOON - timedelta(days=3)))
    assert watch.undecided == {7}


def test_a_sign_that_stays_the_same_for_long_enough_is_of_a_job_that_broke_off(clocks: Clocks) -> None:
    watch, found = clocks.watch(), job(NOON - SILENT - timedelta(seconds=1))
    for seconds in (0.0, LOOKS_APART_S / 2, LOOKS_APART_S / 2):
        clocks.go_on(seconds)
        watch.new_round()
        assert not watch.broke_off(found)
        assert watch.undecided
    clocks.go_on(0.1)
    watch.new_round()
    assert watch.broke_off(found)
    assert not watch.undecided


@pytest.mark.parametrize("hours", [-30, -1, 1, 30])
@pytest.mark.parametrize("whose", ["watcher", "worker"])
def test_no_jump_of_a_clock_loses_a_job_that_is_alive(clocks: Clocks, hours: int, whose: str) -> None:
    watch, jump = clocks.watch(), timedelta(hours=hours)
    found, behind = job(), timedelta()
    for beat in range(200):
        clocks.go_on(liveness.BEAT_S)
        if beat == 60 and whose == "watcher":
            clocks.wall += jump
        if beat == 60 and whose == "worker":
            behind = jump
        found.beat_at = NOON + timedelta(seconds=beat * liveness.BEAT_S) + behind
        watch.new_round()
        assert not watch.broke_off(found)


def test_a_job_that_dies_after_the_clock_has_jumped_is_found_too(clocks: Clocks) -> None:
    watch, found = clocks.watch(), job()
    clocks.wall += timedelta(hours=1)
    for beat in range(10):
        clocks.go_on(liveness.BEAT_S)
        found.beat_at = NOON + timedelta(seconds=beat * liveness.BEAT_S)
        assert not watch.broke_off(found)
    clocks.go_on(LOOKS_APART_S + 0.1)
    assert watch.broke_off(found)


def test_a_jump_of_the_clock_between_two_looks_does_not_shorten_them(clocks: Clocks) -> None:
    watch, found = clocks.watch(), job(NOON - 2 * SILENT)
    assert not watch.broke_off(found)
    clocks.wall += timedelta(days=1)
    clocks.own += 1.0
    assert not watch.broke_off(found)


def test_a_new_claim_is_a_sign_of_life(clocks: Clocks) -> None:
    watch, found = clocks.watch(), job(NOON - 2 * SILENT)
    assert not watch.broke_off(found)
    clocks.go_on(LOOKS_APART_S + 1)
    found.claim = "c2"
    watch.new_round()
    assert not watch.broke_off(found)
    assert not watch.undecided


def test_of_this_machine_the_process_decides_at_once(clocks: Clocks) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait(30)
    here = socket.gethostname()
    assert clocks.watch().broke_off(job(host=here, process=gone.pid))
    assert not clocks.watch().broke_off(job(host=here, process=os.getpid()))


def test_nobody_works_at_a_job_that_came_out_of_a_backup(clocks: Clocks) -> None:
    assert clocks.watch().broke_off(job(host=None, process=None))


@pytest.mark.parametrize("state", ["queued", "done", "failed", "cancelled"])
def test_a_job_that_is_not_at_work_did_not_break_off(clocks: Clocks, state: str) -> None:
    watch, found = clocks.watch(), job(NOON - 2 * SILENT, host=None)
    found.state = state
    assert not watch.broke_off(found)
    assert state_of(found, NOON) == state


def test_a_person_reads_what_one_look_tells() -> None:
    assert state_of(job(), NOON) == "running"
    assert state_of(job(NOON - 2 * SILENT), NOON) == "silent"
    assert state_of(job(NOON + 2 * SILENT), NOON) == "silent"
    assert state_of(job(host=None), NOON) == "broke off"
