"""What disks, clocks, servers and other processes do to a workspace."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from tests.database_server import DatabaseServer
from tests.faults.houses import House, prove_whole

import corecar
from corecar.bridge import admission, ingestion, intake, vacuum
from corecar.errors import CatalogueError, CorecarError, OutputError
from corecar.store import capture, lake, sessions
from corecar.store.catalogue import Catalogue
from corecar.store.models import Run, WritingSession
from corecar.store.sessions import writing_session

INGEST = """
import sys, corecar
with corecar.open(sys.argv[1]) as workspace:
    print(workspace.ingest(sys.argv[2:], workers="inline")["new"])
"""


def ingest(folder: Path, *paths: Path) -> Any:
    with corecar.open(folder) as workspace:
        return workspace.ingest(list(paths), workers="inline")


@contextmanager
def mounted(place: Path, *options: str) -> Iterator[Path]:
    """A small disk in memory; skips where it cannot be mounted."""
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", *options, "tmpfs", str(place)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no leave to mount a disk here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_the_same_content_twice_in_one_call_is_one_source(house: House, testers: Path) -> None:
    folder = house.fresh()
    told = ingest(folder, testers)
    assert (told["new"], told["known"]) == (2, 1)
    assert ingest(folder, testers)["known"] == 3
    prove_whole(folder)


def test_a_failure_on_the_second_copy_takes_nothing_from_the_first(
    house: House, testers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, calls, write_run = house.fresh(), [], lake.write_run

    def full_at_the_second(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 2:
            raise OutputError("the disk is full.")
        return write_run(*given)

    monkeypatch.setattr(intake, "write_run", full_at_the_second)
    with pytest.raises(OutputError, match="disk is full"):
        ingest(folder, testers / "lot1.stdf", testers / "again.stdf.gz", testers / "lot2.stdf")
    with corecar.open(folder) as workspace:
        assert workspace.verify()["rows"] == []
    ingest(folder, testers)
    prove_whole(folder)


def test_processes_that_take_the_same_folder_at_once_take_each_content_once(house: House, testers: Path) -> None:
    folder = house.fresh()
    orders = [["lot1.stdf", "lot2.stdf"], ["again.stdf.gz", "lot2.stdf"], ["lot2.stdf", "again.stdf.gz"]]
    command = [sys.executable, "-c", INGEST, str(folder)]
    processes = [
        subprocess.Popen([*command, *(str(testers / name) for name in order)], stdout=subprocess.PIPE, text=True)
        for order in orders
    ]
    new = [int(process.communicate()[0]) for process in processes]
    assert sum(new) == 2
    prove_whole(folder)


def test_a_full_disk_is_told_and_costs_nothing(tmp_path: Path, testers: Path) -> None:
    with mounted(tmp_path / "disk", "-o", "size=3m") as disk:
        corecar.init(disk / "house").close()
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as sink:
            while sink.write(bytes(1 << 12)) == 1 << 12 and shutil.disk_usage(disk).free > 0:
                pass
        with pytest.raises(CorecarError, match="full"):
            ingest(disk / "house", testers)
        filler.unlink()
        ingest(disk / "house", testers)
        prove_whole(disk / "house")


def test_a_disk_mounted_read_only_is_told_and_costs_nothing(tmp_path: Path, testers: Path) -> None:
    with mounted(tmp_path / "disk") as disk:
        corecar.init(disk / "house").close()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(CorecarError):
            ingest(disk / "house", testers)
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        ingest(disk / "house", testers)
        prove_whole(disk / "house")


@pytest.mark.parametrize("hours", [-50, 50])
def test_a_clock_that_jumps_lets_vacuum_take_nothing_that_is_about_to_be_listed(
    house: House, testers: Path, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    class Jumped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(hours=hours)

    folder = house.fresh()
    with corecar.open(folder) as workspace, writing_session(workspace.store.catalogue, "ingest") as token:
        taken = capture.capture(testers / "lot1.stdf", workspace.store.objects, token)
        assert taken.stored_key is not None
        monkeypatch.setattr(sessions, "datetime", Jumped)
        monkeypatch.setattr("corecar.bridge.registry.datetime", Jumped)
        assert workspace.vacuum(keep_days=0)["keys"] == []
        assert workspace.store.objects.exists(taken.stored_key)
    ingest(folder, testers)
    prove_whole(folder)


def test_a_session_that_vacuum_ended_is_begun_again(
    house: House, testers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, admit = house.fresh(), admission.admit
    ended: list[Any] = []

    def vacuumed_first(session: Any, taken: Any, about: Any) -> Any:
        if not ended:
            ended.append(session.execute(delete(WritingSession)))
            for written in taken.written_keys():
                (folder / written).unlink()
        return admit(session, taken, about)

    monkeypatch.setattr(ingestion, "admit", vacuumed_first)
    assert ingest(folder, testers)["new"] == 2
    prove_whole(folder)


def test_a_source_that_grows_while_it_is_read_is_left_for_later(
    house: House, testers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, grown = house.fresh(), tmp_path / "lot1.stdf"
    whole = (testers / "lot1.stdf").read_bytes()
    grown.write_bytes(whole[:-20])
    plain_blocks = capture.plain_blocks

    def growing(path: Path) -> Iterator[bytes]:
        yield from plain_blocks(path)
        path.write_bytes(whole)

    monkeypatch.setattr(capture, "plain_blocks", growing)
    told = ingest(folder, grown)
    assert (told["new"], told["later"]) == (0, 1)
    monkeypatch.undo()
    assert ingest(folder, grown)["new"] == 1
    ingest(folder, testers)
    prove_whole(folder)


def test_a_missing_and_an_altered_source_are_named(house: House, testers: Path) -> None:
    folder = house.fresh()
    ingest(folder, testers)
    first, second = sorted((folder / "files").rglob("*.zstd"))
    data = second.read_bytes()
    first.unlink()
    second.write_bytes(data[:30] + bytes([data[30] ^ 1]) + data[31:])
    with corecar.open(folder) as workspace:
        rows = workspace.verify()["rows"]
    assert {row["where"] for row in rows} == {str(path.relative_to(folder)) for path in (first, second)}


def test_verify_beside_an_ingest_finds_no_fault(house: House, testers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = house.fresh()
    listing = vacuum.files_there

    def then_ingested(objects: Any) -> Any:
        there = listing(objects)
        ingest(folder, testers)
        return there

    monkeypatch.setattr("corecar.bridge.verification.files_there", then_ingested)
    with corecar.open(folder) as workspace:
        assert workspace.verify()["rows"] == []


def test_two_houses_begun_on_one_database_at_once_are_one(database_server: DatabaseServer, tmp_path: Path) -> None:
    url = database_server.fresh()
    made = "import sys, corecar; print(corecar.init(sys.argv[1], database=sys.argv[2]).store.folder)"
    processes = [
        subprocess.Popen([sys.executable, "-c", made, str(tmp_path / name), url], stdout=subprocess.PIPE, text=True)
        for name in "abc"
    ]
    assert [process.communicate()[0].strip() for process in processes] == [str(tmp_path / name) for name in "abc"]
    for name in "abc":
        corecar.open(tmp_path / name).close()


def test_a_database_that_restarts_again_and_again_during_an_ingest_costs_nothing(
    database_server: DatabaseServer, house: House, testers: Path
) -> None:
    if house.kind != "postgresql":
        pytest.skip("SQLite has no server")
    folder = house.fresh()
    failures: list[BaseException] = []

    def take() -> None:
        try:
            ingest(folder, testers)
        except BaseException as error:
            failures.append(error)

    for _ in range(3):
        thread = threading.Thread(target=take)
        thread.start()
        database_server.restart()
        thread.join()
    ingest(folder, testers)
    assert [error for error in failures if not isinstance(error, CorecarError)] == []
    prove_whole(folder)


def test_a_commit_whose_answer_is_lost_is_recognised(
    house: House, testers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, writing, lost = house.fresh(), Catalogue.writing, Counter[str]()

    @contextmanager
    def answer_lost(self: Catalogue) -> Iterator[Any]:
        with writing(self) as session:
            yield session
            session.flush()
            runs = session.scalar(select(func.count()).select_from(Run))
        if runs and not lost[f"at {runs}"]:
            lost[f"at {runs}"] += 1
            raise CatalogueError("the connection was lost.", passing=True)

    monkeypatch.setattr(Catalogue, "writing", answer_lost)
    told = ingest(folder, testers)
    assert (told["new"], told["known"], len(lost)) == (2, 1, 2)
    prove_whole(folder)


def die_half_way_once(task: intake.Task) -> Any:
    """What a worker does with one file; the first of all is killed when it has stored the source."""
    mark = Path(task.objects.root) / ".died"
    if not mark.exists():
        mark.touch()
        capture.capture(task.candidate.path, task.objects, f"{0:08x}-{task.token}")
        os.kill(os.getpid(), signal.SIGKILL)
    return intake.take_in(task)


def test_a_worker_killed_in_the_middle_of_a_file_costs_nothing(
    house: House, testers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = house.fresh()
    monkeypatch.setattr(ingestion, "take_in", die_half_way_once)
    with corecar.open(folder) as workspace:
        told = workspace.ingest([testers], workers="processes:1")
    assert (told["new"], told["quarantined"]) == (2, 0)
    assert (folder / ".died").exists()
    prove_whole(folder)
