"""A cell as a discrete-event simulation: lots come, wait, are set up for, are made, and machines stop in the midst."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class SimulatedCell:
    """Machines that are alike, and the lots that come to them.

    apart          mean hours between lots; arrival_cv2 their squared coefficient of variation (gamma)
    hours          of a lot; cv2 likewise (gamma)
    chance         of a set-up of `setup_hours` before a lot
    repair_hours   mean of a repair (exponential); 0 for machines that never stop
    running_hours  mean hours of making between failures (exponential)
    """

    servers: int
    apart: float
    arrival_cv2: float
    hours: float
    cv2: float
    chance: float = 0.0
    setup_hours: float = 0.0
    repair_hours: float = 0.0
    running_hours: float = np.inf

    @property
    def available(self) -> float:
        """Part of the time in which a machine can work."""
        return 1.0 / (1.0 + self.repair_hours / self.running_hours)


@dataclass
class Seen:
    """What a run showed: mean hours from arrival to end of a lot, mean lots in the cell over time."""

    cycle: float
    in_process: float


def simulate(cell: SimulatedCell, lots: int, seed: int) -> Seen:
    """Run so many lots through a cell, the first tenth of them not counted. The same seed runs the same."""
    import simpy

    random = np.random.default_rng(seed)
    environment = simpy.Environment()
    machines = simpy.Resource(environment, capacity=cell.servers)
    apart = _gamma(random, cell.apart, cell.arrival_cv2, lots)
    making = _gamma(random, cell.hours, cell.cv2, lots) + cell.setup_hours * (random.random(lots) < cell.chance)
    cycles = np.zeros(lots)
    ends = np.zeros(lots)

    def lot(number: int) -> Generator[Any, Any, None]:
        came = environment.now
        with machines.request() as asked:
            yield asked
            left = making[number]
            while (run := random.exponential(cell.running_hours) if cell.repair_hours else np.inf) < left:
                yield environment.timeout(run + random.exponential(cell.repair_hours))
                left -= run
            yield environment.timeout(left)
        ends[number] = environment.now
        cycles[number] = environment.now - came

    def source() -> Generator[Any, Any, None]:
        for number in range(lots):
            yield environment.timeout(apart[number])
            environment.process(lot(number))

    environment.process(source())
    environment.run()
    came = ends - cycles
    counted = slice(lots // 10, lots)
    first, last = came[counted][0], came[-1]
    inside = np.clip(ends, first, last) - np.clip(came, first, last)
    return Seen(float(cycles[counted].mean()), float(inside.sum() / (last - first)))


def _gamma(random: np.random.Generator, mean: float, cv2: float, count: int) -> Any:
    return random.gamma(1.0 / cv2, mean * cv2, count)
