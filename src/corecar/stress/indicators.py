"""How strong a chain is, window by window of its horizon: coverage, local share, single sources, exposure, value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from corecar.network.arrays import Network
from corecar.stress.concentration import sources
from corecar.stress.scenarios import Scenario
from corecar.stress.steady import Steady
from corecar.stress.sweep import Threads, sweep

NAMES: Mapping[str, bool] = {
    "coverage": True, "local_share": True, "single_source_share": False, "exposure": False, "value": True,
}  # fmt: skip
"""Each indicator, and whether more of it is better."""


@dataclass(frozen=True)
class Window:
    """Some weeks of a chain, as `replace` of the network they are cut out of.

    coverage             part of the demand by value that can be met
    local_share          part of what could be made at local sites, over all stages that are needed, by pieces
    single_source_share  part of these stages that one site alone can do, by pieces
    exposure             the largest performance impact of a site, over the value demanded in its time to recover
    value                of what can be met in a week
    """

    first: int
    weeks: int
    coverage: float
    local_share: float | None
    single_source_share: float
    exposure: float | None
    value: float


def window_of(
    network: Network,
    first: int,
    weeks: int,
    local: frozenset[str] | None,
    stops: Sequence[Scenario],
    workers: int | None,
) -> Window:
    """The indicators of some weeks; stock that lies there in the first week counts in the first window alone.

    local  sites that count as local; None for none said
    stops  whose exposure is looked at; none for no look
    """
    cut = cut_out(network, first, weeks)
    week = float(cut.demands.value @ cut.demands.wanted.mean(axis=1))
    if week <= 0:
        raise ValueError("a window without demand has no indicators")
    found = sources(cut)
    pieces = np.array([each.needed for each in found])
    whole = float(pieces.sum()) or 1.0
    single = sum(each.needed for each in found if len(each.sites) == 1)
    near = None
    if local is not None:
        near = sum(
            each.needed * share
            for each in found
            for site, share in zip(each.sites, each.shares.tolist(), strict=True)
            if site in local
        )
    threads = Threads(cut, workers=workers if stops else 1)
    lost = _lost(threads.first, cut.weeks)
    worst = max((each.impact / (week * each.scenario.weeks) for each in sweep(threads, stops)), default=None)
    return Window(
        first=first,
        weeks=cut.weeks,
        coverage=1.0 - lost / (week * cut.weeks),
        local_share=None if near is None else near / whole,
        single_source_share=single / whole,
        exposure=worst,
        value=week - lost / cut.weeks,
    )


def _lost(steady: Steady, weeks: int) -> float:
    steady.prepare([float(weeks)])
    return float(steady.calm[float(weeks)].point.value)


def cut_out(network: Network, first: int, weeks: int) -> Network:
    """Some weeks of a network. What lies there or arrives before them is taken for used by then."""
    span = slice(first, min(first + weeks, network.weeks))
    items, made, groups, demands = network.items, network.activities, network.groups, network.demands
    return replace(
        network,
        first_week=network.first_week + first,
        weeks=span.stop - span.start,
        items=replace(
            items, opening=items.opening if first == 0 else 0.0 * items.opening, arrivals=items.arrivals[:, span]
        ),
        activities=replace(
            made, yields=made.yields[:, span], cost=made.cost[:, span], most=made.most[:, span],
            lead=np.zeros(len(made), np.int64),
        ),
        groups=replace(groups, actual=groups.actual[:, span], maximum=groups.maximum[:, span]),
        demands=replace(demands, wanted=demands.wanted[:, span], late=demands.late[:, span]),
        floors=(),
    )  # fmt: skip
