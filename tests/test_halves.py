"""Every test belongs to one group of those that are run side by side."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tests import halves

ROOT = Path(__file__).resolve().parents[1]


def test_each_group_that_is_named_is_a_folder_and_the_others_are_all_that_is_left() -> None:
    assert len(set(halves.GROUPS)) == len(halves.GROUPS)
    assert all((ROOT / folder).is_dir() for folder in halves.NAMED)
    assert [halves.paths(name) for name in halves.GROUPS if name != halves.OTHERS] == [[path] for path in halves.NAMED]
    assert halves.paths(halves.OTHERS) == ["tests", *(f"--ignore={folder}" for folder in halves.NAMED)]


def test_what_a_group_writes_is_gone_when_it_ends(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    told = "import tempfile; print(tempfile.mkstemp()[1])"
    monkeypatch.setattr(halves, "PYTEST", (sys.executable, "-c", told))
    group = halves.Group("store")
    group.process.wait()
    assert any(group.folder.iterdir())
    assert group.tell() == os.EX_OK
    assert f"{group.folder}/" in capfd.readouterr().out
    assert not group.folder.exists()
