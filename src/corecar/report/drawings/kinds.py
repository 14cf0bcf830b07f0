"""The drawings there are, a row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from corecar.report.drawings import maps, pareto, readings
from corecar.report.drawings.drawing import Drawing, Wanted
from corecar.report.evidence import Evidence

MOST = 24
"""Tests in one drawing at most."""


@dataclass(frozen=True)
class Kind:
    """One kind of drawing.

    what      what it shows
    tests     tests that it can show at most
    screened  whether it needs a lot that was screened
    """

    draw: Callable[[Evidence, Wanted], Drawing]
    what: str
    tests: int = 0
    screened: bool = False


KINDS: dict[str, Kind] = {
    "wafer": Kind(maps.wafer, "bins of one wafer"),
    "gallery": Kind(maps.gallery, "bins of all wafers"),
    "stack": Kind(maps.stacked, "share of fails at each place over all wafers"),
    "parametric": Kind(maps.parametric, "a test's readings over the wafers", 1),
    "histogram": Kind(readings.by_site, "a test's readings by site, with limits", MOST),
    "box": Kind(readings.boxes, "a test's readings by wafer", MOST),
    "trend": Kind(readings.in_order, "a test's readings in the order of testing, with each part's limits", MOST),
    "scatter": Kind(readings.against, "one test against another", 2),
    "pareto": Kind(pareto.pareto, "fail bins, most first"),
    "pat": Kind(readings.before_and_after, "a test before and after screening", MOST, screened=True),
}
