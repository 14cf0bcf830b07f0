"""Starts held within caps: what would lie above one in a week is put off to the next, or is not started at all.

A cap counts from its first week on, so what is put off stays within it. The repair of a plan starts no more up to a
week than it is asked for up to that week; asked for starts within the caps, it gives a plan within the caps.
"""

from __future__ import annotations

import numpy as np

from corecar.network.arrays import Floats, Floor, Network
from corecar.network.counting import counted, variable_of


def within_caps(network: Network, start: Floats) -> Floats:
    """Starts within all caps on starts; the same array where there is none, or none is in the way.

    start  float64, shape (activities, weeks): any numbers; what is no number counts as 0 [piece]
    """
    caps = [floor for floor in network.floors if floor.is_cap and variable_of(floor.kind) == "started"]
    if not caps:
        return start
    held = np.maximum(np.nan_to_num(start, nan=0.0, posinf=0.0, neginf=0.0), 0.0)
    caps.sort(key=lambda floor: floor.weeks[-1])
    for put_off in (True, False):
        for cap in caps:
            _hold(network, cap, held, put_off=put_off)
    return held


def _hold(network: Network, cap: Floor, held: Floats, *, put_off: bool) -> None:
    """Lower, in place, what a cap counts of its last week, so that it counts no more than it may."""
    rows, weeks, values = counted(network, cap)
    counts = -values * held[rows, weeks]
    over = float(counts.sum()) + cap.least
    if over <= 0:
        return
    lead = network.activities.lead[rows] if cap.kind == "given" else 0
    last = (weeks + lead == cap.weeks[-1]) & (counts > 0)
    part = min(over / max(float(counts[last].sum()), 1e-300), 1.0)
    cut = np.where(last, part * held[rows, weeks], 0.0)
    held[rows, weeks] -= cut
    later = last & (weeks + 1 < network.weeks)
    if put_off:
        held[rows[later], weeks[later] + 1] += cut[later]
