"""The least network there is: one chip started in the first week, wanted in the second."""

from __future__ import annotations

import numpy as np

from corecar.network.arrays import Activities, Demands, Groups, Items, Network


def one_piece() -> Network:
    """One item, one route with one group, one demand, two weeks; by arrays of the kinds that every network has."""
    one, weeks = np.ones(1), np.ones((1, 2))
    first, none = np.zeros(1, np.int64), np.zeros(0, np.int64)
    return Network(
        0, 2,
        Items(("chip",), ("chip",), ("made",), 0 * one, 0 * weeks, one, np.ones(1, np.bool_)),
        Activities(
            ("route",), ("site",), first, first, one, first + 1, weeks, weeks, np.full((1, 2), np.inf),
            np.zeros(2, np.int64), none, np.zeros(0), one,
        ),
        Groups(("group",), ("site",), ("piece",), first - 1, weeks, weeks),
        Demands(("chip",), ("chip",), ("",), first, np.array([[0.0, 1.0]]), one, first + 1, 10 * weeks),
    )  # fmt: skip
