"""What a promise counts: which starts, supplies or stocks, and what one piece of each counts as."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from corecar.network.arrays import Floats, Floor, Integers, Network


class Counted(NamedTuple):
    """Variables that a promise counts, one after the other.

    rows, weeks  int64: where each stands among all of its kind
    values       float64: what one piece of it counts as
    """

    rows: Integers
    weeks: Integers
    values: Floats


def variable_of(kind: str) -> str:
    """The kind of variable that promises of a kind count: what is given is told by what was started."""
    return "started" if kind == "given" else kind


def counted(network: Network, floor: Floor) -> Counted:
    """The variables that a promise counts; what is given in a week was started its lead time before."""
    over, within = np.array(floor.rows, np.int64), np.array(floor.weeks, np.int64)
    rows, weeks = np.repeat(over, len(within)), np.tile(within, len(over))
    values = np.repeat(np.array(floor.weights, np.float64), len(within)) if floor.weights else np.ones(len(rows))
    if floor.kind != "given":
        return Counted(rows, weeks, values)
    begun = weeks - network.activities.lead[rows]
    inside = begun >= 0
    rows, begun, values = rows[inside], begun[inside], values[inside]
    return Counted(rows, begun, values * network.activities.yields[rows, begun])


def kept_of(network: Network, floor: Floor, start: Floats, stock: Floats, supplied: Floats) -> float:
    """How much a plan has of what a promise counts: pieces, or what they count as by its weights."""
    part = {"started": start, "stock": stock, "supplied": supplied}[variable_of(floor.kind)]
    if not floor.weights:
        return float(part[np.ix_(floor.rows, floor.weeks)].sum())
    rows, weeks, values = counted(network, floor)
    return float((values * part[rows, weeks]).sum())
