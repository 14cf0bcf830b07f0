"""What signed memoranda promise, in a network: agreed volumes as soft floors, maximum call-offs as caps.

A volume of a product is a floor on what its customer is supplied where there is a demand of that customer for it; of a
part that goes into what the customer wants, on what is started to finish it. A volume of a capacity group is a floor on
what is started in it. What is agreed above the demand is no promise; what is wanted above the maximum is not planned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.chain.chain import Chain
from corecar.chain.weeks import monday, week_name, week_numbers
from corecar.network.arrays import Floats, Floor, Integers, Network
from corecar.network.promises import NOTHING, agreed_starts, asked_starts, covered, demand_keys, so_far


@dataclass(frozen=True)
class SignedVolume:
    """A volume of a signed memorandum.

    clause    what names it in reports, such as `M-2027-001 volume 1`; no other begins so
    product   of which product, or group: of which capacity group; empty where it is the other
    weeks     ISO week, agreed, minimum and maximum, in the unit of the product or group
    """

    clause: str
    supplier: str
    customer: str
    product: str
    group: str
    unit: str
    weeks: Sequence[Sequence[Any]]

    @property
    def name(self) -> str:
        """Its clause with what it is of."""
        return f"{self.clause}, {self.product or self.group} for {self.customer},"

    def kept(self) -> dict[str, Any]:
        """As it is kept with a plan."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"weeks": [*map(list, self.weeks)]}


def with_caps(chain: Chain, volumes: Iterable[Mapping[str, Any]]) -> tuple[Chain, list[str]]:
    """A chain without what customers want above the maxima of their memoranda, and a sentence for each such week.

    Maxima of several memoranda on one product add up; rows of one week are cut in one proportion.
    volumes  as of `SignedVolume.kept`
    """
    most = _maxima(volumes)
    rows = chain.demand.to_pylist() if most else []
    wanted: dict[Key, float] = defaultdict(float)
    for row in rows:
        wanted[_key(row)] += row["quantity"]
    part = {key: most[key] / pieces for key, pieces in wanted.items() if key in most and pieces > most[key] + NOTHING}
    if not part:
        return chain, []
    quantity = [row["quantity"] * part.get(_key(row), 1.0) for row in rows]
    table, column = chain.demand, chain.demand.schema.get_field_index("quantity")
    field = table.schema.field(column)
    capped = Chain({**chain.tables, "demand": table.set_column(column, field, pa.array(quantity, field.type))})
    return capped, [
        f"{product} for {customer} in {week}: {wanted[product, customer, week] * (1 - cut):,.0f} above the maximum "
        "call-off of its memoranda"
        for (product, customer, week), cut in sorted(part.items())
    ]


Key = tuple[str, str, str]


def _key(row: Mapping[str, Any]) -> Key:
    week = row["week"]
    return row["product"], row["customer"] or "", week if isinstance(week, str) else week_name(week)


def _maxima(volumes: Iterable[Mapping[str, Any]]) -> dict[Key, float]:
    found: dict[Key, float] = defaultdict(float)
    for each in volumes:
        if each["product"] and not each["group"]:
            for week, _, _, maximum in each["weeks"]:
                found[each["product"], each["customer"], week] += maximum
    return found


def with_signed(chain: Chain, network: Network, volumes: Iterable[Mapping[str, Any]]) -> Network:
    """A network with signed volumes as further floors; what of them has no demand is told as left out.

    volumes  as of `SignedVolume.kept`
    """
    floors: list[Floor] = []
    left_out: list[str] = []
    for volume in (SignedVolume(**each) for each in volumes):
        agreed = _agreed(network, volume)
        found = list(_floors(chain, network, volume, agreed))
        floors += found
        if not found and agreed.any():
            left_out.append(f"{volume.clause}: no demand of the horizon is for it")
    return replace(network, floors=(*network.floors, *floors), left_out=(*network.left_out, *left_out))


def _agreed(network: Network, volume: SignedVolume) -> Floats:
    """What is agreed in each week of the horizon."""
    agreed = np.zeros(network.weeks)
    for name, amount, _, _ in volume.weeks:
        place = int(week_numbers(np.array([monday(name)], "datetime64[D]"))[0]) - network.first_week
        if 0 <= place < network.weeks:
            agreed[place] = amount
    return agreed


def _floors(chain: Chain, network: Network, volume: SignedVolume, agreed: Floats) -> Iterator[Floor]:
    key = (volume.product, volume.customer)
    keys = demand_keys(network)
    if volume.group:
        if volume.group in network.groups.names:
            serving = asked_starts(chain, network, volume.customer)
            yield from agreed_starts(volume.name, volume.group, serving, agreed, network)
    elif key in keys:
        row = keys.index(key)
        least = np.minimum(agreed, network.demands.wanted[row])
        yield from so_far(volume.name, "supplied", (row,), least, network)
    else:
        yield from _of_a_part(chain, network, volume, agreed)


def _of_a_part(chain: Chain, network: Network, volume: SignedVolume, agreed: Floats) -> Iterator[Floor]:
    """What is started to finish a part: of what the customer's demand asks for, what the volume covers on delivery."""
    rows = _finishing(network, volume.product)
    made = network.activities
    starts = asked_starts(chain, network, volume.customer)[1][rows]
    finished, due = np.zeros(network.weeks), np.arange(network.weeks)[None, :] + made.lead[rows][:, None]
    inside = due < network.weeks
    np.add.at(finished, due[inside], (starts * made.yields[rows])[inside])
    part = covered(agreed, finished)
    taken = np.where(inside, part[np.minimum(due, network.weeks - 1)], 0.0) * starts
    yield from so_far(volume.name, "started", tuple(rows.tolist()), np.asarray(taken.sum(axis=0)), network)


def _finishing(network: Network, product: str) -> Integers:
    """The activities that finish a product: nothing of the same product takes in what they give."""
    made, of = network.activities, network.items.product
    passed = {
        int(item)
        for activity in range(len(made))
        if of[int(made.output[activity])] == product
        for item in made.items[made.starts[activity] : made.starts[activity + 1]]
    }
    rows = [
        row for row in range(len(made)) if of[int(made.output[row])] == product and int(made.output[row]) not in passed
    ]
    return np.array(rows, np.int64)
