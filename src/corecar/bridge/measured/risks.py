"""What lots tell of the risk of a chain's routes, beside what is assumed: for matching and for stress."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from corecar.bridge.calls import Call
from corecar.bridge.lot.stopped import NO_SUPPLY, lot_states
from corecar.bridge.measured.insertions import Insertion, insertions
from corecar.bridge.measured.measuring import LAST_LOTS, LEAST_LOTS, level_of, parties_of_sites, routes_of
from corecar.chain.chain import Chain
from corecar.chain.route_risk import RiskNumber, RouteRisk, assumed_risk, risk_factors
from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.plurals import plural

MeasuredRisk = Annotated[
    bool, "Count outliers, falling yields and stopped lots of a route as its risk, instead of what is assumed."
]
AssumedRisk = Annotated[
    list[str] | None, "A number that stays as assumed all the same, such as MCU-T.drift, or a route."
]


@dataclass(frozen=True)
class Risks:
    """What counts as the risk of routes.

    numbers  all that was measured, with what is assumed; factors: of routes of which something counts
    notes    what there is to say of it
    """

    numbers: tuple[RouteRisk, ...]
    factors: Mapping[str, float]
    notes: tuple[str, ...]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A row for each number of each route."""
        return [
            {"route": each.route, "number": each.number, "assumed": each.assumed, "measured": each.measured,
             "lots": each.lots, "taken": each.taken, "risk_factor": self.factors.get(each.route), "why": each.why}
            for each in self.numbers
        ]  # fmt: skip


def risks(call: Call, chain: Chain, measured: bool, assumed: Sequence[str] = ()) -> Risks | None:
    """What lots tell of the risk of a chain's routes; None where nobody asks for it.

    assumed  names such as `MCU-T.drift`, or a route's name for all of its numbers
    Raises   ArgumentError for a number that was not measured, or any where nobody asks for measured ones;
             DamagedSource, SourceMissing
    """
    if not measured:
        if assumed:
            raise ArgumentError(f"{assumed[0]} is assumed anyway: only --measured counts what was measured.")
        return None
    with call.store.catalogue.reading() as session:
        several = insertions(session, call.store, call.actor, LAST_LOTS)
        states = lot_states(session, call.actor)
    found = risk_numbers(chain, several, states)
    names = {each.name for each in found} | {each.route for each in found}
    for name in assumed:
        if name not in names:
            raise ArgumentError(f'"{name}" was not measured, so it is assumed anyway. {meant(name, names)}'.rstrip())
    counted = [each for each in found if not {each.name, each.route} & set(assumed)]
    return Risks(tuple(found), factors := risk_factors(counted), tuple(_notes(found, factors)))


def risk_numbers(chain: Chain, several: Sequence[Insertion], states: Mapping[str, str]) -> list[RouteRisk]:
    """What insertions tell of each route; of several insertions of one route the worst counts."""
    routes, parties = chain.routes.to_pylist(), parties_of_sites(chain)
    by_route: dict[str, list[Insertion]] = defaultdict(list)
    for insertion in several:
        for route in routes_of(insertion, routes, parties)[0]:
            by_route[route].append(insertion)
    found = []
    for route, seen in sorted(by_route.items()):
        for number in (_outliers, _drift, _stopped):
            told = [each for insertion in seen if (each := number(route, insertion, states)) is not None]
            if told:
                found.append(max(told, key=lambda each: (each.taken, each.measured)))
    return found


def _outliers(route: str, insertion: Insertion, _: Mapping[str, str]) -> RouteRisk | None:
    lots = [lot for lot in insertion.lots if lot.screened and lot.passed]
    if not lots:
        return None
    passed, good = sum(lot.passed for lot in lots), sum(lot.good for lot in lots)
    why = f"{passed - good:,} of {passed:,} units that passed every test"
    return _sure(route, "outliers", max(passed - good, 0) / passed, len(lots), why)


def _drift(route: str, insertion: Insertion, _: Mapping[str, str]) -> RouteRisk | None:
    level = level_of(insertion)
    if level is None or level.trend is None:
        return None
    falls = max(-level.trend, 0.0) if level.moves else 0.0
    return _sure(route, "drift", falls, level.lots, "the yield from week to week, where it moves by more than chance")


def _stopped(route: str, insertion: Insertion, states: Mapping[str, str]) -> RouteRisk | None:
    stopped = [lot.lot for lot in insertion.lots if states.get(lot.lot) in NO_SUPPLY]
    total = len(insertion.lots)
    return _sure(route, "stopped", len(stopped) / total, total, f"{len(stopped):,} of {plural(total, 'lot')}")


def _sure(route: str, number: RiskNumber, measured: float, lots: int, why: str) -> RouteRisk:
    taken = lots >= LEAST_LOTS
    told = why if taken else f"{plural(lots, 'lot')}, {LEAST_LOTS} are asked for; {why}"
    return RouteRisk(route, number, assumed_risk(number), measured, lots, taken, told)


def _notes(found: Sequence[RouteRisk], factors: Mapping[str, float]) -> list[str]:
    if not found:
        return ["No lot tells anything of the chain's routes, so the risk of all of them is as assumed."]
    if not factors:
        return ["No measured risk counts, so that of all routes is as assumed: --json tells why."]
    worst = max(factors, key=lambda route: (factors[route], route))
    return [
        f"The risk of {plural(len(factors), 'route')} is as measured, that of the others as assumed; the riskiest is "
        f"{worst}, {factors[worst]:.2f} times as risky as assumed. Assumed values and weights are a template, to be "
        "confirmed."
    ]
