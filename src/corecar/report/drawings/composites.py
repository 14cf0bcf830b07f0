"""Wafers laid over each other: the share of fails at each place, in all bins and in the most frequent ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from corecar.composites import Composite, share_of
from corecar.lot import BoolArray, Int64Array
from corecar.report.blocks import Gallery, Picture
from corecar.report.drawings.drawing import Drawing
from corecar.report.figures.reticle import Position, reticle_map
from corecar.report.figures.scale import Scaling, scale_bar, scaling
from corecar.report.figures.wafer_map import Dies, Grid, grid_aspect, swatch, wafer_map
from corecar.report.printable import printable
from corecar.report.quantities import plural, share

BINS_DRAWN = 5
"""Fail bins that get a map of their own."""


def composite_drawing(
    found: Composite,
    title: str,
    caption: str = "",
    *,
    marked: BoolArray | None = None,
    reticle: Sequence[Sequence[Position]] = (),
    notes: Sequence[str] = (),
) -> Drawing:
    """A map of all fails, one for each of the most frequent bins, and the reticle, on one scale.

    marked   bool, shape (places,): places that fail on more wafers than chance allows, outlined
    reticle  its positions, row by row
    """
    scale = scaling(found.rate, low=0.0)
    pictures = [_picture(found, found.failed, "all fails", scale, marked)]
    drawn = list(found.of_bin.items())[:BINS_DRAWN] if len(found.of_bin) > 1 else []
    pictures += [_picture(found, count, bin_words(found, number), scale, None) for number, count in drawn]
    if reticle:
        pictures.append(_reticle(reticle, scale))
    more = len(found.of_bin) - len(drawn) if drawn else 0
    said = [
        f"Over {plural(found.wafers, 'wafer')}; places above the end of the scale take its colour.",
        f"{plural(more, 'rarer bin')} have no map of their own." if more else "",
        caption,
    ]
    gallery = Gallery(
        tuple(pictures), _columns(len(pictures)), "", " ".join(filter(None, said)), _legend(found, scale, marked)
    )
    return Drawing(title, gallery, tuple(notes))


def bin_words(found: Composite, number: int) -> str:
    """A fail bin by number and name."""
    name = printable(found.names.get(number, ""), 32)
    return "no bin" if number < 0 else f"bin {number}{f' {name}' if name else ''}"


def _columns(pictures: int) -> int:
    return 1 if pictures == 1 else 2 if pictures == 2 else 3


def _picture(found: Composite, count: Int64Array, words: str, scale: Scaling, marked: BoolArray | None) -> Picture:
    rate = share(int(count.sum()), int(found.tested.sum()))
    alt = f"Share of dies at each place: {words}, over {plural(found.wafers, 'wafer')}"
    kinds = np.where(found.excluded, len(scale.classes(percent)), scale.kinds(share_of(count, found.tested)))
    classes = (*scale.classes(percent), ("excluded", "in the excluded edge"))
    none = np.zeros(len(found.x), dtype=bool)
    dies = Dies(found.x, found.y, kinds, classes, none, (), marked)
    return Picture(wafer_map(dies, grid_of(found), alt), alt, f"{words} · {rate}")


def _reticle(rows: Sequence[Sequence[Position]], scale: Scaling) -> Picture:
    alt = f"Share of fails at each position of a reticle of {len(rows)} by {len(rows[0])} dies"
    return Picture(reticle_map(rows, scale, alt), alt, f"reticle, {len(rows)} by {len(rows[0])} dies")


def _legend(found: Composite, scale: Scaling, marked: BoolArray | None) -> tuple[tuple[str, str], ...]:
    rows = [(scale_bar(), f"0 % to {percent(scale.high)} failed (98th percentile)")]
    if marked is not None and marked.any():
        rows.append((swatch("mark"), f"more wafers than chance allows · {int(marked.sum()):,}"))
    if found.excluded.any():
        rows.append((swatch("excluded"), f"in the excluded edge · {int(found.excluded.sum()):,}"))
    return tuple(rows)


def grid_of(found: Composite) -> Grid:
    """How the places are drawn."""
    columns, rows = (int(np.ptp(side)) + 1 for side in (found.x, found.y))
    frame = found.frame
    return Grid(
        left=int(found.x.min() if frame.step_x > 0 else found.x.max()),
        top=int(found.y.min() if frame.step_y > 0 else found.y.max()),
        columns=columns,
        rows=rows,
        aspect=frame.die_aspect or grid_aspect(columns, rows, len(found.x)),
        frame=frame,
    )


def percent(fraction: float) -> str:
    """A share as it stands in a legend."""
    return f"{fraction * 100:.3g} %"
