"""What customers call off at least: demand of a scenario, held up by the minimum call-offs of memoranda."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from corecar.chain.chain import Chain
from corecar.chain.weeks import monday, week_numbers
from corecar.network.arrays import Floats, Network
from corecar.network.claims import Book, Claim
from corecar.network.promises import serving


def with_least_called(
    chain: Chain, network: Network, moved: Network, volumes: Iterable[Mapping[str, Any]]
) -> Network:  # fmt: skip
    """A network whose demand moved, where each customer asks for no less than its memoranda bind it to.

    network  as it was asked; nobody is held to more than that
    volumes  as of `SignedVolume.kept`. Over the horizon, all demand of a customer is raised in one proportion
    """
    several = [*volumes]
    book, after = Book(chain, network, several), Book(chain, moved, several)
    factor = np.ones(len(moved.demands))
    for claim, other in zip(book.claims, after.claims, strict=True):
        bound = float(np.minimum(_least(claim, network), book.asked(claim)).sum())
        asked = float(after.asked(other).sum())
        if 0 < asked < bound:
            rows = list(claim.rows) if claim.kind == "supplied" else serving(chain, moved, claim.volume.customer)[0]
            factor[rows] = np.maximum(factor[rows], bound / asked)
    wanted = np.minimum(
        moved.demands.wanted * factor[:, None], np.maximum(network.demands.wanted, moved.demands.wanted)
    )
    return replace(moved, demands=replace(moved.demands, wanted=wanted))


def _least(claim: Claim, network: Network) -> Floats:
    """The minimum call-off of each week, float64 of shape (weeks,), in the unit of the volume."""
    least = np.zeros(network.weeks)
    for name, _, minimum, _ in claim.volume.weeks:
        place = int(week_numbers(np.array([monday(name)], "datetime64[D]"))[0]) - network.first_week
        if 0 <= place < network.weeks:
            least[place] = minimum
    return least
