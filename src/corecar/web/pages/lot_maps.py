"""The maps of a lot: every wafer by bin or by the readings of a test, and all of them laid over each other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

import numpy as np
from nicegui import ui

from corecar.report.quantities import scale_for
from corecar.web.pages.parts import heading, notes, select, sentence
from corecar.web.pages.pictures import pictured
from corecar.web.pages.visitor import Visitor
from corecar.web.pages.wafer_map import (
    BINS,
    SCALE,
    Dies,
    Floats,
    Integers,
    Lie,
    WaferMap,
    bin_colours,
    dies_of,
    fails_by_count,
    legend,
    lie_of,
    lie_told,
    robust_ends,
    scale_bar,
    stacked,
    value_colours,
)

GALLERY = 30
"""Wafers that are drawn at once."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Look:
    """How the maps of some wafers are coloured: the colours of each, the palette, what a die's value is."""

    colours: list[Integers]
    palette: tuple[str, ...]
    values: list[Floats | Integers]
    unit: str
    word: str


async def lot_maps(visitor: Visitor, found: Row, wafers: Sequence[str], tests: Sequence[Row], test: str) -> None:
    """Gallery and stacked map, under a choice of what they are coloured by.

    found  the answer of the verb `lot`; tests: of the lot, with number, name and unit; test: the one in the address
    """
    say, number = visitor.say, f"number:{found['number']}"
    known = {str(row["number"]): f"{row['number']} {row['name'] or ''}".strip() for row in tests}
    test = test if test in known else ""
    shown = list(wafers[:GALLERY])
    asked = (visitor.columns("wafer", lot=number, wafer=wafer, test=test or None) for wafer in shown)
    answers = await asyncio.gather(*asked)
    dies = [dies_of(wafer, answer) for wafer, answer in zip(shown, answers, strict=True)]
    rejected = rejected_units(found)
    heading(say("Wafers"))
    field = select("test", say("Colour by"), {"": say("bins"), **known}, test, sends=True)
    ui.html(f'<form method="get" class="row">{field}</form>', sanitize=False)
    lies = [lie_of(frame_told(found, each.wafer), dies) for each in dies]
    marks = [each.marked(rejected) & each.passed for each in dies]
    look = (
        _by_test(visitor, dies, tests, test)
        if test
        else _by_bin(visitor, found, dies, int(sum(np.sum(mark) for mark in marks)))
    )
    with ui.element("div").classes("maps"):
        with pictured(say, f"{found['lot']} {test}"), ui.element("div").classes("gallery"):
            for place, each in enumerate(dies):
                _small(visitor, found, each, look, place, marks[place], test, lies[place])
        if len(dies) > 1 and any(len(each) for each in dies):
            _stack(visitor, dies, lies[0])
    frames = [frame_told(found, wafer) for wafer in shown]
    notes(list(dict.fromkeys(told for frame in frames if (told := lie_told(say, frame)))))
    if len(wafers) > len(shown):
        notes([say("{shown} of {count} wafers shown.", shown=len(shown), count=len(wafers))])


def frame_told(found: Row, wafer: str) -> Row:
    """How a wafer lies, as the verb `lot` tells it; empty where it tells nothing."""
    frames: Mapping[str, Row] = found["details"].get("frames") or {}
    return frames.get(wafer, {})


def rejected_units(found: Row) -> frozenset[str]:
    """The units that the last grading of any insertion of a lot rejected by a screen, as `W01 (6, 2)`."""
    graded: Mapping[str, Mapping[str, Any]] = found["details"].get("screened_out") or {}
    return frozenset(unit for units in graded.values() for unit in units)


def _by_bin(visitor: Visitor, found: Row, dies: Sequence[Dies], rejected: int) -> Look:
    say = visitor.say
    names = {
        row["bin"]: str(row.get("name") or "")
        for bins in found["by_bin"].values()
        for row in bins
        if row.get("bin") is not None
    }
    fails = fails_by_count(dies)
    good = int(sum(np.sum(each.passed) for each in dies)) - rejected
    ui.html(legend(say, good, fails, names, rejected if found["gradings"] else None), sanitize=False)
    values: list[Floats | Integers] = [each.hard_bin for each in dies]
    return Look([bin_colours(each, list(fails)) for each in dies], BINS, values, "", say("bin"))


def _by_test(visitor: Visitor, dies: Sequence[Dies], tests: Sequence[Row], test: str) -> Look:
    """One scale for all wafers."""
    say = visitor.say
    values, unit = scaled([readings_of(each) for each in dies], unit_of(tests, test))
    low, high = robust_ends(np.concatenate(values))
    told = say("ends are the 1 % and 99 % quantiles")
    ui.html(scale_bar(f"{low:.4g} {unit}", f"{high:.4g} {unit}", told), sanitize=False)
    colours = [value_colours(each, low, high) for each in values]
    return Look(colours, (*SCALE, "--unknown"), [*values], unit, "")


def unit_of(tests: Sequence[Row], number: str) -> str:
    """The unit of a test by its number; empty where it has none."""
    return next((str(row["unit"]) for row in tests if str(row["number"]) == number and row.get("unit")), "")


def scaled(values: Sequence[Floats], unit: str) -> tuple[list[Floats], str]:
    """Readings with the prefix that fits the largest of their robust ends, and the unit with it."""
    scale = scale_for(robust_ends(np.concatenate(values)), unit)
    return [each / 10.0**scale.exponent for each in values], scale.unit


def readings_of(dies: Dies) -> Floats:
    """The readings that came with the dies, float64, NaN where there is none."""
    return np.asarray(dies.rows["value"].cast("float64").fill_null(np.nan), dtype=np.float64)


def _small(visitor: Visitor, found: Row, dies: Dies, look: Look, place: int, mark: Any, test: str, lie: Lie) -> None:
    say = visitor.say
    part = f"{np.mean(dies.passed):.1%}" if len(dies) else "–"
    to = f"/lots/{found['number']}/wafers/{quote(dies.wafer, safe='')}" + (f"?test={quote(test)}" if test else "")
    with ui.element("figure"), ui.link(target=to):
        label = say("Wafer {wafer}: {part} good", wafer=dies.wafer, part=part)
        WaferMap(dies, look.colours[place], look.palette, label, mark=mark, lie=lie)
        ui.html(f"<figcaption>{escape(dies.wafer)} · {part} · n = {len(dies):,}</figcaption>", sanitize=False)


def _stack(visitor: Visitor, wafers: Sequence[Dies], lie: Lie) -> None:
    """How often each place failed over the wafers."""
    say = visitor.say
    places, fails, tested = stacked(wafers)
    most = int(fails.max(initial=0))
    label = say("How many of {count} wafers fail at each place", count=len(wafers))
    with pictured(say, label, class_="stack"), ui.element("figure"):
        WaferMap(
            places, value_colours(fails.astype(float), 0, most), SCALE, label, value=fails, big=True, lie=lie,
            unit=say("of {count} wafers fail", count=int(tested.max(initial=0))),
        )  # fmt: skip
        ui.html(scale_bar("0", f"{most:,}", say("wafers that fail there")), sanitize=False)
        ui.html(f"<figcaption>{escape(label)} · n = {int(tested.sum()):,}</figcaption>", sanitize=False)
    if not most:
        sentence("", say("No die of any wafer fails."))
