"""What each variable of the weekly model costs beyond what it is worth, by some prices: its reduced cost.

A variable whose reduced cost is above 0 is 0 in every best plan of those prices; what it is worth above 0 times its
reduced cost, summed over all of them and over free capacity, is what a plan costs more than the bound of the prices.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from corecar.network.arrays import Floats, Network
from corecar.plan.bound import Proof, paid_by_floors, start_cost

BLOCK = 4096
"""Positions of bills that are worked on at once, so that no array of all of them is made."""


class Reduced(NamedTuple):
    """Reduced costs, float64, shape (rows, weeks).

    start   of one more start of an activity [money]
    stock   of one more piece of an item that lies at a week's end
    behind  of one more piece that a demand is behind with
    """

    start: Floats
    stock: Floats
    behind: Floats


def reduced_costs(network: Network, proof: Proof) -> Reduced:
    """The reduced costs of all variables by the prices of a proof."""
    prices, made, items, demands = proof.prices, network.activities, network.items, network.demands
    paid = paid_by_floors(network, prices.floor)
    start = start_cost(network, prices) - paid["started"]
    owner = np.repeat(np.arange(len(made)), np.diff(made.starts))
    for begin in range(0, len(owner), BLOCK):
        some = slice(begin, begin + BLOCK)
        np.add.at(start, owner[some], made.quantities[some, None] * prices.item[made.items[some]])
    for lead in np.unique(made.lead).tolist():
        own, weeks = np.flatnonzero(made.lead == lead), network.weeks - lead
        if weeks > 0:
            start[own, :weeks] -= made.yields[own, :weeks] * prices.item[made.output[own], lead:]
    stock = items.holding[:, None] - paid["stock"] + prices.item
    stock[:, :-1] -= prices.item[:, 1:]
    behind = demands.late - proof.demand
    behind[:, :-1] += proof.demand[:, 1:]
    return Reduced(start, stock, behind)
