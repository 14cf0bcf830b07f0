"""The STDF files of a graded lot again, with the bins that screening gave."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from corecar.bridge.grade.wafer_maps import file_stems
from corecar.errors import ArgumentError
from corecar.formats.sources import members
from corecar.formats.stdf.rebin import rebin
from corecar.graded import Grade
from corecar.screen import Recipe

_ENDINGS = (".gz", ".bz2", ".xz", ".zst", ".zip", ".stdf", ".std")


def write_rebinned(grade: Grade, recipe: Recipe, folder: Path, files: Mapping[str, Path]) -> list[str]:
    """Write `<stem>.screened.stdf` of each STDF source; returns notes on what was not written, and on odd counts.

    files   where the content of a source lies now, by its path, as far as that is elsewhere
    """
    notes = []
    names = _sources(grade)
    for name, stem in zip(names, file_stems([_stem(name) for name in names]), strict=True):
        reason = _unfit(grade, name, files)
        if reason:
            notes.append(f"No re-binned STDF of {name}: {reason}.")
            continue
        content = bytes(members(files[name])[0].load()) if name in files else _content(name)
        notes += _write_one(grade, recipe, name, content, folder / f"{stem}.screened.stdf")
    return notes


def _sources(grade: Grade) -> list[str]:
    return list(dict.fromkeys(grade.lot.runs["source"].to_pylist()))


def _stem(source: str) -> str:
    name = Path(source.rpartition("!")[2] or source).name
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name


def _unfit(grade: Grade, name: str, files: Mapping[str, Path]) -> str:
    """Why a source can't be re-binned; empty when it can."""
    described = [source for source in grade.lot.sources if source.path == name]
    if not described or any(source.format.upper() != "STDF" for source in described):
        return "it is not an STDF file"
    if any(source.salvaged for source in described):
        return "it is damaged; repair it first"
    if name not in files and not Path(name.partition("!")[0] if not Path(name).exists() else name).is_file():
        return "the file is no longer there"
    return ""


def _write_one(grade: Grade, recipe: Recipe, name: str, content: bytes, target: Path) -> list[str]:
    rows = _parts_of(grade, name)
    given = _bins_given(grade)
    rejected = np.isin(rows, list(given))
    moved = {place: given[int(rows[place])] for place in np.flatnonzero(rejected).tolist()}
    hard, soft = (", ".join(map(str, numbers)) for numbers in (recipe.hard_bins, recipe.soft_bins))
    mark = f"corecar grade: {len(moved)} parts screened out by {recipe.title} to hard bin {hard}, soft bin {soft}"
    try:
        found = rebin(content, moved, parts=len(rows), name=recipe.bin_name, mark=mark)
    except ArgumentError as error:
        return [f"No re-binned STDF of {name}: {error}"]
    target.write_bytes(found.content)
    return [f"{name}: {warning}" for warning in found.warnings]


def _bins_given(grade: Grade) -> dict[int, tuple[int, int]]:
    """Hard and soft bin of every part that a screen rejected and no override lets through, by row of `parts`."""
    table = grade.dispositions
    struck = pc.is_in(table["part"], value_set=grade.verdicts["part"].combine_chunks())
    out = table.filter(pc.and_(struck, pc.is_null(table["override"])))
    columns = (out[name].to_pylist() for name in ("part", "new_hard_bin", "new_soft_bin"))
    return {part: (hard, soft) for part, hard, soft in zip(*columns, strict=True)}


def _parts_of(grade: Grade, name: str) -> Any:
    """Rows of `parts` that come from a source, in the order the parts began."""
    of_run = np.array([source == name for source in grade.lot.runs["source"].to_pylist()], dtype=bool)
    return np.flatnonzero(of_run[grade.lot.parts["run"].to_numpy()])


def _content(name: str) -> bytes:
    path = name if Path(name).exists() else name.partition("!")[0]
    chosen = next(member for member in members(path) if member.name == name)
    return bytes(chosen.load())
