"""Many stops of one network, on several threads: what each loses, how long nothing is, how exposed the chain is."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from corecar.network.arrays import Floats, Network
from corecar.stress.scenarios import Scenario
from corecar.stress.steady import Steady

Advance = Callable[[int, int], None]
"""Told after each piece how many are done, and how many there are; what it raises ends the work."""
Piece = TypeVar("Piece")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Stress:
    """What one stop does.

    impact    value lost by the end of its time to recover, beyond what is lost anyway (performance impact)
    survival  weeks for which nothing more is lost (time to survive); infinite where that never ends
    more      float64, shape (demands,): pieces lost beyond those that are lost anyway; below 0 where others gain
    """

    scenario: Scenario
    impact: float
    survival: float
    more: Floats

    @property
    def margin(self) -> float:
        """Time to survive less time to recover [week]."""
        return self.survival - self.scenario.weeks


class Threads:
    """Some threads with a `Steady` each. An answer does not depend on which of them gives it.

    workers  by default one for each core
    """

    def __init__(self, network: Network, *, workers: int | None = None) -> None:
        self.network = network
        self.workers = max(1, workers if workers is not None else _cores())
        self.first = Steady(network)
        self.own = threading.local()
        self.own.steady = self.first

    def steady(self) -> Steady:
        """That of this thread."""
        if not hasattr(self.own, "steady"):
            self.own.steady = self.first.twin()
        found: Steady = self.own.steady
        return found

    def map(
        self, ask: Callable[[Steady, Piece], Result], pieces: Sequence[Piece], advance: Advance | None = None
    ) -> list[Result]:
        """Ask about each, in parallel; answers in the order of the pieces."""
        if self.workers == 1 or len(pieces) < 2:
            found = []
            for number, piece in enumerate(pieces):
                found.append(ask(self.steady(), piece))
                _tell(advance, number + 1, len(pieces))
            return found
        with ThreadPoolExecutor(min(self.workers, len(pieces))) as pool:
            asked = [pool.submit(self._one, ask, piece) for piece in pieces]
            try:
                _follow(asked, advance)
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
            return [future.result() for future in asked]

    def _one(self, ask: Callable[[Steady, Piece], Result], piece: Piece) -> Result:
        return ask(self.steady(), piece)


def sweep(threads: Threads, scenarios: Sequence[Scenario], advance: Advance | None = None) -> list[Stress]:
    """Both answers of every scenario, in their order."""
    threads.first.prepare({scenario.weeks for scenario in scenarios})

    def ask(steady: Steady, scenario: Scenario) -> Stress:
        steady.calm = threads.first.calm
        loss, survival = steady.answer(scenario.closed, scenario.weeks)
        return Stress(scenario, loss.value, survival, loss.more if loss.value > 0 else 0 * loss.more)

    return threads.map(ask, scenarios, advance)


def exposure(found: Sequence[Stress]) -> Floats:
    """Risk exposure index: impact over the largest impact, float64 of shape (scenarios,); 0 where nothing is lost."""
    impact = np.array([each.impact for each in found])
    most = impact.max(initial=0.0)
    return np.asarray(impact / most) if most > 0 else impact


def _follow(asked: Sequence[Future[Result]], advance: Advance | None) -> None:
    left: set[Future[Result]] = set(asked)
    while left:
        done, left = wait(left, timeout=0.2, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
        _tell(advance, len(asked) - len(left), len(asked))


def _tell(advance: Advance | None, done: int, total: int) -> None:
    if advance is not None:
        advance(done, total)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
