"""Composite maps: insertions and passes of a wafer as one map, wafers counted place by place, and what repeats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.bridge.grade.edge_exclusion import excluded_places
from corecar.bridge.grade.grading import read_lot
from corecar.bridge.grade.wafer_maps import file_stems, maps_as_tested
from corecar.composites import Composite, composite_of
from corecar.errors import ArgumentError, OutputError, SourceMissing
from corecar.formats.maps import (
    MapFormat,
    WaferMap,
    combine_maps,
    is_map,
    lay_over,
    read_maps,
    write_map,
)
from corecar.formats.maps.combining import LaidOver, Rule
from corecar.formats.maps.comparison import By
from corecar.formats.maps.layout import RowOrder
from corecar.lot import BoolArray, Choice, Float64Array, Identity, Int64Array, Lot, OnError
from corecar.plurals import plural
from corecar.report.quantities import share
from corecar.screen.dies import BAD, NO_DIE, SOUND
from corecar.screen.repeats import Repeat, repeats, reticle_positions
from corecar.screen.stacking import stacked, systematic
from corecar.wafer_frame import WaferFrame

ENOUGH = 5
"""Fewest wafers at a place before chance has a say, as in the screen z-pat."""

REPEATS_ALPHA = 0.001
"""Chance of calling any position of a reticle repeating when none is, as in the screen z-pat."""

_FLATS = {0: "D", 90: "L", 180: "U", 270: "R"}
_ENDINGS: dict[MapFormat, str] = {"g85": ".xml", "e142": ".e142.xml", "sinf": ".sinf", "csv": ".csv"}

Sources = Lot | str | Path | Sequence[str | Path | WaferMap | Lot]


@dataclass(frozen=True, eq=False)
class CompositeMaps:
    """What maps laid over each other say; arrays over `found`'s places.

    found       the places, counted over the wafers
    maps        one map of each wafer, its insertions and passes combined
    layers      maps of each wafer
    chance      float64: probability of so many fails or more if each wafer's fails lay at random; NaN: not tested
    systematic  bool: that chance is below alpha / places
    judged      whether there were wafers enough to say so
    reticle     each position: whether it fails more often than the others; its shape in `reticle_shape`
    position    int64: position of each place within the reticle; -1 without one
    notes       what was assumed or found odd
    """

    found: Composite
    maps: tuple[WaferMap, ...]
    layers: tuple[int, ...]
    chance: Float64Array
    systematic: BoolArray
    judged: bool
    reticle: tuple[Repeat, ...]
    reticle_shape: tuple[int, int] | None
    position: Int64Array
    rule: Rule
    notes: tuple[str, ...]

    @property
    def lots(self) -> tuple[str, ...]:
        """The lots of the maps."""
        return tuple(dict.fromkeys(chart.lot for chart in self.maps if chart.lot))

    @cached_property
    def table(self) -> pa.Table:
        """A row per place: x, y, tested, failed, rate, chance, systematic, excluded, position, top_bin, each bin."""
        found = self.found
        top = np.full(len(found.x), -1)
        most = np.zeros(len(found.x), np.int64)
        for number, count in found.of_bin.items():
            top, most = np.where(count > most, number, top), np.maximum(count, most)
        return pa.table(
            {
                "x": pa.array(found.x),
                "y": pa.array(found.y),
                "tested": pa.array(found.tested),
                "failed": pa.array(found.failed),
                "rate": pa.array(found.rate, mask=np.isnan(found.rate)),
                "chance": pa.array(self.chance, mask=np.isnan(self.chance)),
                "systematic": pa.array(self.systematic),
                "excluded": pa.array(found.excluded),
                "position": pa.array(self.position, mask=self.position < 0),
                "top_bin": pa.array(top, mask=most == 0),
                **{f"bin_{number}": pa.array(count) for number, count in found.of_bin.items()},
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values ready for JSON: counts, bins, the reticle, places that repeat, notes."""
        found = self.found
        return {
            "lots": list(self.lots),
            "wafers": [chart.wafer for chart in self.maps],
            "layers": list(self.layers),
            "rule": self.rule,
            "places": len(found.x),
            "tested": int(found.tested.sum()),
            "failed": int(found.failed.sum()),
            "excluded_places": int(found.excluded.sum()),
            "bins": [
                {"bin": number, "name": found.names.get(number, ""), "dies": int(count.sum())}
                for number, count in found.of_bin.items()
            ],
            "judged": self.judged,
            "systematic": self.table.filter(pa.array(self.systematic)).to_pylist(),
            "reticle": [
                {"row": one.group // wide, "column": one.group % wide, "tested": one.tested, "failed": one.failed,
                 "others": one.others, "chance": one.chance, "repeats": one.repeats}
                for one in self.reticle
                for wide in [self.reticle_shape[1] if self.reticle_shape else 1]
            ],
            "notes": list(self.notes),
        }  # fmt: skip


