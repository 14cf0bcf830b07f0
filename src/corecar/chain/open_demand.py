"""Where demand that is still open begins: what came before is history, and no plan begins with it."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow.compute as pc

from corecar.chain.chain import Chain


def first_open_week(chain: Chain) -> date | None:
    """The Monday of the first week with demand that is still open; None without demand.

    A row whose `delivered` is told is open while more was asked for than came, and history in any case before the first
    week with a capacity: whether what was missed then is still wanted is for the customer to say. Where all of it came,
    the first week of all.
    """
    demand = chain.demand
    if not demand.num_rows:
        return None
    weeks = _days(demand["week"])
    untold = pc.is_null(demand["delivered"]).to_numpy(zero_copy_only=False)
    asked, came = (pc.fill_null(demand[name], 0.0).to_numpy(zero_copy_only=False) for name in ("quantity", "delivered"))
    able = _days(chain.capacity["week"])
    begun = weeks >= able.min() if len(able) else np.ones(len(weeks), bool)
    is_open = untold | ((asked > came) & begun)
    first: date = (weeks[is_open] if is_open.any() else weeks).min().astype(date)
    return first


def _days(column: Any) -> Any:
    return np.asarray(column.to_numpy(zero_copy_only=False), "datetime64[D]")
