"""The answer of `grade` on a lot of the workspace, as a person wants it: why it is held, what was left out, what was
written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corecar.cli.summary import written

OF_FILES = (("give all files of the lot in one call", "take all its files in (corecar ingest) and grade it again"),)
"""Advice on a call with files, and what it is on a lot of the workspace."""


def for_a_person(answer: Mapping[str, Any], out: str | Path | None) -> dict[str, Any]:
    """The answer with everything that a call on files tells too.

    out  the folder that the call wrote to
    """
    notes = list(answer["notes"])
    said = answer["said"]
    if answer["state"] == "held" and not answer["hold"]:
        said = f"{said.removesuffix('.')} after review."
        notes.insert(0, f"hold: it was held before, and a screen lifts no hold; why: corecar lot {answer['lot']}")
    if out is not None:
        notes += [f"wrote: {written(folder)}" for folder in _folders(Path(out), len(answer["rows"]))]
    return {**answer, "said": said, "notes": [_of_a_lot(note) for note in notes]}


def _folders(out: Path, insertions: int) -> list[Path]:
    """Where the reports lie: in the folder itself or, of several insertions, in one below it for each."""
    return [out] if insertions == 1 else sorted(path.parent for path in out.glob("*/summary.json"))


def _of_a_lot(note: str) -> str:
    for of_files, of_a_lot in OF_FILES:
        note = note.replace(of_files, of_a_lot)
    return note
