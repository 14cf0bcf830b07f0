"""Measure plans on fictional provinces: building the model, static plans, max-min, what-if, and the weekly optimum.

    python bench/plan.py [--small] [--sizes small medium large] [--json FILE]

Peers run on the same model in the same run: linopy and PuLP build it, SciPy's HiGHS and GLOP solve it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from corecar import simulate_chain
from corecar.network.arrays import Network
from corecar.network.from_chain import network_of
from corecar.network.model import Model, weekly_model
from corecar.plan.rules import share_out
from corecar.plan.solving import chosen, solve
from corecar.program import Program
from machine import describe_machine
from plan_peers import by_glop, by_scipy, in_linopy, in_pulp

SIZES = ("small", "medium", "large")
PEERS_TO = 200_000
"""Variables up to which linopy and PuLP build the model too."""
SOLVED_TO = 25_000
"""Variables up to which the weekly model is solved to its optimum, here and by the peers."""
SHORTAGE = 0.75
"""Capacity of the max-min runs over that of the province, so that there is something to share out."""
PROMISES: dict[str, dict[str, float]] = {
    "large": {"model": 1.0, "static plan": 0.5, "static what-if": 1.0},
    "small": {"static what-if": 1.0},
    "medium": {"static what-if": 1.0},
}
CUT = 0.9
"""Capacity that is left of the first four weeks in the weekly what-if."""
SAME = 1e-6
"""Relative difference up to which two optima are one."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for and print it; 0 when everything ran."""
    options = _parser().parse_args(arguments)
    if options.small:
        options.sizes, options.weeks, options.runs = ["small"], 16, 1
    report: dict[str, Any] = {"machine": describe_machine(), "sizes": {}}
    print("\n".join(f"{name:14} {value}" for name, value in report["machine"].items()), flush=True)
    _timed(lambda: solve(network_of(simulate_chain("small"), weeks=2)), 1)
    for size in options.sizes:
        report["sizes"][size] = _sized(size, options.weeks, options.runs)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    return 0


def _sized(size: str, weeks: int | None, runs: int) -> dict[str, Any]:
    chain = simulate_chain(size)  # type: ignore[arg-type]
    network, seconds = _timed(lambda: network_of(chain, weeks=weeks), 1)
    (model, _), built = _timed(lambda: _with_program(network), runs)
    rows, variables = model.program.shape
    found: dict[str, Any] = {"rows": rows, "variables": variables, "entries": len(model.program.values)}
    print(f"\n{size}: {variables:,} variables, {rows:,} rows, {found['entries']:,} entries", flush=True)
    found["network"] = _say(size, "network from the tables", seconds)
    found["model"] = _say(size, "model", built)
    if variables <= PEERS_TO:
        for name, build in (("linopy", in_linopy), ("PuLP", in_pulp)):
            found[name] = _say(size, f"model, {name}, rows ready made", _timed(lambda build=build: build(model), 1)[1])  # type: ignore[misc]
    found |= _static(size, network, runs)
    if variables <= SOLVED_TO:
        found |= _weekly(size, network, model)
    else:
        print("  the weekly optimum is not looked for at this size: no open solver finds it in minutes", flush=True)
    return found


def _with_program(network: Network) -> tuple[Model, Program]:
    model = weekly_model(network)
    return model, model.program


def _static(size: str, network: Network, runs: int) -> dict[str, Any]:
    """One static plan, max-min level by level in a shortage, and a what-if: a group stands still for four weeks."""
    whole = weekly_model(network.over_the_horizon())
    found: dict[str, Any] = {"static plan": _say(size, "static plan", _timed(lambda: solve(whole), runs)[1])}
    groups = network.groups
    tight = replace(network, groups=replace(groups, actual=SHORTAGE * groups.actual, maximum=SHORTAGE * groups.maximum))
    scarce = weekly_model(tight.over_the_horizon())
    shared, seconds = _timed(lambda: share_out(scarce, "max_min_fill"), 1)
    levels = [level.seconds for level in shared.levels]
    middle = statistics.median(levels)
    print(f"  {'static max-min':34} {seconds:9.3f} s, {len(levels)} levels of {middle:.3f} s (median)", flush=True)
    found |= {"max-min": seconds, "levels": len(levels), "level": middle}
    found["static what-if"] = _say(size, "static what-if", _timed(lambda: solve(_stopped(network)), runs)[1])
    return found


def _stopped(network: Network) -> Model:
    """The static model where the fullest group has nothing for four weeks."""
    maximum = network.groups.maximum.copy()
    maximum[int(maximum.sum(axis=1).argmax()), :4] = 0.0
    return weekly_model(replace(network, groups=replace(network.groups, maximum=maximum)).over_the_horizon())


def _weekly(size: str, network: Network, model: Model) -> dict[str, Any]:
    """The weekly optimum here and by the peers, and the plan after a what-if."""
    plan, seconds = _timed(lambda: solve(model), 1)
    name = chosen("choose", model)
    found: dict[str, Any] = {"weekly plan": _say(size, f"weekly plan, {name}", seconds), "cost": plan.cost}
    theirs, seconds = _timed(lambda: by_scipy(model.program), 1)
    found["scipy"] = _say(size, "weekly plan, SciPy's HiGHS", seconds)
    glop, seconds = by_glop(model.program)
    found["glop"] = _say(size, "weekly plan, GLOP", seconds)
    found["apart"] = max(abs(other - plan.cost) / abs(plan.cost) for other in (theirs, glop))
    same = "met" if found["apart"] <= SAME else "MISSED"
    print(f"  optima apart by {found['apart']:.1e} of the cost: {same} (<= {SAME:g})", flush=True)
    cut = network.groups.maximum.copy()
    cut[:, :4] *= CUT
    changed = replace(network, groups=replace(network.groups, maximum=cut))
    found["weekly what-if"] = _say(size, "weekly what-if", _timed(lambda: solve(changed), 1)[1])
    return found


def _timed(work: Callable[[], Any], runs: int) -> tuple[Any, float]:
    """What work gives, and the median of its seconds."""
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - begun)
    return result, statistics.median(seconds)


def _say(size: str, what: str, seconds: float) -> float:
    limit = PROMISES.get(size, {}).get(what)
    verdict = "" if limit is None else f"  {'met' if seconds <= limit else 'MISSED'} (<= {limit:g} s)"
    print(f"  {what:34} {seconds:9.3f} s{verdict}", flush=True)
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure plans of the chain.")
    parser.add_argument("--small", action="store_true", help="a small province over 16 weeks, to see that it runs")
    parser.add_argument("--sizes", nargs="*", default=list(SIZES), choices=SIZES, help="provinces to measure")
    parser.add_argument("--weeks", type=int, help="weeks of the horizon; without it all 60")
    parser.add_argument("--runs", type=int, default=3, help="rounds of what is quick; the median counts")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
