"""The best expansion of a small chain: orders and the weekly plan in one integer program."""

from __future__ import annotations

import time

import numpy as np

from corecar.network.arrays import Network
from corecar.network.model import Limit, Model, weekly_model
from corecar.plan.expansion.expansion import Expansion, expanded
from corecar.plan.expansion.kept import Kept
from corecar.plan.expansion.orders import Orders
from corecar.plan.plans import Plan
from corecar.plan.solving import never, solve
from corecar.program import Entries, Program, by_rows
from corecar.solve import INFINITE, Solver, Stop


def best_expansion(
    network: Network, orders: Orders, *, margin: float, limit: Limit = "maximum", gap: float = 0.0,
    time_limit: float = 120.0, stop: Stop = never, kept: Kept | None = None,
) -> Expansion:  # fmt: skip
    """The orders with the least margin x cost of the plan + charges; the plan is then made anew with their hours.

    margin      what the plan's cost counts beside money
    gap         at which the orders are good enough; 0 for the best
    time_limit  seconds of the solver
    kept        of earlier searches over the same network and options: the solver begins from the best of their orders
                that the limits allow; what is found is added
    Raises      SolverError, Cancelled
    """
    begun = time.monotonic()
    model = weekly_model(network, limit=limit)
    solver, first = Solver(_program(model, orders, margin), what="the expansion plan"), model.places.count
    known = None if kept is None else kept.best(orders)
    if known is not None:
        solver.suggest(np.arange(first, first + len(orders)), known.ordered)
    found = solver.run(gap=gap, time_limit=time_limit, stop=stop)
    ordered = np.rint(found.x[first : first + len(orders)])
    if known is not None and (known.ordered == ordered).all():
        plan = known.plan
    else:
        plan = planned_with(network, orders, ordered, limit=limit, stop=stop)
    cost = margin * plan.cost + float(orders.charge @ ordered)
    if kept is not None:
        kept.add(cost, ordered, plan)
    return Expansion(orders, ordered, plan, cost, min(found.bound, cost), time.monotonic() - begun, 1)


def planned_with(
    network: Network, orders: Orders, ordered: np.ndarray, *, limit: Limit = "maximum", stop: Stop = never
) -> Plan:
    """The cheapest plan with the hours of some orders."""
    return solve(expanded(network, orders, orders.hours(ordered)), limit=limit, method="simplex", stop=stop)


def _program(model: Model, orders: Orders, margin: float) -> Program:
    """The weekly model, the rows of the orders behind its own, and extra hours in the rows of capacity."""
    plan, first = model.program, model.places.count
    own = Entries(
        np.repeat(np.arange(len(plan.row_low)), np.diff(plan.starts)), plan.columns.astype(np.int64), plan.values
    )
    extras = first + len(orders) + orders.haves
    capacity = Entries(
        orders.group.row + model.rows["capacity"].start, orders.group.column + extras, -orders.group.value
    )
    further = Entries(orders.rows.row + len(plan.row_low), orders.rows.column + first, orders.rows.value)
    entries = Entries(*(np.concatenate(part) for part in zip(own, capacity, further, strict=True)))
    count = first + orders.columns
    starts, columns, values = by_rows(entries, len(plan.row_low) + len(orders.high))
    whole = np.zeros(count, np.bool_)
    whole[first : first + len(orders)] = True
    none = np.zeros(orders.haves)
    return Program(
        cost=np.concatenate([margin * plan.cost, orders.charge, none, np.zeros(len(orders.cell))]),
        low=np.concatenate([plan.low, np.zeros(len(orders)), none, orders.least]),
        high=np.concatenate([
            plan.high, orders.most, np.full(orders.haves, INFINITE), np.full(len(orders.cell), INFINITE)
        ]),
        row_low=np.concatenate([plan.row_low, orders.low]),
        row_high=np.concatenate([plan.row_high, orders.high]),
        starts=starts, columns=columns, values=values, offset=margin * plan.offset, whole=whole,
    )  # fmt: skip
