"""`corecar restore` shows how far it is, stops at Ctrl-C without leaving half a workspace, and goes on from there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import house_in, small_lot
from typer.testing import CliRunner

import corecar
from corecar.bridge.keep import backup
from corecar.bridge.workspace import DATABASE
from corecar.cli.app import app


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    with house_in(tmp_path) as made:
        made.ingest([small_lot(tmp_path, seed) for seed in (1, 2)], workers="inline")
        made.backup(tmp_path / "copy")
    return tmp_path / "copy"


def _press_ctrl_c_at_look(number: int, patch: pytest.MonkeyPatch) -> None:
    """Each file is looked for once, before it is copied."""
    real, looks = backup._is_there, iter(range(1, 10_000))

    def look(target: Any, file: Any) -> bool:
        if next(looks) == number:
            signal.raise_signal(signal.SIGINT)
        return real(target, file)

    patch.setattr(backup, "_is_there", look)


def test_ctrl_c_stops_after_the_file_at_hand_and_the_same_command_goes_on(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        _press_ctrl_c_at_look(3, patch)
        stopped = CliRunner().invoke(app, ["restore", str(copy), str(tmp_path / "again")])
    assert stopped.exit_code == 130
    assert "What was copied stays" in stopped.output
    assert signal.getsignal(signal.SIGINT) == before
    there = [path for path in (tmp_path / "again").rglob("*") if path.is_file()]
    assert len(there) == 3
    assert not (tmp_path / "again" / DATABASE).exists()
    done = CliRunner().invoke(app, ["restore", str(copy), str(tmp_path / "again")])
    assert done.exit_code == 0, done.output
    with corecar.open(tmp_path / "again") as again:
        assert again.verify()["sound"]
        assert len(again.lots()["rows"]) == 2


def test_a_catalogue_that_could_not_be_filled_leaves_no_catalogue(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("corecar.bridge.keep.restoring.copy_rows", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        stopped = CliRunner().invoke(app, ["restore", str(copy), str(tmp_path / "again")])
    assert stopped.exit_code == 130
    assert sorted(path.name for path in (tmp_path / "again").iterdir()) == ["files", "lake"]
    assert CliRunner().invoke(app, ["restore", str(copy), str(tmp_path / "again")]).exit_code == 0


def test_a_terminal_sees_how_far_it_is(copy: Path, tmp_path: Path) -> None:
    ours, theirs = pytest.importorskip("pty").openpty()
    command = [sys.executable, "-m", "corecar", "restore", str(copy), str(tmp_path / "again")]
    with subprocess.Popen(
        command, stderr=theirs, stdout=subprocess.PIPE, env={**os.environ, "TERM": "xterm"}
    ) as process:
        os.close(theirs)
        told = _all_of(ours)
        answer = process.stdout.read().decode() if process.stdout else ""
    os.close(ours)
    assert process.returncode == 0, told
    assert "2 runs" in answer
    files = sum(path.is_file() for folder in ("lake", "files") for path in (copy / folder).rglob("*"))
    assert f"{files}/{files}" in told


def _all_of(terminal: int) -> str:
    """What a terminal is told until its other end is closed."""
    pieces = []
    while True:
        try:
            piece = os.read(terminal, 65_536)
        except OSError:
            break
        if not piece:
            break
        pieces.append(piece)
    return b"".join(pieces).decode(errors="replace")
