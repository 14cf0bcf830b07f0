"""The part of a plan that lies upstream of one demand, small enough to be asked about at any size.

What goes into the demand may be planned anew; what does not stays as it is planned. So its load is taken from the
groups, and what it takes of the same parts becomes a demand that keeps what it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from corecar.network.arrays import (
    NONE,
    Activities,
    Demands,
    Flags,
    Floats,
    Floor,
    Groups,
    Integers,
    Items,
    Lots,
    Network,
)
from corecar.network.counting import kept_of, variable_of
from corecar.plan.plans import Plan, load_of

USED = 1e-9


def upstream_of(network: Network, plan: Plan, demand: int) -> tuple[Network, Plan]:
    """The network upstream of a demand, and the part of a plan on it.

    network  that of the plan, or a changed one with the same demands: what has the same name is planned alike, and
             what is new is not started yet
    demand   by number; it has number 0 in what is returned
    Returns  every product, group and week keeps its name; `other use of ITEM` are demands for what goes elsewhere. The
             plan has no bound
    """
    made = network.activities
    inside = _items(network, int(network.demands.item[demand]))
    chosen = np.flatnonzero(inside[made.output])
    start, stock = _start(network, plan), _by_name(plan.network.items.names, plan.stock, network.items.names)
    outside = start.copy()
    outside[chosen] = 0.0
    number = np.where(inside, np.cumsum(inside) - 1, NONE)
    wanted = [demand, *(row for row in np.flatnonzero(inside[network.demands.item]).tolist() if row != demand)]
    used, use = _other_use(network, outside, inside)
    part = Network(
        first_week=network.first_week,
        weeks=network.weeks,
        items=_taken_items(network, inside),
        activities=_taken_activities(made, chosen, number),
        groups=_left_groups(network, start, outside),
        demands=_taken_demands(network, wanted, number, used, use),
        floors=tuple(
            _left_floor(floor, network, plan, start, stock, wanted, chosen, inside) for floor in network.floors
        ),
        left_out=network.left_out,
    )
    none = np.zeros_like(use)
    return part, Plan(
        network=part,
        start=start[chosen],
        stock=stock[inside],
        supplied=np.concatenate([plan.supplied[wanted], use]),
        behind=np.concatenate([plan.behind[wanted], none]),
        breach=plan.breach,
        cost=_cost(part, start[chosen], stock[inside], np.concatenate([plan.behind[wanted], none]), plan.breach),
        bound=-np.inf,
        gap=np.inf,
    )


def _items(network: Network, item: int) -> Flags:
    """Which items go into one, itself among them."""
    made, inside = network.activities, np.zeros(len(network.items.names), np.bool_)
    makers: dict[int, list[int]] = {}
    for activity, output in enumerate(made.output.tolist()):
        makers.setdefault(output, []).append(activity)
    waiting = [item]
    while waiting:
        one = waiting.pop()
        if not inside[one]:
            inside[one] = True
            for activity in makers.get(one, ()):
                waiting.extend(made.items[made.starts[activity] : made.starts[activity + 1]].tolist())
    return inside


def _start(network: Network, plan: Plan) -> Floats:
    return _by_name(plan.network.activities.names, plan.start, network.activities.names)


def _by_name(names: Sequence[str], values: Floats, wanted: Sequence[str]) -> Floats:
    """Rows of some names, 0 for those that are new."""
    if tuple(names) == tuple(wanted):
        return values
    number = {name: row for row, name in enumerate(names)}
    padded = np.concatenate([values, np.zeros((1, values.shape[1]))])
    return np.asarray(padded[[number.get(name, len(values)) for name in wanted]])


def _other_use(network: Network, outside: Floats, inside: Flags) -> tuple[Integers, Floats]:
    """Items inside of which something outside takes some, and how much by week."""
    made = network.activities
    owner = np.repeat(np.arange(len(made)), np.diff(made.starts))
    taken = np.zeros((len(inside), network.weeks))
    np.add.at(taken, made.items, made.quantities[:, None] * outside[owner])
    used = np.flatnonzero(inside & (taken > USED).any(axis=1))
    return used, taken[used]


def _taken_items(network: Network, inside: Flags) -> Items:
    items, rows = network.items, np.flatnonzero(inside).tolist()
    return Items(
        names=tuple(items.names[row] for row in rows),
        product=tuple(items.product[row] for row in rows),
        stage=tuple(items.stage[row] for row in rows),
        opening=items.opening[rows],
        arrivals=items.arrivals[rows],
        holding=items.holding[rows],
        kept=items.kept[rows],
    )


def _taken_activities(made: Activities, chosen: Integers, number: Integers) -> Activities:
    lengths = np.diff(made.starts)[chosen]
    places = [np.arange(made.starts[row], made.starts[row + 1]) for row in chosen.tolist()]
    flat = np.concatenate(places) if places else np.zeros(0, np.int64)
    return Activities(
        names=tuple(made.names[row] for row in chosen.tolist()),
        site=tuple(made.site[row] for row in chosen.tolist()),
        output=number[made.output[chosen]],
        group=made.group[chosen],
        use=made.use[chosen],
        lead=made.lead[chosen],
        yields=made.yields[chosen],
        cost=made.cost[chosen],
        most=made.most[chosen],
        starts=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
        items=number[made.items[flat]],
        quantities=made.quantities[flat],
        share=made.share[chosen],
        lots=None if made.lots is None else Lots(*(part[chosen] for part in made.lots)),
    )


def _left_groups(network: Network, start: Floats, outside: Floats) -> Groups:
    """What what is outside leaves of each group; at least what is planned inside, so that rounding takes nothing."""
    groups, taken = network.groups, load_of(network, outside)
    planned = load_of(network, start) - taken
    within = np.minimum(planned, groups.maximum)
    maximum = np.maximum(groups.maximum - taken, within)
    return replace(groups, actual=np.clip(groups.actual - taken, 0.0, maximum), maximum=np.maximum(maximum, 0.0))


def _taken_demands(network: Network, wanted: Sequence[int], number: Integers, used: Integers, use: Floats) -> Demands:
    demands, items, rows = network.demands, network.items.names, list(wanted)
    none = np.zeros(len(used))
    return Demands(
        names=(*(demands.names[row] for row in rows), *(f"other use of {items[row]}" for row in used.tolist())),
        product=(*(demands.product[row] for row in rows), *(network.items.product[row] for row in used.tolist())),
        customer=(*(demands.customer[row] for row in rows), *("" for _ in used)),
        item=np.concatenate([number[demands.item[rows]], number[used]]),
        wanted=np.concatenate([demands.wanted[rows], use]),
        value=np.concatenate([demands.value[rows], none]),
        priority=np.concatenate([demands.priority[rows], none.astype(np.int64) + 1]),
        late=np.concatenate([demands.late[rows], np.zeros_like(use)]),
    )


def _left_floor(
    floor: Floor, network: Network, plan: Plan, start: Floats, stock: Floats,
    wanted: Sequence[int], chosen: Integers, inside: Flags,
) -> Floor:  # fmt: skip
    """A promise less what is kept of it outside."""
    kept = {"supplied": list(wanted), "started": chosen.tolist(), "stock": np.flatnonzero(inside).tolist()}
    number = {row: place for place, row in enumerate(kept[variable_of(floor.kind)])}
    here = [place for place, row in enumerate(floor.rows) if row in number]
    away = [place for place, row in enumerate(floor.rows) if row not in number]
    elsewhere = kept_of(network, _of_rows(floor, away), start, stock, plan.supplied)
    left = floor.least - elsewhere
    own = _of_rows(floor, here)
    return replace(
        own, rows=tuple(number[row] for row in own.rows), least=min(left, 0.0) if floor.is_cap else max(left, 0.0)
    )


def _of_rows(floor: Floor, places: Sequence[int]) -> Floor:
    """A promise over some of its rows alone."""
    rows = tuple(floor.rows[place] for place in places)
    return replace(floor, rows=rows, weights=tuple(floor.weights[place] for place in places) if floor.weights else ())


def _cost(network: Network, start: Floats, stock: Floats, behind: Floats, breach: Floats) -> float:
    made, items = network.activities, network.items
    missing = sum(floor.price * float(short) for floor, short in zip(network.floors, breach, strict=True))
    return float(
        (made.cost * start).sum()
        + (items.holding[:, None] * stock).sum()
        + (network.demands.late * behind).sum()
        + missing
    )
