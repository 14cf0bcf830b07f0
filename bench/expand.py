"""Measure how orders of machines are found, by the number of cells: gap, plans, seconds.

python bench/expand.py [--small] [--cells N ...] [--gap PART] [--seconds S] [--points N] [--json FILE]

With --points: sums of money, each from the orders and cuts of those before and each anew, by prices and exactly.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from corecar import simulate_chain
from corecar.chain.words import HOUR
from corecar.network.arrays import Network
from corecar.network.from_chain import network_of
from corecar.network.model import weekly_model
from corecar.plan.expansion.by_prices import expansion_by_prices
from corecar.plan.expansion.cells import cells_of
from corecar.plan.expansion.choosing import METHODS
from corecar.plan.expansion.frontier import frontier
from corecar.plan.expansion.kept import Kept
from corecar.plan.expansion.options import means_of
from corecar.plan.expansion.orders import orders_of
from corecar.simulate.machines import with_machines
from corecar.simulate.provinces import BEGIN, Counts
from machine import describe_machine

HOUSE = Counts(400, 50, 50, 100)
"""500 products in all, 60 weeks."""
TRIAL = Counts(12, 4, 4, 20, weeks=30)
SUMS = (("exact", 0.002), ("prices", 0.02))
"""By which method sums of money of the trial house are measured, and to which gap."""
FLOOR = 0.7
"""Part of its hours that the test floor has, so that there is something to expand."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for and print it; 0 when everything ran."""
    options = _parser().parse_args(arguments)
    counts, several = (TRIAL, [12]) if options.small else (HOUSE, options.cells)
    print("\n".join(f"{name:14} {value}" for name, value in describe_machine().items()), flush=True)
    bare = simulate_chain("small", counts=counts) if not options.points else None
    if options.points:
        found = _sums(options.points, options.seconds)
        if options.json is not None:
            options.json.write_text(json.dumps(found, indent=1))
        return 0
    found = [_measured(bare, counts, cells, options.gap, options.seconds) for cells in several]
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1))
    return 0


def _measured(bare: Any, counts: Counts, cells: int, gap: float, seconds: float) -> dict[str, Any]:
    chain = with_machines(bare, cells=cells, begin=BEGIN, weeks=counts.weeks)
    begun = time.perf_counter()
    network = _short(network_of(chain))
    orders = orders_of(means_of(chain, network, cells_of(chain)), network)
    ready = time.perf_counter() - begun
    size = weekly_model(network).places.count
    products = chain.products.num_rows
    print(f"{chain.cells.num_rows} cells, {products} products, {network.weeks} weeks: {size:,} variables of the plan, "
          f"{len(orders):,} whole, made in {ready:.1f} s", flush=True)  # fmt: skip
    found = expansion_by_prices(network, orders, margin=0.1, gap=gap, time_limit=seconds)
    many = int(found.ordered.sum())
    print(f"  {many} orders, {found.spent / 1e6:,.1f} million; gap {found.gap:.2%} in {found.seconds:.0f} s, "
          f"{found.tries} plans", flush=True)  # fmt: skip
    return {
        "cells": chain.cells.num_rows, "products": products, "weeks": network.weeks, "variables": size,
        "whole": len(orders), "orders": many, "spent": found.spent, "cost": found.cost, "bound": found.bound,
        "gap": found.gap, "seconds": found.seconds, "plans": found.tries,
    }  # fmt: skip


def _sums(points: int, seconds: float) -> list[dict[str, Any]]:
    """Seconds of each sum of money of the trial house, begun from those before and anew."""
    chain = with_machines(simulate_chain("small", counts=TRIAL), cells=12, begin=BEGIN, weeks=TRIAL.weeks)
    network = _short(network_of(chain))
    means = means_of(chain, network, cells_of(chain))
    expansion_by_prices(network, orders_of(means, network), margin=0.1, gap=1.0)  # so that all is compiled
    rows = []
    for method, gap in SUMS:
        for how, kept in (("anew", None), ("from those before", Kept())):
            find = partial(METHODS[method].run, network, margin=0.1, gap=gap, time_limit=seconds, kept=kept)
            found = frontier(network, means, find, points=points)
            took = [round(point.found.seconds, 2) for point in (found[-1], *found[:-1])]
            gaps = [point.found.gap for point in found]
            print(f"{method}, {how}: {sum(took):.1f} s, {took}; gaps up to {max(gaps):.2%}", flush=True)
            rows.append({"method": method, "how": how, "seconds": took, "gaps": gaps})
    return rows


def _short(network: Network) -> Network:
    """The house as it is to be expanded: its groups that count in hours have a part of what they had."""
    part = np.array([FLOOR if unit == HOUR else 1.0 for unit in network.groups.unit])[:, None]
    groups = network.groups
    return replace(network, groups=replace(groups, actual=part * groups.actual, maximum=part * groups.maximum))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure how orders of machines are found.")
    parser.add_argument("--small", action="store_true", help="a trial house, to see that it runs")
    parser.add_argument("--cells", type=int, nargs="+", default=[75, 150, 300], help="how many cells, each in turn")
    parser.add_argument("--gap", type=float, default=0.02, help="at which the orders are good enough")
    parser.add_argument("--seconds", type=float, default=600.0, help="that finding them may take")
    parser.add_argument("--points", type=int, default=0, help="so many sums of money, in two ways, instead")
    parser.add_argument("--json", type=Path, help="write the figures there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
