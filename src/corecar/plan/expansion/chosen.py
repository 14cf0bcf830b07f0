"""Orders that somebody chose: as numbers of a plan's orders, and which limits they break."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from corecar.chain.weeks import week_name
from corecar.errors import ArgumentError
from corecar.network.arrays import Floats, Network
from corecar.plan.expansion.options import Limit
from corecar.plan.expansion.orders import Orders


def chosen_orders(orders: Orders, network: Network, rows: Iterable[Mapping[str, Any]]) -> Floats:
    """How many of each order somebody chose, float64 of shape (orders,).

    rows    of the table `chosen_orders`: option, week (its Monday), quantity
    Raises  ArgumentError for a week in which an option cannot be ordered, or makes nothing before the plan ends
    """
    options = [option.name for option in orders.means.options]
    weeks = [network.week_name(week) for week in range(network.weeks)]
    place = {
        (options[number], weeks[week]): at
        for at, (number, week) in enumerate(zip(orders.option.tolist(), orders.week.tolist(), strict=True))
    }
    ordered = np.zeros(len(orders))
    for row in rows:
        key = (str(row["option"]), week_name(row["week"]))
        if key not in place:
            there = [week for option, week in place if option == key[0]]
            known = (
                f"it can be ordered from {there[0]} to {there[-1]}" if there else "it can be ordered in no week of it"
            )
            raise ArgumentError(
                f"chosen_orders: {key[0]} in {key[1]} makes nothing within the plan, {weeks[0]} to {weeks[-1]}; "
                f"{known}. "
                "Mend the week, or plan more weeks."
            )
        ordered[place[key]] += float(row["quantity"] or 1)
    return ordered


def broken_limits(orders: Orders, ordered: Floats) -> list[tuple[Limit, float]]:
    """Limits that orders exceed, each with what they take in all; of several weeks the one that takes most."""
    x = np.concatenate([ordered, orders.have(ordered), np.zeros(len(orders.cell))])
    taken = np.bincount(orders.rows.row, orders.rows.value * x[orders.rows.column], minlength=len(orders.high))
    found: dict[tuple[str, str], tuple[Limit, float]] = {}
    for limit, amount in zip(orders.limits, taken.tolist(), strict=True):
        if limit is not None and amount > limit.most * (1 + 1e-9) + 1e-9:
            key = limit.what, limit.name
            if key not in found or amount > found[key][1]:
                found[key] = limit, amount
    return list(found.values())
