"""One key names one call: of two that overlap one does the work, and what a dead process left is gone on with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.bridge.houses import small_lot

import corecar
from corecar.bridge import liveness
from corecar.errors import CatalogueError, Conflict
from corecar.store.catalogue import Catalogue
from corecar.store.catalogue.models import Audit, Job

INGEST = """
import sys, time
from pathlib import Path
import corecar, corecar.bridge.ingest.ingestion as ingestion
house, incoming, seconds, gate = sys.argv[1:]
take_in = ingestion.take_in
def slowly(task):
    time.sleep(float(seconds))
    return take_in(task)
ingestion.take_in = slowly
with corecar.open(house) as workspace:
    print("ready", flush=True)
    while not Path(gate).exists():
        time.sleep(0.01)
    try:
        print(workspace.ingest([incoming], workers="inline", idempotency_key="same")["new"])
    except corecar.errors.Conflict as error:
        print(error)
"""
"""A process that ingests slowly under the key `same`, from the moment that the gate is there."""


@pytest.fixture
def house(tmp_path: Path, catalogue_url: str) -> Iterator[corecar.Workspace]:
    with corecar.init(tmp_path / "house", owner="Demo House", database=catalogue_url) as made:
        yield made


@pytest.fixture
def incoming(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for seed in (1, 2, 3):
        small_lot(folder, seed)
    return folder


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beats and looks that follow each other fast."""
    monkeypatch.setattr(liveness, "BEAT_S", 0.05)
    monkeypatch.setattr(liveness, "LOOKS_APART_S", 0.6)


