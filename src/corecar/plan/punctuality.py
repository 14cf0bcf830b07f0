"""What comes in time: one rule for plans and for their kept tables. The oldest request counts as served first."""

from __future__ import annotations

import numpy as np

from corecar.network.arrays import Floats


def not_in_time(behind: Floats, wanted: Floats) -> Floats:
    """Pieces of each week's request that have not come by its end, whether they come later or never.

    behind, wanted  float64, of one shape, by week [piece]

    >>> import numpy as np
    >>> not_in_time(np.array([[0.0, 30.0, 90.0]]), np.array([[50.0, 40.0, 60.0]])).tolist()
    [[0.0, 30.0, 60.0]]
    """
    late: Floats = np.minimum(behind, wanted)
    return late


def on_time_part(missed: float, wanted: float) -> float:
    """Part of what is requested that comes in its week or before; 1 where nothing is requested.

    missed  pieces as of `not_in_time`, of all weeks
    """
    return 1 - missed / wanted if wanted > 0 else 1.0
