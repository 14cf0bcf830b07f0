"""For how many days a stock lasts (CX-0145)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError

Floats = npt.NDArray[np.float64]


def days_of_supply(stock: float, demand: npt.ArrayLike, deliveries: npt.ArrayLike) -> Floats:
    """Days of supply at the end of each day but the last.

    stock       before the first day [piece]
    demand      float64, shape (days,): asked of the stock on each day [piece]
    deliveries  float64, shape (days,): come to it on each day [piece]
    Returns     float64, shape (days - 1,): how many of the following days the stock of a day covers wholly, and what
                part of the next. A stock that lasts beyond the last day counts the days that are known: it lasts at
                least that long. What is owed of earlier days lowers the stock
    Raises      ArgumentError for columns of unequal length or what is no number of at least 0
    Source      CX-0145: stock[i] = stock[i - 1] - demand[i] + delivery[i]

    >>> days_of_supply(100, [40, 60, 50], [0, 60, 100]).tolist()
    [1.0, 1.0]
    """
    asked, came = np.atleast_1d(np.asarray(demand, np.float64)), np.atleast_1d(np.asarray(deliveries, np.float64))
    if asked.shape != came.shape or asked.ndim != 1:
        raise ArgumentError(f"demand has {asked.size} days and deliveries {came.size}; as many of both were expected.")
    for what, values in (("stock", np.array([stock])), ("demand", asked), ("deliveries", came)):
        if not (np.isfinite(values) & (values >= 0)).all():
            raise ArgumentError(
                f"{what}: {values.min():g} is among the numbers; finite ones of at least 0 were expected."
            )
    left = stock + np.cumsum(came - asked)
    return np.array([_lasting(left[day], asked[day + 1 :]) for day in range(len(asked) - 1)], np.float64)


def _lasting(left: float, following: Floats) -> float:
    """Days that a stock covers, one after the other."""
    if left < 0:
        return 0.0
    needed = np.cumsum(following)
    whole = int(np.searchsorted(needed, left, side="right"))
    if whole == len(following):
        return float(whole)
    before = needed[whole - 1] if whole else 0.0
    return whole + float((left - before) / following[whole])
