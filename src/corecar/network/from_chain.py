"""From the tables of a chain to the network of a plan: what is qualified, lies, is under way, and is wanted by whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.chain.chain import Chain, in_key_order
from corecar.chain.identities import identities
from corecar.chain.open_demand import first_open_week
from corecar.chain.soundness import check_sound
from corecar.chain.weeks import week_numbers
from corecar.errors import ArgumentError
from corecar.network.arrays import Demands, Floor, Groups, Network
from corecar.network.columns import numbers, places, texts, weeks_of, words
from corecar.network.making import Making
from corecar.network.places import Places, Products
from corecar.network.pricing import LATE_PART, LOST_PART
from corecar.network.supply import arriving, lying

UNTOLD_PRIORITY = 5.0
"""Class of a product that has none."""
MOST_WEEKS = 260


def network_of(
    chain: Chain,
    *,
    first_week: date | None = None,
    weeks: int | None = None,
    floors: Sequence[Floor] = (),
    sound: bool = False,
) -> Network:
    """The network of a chain over a horizon.

    first_week  Monday of its first week; by default the first with demand that is still open
    weeks       how many; by default as far as demand reaches
    floors      promises that every plan keeps if it can
    sound       whether the tables are known to be sound, as of a chain that was planned on already
    Raises      ArgumentError for a chain without demand, or a horizon of no week or of more than five years;
                ChainError for tables that cannot be planned on

    Tables are read in the order of their keys, so rows in another order give the same network to the bit.
    """
    if not sound:
        check_sound(chain)
    chain = Chain({name: in_key_order(name, table) for name, table in chain.tables.items()})
    begin, count = _horizon(chain, first_week, weeks)
    products = Products(chain)
    items, groups = Places(chain, products), _groups(chain, begin, count)
    made = Making(chain, products, items, groups, begin, count)
    opening, not_lying = lying(chain, products, items)
    arrivals, not_arriving = arriving(chain, products, items, made, begin, count)
    return Network(
        first_week=begin,
        weeks=count,
        items=items.table(opening, arrivals),
        activities=made.activities,
        groups=groups,
        demands=_demands(chain, products, items, begin, count),
        floors=tuple(floors),
        left_out=(*made.left_out, *not_lying, *not_arriving, *_owed_before(chain, begin)),
    )


def _horizon(chain: Chain, first_week: date | None, count: int | None) -> tuple[int, int]:
    wanted = weeks_of(chain.demand)
    first = first_open_week(chain) if first_week is None else first_week
    if first is None:
        raise ArgumentError("the chain has no demand, so there is nothing to plan. Fill in the table demand.")
    begin = int(week_numbers(np.array([first], "datetime64[D]"))[0])
    many = int(wanted.max()) - begin + 1 if count is None else count
    if many < 1:
        raise ArgumentError("the horizon holds no week with demand. Begin earlier, or say how many weeks it has.")
    if many > MOST_WEEKS:
        raise ArgumentError(f"the horizon has {many:,} weeks; at most {MOST_WEEKS} are planned at once.")
    return begin, many


def _owed_before(chain: Chain, begin: int) -> Iterator[str]:
    """What was wanted before the first week and is not told to have come: no part of the plan, and said."""
    owed: dict[tuple[str, str], float] = defaultdict(float)
    table = chain.demand.filter(pa.array(weeks_of(chain.demand) < begin))
    left = numbers(table, "quantity", 0.0) - numbers(table, "delivered", 0.0)
    for product, customer, pieces in zip(texts(table, "product"), words(table, "customer"), left.tolist(), strict=True):
        owed[product, customer] += max(pieces, 0.0)
    for (product, customer), pieces in sorted(owed.items()):
        if pieces > 0:
            whose = f"{product} for {customer}" if customer else product
            yield f"demand of {whose}, {pieces:,.0f} pieces: it was wanted before the plan begins"


def _groups(chain: Chain, begin: int, count: int) -> Groups:
    table = chain.groups
    names = texts(table, "group")
    actual, maximum = np.zeros((len(names), count)), np.zeros((len(names), count))
    shared = chain.capacity.filter(pc.is_null(chain.capacity["customer"]))
    group, week = places(shared, "group", names), weeks_of(shared) - begin
    inside = (week >= 0) & (week < count)
    plan = numbers(shared, "actual", 0.0)
    most = np.maximum(numbers(shared, "maximum", 0.0), plan)
    actual[group[inside], week[inside]] = plan[inside]
    maximum[group[inside], week[inside]] = most[inside]
    return Groups(
        names=tuple(names),
        site=tuple(texts(table, "site")),
        unit=tuple(texts(table, "unit")),
        part_of=places(table, "part_of", names),
        actual=actual,
        maximum=maximum,
    )


def _demands(chain: Chain, products: Products, items: Places, begin: int, count: int) -> Demands:
    table = chain.demand
    key = identities([table["product"], table["customer"]]) if table.num_rows else np.zeros(0, np.int64)
    _, first, row = np.unique(key, return_index=True, return_inverse=True)
    distinct = table.take(pa.array(first))
    week = weeks_of(table) - begin
    left = np.maximum(numbers(table, "quantity", 0.0) - numbers(table, "delivered", 0.0), 0.0)
    inside = (week >= 0) & (week < count)
    wanted = np.zeros((len(first), count))
    np.add.at(wanted, (row[inside], week[inside]), left[inside])
    product = products.rows(distinct)
    names, customers = texts(distinct, "product"), words(distinct, "customer")
    alone = np.bincount(product, minlength=len(products))[product] == 1
    value = products.value[product]
    late = np.repeat(LATE_PART * value[:, None], count, axis=1)
    late[:, -1] = LOST_PART * value
    priority = numbers(products.table, "priority", UNTOLD_PRIORITY)[product]
    return Demands(
        names=tuple(
            name if single else f"{name} for {customer or 'anybody'}"
            for name, customer, single in zip(names, customers, alone.tolist(), strict=True)
        ),
        product=tuple(names),
        customer=tuple(customers),
        item=items.final[product],
        wanted=wanted,
        value=value,
        priority=priority.astype(np.int64),
        late=late,
    )
