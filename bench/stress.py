"""How long a stress of every site takes, by size of the chain: ours beside the plain way, a run from nothing each time.

    python bench/stress.py [--small] [--tightness 0.9] [--json FILE]

The plain way solves each stop at its time to recover, and again at the times that the tangents lead to, from nothing;
of the larger sizes it is asked about a part of the sites, evenly spread, and its time is told for all of them.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.network.arrays import Network
from corecar.stress.scenarios import Recovery, Scenario, Scenarios
from corecar.stress.steady import LONGEST, StandingStill, Steady
from corecar.stress.sweep import Threads, sweep
from machine import describe_machine
from networks import Size, network_of_size

SIZES = {
    "small": Size(chips=26, modules=8, programs=10, sites=30),
    "medium": Size(chips=260, modules=40, programs=60, sites=200),
    "large": Size(chips=3000, modules=300, programs=500, sites=200),
}
LIMIT_S = 30.0
"""What a sweep of the large size may take on two cores [s]."""
PLAIN = 10
"""Sites that the plain way is asked about, at most."""
TTR = 8.0


def scenarios_of(network: Network) -> list[Scenario]:
    """Every site, each with the same time to recover."""
    sites = sorted(set(network.activities.site) - {""})
    table = pa.table({"site": sites, "region": [None] * len(sites), "party": [None] * len(sites)})
    return Scenarios(network, table, Recovery({}, TTR)).every("site")


def plain(steady: Steady, scenario: Scenario) -> tuple[float, float]:
    """Impact and time to survive, every run from nothing."""
    with StandingStill(steady, scenario.closed):
        at_once = steady.at(scenario.weeks)
        impact = at_once.value - steady.undisturbed_at(scenario.weeks)
        begin = scenario.weeks if impact > steady.least else LONGEST
        return max(impact, 0.0), steady.last(steady.at, begin)


def measured(size: Size, workers: int) -> dict[str, Any]:
    """One size: seconds of both, their ratio, and how far their answers lie apart."""
    network = network_of_size(size)
    asked = scenarios_of(network)
    begun, of_processor = time.perf_counter(), time.process_time()
    threads = Threads(network, workers=workers)
    ready = time.perf_counter() - begun
    found = sweep(threads, asked)
    seconds, of_processor = time.perf_counter() - begun, time.process_time() - of_processor
    few = list(range(0, len(asked), -(-len(asked) // PLAIN)))
    begun = time.perf_counter()
    apart = [plain(threads.first, asked[at]) for at in few]
    whole = (time.perf_counter() - begun) * len(asked) / len(few)
    return {
        "sites": len(asked), "rows": threads.first.program.shape[0], "variables": threads.first.program.shape[1],
        "seconds": seconds, "cpu_seconds": of_processor,
        "ready_seconds": ready, "plain_seconds": whole,
        "ratio": whole / seconds, "plain_sites": len(few),
        "lose": sum(each.impact > 0 for each in found), "never_lose": sum(bool(np.isinf(e.survival)) for e in found),
        "apart": _apart(threads.first, [(found[at].impact, found[at].survival) for at in few], apart),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
    }  # fmt: skip


def _apart(steady: Steady, ours: Sequence[tuple[float, float]], theirs: Sequence[tuple[float, float]]) -> float:
    """The largest relative difference of impact and time to survive."""
    worst = 0.0
    for (impact, weeks), (other, others) in zip(ours, theirs, strict=True):
        last = min(weeks, LONGEST)
        worst = max(worst, abs(impact - other) / max(other, steady.least / 1e-6), abs(last - others) / (1 + others))
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="the smallest size only")
    parser.add_argument("--tightness", type=float, default=1.3, help="capacity over need; below 1 a real shortage")
    parser.add_argument("--workers", type=int, default=2, help="threads of ours")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args()
    report: dict[str, Any] = {"machine": describe_machine(), "workers": options.workers, "sizes": {}}
    for name in ["small"] if options.small else list(SIZES):
        size = report["sizes"][name] = measured(replace(SIZES[name], tightness=options.tightness), options.workers)
        print(
            f"{name:<8} {size['sites']:>4} sites  ours {size['seconds']:7.2f} s (CPU {size['cpu_seconds']:.1f})  "
            f"plain {size['plain_seconds']:8.1f} s  x {size['ratio']:5.1f}  peak {size['peak_mb']:6.0f} MB  "
            f"apart {size['apart']:.1e}",
            flush=True,
        )
    if "large" in report["sizes"]:
        seconds = report["sizes"]["large"]["seconds"]
        print(f"promise: large below {LIMIT_S:g} s: {'kept' if seconds < LIMIT_S else 'MISSED'} ({seconds:.1f} s)")
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
