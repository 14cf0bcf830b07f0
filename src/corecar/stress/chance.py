"""Years drawn by chance: which sites and regions stop, for how long, and what the worst of them cost on the mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corecar.errors import ArgumentError
from corecar.network.arrays import Floats
from corecar.standards import value
from corecar.stress.scenarios import STANDARD, Scenario, Scenarios
from corecar.stress.steady import Steady
from corecar.stress.sweep import Advance, Threads

LEAST_WEEKS, MOST_WEEKS = 0.5, 104.0


@dataclass(frozen=True)
class Chances:
    """How often and how long.

    site, region  chance that one stops in a year; a region stops all its sites
    spread        standard deviation of the logarithm of the time to recover, whose median is that of the scenario
    tail          part of the years that counts as the worst
    """

    site: float
    region: float
    spread: float
    tail: float

    @classmethod
    def template(cls) -> Chances:
        """Values of the table `stress`: a template, to be confirmed."""
        return cls(*(float(value(STANDARD, "chance", name)) for name in ("site", "region", "spread", "tail")))


@dataclass(frozen=True)
class Year:
    """One drawn year: what stopped, until when, and the value lost beyond what is lost anyway."""

    stops: tuple[str, ...]
    weeks: float
    impact: float


def years(
    scenarios: Scenarios,
    threads: Threads,
    chances: Chances,
    count: int,
    seed: int,
    advance: Advance | None = None,
    factors: Mapping[str, float] | None = None,
) -> list[Year]:
    """Draw years; all that stops in one stops together, until the slowest has recovered.

    factors  how many times as often as `chances` says a site stops, by site; once for every other

    Times to recover are drawn log-normal, in half weeks between half a week and two years; the same seed draws the
    same.
    """
    random = np.random.default_rng(seed)
    often = factors or {}
    single = [(each, min(chances.site * often.get(each.name, 1.0), 1.0)) for each in scenarios.every("site")]
    single += [(each, chances.region) for each in scenarios.every("region")]
    chance = np.array([each for _, each in single])
    median = np.array([scenario.weeks for scenario, _ in single])
    stopped = random.random((count, len(single))) < chance
    weeks = median * np.exp(chances.spread * random.standard_normal((count, len(single))))
    weeks = np.clip(np.round(weeks * 2) / 2, LEAST_WEEKS, MOST_WEEKS)
    drawn = [
        _together([single[at][0] for at in np.flatnonzero(down)], float(each[down].max(initial=0.0)))
        for down, each in zip(stopped, weeks, strict=True)
    ]
    asked = [each for each in drawn if each.sites]
    threads.first.prepare({each.weeks for each in asked})

    def ask(steady: Steady, each: Scenario) -> float:
        steady.calm = threads.first.calm
        return steady.loss(each.closed, each.weeks).value

    impact = iter(threads.map(ask, asked, advance))
    return [
        Year(tuple(each.name.split(" + ")), each.weeks, next(impact)) if each.sites else Year((), 0.0, 0.0)
        for each in drawn
    ]


def worst_mean(losses: Floats | Sequence[float], tail: float) -> float:
    """Conditional value at risk, the mean of the worst years: min over eta of eta + E[(loss - eta)+] / tail.

    losses  float64, shape (years,)
    tail    part of the years, above 0 and 1 at most
    Raises  ArgumentError
    Source  Rockafellar and Uryasev, "Optimization of conditional value-at-risk", Journal of Risk 2(3), 2000

    >>> worst_mean([0, 0, 0, 10], 0.5)
    5.0
    """
    values = np.sort(np.asarray(losses, np.float64))[::-1]
    if not len(values) or not 0 < tail <= 1:
        raise ArgumentError(
            f"the mean of the worst {tail:g} of {len(values)} years: expected years, and a part in (0, 1]."
        )
    left = tail * len(values) - np.arange(len(values))
    weight = np.clip(left, 0.0, 1.0)
    return float(values @ weight / weight.sum())


def _together(stops: Sequence[Scenario], weeks: float) -> Scenario:
    sites = tuple(sorted({site for each in stops for site in each.sites}))
    closed = np.unique(np.concatenate([np.zeros(0, np.int64), *(each.closed for each in stops)]))
    return Scenario("joint", " + ".join(each.name for each in stops), closed, sites, weeks, "drawn")
