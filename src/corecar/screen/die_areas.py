"""Five areas of a wafer, so that a baseline can be asked to come from all over it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

AREAS = ("centre", "right", "top", "left", "bottom")
"""`top` is where y grows. A disc in the middle and four sectors around it, each a fifth of a round wafer."""

Extent = tuple[int, int, int, int]


def die_areas(x: npt.ArrayLike, y: npt.ArrayLike, extent: Extent | None = None) -> npt.NDArray[np.int64]:
    """The area of each die, as a row of `AREAS`.

    x, y    die positions of one wafer, whole numbers, shape (dies,)
    extent  smallest and largest x, smallest and largest y of the wafer; those of the dies given by default

    >>> die_areas([5, 9, 5, 0, 5], [5, 5, 9, 5, 0]).tolist()
    [0, 1, 2, 3, 4]
    """
    columns, rows = np.asarray(x, dtype=np.int64), np.asarray(y, dtype=np.int64)
    if not len(columns):
        return np.zeros(0, dtype=np.int64)
    left, right, bottom, top = extent or (columns.min(), columns.max(), rows.min(), rows.max())
    wide, high = int(right - left) + 1, int(top - bottom) + 1
    u, v = (2 * columns - left - right) * high, (2 * rows - bottom - top) * wide
    area = np.select([(-u <= v) & (v < u), (-v < u) & (u <= v), (u < v) & (v <= -u)], [1, 2, 3], default=4)
    return np.where(5 * (u**2 + v**2) <= (wide * high) ** 2, 0, area)
