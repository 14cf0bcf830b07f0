"""What may stop: each site, route, region and party, sets of them, nothing; and in how many weeks it recovers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.network.arrays import Integers, Network
from corecar.standards import parameters

Kind = Literal["site", "route", "region", "party"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STANDARD = "Stress"
TEMPLATE = "template, to be confirmed"
GIVEN = "as given"


@dataclass(frozen=True)
class Scenario:
    """One stop.

    kind     site, route, region, party, `joint` or `nothing`
    closed   int64: activities that stand still
    sites    where they are
    weeks    time to recover; of several sites, of the one that takes longest
    source   where the weeks come from
    """

    kind: str
    name: str
    closed: Integers
    sites: tuple[str, ...]
    weeks: float
    source: str


@dataclass(frozen=True)
class Recovery:
    """Weeks until a site delivers again: as given for it, else as given for all, else by its slowest stage.

    own      site -> weeks
    default  for every other site; None for the table of stages
    """

    own: Mapping[str, float]
    default: float | None = None

    def of(self, site: str, stages: Iterable[str]) -> tuple[float, str]:
        """Weeks and their source."""
        if site in self.own:
            return self.own[site], GIVEN
        if self.default is not None:
            return self.default, GIVEN
        known = weeks_by_stage()
        return max((known[stage] for stage in stages if stage in known), default=max(known.values())), TEMPLATE


def weeks_by_stage() -> dict[str, float]:
    """Weeks to recover by stage: a template, to be confirmed."""
    return {each.parameter: float(each.value) for each in parameters(STANDARD) if each.rule == "recovery"}


class Scenarios:
    """The stops of a network.

    sites     the chain's table of sites, which says in which region a site is and whose it is
    recovery  how long each takes
    Raises    ArgumentError for a time to recover of a site that is not there, or that is no number of weeks above 0
    """

    def __init__(self, network: Network, sites: Any, recovery: Recovery) -> None:
        self.network, self.recovery = network, recovery
        self.at: dict[str, list[int]] = {}
        for activity, site in enumerate(network.activities.site):
            if site:
                self.at.setdefault(site, []).append(activity)
        rows = {row["site"]: row for row in sites.select(["site", "region", "party"]).to_pylist()}
        self.of = {kind: {site: rows.get(site, {}).get(kind) or "" for site in self.at} for kind in ("region", "party")}
        self._check(rows)
        self.weeks = {site: recovery.of(site, self._stages(site)) for site in self.at}

    def _check(self, rows: Mapping[str, Any]) -> None:
        for site, weeks in self.recovery.own.items():
            if site not in rows and site not in self.at:
                raise ArgumentError(f'time to recover: there is no site "{site}". {meant(site, self.at)}')
            _weeks(weeks, site)
        if self.recovery.default is not None:
            _weeks(self.recovery.default, "every site")

    def _stages(self, site: str) -> set[str]:
        return {self.network.items.stage[self.network.activities.output[activity]] for activity in self.at[site]}

    def every(self, kind: Kind) -> list[Scenario]:
        """One for each site, route, region or party that makes something, by name."""
        if kind == "site":
            return [self._stop(kind, site, [site]) for site in sorted(self.at)]
        if kind == "route":
            made = self.network.activities
            routes = [activity for activity, site in enumerate(made.site) if site]
            return sorted((self._route(activity) for activity in routes), key=lambda scenario: scenario.name)
        named = sorted(set(self.of[kind].values()) - {""})
        return [self._stop(kind, name, [s for s in sorted(self.at) if self.of[kind][s] == name]) for name in named]

    def factors(self, risks: Mapping[str, float]) -> dict[str, float]:
        """How many times as risky as assumed each site is: as its riskiest route; sites of which nothing is known not.

        risks  of routes, by `corecar.chain.route_risk`
        """
        names = self.network.activities.names
        found = {site: [risks[names[at]] for at in own if names[at] in risks] for site, own in self.at.items()}
        return {site: max(several) for site, several in found.items() if several}

    def factor(self, scenario: Scenario, risks: Mapping[str, float]) -> float:
        """How many times as risky as assumed a stop is: as its riskiest route; a region's stop has other causes."""
        names = self.network.activities.names
        if scenario.kind == "region":
            return 1.0
        return max((risks[names[at]] for at in scenario.closed.tolist() if names[at] in risks), default=1.0)

    def joint(self, names: Sequence[str]) -> Scenario:
        """Several sites, regions or parties at once. Raises ArgumentError for a name that is none of them."""
        sites: set[str] = set()
        for name in names:
            found = {site for site in self.at if name in (site, self.of["region"][site], self.of["party"][site])}
            if not found:
                known = [*self.at, *self.of["region"].values(), *self.of["party"].values()]
                raise ArgumentError(f'no site, region or party "{name}" makes anything. {meant(name, known)}')
            sites |= found
        return self._stop("joint", " + ".join(names), sorted(sites))

    def nothing(self) -> Scenario:
        """No stop at all: nothing is lost beyond what is lost anyway."""
        return Scenario(
            "nothing", "nothing stops", np.zeros(0, np.int64), (), max(w for w, _ in self.weeks.values()), ""
        )

    def _route(self, activity: int) -> Scenario:
        made = self.network.activities
        weeks, source = self.weeks[made.site[activity]]
        return Scenario(
            "route", made.names[activity], np.array([activity], np.int64), (made.site[activity],), weeks, source
        )

    def _stop(self, kind: str, name: str, sites: Sequence[str]) -> Scenario:
        closed = np.array(sorted(activity for site in sites for activity in self.at[site]), np.int64)
        weeks, source = max(self.weeks[site] for site in sites)
        return Scenario(kind, name, closed, tuple(sites), weeks, source)


def _weeks(weeks: float, whose: str) -> None:
    if not 0 < weeks < 999:
        raise ArgumentError(f"time to recover of {whose}: {weeks:g} weeks; expected more than 0 and less than 999.")
