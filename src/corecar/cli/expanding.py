"""Questions about machines, `expand cells`: of a chain in files, or of what a workspace keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corecar.cli.plan_asking import Asked, asks

Margin = Annotated[
    float, typer.Option("--margin", metavar="PART", min=0, help="Part of the plan's cost that counts beside money.")
]
Near = Annotated[
    float, typer.Option("--near", metavar="PART", min=0, help="Gap to the best orders that is good enough.")
]
Seconds = Annotated[float, typer.Option("--seconds", metavar="S", min=0, help="Seconds for finding the orders.")]
Points = Annotated[int, typer.Option("--points", metavar="N", min=1, help="How many sums, from none to all.")]
Rate = Annotated[float, typer.Option("--rate", metavar="PART", min=0, help="Interest of a year, such as 0.08.")]
Scenarios = Annotated[int, typer.Option("--scenarios", metavar="N", min=0, help="Scenarios of demand; 0 for none.")]
Within = Annotated[
    float, typer.Option("--demand", metavar="PART", min=0, help="Each demand moves within this part of itself.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed draws the same scenarios.")]
Load = Annotated[float, typer.Option("--load", metavar="PART", help="Load whose days are told beside today's.")]
Week = Annotated[str | None, typer.Option("--week", metavar="WEEK", help="Week whose pieces come; else the mean.")]
Lot = Annotated[float, typer.Option("--lot", metavar="N", help="Pieces of a lot where no tester tells.")]
Arrivals = Annotated[
    float, typer.Option("--arrivals", metavar="CV", min=0, help="How times between lots vary where no tester tells.")
]
Times = Annotated[
    float, typer.Option("--times", metavar="CV", min=0, help="How times of lots vary where no tester tells.")
]
Repair = Annotated[float, typer.Option("--repair", metavar="H", min=0, help="Hours of a repair on the mean.")]
OwnMargin = Annotated[
    float | None,
    typer.Option("--margin", metavar="PART", min=0, help="Part of the value that is earned; else as assumed."),
]
OwnRate = Annotated[
    float | None, typer.Option("--rate", metavar="PART", min=0, help="Interest of a year; else as assumed.")
]
OwnScenarios = Annotated[
    int | None, typer.Option("--scenarios", metavar="N", min=0, help="Scenarios of demand; else as assumed, or 4.")
]
OwnDemand = Annotated[
    float | None, typer.Option("--demand", metavar="PART", min=0, help="Each demand moves within it; else as assumed.")
]
Chosen = Annotated[bool, typer.Option("--chosen", help="The orders of the table chosen_orders, not the best ones.")]
How = Annotated[str, typer.Option("--how", help="How the orders are found: choose, exact or prices.")]

Memoranda = Annotated[
    list[str] | None,
    typer.Option("--memorandum", metavar="WHICH", help="A memorandum: its number, or with files its terms, a JSON."),
]
PolicyFile = Annotated[
    Path | None,
    typer.Option("--file", metavar="TOML", help="A TOML file of [[policy]] tables; else the table policies."),
]
Drawn = Annotated[int, typer.Option("--scenarios", metavar="N", min=0, help="Scenarios of demand; 0 for none.")]


@asks
def cells(asked: Asked) -> None:
    """Say what each cell of machines can do, how full the plan makes it, and what limits it.

    A cell can do what the least of its testers, handlers and boards can. In a workspace units an hour are those that
    testers measured, where enough lots tell; else those of the table cell_runs.
    """
    from corecar.bridge.expand.cell_answers import cells_told

    asked.answer("expand_cells", {}, lambda made, _: cells_told(made.chain, made.planned.plan))


@asks
def plan(asked: Asked, margin: Margin = 0.1, near: Near = 0.02, seconds: Seconds = 600.0, how: How = "choose") -> None:
    """Say which machines, boards and conversions to order in which week, and what the plan wins by them.

    What can be ordered stands in the table machines, money in budgets, floor and staff in rooms. Orders and plan are
    found together; the plan is then made again with the orders, by its own rule, and the gap to the best is told.
    """
    from corecar.bridge.plan.expanded_plans import expanded_plan

    asked.answer(
        "expand_plan", {"margin": margin, "gap": near, "seconds": seconds, "how": how},
        lambda made, stop: expanded_plan(made, margin=margin, gap=near, time_limit=seconds, method=how, stop=stop),
    )  # fmt: skip


@asks
def flow(
    asked: Asked,
    load: Load = 0.9,
    week: Week = None,
    lot: Lot = 2000.0,
    arrivals: Arrivals = 1.0,
    times: Times = 0.5,
    repair: Repair = 2.0,
) -> None:
    """Say how long lots take at each cell, how many are there, and how many days a higher load would mean.

    By queueing formulae: work in process, cycle time and X-factor, with set-ups and outages. In a workspace sizes of
    lots, how their times vary and how they come are those that testers measured, where enough lots tell.
    """
    from corecar.bridge.expand.flow_answers import assumed_by, flow_told

    own = {"load": load, "week": week, "lot": lot, "arrivals": arrivals, "times": times, "repair": repair}
    guess = assumed_by(lot, arrivals, times, repair)
    asked.answer(
        "expand_flow", own,
        lambda made, _: flow_told(made.chain, made.planned.plan, load=load, week=week, assumed=guess),
    )  # fmt: skip


@asks
def frontier(
    asked: Asked,
    points: Points = 5,
    margin: Margin = 0.1,
    rate: Rate = 0.08,
    scenarios: Scenarios = 0,
    demand: Within = 0.15,
    seed: Seed = 0,
    near: Near = 0.02,
    seconds: Seconds = 600.0,
) -> None:
    """Hold sums of money against what stays short: the best orders for each, payback, net present value, regret.

    Each point begins from what the one before found. With --scenarios all points are planned again while demand moves:
    expected cost, the worst, the mean of the worst tenth (CVaR), and regret over the best point of each scenario.
    """
    from corecar.bridge.plan.money_frontiers import money_frontier

    how = {"points": points, "margin": margin, "rate": rate, "scenarios": scenarios, "demand": demand, "seed": seed}
    asked.answer(
        "expand_frontier", {**how, "gap": near, "seconds": seconds},
        lambda made, stop: money_frontier(made, **how, gap=near, time_limit=seconds, stop=stop),  # type: ignore[arg-type]
    )  # fmt: skip


@asks
def case(
    asked: Asked,
    points: Points = 5,
    margin: OwnMargin = None,
    rate: OwnRate = None,
    scenarios: OwnScenarios = None,
    demand: OwnDemand = None,
    chosen: Chosen = False,
    seed: Seed = 0,
    near: Near = 0.02,
    seconds: Seconds = 600.0,
) -> None:
    """Make the case for new machines: what to buy and when, what it earns, how much money, what limits each cell.

    With --out a PDF of two pages for the board and a workbook for the committee. Its sheets are tables of the chain:
    what is changed in them is taken in, and --chosen reckons the orders that were chosen.
    """
    from corecar.bridge.plan.case_files import write_case
    from corecar.bridge.plan.committee_cases import committee_case

    how = {"points": points, "margin": margin, "rate": rate, "scenarios": scenarios, "demand": demand, "chosen": chosen,
           "seed": seed}  # fmt: skip
    asked.answer(
        "expand_case", {**how, "gap": near, "seconds": seconds},
        lambda made, stop: committee_case(made, **how, gap=near, time_limit=seconds, stop=stop),  # type: ignore[arg-type]
        lambda made, answer, out: write_case(made.chain, answer, out),
    )  # fmt: skip


@asks
def shared(
    asked: Asked,
    memorandum: Memoranda = None,
    file: PolicyFile = None,
    margin: Margin = 0.1,
    rate: Rate = 0.08,
    scenarios: Drawn = 4,
    demand: Within = 0.15,
    seed: Seed = 0,
    near: Near = 0.02,
    seconds: Seconds = 600.0,
) -> None:
    """Show the case for new machines with and without others' money, policies and memoranda, and who benefits.

    Others' money stands in the table co_investments, policies in policies or a file; memoranda are those that hold, or
    those that are named. Each is shown alone, then all together, against own money alone; sums over parties are those
    of the plans.
    """
    from corecar.bridge.agree.signed_volumes import volumes_in_files
    from corecar.bridge.plan.shared_views import shared_view

    how = {"margin": margin, "rate": rate, "scenarios": scenarios, "demand": demand, "seed": seed}
    asked.answer(
        "expand_shared", {**how, "memorandum": memorandum, "file": file, "gap": near, "seconds": seconds},
        lambda made, stop: shared_view(
            made, **how, file=file, volumes=volumes_in_files(memorandum or ()), gap=near, time_limit=seconds, stop=stop  # type: ignore[arg-type]
        ),
    )  # fmt: skip
