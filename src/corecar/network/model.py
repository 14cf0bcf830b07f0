"""The weekly model of a network as a linear program: one function per family of rows, each over whole arrays.

Variables, all at least 0: `start` of an activity in a week, `stock` of an item at the end of a week, `supplied` to a
demand in a week, `behind` of a demand at the end of a week, `breach` of a floor, `tally` of what several floors count
(`corecar.network.tallies`). Formulae with what their prices tell a
planner stand in docs/explanation/plan-model.md. The static model is the same one over a horizon of one week.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from corecar.network.arrays import NONE, Flags, Floats, Floor, Integers, Network
from corecar.network.counting import counted, variable_of
from corecar.network.guards import check_network
from corecar.network.tallies import Tallies, tallies
from corecar.program import Entries, Program, by_rows
from corecar.solve import INFINITE

Limit = Literal["actual", "maximum"]


@dataclass(frozen=True)
class Places:
    """Where each variable stands in the program, -1 where it does not exist: int64 arrays.

    start     shape (activities, weeks)
    stock     shape (items, weeks)
    supplied  shape (demands, weeks); behind likewise
    breach    shape (floors,)
    tally     shape (weeks of all tallies,)
    count     of all variables
    """

    start: Integers
    stock: Integers
    supplied: Integers
    behind: Integers
    breach: Integers
    tally: Integers
    count: int


class Family(NamedTuple):
    """Some rows of one name: their entries (rows from 0) and bounds."""

    name: str
    entries: list[Entries]
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Model:
    """A network's program, and where its variables and rows stand.

    The program itself is made when it is first asked for: a method that reads the network alone, and the certificate
    of its plans, need no matrix, which takes most of a large model's memory.

    able  float64, shape (groups, weeks): capacity that is planned up to [unit of the group]
    rows  slice of the program's rows by family: `balance` (items x weeks), `demand` (demands x weeks),
          `capacity` (groups x weeks), `share`, `floor`, `tally`
    """

    network: Network
    able: Floats
    places: Places
    sums: Tallies
    rows: dict[str, slice]

    @cached_property
    def program(self) -> Program:
        """Costs, limits and the matrix, all of it as arrays."""
        network, places, sums = self.network, self.places, self.sums
        families = [
            balance(network, places), demand(network, places), capacity(network, places, self.able),
            share(network, places), floor(network, places, sums), tally(network, places, sums),
        ]  # fmt: skip
        pieces = [
            entries._replace(row=entries.row + self.rows[family.name].start)
            for family in families
            for entries in family.entries
        ]
        entries = Entries(*(np.concatenate([piece[part] for piece in pieces]) for part in range(3)))
        starts, columns, values = by_rows(entries, sum(len(family.low) for family in families))
        return Program(
            cost=_cost(network, places),
            low=np.zeros(places.count),
            high=_most(network, places),
            row_low=np.concatenate([family.low for family in families]),
            row_high=np.concatenate([family.high for family in families]),
            starts=starts,
            columns=columns,
            values=values,
        )


def weekly_model(network: Network, *, limit: Limit = "maximum") -> Model:
    """The linear program of a network.

    limit  whether groups are planned up to what is planned to be there, or to what is reachable at short notice
    Raises  ArgumentError for a network that cannot be planned on (`corecar.network.guards`)
    """
    check_network(network)
    sums, weeks = tallies(network.floors), network.weeks
    able = network.groups.maximum if limit == "maximum" else network.groups.actual
    counts = {
        "balance": len(network.items.names) * weeks,
        "demand": len(network.demands) * weeks,
        "capacity": len(network.groups) * weeks,
        "share": int((network.activities.share < 1).sum()) * weeks,
        "floor": len(network.floors),
        "tally": len(sums),
    }
    ends = np.cumsum([*counts.values()]).tolist()
    rows = {name: slice(end - count, end) for (name, count), end in zip(counts.items(), ends, strict=True)}
    return Model(network, able, _places(network, sums), sums, rows)


def balance(network: Network, places: Places) -> Family:
    """What is there at the end of a week is what was there, came in and was made, less what was taken.

    stock[i,t] - stock[i,t-1] - sum_a yield[a,t-L] start[a,t-L] + sum_a q[a,i] start[a,t] + sum_d supplied[d,t]
    = arrivals[i,t] (and the opening stock in the first week). Price: what one more piece there is worth.
    """
    made, items, weeks = network.activities, network.items, network.weeks
    activity, week = np.nonzero(places.start >= 0)
    start = places.start[activity, week]
    entries = [
        Entries(made.output[activity] * weeks + week + made.lead[activity], start, -made.yields[activity, week]),
    ]
    lengths = np.diff(made.starts)[activity]
    taking = np.repeat(np.arange(len(activity)), lengths)
    within = np.arange(len(taking)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    place = made.starts[activity[taking]] + within
    entries.append(Entries(made.items[place] * weeks + week[taking], start[taking], made.quantities[place]))
    item, when = np.nonzero(places.stock >= 0)
    entries.append(Entries(item * weeks + when, places.stock[item, when], np.ones(len(item))))
    later = when < weeks - 1
    entries.append(
        Entries(item[later] * weeks + when[later] + 1, places.stock[item[later], when[later]], -np.ones(later.sum()))
    )
    wants, asked = np.nonzero(places.supplied >= 0)
    entries.append(
        Entries(network.demands.item[wants] * weeks + asked, places.supplied[wants, asked], np.ones(len(wants)))
    )
    given = items.arrivals.copy()
    given[:, 0] += items.opening
    return Family("balance", entries, given.ravel(), given.ravel())


def demand(network: Network, places: Places) -> Family:
    """behind[d,t] - behind[d,t-1] + supplied[d,t] = wanted[d,t]. Price: what one more wanted piece costs."""
    weeks = network.weeks
    wants, week = np.nonzero(places.behind >= 0)
    later = week < weeks - 1
    entries = [
        Entries(wants * weeks + week, places.behind[wants, week], np.ones(len(wants))),
        Entries(
            wants[later] * weeks + week[later] + 1, places.behind[wants[later], week[later]], -np.ones(later.sum())
        ),
    ]
    wants, week = np.nonzero(places.supplied >= 0)
    entries.append(Entries(wants * weeks + week, places.supplied[wants, week], np.ones(len(wants))))
    wanted = network.demands.wanted.ravel()
    return Family("demand", entries, wanted, wanted)


def capacity(network: Network, places: Places, able: Floats) -> Family:
    """sum_a use[a] start[a,t] <= capacity[g,t], over the activities of a group and of those nested in it.

    Price: what one more unit of that group in that week saves.
    """
    made, groups, weeks = network.activities, network.groups, network.weeks
    activity, week = np.nonzero((places.start >= 0) & ((made.group >= 0) & (made.use > 0))[:, None])
    entries = []
    group = made.group[activity]
    while len(group):
        entries.append(Entries(group * weeks + week, places.start[activity, week], made.use[activity]))
        group = groups.part_of[group]
        nested = group != NONE
        group, activity, week = group[nested], activity[nested], week[nested]
    return Family("capacity", entries, np.full(able.size, -INFINITE), able.ravel())


def share(network: Network, places: Places) -> Family:
    """start[a,t] <= share[a] x all starts that fill the same position in that week."""
    made, weeks = network.activities, network.weeks
    limited = np.flatnonzero(made.share < 1)
    entries = []
    for row, activity in enumerate(limited.tolist()):
        rivals = np.flatnonzero(made.output == made.output[activity])
        rival, week = np.nonzero(places.start[rivals] >= 0)
        factor = np.where(rivals[rival] == activity, 1.0, 0.0) - made.share[activity]
        entries.append(Entries(row * weeks + week, places.start[rivals[rival], week], factor))
    count = len(limited) * weeks
    return Family("share", entries, np.full(count, -INFINITE), np.zeros(count))


def floor(network: Network, places: Places, sums: Tallies) -> Family:
    """sum over a floor's rows and weeks + breach >= least. Price: what one more promised piece costs.

    The sum is the tally at its last week, less the one before its first; or written out where there is no tally. Where
    a floor has weights, each piece counts as its row's; a cap takes the sum off.
    """
    floors, count = network.floors, len(network.floors)
    entries = [Entries(np.arange(count), places.breach, np.ones(count))]
    for number in np.flatnonzero(sums.of == NONE).tolist():
        row, week, values = counted(network, floors[number])
        columns = _promised(places, floors[number].kind)[row, week]
        there = columns >= 0
        entries.append(Entries(np.full(int(there.sum()), number), columns[there], values[there]))
    summed = np.flatnonzero(sums.of != NONE)
    weeks = np.array([(floors[at].weeks[0], floors[at].weeks[-1]) for at in summed.tolist()], np.int64).reshape(-1, 2)
    own = sums.of[summed]
    begin = sums.begin[own] - sums.first[own]
    sign = np.array([-1.0 if floors[at].is_cap else 1.0 for at in summed.tolist()])
    entries.append(Entries(summed, places.tally[begin + weeks[:, 1]], sign))
    later = weeks[:, 0] > sums.first[own]
    before = places.tally[(begin + weeks[:, 0])[later] - 1]
    entries.append(Entries(summed[later], before, -sign[later]))
    return Family("floor", entries, np.array([each.least for each in floors]), np.full(count, INFINITE))


def tally(network: Network, places: Places, sums: Tallies) -> Family:
    """tally[s,t] = tally[s,t-1] + sum over the rows of s in week t: what has come of what several floors count."""
    count = len(sums)
    entries = [Entries(np.arange(count), places.tally, np.ones(count))]
    inner = np.setdiff1d(np.arange(count), sums.begin[:-1])
    entries.append(Entries(inner, places.tally[inner - 1], -np.ones(len(inner))))
    for number, (kind, over, weights) in enumerate(zip(sums.kind, sums.rows, sums.weights, strict=True)):
        begin, end = int(sums.begin[number]), int(sums.begin[number + 1])
        first = int(sums.first[number])
        sizes = tuple(map(abs, weights))  # a sum is at least 0, that of a cap as well
        whole = Floor("", kind, over, tuple(range(first, first + end - begin)), 0.0, 0.0, sizes)
        rows, week, values = counted(network, whole)
        columns = _promised(places, kind)[rows, week]
        there = columns >= 0
        later = week + network.activities.lead[rows] if kind == "given" else week
        entries.append(Entries((begin + later - first)[there], columns[there], -values[there]))
    return Family("tally", entries, np.zeros(count), np.zeros(count))


def _promised(places: Places, kind: str) -> Integers:
    """The variables that floors of a kind count over."""
    return {"supplied": places.supplied, "started": places.start, "stock": places.stock}[variable_of(kind)]


def _places(network: Network, sums: Tallies) -> Places:
    weeks = network.weeks
    wanted = network.demands.wanted
    asked: Flags = np.cumsum(wanted, axis=1) > 0
    masks = [network.startable, np.repeat(network.items.kept[:, None], weeks, axis=1), asked, np.ones_like(asked)]
    masks += [np.ones(len(network.floors), np.bool_), np.ones(len(sums), np.bool_)]
    found: list[Integers] = []
    begin = 0
    for mask in masks:
        place = np.full(mask.shape, NONE, np.int64)
        count = int(mask.sum())
        place[mask] = np.arange(begin, begin + count)
        found.append(place)
        begin += count
    start, stock, supplied, behind, breach, tally = found
    return Places(start, stock, supplied, behind, breach, tally, begin)


def _cost(network: Network, places: Places) -> Floats:
    cost = np.zeros(places.count)
    there = places.start >= 0
    cost[places.start[there]] = network.activities.cost[there]
    there = places.stock >= 0
    cost[places.stock[there]] = np.repeat(network.items.holding[:, None], network.weeks, axis=1)[there]
    cost[places.behind] = network.demands.late
    cost[places.breach] = [promise.price for promise in network.floors]
    return cost


def _most(network: Network, places: Places) -> Floats:
    most = np.full(places.count, INFINITE)
    there = places.start >= 0
    most[places.start[there]] = network.activities.most[there]
    return most
