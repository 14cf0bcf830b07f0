"""What disks, clocks, servers and other processes do to a workspace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from tests.faults.houses import House, prove_whole

import corecar
from corecar.bridge.ingest import admission, ingestion, intake
from corecar.bridge.keep import vacuum
from corecar.errors import CatalogueError, OutputError
from corecar.formats.reading import Passing
from corecar.store import capture, lake
from corecar.store.catalogue import Catalogue, sessions
from corecar.store.catalogue.models import Run, WritingSession
from corecar.store.catalogue.sessions import writing_session

INGEST = """
import sys, corecar
with corecar.open(sys.argv[1]) as workspace:
    print(workspace.ingest(sys.argv[2:], workers="inline")["new"])
"""


def ingest(folder: Path, *paths: Path) -> Any:
    with corecar.open(folder) as workspace:
        return workspace.ingest(list(paths), workers="inline")


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
        monkeypatch.setattr(sessions, "datetime", Jumped)
        monkeypatch.setattr("corecar.bridge.registry.datetime", Jumped)
        assert workspace.vacuum(keep_days=0)["keys"] == []
        assert workspace.store.objects.exists(taken.stored_key)
    ingest(folder, testers)
    prove_whole(folder)


def test_a_session_of_an_earlier_process_with_this_number_is_dead(house: House, testers: Path) -> None:
    folder, now = house.fresh(), datetime.now(UTC)
    dead = WritingSession(
        token="0badcafe", purpose="ingest", host=socket.gethostname(), process=os.getpid(), opened_at=now, seen_at=now
    )
    with corecar.open(folder) as workspace, writing_session(workspace.store.catalogue, "ingest") as alive:
        workspace.store.catalogue.write(lambda session: session.add(dead))
        kept, left = (capture.capture(testers / "lot1.stdf", workspace.store.objects, t) for t in (alive, "0badcafe"))
        assert workspace.vacuum(keep_days=0)["keys"] == [left.stored_key]
        assert workspace.store.objects.exists(kept.stored_key)
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
            for written in (key for one in taken for key in one.written_keys()):
                (folder / written).unlink()
        return admit(session, taken, about)

    monkeypatch.setattr(ingestion, "admit", vacuumed_first)
    assert ingest(folder, testers)["new"] == 2
    prove_whole(folder)


@pytest.mark.parametrize("change", ["grows", "shrinks", "is rewritten", "is replaced", "is removed"])
def test_a_source_that_changes_while_it_is_read_is_left_for_later(
    house: House, testers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    folder, changing = house.fresh(), tmp_path / "lot1.stdf"
    whole = (testers / "lot1.stdf").read_bytes()
    changing.write_bytes(whole[:-20] if change == "grows" else (testers / "lot2.stdf").read_bytes())
    blocks = Passing.blocks

    def changed(passing: Passing) -> Iterator[memoryview]:
        yield from blocks(passing)
        if change in ("is replaced", "is removed"):
            changing.unlink()
        if change == "is rewritten":
            changing.write_bytes(whole[: changing.stat().st_size].ljust(changing.stat().st_size, b"\0"))
        elif change == "shrinks":
            os.truncate(changing, 100)
        elif change != "is removed":
            changing.write_bytes(whole)

    monkeypatch.setattr(Passing, "blocks", changed)
    told = ingest(folder, changing)
    assert (told["new"], told["later"]) == (0, 1)
    with corecar.open(folder) as workspace:
        assert not list(workspace.store.objects.list("files/"))
    monkeypatch.undo()
    changing.write_bytes(whole)
    assert ingest(folder, changing)["new"] == 1
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

    monkeypatch.setattr("corecar.bridge.keep.verification.files_there", then_ingested)
    with corecar.open(folder) as workspace:
        assert workspace.verify()["rows"] == []


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
    (folder / ".died").unlink()
    prove_whole(folder)
