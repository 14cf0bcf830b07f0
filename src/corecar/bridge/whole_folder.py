"""A folder of results that is there whole or not at all; its summary is moved in last."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from corecar import __version__
from corecar.atomic import refused, sibling_of
from corecar.errors import OutputError

SUMMARY = "summary.json"
"""Moved in last: a folder without it is unfinished. Its `written` names what belongs to it."""

Result = TypeVar("Result")


def into_folder(out: str | Path, write: Callable[[Path], Result]) -> Result:
    """Write results into a folder; what writing them returned.

    Everything is written beside the folder first: what cannot be written whole changes nothing. A new folder appears in
    one step; an existing one loses its summary, gets file after file, and the new summary last, so that a folder
    without `summary.json` is unfinished. Files of earlier results that these have no more are removed; what else lies
    in the folder stays untouched.

    write   told an empty folder, which it fills, last with `write_summary`
    Raises  OutputError, and what `write` raises
    """
    target = Path(out).resolve()
    if target.exists() and not target.is_dir():
        raise OutputError(f"{out}: a file of that name is in the way of the folder. Choose another name.")
    draft = sibling_of(target)
    try:
        draft.mkdir(parents=True)
        result = write(draft)
        _move_in(draft, target)
    except OSError as error:
        raise refused(out, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return result


def write_summary(folder: Path, content: Mapping[str, Any]) -> None:
    """Write the summary of what lies in a folder by now, and of which Corecar made it."""
    whole = {**content, "corecar": __version__, "written": sorted([SUMMARY, *_files(folder)])}
    text = json.dumps(whole, indent=1, ensure_ascii=False, default=_plain)
    (folder / SUMMARY).write_text(text + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return str(value)


def _files(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def _move_in(draft: Path, target: Path) -> None:
    """Put a finished draft in place; without the summary in between, so that a half-moved folder shows as one."""
    if not target.exists():
        draft.rename(target)
        return
    before = _owned(target)
    (target / SUMMARY).unlink(missing_ok=True)
    names = sorted(_files(draft), key=lambda name: name == SUMMARY)
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(draft / name, target / name)
    for name in before - set(names):
        (target / name).unlink(missing_ok=True)


def _owned(folder: Path) -> set[str]:
    """Files in a folder that an earlier summary says were written there."""
    try:
        content = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        listed = content["written"] if "corecar" in content else []
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    root = folder.resolve()
    paths = {name: (folder / name).resolve() for name in listed if isinstance(name, str)}
    return {name for name, path in paths.items() if path.is_file() and path.is_relative_to(root)}
