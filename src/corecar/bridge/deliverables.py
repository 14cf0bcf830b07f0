"""What grading leaves in a folder: figures, tables, wafer maps, re-binned STDF, reports; the summary comes last."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from corecar import __version__
from corecar.atomic import refused, sibling_of
from corecar.bridge.graded_tables import parts_table
from corecar.bridge.rebinning import write_rebinned
from corecar.bridge.wafer_maps import write_wafer_maps
from corecar.errors import OutputError
from corecar.formats.maps import MapFormat
from corecar.graded import Grade
from corecar.screen import Recipe

SUMMARY = "summary.json"
"""Moved in last: a folder without it is unfinished. Its `written` names what belongs to the grading."""


def deliver(
    grade: Grade, recipe: Recipe, out: str | Path, files: Mapping[str, Path], maps: Sequence[MapFormat] = ()
) -> Grade:
    """Write a graded lot into a folder, and return it with what writing had to say among its notes.

    Everything is written beside the folder first: what cannot be written whole changes nothing. A new folder appears in
    one step; an existing one loses its summary, gets file after file, and the new summary last, so that a folder
    without `summary.json` is unfinished. Files of an earlier grading that this one has no more are removed; what else
    lies in the folder stays untouched.

    files   where the content of a source lies now, by its path, as far as that is elsewhere
    maps    formats of the wafer maps beside SEMI G85
    Raises  OutputError; ArgumentError for a format that is none
    """
    target = Path(out).resolve()
    if target.exists() and not target.is_dir():
        raise OutputError(f"{out}: a file of that name is in the way of the folder. Choose another name.")
    draft = sibling_of(target)
    try:
        draft.mkdir(parents=True)
        noted = _write(grade, recipe, draft, files, maps)
        _move_in(draft, target)
    except OSError as error:
        raise refused(out, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return noted


def _write(grade: Grade, recipe: Recipe, folder: Path, files: Mapping[str, Path], maps: Sequence[MapFormat]) -> Grade:
    notes = [*write_rebinned(grade, recipe, folder, files), *write_wafer_maps(grade, recipe, folder, maps)]
    noted = replace(grade, notes=(*grade.notes, *notes))
    for write in (_write_tables, _write_parts, _write_workbook, _write_reports, _write_summary):
        write(noted, folder)
    return noted


def _write_tables(grade: Grade, folder: Path) -> None:
    import pyarrow.parquet as pq

    for name in ("verdicts", "limits", "measures"):
        pq.write_table(getattr(grade, name), folder / f"{name}.parquet", compression="zstd")


def _write_parts(grade: Grade, folder: Path) -> None:
    from pyarrow import csv

    csv.write_csv(parts_table(grade), folder / "parts.csv")


def _write_workbook(grade: Grade, folder: Path) -> None:
    from corecar.bridge.graded_workbook import write_graded_workbook

    write_graded_workbook(grade, folder / "report.xlsx")


def _write_reports(grade: Grade, folder: Path) -> None:
    from corecar.report import write_html, write_pdf

    write_html(grade, folder / "report.html")
    write_pdf(grade, folder / "report.pdf")


def _write_summary(grade: Grade, folder: Path) -> None:
    content = {**grade.summary(), "corecar": __version__, "written": sorted([SUMMARY, *_files(folder)])}
    text = json.dumps(content, indent=1, ensure_ascii=False, default=_plain)
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
    """Files in a folder that an earlier grading says it wrote there."""
    try:
        content = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        listed = content["written"] if "corecar" in content else []
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    root = folder.resolve()
    paths = {name: (folder / name).resolve() for name in listed if isinstance(name, str)}
    return {name for name, path in paths.items() if path.is_file() and path.is_relative_to(root)}
