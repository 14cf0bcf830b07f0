"""The verbs on map files: show one, convert it, hold two against each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corecar.assess import mcnemar
from corecar.atomic import keep_apart
from corecar.formats.maps import MapComparison, WaferMap, compare_maps, read_map, write_map
from corecar.formats.maps.choosing import MapFormat
from corecar.formats.maps.comparison import By
from corecar.formats.maps.layout import RowOrder


def map_facts(chart: WaferMap) -> dict[str, Any]:
    """What a map says, as plain values ready for JSON: identity, how it lies, bins with counts, notes."""
    rows, columns = chart.bins.shape
    named = {known.code: known for known in chart.definitions}
    good, dies = int(chart.good.sum()), sum(chart.counts.values())
    return {
        "wafer": chart.wafer,
        "lot": chart.lot,
        "product": chart.product,
        "name": chart.name,
        "rows": rows,
        "columns": columns,
        "dies": dies,
        "good": good,
        "untested": chart.untested,
        "orientation": chart.orientation,
        "wafer_size_mm": chart.wafer_size_mm,
        "die_size_mm": chart.die_size_mm,
        "first_x": chart.first_x,
        "first_y": chart.first_y,
        "step_x": chart.step_x,
        "step_y": chart.step_y,
        "reference": chart.reference,
        "created": chart.created,
        "bins": [
            {
                "bin": code,
                "dies": count,
                "passed": code in named and named[code].passed,
                "name": named[code].name if code in named else "",
            }
            for code, count in chart.counts.items()
        ],
        "notes": list(chart.notes),
    }


def convert_map(
    source: str | Path,
    target: str | Path,
    *,
    format: MapFormat | None = None,
    orientation: int | None = None,
    wafer: str | None = None,
    name: str | None = None,
    rows: RowOrder | None = None,
) -> tuple[str, ...]:
    """Read a map and write it in another format or orientation; returns notes on both. See `read_map`, `write_map`."""
    keep_apart(source, target)
    chart = read_map(source, wafer=wafer, name=name, rows=rows)
    left_out = write_map(chart, target, format=format, orientation=orientation)
    return (*chart.notes, *left_out)


@dataclass(frozen=True)
class Differences:
    """What comparing two map files found.

    found   counts and tables
    p       exact McNemar: how likely so uneven a change between pass and fail is by chance; None without any change
    notes   what was assumed, of each file
    """

    found: MapComparison
    p: float | None
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values ready for JSON."""
        found = self.found
        counts = ("both", "same", "only_first", "only_second", "lost", "gained", "turned")
        return {
            "alike": found.alike,
            **{name: getattr(found, name) for name in counts},
            "p": self.p,
            "switched": found.switched.to_pylist(),
            "dies": found.dies.to_pylist(),
            "notes": list(self.notes),
        }


def compare_map_files(
    first: str | Path, second: str | Path, *, by: By = "coordinates", rows: RowOrder | None = None
) -> Differences:
    """Hold two map files of one wafer against each other, as `compare_maps`."""
    one, two = (read_map(path, rows=rows) for path in (first, second))
    found = compare_maps(one, two, by=by)
    notes = [f"{path}: {note}" for path, chart in ((first, one), (second, two)) for note in chart.notes]
    if one.wafer != two.wafer:
        notes.append(f"The maps name different wafers: {one.wafer or 'none'} and {two.wafer or 'none'}.")
    return Differences(found, _p(found), tuple(notes))


def _p(found: MapComparison) -> float | None:
    """Only dies that went from pass to fail or back say which way a change leans."""
    if not found.lost + found.gained:
        return None
    before = [True] * found.lost + [False] * found.gained
    return float(mcnemar(before, [not good for good in before]).p)
