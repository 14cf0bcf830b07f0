"""Wafer maps before and after screening, and the yield of each wafer and site."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from corecar.lot import BoolArray, Int64Array
from corecar.report.blocks import Block, Column, Gallery, Picture, Table
from corecar.report.chapters.bins import BinColours, bin_colours
from corecar.report.evidence import Evidence, rule_name
from corecar.report.figures.dots import Pair, yield_dots
from corecar.report.figures.telling import WIDE, told, told_in_a_row
from corecar.report.figures.wafer_map import Dies, Grid, common_columns, grid_aspect, swatch, wafer_map
from corecar.report.printable import printable
from corecar.report.quantities import count, plural, share
from corecar.wafer_frame import wafer_frame

MAPS_AT_MOST = 50
"""Wafers drawn; a lot has 25."""

NAMED_AT_MOST = 3
"""Wafers that the caption names where not all are alike; more are counted."""


def maps(evidence: Evidence) -> tuple[Gallery, ...]:
    """Wafer maps as tested and after screening, on one scale; one gallery when there are one or two wafers."""
    shown = np.unique(evidence.wafer[evidence.placed])[:MAPS_AT_MOST]
    if not len(shown):
        return ()
    drawn = grids(evidence, shown)
    colours = bin_colours(evidence, "hard")
    before = [map_picture(evidence, int(w), drawn[int(w)], colours, after=False) for w in shown]
    after = [map_picture(evidence, int(w), drawn[int(w)], colours, after=True) for w in shown]
    caption = map_caption(evidence, drawn)
    if len(shown) == 1:
        pair = (_retitled(before[0], "as tested"), _retitled(after[0], "after screening"))
        return (Gallery(pair, 2, "", caption, map_legend(evidence, colours, after=True)),)
    columns = common_columns(len(shown))
    return (
        Gallery(tuple(after), columns, "After screening", caption, map_legend(evidence, colours, after=True)),
        Gallery(tuple(before), columns, "As tested", caption, map_legend(evidence, colours, after=False)),
    )


def _retitled(picture: Picture, words: str) -> Picture:
    return Picture(picture.svg, picture.alt, f"{picture.title}, {words}" if picture.title else words.capitalize())


def map_picture(evidence: Evidence, wafer: int, grid: Grid, colours: BinColours, *, after: bool) -> Picture:
    """The map of one wafer, its dies by hard bin; after screening also those that a screen rejected."""
    on = evidence.placed & (evidence.wafer == wafer)
    name = printable(evidence.wafer_names[wafer], 24)
    good = evidence.shippable if after else evidence.passed
    struck = evidence.rejected[on] if after else np.zeros(int(on.sum()), dtype=bool)
    kinds, classes = _kinds(evidence, on, colours)
    notes = _notes(evidence, np.flatnonzero(on)[struck])
    dies = Dies(evidence.x[on], evidence.y[on], kinds, classes, struck, notes)
    count_on = int(on.sum())
    rate = share(int(good[on].sum()), count_on)
    stage = "after screening" if after else "as tested"
    alt = f"Wafer {name} {stage}: {rate} good of {plural(count_on, 'die', 'dies')}"
    return Picture(wafer_map(dies, grid, alt), alt, f"{name}  {rate}")


def _kinds(evidence: Evidence, on: BoolArray, colours: BinColours) -> tuple[Int64Array, tuple[tuple[str, str], ...]]:
    """Colour class of each die: pass first, then the tester's fail bins by count, then those without a bin."""
    bins = evidence.bins("hard", after=False)[on]
    passed = evidence.passed[on]
    found = sorted({int(b) for b in bins[~passed]})
    classes = [("pass", "pass")] + [(colours.of(b), colours.names[b]) for b in found]
    kinds = np.zeros(len(bins), dtype=np.int64)
    for place, number in enumerate(found, start=1):
        kinds[~passed & (bins == number)] = place
    return kinds, tuple(classes)


def _notes(evidence: Evidence, parts: Int64Array) -> tuple[str, ...]:
    """What rejected each of these parts, for pointing at it."""
    said: dict[int, list[str]] = {int(part): [] for part in parts}
    for part, test, rule in zip(evidence.verdict_part, evidence.verdict_test, evidence.verdict_rule, strict=True):
        if int(part) in said:
            by = f" {evidence.test_name(int(test))}" if test >= 0 else ""
            said[int(part)].append(rule_name(rule) + by)
    return tuple(f"{evidence.units[part]}: {'; '.join(reasons[:6]) or 'rejected'}" for part, reasons in said.items())


def map_legend(
    evidence: Evidence, colours: BinColours, *, after: bool, only: BoolArray | None = None
) -> tuple[tuple[str, str], ...]:
    """A swatch and a label for each kind of die on these maps; `only` these parts are counted."""
    on = evidence.placed if only is None else evidence.placed & only
    good = int((evidence.shippable if after else evidence.passed)[on].sum())
    rows = [(swatch("pass"), f"{'may ship' if after else 'pass'} · {count(good)}")]
    if after:
        rejected = int(evidence.rejected[on].sum())
        rows.append((swatch("reject", struck=True), f"good at the tester, rejected by a screen · {count(rejected)}"))
    bins, failed = evidence.bins("hard", after=False), on & ~evidence.passed
    crowd: dict[str, list[int]] = {}
    for number in colours.ranked:
        if (failed & (bins == number)).any():
            crowd.setdefault(colours.of(number), []).append(number)
    for class_, numbers in crowd.items():
        dies = int((failed & np.isin(bins, numbers)).sum())
        words = colours.names[numbers[0]] if len(numbers) == 1 else plural(len(numbers), "other bin")
        rows.append((swatch(class_), f"{words} · {count(dies)}"))
    return tuple(rows)