def composite(
    source: Sources,
    *,
    rule: Rule = "union",
    by: By = "coordinates",
    bins: Sequence[int] = (),
    reticle: tuple[int, int] | None = None,
    reticle_first: tuple[int, int] = (0, 0),
    edge_mm: float = 0.0,
    edge_rows: int = 0,
    alpha: float = 0.05,
    rows: RowOrder | None = None,
    identity: Identity = "auto",
    retest: Choice = "last",
    encoding: str | None = None,
    on_error: OnError = "raise",
) -> CompositeMaps:
    """Lay wafer maps over each other.

    source         map files (G85, E142, SINF, KLARF) and tester files as they come, a lot that was read, or maps; of
                   several maps of one wafer the first is the most important
    rule, by       how maps of one wafer become one and what lies over what, see `combine_maps`
    bins           only these bins count as failed; every one that does not pass, without
    reticle        dies of one exposure, down and across; reticle_first: X and Y of a die in the corner of an exposure
    edge_mm        places whose farthest corner lies within so many millimetres of the edge are left out
    edge_rows      the outermost dies of every row and column, so many, are left out
    alpha          chance of naming any place as systematic if all fails lay at random (Bonferroni)
    rows           row order of SEMI maps, as in `read_map`; others as in `corecar.read`
    Raises         SourceError of a file; ArgumentError for no die at all, sizes that are not known, a rule of no name

    >>> composite(["W01.cp1.xml", "W01.cp2.xml"], rule="union").maps[0].counts      # doctest: +SKIP
    {1: 902, 4: 61, 7: 37}
    """
    how: dict[str, Any] = {"identity": identity, "retest": retest, "encoding": encoding, "on_error": on_error}
    charts, notes = _charts(source, rows, how)
    groups = _by_wafer(charts)
    maps = tuple(combine_maps(layers, rule=rule, by=by) for layers in groups)
    over = lay_over(maps, by=by)
    if not (over.bins >= 0).any():
        raise ArgumentError("the maps have no tested die: there is nothing to lay over each other.")
    out, edge_notes = excluded_places(maps[0], over, edge_mm=edge_mm, rows=edge_rows)
    found, at = _counted(maps, over, out, bins)
    chance, places, judged = _chances(over, _bad(over, bins), out, alpha)
    here = at[1] * over.bins.shape[2] + at[0]
    position, reticle_rows = _reticle(maps[0], over, out, bins, reticle, reticle_first)
    return CompositeMaps(
        found, maps, tuple(map(len, groups)), chance.ravel()[here], places.ravel()[here], judged, reticle_rows,
        reticle, position.ravel()[here], rule,
        tuple(dict.fromkeys([*notes, *_of_maps(maps), *over.notes, *_same_names(maps), *edge_notes])),
    )  # fmt: skip


def _charts(source: Sources, rows: RowOrder | None, how: dict[str, Any]) -> tuple[list[WaferMap], list[str]]:
    """The maps of all sources in their order, and notes of the tester files."""
    if isinstance(source, (str, Path, Lot)):
        source = [source]
    charts: list[WaferMap] = []
    notes: list[str] = []
    for one in source:
        if isinstance(one, WaferMap):
            charts.append(one)
        elif not isinstance(one, Lot) and is_map(_head(Path(one))):
            charts += read_maps(one, rows=rows)
        else:
            found, told = maps_as_tested(one if isinstance(one, Lot) else read_lot(one, **how))
            if not found:
                name = "the lot" if isinstance(one, Lot) else one
                raise ArgumentError(f"{name}: no part has a wafer and coordinates: there is no map to lay over others.")
            charts, notes = [*charts, *found], [*notes, *told]
    return charts, notes


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except OSError as error:
        raise SourceMissing(path, f"cannot be opened ({error.strerror}).", advice="Check the path.") from error


def _by_wafer(charts: Iterable[WaferMap]) -> list[list[WaferMap]]:
    """Maps of one wafer together, both in the order given."""
    groups: dict[tuple[str, str], list[WaferMap]] = {}
    for chart in charts:
        groups.setdefault((chart.lot, chart.wafer), []).append(chart)
    return list(groups.values())


def _of_maps(maps: Sequence[WaferMap]) -> Iterator[str]:
    """Notes of the maps; what is said of all of them once."""
    everyone = {note: [chart.wafer for chart in maps if note in chart.notes] for chart in maps for note in chart.notes}
    for note, wafers in everyone.items():
        yield (
            note if len(wafers) == len(maps) else f"{', '.join(wafers[:3])}{' ...' if len(wafers) > 3 else ''}: {note}"
        )


def _same_names(maps: Sequence[WaferMap]) -> Iterator[str]:
    names = [chart.wafer for chart in maps]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            lots = ", ".join(chart.lot or "without a lot" for chart in maps if chart.wafer == name)
            yield f"Wafer {name or 'without a name'} stands under several lots ({lots}): taken for different wafers."


def _bad(over: LaidOver, bins: Sequence[int]) -> BoolArray:
    """Failed dies, of these bins alone where some are named."""
    bad: BoolArray = (over.bins >= 0) & ~over.good
    return bad & np.isin(over.bins, list(bins)) if bins else bad


