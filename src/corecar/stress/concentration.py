"""On how few sites a chain stands: single sources and concentration of each product's stage, week by week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corecar.network.arrays import NONE, Floats, Network


@dataclass(frozen=True)
class Sources:
    """Where an item can be made in some weeks.

    item    of the network
    sites   with an open route, by name
    routes  how many are open
    shares  float64, shape (sites,): each one's part of what all of them could start in a week
    hhi     sum of the squared shares; 1 for a single site
    needed  pieces a week that full supply takes
    """

    item: int
    sites: tuple[str, ...]
    routes: int
    shares: Floats
    hhi: float
    needed: float


def sources(network: Network, first: int = 0, weeks: int | None = None) -> list[Sources]:
    """The sources of every item that demand reaches and that routes make, in the order of the items.

    first, weeks  which weeks of the horizon; a route is open when a piece may be started there in one of them

    A route could start what its group could take in if it made nothing else, at most what a week of it allows; where no
    route has a limit, each counts the same.
    """
    end = network.weeks if weeks is None else min(first + weeks, network.weeks)
    made, span = network.activities, slice(first, end)
    open_ = np.asarray((made.most[:, span] > 0).any(axis=1))
    needed = needs(network, network.demands.wanted[:, span].mean(axis=1))
    able = _able(network, span)
    found = []
    for item in np.flatnonzero(needed > 0).tolist():
        routes = [a for a in np.flatnonzero((made.output == item) & open_).tolist() if made.site[a]]
        if not routes:
            continue
        sites = sorted({made.site[a] for a in routes})
        most = np.array([able[a] for a in routes])
        most = np.where(np.isinf(most), 1.0, 0.0) if np.isinf(most).any() else most
        by = np.array([sum(m for a, m in zip(routes, most, strict=True) if made.site[a] == site) for site in sites])
        shares = by / by.sum() if by.sum() > 0 else np.full(len(sites), 1.0 / len(sites))
        found.append(Sources(item, tuple(sites), len(routes), shares, float((shares**2).sum()), float(needed[item])))
    return found


def needs(network: Network, wanted: Floats) -> Floats:
    """Pieces of each item that full supply takes, without stock: of alternates and routes, each an equal part.

    wanted   float64, shape (demands,): pieces a week
    Returns  float64, shape (items,) [piece/week]
    """
    made = network.activities
    ways = np.bincount(made.output, minlength=len(network.items.names))
    gain = np.where(made.yields > 0, made.yields, 1.0).mean(axis=1)
    lengths = np.diff(made.starts)
    taker = np.repeat(np.arange(len(made)), lengths)
    total = np.zeros(len(network.items.names))
    np.add.at(total, network.demands.item, wanted)
    fresh = total.copy()
    for _ in range(len(total)):
        begun = fresh[made.output] / np.maximum(ways[made.output], 1) / gain
        fresh = np.zeros(len(total))
        np.add.at(fresh, made.items, made.quantities * begun[taker])
        if not fresh.any():
            break
        total += fresh
    return total


def _able(network: Network, span: slice) -> Floats:
    """What each activity could start in a week if it were alone in its group, float64 of shape (activities,)."""
    made = network.activities
    able = made.most[:, span].mean(axis=1)
    limited = np.flatnonzero((made.group != NONE) & (made.use > 0))
    group = network.groups.maximum[made.group[limited], span].mean(axis=1)
    able[limited] = np.minimum(able[limited], group / made.use[limited])
    return np.asarray(able)
