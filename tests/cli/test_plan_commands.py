"""`corecar plan` on files and in a workspace: a summary, JSON, CSV, a folder, and an end by Ctrl-C."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.test_plans import book
from tests.chain.books import write_book
from typer.testing import CliRunner

from corecar.cli.app import app

SLOW = """
import sys, time
from corecar.plan import solving, steering
def slow(model, *, stop, **_):
    print("at work", flush=True)
    while not stop():
        time.sleep(0.02)
    from corecar.errors import Cancelled
    raise Cancelled("the plan was stopped as asked; nothing is changed.")
steering.solve = slow
from corecar.cli import main
sys.argv = ["corecar", "plan", sys.argv[1], "--out", sys.argv[2]]
main()
"""


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "100"})


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    return write_book(book(), tmp_path / "chain")


def test_a_chain_of_files_is_planned_without_a_word_and_with_it(sheets: Path, tmp_path: Path) -> None:
    shown = run("plan", str(sheets), "--out", str(tmp_path / "out"))
    assert shown.exit_code == 0, shown.output
    assert shown.output.startswith("1,500 of 2,100 vehicles (71.4%) can be supplied")
    assert shown.output.endswith(f"wrote {tmp_path / 'out'}\n")
    assert (tmp_path / "out" / "summary.json").exists()
    assert run("plan", "make", str(sheets)).output in shown.output


def test_programs_read_json_and_csv(sheets: Path) -> None:
    answer = json.loads(run("plan", str(sheets), "--json").output)
    assert answer["details"]["figures"]["short"] == pytest.approx(600)
    rows = list(csv.DictReader(io.StringIO(run("plan", str(sheets), "--csv").stdout)))
    assert (rows[0]["demand"], rows[0]["short"]) == ("CAR", "600")


def test_options_of_a_workspace_are_refused_for_files(sheets: Path) -> None:
    shown = run("plan", str(sheets), "--note", "x")
    assert shown.exit_code == 2
    assert "--note" in shown.stderr


def test_a_file_that_is_not_there_and_a_week_that_is_none_are_told(sheets: Path, tmp_path: Path) -> None:
    assert run("plan", str(tmp_path / "nothing")).exit_code == 1
    shown = run("plan", str(sheets), "--first-week", "soon")
    assert (shown.exit_code, "no ISO week" in shown.stderr) == (2, True)


def test_a_workspace_keeps_lists_shows_and_compares(sheets: Path, tmp_path: Path) -> None:
    house = str(tmp_path / "house")
    for words in (("init", house), ("chain", "import", str(sheets), "-w", house)):
        assert run(*words).exit_code == 0
    assert "Kept as plan 1." in run("plan", "-w", house).output
    assert "Kept as plan 2." in run("plan", "-w", house, "--limit", "actual").output
    assert len(json.loads(run("plan", "list", "-w", house, "--json").output)["rows"]) == 2
    shown = run("plan", "show", "1", "-w", house, "--out", str(tmp_path / "again"))
    assert "1,500 of 2,100 vehicles" in shown.output
    assert (tmp_path / "again" / "plan.pdf").exists()
    assert "limit   maximum  actual" in run("plan", "compare", "1", "2", "-w", house).output


def test_ctrl_c_stops_a_plan_and_leaves_nothing(sheets: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", SLOW, str(sheets), str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "at work\n"
        begun = time.monotonic()
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(20) == 130
        assert time.monotonic() - begun < 10
        assert "stopped as asked" in process.stderr.read()
    assert not (tmp_path / "out").exists()
