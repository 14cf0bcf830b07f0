"""Whose routes a signed volume counts: those of a stage, or of the finished product, at its supplier's own sites."""

from __future__ import annotations

import numpy as np

from corecar.chain.chain import Chain
from corecar.network.arrays import NONE, Flags, Integers, Network


class Suppliers:
    """Which activities of a network are whose.

    A route is its site's party's. Who sells a product under its own name supplies it by whichever route finishes it;
    what is put together without a route is at no site, and so supplied by whoever says so.
    """

    def __init__(self, chain: Chain, network: Network) -> None:
        self.network = network
        sites, products = chain.sites, chain.products
        self.party = dict(zip(sites["site"].to_pylist(), sites["party"].to_pylist(), strict=True))
        self.seller = dict(zip(products["product"].to_pylist(), products["party"].to_pylist(), strict=True))

    def rows_of(self, supplier: str, product: str, stage: str = "") -> Integers:
        """The activities by which a supplier finishes a product, or takes it through a stage."""
        rows = self.makers(product, stage)
        if not stage and self.seller.get(product) == supplier:
            return rows
        return rows[self.whose(rows, supplier)]

    def rows_in(self, supplier: str, group: str) -> Integers:
        """The activities of a supplier that load a capacity group, or one that is nested in it."""
        made, groups = self.network.activities, self.network.groups
        if group not in groups.names:
            return np.zeros(0, np.int64)
        inside = _nested(groups.part_of, groups.names.index(group))
        rows = np.flatnonzero((made.group != NONE) & inside[made.group])
        return rows[self.whose(rows, supplier)]

    def makers(self, product: str, stage: str = "") -> Integers:
        """The activities that finish a product: nothing of it takes in what they give; or those that end a stage."""
        made, items = self.network.activities, self.network.items
        of = np.array([name == product for name in items.product], np.bool_)
        if stage:
            after = np.array([name == stage for name in items.stage], np.bool_)
            return np.flatnonzero((of & after)[made.output])
        owner = np.repeat(np.arange(len(made)), np.diff(made.starts))
        passed = np.zeros(len(of), np.bool_)
        passed[made.items[of[made.output[owner]]]] = True
        return np.flatnonzero((of & ~passed)[made.output])

    def whose(self, rows: Integers, supplier: str) -> Flags:
        """Which of some activities are at a supplier's sites, or at none."""
        sites = (self.network.activities.site[row] for row in rows.tolist())
        return np.array([not site or self.party.get(site) == supplier for site in sites], np.bool_)


def _nested(part_of: Integers, group: int) -> Flags:
    """Groups that are one group, or nested in it."""
    inside = np.zeros(len(part_of), np.bool_)
    for row in range(len(part_of)):
        around = row
        while around not in (group, NONE):
            around = int(part_of[around])
        inside[row] = around == group
    return inside
