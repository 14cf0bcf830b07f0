"""Measure the wafers of a simulated lot: the first touchdown of every part and the second one of the retested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from corecar.lot import BoolArray, Float32Array, Int64Array
from corecar.simulate.defects import KINDS, NONE, Defects, draw_defects, with_defects, with_zone
from corecar.simulate.layout import Layout, tray_layout, wafer_layout
from corecar.simulate.outliers import Planted, Population, population, with_outliers
from corecar.simulate.process import (
    FINAL_TEST,
    WAFER_SORT,
    LotShape,
    ProcessModel,
    draw_lot,
    draw_wafer,
    generator,
    measured_again,
)
from corecar.simulate.program import Program, build_program
from corecar.simulate.verdicts import Verdict, judge, retestable

Stage = Literal["wafer sort", "final test"]

SAMPLED_PARTS = 40_000
"""A lot's median and robust sigma come from at most about so many of its parts, evenly spread."""

_SHAPE, _WAFER, _AGAIN = range(3)
_ZONE = 5
"""Streams of random numbers; 3 and 4 are those of `corecar.simulate.simulation`."""


@dataclass(frozen=True, eq=False)
class Stress:
    """Good units that are measured before a stress, or after it.

    again  whether they are measured a second time
    shift  float32, shape (columns, parts): what is added to their readings [the test's unit]
    """

    again: bool
    shift: Float32Array


@dataclass(frozen=True)
class Simulation:
    """Everything that decides what the wafers of a lot measure. stress: of units that are good before it."""

    program: Program
    model: ProcessModel
    layout: Layout
    lot: LotShape
    wafers: int
    seed: int
    stage: Stage
    stop_on_fail: bool
    bad_zone: bool = False
    stress: Stress | None = None

    def wafer_name(self, wafer: int) -> str | None:
        """WAFER_ID; None at final test."""
        return f"W{wafer + 1:02d}" if self.stage == "wafer sort" else None

    def first_id(self, wafer: int) -> int:
        """PART_ID of the first attempt: a counter, restarting with each wafer; trays leave room for their retests."""
        return 1 if self.stage == "wafer sort" else wafer * 2 * len(self.layout) + 1

    def unit(self, wafer: int, parts: Int64Array) -> Int64Array:
        """int64, shape (parts,): number in PART_TXT, the same for every attempt at a unit; -1 at wafer sort."""
        return wafer * len(self.layout) + parts + 1 if self.stage == "final test" else np.full(len(parts), -1)


@dataclass(frozen=True)
class Probing:
    """One wafer as measured: the first touchdown of every part, then a second one of the retested parts.

    values, verdict              of the first touchdown
    again                        int64: parts touched down twice, ascending
    again_values, again_verdict  of their second touchdown
    """

    values: Float32Array
    verdict: Verdict
    defects: Defects
    again: Int64Array
    again_values: Float32Array
    again_verdict: Verdict

    @property
    def good_values(self) -> Float32Array:
        """float32, shape (columns, good parts): the readings of the attempt that made each part good."""
        pieces = [self.values[:, self.verdict.good], self.again_values[:, self.again_verdict.good]]
        return np.concatenate(pieces, axis=1)


def prepare(
    wafers: int, dies: int, tests: int, sites: int, seed: int, stage: Stage, stop_on_fail: bool, *,
    bad_zone: bool = False,
) -> Simulation:  # fmt: skip
    """Draw what all wafers of a lot have in common. Arguments as in `simulate_lot`."""
    program = build_program(tests)
    layout = wafer_layout(dies, sites)
    model = WAFER_SORT
    if stage == "final test":
        layout, model = tray_layout(dies, sites, layout), FINAL_TEST
    lot = draw_lot(program, model, sites, generator(seed, _SHAPE))
    return Simulation(program, model, layout, lot, wafers, seed, stage, stop_on_fail, bad_zone)


def probe_wafer(simulation: Simulation, wafer: int, planted: tuple[Planted, ...] = ()) -> Probing:
    """Measure one wafer; the same wafer measures the same each time, but for what is planted on it."""
    program, model, layout = simulation.program, simulation.model, simulation.layout
    rng = generator(simulation.seed, _WAFER, wafer)
    clean = draw_wafer(program, model, simulation.lot, layout, rng)
    if simulation.stress is not None:
        return _stressed(simulation, simulation.stress, clean)
    defects = draw_defects(program, model, layout, rng)
    if simulation.bad_zone:
        defects = with_zone(defects, program, layout, generator(simulation.seed, _ZONE, wafer))
    everything = np.ones(len(layout), dtype=np.bool_)
    values = with_outliers(with_defects(program, clean, defects, everything), planted, wafer)
    verdict = judge(program, values, stop_on_fail=simulation.stop_on_fail)
    again = np.flatnonzero(retestable(verdict))
    lasting = with_defects(program, clean, defects, defects.kind != KINDS.index("contact"))
    second = measured_again(program, model, lasting[:, again], generator(simulation.seed, _AGAIN, wafer))
    judged = judge(program, second, stop_on_fail=simulation.stop_on_fail)
    return Probing(values, verdict, defects, again, second, judged)


def _stressed(simulation: Simulation, stress: Stress, clean: Float32Array) -> Probing:
    """Units without a defect, before a stress or after it; none is touched down twice."""
    program, parts = simulation.program, len(simulation.layout)
    if stress.again:
        clean = measured_again(program, simulation.model, clean, generator(simulation.seed, _AGAIN, 0))
    values = clean + stress.shift
    verdict = judge(program, values, stop_on_fail=simulation.stop_on_fail)
    sound = Defects(np.full(parts, NONE, np.uint8), np.zeros(parts, np.int64), np.zeros(parts, np.float32))
    nobody = np.zeros(0, np.int64)
    return Probing(values, verdict, sound, nobody, values[:, nobody], judge(program, values[:, nobody]))


def survey(simulation: Simulation) -> tuple[Population, list[BoolArray]]:
    """The lot's population before anything is planted, and the good parts of each wafer's first touchdown."""
    stride = -(-simulation.wafers * len(simulation.layout) // SAMPLED_PARTS)
    sample, good = [], []
    for wafer in range(simulation.wafers):
        probing = probe_wafer(simulation, wafer)
        sample.append(probing.good_values[:, ::stride])
        good.append(probing.verdict.good)
    return population(np.concatenate(sample, axis=1)), good
