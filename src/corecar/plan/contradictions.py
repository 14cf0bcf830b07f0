"""Which promise stands against one that a plan does not keep: a signed minimum against a signed maximum.

Both are soft and priced by the unit, so a plan that cannot keep both keeps what costs less to keep. The other one bears
a price then: what one unit less of it would save. Where that is near to the price of a breach, it saves a breach.
"""

from __future__ import annotations

from collections.abc import Sequence

from corecar.network.arrays import Floats, Floor

SAVES = 0.5
"""Part of its own price of breach from which on one unit less of a promise saves a breach of another, not a shortage:
a shortage costs less than a tenth of it, shares that steer a plan less than half."""
NOTHING = 1e-6
"""Part of a promise below which nothing is missing but rounding."""


def against(floors: Sequence[Floor], breach: Floats, price: Floats) -> list[str]:
    """For each promise the clause that stands against it; empty where it is kept, or nothing stands against it.

    breach  float64, shape (floors,): what each is short of
    price   float64, shape (floors,): what one unit less of it would save
    """
    part = [
        value / floor.price if floor.price > 0 else 0.0 for floor, value in zip(floors, price.tolist(), strict=True)
    ]
    broken = [short > NOTHING * (1 + abs(floor.least)) for floor, short in zip(floors, breach.tolist(), strict=True)]
    return [_strongest(floor, floors, part, broken) if gone else "" for floor, gone in zip(floors, broken, strict=True)]


def _strongest(floor: Floor, floors: Sequence[Floor], part: Sequence[float], broken: Sequence[bool]) -> str:
    """The dearest promise of the other kind; one that is broken too only where it counts the same routes."""
    other = [
        row
        for row, one in enumerate(floors)
        if part[row] > SAVES and one.is_cap != floor.is_cap and _meet(one, floor)
        and (not broken[row] or _same_routes(one, floor))
    ]  # fmt: skip
    return floors[max(other, key=lambda row: part[row])].clause if other else ""


def _same_routes(one: Floor, other: Floor) -> bool:
    routes = ("started", "given")
    return one.kind in routes and other.kind in routes and not set(one.rows).isdisjoint(other.rows)


def _meet(one: Floor, other: Floor) -> bool:
    """Whether a maximum begins no later than a minimum ends."""
    least, most = (other, one) if one.is_cap else (one, other)
    return min(most.weeks) <= max(least.weeks)
