"""What each signed volume is in a network: which supplies or starts it counts, and what one piece of them counts as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from corecar.chain.chain import Chain
from corecar.chain.words import HOUR, PIECE
from corecar.errors import ArgumentError
from corecar.network.arrays import Floats, Floor, Integers, Network
from corecar.network.counting import counted
from corecar.network.promises import demand_keys, serving, with_demands
from corecar.network.requirements import required_starts
from corecar.network.signed import Agreed, SignedVolume
from corecar.network.suppliers import Suppliers
from corecar.network.through import parts_through
from corecar.network.volume_units import Units


@dataclass(frozen=True)
class Claim:
    """A signed volume in a network.

    kind     `supplied` to a demand, `given` by the supplier's routes when pieces can be used, or `started` on them
    rows     demands or activities; weights: what one piece of each counts as, in the unit of the volume
    agreed   week by week, in that unit
    routes   the supplier's activities
    """

    volume: SignedVolume
    kind: str
    rows: tuple[int, ...]
    weights: tuple[float, ...]
    agreed: Agreed
    routes: tuple[int, ...]

    @property
    def subject(self) -> tuple[str, str, str, str]:
        """What several volumes may be of together: a product, stage or group for a customer."""
        return self.volume.customer, self.volume.product, self.volume.stage, self.volume.group

    @property
    def counts(self) -> tuple[str, tuple[int, ...], tuple[float, ...]]:
        """What makes two claims count the same."""
        return self.kind, self.rows, self.weights

    def floor(self, clause: str, weeks: Sequence[int], least: float, price: float) -> Floor:
        """A promise of what it counts; `price` of one piece."""
        pieces = 1.0 / min((weight for weight in self.weights if weight > 0), default=1.0)
        plain = self.kind != "given" and all(weight == 1.0 for weight in self.weights)
        weights = () if plain else self.weights
        return Floor(clause, self.kind, self.rows, tuple(weeks), least, price * pieces, weights, self.volume.unit)


class Book:
    """Signed volumes read against a chain and its network.

    claims    of those that count something, in the order of the volumes
    left_out  why others do not: no route, or a unit that cannot be counted
    """

    def __init__(self, chain: Chain, network: Network, volumes: Iterable[Mapping[str, Any]]) -> None:
        self.chain, self.network = chain, network
        self.suppliers, self.units = Suppliers(chain, network), Units(chain, network)
        self.claims: list[Claim] = []
        self.left_out: list[str] = []
        self._asked: dict[tuple[Any, ...], Floats] = {}
        for volume in (SignedVolume(**each) for each in volumes):
            agreed = volume.laid_out(network.first_week, network.weeks)
            if not agreed.told.any():
                continue
            try:
                self.claims.append(self._claim(volume, agreed))
            except ArgumentError as error:
                self.left_out.append(str(error))

    @cached_property
    def keys(self) -> list[tuple[str, str]]:
        """Product and customer of each demand."""
        return demand_keys(self.network)

    def _claim(self, volume: SignedVolume, agreed: Agreed) -> Claim:
        """Raises ArgumentError for a volume that no route is for, or whose unit cannot be counted."""
        if volume.group:
            return self._of_group(volume, agreed)
        key = volume.product, volume.customer
        rows = self.suppliers.rows_of(volume.supplier, volume.product, volume.stage)
        alone = len(rows) == len(self.suppliers.makers(volume.product, volume.stage))
        if alone and not volume.stage and key in self.keys and volume.unit != HOUR and (
            len(rows) or volume.unit == PIECE
        ):  # fmt: skip
            found = self.units.of_finished(rows, volume.unit, volume.clause)
            weight = float(found.mean()) if len(found) else 1.0
            return Claim(volume, "supplied", (self.keys.index(key),), (weight,), agreed, _tuple(rows))
        if not volume.product:
            raise ArgumentError(f"{volume.clause}: it names neither a product nor a group, so no plan counts it")
        if not len(rows):
            raise ArgumentError(f"{volume.clause}: no route at a site of {volume.supplier} is for {volume.what}")
        if volume.unit == HOUR:
            weights = self.units.of_started(rows, HOUR, volume.clause)
            return Claim(volume, "started", _tuple(rows), tuple(weights.tolist()), agreed, _tuple(rows))
        weights = self.units.of_finished(rows, volume.unit, volume.clause)
        return Claim(volume, "given", _tuple(rows), tuple(weights.tolist()), agreed, _tuple(rows))

    def _of_group(self, volume: SignedVolume, agreed: Agreed) -> Claim:
        rows = self.suppliers.rows_in(volume.supplier, volume.group)
        if not len(rows):
            raise ArgumentError(f"{volume.clause}: no route at a site of {volume.supplier} loads {volume.group}")
        products = serving(self.chain, self.network, volume.customer)[1]
        made, of = self.network.activities, self.network.items.product
        rows = np.array([row for row in rows.tolist() if of[int(made.output[row])] in products], np.int64)
        if not len(rows):
            raise ArgumentError(f"{volume.clause}: no demand of the horizon is for it")
        weights = self.units.of_started(rows, volume.unit, volume.clause, volume.group)
        return Claim(volume, "started", _tuple(rows), tuple(weights.tolist()), agreed, _tuple(rows))

    def asked(self, claim: Claim) -> Floats:
        """What its customer's demand asks of a claim week by week, all of it laid upon the supplier's routes.

        Stock and what is under way are taken first. float64, shape (weeks,), in the unit of the volume.
        """
        if claim.kind == "supplied":
            return np.asarray(self.network.demands.wanted[claim.rows[0]] * claim.weights[0])
        demands = serving(self.chain, self.network, claim.volume.customer)[0]
        return self._of_starts(claim, self.network, demands)

    def asked_in_all(self, claim: Claim, demands: Sequence[int]) -> Floats:
        """What some demands ask of a claim's routes where nothing lies there and nothing is under way."""
        items = self.network.items
        nothing = replace(items, opening=np.zeros_like(items.opening), arrivals=np.zeros_like(items.arrivals))
        empty = replace(self.network, items=nothing)
        return self._of_starts(claim, empty, demands, "in all")

    def _of_starts(self, claim: Claim, network: Network, demands: Sequence[int], how: str = "") -> Floats:
        key = (claim.routes, tuple(demands), how)
        if key not in self._asked:
            parts = parts_through(network, np.array(claim.routes, np.int64))
            self._asked[key] = required_starts(with_demands(network, demands), parts)
        starts, found = self._asked[key], np.zeros(network.weeks)
        whole = claim.floor("", range(network.weeks), 0.0, 0.0)
        rows, weeks, values = counted(network, whole)
        due = weeks + network.activities.lead[rows] if claim.kind == "given" else weeks
        np.add.at(found, due, values * starts[rows, weeks])
        return found


def _tuple(rows: Integers) -> tuple[int, ...]:
    return tuple(rows.tolist())
