"""Questions about machines to a plan that a workspace keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from corecar.bridge.agree.signed_volumes import signed_volumes, volumes_of
from corecar.bridge.calls import AtLeast, Call, in_session
from corecar.bridge.expand.cell_answers import cells_told
from corecar.bridge.expand.flow_answers import assumed_by, flow_told
from corecar.bridge.measured.rates import measured_rates
from corecar.bridge.measured.variability import measured_variation
from corecar.bridge.plan.committee_cases import committee_case
from corecar.bridge.plan.expanded_plans import MARGIN, expanded_plan
from corecar.bridge.plan.kept_questions import PlanNumber, kept_again, told_and_written
from corecar.bridge.plan.money_frontiers import RATE, money_frontier
from corecar.bridge.plan.shared_views import shared_view
from corecar.bridge.travel import Returned, Sent

Out = Annotated[str | Path | None, "A folder for a page, a PDF and the tables; it is made.", Returned(folder=True)]


def expand_cells(call: Call, *, plan: PlanNumber = None, out: Out = None) -> dict[str, Any]:
    """Say what each cell of machines can do, how full a kept plan makes it, and what limits it.

    A cell can do what the least of its testers, handlers and boards can. Units an hour are those that testers measured,
    where enough lots tell, else those of the table cell_runs.
    Raises  NotFound; ArgumentError for a chain without cells, and products that no cell can run; OutputError
    """
    made, notes = kept_again(call, plan)
    answer = cells_told(made.chain, made.planned.plan, measured_rates(call, made.chain))
    return told_and_written(answer, notes, "expand_cells", out)


def expand_flow(
    call: Call,
    *,
    load: Annotated[float, "Load of each cell of which the days are told beside today's, below 1."] = 0.9,
    week: Annotated[str | None, "Week whose pieces come, such as 2027-W30; without it the mean of the plan."] = None,
    lot: Annotated[float, "Pieces of a lot where no tester tells."] = 2000.0,
    arrivals: Annotated[
        float, "Coefficient of variation of the times between lots where no tester tells.", AtLeast(0)
    ] = 1.0,
    times: Annotated[float, "Coefficient of variation of the time of a lot where no tester tells.", AtLeast(0)] = 0.5,
    repair: Annotated[float, "Hours of a repair on the mean; OEE tells how often.", AtLeast(0)] = 2.0,
    plan: PlanNumber = None,
    out: Out = None,
) -> dict[str, Any]:
    """Say how long lots take at each cell by a kept plan, how many are there, and what a higher load would do.

    By queueing formulae: work in process, cycle time and X-factor, with set-ups and outages. Sizes of lots, how their
    times vary and how they come are those that testers measured, where enough lots tell, else assumed and told so.
    Raises  NotFound; ArgumentError for a chain without cells, a week that the plan does not have; OutputError
    """
    made, notes = kept_again(call, plan)
    answer = flow_told(
        made.chain, made.planned.plan, load=load, week=week, assumed=assumed_by(lot, arrivals, times, repair),
        measured=measured_rates(call, made.chain), told=measured_variation(call, made.chain),
    )  # fmt: skip
    return told_and_written(answer, notes, "expand_flow", out)


def expand_plan(
    call: Call,
    *,
    margin: Annotated[float, "Part of the plan's cost that counts beside money.", AtLeast(0)] = MARGIN,
    gap: Annotated[float, "Part by which the cost of orders and plan may lie above its bound.", AtLeast(0)] = 0.02,
    seconds: Annotated[float, "Seconds for finding the orders.", AtLeast(0)] = 600.0,
    how: Annotated[str, "How they are found: `choose`, `exact` or `prices`."] = "choose",
    plan: PlanNumber = None,
    out: Out = None,
) -> dict[str, Any]:
    """Say which machines, boards and conversions to order in which week, and what a kept plan wins by them.

    What can be ordered stands in the table machines, money in budgets, floor and staff in rooms. The plan is made again
    with the orders, by its own rule; the gap to the best orders is told.
    Raises  NotFound; ArgumentError for a chain without cells or machines; SolverError, Cancelled, OutputError
    """
    made, notes = kept_again(call, plan)
    answer = expanded_plan(
        made, margin=margin, gap=gap, time_limit=seconds, method=how, measured=measured_rates(call, made.chain),
        stop=call.stopped,
    )  # fmt: skip
    return told_and_written(answer, notes, "expand_plan", out)


def expand_frontier(
    call: Call,
    *,
    points: Annotated[int, "How many sums of money, from none to as much as the budgets allow.", AtLeast(1)] = 5,
    margin: Annotated[float, "Part of the plan's cost that counts beside money.", AtLeast(0)] = MARGIN,
    rate: Annotated[float, "Interest of a year, such as 0.08.", AtLeast(0)] = RATE,
    scenarios: Annotated[int, "Scenarios of demand in which the sums are compared; 0 for none.", AtLeast(0)] = 0,
    demand: Annotated[float, "Each demand is drawn within this part of itself, up or down.", AtLeast(0)] = 0.15,
    seed: Annotated[int, "Seed of the draw: the same seed draws the same scenarios.", AtLeast(0)] = 0,
    gap: Annotated[float, "Part by which the cost of each point may lie above its bound.", AtLeast(0)] = 0.02,
    seconds: Annotated[float, "Seconds for each point.", AtLeast(0)] = 600.0,
    plan: PlanNumber = None,
    out: Out = None,
) -> dict[str, Any]:
    """Hold sums of money against what stays short by a kept plan: orders, payback, net present value, regret.

    Raises  NotFound; ArgumentError for a chain without cells or machines; SolverError, Cancelled, OutputError
    """
    made, notes = kept_again(call, plan)
    answer = money_frontier(
        made, points=points, margin=margin, rate=rate, scenarios=scenarios, demand=demand, seed=seed, gap=gap,
        time_limit=seconds, measured=measured_rates(call, made.chain), stop=call.stopped,
    )  # fmt: skip
    return told_and_written(answer, notes, "expand_frontier", out)


def expand_case(
    call: Call,
    *,
    points: Annotated[int, "How many sums of money are held against what stays short.", AtLeast(1)] = 5,
    margin: Annotated[
        float | None, "Part of the value of what is won that is earned; without it as the table assumptions says.",
        AtLeast(0),
    ] = None,
    rate: Annotated[
        float | None, "Interest of a year, such as 0.08; without it as the table assumptions says.", AtLeast(0)
    ] = None,
    scenarios: Annotated[
        int | None, "Scenarios of demand in which the sums are compared; without it as the table says, else 4.",
        AtLeast(0),
    ] = None,
    demand: Annotated[
        float | None, "Each demand is drawn within this part of itself; without it as the table says, else 0.15.",
        AtLeast(0),
    ] = None,
    chosen: Annotated[bool, "The orders of the table chosen_orders instead of the best ones."] = False,
    seed: Annotated[int, "Seed of the draw: the same seed draws the same scenarios.", AtLeast(0)] = 0,
    gap: Annotated[float, "Part by which the cost of each point may lie above its bound.", AtLeast(0)] = 0.02,
    seconds: Annotated[float, "Seconds for each point.", AtLeast(0)] = 600.0,
    plan: PlanNumber = None,
    out: Annotated[
        str | Path | None, "A folder for a PDF of two pages and the committee's workbook; it is made.",
        Returned(folder=True),
    ] = None,
) -> dict[str, Any]:  # fmt: skip
    """Make the case for new machines: what to buy and when, what it earns, how much money, what limits each cell.

    The workbook's sheets are tables of the chain: what the committee changes in them is taken in by chain import, and
    --chosen reckons the orders that it chose.
    Raises  NotFound; ArgumentError for a chain without cells or machines, or chosen orders that are none; SolverError,
            Cancelled, OutputError
    """
    made, notes = kept_again(call, plan)
    answer = committee_case(
        made, points=points, margin=margin, rate=rate, scenarios=scenarios, demand=demand, chosen=chosen, seed=seed,
        gap=gap, time_limit=seconds, measured=measured_rates(call, made.chain), stop=call.stopped,
    )  # fmt: skip
    answer["notes"] += notes
    if out is not None:
        from corecar.bridge.plan.case_files import write_case

        write_case(made.chain, answer, out)
    return answer


def expand_shared(
    call: Call,
    *,
    memorandum: Annotated[
        list[str] | None, "Numbers of memoranda, signed or not; without it those that hold."
    ] = None,
    file: Annotated[
        str | Path | None, "A TOML file of [[policy]] tables; without it the table policies.", Sent()
    ] = None,
    margin: Annotated[float, "Part of the value of what is won that is earned.", AtLeast(0)] = MARGIN,
    rate: Annotated[float, "Interest of a year, such as 0.08.", AtLeast(0)] = RATE,
    scenarios: Annotated[int, "Scenarios of demand in which the orders are reckoned; 0 for none.", AtLeast(0)] = 4,
    demand: Annotated[float, "Each demand is drawn within this part of itself, up or down.", AtLeast(0)] = 0.15,
    seed: Annotated[int, "Seed of the draw: the same seed draws the same scenarios.", AtLeast(0)] = 0,
    gap: Annotated[float, "Part by which the cost of each case may lie above its bound.", AtLeast(0)] = 0.02,
    seconds: Annotated[float, "Seconds for each case.", AtLeast(0)] = 600.0,
    plan: PlanNumber = None,
    out: Out = None,
) -> dict[str, Any]:  # fmt: skip
    """Show the case for new machines with and without others' money, policies and memoranda, and who benefits.

    Others' money stands in the table co_investments. Each is shown alone, then all together, against own money alone.
    Raises  NotFound; ArgumentError where nobody else has a part in it, or for a policy that is none; SolverError,
            Cancelled, OutputError
    """
    made, notes = kept_again(call, plan, alone=True)
    with call.store.catalogue.reading() as session:
        reading = in_session(call, session)
        volumes = signed_volumes(reading) if memorandum is None else volumes_of(reading, memorandum)
    answer = shared_view(
        made, margin=margin, rate=rate, scenarios=scenarios, demand=demand, seed=seed, file=file, volumes=volumes,
        gap=gap, time_limit=seconds, measured=measured_rates(call, made.chain), stop=call.stopped,
    )  # fmt: skip
    return told_and_written(answer, notes, "expand_shared", out)
