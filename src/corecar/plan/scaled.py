"""A weekly model made ready for a first-order method: rows of weeks in single precision, each in its own scale.

Variables are counted in what usually passes (pieces a week that the demand asks of each item and route), rows
likewise, costs in what one such piece of the usual demand is worth. The matrix is not stored: a start is its bill, its
groups and a shift by its lead time.

Rows of variables: starts, stocks, supplied, behind. Rows of prices: items, demands, groups, shares; floors apart, one
number each, from 0 to the price of a breach, which stands for the breach itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from corecar.network.arrays import Flags, Floats, Integers, Network
from corecar.network.counting import counted, variable_of
from corecar.network.model import Model
from corecar.plan.bound import Prices
from corecar.plan.repair import open_of
from corecar.plan.structure import Lists, Structure, grouped, turned

Singles = npt.NDArray[np.float32]
STOCK_STEP = 16.0
"""How much larger the steps of stocks are than those of Pock and Chambolle."""
BEHIND_STEP = 64.0
"""The same of what is behind: a shortage adds up over the whole horizon, so what a step changes has to reach far."""


class Scales(NamedTuple):
    """What one counts as, float64: a variable's row in pieces, a price's row in its unit, a floor, and the money."""

    variable: Floats
    row: Floats
    floor: Floats
    money: float


@dataclass(frozen=True)
class Scaled:
    """Arrays of the method; weeks are contiguous.

    cost, most       float32, shape (variables, weeks); most is infinite where nothing limits
    step             float32, shape (variables,): primal step
    gives            float32, shape (activities, weeks): scaled yield, 0 where nothing can be started
    taken, loads     of activities: price rows with coefficients (bill and groups); takers, makers, loaders the reverse
    side             float32, shape (price rows, weeks)
    dual             float32, shape (groups + shares,): dual step of what may be slack
    below, pivot     float32, shape (items + demands, weeks): factors of the tri-diagonal dual metric
    share            of shares: activities with coefficients; shared: of activities: shares likewise
    floor, floored   of floors: places (variable x weeks + week) with coefficients; of variables: floor x weeks + week
    promised         float32, shape (3, floors): side, dual step and price of each
    """

    graph: Structure
    scales: Scales
    sizes: tuple[int, int, int, int, int]
    cost: Singles
    most: Singles
    step: Singles
    gives: Singles
    kept: npt.NDArray[np.bool_]
    satisfies: Singles
    taken: Lists
    loads: Lists
    takers: Lists
    loaders: Lists
    share: Lists
    shared: Lists
    side: Singles
    dual: Singles
    below: Singles
    pivot: Singles
    floor: Lists
    floored: Lists
    promised: Singles


def scaled_of(model: Model, graph: Structure) -> Scaled:
    """The arrays of a model. Its network has the graph `graph`."""
    network, weeks = model.network, model.network.weeks
    made, items, demands = network.activities, network.items, network.demands
    able = model.able
    opens = open_of(model)
    flow, begun, wanted = nominal(network, graph, opens)
    activities, lying, wants, groups = len(made), len(items.names), len(demands), len(network.groups)
    limited = np.flatnonzero(made.share < 1)
    load = _loaded(graph, begun, groups)
    group_scale = np.clip(able.mean(axis=1), 0.1 * load, 2.0 * load)
    variable = np.concatenate([begun, flow, wanted, wanted])
    row = np.concatenate([flow, wanted, group_scale, flow[made.output[limited]]])
    money = _usual([demands.late[:, -1] * demands.wanted.mean(axis=1), items.holding * flow, np.ones(1)])
    taken = _valued(graph.taken, variable[:activities], flow)
    loads = _valued(graph.loads, variable[:activities], group_scale)
    gives = np.where(opens > 0, made.yields * (begun / flow[made.output])[:, None], 0.0)
    share, shared = _shares(network, limited, begun, flow)
    satisfies = wanted / flow[demands.item]
    floor, floored, floor_scale, reach = _floors(network, variable)
    size = np.concatenate([
        gives.max(axis=1, initial=0.0) + _summed(taken, activities) + _summed(loads, activities)
        + _summed(shared, activities),
        np.full(lying, 2.0 / STOCK_STEP), satisfies + 1.0, np.full(wants, 2.0 / BEHIND_STEP),
    ]) + reach  # fmt: skip
    step = 1.0 / np.maximum(size, 1e-12)
    price = np.array([promise.price for promise in network.floors])
    least = np.array([promise.least for promise in network.floors])
    below, pivot = _metric(network, graph, gives, taken, satisfies, step)
    given = items.arrivals.copy()
    given[:, 0] += items.opening
    asked = np.where(np.cumsum(demands.wanted, axis=1) > 0, np.inf, 0.0)
    cost = np.concatenate([
        made.cost, np.repeat(items.holding[:, None], weeks, axis=1), np.zeros((wants, weeks)), demands.late,
    ])  # fmt: skip
    most = np.concatenate([
        opens, np.where(items.kept[:, None], np.inf, np.zeros((lying, weeks))), asked, np.full((wants, weeks), np.inf),
    ])  # fmt: skip
    slack = np.concatenate([_summed(turned(loads, groups), groups), _summed(share, len(limited))])
    promised = [least / floor_scale, 1.0 / np.maximum(_summed(floor, len(price)), 1e-12), price * floor_scale / money]
    return Scaled(
        graph, Scales(variable, row, floor_scale, money), (activities, lying, wants, groups, len(limited)),
        _single(cost * variable[:, None] / money), _single(most / variable[:, None]), _single(step), _single(gives),
        items.kept.astype(np.bool_), _single(satisfies), taken, loads, turned(taken, lying),
        turned(loads, groups), share, shared,
        _single(np.concatenate([given, demands.wanted, able, np.zeros((len(limited), weeks))]) / row[:, None]),
        _single(1.0 / np.maximum(slack, 1e-12)), below, pivot, floor, floored, _single(np.array(promised)),
    )  # fmt: skip


def nominal(network: Network, graph: Structure, opens: Floats) -> tuple[Floats, Floats, Floats]:
    """What usually passes in a week: of items, of activities and of demands, float64, above 0 [piece].

    The demand of the horizon, carried up the bills, each item's part shared by the open routes that make it.
    """
    made, demands = network.activities, network.demands
    open_: Flags = np.asarray((opens > 0).any(axis=1))
    makers = np.bincount(made.output[open_], minlength=len(network.items.names))
    yields = np.maximum(made.yields.mean(axis=1), 1e-3)
    wanted = demands.wanted.mean(axis=1)
    flow = np.bincount(demands.item, wanted, minlength=len(makers)).astype(np.float64)
    begun = np.zeros(len(made))
    ends = graph.level_ends.tolist()
    owner = np.repeat(np.arange(len(made)), np.diff(made.starts))
    for begin, end in reversed(list(zip([0, *ends], ends, strict=False))):
        level = graph.order[begin:end]
        begun[level] = np.where(open_[level], flow[made.output[level]] / np.maximum(makers[made.output[level]], 1), 0.0)
        begun[level] /= yields[level]
        pushed = np.zeros(len(made))
        pushed[level] = begun[level]
        flow += np.bincount(made.items, made.quantities * pushed[owner], minlength=len(flow))
    flow = _positive(flow, np.full(len(flow), np.inf))
    return flow, _positive(begun, flow[made.output] / yields), _positive(wanted, flow[demands.item])


def starts_of(scaled: Scaled, x: Singles) -> tuple[Floats, Floats]:
    """Starts and what is supplied, in pieces, of a point of the method."""
    activities, items, wants, _, _ = scaled.sizes
    pieces = np.maximum(x, 0.0).astype(np.float64) * scaled.scales.variable[:, None]
    return pieces[:activities], pieces[activities + items : activities + items + wants]


def prices_at(scaled: Scaled, y: Singles, floors: Singles) -> Prices:
    """The prices of a point of the method, in money."""
    _, items, wants, groups, _ = scaled.sizes
    prices = y.astype(np.float64) * (scaled.scales.money / scaled.scales.row)[:, None]
    ends = np.cumsum([items, wants, groups])
    floor = floors.astype(np.float64) * scaled.scales.money / scaled.scales.floor
    return Prices(-prices[: ends[0]], -prices[ends[1] : ends[2]], -prices[ends[2] :], floor)


def _usual(amounts: list[Floats]) -> float:
    """The median of what is above 0 in the first of some arrays that holds any."""
    return next(float(np.median(some[some > 0])) for some in amounts if (some > 0).any())


def _positive(values: Floats, instead: Floats) -> Floats:
    """Values, those that are next to nothing replaced."""
    typical = float(np.median(values[values > 0])) if (values > 0).any() else 1.0
    least = 1e-4 * typical
    return np.where(values > least, values, np.maximum(np.minimum(instead, typical), least))


def _valued(lists: Lists, own: Floats, other: Floats) -> Lists:
    owner = np.repeat(np.arange(len(lists.starts) - 1), np.diff(lists.starts))
    return lists._replace(values=lists.values * own[owner] / other[lists.members])


def _summed(lists: Lists, rows: int) -> Floats:
    owner = np.repeat(np.arange(rows), np.diff(lists.starts))
    return np.bincount(owner, np.abs(lists.values), minlength=rows).astype(np.float64)


def _loaded(graph: Structure, begun: Floats, groups: int) -> Floats:
    owner = np.repeat(np.arange(len(begun)), np.diff(graph.loads.starts))
    load = np.bincount(graph.loads.members, graph.loads.values * begun[owner], minlength=groups)
    return _positive(load.astype(np.float64), np.ones(groups))


def _shares(network: Network, limited: Integers, begun: Floats, flow: Floats) -> tuple[Lists, Lists]:
    made = network.activities
    rows, members, values = [], [], []
    for number, activity in enumerate(limited.tolist()):
        rivals = np.flatnonzero(made.output == made.output[activity])
        rows.append(np.full(len(rivals), number))
        members.append(rivals)
        values.append(((rivals == activity) - made.share[activity]) * begun[rivals] / flow[made.output[activity]])
    nothing = [np.zeros(0, np.int64)]
    row, member = np.concatenate(rows or nothing), np.concatenate(members or nothing)
    value = np.concatenate(values or [np.zeros(0)])
    return grouped(row, member, value, len(limited)), grouped(member, row, value, len(made))


def _floors(network: Network, variable: Floats) -> tuple[Lists, Lists, Floats, Floats]:
    """Floors by number and by variable, their scales, and what they add to a variable's column."""
    weeks, activities, items = network.weeks, len(network.activities), len(network.items.names)
    begin = {"started": 0, "stock": activities, "supplied": activities + items}
    rows, places, values = [], [], []
    scale = np.ones(len(network.floors))
    reach = np.zeros((len(variable), weeks))
    for number, floor in enumerate(network.floors):
        row, week, one = counted(network, floor)
        row = row + begin[variable_of(floor.kind)]
        counts = variable[row] * one
        scale[number] = max(abs(floor.least), float(np.abs(counts).max(initial=0.0)), 1e-9)
        rows.append(np.full(len(row), number))
        places.append(row * weeks + week)
        values.append(counts / scale[number])
        np.add.at(reach, (row, week), np.abs(values[-1]))
    nothing = [np.zeros(0, np.int64)]
    numbers, place = np.concatenate(rows or nothing), np.concatenate(places or nothing)
    value = np.concatenate(values or [np.zeros(0)])
    return (
        grouped(numbers, place, value, len(network.floors)),
        grouped(place // weeks, numbers * weeks + place % weeks, value, len(variable)),
        scale, reach.max(axis=1, initial=0.0),
    )  # fmt: skip


def _metric(
    network: Network, graph: Structure, gives: Floats, taken: Lists, satisfies: Floats, step: Floats
) -> tuple[Singles, Singles]:
    """Sigma^-1 = A T A^T of the rows of items and of demands, tri-diagonal, as L D L^T: L below, 1 / D.

    On the diagonal the squares of flows, of bills of several items the sum of what is taken, and the stock's two
    entries (one in the first week); beside it the stock that is carried over.
    """
    made, items, weeks = network.activities, network.items, network.weeks
    activities, lying, wants = len(made), len(items.names), len(network.demands)
    diagonal = np.zeros((lying + wants, weeks))
    for lead in np.unique(made.lead).tolist():
        own = np.flatnonzero(made.lead == lead)
        if lead < weeks:
            np.add.at(diagonal[:, lead:], made.output[own], (step[own, None] * gives[own] ** 2)[:, : weeks - lead])
    owner = np.repeat(np.arange(activities), np.diff(taken.starts))
    single = np.diff(taken.starts)[owner] == 1
    amount = np.where(single, step[owner] * taken.values**2, taken.values)
    np.add.at(diagonal, taken.members, amount[:, None] * (gives[owner] > 0))
    supplied = step[activities + lying : activities + lying + wants]
    np.add.at(diagonal, network.demands.item, (supplied * satisfies**2)[:, None])
    diagonal[lying:] += supplied[:, None]
    carried = np.concatenate([
        np.where(items.kept, step[activities : activities + lying], 0.0), step[activities + lying + wants :]
    ])[:, None]  # fmt: skip
    diagonal += carried * np.where(np.arange(weeks) == 0, 1.0, 2.0)
    diagonal = np.where(diagonal > 0, diagonal, 1.0)
    below, pivot = np.zeros_like(diagonal), diagonal.copy()
    for week in range(1, weeks):
        below[:, week] = -carried[:, 0] / pivot[:, week - 1]
        pivot[:, week] = diagonal[:, week] - carried[:, 0] ** 2 / pivot[:, week - 1]
    return _single(below), _single(1.0 / pivot)


def _single(values: Any) -> Singles:
    return np.ascontiguousarray(values, np.float32)
