"""Promises of a chain's tables as soft floors of a plan: what was committed to whom by which week."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc

from corecar.chain.chain import Chain
from corecar.chain.weeks import week_name, week_numbers
from corecar.network.arrays import Floor, Network
from corecar.network.pricing import BREACH


def promised(chain: Chain, network: Network) -> tuple[Floor, ...]:
    """What suppliers committed (`committed` of the table demand) as floors of every week's sum so far.

    A piece that is missing costs more than any shortage in the first week in which it is missing, and again in every
    later one. What was delivered before the plan counts as kept; what was committed above the demand is no promise.
    """
    return tuple(_committed(chain, network))


def _committed(chain: Chain, network: Network) -> Iterator[Floor]:
    table, demands = chain.demand, network.demands
    if not table.num_rows or pc.all(pc.is_null(table["committed"])).as_py():
        return
    number = {key: place for place, key in enumerate(zip(demands.product, demands.customer, strict=True))}
    wanted = np.zeros_like(demands.wanted)
    columns = [table[name].to_pylist() for name in ("product", "customer", "committed", "delivered", "quantity")]
    mondays = np.asarray(table["week"].combine_chunks().to_numpy(zero_copy_only=False), "datetime64[D]")
    for product, customer, committed, delivered, quantity, week in zip(
        *columns, (week_numbers(mondays) - network.first_week).tolist(), strict=True
    ):
        if committed is not None and 0 <= week < network.weeks:
            least = min(committed, quantity) - (delivered or 0.0)
            wanted[number[product, customer or ""], week] += max(least, 0.0)
    price = BREACH * float(demands.value.max(initial=0.0))
    for demand, week in zip(*np.nonzero(wanted > 0), strict=True):
        name = f"{demands.names[demand]} committed for {week_name(network.monday(int(week)).astype(object))}"
        weeks = tuple(range(int(week) + 1))
        yield Floor(name, "supplied", (int(demand),), weeks, float(wanted[demand, : week + 1].sum()), price)