class Merging:
    """Stands for `compact`: counts how often it is done, and goes on until it is let end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: BaseException | None = None) -> None:
        self.times, self.begun, self.over, self.error = 0, threading.Event(), threading.Event(), error

        def compact(call: Any, *, table: str = "") -> dict[str, Any]:
            self.times += 1
            self.begun.set()
            assert self.over.wait(60)
            if self.error is not None:
                raise self.error
            return {"said": f"merged {self.times}"}

        monkeypatch.setattr("corecar.bridge.keep.compaction.compact", compact)

    @contextmanager
    def under_way(self, house: corecar.Workspace, **named: Any) -> Iterator[list[Any]]:
        """A call at work in another thread; its answer or its error when the block has ended."""
        answers: list[Any] = []
        thread = threading.Thread(target=lambda: answers.append(outcome(house, **named)))
        thread.start()
        try:
            assert self.begun.wait(60)
            yield answers
        finally:
            self.over.set()
            thread.join()


def outcome(house: corecar.Workspace, **named: Any) -> Any:
    """What a call of `compact` answers or raises, through a connection of its own."""
    with corecar.open(house.store.folder) as own:
        try:
            return own.compact(**named)["said"]
        except BaseException as error:
            return error


def rows(house: corecar.Workspace, kind: type[Any], verb: str = "compact") -> list[Any]:
    with house.store.catalogue.reading() as session:
        return list(session.scalars(select(kind).where(kind.verb == verb).order_by(kind.id)))


def until(found: Callable[[], Any], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.mark.parametrize("attempt", range(3))
def test_of_calls_that_begin_at_once_with_one_key_one_does_the_work(
    house: corecar.Workspace, monkeypatch: pytest.MonkeyPatch, attempt: int
) -> None:
    merging, barrier, refused = Merging(monkeypatch), threading.Barrier(4, timeout=60), threading.Semaphore(0)

    def ask(_: int) -> Any:
        with corecar.open(house.store.folder) as own:
            barrier.wait()
            try:
                return own.compact(idempotency_key="same")["said"]
            except Conflict as error:
                refused.release()
                return str(error)

    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(ask, number) for number in range(4)]
        assert all(refused.acquire(timeout=60) for _ in range(3))
        merging.over.set()
        told = sorted(each.result() for each in asked)
    assert told[3] == "merged 1"
    who = f"by {house.people_list()['rows'][0]['person']} (process {os.getpid()} on "
    for sentence in told[:3]:
        assert sentence.startswith('compact: the call with the key "same" is running since 20')
        assert who in sentence
        assert "Ask again later; how far it is: corecar jobs show 1" in sentence
    assert outcome(house, idempotency_key="same") == "merged 1"
    assert merging.times == 1
    assert [(job.state, job.tries) for job in rows(house, Job)] == [("done", 1)]
    assert sorted(row.outcome for row in rows(house, Audit)) == ["done", "refused", "refused", "refused"]


def test_of_short_calls_that_are_made_at_once_with_one_key_one_is_done_and_all_have_its_answer(
    house: corecar.Workspace,
) -> None:
    barrier, parties = threading.Barrier(4, timeout=20), [f"party {number}" for number in range(25)]

    def add(_: int) -> list[str]:
        with corecar.open(house.store.folder) as own:
            answers = []
            for party in parties:
                barrier.wait()
                answers.append(own.parties_add(party, idempotency_key=party)["said"])
            return answers

    with ThreadPoolExecutor(4) as threads:
        told = list(threads.map(add, range(4)))
    assert told == [[f"{party} is known now." for party in parties]] * 4
    assert [row.outcome for row in rows(house, Audit, "parties_add")] == ["done"] * 25


def test_other_arguments_under_the_key_of_a_running_call_are_refused(
    house: corecar.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    merging = Merging(monkeypatch)
    with merging.under_way(house, idempotency_key="same"):
        assert "used with other arguments" in str(outcome(house, idempotency_key="same", table="parts"))
        assert isinstance(outcome(house, idempotency_key="same", later=True), Conflict)
    assert merging.times == 1


def test_a_call_that_failed_may_be_made_again_with_its_key(
    house: corecar.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Merging(monkeypatch, CatalogueError("out of order."))
    failing.over.set()
    assert str(outcome(house, idempotency_key="same")) == "out of order."
    mended = Merging(monkeypatch)
    mended.over.set()
    assert outcome(house, idempotency_key="same") == "merged 1"
    assert [(row.outcome, row.error) for row in rows(house, Audit)] == [("done", None)]
    assert [job.state for job in rows(house, Job)] == ["failed", "done"]


def test_of_calls_that_begin_again_at_once_after_a_failure_one_does_the_work(
    house: corecar.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Merging(monkeypatch, CatalogueError("out of order."))
    failing.over.set()
    outcome(house, idempotency_key="same")
    merging = Merging(monkeypatch)
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(outcome, house, idempotency_key="same") for _ in range(4)]
        until(lambda: sum(each.done() for each in asked) == 3)
        merging.over.set()
        told = [each.result() for each in asked]
    assert sorted(type(each).__name__ for each in told) == ["Conflict", "Conflict", "Conflict", "str"]
    assert merging.times == 1


def processes(house: corecar.Workspace, incoming: Path, number: int, seconds: float) -> list[subprocess.Popen[str]]:
    """Processes that ingest under one key, all let go at one moment."""
    gate = incoming.parent / "gate"
    command = [sys.executable, "-c", INGEST, str(house.store.folder), str(incoming), str(seconds), str(gate)]
    begun = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(number)]
    for process in begun:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    gate.touch()
    return begun


def test_of_processes_that_begin_at_once_with_one_key_one_does_the_work(
    house: corecar.Workspace, incoming: Path
) -> None:
    told = sorted(process.communicate(timeout=120)[0].strip() for process in processes(house, incoming, 3, 1.0))
    assert told[0] == "3"
    assert all('ingest: the call with the key "same" is running since' in each for each in told[1:])
    assert [(job.state, job.tries) for job in rows(house, Job, "ingest")] == [("done", 1)]


def test_what_a_killed_process_left_is_gone_on_with_under_its_key(house: corecar.Workspace, incoming: Path) -> None:
    (process,) = processes(house, incoming, 1, 1.0)
    until(lambda: house.lots()["rows"])
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    assert [row.outcome for row in rows(house, Audit, "ingest")] == ["running"]
    again = house.ingest([str(incoming)], workers="inline", idempotency_key="same")
    assert (again["new"] + again["known"], len(house.lots()["rows"])) == (3, 3)
    assert [(job.state, job.tries) for job in rows(house, Job, "ingest")] == [("done", 2)]
    assert [row.outcome for row in rows(house, Audit, "ingest")] == ["done"]
    assert house.ingest([str(incoming)], workers="inline", idempotency_key="same") == again


def test_the_key_finds_the_answer_also_where_somebody_else_resumed_the_job(
    house: corecar.Workspace, incoming: Path
) -> None:
    (process,) = processes(house, incoming, 1, 1.0)
    until(lambda: house.lots()["rows"])
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    assert house.jobs_resume()["rows"][0]["state"] == "done"
    (audited,) = rows(house, Audit, "ingest")
    assert audited.outcome == "done"
    assert house.ingest([str(incoming)], workers="inline", idempotency_key="same") == audited.result
    assert len(rows(house, Job, "ingest")) == 1


def elsewhere(house: corecar.Workspace, **columns: Any) -> None:
    """Let the job look as if it were done on another machine."""
    house.store.catalogue.write(lambda session: session.execute(update(Job).values(host="elsewhere", **columns)))


class AnHourAhead(datetime):
    """The clock of a machine that is wrong."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return datetime.now(tz) + timedelta(hours=1)


