"""What the full demand would take of each capacity group, week by week, and the light of CX-0128 beside it."""

from __future__ import annotations

import numpy as np

from corecar.chain.comparison import light_of
from corecar.network.arrays import Floats, Groups, Integers
from corecar.network.requirements import required_starts
from corecar.plan.plans import Plan, load_of

SAME = 1e-6
"""Part by which a load may lie above a capacity and count as equal: parts of alternates come from a solver."""


def lights(load: Floats, groups: Groups) -> Integers:
    """The light of each group and week, int64 of the load's shape: an index of `corecar.chain.comparison.LIGHTS`.

    load     float64, shape (groups, weeks) [unit of the group]
    Source   CX-0128 v2.2.1, as `light_of` has it
    """
    return light_of(load, groups.actual, groups.maximum, same=SAME).astype(np.int64)


def asked_load(plan: Plan) -> Floats:
    """Capacity that it would take to supply every demand in its week, float64 of shape (groups, weeks).

    Requirements go from each demand upstream, less stock and what is under way, earlier by each lead time, divided by
    each yield, among alternates in the parts that the plan starts of them; where it starts none, evenly. What would
    have had to be started before the first week is left out: no capacity of the horizon can make it.
    """
    network = plan.network
    return load_of(network, required_starts(network, plan.start))
