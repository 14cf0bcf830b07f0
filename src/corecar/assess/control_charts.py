"""Control charts: which points a process would seldom make if nothing had changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from corecar.assess.chart_panels import (
    ChartOptions,
    Panel,
    Panels,
    individuals,
    means_and_ranges,
    means_and_sds,
)
from corecar.assess.control_constants import CONVENTIONS, ControlConstants
from corecar.assess.count_charts import counts, proportions
from corecar.assess.figures import Figures
from corecar.assess.memory_charts import cumulative_sum, moving_average
from corecar.assess.runs_rules import COUNTING, Rule, chosen_rules, rule_set, signalled
from corecar.assess.samples import FloatArray, choice, folded, readings_of, spelled
from corecar.errors import ArgumentError

KINDS: dict[str, Callable[[Any, ChartOptions], Panels]] = {
    "i-mr": individuals,
    "xbar-r": means_and_ranges,
    "xbar-s": means_and_sds,
    "p": proportions,
    "np": proportions,
    "u": counts,
    "c": counts,
    "ewma": moving_average,
    "cusum": cumulative_sum,
}
"""Charts by name."""

_INDIVIDUALS = ("i", "x", "xmr", "individual", "individuals", "imovingrange", "individualsmovingrange")
_KIND_ALIASES = {
    **dict.fromkeys(_INDIVIDUALS, "i-mr"),
    "xbarrange": "xbar-r",
    "xbarsd": "xbar-s",
    **{f"{folded(kind)}chart": kind for kind in KINDS},
}
"""Other names of charts, folded, as people write them."""

_WITHOUT_RUNS = ("ewma", "cusum")
"""Their points are not independent, so that runs rules say nothing of them."""


@dataclass(frozen=True)
class Chart(Figures):
    """What `chart` answers. Points are numbered from 1, missing readings count.

    location         what is watched: readings, means, proportions, moving average; of cusum the upper sum
    spread           moving ranges, ranges or standard deviations, where the kind has them
    low_side         of cusum the lower sum, as a positive number
    center, sigma    of the process; sigma is of one reading, of p, np, u, c and of subgroups in ewma and cusum of the
                     first point
    lcl, ucl         the limits of the last point; those of all stand in `location`
    average_spread   the average moving range, range or standard deviation
    signals          points by rule; out is all of them
    spread_signals   points of `spread` beyond its limits
    """

    kind: str
    center: float
    sigma: float
    lcl: float
    ucl: float
    average_spread: float | None
    location: Panel
    spread: Panel | None
    low_side: Panel | None
    signals: dict[str, tuple[int, ...]]
    spread_signals: tuple[int, ...]
    out: tuple[int, ...]
    missing: int
    counting: str
    constants: str
    rules: tuple[Rule, ...]
    notes: tuple[str, ...]


def chart(
    values: Any,
    kind: str = "i-mr",
    rules: str | Rule | Iterable[str | Rule] | None = "western electric",
    *,
    counting: str = "points",
    subgroup: Any = None,
    sizes: Any = None,
    center: float | None = None,
    sigma: float | None = None,
    width: float = 3.0,
    span: int = 2,
    weight: float = 0.2,
    steady: bool = False,
    allowance: float = 0.5,
    interval: float = 5.0,
    head_start: float = 0.0,
    constants: str = "printed",
) -> Chart:
    """A control chart with its limits and the points that its rules signal.

    values       readings in order of time, NaN where one is missing; of "xbar-r" and "xbar-s" one row per subgroup, or
                 one column with `subgroup`; of p, np, u, c the counts
    kind         "i-mr", "xbar-r", "xbar-s", "p", "np", "u", "c", "ewma" or "cusum", in any case, with or without
                 hyphen; "XmR" and "individuals" are "i-mr"
    rules        "western electric" ("we"), "nelson", "limits", names such as "nelson-5" or "we 2", or `Rule`s; None for
                 none
    counting     of trends and alternations: "points" or "differences" (one point later)
    subgroup     size of consecutive subgroups, or a label per reading
    sizes        of p, np, u: parts looked at, one number or one per point
    center       known centre (phase II); otherwise estimated
    sigma        known sigma of one reading; otherwise estimated
    width        half-width of the limits in sigmas
    span         readings per moving range
    weight       of EWMA, 0 to 1: what the newest reading counts (lambda)
    steady       of EWMA: the limits of a long history from the first point on
    allowance    of cusum: half the shift to find, in sigmas (k)
    interval     of cusum: the sum that signals, in sigmas (h)
    head_start   of cusum: where the sums begin, in sigmas (fast initial response: interval / 2)
    constants    "printed" (tables of handbooks: A2, D4, ... with three decimals), "divisors" (d2, d3, c4 so rounded and
                 the rest computed, as programs do) or "exact"
    Returns      Chart
    Raises       ArgumentError, TooFewParts
    Source       NIST/SEMATECH e-Handbook 6.3.2 and 6.3.3; ASTM E2587; Western Electric (1956); Nelson (1984)

    >>> found = chart([49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1])
    >>> round(found.center, 2), round(found.ucl, 4), found.out
    (50.81, 55.8041, ())
    """
    name = _kind(kind)
    choice(counting, COUNTING, "counting")
    if not width > 0:
        raise ArgumentError(f"width: more than 0 sigmas were expected, found {width!r}.")
    convention = ControlConstants(choice(constants, CONVENTIONS, "constants"), width)
    options = ChartOptions(
        convention, subgroup, sizes, center, sigma, span, weight, steady, allowance, interval, head_start, name
    )
    panels = KINDS[name](readings_of(values), options)
    chosen = rule_set("limits") if name in _WITHOUT_RUNS else chosen_rules(rules)
    return _answered(name, panels, chosen, counting, constants, width)


def _kind(kind: str) -> str:
    return spelled(kind, tuple(KINDS), "kind", _KIND_ALIASES)


def _answered(kind: str, panels: Panels, rules: tuple[Rule, ...], counting: str, constants: str, width: float) -> Chart:
    location, spread, low_side = panels.location, panels.spread, panels.low_side
    if kind in _WITHOUT_RUNS:
        beyond = location.beyond() + (low_side.beyond() if low_side else ())
        signals = {"beyond limits": tuple(sorted(set(beyond)))}
    else:
        signals = _signals(location, rules, counting, width)
    return Chart(
        kind=kind,
        center=panels.center,
        sigma=panels.sigma,
        lcl=location.lower[-1],
        ucl=location.upper[-1],
        average_spread=panels.average_spread,
        location=location,
        spread=spread,
        low_side=low_side,
        signals=signals,
        spread_signals=spread.beyond() if spread else (),
        out=tuple(sorted({point for points in signals.values() for point in points})),
        missing=panels.missing,
        counting=counting,
        constants=constants,
        rules=rules,
        notes=panels.notes,
    )


def _signals(location: Panel, rules: tuple[Rule, ...], counting: str, width: float) -> dict[str, tuple[int, ...]]:
    z = _standardised(location)
    numbers, values = np.array(location.points), np.array(location.values)
    return {
        rule.name: tuple(numbers[signalled(rule, z, values, counting=counting, width=width)].tolist()) for rule in rules
    }


def _standardised(location: Panel) -> FloatArray:
    distance = np.array(location.values) - location.center
    sigma = np.array(location.sigma)
    away = np.where(distance == 0, 0.0, np.copysign(inf, distance))
    z: FloatArray = np.divide(distance, sigma, out=away, where=sigma > 0)
    return z
