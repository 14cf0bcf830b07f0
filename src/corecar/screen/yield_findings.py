"""Lots and wafers held against statistical yield and bin limits: what is to be reviewed, and what quarantined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError
from corecar.screen.rate_history import RateHistory
from corecar.screen.yield_limits import LEVELS, RateLimit, rate_limit
from corecar.standards import value

ACTIONS = {level: value("AEC-Q002", "yield", f"action_{level}") for level in LEVELS}
"""What a lot beyond each level waits for; people decide, so that nothing is scrapped by a formula."""

RECORDS = tuple(value("AEC-Q002", "yield", "records_2").split("; "))
"""What must be written down of every lot beyond level 2."""

STEPS = {
    1: "engineering review before release",
    2: "quarantine, risk assessment and containment; scrap or shipment only by decision, as agreed with the customer",
}


@dataclass(frozen=True)
class Finding:
    """One lot or wafer beyond a statistical yield or bin limit.

    unit     which wafer or lot
    hits     good parts, or parts in the bin
    rate     hits / tested
    limit    the limit of the highest level that it is beyond
    """

    unit: str
    hits: int
    tested: int
    rate: float
    limit: RateLimit

    @property
    def level(self) -> int:
        """1 or 2."""
        return self.limit.level

    @property
    def action(self) -> str:
        """`review` or `quarantine`."""
        return ACTIONS[self.level]

    @property
    def records(self) -> tuple[str, ...]:
        """What must be written down before the lot goes on."""
        return RECORDS if self.level == 2 else ()

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values ready for JSON."""
        return {
            "unit": self.unit,
            "hits": self.hits,
            "tested": self.tested,
            "rate": self.rate,
            "action": self.action,
            "records": list(self.records),
            "limit": self.limit.to_dict(),
        }

    def __str__(self) -> str:
        history, limit = self.limit.history, self.limit
        name = f"{history.screen.upper()}{limit.level}"
        side = "below" if history.screen == "syl" else "above"
        return (
            f"{history.scope} {self.unit}: {history.subject} {self.rate:.4%} ({self.hits:,} of {self.tested:,}) is "
            f"{side} {name} {limit.limit:.4%}: {STEPS[limit.level]}."
        )


def judge_rates(
    units: Sequence[str], hits: npt.ArrayLike, tested: npt.ArrayLike, history: RateHistory, **how: Any
) -> tuple[Finding, ...]:
    """Wafers or lots beyond the limits of a history, in the order given.

    units         name of each wafer or lot
    hits, tested  whole numbers, shape (units,): good parts, or parts in the bin; and tested parts
    how           `method` and `quartile_rule` as in `rate_limit`; the limits are those for the size of each unit
    A unit without a tested part has no rate and no finding.
    Raises        ArgumentError for counts that cannot be
    Source        AEC-Q002 Rev B
    """
    found, parts = np.asarray(hits), np.asarray(tested)
    if not len(units) == len(found) == len(parts) or (found < 0).any() or (found > parts).any():
        raise ArgumentError(
            f"{len(units)} units, {len(found)} and {len(parts)} counts: expected 0 to all parts of each."
        )
    limits: dict[int, list[RateLimit]] = {}
    out = []
    for unit, k, n in zip(units, found.tolist(), parts.tolist(), strict=True):
        if n < 1:
            continue
        if n not in limits:
            limits[n] = [rate_limit(history, level, parts=n, **how) for level in sorted(LEVELS, reverse=True)]
        beyond = next((limit for limit in limits[n] if limit.beyond(k, n)), None)
        if beyond is not None:
            out.append(Finding(unit, k, n, k / n, beyond))
    return tuple(out)
