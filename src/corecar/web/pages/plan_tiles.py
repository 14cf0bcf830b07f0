"""Large numbers of a plan: how near it is to the best."""

from __future__ import annotations

from corecar.words import Words

FREE = 0.5
"""A plan that costs less than this costs nothing, and no part of nothing can be saved."""


def gap_tile(say: Words, gap: float, cost: float | None = None) -> tuple[str, str, str]:
    """How far a plan is at most from the best, as a tile. cost: of the plan, where it is known."""
    if gap >= FREE and (cost is None or abs(cost) < FREE):
        return ("–", say("nothing in it costs anything"), "#")
    return (f"{gap:.2%}", say("at most from the best plan"), "#")
