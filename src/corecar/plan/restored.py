"""A weekly plan again from the tables that were kept of it, without planning: starts, supply and prices.

What lies and what is behind follows from them by the network's own balance, so nothing is repaired or rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from corecar.network.arrays import Floats, Integers, Network
from corecar.plan.bound import Prices
from corecar.plan.plans import Plan
from corecar.plan.repair import valued
from corecar.plan.tables import week_names

ROUNDING = 1e-5
"""Part of the largest stock by which one may be below 0 and counts as rounding."""


def restored(network: Network, starts: Any, supply: Any, prices: Any | None = None) -> Plan | None:
    """The plan of a network that its tables tell of; None where they do not fit the network.

    network  that it was planned on, with the shares that steered it
    starts, supply, prices  as of `corecar.plan.tables.PLAN_TABLES`
    Returns  its bound is -inf, so its gap is infinite: what was proved of it is not in these tables
    """
    weeks = week_names(network, network)
    start = _spread(starts, "route", network.activities.names, weeks, "pieces")
    supplied = _spread(supply, "demand", network.demands.names, weeks, "supplied")
    if start is None or supplied is None:
        return None
    stock, behind = stock_of(network, start, supplied), np.cumsum(network.demands.wanted - supplied, axis=1)
    least = ROUNDING * (1.0 + float(stock.max(initial=0.0)))
    if min(float(stock.min(initial=0.0)), float(behind.min(initial=0.0))) < -least:
        return None
    found = valued(network, start, np.maximum(stock, 0.0), supplied, np.maximum(behind, 0.0))
    told = None if prices is None else _prices(network, prices, weeks)
    return Plan(**{**vars(found), "prices": told})


def stock_of(network: Network, start: Floats, supplied: Floats) -> Floats:
    """What lies of each item at the end of each week, float64 of shape (items, weeks) [piece]: what lay and came, less
    what was taken in and supplied."""
    made, items, weeks = network.activities, network.items, network.weeks
    flow = items.arrivals.copy()
    flow[:, 0] += items.opening
    owner = np.repeat(np.arange(len(made)), np.diff(made.starts))
    _add(flow, made.items, -made.quantities[:, None] * start[owner])
    good = made.yields * start
    for lead in np.unique(made.lead).tolist():
        rows = np.flatnonzero(made.lead == lead)
        _add(flow[:, lead:], made.output[rows], good[rows, : max(weeks - lead, 0)])
    _add(flow, network.demands.item, -supplied)
    return np.where(items.kept[:, None], np.cumsum(flow, axis=1), 0.0)


def _add(to: Floats, rows: Integers, values: Floats) -> None:
    """Add values to rows of an array, in place; a row may be named several times."""
    if len(rows) == 0:
        return
    order = np.argsort(rows, kind="stable")
    firsts = np.flatnonzero(np.diff(rows[order], prepend=-1))
    to[rows[order][firsts]] += np.add.reduceat(values[order], firsts, axis=0)


def by_names(values: Floats, names: Sequence[str], others: Sequence[str]) -> Floats:
    """Rows of an array by the names of others; zeros for a name that has none."""
    if tuple(names) == tuple(others):
        return values
    rows = {name: row for row, name in enumerate(names)}
    found = np.zeros((len(others), *values.shape[1:]))
    for row, name in enumerate(others):
        if name in rows:
            found[row] = values[rows[name]]
    return found


def prices_by_names(prices: Prices, network: Network, other: Network) -> Prices:
    """Prices of a network's rows as prices of the rows of another that have the same names."""
    limited = [
        [name for name, share in zip(one.activities.names, one.activities.share.tolist(), strict=True) if share < 1]
        for one in (network, other)
    ]
    clauses = [[(each.clause, each.weeks[-1:], place) for place, each in _parts(one)] for one in (network, other)]
    floor = dict(zip(clauses[0], prices.floor.tolist(), strict=True))
    return Prices(
        item=by_names(prices.item, network.items.names, other.items.names),
        capacity=by_names(prices.capacity, network.groups.names, other.groups.names),
        share=by_names(prices.share, *limited),
        floor=np.array([floor.get(clause, 0.0) for clause in clauses[1]], np.float64),
    )


def _parts(network: Network) -> Any:
    """Floors, each with how many of the same clause and last week stand before it."""
    seen: dict[Any, int] = {}
    for floor in network.floors:
        key = floor.clause, floor.weeks[-1:]
        seen[key] = seen.get(key, -1) + 1
        yield seen[key], floor


def _spread(table: Any, key: str, names: Sequence[str], weeks: Sequence[str], values: str) -> Floats | None:
    """A column of a table as an array of names by weeks; None where it names what is not there."""
    row, week = _rows(table[key], names), _rows(table["week"], weeks)
    if row is None or week is None:
        return None
    found = np.zeros((len(names), len(weeks)))
    found[row, week] = table[values].to_numpy()
    return found


def _rows(column: Any, names: Sequence[str]) -> Integers | None:
    """Where each name of a dictionary column stands; None for one that does not."""
    coded = column.combine_chunks()
    place = {name: row for row, name in enumerate(names)}
    of_code = np.array([place.get(name, -1) for name in coded.dictionary.to_pylist()], np.int64)
    found = of_code[coded.indices.to_numpy(zero_copy_only=False)] if len(coded) else np.zeros(0, np.int64)
    return None if (found < 0).any() else found


def _prices(network: Network, table: Any, weeks: Sequence[str]) -> Prices | None:
    """Prices from their table; None where it does not fit the network."""
    limited = np.flatnonzero(network.activities.share < 1)
    sizes = {"item": len(network.items.names), "group": len(network.groups), "share": len(network.activities),
             "promise": len(network.floors)}  # fmt: skip
    kind, week = _rows(table["kind"], tuple(sizes)), _rows(table["week"], weeks)
    if kind is None or week is None:
        return None
    place, price = table["place"].to_numpy(), table["price"].to_numpy()
    found = {}
    for number, (name, size) in enumerate(sizes.items()):
        own = kind == number
        if own.any() and int(place[own].max()) >= size:
            return None
        values = np.zeros((size, 1 if name == "promise" else len(weeks)))
        values[place[own], 0 if name == "promise" else week[own]] = price[own]
        found[name] = values
    return Prices(found["item"], found["group"], found["share"][limited], found["promise"][:, 0])