def _counted(
    maps: Sequence[WaferMap], over: LaidOver, out: BoolArray, bins: Sequence[int]
) -> tuple[Composite, tuple[Int64Array, Int64Array]]:
    """The places, and column and row of each on the grid."""
    first = maps[0]
    wafer, row, column = np.nonzero(over.bins >= 0)
    dies = (wafer, row, column)
    names: dict[int, str] = {}
    for known in (each for chart in maps for each in chart.definitions if not each.passed):
        names.setdefault(known.code, known.name)
    frame = _frame(first)
    x, y = over.first_x + first.step_x * column, over.first_y + first.step_y * row
    found = composite_of(
        wafer, x, y, over.bins[dies].astype(np.int64), ~_bad(over, bins)[dies], frame=frame, names=names,
        excluded=out[row, column],
    )  # fmt: skip
    return found, ((found.x - over.first_x) * first.step_x, (found.y - over.first_y) * first.step_y)


def _frame(chart: WaferMap) -> WaferFrame:
    size = chart.die_size_mm
    return WaferFrame(
        chart.step_x, chart.step_y, True, _FLATS[chart.orientation % 360], True, size[0] / size[1] if size else None,
        chart.wafer_size_mm, size,
    )  # fmt: skip


def _chances(over: LaidOver, bad: BoolArray, out: BoolArray, alpha: float) -> tuple[Float64Array, BoolArray, bool]:
    """Chance of each place, and whether it is too small, on the grid; and whether there are wafers enough to say so."""
    state = np.where(bad, BAD, np.where(over.bins >= 0, SOUND, NO_DIE)).astype(np.uint8)
    state[:, out] = NO_DIE
    stack = stacked(state)
    chosen, _ = systematic(stack, method="bonferroni", alpha=alpha, least=ENOUGH)
    return stack.chance, chosen, bool((stack.tested >= ENOUGH).any())


def _reticle(
    first: WaferMap, over: LaidOver, out: BoolArray, bins: Sequence[int], shape: tuple[int, int] | None,
    corner: tuple[int, int],
) -> tuple[Int64Array, tuple[Repeat, ...]]:  # fmt: skip
    """Position of each place within the reticle, int64, shape (rows, columns), and how each position fails."""
    row, column = np.mgrid[: over.bins.shape[1], : over.bins.shape[2]]
    if shape is None:
        return np.full(row.shape, -1, dtype=np.int64), ()
    across, down = (corner[0] - over.first_x) * first.step_x, (corner[1] - over.first_y) * first.step_y
    positions = reticle_positions(row, column, *shape, first_row=down, first_column=across).astype(np.int64)
    tested = (over.bins >= 0) & ~out
    codes = np.broadcast_to(positions, tested.shape)[tested]
    return positions, repeats("reticle", codes, _bad(over, bins)[tested], alpha=REPEATS_ALPHA)


def write_composites(found: CompositeMaps, folder: str | Path, *, format: MapFormat = "g85") -> tuple[str, ...]:
    """Write the combined map of each wafer into a folder, which is made; returns what the format cannot hold."""
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{place}: the folder cannot be made: {error.strerror}. Choose another one.") from error
    notes: list[str] = []
    names = [chart.wafer or "unnamed" for chart in found.maps]
    for chart, stem in zip(found.maps, file_stems(names), strict=True):
        notes += write_map(chart, place / f"{stem}{_ENDINGS[format]}", format=format)
    return tuple(dict.fromkeys(notes))


def draw_composite(found: CompositeMaps, out: str | Path) -> Path:
    """Draw the composite: all fails, the most frequent bins, the reticle; as .svg, .png or .html."""
    from corecar.report.drawings.composites import composite_drawing
    from corecar.report.drawings.writing import write_sheet
    from corecar.report.figures.reticle import Position

    positions: list[list[Position]] = []
    if found.reticle_shape is not None:
        held = {one.group: Position(one.tested, one.failed, one.repeats) for one in found.reticle}
        high, wide = found.reticle_shape
        positions = [[held.get(r * wide + c, Position(0, 0, False)) for c in range(wide)] for r in range(high)]
    drawn = composite_drawing(
        found.found, said_of(found), marked=found.systematic, reticle=positions, notes=found.notes
    )
    lots = ", ".join(found.lots[:3]) + (f" and {len(found.lots) - 3} more" if len(found.lots) > 3 else "")
    return write_sheet(drawn, f"Lot {lots}" if lots else "Lot without a name", "composite", out)


def said_of(found: CompositeMaps) -> str:
    """The composite in one sentence without its end."""
    counts = found.found
    most = max(found.layers)
    several = f", up to {most} maps each ({found.rule})" if most > 1 else ""
    tested, failed = int(counts.tested.sum()), int(counts.failed.sum())
    told = f"{failed:,} of {tested:,} dies failed ({share(failed, tested)})"
    return f"Composite of {plural(counts.wafers, 'wafer')}{several}: {told}"
