"""Measure how the first-order method grows with chips, weeks and sites: size, time of a step, steps to a gap.

python bench/plan_growth.py [--small] [--axes chips weeks sites] [--gap PART] [--seconds S] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from corecar import simulate_chain
from corecar.compiled import on_threads
from corecar.network.from_chain import network_of
from corecar.network.model import Model, weekly_model
from corecar.plan.first_order import make_ready, plan_by_prices
from corecar.plan.search import CHUNK, Search
from corecar.simulate.provinces import Counts
from machine import describe_machine

MIDDLE = Counts(chips=300, modules=30, programs=50, sites=60, weeks=60)
AXES: dict[str, tuple[int, ...]] = {
    "chips": (30, 100, 300, 1_000, 3_000),
    "weeks": (20, 40, 80, 160, 240),
    "sites": (10, 30, 100, 300, 1_000),
}
"""What grows, from the least to the most; the rest is as in the middle, modules and programs grow with chips."""
ROUNDS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for and print it; 0 when everything ran."""
    options = _parser().parse_args(arguments)
    report: dict[str, Any] = {"machine": describe_machine(), "axes": {}}
    print("\n".join(f"{name:14} {value}" for name, value in report["machine"].items()), flush=True)
    make_ready()
    for axis in options.axes:
        print(f"\n{axis:>6} {'variables':>11} {'step':>9} {'of a variable':>14} {'steps':>7} {'seconds':>8} {'gap':>8}")
        values = AXES[axis][:1] if options.small else AXES[axis]
        report["axes"][axis] = [_measured(axis, value, options.gap, options.seconds) for value in values]
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    return 0


def _measured(axis: str, value: int, gap: float, seconds: float) -> dict[str, Any]:
    """One province: the least time of a step on one thread, and the search until the gap or the time."""
    counts = replace(MIDDLE, **{axis: value})
    if axis == "chips":
        counts = replace(counts, modules=max(value // 10, 4), programs=max(value // 6, 4))
    model = weekly_model(network_of(simulate_chain(counts=counts)))
    variables, step = model.places.count, _step(model)
    plan = plan_by_prices(model, gap=gap, time_limit=seconds)
    last = plan.history[-1]
    found = {axis: value, "variables": variables, "step_ms": 1e3 * step, "steps": last.iterations,
             "seconds": last.seconds, "gap": plan.gap}  # fmt: skip
    print(
        f"{value:6,} {variables:11,} {1e3 * step:6.3f} ms {1e9 * step / variables:11.2f} ns {last.iterations:7,} "
        f"{last.seconds:8.1f} {plan.gap:8.2%}",
        flush=True,
    )
    return found


def _step(model: Model) -> float:
    """Seconds of a step on one thread, the least of some rounds."""
    search, least = Search(model), float("inf")
    with on_threads(1):
        for _ in range(ROUNDS + 1):
            begun = time.perf_counter()
            search.go(CHUNK, lambda: False)
            least = min(least, (time.perf_counter() - begun) / CHUNK)
    return least


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure how weekly plans grow.")
    parser.add_argument("--small", action="store_true", help="the least of each axis, to see that it runs")
    parser.add_argument("--axes", nargs="*", default=list(AXES), choices=list(AXES), help="what grows")
    parser.add_argument("--gap", type=float, default=0.02, help="gap that is searched for")
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit of each search [s]")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
