"""How fast a cell is: touchdowns, units an hour, hours that a unit takes. Plain numbers in, plain numbers out."""

from __future__ import annotations

SECONDS = 3600.0
"""In an hour."""


def touchdown_s(alone_s: float, sites: int, efficiency: float) -> float:
    """Time of one touchdown of several sites [s].

    alone_s     time of one unit alone [s]
    efficiency  multi-site efficiency, 0 to 1
    Source      T_N = T_1 (1 + (N - 1)(1 - MSE)), the usual definition of multi-site efficiency

    >>> touchdown_s(10.0, 4, 0.95)
    11.5
    """
    return round(alone_s * (1.0 + (sites - 1) * (1.0 - efficiency)), 9)


def units_an_hour(alone_s: float, index_s: float, sites: int, efficiency: float) -> float:
    """Insertions an hour while the cell makes: a unit that is tested again counts each time.

    index_s  from one touchdown to the next [s]
    Source   UPH = 3600 N / (T_N + index time)

    >>> units_an_hour(10.0, 0.5, 4, 0.95)
    1200.0
    """
    return SECONDS * sites / (touchdown_s(alone_s, sites, efficiency) + index_s)


def hours_a_unit(an_hour: float, retest_rate: float) -> float:
    """Hours that one unit takes, its retests with it.

    retest_rate  units that are tested again, as a part of those that are tested
    """
    return (1.0 + retest_rate) / an_hour


def good_a_week(hours: float, hours_each: float, good: float) -> float:
    """Good units of so many hours: hours / hours each x yield. Insertions of retests are in the hours, once."""
    return hours / hours_each * good
