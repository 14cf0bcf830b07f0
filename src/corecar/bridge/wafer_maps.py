"""Wafer maps of a graded lot, before and after screening, as SEMI G85 files."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.formats.maps import NO_DIE, BinDefinition, WaferMap, wafer_map, write_map
from corecar.graded import Grade
from corecar.screen import Recipe

FOLDER = "maps"
ORIENTATION = {"D": 0, "L": 90, "U": 180, "R": 270}
"""Degrees clockwise from the bottom at which WF_FLAT puts the flat or notch."""
MILLIMETRES = {"in": 25.4, "cm": 10.0, "mm": 1.0, "mil": 0.0254}


def write_wafer_maps(grade: Grade, recipe: Recipe, folder: Path) -> list[str]:
    """Write `maps/<wafer>.before.xml` and `.after.xml` of each wafer; returns notes on dies that no map shows."""
    parts = grade.lot.parts.take(grade.dispositions["part"])
    placed = pc.and_(pc.is_valid(parts["x"]), pc.is_valid(parts["y"])).to_numpy()
    wafers = parts["wafer"].cast(pa.string()).to_numpy(zero_copy_only=False)
    names = sorted({wafer for wafer in wafers[placed] if wafer is not None})
    if not names:
        return []
    (folder / FOLDER).mkdir()
    meanings, about = definitions(grade, recipe), grade.lot.summary()
    for wafer, stem in zip(names, file_stems(names), strict=True):
        dies = placed & (wafers == wafer)
        for label, column in (("before", "old_hard_bin"), ("after", "new_hard_bin")):
            chart = _map(grade, wafer, parts.filter(pa.array(dies)), grade.dispositions[column].filter(pa.array(dies)))
            named = replace(
                chart,
                name=f"{label} screening",
                lot=", ".join(about["lot"]),
                product=", ".join(about["product"]),
                definitions=meanings,
            )
            write_map(named, folder / FOLDER / f"{stem}.{label}.xml")
    lost = int(sum(wafer is not None for wafer in wafers[~placed]))
    return [f"{lost} parts on wafers have no coordinates; no wafer map shows them."] if lost else []


def _map(grade: Grade, wafer: str, dies: Any, bins: Any) -> WaferMap:
    configured = configuration(grade, wafer)
    return wafer_map(
        wafer,
        _integers(dies["x"]),
        _integers(dies["y"]),
        _integers(bins),
        positive_x=configured.get("positive_x"),
        positive_y=configured.get("positive_y"),
        orientation=ORIENTATION.get(configured.get("flat") or "D", 0),
        wafer_size_mm=_millimetres(configured),
        created=_created(configured),
    )


def _integers(column: Any) -> Any:
    return pc.fill_null(column.cast(pa.int32()), NO_DIE).to_numpy()


def configuration(grade: Grade, wafer: str) -> dict[str, Any]:
    """What the files say of a wafer: its row of `wafers`, or an empty one."""
    table = grade.lot.wafers
    rows = table.filter(pc.equal(table["wafer"], wafer)).slice(0, 1).to_pylist()
    return rows[0] if rows else {}


def definitions(grade: Grade, recipe: Recipe) -> tuple[BinDefinition, ...]:
    """What the hard bins mean: as the files say, and the bin of rejected parts as the recipe does."""
    table = grade.lot.bins
    rows = table.filter(pc.equal(table["kind"], "hard")).to_pylist()
    named = {row["bin"]: BinDefinition(row["bin"], bool(row["passed"]), row["name"] or "") for row in rows}
    for number in np.unique(_integers(grade.lot.parts["hard_bin"])[grade.lot.passed]).tolist():
        named.setdefault(number, BinDefinition(number, True))
    named.setdefault(recipe.hard_bin, BinDefinition(recipe.hard_bin, False, recipe.bin_name))
    return tuple(named.values())


def _millimetres(configured: dict[str, Any]) -> float | None:
    size, unit = configured.get("wafer_size"), configured.get("wafer_units")
    return round(size * MILLIMETRES[unit], 3) if size and unit in MILLIMETRES else None


def _created(configured: dict[str, Any]) -> str:
    """End of test as the format writes times; empty when the file does not say."""
    when = configured.get("finish") or configured.get("start")
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
