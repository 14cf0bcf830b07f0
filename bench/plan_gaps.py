"""Measure how near to the best weekly plan each solver comes in a time limit, all by one certificate.

    python bench/plan_gaps.py [--small] [--sizes small medium large] [--seconds S] [--peers NAME ...] [--json FILE]

Every peer gets the same program in a process of its own. What it ends with, optimal or not, is mended into a plan by
`corecar.plan.repair` and into a bound by `corecar.plan.bound`, as our own method's points are; the gap is between them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from corecar import simulate_chain
from corecar.network.arrays import Network
from corecar.network.from_chain import network_of
from corecar.network.model import Model, weekly_model
from corecar.plan.bound import prices_of, proved
from corecar.plan.first_order import plan_by_prices
from corecar.plan.plans import Plan, gap_of
from corecar.plan.repair import feasible
from machine import describe_machine
from plan_peers import ARRAYS
from plan_runs import PEERS, peak_mb

SIZES = ("small", "medium", "large")
GRACE = 30.0
"""Seconds beyond its time limit after which a peer that does not stop is stopped."""
NEAR = 1e-3
"""Gap that our own method is asked for."""
ON_THE_WAY = (0.02, 0.01, 0.001)
"""Gaps of which is said after how many seconds they were reached."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for and print it; 0 when everything ran."""
    options = _parser().parse_args(arguments)
    if options.small:
        options.sizes, options.weeks, options.seconds = ["small"], 8, 2.0
    report: dict[str, Any] = {"machine": describe_machine(), "sizes": {}}
    print("\n".join(f"{name:14} {value}" for name, value in report["machine"].items()), flush=True)
    plan_by_prices(weekly_model(network_of(simulate_chain("small"), weeks=2)), gap=0.1, time_limit=10.0)
    for size in options.sizes:
        report["sizes"][size] = _sized(size, options.weeks, options.seconds, options.peers, options.what_if)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    return 0


def _sized(size: str, weeks: int | None, limit: float, peers: Sequence[str], again: float | None) -> dict[str, Any]:
    model = weekly_model(network_of(simulate_chain(size), weeks=weeks))  # type: ignore[arg-type]
    print(f"\n{size}: {model.places.count:,} variables, at most {limit:g} s each", flush=True)
    before, begun = peak_mb(), time.perf_counter()
    plan = plan_by_prices(model, gap=NEAR, time_limit=limit)
    ours = {
        "seconds": time.perf_counter() - begun, "status": "ended", "peak_mb": peak_mb(), "before_mb": before,
        "cost": plan.cost, "bound": plan.bound, "gap": plan.gap,
        "curve": [[step.seconds, step.gap] for step in plan.history],
    }  # fmt: skip
    found = {"corecar": ours}
    _say("corecar", ours)
    if again is not None:
        found["what-if"] = _what_if(model.network, plan, again)
        _say("what-if", found["what-if"])
    for name in peers:
        found[name] = _peer(name, model, limit)
        _say(name, found[name])
    return {"variables": model.places.count, "found": found}


def _what_if(network: Network, plan: Plan, limit: float) -> dict[str, Any]:
    """Demand moved by up to 5 % and two groups at half their capacity for ten weeks, from the plan as it was."""
    random = np.random.default_rng(1)
    wanted = network.demands.wanted * random.uniform(0.95, 1.05, network.demands.wanted.shape)
    most = network.groups.maximum.copy()
    most[[len(most) // 3, 2 * len(most) // 3], 10:20] *= 0.5
    groups = replace(network.groups, maximum=most, actual=np.minimum(network.groups.actual, most))
    moved = weekly_model(replace(network, demands=replace(network.demands, wanted=wanted), groups=groups))
    begun = time.perf_counter()
    then = plan_by_prices(moved, gap=NEAR, time_limit=limit, start=plan)
    return {
        "seconds": time.perf_counter() - begun, "status": "ended", "peak_mb": peak_mb(), "cost": then.cost,
        "bound": then.bound, "gap": then.gap, "curve": [[step.seconds, step.gap] for step in then.history],
    }  # fmt: skip


def _peer(name: str, model: Model, limit: float) -> dict[str, Any]:
    """What a peer ends with, mended and measured as our own."""
    with tempfile.TemporaryDirectory(prefix="corecar-bench-") as folder:
        program, found = Path(folder) / "program.npz", Path(folder) / "found.npz"
        np.savez(program, **{array: getattr(model.program, array) for array in ARRAYS})
        runs = Path(__file__).with_name("plan_runs.py")
        command = [sys.executable, str(runs), name, str(program), str(found), str(limit)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=limit + GRACE)
        except subprocess.TimeoutExpired:
            return {"seconds": limit + GRACE, "status": "did not stop", "peak_mb": None, "gap": None}
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        arrays = np.load(found)
        return told | _mended(model, arrays["x"], arrays["y"])


def _mended(model: Model, x: Any, y: Any) -> dict[str, Any]:
    rows, columns = model.program.shape
    if len(x) != columns or len(y) != rows or not (np.isfinite(x).all() and np.isfinite(y).all()):
        return {"gap": None}
    places, values = model.places, np.append(np.maximum(x, 0.0), 0.0)
    plan = feasible(model, values[places.start], values[places.supplied])
    able = model.able
    bound = proved(model.network, prices_of(model, y), limit=able).bound
    return {"cost": plan.cost, "bound": bound, "gap": gap_of(plan.cost, bound)}


def _say(name: str, found: dict[str, Any]) -> None:
    gap = "no point" if found["gap"] is None else f"{100 * found['gap']:.4f} %"
    peak = "" if found["peak_mb"] is None else f"{found['peak_mb']:,.0f} MB"
    print(f"  {name:14} {found['seconds']:8.2f} s  gap {gap:>12}  peak {peak:>9}  {found['status']}", flush=True)
    for wanted in ON_THE_WAY if "curve" in found else ():
        reached = [seconds for seconds, gap in found["curve"] if gap <= wanted]
        print(f"  {'':14} {wanted:8.1%} " + (f"after {reached[0]:.1f} s" if reached else "not reached"), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the gap of weekly plans against peers.")
    parser.add_argument("--small", action="store_true", help="a small province over 8 weeks, to see that it runs")
    parser.add_argument("--sizes", nargs="*", default=list(SIZES), choices=SIZES, help="provinces to measure")
    parser.add_argument("--weeks", type=int, help="weeks of the horizon; without it all 60")
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit of each solver [s]")
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=PEERS, help="solvers to compare with")
    parser.add_argument("--what-if", type=float, help="time limit of a changed plan that begins from ours [s]")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
