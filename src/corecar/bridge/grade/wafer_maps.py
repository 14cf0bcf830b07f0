"""Wafer maps of a graded lot, before and after screening, as SEMI G85 and whatever else was asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.errors import ArgumentError
from corecar.formats.maps import NO_DIE, UNTESTED, BinDefinition, MapFormat, WaferMap, wafer_map, write_map
from corecar.graded import Grade
from corecar.lot import Lot
from corecar.screen import Recipe
from corecar.wafer_frame import WaferFrame, wafer_frame

FOLDER = "maps"
_ENDINGS: dict[MapFormat, str] = {"g85": ".xml", "e142": ".e142.xml", "sinf": ".sinf", "csv": ".csv"}
NAMED_AT_MOST = 3
"""Wafers that a note names; more are counted."""


def write_wafer_maps(grade: Grade, recipe: Recipe, folder: Path, also: Sequence[MapFormat] = ()) -> list[str]:
    """Write `maps/<wafer>.before.xml` and `.after.xml` of each wafer; returns notes on what is assumed or not shown.

    also    formats beside G85, for example `e142` for `<wafer>.after.e142.xml`
    """
    parts = grade.lot.parts.take(grade.dispositions["part"])
    placed = pc.and_(pc.is_valid(parts["x"]), pc.is_valid(parts["y"])).to_numpy()
    wafers = parts["wafer"].cast(pa.string()).to_numpy(zero_copy_only=False)
    names = sorted({wafer for wafer in wafers[placed] if wafer is not None})
    if not names:
        return []
    (folder / FOLDER).mkdir()
    meanings, about = definitions(grade, recipe), grade.lot.summary()
    frames = {wafer: wafer_frame(grade.lot, wafer) for wafer in names}
    left_out: dict[str, None] = {}
    for wafer, stem in zip(names, file_stems(names), strict=True):
        dies = placed & (wafers == wafer)
        for label, column in (("before", "old_hard_bin"), ("after", "new_hard_bin")):
            bins = grade.dispositions[column].filter(pa.array(dies))
            try:
                plain = _map(wafer, frames[wafer], parts.filter(pa.array(dies)), bins)
            except ArgumentError as error:
                left_out[f"No wafer map: {error}"] = None
                continue
            named = replace(
                plain,
                created=_created(grade, wafer),
                name=f"{label} screening",
                lot=", ".join(about["lot"]),
                product=", ".join(about["product"]),
                definitions=meanings,
            )
            write_map(named, folder / FOLDER / f"{stem}.{label}{_ENDINGS['g85']}", format="g85")
            for kind in dict.fromkeys(also):
                told = write_map(named, folder / FOLDER / f"{stem}.{label}{_ENDINGS[kind]}", format=kind)
                left_out |= dict.fromkeys(f"Wafer maps as {kind.upper()}: {note}" for note in told)
    return [*left_out, *_assumptions(frames), *_unplaced(int(sum(wafer is not None for wafer in wafers[~placed])))]


def _map(wafer: str, frame: WaferFrame, dies: Any, bins: Any) -> WaferMap:
    return wafer_map(wafer, _integers(dies["x"]), _integers(dies["y"]), _integers(bins), frame=frame)


def _assumptions(frames: dict[str, WaferFrame]) -> list[str]:
    """What the maps say that the files do not."""
    notes = []
    for directions in sorted({frame.directions for frame in frames.values()}):
        unsaid = [name for name, frame in frames.items() if frame.directions == directions and not frame.known_axes]
        if unsaid:
            notes.append(
                f"Wafer maps of {_named(unsaid)}: the files do not say which way X and Y grow. Assumed: {directions}."
            )
    if unsaid := [name for name, frame in frames.items() if not frame.known_flat]:
        notes.append(f"Wafer maps of {_named(unsaid)}: the files do not say where flat or notch is. Assumed: down.")
    return notes


def _named(wafers: list[str]) -> str:
    more = len(wafers) - NAMED_AT_MOST
    return ", ".join(wafers[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")


def _unplaced(lost: int) -> list[str]:
    return [f"{lost} parts on wafers have no coordinates; no wafer map shows them."] if lost else []


def _integers(column: Any) -> Any:
    return pc.fill_null(column.cast(pa.int32()), NO_DIE).to_numpy()


def definitions(grade: Grade, recipe: Recipe) -> tuple[BinDefinition, ...]:
    """What the hard bins mean: as the files say, and the bin of rejected parts as the recipe does."""
    named = {known.code: known for known in definitions_as_tested(grade.lot)}
    for number in recipe.hard_bins:
        named.setdefault(number, BinDefinition(number, False, recipe.bin_name))
    return tuple(named.values())


def definitions_as_tested(lot: Lot) -> tuple[BinDefinition, ...]:
    """What the hard bins mean, as the files say; where they are silent, a bin that holds good parts passes."""
    rows = lot.bins.filter(pc.equal(lot.bins["kind"], "hard")).to_pylist()
    held = np.unique(_integers(lot.parts["hard_bin"])[lot.passed]).tolist()
    said = ((row["bin"], row["bin"] in held if row["passed"] is None else row["passed"], row["name"]) for row in rows)
    named = {number: BinDefinition(number, bool(passed), name or "") for number, passed, name in said}
    for number in held:
        named.setdefault(number, BinDefinition(number, True))
    return tuple(named.values())


def maps_as_tested(lot: Lot) -> tuple[list[WaferMap], list[str]]:
    """The map of each wafer of a lot by its hard bins, and notes on what is assumed or not shown."""
    parts = lot.parts.filter(pa.array(lot.final))
    placed = pc.and_(pc.is_valid(parts["x"]), pc.is_valid(parts["y"])).to_numpy()
    wafers = parts["wafer"].cast(pa.string()).to_numpy(zero_copy_only=False)
    names = sorted({wafer for wafer in wafers[placed] if wafer is not None})
    meanings, about = definitions_as_tested(lot), lot.summary()
    frames = {wafer: wafer_frame(lot, wafer) for wafer in names}
    found = []
    for wafer in names:
        dies = parts.filter(pa.array(placed & (wafers == wafer)))
        bins = pc.fill_null(dies["hard_bin"].cast(pa.int32()), UNTESTED).to_numpy()
        plain = wafer_map(wafer, _integers(dies["x"]), _integers(dies["y"]), bins, meanings, frame=frames[wafer])
        found.append(replace(plain, lot=", ".join(about["lot"]), product=", ".join(about["product"])))
    lost = int(sum(wafer is not None for wafer in wafers[~placed]))
    return found, [*_assumptions(frames), *_unplaced(lost)]


def _created(grade: Grade, wafer: str) -> str:
    """End of test as the format writes times; empty when the file does not say."""
    rows = grade.lot.wafers.filter(pc.equal(grade.lot.wafers["wafer"], wafer)).slice(0, 1).to_pylist()
    when = next((row["finish"] or row["start"] for row in rows), None)
    return f"{when:%Y%m%d%H%M%S}000" if when else ""


def file_stems(names: list[str]) -> list[str]:
    """A file name for each name: what a file system dislikes becomes `_`, and equals are numbered."""
    stems: list[str] = []
    for name in names:
        stem = re.sub(r"[^\w.+-]+", "_", name).strip("._") or "unnamed"
        taken = {used.lower() for used in stems}
        number = 2
        candidate = stem
        while candidate.lower() in taken:
            candidate, number = f"{stem}_{number}", number + 1
        stems.append(candidate)
    return stems
