"""The gap rule for heavy tails: a reading that hangs together with those before it is no outlier."""

from __future__ import annotations

import numpy as np

from corecar.lot import Float64Array


def widened(ordered: Float64Array, limit: float, gap: float, *, above: bool) -> tuple[float, int]:
    """A limit moved outwards over readings that lie no further than a gap from the nearest one that stands.

    ordered  ascending and finite [the test's unit]
    limit    a high limit (`above`) or a low one [the test's unit]
    gap      widest gap between neighbours of one tail [the test's unit]
    Returns  the limit, and how many readings now stand that lay beyond it

    >>> widened(np.array([1.0, 2.0, 3.0, 4.0, 9.0]), 2.5, 1.5, above=True)
    (4.0, 2)
    """
    values = ordered.astype(np.float64) if above else -ordered[::-1].astype(np.float64)
    edge = limit if above else -limit
    standing = int((values <= edge).sum())
    if standing == 0:
        return limit, 0
    last = standing
    while last < len(values) and values[last] - values[last - 1] <= gap:
        last += 1
    if last == standing:
        return limit, 0
    moved = float(values[last - 1])
    return moved if above else -moved, last - standing
