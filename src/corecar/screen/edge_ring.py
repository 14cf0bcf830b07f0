"""The screen of the wafer's edge: from sizes that the files tell, or by counting dies from the outside."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from corecar.lot import Lot
from corecar.screen.dies import NO_DIE, Dies, states
from corecar.screen.findings import Findings
from corecar.screen.placed import Judged, named, not_applied_words, plane_records, rejected
from corecar.screen.rings import Outline, beyond_exclusion, outermost
from corecar.screen.rows import ScreenRow
from corecar.wafer_frame import MILLIMETRES


def edge_ring(lot: Lot, dies: Dies, row: ScreenRow) -> Findings:
    """Good dies that reach into the excluded ring, or stand outermost in their line."""
    state = states(lot, dies)
    out = np.zeros(dies.shape, dtype=bool)
    there = (state != NO_DIE).any(axis=0)
    if row["rows"]:
        out |= outermost(there, row["rows"])[None]
    outlines = [outline(lot, dies, plane) for plane in range(dies.shape[0])]
    unknown = np.array([found is None for found in outlines], dtype=bool)
    if row["exclusion_mm"]:
        for plane, found in enumerate(outlines):
            if found is not None:
                out[plane] |= beyond_exclusion(dies.shape[1:], found, row["exclusion_mm"])
    without = [label for label, bare in zip(dies.by.labels, unknown.tolist(), strict=True) if bare]
    bare = []
    if without and row["exclusion_mm"]:
        bare.append(not_applied_words(row.kind, f"{named(without)}: the files do not tell sizes and centre (WCR)"))
    words = f"excluded ring of {row['exclusion_mm']:g} mm, outermost {row['rows']} dies"
    skipped = unknown & (row["rows"] == 0)
    limit = {"high": float(row["exclusion_mm"])}
    records = plane_records(lot, dies, row.kind, state, words, limit, skipped, np.zeros_like(out))
    value = np.full(dies.shape, float(row["exclusion_mm"]))
    return rejected(lot, dies, row.kind, Judged(out, value), records, lambda _: "in the edge ring", bare, [])


def outline(lot: Lot, dies: Dies, plane: int) -> Outline | None:
    """The outline of a plane's wafer on the grid, or None where its files lack a size or the centre (WCR)."""
    member = np.flatnonzero(dies.by.codes == plane)
    wafer = lot.parts["wafer"][int(member[0])].as_py()
    rows = lot.wafers.filter(pc.equal(lot.wafers["wafer"], wafer)).to_pylist()
    names = ("wafer_size", "die_width", "die_height", "wafer_units")
    sizes = next((r for r in rows if all(r[name] for name in names) and r["wafer_units"] in MILLIMETRES), None)
    middle = next((r for r in rows if r["center_x"] is not None and r["center_y"] is not None), None)
    if sizes is None or middle is None:
        return None
    scale = MILLIMETRES[sizes["wafer_units"]]
    frame = dies.frames[plane]
    width, height = (scale * sizes[name] for name in ("die_width", "die_height"))
    if frame.turn in (90, 270):
        width, height = height, width
    column, row = dies.at(plane, middle["center_x"], middle["center_y"])
    return Outline(scale * sizes["wafer_size"], width, height, row, column, frame.notched)
