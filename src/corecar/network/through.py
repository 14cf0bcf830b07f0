"""What demand asks of some routes when it is laid upon them: all of it goes through them, as far as alternates may.

A promise on one of several routes is a promise on what the demand could ask of that one, not on an even part of it.
"""

from __future__ import annotations

import numpy as np

from corecar.network.arrays import Flags, Floats, Integers, Network


def parts_through(network: Network, rows: Integers) -> Floats:
    """Starts whose parts lead all demand through some activities; float64, shape (activities, weeks).

    Of an item that several make, those that lead through `rows` make all, each alike, or what their shares allow;
    where none does, all starts are 0, which asks for even parts (`corecar.network.requirements`).
    """
    made = network.activities
    leads, part = leading(network, rows), np.zeros(len(made))
    able: Flags = np.asarray(network.startable.any(axis=1))
    for item in np.unique(made.output[leads & able]).tolist():
        makers = np.flatnonzero((made.output == item) & able)
        chosen, others = makers[leads[makers]], makers[~leads[makers]]
        part[chosen] = _alike(made.share[chosen])
        left = 1.0 - float(part[chosen].sum())
        if len(others) and left > 0:
            part[others] = left / len(others)
    given = made.yields.sum(axis=1)
    return np.repeat((part / np.where(given > 0, given, 1.0))[:, None], network.weeks, axis=1)


def leading(network: Network, rows: Integers) -> Flags:
    """Activities that are some others, or take in what is made of what they give; bool, shape (activities,)."""
    made = network.activities
    owner = np.repeat(np.arange(len(made)), np.diff(made.starts))
    found = np.zeros(len(made), np.bool_)
    found[rows] = True
    while True:
        comes = np.zeros(len(network.items.names), np.bool_)
        comes[made.output[found]] = True
        more = found.copy()
        more[owner[comes[made.items]]] = True
        if (more == found).all():
            return found
        found = more


def _alike(share: Floats) -> Floats:
    """Even parts of 1, none above its share; what that leaves goes to the others as far as they may."""
    part, open_ = np.zeros(len(share)), np.ones(len(share), np.bool_)
    while open_.any():
        even = (1.0 - part[~open_].sum()) / open_.sum()
        full = open_ & (share < even)
        if not full.any():
            part[open_] = even
            break
        part[full] = share[full]
        open_ &= ~full
    return part
