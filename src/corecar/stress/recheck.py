"""A stop week by week, with lead times: the weekly plan that it leaves, against the plan without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corecar.network.arrays import Floats, Network
from corecar.network.model import weekly_model
from corecar.program import Solution
from corecar.solve import Solver
from corecar.stress.scenarios import Scenario

SEEN = 1e-6
"""Part of a week's demand by value that counts as behind."""
MARGIN = 1e-7
"""Room that starts of earlier weeks are given around the plan, as a part of the largest: the solver's own tolerance."""


@dataclass(frozen=True)
class Weeks:
    """What a stop does, week by week.

    value       of what does not come by the end of the horizon, beyond the undisturbed plan
    by_week     float64, shape (weeks,): value behind at the end of each week, beyond the undisturbed plan
    short       float64, shape (demands,): pieces that do not come by the end, beyond the undisturbed plan
    first_week  the first week of the horizon with something behind; None for none
    network     that was planned; missing: float64, shape (2, floors): pieces that each of its promises is short of
                without the stop and with it; price likewise: what one piece less of each would save
    """

    value: float
    by_week: Floats
    short: Floats
    first_week: int | None
    network: Network
    missing: Floats
    price: Floats


class Weekly:
    """A network's weekly plan at least cost, asked about stops.

    seconds  that one plan may take
    Raises   SolverError where the undisturbed plan takes longer

    What was started before the stop stays as planned, and what is in process at a stopped site comes out as planned;
    from the week of the stop on everything is planned anew.
    """

    def __init__(self, network: Network, *, seconds: float = 60.0) -> None:
        self.network, self.seconds = network, seconds
        self.model = weekly_model(network)
        self.solver = Solver(self.model.program, what="the weekly plan without a stop")
        calm = self.solver.run(time_limit=seconds)
        self.x, self.price = calm.x, self._price(calm)
        self.basis = self.solver.basis()
        self.solver.what = "the weekly plan with a stop"

    def stop(self, scenario: Scenario, start: int) -> Weeks:
        """The plan when a scenario begins in a week. Raises SolverError where that takes too long."""
        places, high = self.model.places.start, self.model.program.high
        end = min(start + int(np.ceil(scenario.weeks)), self.network.weeks)
        past = places[:, :start][places[:, :start] >= 0]
        still = places[scenario.closed, start:end]
        still = still[still >= 0]
        room = MARGIN * (1.0 + float(np.abs(self.x[past]).max(initial=0.0)))
        low = np.maximum(self.x[past] - room, 0.0)
        self.solver.change_columns(past, low, np.minimum(self.x[past] + room, high[past]))
        self.solver.change_columns(still, np.zeros(len(still)), np.zeros(len(still)))
        try:
            self.solver.resume(self.basis)
            found = self.solver.run(time_limit=self.seconds)
        finally:
            self.solver.change_columns(past, np.zeros(len(past)), high[past])
            self.solver.change_columns(still, np.zeros(len(still)), high[still])
        return self._against(found)

    def _price(self, found: Solution) -> Floats:
        return found.prices[self.model.rows["floor"]]

    def _against(self, found: Solution) -> Weeks:
        x = found.x
        behind = self.model.places.behind
        more = x[behind] - self.x[behind]
        worth = self.network.demands.value
        by_week = worth @ more
        seen = SEEN * float(worth @ self.network.demands.wanted.mean(axis=1))
        late = np.flatnonzero(by_week > seen)
        short = np.where(np.abs(more[:, -1]) > SEEN, more[:, -1], 0.0)
        breach = self.model.places.breach
        missing = np.stack([self.x[breach], x[breach]])
        price = np.stack([self.price, self._price(found)])
        first = int(late[0]) if len(late) else None
        return Weeks(float(worth @ short), by_week, short, first, self.network, missing, price)
