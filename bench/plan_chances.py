"""Measure scenarios of a weekly plan, each from the plan as it is, over processes.

python bench/plan_chances.py [--small] [--size medium] [--scenarios N] [--workers N] [--gap PART]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from corecar import simulate_chain
from corecar.network.from_chain import network_of
from corecar.network.model import weekly_model
from corecar.plan.chances import chances
from corecar.plan.first_order import plan_by_prices
from corecar.simulate.provinces import Size
from corecar.store.executors.opening import open_executor
from machine import describe_machine


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for and print it; 0 when everything ran."""
    options = _parser().parse_args(arguments)
    size: Size
    size, weeks = ("small", 12) if options.small else (options.size, None)
    print("\n".join(f"{name:14} {value}" for name, value in describe_machine().items()), flush=True)
    model = weekly_model(network_of(simulate_chain(size), weeks=weeks))
    plan = plan_by_prices(model, gap=options.base_gap, time_limit=120.0)
    print(f"{size}: {model.places.count:,} variables, the plan in {plan.history[-1].seconds:.1f} s", flush=True)
    begun = time.perf_counter()
    with open_executor("processes", options.workers) as executor:
        found = chances(plan, scenarios=options.scenarios, gap=options.gap, most_steps=options.steps, executor=executor)
    seconds = time.perf_counter() - begun
    gaps = sorted(one.gap for one in found.outcomes)
    steps = sorted(one.steps for one in found.outcomes)
    low, high = found.cvar
    part = seconds / len(gaps)
    print(f"  {len(gaps)} scenarios in {seconds:.1f} s on {options.workers} processes, {part:.2f} s each")
    print(f"  gap: median {gaps[len(gaps) // 2]:.3%}, most {gaps[-1]:.3%}")
    print(f"  steps: median {steps[len(steps) // 2]:,}, most {steps[-1]:,}")
    print(f"  mean of the worst {found.worst:.0%}: {low / plan.cost:.4f} to {high / plan.cost:.4f} of the plan's cost")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure many scenarios of a weekly plan.")
    parser.add_argument("--small", action="store_true", help="a small province over 12 weeks, to see that it runs")
    parser.add_argument("--size", default="medium", choices=("small", "medium", "large"), help="the province")
    parser.add_argument("--scenarios", type=int, default=100, help="how many")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--gap", type=float, default=0.01, help="at which a scenario is good enough")
    parser.add_argument("--steps", type=int, default=20_000, help="most steps of a scenario")
    parser.add_argument("--base-gap", type=float, default=0.002, help="gap of the plan that they begin from")
    return parser


if __name__ == "__main__":
    sys.exit(main())
