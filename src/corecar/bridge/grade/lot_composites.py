"""Composite maps of a lot of the workspace: its insertions laid over each other from the files that were kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.grade.composites import composite, draw_composite, said_of, write_composites
from corecar.bridge.grade.wafer_maps import maps_as_tested
from corecar.bridge.lot.kept_lots import insertions_of
from corecar.bridge.travel import Returned
from corecar.errors import ArgumentError
from corecar.formats.maps import MapFormat, WaferMap
from corecar.formats.maps.combining import Rule
from corecar.formats.maps.comparison import By
from corecar.lot import Choice, Identity
from corecar.plurals import plural


def map_composite(
    call: Call,
    lot: Annotated[str, "Name or number of the lot."],
    *,
    rule: Annotated[Rule, "A die is bad if any, most, all or the last of the insertions say so."] = "union",
    bin: Annotated[Sequence[int], "Count only fails of these bins."] = (),
    reticle: Annotated[str | None, "Dies of one exposure, as ROWSxCOLUMNS, to say whether positions repeat."] = None,
    reticle_first: Annotated[str, "A die in the corner of an exposure, as X,Y."] = "0,0",
    edge_mm: Annotated[float, "Leave out dies that reach into this ring at the edge [mm].", AtLeast(0)] = 0.0,
    edge_rows: Annotated[int, "Leave out the outermost dies, so many.", AtLeast(0)] = 0,
    alpha: Annotated[float, "Chance of naming any place if all fails lay at random.", AtLeast(0)] = 0.05,
    figure: Annotated[str | Path | None, "Draw it too: .svg, .png or .html.", Returned()] = None,
    maps: Annotated[
        str | Path | None, "Write the combined map of each wafer into this folder.", Returned(folder=True)
    ] = None,
    to: Annotated[MapFormat, "The format of the combined maps."] = "g85",
    by: Annotated[By, "Dies lie over each other by their X and Y, or by column and row of the map."] = "coordinates",
    identity: Annotated[Identity, "What makes two attempts the same unit."] = "auto",
    retest: Annotated[Choice, "Which attempt at a unit counts."] = "last",
) -> dict[str, Any]:
    """Lay the wafer maps of a lot's insertions over each other, in the order in which they were taken in.

    Insertions without wafers and coordinates, such as final test, are left out, and told.
    Raises  NotFound; ArgumentError where no insertion has a map, OutputError, and what reading raises
    """
    charts: list[WaferMap] = []
    notes: list[str] = []
    used: list[str] = []
    for name, whole in insertions_of(call, lot, identity, retest):
        found, told = maps_as_tested(whole)
        if not found:
            notes.append(f"{name}: left out, for no part has a wafer and coordinates.")
            continue
        used.append(name)
        charts += [replace(chart, lot=lot) for chart in found]
        notes += [f"{name}: {note}" for note in told]
    if not charts:
        raise ArgumentError(f"lot {lot}: no part of any insertion has a wafer and coordinates: there is no map.")
    over = composite(
        charts, rule=rule, by=by, bins=bin, reticle=_pair("reticle", reticle, "x"),
        reticle_first=_pair("reticle_first", reticle_first, ",") or (0, 0), edge_mm=edge_mm, edge_rows=edge_rows,
        alpha=alpha,
    )  # fmt: skip
    notes += over.notes
    if maps is not None:
        notes += [*write_composites(over, maps, format=to), f"wrote: {maps}"]
    if figure is not None:
        notes.append(f"wrote: {draw_composite(over, figure)}")
    if not over.judged:
        notes.append("There are too few wafers at every place: whether places repeat was not judged.")
    details = over.to_dict()
    systematic, counted, reticle_rows = (details[name] for name in ("systematic", "bins", "reticle"))
    said = f"Lot {lot}, {', '.join(used)}: {said_of(over)}."
    if over.judged:
        said += (
            f" {plural(len(systematic), 'place')} beyond chance." if systematic else " No place fails beyond chance."
        )
    return {
        "said": said, "lot": lot, "insertions": used, "bins": counted,
        "rows": systematic, "reticle": reticle_rows, "notes": notes, "details": {"composite": details},
    }  # fmt: skip


def _pair(option: str, text: str | None, between: str) -> tuple[int, int] | None:
    """Two whole numbers of an option. Raises ArgumentError."""
    if text is None:
        return None
    try:
        one, two = (int(piece) for piece in text.lower().split(between))
    except ValueError as error:
        raise ArgumentError(f"{option} {text}: expected two whole numbers such as 3{between}4.") from error
    return one, two
