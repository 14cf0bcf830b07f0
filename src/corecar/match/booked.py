"""What is booked of offers already, and so not there for a need in its weeks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt

from corecar.match.sides import Floats, Side

EPOCH = date(1970, 1, 1)
Rows = npt.NDArray[np.int64]
Booked = Mapping[str, Mapping[date, float]]
"""Offer -> Monday -> what of it is booked, in its unit."""


def with_booked(offers: Side, booked: Booked) -> Side:
    """The offers with what is booked of them; of offers that are not among them nothing is taken."""
    places = {name: place for place, name in enumerate(offers.names)}
    told = {
        places[name]: (np.array([(day - EPOCH).days for day in sorted(weeks)], np.float64),
                       np.array([weeks[day] for day in sorted(weeks)], np.float64))
        for name, weeks in booked.items() if name in places and weeks
    }  # fmt: skip
    return replace(offers, booked=told) if told else offers


def taken_off(needs: Side, offers: Side, n: Rows, o: Rows) -> Floats:
    """What is booked of offers in the weeks of needs, in the offer's unit, float64 of the pairs' shape.

    Of a need's weeks the one in which most is booked counts, since it needs its quantity in each of them. A need that
    names no first week can take any week of the offer, so the one in which least is booked counts.
    """
    n, o = np.broadcast_arrays(n, o)
    found = np.zeros(o.shape)
    for offer, (weeks, quantities) in offers.booked.items():
        at = np.nonzero(o == offer)
        if len(at[0]):
            found[at] = _in_weeks(needs, offers, n[at], offer, weeks, quantities)
    return found


def _in_weeks(needs: Side, offers: Side, n: Rows, offer: int, weeks: Floats, quantities: Floats) -> Floats:
    first, last = needs.numbers["from_week"][n], needs.numbers["until_week"][n]
    last = np.where(np.isnan(last), first, last)
    within = (weeks >= first[:, None]) & (weeks <= last[:, None])
    most = np.where(within, quantities, 0.0).max(axis=1)
    return np.where(np.isnan(first), _least(offers, offer, weeks, quantities), most)


def _least(offers: Side, offer: int, weeks: Floats, quantities: Floats) -> float:
    """What is booked in the week of an offer in which least is; one without a last week has weeks that are free."""
    first, last = offers.numbers["from_week"][offer], offers.numbers["until_week"][offer]
    if np.isnan(last):
        return 0.0
    begin = weeks.min() if np.isnan(first) else first
    inside = (weeks >= begin) & (weeks <= last)
    whole = inside.sum() > (last - begin) // 7
    return float(quantities[inside].min()) if whole else 0.0
