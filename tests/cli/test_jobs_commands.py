"""Jobs on the command line: a worker that waits says so, and what a job answered is read like any answer."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.bridge.houses import cut_copy, house_in, small_lot
from typer.testing import CliRunner

import corecar
from corecar.cli.app import app

CORECAR = (sys.executable, "-m", "corecar")


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "100"})


def started(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen([*CORECAR, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_worker_that_waits_says_so_once_and_ends_at_ctrl_c(tmp_path: Path) -> None:
    house_in(tmp_path).close()
    worker = started("jobs", "work", "--every", "30", "-w", str(tmp_path / "house"))
    assert worker.stderr is not None
    told = worker.stderr.readline()
    assert told.startswith("No job is queued. Waiting for one left with --later")
    assert "Ctrl-C stops" in told
    assert "--once" in told
    before = time.monotonic()
    worker.send_signal(signal.SIGINT)
    shown, more = worker.communicate(timeout=20)
    assert (worker.returncode, shown, more) == (0, "No job was queued.\n", "")
    assert time.monotonic() - before < 15


def test_a_worker_ends_when_nothing_is_left_where_it_was_told_so(tmp_path: Path) -> None:
    house_in(tmp_path).close()
    own = str(tmp_path / "house")
    run("compact", "--later", "-w", own)
    shown = run("jobs", "work", "--once", "-w", own)
    assert (shown.exit_code, shown.stdout.split("\n")[0]) == (0, "1 job taken up.")
    assert "Waiting" not in shown.output
    assert run("jobs", "work", "--once", "-w", own).output == "No job was queued.\n"


def test_the_answer_of_a_job_is_shown_as_the_command_would_show_it(tmp_path: Path) -> None:
    lot = small_lot(tmp_path, 1)
    with house_in(tmp_path) as house:
        house.ingest([lot, cut_copy(lot)], workers="inline")
    shown = run("jobs", "show", "1", "-w", str(tmp_path / "house"))
    assert "{" not in shown.output
    assert "workers inline" in " ".join(shown.output.split())
    assert "\nwhat " not in shown.output
    assert "\n1 new file, 1 run, " in shown.output
    assert "put in quarantine" in shown.output
    assert "\nnote: `corecar todo` lists" in shown.output
    answer = json.loads(run("jobs", "show", "1", "-w", str(tmp_path / "house"), "--json").stdout)
    assert (answer["facts"]["state"], answer["result"]["runs"]) == ("done", 1)
    assert answer["facts"]["ended"] >= answer["facts"]["started"]


def test_a_job_at_work_is_cancelled_from_another_terminal(tmp_path: Path) -> None:
    house_in(tmp_path).close()
    own = str(tmp_path / "house")
    watching = started("ingest", str(tmp_path), "--watch", "--workers", "inline", "-w", own)
    end = time.monotonic() + 30
    while "running" not in run("jobs", "list", "-w", own).output:
        assert time.monotonic() < end, "the job did not begin"
        time.sleep(0.2)
    shown = run("jobs", "cancel", "1", "-w", own)
    assert (shown.exit_code, "asked to stop" in shown.output) == (0, True)
    told, _ = watching.communicate(timeout=30)
    assert (watching.returncode, told.startswith("0 new files")) == (0, True)
    listed = json.loads(run("jobs", "list", "--every", "-w", own, "--json").stdout)["rows"]
    assert [row["state"] for row in listed] == ["done"], "watching is done when it is told to stop"
    assert "No job is under way" in run("jobs", "list", "-w", own).output
    again = run("jobs", "cancel", "1", "-w", own)
    assert (again.exit_code, "has ended already" in again.output) == (1, True)


def test_a_job_that_a_worker_was_made_to_stop_is_told_as_cancelled(tmp_path: Path) -> None:
    incoming = tmp_path / "in"
    incoming.mkdir()
    for seed in (1, 2, 3):
        small_lot(incoming, seed)
    asked = threading.Event()
    with house_in(tmp_path) as house:
        house.ingest([incoming], workers="inline", later=True)
        answer = house.jobs_work(once=True, report=lambda done, total, what: asked.set(), stopped=asked.is_set)
        assert [(row["verb"], row["state"]) for row in answer["rows"]] == [("ingest", "cancelled")]


def test_a_job_of_somebody_whose_account_was_shut_fails_and_the_worker_goes_on(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.people_add("jan", role="keeper")
        with corecar.open(tmp_path / "house", "jan") as of_jan:
            of_jan.compact(later=True)
        house.verify(later=True)
        house.people_change("jan", active=False)
        rows = house.jobs_work(once=True)["rows"]
        assert [(row["verb"], row["state"]) for row in rows] == [("compact", "failed"), ("verify", "done")]
