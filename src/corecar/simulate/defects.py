"""Defects that make parts fail: edge ring, clusters, a scratch, random ones and bad contact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corecar.lot import BoolArray, Float32Array, Int64Array
from corecar.simulate.layout import Layout
from corecar.simulate.process import ProcessModel
from corecar.simulate.program import Program

NONE = 0
KINDS = ("none", "edge", "cluster", "scratch", "random", "contact")
"""What the numbers in `Defects.kind` mean."""

HITS = {
    "edge": ("leakage", "reference", "power"),
    "cluster": ("functional", "leakage", "supply"),
    "scratch": ("functional",),
    "random": ("supply", "leakage", "reference", "power", "timing", "converter", "functional"),
    "contact": ("contact",),
}
"""The groups of tests that a kind of defect can fail."""


ZONE_ANGLE, ZONE_WIDTH, ZONE_FROM, ZONE_SHARE = 0.8, 1.0, 0.45, 0.85
"""Of a bad zone: its middle and width [rad], the radius it begins at (1 is the edge), the part of dies that fail."""


@dataclass(frozen=True)
class Defects:
    """At most one defect a part.

    kind    uint8, shape (parts,): index into `KINDS`, 0 where the part has none
    column  int64, shape (parts,): the column it fails; meaningless where kind is 0
    excess  float32, shape (parts,): how far beyond the limit it measures [sigma]
    """

    kind: npt.NDArray[np.uint8]
    column: Int64Array
    excess: Float32Array


def draw_defects(program: Program, model: ProcessModel, layout: Layout, rng: np.random.Generator) -> Defects:
    """The defects of one wafer; where two meet, the one named later in `KINDS` counts."""
    parts = len(layout)
    chance = rng.random((3, parts))
    hit = {
        "edge": (layout.radius > model.edge_from) & (chance[0] < model.edge_share),
        "cluster": _clusters(model, layout, rng) & (chance[1] < model.cluster_share),
        "scratch": _scratch(model, layout, rng),
        "random": chance[2] < model.random_share,
        "contact": chance[2] > 1.0 - model.contact_share,
    }
    kind = np.zeros(parts, dtype=np.uint8)
    column = np.zeros(parts, dtype=np.int64)
    for name, where in hit.items():
        kind[where] = KINDS.index(name)
        column[where] = rng.choice(program.columns_of(*HITS[name]), parts)[where]
    return Defects(kind, column, (1.0 + rng.exponential(12.0, parts)).astype(np.float32))


def with_zone(defects: Defects, program: Program, layout: Layout, rng: np.random.Generator) -> Defects:
    """The same with a bad zone: a sector at the edge, at the same place of every wafer, where most dies fail."""
    angle = np.arctan2(layout.up, layout.across)
    inside = (np.abs(angle - ZONE_ANGLE) < ZONE_WIDTH / 2) & (layout.radius > ZONE_FROM)
    hit = inside & (rng.random(len(layout)) < ZONE_SHARE) & (defects.kind == NONE)
    column = rng.choice(program.columns_of(*HITS["cluster"]), len(layout))
    return Defects(
        np.where(hit, KINDS.index("cluster"), defects.kind).astype(np.uint8),
        np.where(hit, column, defects.column),
        np.where(hit, 6.0 + rng.exponential(12.0, len(layout)), defects.excess).astype(np.float32),
    )


def with_defects(program: Program, values: Float32Array, defects: Defects, chosen: BoolArray) -> Float32Array:
    """The readings with the defects of the chosen parts in them: beyond a limit by `excess` sigma.

    values  float32, shape (columns, parts) [each test's unit]
    chosen  bool, shape (parts,)
    """
    out = values.copy()
    part = np.flatnonzero(chosen & (defects.kind != NONE))
    column, excess = defects.column[part], defects.excess[part]
    low, high, sigma = program.low[column], program.high[column], program.sigma[column]
    upward = np.isfinite(high) & (~np.isfinite(low) | (part % 2 == 0))
    functional = sigma == 0
    out[column, part] = np.where(upward, high + sigma * excess, low - sigma * excess)
    out[column[functional], part[functional]] = 1.0
    return out


def _clusters(model: ProcessModel, layout: Layout, rng: np.random.Generator) -> BoolArray:
    inside = np.zeros(len(layout), dtype=np.bool_)
    for _ in range(rng.poisson(model.clusters)):
        angle, distance = 2 * np.pi * rng.random(), 0.9 * np.sqrt(rng.random())
        radius = rng.uniform(*model.cluster_radius)
        across = layout.across - distance * np.cos(angle)
        up = layout.up - distance * np.sin(angle)
        inside |= np.hypot(across, up) < radius
    return inside


def _scratch(model: ProcessModel, layout: Layout, rng: np.random.Generator) -> BoolArray:
    """A bent line over the wafer, one die wide."""
    drawn = rng.random() < model.scratch_share
    angle, bend, from_, length = rng.random(4) * np.array([2 * np.pi, 0.5, 0.5, 0.5])
    along = layout.across * np.cos(angle) + layout.up * np.sin(angle)
    beside = layout.up * np.cos(angle) - layout.across * np.sin(angle) - bend * np.square(along)
    pitch = np.sqrt(np.pi / len(layout))
    inside = (np.abs(beside) < 0.5 * pitch) & (along > -from_) & (along < length + 0.2)
    return inside if drawn else np.zeros(len(layout), dtype=np.bool_)
