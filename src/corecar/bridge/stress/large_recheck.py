"""A stop week by week in a network that HiGHS may not finish: two plans by the first-order method, with their gaps."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from corecar.errors import Cancelled, SolverError
from corecar.network.arrays import Network
from corecar.network.model import weekly_model
from corecar.plan.later_weeks import from_week
from corecar.plan.plans import Plan
from corecar.plan.replanning import replanned_at_least_cost
from corecar.plan.solving import chosen, never, solve
from corecar.solve import Stop
from corecar.stress.recheck import SEEN, Weeks
from corecar.stress.scenarios import Scenario

NEAR = 0.01
"""Gap at which the undisturbed plan is good enough."""
FAR = 0.5
"""Gap above which it tells nothing."""


class WeeklyByPrices:
    """A network's weekly plan at least cost, asked about stops, as `corecar.stress.recheck.Weekly` is.

    seconds    that one plan may take
    cancelled  asked now and then whether to stop; then Cancelled is raised
    Raises     SolverError where the undisturbed plan is not near its bound by then

    What was started before the stop stays as planned, and what is in process comes out as planned; from the week of the
    stop on the same steps are taken from the undisturbed plan's starts and prices with the stop and without it, so what
    is lost is the difference that the stop makes, not that of two searches; one below 0 lies within the gaps and is 0.
    """

    def __init__(self, network: Network, *, seconds: float = 60.0, cancelled: Stop = never) -> None:
        self.network, self.seconds, self.cancelled = network, seconds, cancelled
        self.base = solve(network, gap=NEAR, time_limit=seconds, method="first-order", stop=cancelled)
        self._go_on()
        if self.base.gap > FAR:
            raise SolverError(
                f"the weekly plan without a stop was not near its bound in {seconds:g} s (gap {self.base.gap:.0%}). "
                "Give it more time: --seconds."
            )
        self.gap = self.base.gap
        self.rest: dict[int, Plan] = {0: self.base}

    def stop(self, scenario: Scenario, start: int) -> Weeks:
        """The plan when a scenario begins in a week."""
        if start not in self.rest:
            self.rest[start] = from_week(self.base, start)
        calm = self.rest[start]
        most = calm.network.activities.most.copy()
        most[scenario.closed, : min(math.ceil(scenario.weeks), calm.network.weeks)] = 0.0
        after = replace(calm.network, activities=replace(calm.network.activities, most=most))
        found = replanned_at_least_cost(calm, after, gap=NEAR, time_limit=self.seconds, stop=self.cancelled)
        self._go_on()
        self.gap = max(self.gap, found.before.plan.gap, found.after.plan.gap)
        worth, demands = self.network.demands.value, len(self.network.demands)
        more = np.zeros((demands, self.network.weeks))
        more[:, start:] = found.after.plan.behind - found.before.plan.behind
        by_week = worth @ more
        seen = SEEN * float(worth @ self.network.demands.wanted.mean(axis=1))
        late = np.flatnonzero(by_week > seen)
        short = np.where(np.abs(more[:, -1]) > SEEN, more[:, -1], 0.0)
        missing = np.stack([found.before.plan.breach, found.after.plan.breach])
        price = np.zeros_like(missing)  # those after the stop are not known well enough to say what stands against what
        first = int(late[0]) if len(late) else None
        return Weeks(max(float(worth @ short), 0.0), by_week, short, first, calm.network, missing, price)

    def _go_on(self) -> None:
        """Raises Cancelled where somebody asked for that."""
        if self.cancelled():
            raise Cancelled("The stops were stopped as asked; nothing was written.")


def is_large(network: Network) -> bool:
    """Whether a network's weekly plan is one of the first-order method."""
    return chosen("choose", weekly_model(network)) == "first-order"
