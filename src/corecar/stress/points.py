"""A point of a loss over time."""

from __future__ import annotations

from typing import NamedTuple

from corecar.network.arrays import Floats


class Point(NamedTuple):
    """The least loss after some weeks: its value, the pieces by demand, the rise of the value in a week more."""

    value: float
    lost: Floats
    slope: float
