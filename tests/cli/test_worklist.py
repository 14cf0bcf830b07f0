"""What waits for a person, and a lot that was graded, are told so that one can act on it."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.bridge.houses import house_in, small_lot
from tests.cli.terminals import on_terminal
from typer.testing import CliRunner

from corecar.cli.app import app
from corecar.cli.graded_lot import for_a_person
from corecar.cli.worklist import print_worklist

VERSION_3 = b"\x02\x00\x00\x0a\x02\x03"


def run(*words: str) -> str:
    return str(CliRunner().invoke(app, list(words), env={"COLUMNS": "100"}).output)


def test_a_cause_is_told_in_the_words_of_the_command_line(tmp_path: Path) -> None:
    incoming = tmp_path / "in"
    incoming.mkdir()
    content = small_lot(tmp_path, 1).read_bytes()
    for number in range(3):
        (incoming / f"cut{number}.stdf.gz").write_bytes(gzip.compress(content[: 9000 + number]))
    house_in(tmp_path).close()
    house = str(tmp_path / "house")
    run("ingest", str(incoming / ".." / "in"), "-w", house, "--workers", "inline")
    lines = on_terminal(80, "todo", "-w", house)
    text = "\n".join(lines)
    assert lines[:3] == ["3 things to do.", "", "Quarantined file (3)"]
    assert str(incoming / "cut0.stdf.gz") in text
    assert "/../" not in text
    assert "--salvage" in text
    assert "on_error" not in text


def test_a_file_that_no_second_try_reads_is_not_to_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "old.stdf").write_bytes(VERSION_3)
    with house_in(tmp_path) as house:
        house.ingest([tmp_path / "old.stdf"], workers="inline")
        (row,) = house.todo()["rows"]
    assert "version 3" in row["why"]
    assert "corecar retry" not in row["why"]


def test_runs_that_wait_for_one_reason_stand_under_it(capsys: pytest.CaptureFixture[str]) -> None:
    at = datetime(2026, 11, 25, tzinfo=UTC)
    rows = [
        {"kind": "unfiled run", "what": f"{n:012x}", "file": f"{n}.stdf", "since": at, "why": "No lot."}
        for n in range(9)
    ]
    print_worklist({"said": "9 things to do.", "rows": rows})
    told = capsys.readouterr().out
    assert told.count("No lot.") == 1
    assert "and 4 others for the same reason" in told


def test_a_graded_lot_says_what_was_written_and_why_it_is_held(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        house.hold("SIM00001", reason="odd map")
    told = run("grade", "SIM00001", "-w", str(tmp_path / "house"), "--out", str(tmp_path / "graded"))
    assert "may ship after review." in told
    assert "\nhold: it was held before" in told
    assert "corecar lot SIM00001" in " ".join(told.split())
    assert "\nwrote: " in told
    assert "report.pdf" in told
    assert "note: The limits of 6 tests rest on fewer than 100 readings" in told


def test_advice_on_a_call_with_files_is_advice_on_the_lot_here() -> None:
    held = "hold: No test has the 30 readings: give all files of the lot in one call, or hold the parts."
    answer = {"said": "Lot L is held: 0 of 9 parts may ship after review.", "state": "held", "hold": [held], "lot": "L",
              "rows": [], "details": [], "notes": [held]}  # fmt: skip
    (note,) = for_a_person(answer, None)["notes"]
    assert "in one call" not in note
    assert "corecar ingest" in note


def test_bins_of_a_lot_have_names(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        (bins,) = house.lot("SIM00001")["by_bin"].values()
    assert bins[0]["name"] == "GOOD"