def map_caption(evidence: Evidence, drawn: dict[int, Grid]) -> str:
    """How the wafers lie, and what of it is assumed."""
    frames = {wafer: grid.frame for wafer, grid in drawn.items()}
    ways = {
        wafer: frame.directions + ("" if frame.known_axes else " (assumed: the file does not say)")
        for wafer, frame in frames.items()
    }
    facts = [
        ("die proportions are estimated (the file gives no die size)", [w for w in frames if not frames[w].die_aspect]),
        *((way, [wafer for wafer in ways if ways[wafer] == way]) for way in dict.fromkeys(ways.values())),
        ("notch not drawn (the file does not record its side)", [w for w in frames if not frames[w].known_flat]),
    ]
    said = [_of(evidence, wafers, len(drawn)) + told(fact) for fact, wafers in facts if wafers]
    if len(evidence.wafer_names) > len(drawn):
        said.append(f"{len(drawn):,} of {len(evidence.wafer_names):,} wafers shown")
    text = told_in_a_row(said)
    text += "。" if WIDE.search(text) else "."
    return text[0].upper() + text[1:]


def _of(evidence: Evidence, wafers: list[int], drawn: int) -> str:
    """Which wafers something is said of; nothing when it is all of them."""
    if len(wafers) == drawn:
        return ""
    names = ", ".join(printable(evidence.wafer_names[wafer], 24) for wafer in wafers[:NAMED_AT_MOST])
    more = len(wafers) - NAMED_AT_MOST
    return f"{told(f'{names} and {more} more') if more > 0 else names}: "


def grids(evidence: Evidence, wafers: Int64Array) -> dict[int, Grid]:
    """How each wafer is drawn: its own axes, proportions and notch, the columns and rows of the whole lot."""
    x, y = evidence.x[evidence.placed], evidence.y[evidence.placed]
    columns, rows = int(np.ptp(x)) + 1, int(np.ptp(y)) + 1
    each = len(x) // max(len(np.unique(evidence.wafer[evidence.placed])), 1)
    frames = {wafer: wafer_frame(evidence.grade.lot, evidence.wafer_names[wafer]) for wafer in wafers.tolist()}
    return {
        wafer: Grid(
            left=int(x.min() if frame.step_x > 0 else x.max()),
            top=int(y.min() if frame.step_y > 0 else y.max()),
            columns=columns,
            rows=rows,
            aspect=frame.die_aspect or grid_aspect(columns, rows, each),
            frame=frame,
        )
        for wafer, frame in frames.items()
    }


def wafer_yields(evidence: Evidence) -> tuple[Block, ...]:
    """Yield of each wafer, figure and table; of a single wafer the first page says it already."""
    if len(evidence.wafer_names) < 2:
        return ()
    names = tuple(printable(name, 40) for name in evidence.wafer_names)
    return _yields(evidence, "Wafer", names, lambda place: evidence.wafer == place)


def wafer_table(evidence: Evidence) -> tuple[Block, ...]:
    """The table of `wafer_yields`; its figure stands on the first page."""
    return tuple(block for block in wafer_yields(evidence) if isinstance(block, Table))


def site_yields(evidence: Evidence) -> tuple[Block, ...]:
    """Yield of each site: figure (from two sites on) and table."""
    disposed = evidence.site[evidence.disposed]
    sites = np.unique(disposed[disposed >= 0]).tolist()
    return _yields(evidence, "Site", tuple(str(site) for site in sites), lambda place: evidence.site == sites[place])


def _yields(
    evidence: Evidence, what: str, names: tuple[str, ...], chosen: Callable[[int], BoolArray]
) -> tuple[Block, ...]:
    lot = evidence.grade.lot
    pairs, rows = [], []
    judged = evidence.judged
    for place, name in enumerate(names):
        on = chosen(place)
        first, first_good = int((lot.first & on).sum()), int((lot.first & evidence.passed & on).sum())
        tested, good = int((judged & on).sum()), int((judged & evidence.passed & on).sum())
        ships = int((evidence.shippable & on).sum())
        if tested:
            pairs.append(Pair(name, tested, good, ships))
        numbers = (count(tested), share(first_good, first), share(good, tested), count(good - ships))
        rows.append((name, *numbers, count(ships), share(ships, tested)))
    if not rows:
        return ()
    alt = f"Yield of each {what.lower()} at the tester and after screening"
    figure = (Picture(yield_dots(pairs, alt, f"{what}  (ring: good at the tester, dot: may ship)"), alt),)
    return (*(figure if 1 < len(pairs) <= 64 else ()), Table(_columns(what), tuple(rows), len(rows)))


def _columns(what: str) -> tuple[Column, ...]:
    heads = ("Tested", "First yield", "Final yield", "Rejected by screens", "May ship", "Share")
    return (Column(what, weight=1), *(Column(head, "right") for head in heads))
