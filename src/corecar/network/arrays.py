"""The network that a plan is made on, as arrays: items, activities that make them, groups that limit, demands.

An item is a product after one of its stages, a place where it can lie. An activity takes items in, loads one capacity
group and gives an item back some weeks later: a stage at a site, a bill put together, one alternate taken for another.
Everything stands per week of the horizon, so one week at a time may differ, and everything counts in pieces.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from corecar.chain.weeks import week_name
from corecar.chain.words import PIECE

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
NONE = -1


@dataclass(frozen=True)
class Items:
    """What can lie somewhere.

    names     product and stage, such as `MCU-1 after test`; `product` and `stage` apart
    opening   float64, shape (items,): in stock when the first week begins [piece]
    arrivals  float64, shape (items, weeks): what is under way and arrives in a week [piece]
    holding   float64, shape (items,): cost of one piece over one week
    kept      bool, shape (items,): can lie over a week; a position of a bill that has alternates cannot
    """

    names: tuple[str, ...]
    product: tuple[str, ...]
    stage: tuple[str, ...]
    opening: Floats
    arrivals: Floats
    holding: Floats
    kept: Flags


class Lots(NamedTuple):
    """In what starts come where lots are whole; 0 where any number can be started.

    step   float64, shape (activities,): a start is a multiple of it: one piece, or the dies of one wafer [piece]
    least  float64, shape (activities,): the smallest start of a week, a multiple of the step [piece]
    """

    step: Floats
    least: Floats


@dataclass(frozen=True)
class Activities:
    """What turns items into another, counted in pieces that are started.

    names    of the route; of an alternate `parent position child`
    output   int64, shape (activities,): the item that it gives
    group    int64, shape (activities,): the capacity group that it loads, or -1
    use      float64, shape (activities,): capacity of one piece that is started [unit of the group]
    lead     int64, shape (activities,): weeks from start to the week in which the pieces can be used
    yields   float64, shape (activities, weeks): good pieces out of one that is started in that week
    cost     float64, shape (activities, weeks): of one piece that is started
    most     float64, shape (activities, weeks): largest start of a week; 0 where the route is not open [piece]
    starts, items, quantities  what one piece takes in (CSR): activity a takes items[starts[a]:starts[a + 1]]
    share    float64, shape (activities,): largest part of what makes the same output; 1 for most
    lots     in what starts come; None where any number can be started. A program knows nothing of it: see
             `corecar.plan.in_whole_lots`
    """

    names: tuple[str, ...]
    site: tuple[str, ...]
    output: Integers
    group: Integers
    use: Floats
    lead: Integers
    yields: Floats
    cost: Floats
    most: Floats
    starts: Integers
    items: Integers
    quantities: Floats
    share: Floats
    lots: Lots | None = None

    def __len__(self) -> int:
        return len(self.output)


@dataclass(frozen=True)
class Groups:
    """Machines that activities share.

    part_of   int64, shape (groups,): the group that this one is nested in, or -1
    actual    float64, shape (groups, weeks): planned to be there [unit]
    maximum   float64, shape (groups, weeks): reachable at short notice [unit]
    """

    names: tuple[str, ...]
    site: tuple[str, ...]
    unit: tuple[str, ...]
    part_of: Integers
    actual: Floats
    maximum: Floats

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Demands:
    """Who wants what when.

    names     the product, with the customer where several want it
    item      int64, shape (demands,): what satisfies it
    wanted    float64, shape (demands, weeks): requested [piece]
    value     float64, shape (demands,): of one piece
    priority  int64, shape (demands,): class under shortage, 1 is served first
    late      float64, shape (demands, weeks): cost of one piece that is behind at the end of a week; in the last
              week, of one that does not come at all
    """

    names: tuple[str, ...]
    product: tuple[str, ...]
    customer: tuple[str, ...]
    item: Integers
    wanted: Floats
    value: Floats
    priority: Integers
    late: Floats

    def __len__(self) -> int:
        return len(self.names)

    @property
    def total(self) -> Floats:
        """Requested over the horizon, float64 of shape (demands,) [piece]."""
        return np.asarray(self.wanted.sum(axis=1))


@dataclass(frozen=True)
class Floor:
    """A promise that a plan keeps if it can: an agreed volume, a minimum call-off, a frozen week, a duty to hold stock.

    clause   its name, as it is reported
    kind     `supplied` of a demand, `started` of an activity, `given` by an activity in the week in which its good
             pieces can be used, or `stock` of an item at the end of a week
    rows     demands, activities or items it counts over
    weeks    weeks of the horizon it counts over
    least    pieces in all, or what they count as by `weights`
    price    of one piece that is missing, or of one of what is counted, above that of any shortage
    weights  what one piece of each row counts as, such as hours or wafers; empty: 1. A cap is a promise of less: all
             weights and `least` are below 0, so what is missing is what lies above it. `given` always has weights
    unit     what it counts in
    """

    clause: str
    kind: str
    rows: tuple[int, ...]
    weeks: tuple[int, ...]
    least: float
    price: float
    weights: tuple[float, ...] = ()
    unit: str = PIECE

    @property
    def is_cap(self) -> bool:
        """Whether it is a promise of no more than so much."""
        return any(weight < 0 for weight in self.weights)

    def in_one_week(self) -> Floor:
        """The same promise where all weeks are one: flows add up over weeks, stock does not."""
        over = len(self.weeks) if self.kind == "stock" else 1
        return replace(self, weeks=(0,), least=self.least / over)


@dataclass(frozen=True)
class Network:
    """Everything a plan is made on.

    first_week  number of its first week (`corecar.chain.weeks.week_numbers`)
    left_out    what stands in the tables and is not used, each with its reason
    """

    first_week: int
    weeks: int
    items: Items
    activities: Activities
    groups: Groups
    demands: Demands
    floors: tuple[Floor, ...] = ()
    left_out: tuple[str, ...] = field(default=())

    def monday(self, week: int) -> np.datetime64:
        """The Monday of a week of the horizon."""
        return np.datetime64("1969-12-29", "D") + 7 * (self.first_week + week)

    def week_name(self, week: int) -> str:
        """A week of the horizon as people write it: `2027-W05`."""
        return week_name(self.monday(week).astype(date))

    @property
    def startable(self) -> Flags:
        """Bool, shape (activities, weeks): can a piece be started there, and arrive before the horizon ends?"""
        ends = np.arange(self.weeks)[None, :] + self.activities.lead[:, None]
        return np.asarray((self.activities.most > 0) & (ends < self.weeks))

    def over_the_horizon(self) -> Network:
        """The same network with all weeks in one: what the static plan is made on.

        Capacity, demand and supply are added up, yields and costs averaged over the weeks that are open, lead times
        taken as 0. It is never poorer than the weekly network, so its fill rates are upper bounds.
        """
        made, groups, demands, items = self.activities, self.groups, self.demands, self.items
        open_: Flags = np.asarray(self.startable)
        count = np.maximum(open_.sum(axis=1), 1)
        ever = np.asarray(open_.any(axis=1))

        def total(values: Floats) -> Floats:
            return np.asarray(values.sum(axis=1, keepdims=True))

        def best(values: Floats) -> Floats:
            return np.asarray(np.where(open_, values, -np.inf).max(axis=1, keepdims=True, initial=0.0))

        return replace(
            self,
            weeks=1,
            items=replace(items, arrivals=total(items.arrivals), holding=np.zeros(len(items.names))),
            activities=replace(
                made,
                lead=np.zeros(len(made), np.int64),
                yields=np.where(ever[:, None], best(made.yields), 1.0),
                cost=total(np.where(open_, made.cost, 0.0)) / count[:, None],
                most=total(np.where(open_, made.most, 0.0)),
            ),
            groups=replace(groups, actual=total(groups.actual), maximum=total(groups.maximum)),
            demands=replace(demands, wanted=total(demands.wanted), late=demands.late[:, -1:]),
            floors=tuple(_in_one_week(floor, self) for floor in self.floors),
        )


def _in_one_week(floor: Floor, network: Network) -> Floor:
    """A promise where all weeks are one, never harder to keep than in weeks: good pieces by the yields that suit it.

    A cap on some of the weeks says nothing of all of them.
    """
    if floor.is_cap and len(floor.weeks) < network.weeks:
        return replace(floor, kind="started", rows=(), weeks=(0,), least=0.0, weights=())
    if floor.kind != "given":
        return floor.in_one_week()
    rows = np.array(floor.rows, np.int64)
    open_: Flags = np.asarray(network.startable[rows])
    gained = network.activities.yields[rows]
    if floor.is_cap:
        part = np.where(open_, gained, np.inf).min(axis=1, initial=1.0)
    else:
        part = np.where(open_, gained, 0.0).max(axis=1, initial=0.0)
    return replace(floor, kind="started", weeks=(0,), weights=tuple((np.array(floor.weights) * part).tolist()))
