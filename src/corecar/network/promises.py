"""Promises of a chain's tables as soft floors of a plan: what was committed to whom or called off, and what capacity
was agreed.

Two more kinds come from outside of the tables: what a customer is bound to call off over several weeks, and weeks that
are frozen as an earlier plan had them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow.compute as pc

from corecar.chain.chain import Chain, in_key_order
from corecar.chain.comparison import linked_groups
from corecar.chain.weeks import week_name, week_numbers
from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.network.arrays import NONE, Floats, Floor, Network
from corecar.network.pricing import BREACH
from corecar.network.requirements import required_starts

NOTHING = 1e-9
"""Pieces that are no promise but rounding."""


def promised(chain: Chain, network: Network) -> tuple[Floor, ...]:
    """What a chain's tables promise, as floors of the sum since its first week: supply that was committed or called
    off, then agreed capacity.

    A piece that is missing costs more than any shortage in the first week in which it is missing, and again in every
    later one. What was delivered before the plan counts as kept; what was promised above the demand is no promise.
    """
    return with_promises(chain, network).floors


def with_promises(chain: Chain, network: Network) -> Network:
    """A network with the promises of its chain as further floors, and what of them could not be read as left out."""
    agreed, left_out = _agreed(chain, network)
    floors = (*network.floors, *_by_demand(chain, network), *agreed)
    return replace(network, floors=floors, left_out=(*network.left_out, *left_out))


@dataclass(frozen=True)
class CallOff:
    """What a customer is bound to take, from its first to its last week in all.

    product, customer  of the demand; customer empty where nobody is named
    first, last        weeks of the horizon, both inside
    least              pieces
    """

    product: str
    customer: str
    first: int
    last: int
    least: float


def called_off(network: Network, call_off: CallOff) -> Floor:
    """A minimum call-off as a floor on the supply of its weeks; what is called off above the demand is breached.

    Raises  ArgumentError for a demand that is not there, weeks outside of the horizon, or fewer than 0 pieces
    """
    keys = [f"{product} for {customer or 'anybody'}" for product, customer in demand_keys(network)]
    key = f"{call_off.product} for {call_off.customer or 'anybody'}"
    if key not in keys:
        raise ArgumentError(f'minimum call-off: there is no demand "{key}". {meant(key, keys)}'.rstrip())
    if not 0 <= call_off.first <= call_off.last < network.weeks:
        span = f"weeks {call_off.first} to {call_off.last}"
        raise ArgumentError(f"minimum call-off of {key}: {span} do not lie within 0 to {network.weeks - 1}.")
    if not 0 <= call_off.least < np.inf:
        raise ArgumentError(f"minimum call-off of {key}: {call_off.least:g} pieces; at least 0 were expected.")
    first, last = _week(network, call_off.first), _week(network, call_off.last)
    clause = f"minimum call-off of {key} for {first if first == last else f'{first} to {last}'}"
    weeks = tuple(range(call_off.first, call_off.last + 1))
    return Floor(clause, "supplied", (keys.index(key),), weeks, call_off.least, price_of_breach(network))


def frozen(network: Network, routes: Sequence[str], weeks: Sequence[str], pieces: Floats, count: int) -> list[Floor]:
    """The first weeks as an earlier plan had them: at least its starts, a floor for each route and week.

    routes, weeks, pieces  columns of the table `starts` of that plan, weeks by name
    count                  how many weeks of this horizon are frozen
    Raises                 ArgumentError for a count beyond the horizon

    A route that is not there any more has no row to promise on: its floor is wholly breached, and so is named.
    """
    if not 0 <= count <= network.weeks:
        raise ArgumentError(f"{count} frozen weeks; the horizon has {network.weeks}.")
    number = {name: row for row, name in enumerate(network.activities.names)}
    place = {_week(network, week): week for week in range(count)}
    price = price_of_breach(network)
    found: dict[tuple[int, str], float] = defaultdict(float)
    for route, week, amount in zip(routes, weeks, pieces.tolist(), strict=True):
        if week in place and amount > NOTHING:
            found[place[week], route] += amount
    return [
        Floor(
            f"{route} frozen for {_week(network, week)}", "started", (number[route],) if route in number else (),
            (week,), least, price,
        )
        for (week, route), least in sorted(found.items())
    ]  # fmt: skip


def price_of_breach(network: Network) -> float:
    """Of one piece that a promise is short of: above that of any shortage."""
    return BREACH * float(network.demands.value.max(initial=0.0))


def _week(network: Network, week: int) -> str:
    return week_name(network.monday(week).astype(object))


def demand_keys(network: Network) -> list[tuple[str, str]]:
    return list(zip(network.demands.product, network.demands.customer, strict=True))


def _by_demand(chain: Chain, network: Network) -> Iterator[Floor]:
    """What was committed to a demand, then what it called off."""
    table, demands = chain.demand, network.demands
    for column, words in (("committed", "committed"), ("called_off", "called off")):
        if not table.num_rows or pc.all(pc.is_null(table[column])).as_py():
            continue
        number = {key: place for place, key in enumerate(demand_keys(network))}
        wanted = np.zeros_like(demands.wanted)
        for row in _inside(chain, "demand", network):
            if row[column] is not None:
                least = min(row[column], row["quantity"]) - (row["delivered"] or 0.0)
                wanted[number[row["product"], row["customer"] or ""], row["week"]] += max(least, 0.0)
        for demand in range(len(demands)):
            yield from so_far(f"{demands.names[demand]} {words}", "supplied", (demand,), wanted[demand], network)


def _agreed(chain: Chain, network: Network) -> tuple[list[Floor], list[str]]:
    """Agreed capacity as floors, and what of it has no demand that it could be for.

    Where links say which demand a group is for (CX-0128), it promises supply: of each linked series the part of its
    request that the agreed capacity covers. Elsewhere it promises starts: of what the customer's demand asks of the
    group's routes, followed upstream, the part that is covered.
    """
    if not chain.capacity.num_rows or pc.all(pc.is_null(chain.capacity["agreed"])).as_py():
        return [], []
    told: dict[tuple[str, str], Floats] = defaultdict(lambda: np.zeros(network.weeks))
    for row in _inside(chain, "capacity", network):
        if row["agreed"]:
            told[row["group"], row["customer"] or ""][row["week"]] += row["agreed"]
    if not told:
        return [], []
    series = _linked_series(chain, network)
    serving: dict[str, tuple[frozenset[str], Floats]] = {}
    floors: list[Floor] = []
    left_out: list[str] = []
    for (group, customer), amount in sorted(told.items()):
        name = f"agreed capacity of {group}" + (f" for {customer}" if customer else "")
        own = {
            demand: row
            for (of, demand), row in series.items()
            if of == group and customer in ("", network.demands.customer[demand])
        }
        if not own and customer not in serving:
            serving[customer] = asked_starts(chain, network, customer)
        found = list(
            _agreed_supply(name, own, amount, network)
            if own
            else agreed_starts(name, group, serving[customer], amount, network)
        )
        floors += found
        if not found:
            left_out.append(f"{name}: no demand of the horizon is for it")
    return floors, left_out


def _linked_series(chain: Chain, network: Network) -> dict[tuple[str, int], list[tuple[int, float, float, float]]]:
    """Demand that links hold against a group: week, load, pieces requested, pieces delivered; by group and demand."""
    number = {key: place for place, key in enumerate(demand_keys(network))}
    found: dict[tuple[str, int], list[tuple[int, float, float, float]]] = defaultdict(list)
    groups = linked_groups(chain)
    for row in _inside(chain, "demand", network):
        demand = number[row["product"], row["customer"] or ""]
        for group, factor in groups(row):
            told = row["week"], factor * row["quantity"], row["quantity"], row["delivered"] or 0.0
            found[group, demand].append(told)
    return found


def _agreed_supply(
    name: str, own: dict[int, list[tuple[int, float, float, float]]], amount: Floats, network: Network
) -> Iterator[Floor]:
    asked = np.zeros(network.weeks)
    for rows in own.values():
        for week, load, _, _ in rows:
            asked[week] += load
    part = covered(amount, asked)
    for demand, rows in own.items():
        least = np.zeros(network.weeks)
        for week, _, quantity, delivered in rows:
            least[week] += max(part[week] * quantity - delivered, 0.0)
        yield from so_far(f"{name}, {network.demands.names[demand]},", "supplied", (demand,), least, network)


def agreed_starts(
    name: str, group: str, serving: tuple[frozenset[str], Floats], amount: Floats, network: Network
) -> Iterator[Floor]:
    made, (products, asked) = network.activities, serving
    number = network.groups.names.index(group)
    under = [row for row in range(len(network.groups)) if number in _above(network, row)]
    rows = np.array(
        [
            row
            for row in np.flatnonzero(np.isin(made.group, under)).tolist()
            if network.items.product[int(made.output[row])] in products
        ],
        np.int64,
    )
    starts = asked[rows]
    part = covered(amount, np.asarray(made.use[rows] @ starts))
    yield from so_far(name, "started", tuple(rows.tolist()), np.asarray(part * starts.sum(axis=0)), network)


def asked_starts(chain: Chain, network: Network, customer: str) -> tuple[frozenset[str], Floats]:
    """The products that go into what a customer wants or makes, and the starts that the demand for it asks for."""
    demands, products = serving(chain, network, customer)
    return products, required_starts(with_demands(network, demands), np.zeros_like(network.activities.most))


def with_demands(network: Network, rows: Sequence[int]) -> Network:
    """A network in which only some of its demands want anything."""
    wanted = np.zeros_like(network.demands.wanted)
    wanted[rows] = network.demands.wanted[rows]
    return replace(network, demands=replace(network.demands, wanted=wanted))


def covered(amount: Floats, asked: Floats) -> Floats:
    """The part of what is asked that an amount covers, at most all of it; 0 where nothing is asked."""
    return np.where(asked > 0, np.minimum(1.0, amount / np.where(asked > 0, asked, 1.0)), 0.0)


def _above(network: Network, group: int) -> list[int]:
    """A group and those that it is nested in."""
    found: list[int] = []
    while group != NONE:
        found.append(group)
        group = int(network.groups.part_of[group])
    return found


def serving(chain: Chain, network: Network, customer: str) -> tuple[list[int], frozenset[str]]:
    """The demands that a customer's capacity is for, and the products that go into what it wants or makes itself."""
    demands = network.demands
    own = [row for row, name in enumerate(demands.customer) if customer in ("", name)]
    wanted = {demands.product[row] for row in own}
    if not own:
        own = list(range(len(demands)))
        wanted = {row["product"] for row in chain.products.to_pylist() if row["party"] == customer}
    children: dict[str, list[str]] = defaultdict(list)
    for parent, child in zip(chain.bills["parent"].to_pylist(), chain.bills["child"].to_pylist(), strict=True):
        children[parent].append(child)
    found, waiting = set(wanted), list(wanted)
    while waiting:
        for child in children[waiting.pop()]:
            if child not in found:
                found.add(child)
                waiting.append(child)
    return own, frozenset(found)


def so_far(name: str, kind: str, rows: tuple[int, ...], least: Floats, network: Network) -> Iterator[Floor]:
    """A floor of the sum since the first week of a promise, at every week in which something is promised."""
    price, sums = price_of_breach(network), np.cumsum(least)
    due = np.flatnonzero(least > NOTHING).tolist()
    for week in due:
        weeks = tuple(range(due[0], week + 1))
        yield Floor(f"{name} for {_week(network, week)}", kind, rows, weeks, float(sums[week]), price)


def _inside(chain: Chain, name: str, network: Network) -> list[dict[str, Any]]:
    """Rows of the horizon in the order of their keys; `week` counts from its first."""
    table = in_key_order(name, chain[name])
    if not table.num_rows:
        return []
    mondays = np.asarray(table["week"].combine_chunks().to_numpy(zero_copy_only=False), "datetime64[D]")
    place = week_numbers(mondays) - network.first_week
    inside = np.flatnonzero((place >= 0) & (place < network.weeks))
    found = table.take(inside).to_pylist()
    return [row | {"week": int(at)} for row, at in zip(found, place[inside].tolist(), strict=True)]
