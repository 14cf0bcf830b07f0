"""What a call leaves in the audit table: how it ended, and who was let do nothing at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import small_lot

import corecar
from corecar.bridge.access import local_name
from corecar.bridge.workspace import Workspace
from corecar.errors import AccessDenied, Cancelled, OutputError, SourceMissing

INGEST = """
import sys, time
import corecar, corecar.bridge.ingest.ingestion as ingestion
def for_long(task):
    print("at work", flush=True)
    time.sleep(60)
ingestion.take_in = for_long
corecar.open(sys.argv[1]).ingest([sys.argv[2]], workers="inline")
"""
"""A process that is still at its first file when Ctrl-C comes."""


@pytest.fixture
def house(tmp_path: Path, catalogue_url: str) -> Iterator[Workspace]:
    with corecar.init(tmp_path / "house", owner="Demo House", database=catalogue_url) as made:
        yield made


def told(house: Workspace, verb: str) -> list[tuple[str, str | None]]:
    """Outcome and error of every call of a verb, the latest first."""
    return [(row["outcome"], row["error"]) for row in house.audit(verb=verb)["rows"]]


def raising(error: BaseException) -> Callable[..., Any]:
    def compact(call: Any) -> Any:
        raise error

    return compact


@pytest.mark.parametrize(
    ("error", "outcome", "words", "state"),
    [
        (OutputError("the disk is full."), "failed", "the disk is full.", "failed"),
        (ZeroDivisionError("division by zero"), "failed", "division by zero", "failed"),
        (Cancelled("stopped as asked."), "stopped", "stopped as asked.", "cancelled"),
        (KeyboardInterrupt(), "stopped", "KeyboardInterrupt", "cancelled"),
    ],
)
def test_a_job_that_ends_before_it_is_done_says_how(
    house: Workspace, monkeypatch: pytest.MonkeyPatch, error: BaseException, outcome: str, words: str, state: str
) -> None:
    monkeypatch.setattr("corecar.bridge.keep.compaction.compact", raising(error))
    with pytest.raises(type(error)):
        house.compact()
    assert told(house, "compact") == [(outcome, words)]
    job = house.jobs_list(every=True)["rows"][0]
    assert (job["state"], job["error"]) == (state, words)


def test_a_real_job_that_goes_wrong_or_is_stopped_is_on_record(house: Workspace, tmp_path: Path) -> None:
    with pytest.raises(SourceMissing):
        house.ingest([tmp_path / "gone"])
    incoming = tmp_path / "in"
    incoming.mkdir()
    small_lot(incoming, 1)
    with pytest.raises(Cancelled):
        house.ingest([incoming], workers="inline", stopped=lambda: True)
    house.ingest([incoming], workers="inline")
    outcomes = told(house, "ingest")
    assert [outcome for outcome, _ in outcomes] == ["done", "stopped", "failed"]
    assert ("stopped as asked" in str(outcomes[1][1]), "there is nothing" in str(outcomes[2][1])) == (True, True)


def test_ctrl_c_is_on_record(house: Workspace, tmp_path: Path) -> None:
    small_lot(tmp_path, 1)
    command = [sys.executable, "-c", INGEST, str(house.store.folder), str(tmp_path / "lot1.stdf")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        assert [row["outcome"] for row in house.audit(verb="ingest")["rows"]] == ["running"]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) != 0
    assert told(house, "ingest") == [("stopped", "KeyboardInterrupt")]


def test_a_job_that_is_cancelled_from_elsewhere_is_on_record(house: Workspace, tmp_path: Path) -> None:
    small_lot(tmp_path, 1)
    command = [sys.executable, "-c", INGEST, str(house.store.folder), str(tmp_path / "lot1.stdf")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        house.jobs_cancel(house.jobs_list()["rows"][0]["job"])
        os.kill(process.pid, signal.SIGKILL)
        process.wait(60)
    assert told(house, "ingest") == [("running", None)]
    assert house.jobs_work(once=True)["rows"] == []  # what was to stop is not begun again
    assert [row["state"] for row in house.jobs_list(every=True)["rows"]] == ["cancelled"]
    assert told(house, "ingest") == [("stopped", None)]


def test_work_on_jobs_that_goes_wrong_is_on_record(house: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(call: Any) -> Any:
        raise OutputError("the disk is full.")

    monkeypatch.setattr("corecar.bridge.jobs.jobs_resume", broken)
    with pytest.raises(OutputError):
        house.call("jobs_resume")
    house.jobs_work(once=True)
    assert (told(house, "jobs_resume"), told(house, "jobs_work")) == (
        [("failed", "the disk is full.")],
        [("done", None)],
    )


def test_a_call_that_only_looks_leaves_no_row_though_it_be_a_job(house: Workspace, tmp_path: Path) -> None:
    house.ingest([small_lot(tmp_path, 1)], workers="inline")
    house.verify()
    house.backup(tmp_path / "copy")
    with pytest.raises(Cancelled):
        house.verify(stopped=lambda: True)
    house.lots()
    assert [row["verb"] for row in house.audit()["rows"]] == ["ingest"]
    assert [row["state"] for row in house.jobs_list(every=True)["rows"]] == ["cancelled", "done", "done", "done"]


def acting(house: Workspace, person: str | None) -> Workspace:
    return corecar.open(house.store.folder, actor=person)


def test_a_stranger_who_is_refused_is_on_record_by_the_name_that_was_given(house: Workspace) -> None:
    house.people_add("ann", role="engineer")
    house.people_add("bob", role="engineer")
    house.people_change("bob", active=False)
    for name, verb in (("stranger", "hold"), ("bob", "hold"), ("stranger", "lots"), ("stranger", "compact")):
        with acting(house, name) as own, pytest.raises(AccessDenied):
            own.call(verb, **({"lot": "SIM00001", "reason": "odd"} if verb == "hold" else {}))
    refused = [row for row in house.audit()["rows"] if row["claimed"]]
    assert [(row["claimed"], row["verb"]) for row in reversed(refused)] == [
        ("stranger", "hold"), ("bob", "hold"), ("stranger", "lots"), ("stranger", "compact"),
    ]  # fmt: skip
    assert {(row["person"], row["outcome"]) for row in refused} == {(None, "refused")}
    assert refused[-1]["arguments"] == {"lot": "SIM00001", "reason": "odd"}
    assert '"stranger" is nobody that this workspace knows' in refused[-1]["error"]
    assert [row["verb"] for row in house.audit(person="bob")["rows"]] == ["hold"]
    assert len(house.audit(person="stranger", verb="hold")["rows"]) == 1


def test_the_local_user_whose_account_is_shut_is_on_record_too(house: Workspace) -> None:
    house.people_add("ann", role="administrator")
    house.people_change(local_name(), active=False)
    with acting(house, None) as own, pytest.raises(AccessDenied):
        own.lots()
    with acting(house, "ann") as own:
        assert own.audit()["rows"][0]["claimed"] == local_name()


def test_a_look_that_the_role_does_not_allow_is_on_record_and_another_is_not(house: Workspace) -> None:
    house.people_add("ann", role="reader")
    with acting(house, "ann") as own:
        own.lots()
        with pytest.raises(AccessDenied):
            own.audit()
    assert [(row["verb"], row["outcome"]) for row in house.audit(person="ann")["rows"]] == [("audit", "refused")]


def test_a_job_whose_asker_was_shut_out_meanwhile_fails_and_stops_no_other(house: Workspace) -> None:
    house.people_add("ann", role="keeper")
    with acting(house, "ann") as own:
        own.compact(later=True)
    house.people_change("ann", active=False)
    house.vacuum(later=True)
    assert [row["state"] for row in house.jobs_work(once=True)["rows"]] == ["failed", "done"]
    failed = house.jobs_list(every=True)["rows"][1]
    assert '"ann" is nobody that this workspace knows' in failed["error"]


def test_what_was_noted_of_strangers_comes_along_in_a_backup(house: Workspace, tmp_path: Path) -> None:
    house.people_add("ann", role="reader")
    with acting(house, "stranger") as own, pytest.raises(AccessDenied):
        own.lots()
    house.backup(tmp_path / "copy")
    with corecar.open(tmp_path / "copy") as copy:
        assert copy.audit()["rows"] == house.audit()["rows"]
