"""How much riskier a route is than assumed, by what its lots tell: outliers, a yield that falls, stopped lots.

    factor = sum over the three numbers of weight x measured / assumed, within bounds

The weights add up to 1 and a number that nobody measured counts as assumed, so a route of which nothing is known has
the factor 1. Assumed values, weights and bounds are rows of the table `Route risk`: a template, to be confirmed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from corecar.standards import value

STANDARD = "Route risk"
RiskNumber = Literal["outliers", "drift", "stopped"]
RISK_NUMBERS: tuple[RiskNumber, ...] = get_args(RiskNumber)


@dataclass(frozen=True)
class RouteRisk:
    """One number of one route.

    number    outliers: part of the units that passed every test and that a screen took out all the same
              drift: by how much the yield falls in a week; 0 where it rises, or moves by no more than chance
              stopped: part of the lots that are held, quarantined or scrapped
    assumed   what counts where nothing is measured; measured: what the lots tell
    lots      that it rests on
    taken     whether it counts; `why` says why not, or on what it rests
    """

    route: str
    number: RiskNumber
    assumed: float
    measured: float
    lots: int
    taken: bool
    why: str

    @property
    def name(self) -> str:
        """As a switch names it: `MCU-T.drift`."""
        return f"{self.route}.{self.number}"


def assumed_risk(number: RiskNumber) -> float:
    """What counts for a route of which nothing is measured."""
    return float(value(STANDARD, "assumed", number))


def risk_factor(measured: Mapping[RiskNumber, float]) -> float:
    """How many times as risky as assumed a route is; a number that is not given counts as assumed.

    >>> risk_factor({}), risk_factor({"stopped": 0.15})
    (1.0, 1.8)
    """
    total = sum(
        float(value(STANDARD, "weight", number)) * measured.get(number, assumed_risk(number)) / assumed_risk(number)
        for number in RISK_NUMBERS
    )
    least, most = (float(value(STANDARD, "bounds", name)) for name in ("least", "most"))
    return round(min(max(total, least), most), 12)


def risk_factors(numbers: Iterable[RouteRisk]) -> dict[str, float]:
    """The factor of each route of which a number counts."""
    by_route: dict[str, dict[RiskNumber, float]] = defaultdict(dict)
    for each in numbers:
        if each.taken:
            by_route[each.route][each.number] = each.measured
    return {route: risk_factor(found) for route, found in sorted(by_route.items())}
