"""A weekly plan of any size with a proved gap: a first-order method, and two exact maps that make its points certain.

Every so many steps the prices of the method's point become a bound (`corecar.plan.bound`) and its starts a plan
(`corecar.plan.repair`), as they are and after some steps without costs; the best of each is kept. So plan, bound and
gap hold whether or not the method has come to rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

from corecar.compiled import on_threads
from corecar.network.model import Model, weekly_model
from corecar.plan.one_piece import one_piece
from corecar.plan.pace import Pace
from corecar.plan.plans import Plan, Step
from corecar.plan.search import CHECK, CHUNK, Search
from corecar.solve import Stop

Watch = Callable[[Step], None]


def plan_by_prices(
    model: Model,
    *,
    gap: float,
    time_limit: float,
    start: Plan | None = None,
    stop: Stop = lambda: False,
    watch: Watch = lambda _: None,
    most_steps: int = 1_000_000,
    threads: int | None = None,
) -> Plan:
    """A plan and a bound that are at most `gap` apart, or the nearest in the time; at least one plan in any time.

    time_limit  from when machine code is at hand: compiling it, once on a machine, is not counted [s]
    start       a plan of a network with the same items, activities and demands, to begin from with its prices
    stop        asked now and then; True ends with the best so far
    watch       told of every look
    most_steps  after which it ends, however far apart they are
    threads     to use; by default one or all, whichever is faster at the time. The result is the same
    Raises      ArgumentError for a network whose items go round in a circle
    Source      Applegate and others 2021 (PDLP); Lu and Yang 2024 (reflected Halpern); Pock and Chambolle 2011
    """
    make_ready()
    begun = time.monotonic()
    pace = Pace() if threads is None else None
    with on_threads(threads):
        return _searched(model, pace, begun, gap, time_limit, start, stop, watch, most_steps)


def _searched(
    model: Model, pace: Pace | None, begun: float, gap: float, time_limit: float, start: Plan | None, stop: Stop,
    watch: Watch, most: int,
) -> Plan:  # fmt: skip
    search = Search(model, pace, gap)
    if start is not None:
        search.begin_from(start)

    def clock() -> float:
        return time.monotonic() - begun

    def over() -> bool:
        return stop() or clock() > time_limit

    while True:
        step = search.look(clock, over)
        watch(step)
        if step.gap <= gap or search.done >= most:
            break
        search.turn()
        if not search.go(CHECK, over):
            watch(search.look(clock, over))
            break
    return search.best


@cache
def make_ready() -> None:
    """Have machine code at hand for all that the method calls, from disk or compiled now, by planning one piece."""
    with on_threads(1):
        search = Search(weekly_model(one_piece()))
        search.go(CHUNK, lambda: False)
        search.look()