@pytest.mark.usefixtures("quick")
def test_a_clock_that_jumps_ahead_lets_nobody_do_the_work_of_one_who_is_at_it(
    house: corecar.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    merging = Merging(monkeypatch)
    with merging.under_way(house, idempotency_key="same") as answers:
        elsewhere(house)
        monkeypatch.setattr(liveness, "datetime", AnHourAhead)
        monkeypatch.setattr("corecar.bridge.registry.datetime", AnHourAhead)
        listed = house.jobs_list()
        assert (listed["rows"][0]["state"], "looks twice" in listed["notes"][0]) == ("silent", True)
        assert "is running since" in str(outcome(house, idempotency_key="same"))
        assert house.jobs_resume()["rows"] == []
        assert house.jobs_work(once=True)["rows"] == []
    assert answers == ["merged 1"]
    assert merging.times == 1


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("way", ["key", "resume", "work"])
def test_the_work_of_a_machine_that_fell_silent_is_done_by_another_one(
    house: corecar.Workspace, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    merging = Merging(monkeypatch)
    with merging.under_way(house, idempotency_key="same") as answers:
        monkeypatch.setattr(liveness, "BEAT_S", 60.0)  # the other machine is too busy to say that it is alive
        time.sleep(0.2)
        elsewhere(house, beat_at=datetime.now(UTC) - timedelta(minutes=5))
        monkeypatch.setattr(liveness, "BEAT_S", 0.05)
        merging.begun.clear()
        takes_over = threading.Thread(target=taken_over, args=(house, way))
        takes_over.start()
        assert merging.begun.wait(60)
        merging.over.set()
        takes_over.join()
    assert merging.times == 2
    assert len(answers) == 1
    assert [(job.state, job.tries) for job in rows(house, Job)] == [("done", 2)]
    assert [row.outcome for row in rows(house, Audit)] == ["done"]


def taken_over(house: corecar.Workspace, way: str) -> None:
    if way == "key":
        outcome(house, idempotency_key="same")
    else:
        house.jobs_resume() if way == "resume" else house.jobs_work(once=True)


def test_a_beginning_that_was_committed_though_its_answer_was_lost_is_gone_on_with(
    house: corecar.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    merging, writing = Merging(monkeypatch), Catalogue.writing
    lost: list[Catalogue] = []
    merging.over.set()

    @contextmanager
    def answer_lost(self: Catalogue) -> Iterator[Any]:
        with writing(self) as session:
            yield session
        if not lost:
            lost.append(self)
            raise CatalogueError("the connection was lost.", passing=True)

    monkeypatch.setattr(Catalogue, "writing", answer_lost)
    assert house.compact(idempotency_key="same")["said"] == "merged 1"
    assert (merging.times, len(lost), len(rows(house, Job))) == (1, 1, 1)
