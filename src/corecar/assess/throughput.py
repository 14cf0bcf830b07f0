"""How fast a run tested, from touchdowns and the wall clock: pieces an hour, time between touchdowns, multi-site gain.

The times of parts are not added up over sites, since sites of one touchdown are tested at the same time.

Source: T_N = T_1 (1 + (N - 1)(1 - MSE)) and UPH = 3600 x sites x efficiency / (test time + index time), the usual
definitions of multi-site efficiency and units per hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import numpy.typing as npt

ALONE = 5
"""Touchdowns with one part, and with all sites, from which on multi-site efficiency is stated."""


@dataclass(frozen=True)
class Throughput:
    """What some runs of one insertion did in their time.

    units        units whose last attempt counts; attempts: parts tested, retests included
    touchdowns   times that the sites were set down together
    sites        parts of the fullest touchdown
    clock        seconds from start to finish of all runs, by the tester's clock; None where a run does not tell
    testing      seconds of testing, the slowest part of each touchdown; None where files tell no time of parts
    efficiency   multi-site efficiency, 1 where as many sites take as long as one; None where too few touchdowns tell
    """

    units: int
    attempts: int
    touchdowns: int
    sites: int
    clock: float | None
    testing: float | None
    efficiency: float | None

    @property
    def per_hour(self) -> float | None:
        """Units an hour by the wall clock: retests, index time and waiting within a run are in it, once."""
        return None if not self.clock else 3600.0 * self.units / self.clock

    @property
    def index(self) -> float | None:
        """Seconds from one touchdown to the next in which nothing is tested, waiting within a run included."""
        if not self.clock or self.testing is None or not self.touchdowns:
            return None
        return (self.clock - self.testing) / self.touchdowns

    @property
    def parallel(self) -> float:
        """Parts of a touchdown, on average."""
        return self.attempts / self.touchdowns if self.touchdowns else 0.0


@dataclass(frozen=True)
class Touchdowns:
    """The touchdowns of one run.

    parts    int64, shape (touchdowns,): how many parts each tested
    seconds  float64, shape (touchdowns,): the slowest of them; 0 where files tell no time
    """

    parts: npt.NDArray[np.int64]
    seconds: npt.NDArray[np.float64]


def touchdowns_of(
    place: Sequence[object], site: Sequence[int], milliseconds: Sequence[int | None] | None = None
) -> Touchdowns:
    """Touchdowns of parts in the order of a file: one ends where a site, or another wafer or head, comes again.

    place         of each part: anything that differs between wafers and heads
    site          of each part
    milliseconds  test time of each part (PRR TEST_T), where there is one
    """
    parts: list[int] = []
    slowest: list[float] = []
    there: set[int] = set()
    before: object = None
    times = milliseconds if milliseconds is not None else [None] * len(site)
    for where, one, took in zip(place, site, times, strict=True):
        if not there or where != before or one in there:
            there, before = set(), where
            parts.append(0)
            slowest.append(0.0)
        there.add(one)
        parts[-1] += 1
        slowest[-1] = max(slowest[-1], (took or 0) / 1000.0)
    return Touchdowns(np.array(parts, np.int64), np.array(slowest, np.float64))


def throughput(units: int, runs: Iterable[tuple[Touchdowns, float | None]]) -> Throughput:
    """Some runs taken together.

    units  whose last attempt counts, over all runs
    runs   the touchdowns of each and its seconds from start to finish; None or 0 where the file does not tell
    """
    several = list(runs)
    parts = np.concatenate([np.zeros(0, np.int64), *(each.parts for each, _ in several)])
    seconds = np.concatenate([np.zeros(0), *(each.seconds for each, _ in several)])
    clocks = [clock for _, clock in several]
    timed = bool(len(seconds)) and bool((seconds > 0).all())
    return Throughput(
        units=units,
        attempts=int(parts.sum()),
        touchdowns=len(parts),
        sites=int(parts.max(initial=0)),
        clock=sum(clock for clock in clocks if clock) if clocks and all(clocks) else None,
        testing=float(seconds.sum()) if timed else None,
        efficiency=_efficiency(parts, seconds) if timed else None,
    )


def _efficiency(parts: npt.NDArray[np.int64], seconds: npt.NDArray[np.float64]) -> float | None:
    """1 - (T_N / T_1 - 1) / (N - 1), of the medians over touchdowns with all sites and with one."""
    by_size: dict[int, list[float]] = defaultdict(list)
    for size, took in zip(parts.tolist(), seconds.tolist(), strict=True):
        by_size[size].append(took)
    most = max(by_size, default=0)
    if most < 2 or len(by_size[1]) < ALONE or len(by_size[most]) < ALONE:
        return None
    return 1.0 - (median(by_size[most]) / median(by_size[1]) - 1.0) / (most - 1)
