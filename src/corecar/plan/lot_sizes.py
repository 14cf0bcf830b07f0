"""Starts in whole lots, compiled."""

from __future__ import annotations

import math

from corecar.compiled import inlined

ROUNDING = 1e-9
"""Part of a lot that floating point may take off a whole one."""


@inlined
def whole_lots(started: float, more: float, step: float, least: float) -> float:
    """The part of `more` with which a week's start is a multiple of the step, and 0 or at least the least [piece].

    started      in this week so far: in whole lots
    step, least  as of `corecar.network.arrays.Lots`; without a step all of it
    """
    if step <= 0.0:
        return more
    total = math.floor((started + more) / step + ROUNDING) * step
    return max(total - started, 0.0) if total >= least else 0.0
