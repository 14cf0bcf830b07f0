"""What to order and when, what it earns, and how near the best that is: as a person reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.bridge.expand.exposures import Exposure
from corecar.network.arrays import Network
from corecar.plan.compare import Summary
from corecar.plan.expansion.expansion import Expansion
from corecar.plan.expansion.options import Option
from corecar.plurals import plural

IMPACT = (
    "Impact is what the stop of one site that costs most loses by the time of its recovery, beyond what is lost anyway;"
    " it grows where more is at stake."
)


@dataclass(frozen=True)
class Asked:
    """What was asked, for words: the margin, the gap, what is counted, and the currency."""

    margin: float
    gap: float
    piece: str
    currency: str


def expansion_told(
    found: Expansion, asked: Asked, plans: tuple[Summary, Summary], exposures: tuple[Exposure | None, Exposure | None],
    why: str,
) -> dict[str, Any]:  # fmt: skip
    """An expansion: orders by week, and the plan by its rule with them and without.

    plans      without and with the orders, made by the same rule
    exposures  of their networks
    why        why nothing is ordered; empty where something is
    """
    before, after = plans
    return {
        "said": _said(found, asked, before, after, why),
        "facts": {
            "spent": round(found.spent), "charged": round(found.charges), "expansion_gap": f"{found.gap:.2%}",
            "margin": asked.margin, "currency": asked.currency, "exposure_removed": removed(*exposures),
        },
        "rows": orders_told(found),
        "effect": [
            effect_told(before, "without", exposures[0]), effect_told(after, "with the orders", exposures[1]),
        ],
        "demands": _demands(before, after),
        "notes": _notes(found, asked),
        "details": {"cost": found.cost, "bound": found.bound, "gap": found.gap, "tries": found.tries,
                    "seconds": round(found.seconds, 3)},
    }  # fmt: skip


def _said(found: Expansion, asked: Asked, before: Summary, after: Summary, why: str) -> str:
    if why:
        return f"Buy nothing, because {why}."
    many = int(found.ordered.sum())
    won, money = after.pieces - before.pieces, (after.value - before.value) * asked.margin
    return (
        f"{plural(many, 'order')} for {found.spent:,.0f} {asked.currency} win {won:,.0f} {asked.piece}s and "
        f"{money:,.0f} {asked.currency} of margin by the plan's end; at most {found.gap:.2%} from the best."
    )


def orders_told(found: Expansion) -> list[dict[str, Any]]:
    """What is ordered, a row for each option and week, by week."""
    orders = found.orders
    chosen = [int(place) for place in np.flatnonzero(found.ordered)]
    chosen.sort(key=lambda place: (int(orders.week[place]), orders.means.options[orders.option[place]].name))
    return [
        _order(
            orders.means.options[orders.option[place]], orders.means.cells[
                orders.means.options[orders.option[place]].cell].name,
            int(orders.week[place]), int(found.ordered[place]), found.plan.network,
        )
        for place in chosen
    ]  # fmt: skip


def _order(option: Option, cell: str, week: int, many: int, network: Network) -> dict[str, Any]:
    working = option.working(week, network.weeks)
    paid = many * sum(amount for _, amount in option.payments(week, network.weeks))
    return {
        "option": option.name, "cell": cell, "way": option.way, "count": many,
        "ordered_in": network.week_name(week), "makes_from": network.week_name(week + option.delay),
        "paid": round(paid), "charged": round(many * option.charge(week, network.weeks)),
        "delivered_in": network.week_name(week + option.lead),
        "makes_until": network.week_name(working.stop - 1) if working.stop < network.weeks else None,
    }  # fmt: skip


def removed(before: Exposure | None, after: Exposure | None) -> int | None:
    """Value that the worst stop of a site loses less; below 0 where more is at stake. None where nobody knows."""
    return None if before is None or after is None else round(before.impact - after.impact)


def effect_told(summary: Summary, name: str, exposure: Exposure | None) -> dict[str, Any]:
    """A plan in a few numbers, under a name."""
    return {
        "plan": name, "wanted": round(summary.wanted), "supplied": round(summary.pieces),
        "fill": summary.pieces / summary.wanted if summary.wanted else 1.0, "on_time": summary.on_time,
        "value": round(summary.value), "short": round(summary.wanted - summary.pieces), "full": summary.full,
        **exposure_told(exposure),
    }  # fmt: skip


def exposure_told(exposure: Exposure | None) -> dict[str, Any]:
    """What the worst stop of a site loses, and which stop that is."""
    if exposure is None:
        return {"impact": None, "worst_stop": None}
    return {"impact": round(exposure.impact), "worst_stop": exposure.stop or None}


def _demands(before: Summary, after: Summary) -> list[dict[str, Any]]:
    return [
        {"demand": name, "fill_before": fill, "fill_now": after.fill[name]}
        for name, fill in before.fill.items() if abs(after.fill[name] - fill) > 1e-4
    ]  # fmt: skip


def _notes(found: Expansion, asked: Asked) -> list[str]:
    notes = [
        f"Assumed: {asked.margin:.0%} of the plan's cost counts beside money; a price is written off evenly over its "
        "life, rent counts whole.",
        IMPACT,
    ]
    if found.gap > asked.gap + 1e-9:
        notes.append(f"The orders may be up to {found.gap:.2%} from the best, more than the {asked.gap:.2%} asked.")
    return notes
