"""Long work can be watched, stopped and gone on with, from other processes too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.bridge.houses import house_in, small_lot

import corecar
from corecar.errors import ArgumentError, Cancelled, Conflict

INGEST = (
    "import sys, corecar, corecar.bridge.ingest.ingestion as i\n"
    "slow = i.take_in\n"
    "def take(task):\n    import time; time.sleep(float(sys.argv[3])); return slow(task)\n"
    "i.take_in = take\n"
    "corecar.open(sys.argv[1]).ingest([sys.argv[2]], workers='inline')\n"
)
"""A process that ingests slowly, so that it can be met at work."""


def started(house: Path, incoming: Path, seconds_a_file: float) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", INGEST, str(house), str(incoming), str(seconds_a_file)])


def until(found: object, seconds: float = 40.0) -> None:
    end = time.monotonic() + seconds
    while not found():  # type: ignore[operator]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def test_work_left_for_later_is_done_by_a_worker(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline", later=True)
        assert house.lots()["rows"] == []
        assert [row["state"] for row in house.jobs_list()["rows"]] == ["queued"]
        assert house.jobs_work(once=True)["rows"][0]["state"] == "done"
        assert [row["lot"] for row in house.lots()["rows"]] == ["SIM00001"]
        assert house.jobs_list()["rows"] == []


def test_a_queued_job_can_be_cancelled_and_an_ended_one_can_not(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        number = house.compact(later=True)["job"]
        house.jobs_cancel(number)
        assert house.jobs_work(once=True)["rows"] == []
        with pytest.raises(Conflict, match="has ended already"):
            house.jobs_cancel(number)
        with pytest.raises(ArgumentError, match="done at once"):
            house.hold("X", reason="y", later=True)


def test_a_job_that_fails_says_why_and_stops_no_other(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.ingest([str(tmp_path / "gone")], later=True)
        house.verify(later=True)
        assert [row["state"] for row in house.jobs_work(once=True)["rows"]] == ["failed", "done"]
        failed = next(row for row in house.jobs_list(every=True)["rows"] if row["verb"] == "ingest")
        assert "there is nothing" in failed["error"]


def test_a_job_at_work_is_seen_and_stopped_from_elsewhere(tmp_path: Path) -> None:
    incoming = tmp_path / "in"
    incoming.mkdir()
    for seed in range(1, 5):
        small_lot(incoming, seed)
    house_in(tmp_path).close()
    process = started(tmp_path / "house", incoming, 2.5)
    with corecar.open(tmp_path / "house") as house:
        until(lambda: any(row["done"] for row in house.jobs_list()["rows"]))
        job = house.jobs_list()["rows"][0]
        assert (job["verb"], job["state"]) == ("ingest", "running")
        house.jobs_cancel(job["job"])
        process.wait(60)
        assert house.jobs_list(every=True)["rows"][0]["state"] == "cancelled"
        assert 0 < len(house.lots()["rows"]) < 4
        assert house.verify()["sound"]


def test_a_job_whose_process_was_killed_broke_off_and_is_gone_on_with(tmp_path: Path) -> None:
    incoming = tmp_path / "in"
    incoming.mkdir()
    for seed in range(1, 4):
        small_lot(incoming, seed)
    house_in(tmp_path).close()
    process = started(tmp_path / "house", incoming, 1.0)
    with corecar.open(tmp_path / "house") as house:
        until(lambda: house.lots()["rows"])
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
        assert house.jobs_list()["rows"][0]["state"] == "broke off"
        assert house.jobs_resume()["rows"][0]["state"] == "done"
        assert len(house.lots()["rows"]) == 3
        assert house.jobs_list()["rows"] == []
        house.vacuum(keep_days=0)
        assert (house.verify()["sound"], house.verify()["unlisted"]) == (True, [])


def test_work_that_is_asked_to_stop_keeps_what_it_had_finished(tmp_path: Path) -> None:
    for seed in (1, 2, 3):
        small_lot(tmp_path, seed)
    asked = threading.Event()
    with house_in(tmp_path) as house:
        with pytest.raises(Cancelled, match="What was finished stays"):
            house.ingest(
                [tmp_path], workers="inline", report=lambda done, total, what: asked.set(), stopped=asked.is_set
            )
        assert 0 < len(house.lots()["rows"]) < 3
        house.ingest([tmp_path], workers="inline")
        assert len(house.lots()["rows"]) == 3
