"""The command line as a whole: help, exit codes, what goes to stdout and what to stderr."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CORECAR = (sys.executable, "-m", "corecar")
MODULES = 320
"""Modules that help may load, Python's own among them: each takes a third of a millisecond or so."""
HEAVY = ("numpy", "pyarrow", "numba", "rich.progress", "typst", "xlsxwriter")


def run(*words: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CORECAR, *map(str, words)], capture_output=True, text=True, check=False, timeout=120, encoding="utf-8"
    )


@pytest.mark.parametrize("words", [("--help",), ("grade", "--help"), ("info", "--help"), ("--version",)])
def test_help_loads_nothing_heavy(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "corecar", *words], capture_output=True, text=True, check=True
    )
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "typer" in loaded
    assert len(loaded) < MODULES
    assert not loaded.intersection(HEAVY)


def test_both_ways_to_start_are_the_same_program() -> None:
    script = subprocess.run(
        [str(Path(sys.executable).with_name("corecar")), "--help"], capture_output=True, text=True, check=True
    )
    assert script.stdout == run("--help").stdout
    assert "grade" in script.stdout


def test_a_wrong_call_exits_with_2_and_says_how_to_call() -> None:
    done = run("info")
    assert done.returncode == 2
    assert "Usage: corecar info" in done.stderr
    assert done.stdout == ""


def test_json_and_csv_together_are_a_wrong_call(real_lot: Path) -> None:
    done = run("tests", real_lot, "--json", "--csv")
    assert done.returncode == 2
    assert "not both" in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.stdf", b"", "empty"),
        ("letter.txt", b"Dear customer,\nplease find enclosed nothing at all.\n" * 20, "letter.txt"),
        ("missing.stdf", None, "no such file"),
        (".", None, "directory"),
    ],
)
@pytest.mark.parametrize("command", ["info", "tests", "parts", "results", "records", "grade"])
def test_what_cannot_be_read_is_said_in_one_sentence(
    tmp_path: Path, command: str, name: str, content: bytes | None, says: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    done = run(command, path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_narrow_terminal_loses_letters_and_not_the_output(fictional_lot: Path, encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    for words in (("tests", fictional_lot), ("grade", fictional_lot), ("info", fictional_lot, "--json")):
        done = subprocess.run([*CORECAR, *map(str, words)], capture_output=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        assert done.stdout


def test_json_is_utf_8_whatever_the_terminal_has(fictional_lot: Path, tmp_path: Path) -> None:
    path = tmp_path / "Prüflos 七.stdf.gz"
    path.write_bytes(fictional_lot.read_bytes())
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*CORECAR, "info", str(path), "--json"], capture_output=True, check=True, env=environment)
    assert json.loads(done.stdout.decode("utf-8"))["file"] == str(path)


def test_output_that_nobody_reads_on_ends_quietly(real_lot: Path) -> None:
    piped = subprocess.run(
        f"{' '.join(CORECAR)} results {real_lot} --csv | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert piped.stdout.count("\n") == 1
    assert piped.stderr == ""
