"""Why nothing is ordered: what more money, floor or staff would change, and what the best order would earn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from corecar.network.arrays import Floats, Network
from corecar.plan.expansion.expansion import Expansion
from corecar.plan.expansion.orders import Orders, orders_of
from corecar.plurals import plural

KINDS = ("budget", "floor", "staff")
Find = Callable[[Orders], Expansion]


def why_nothing(network: Network, found: Expansion, margin: float, find: Find) -> str:
    """Why an expansion orders nothing, as it goes on after `because`.

    find  the best expansion of other orders of the same network, by the same method
    """
    orders, means = found.orders, found.orders.means
    if not len(orders):
        delay = plural(min(option.delay for option in means.options), "week")
        return f"nothing makes before the plan ends: the quickest takes {delay}, and the plan has " + plural(
            network.weeks, "week"
        )
    there = [kind for kind in KINDS if any(limit.what == kind for limit in means.limits)]
    for kind in there:
        freed = tuple(limit for limit in means.limits if limit.what != kind)
        if find(orders_of(replace(means, limits=freed), network)).ordered.any():
            return _forbidden(orders, kind)
    if there and find(orders_of(replace(means, limits=()), network)).ordered.any():
        return f"{' and '.join(there)} together forbid it"
    gain, charge = _most_gained(network, found, margin)
    if not gain:
        return "no cell limits what is short"
    return f"nothing earns its price: the best gains at most {gain:,.0f} and costs the plan {charge:,.0f}"


def _forbidden(orders: Orders, kind: str) -> str:
    means = orders.means
    most = max(limit.most for limit in means.limits if limit.what == kind)
    if kind == "budget":
        least = min(option.price for option in means.options)
        return f"budgets forbid it: the least price is {least:,.0f}, the largest budget {most:,.0f}"
    least = min(getattr(option, kind) for option in means.options if getattr(option, kind) > 0)
    unit = "m2 of floor" if kind == "floor" else "people"
    return f"there is no room for it: the least takes {least:g} {unit}, at most {most:g} are there"


def _most_gained(network: Network, found: Expansion, margin: float) -> tuple[float, float]:
    """What the prices of capacity promise for the order that gains most over its charge, and that charge."""
    prices = found.plan.prices
    if prices is None:
        return 0.0, 0.0
    gains = gains_of(found.orders, prices.capacity, margin)
    if not (gains > 0).any():
        return 0.0, 0.0
    best = int(np.argmax(np.where(gains > 0, gains - found.orders.charge, -np.inf)))
    return float(gains[best]), float(found.orders.charge[best])


def gains_of(orders: Orders, capacity: Floats, margin: float) -> Floats:
    """What one of each order is worth alone at given prices of capacity, float64 of shape (orders,).

    capacity  float64, shape (groups, weeks): what one more hour saves of the plan's cost
    """
    gains = np.zeros(len(orders))
    worth = np.bincount(
        orders.group.column, orders.group.value * np.maximum(capacity, 0.0).ravel()[orders.group.row],
        minlength=len(orders.cell),
    )  # fmt: skip
    place = {int(cell): int(at) for at, cell in reversed(list(enumerate(orders.cell.tolist())))}
    for order, (number, week) in enumerate(zip(orders.option.tolist(), orders.week.tolist(), strict=True)):
        option = orders.means.options[number]
        span = np.array(option.working(week, orders.weeks), np.int64)
        each = orders.means.cells[option.cell].each * option.works
        gains[order] = margin * each * float(worth[place[option.cell] + span].sum())
    return gains
