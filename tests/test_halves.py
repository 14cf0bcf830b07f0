"""Every test belongs to one group of those that are run side by side."""

from __future__ import annotations

from pathlib import Path

from tests import halves

ROOT = Path(__file__).resolve().parents[1]


def test_each_group_that_is_named_is_a_folder_and_the_others_are_all_that_is_left() -> None:
    assert len(set(halves.GROUPS)) == len(halves.GROUPS)
    assert all((ROOT / folder).is_dir() for folder in halves.NAMED)
    assert [halves.paths(name) for name in halves.GROUPS if name != halves.OTHERS] == [[path] for path in halves.NAMED]
    assert halves.paths(halves.OTHERS) == ["tests", *(f"--ignore={folder}" for folder in halves.NAMED)]
