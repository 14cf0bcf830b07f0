"""Questions to a plan, `plan explain` to `plan lights`: of a chain in files, or of what a workspace keeps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from corecar.cli.generated import ActorOption, WorkspaceOption
from corecar.cli.options import Csv, Json
from corecar.cli.plan_asking import Asked, Out, asks, call_kept, write
from corecar.cli.plan_files import NOT_OF_FILES, Chain, FirstWeek, Weeks

Demand = Annotated[
    str | None,
    typer.Argument(metavar="DEMAND", help="Which demand is short; `-` or nothing: the one that misses most value."),
]
By = Annotated[
    str | None, typer.Option("--week", metavar="WEEK", help="By when, such as 2027-W30; else when it is worst.")
]
Tries = Annotated[int, typer.Option("--remedies", metavar="N", min=0, help="How many remedies are planned at most.")]
Cost = Annotated[
    list[str] | None,
    typer.Option("--cost", metavar="NAME=AMOUNT", help="What one more unit of a group or item costs, such as T-1=45."),
]
Scenarios = Annotated[
    list[str] | None,
    typer.Option(
        "--if", "--scenarios", metavar="CHANGES",
        help="Such as `demand * +20%` or `NAME: site S1 down 2027-W10..W13; demand CAR -5%`; each is a scenario.",
    ),
]  # fmt: skip
ScenarioFile = Annotated[
    Path | None, typer.Option("--file", metavar="TOML", help="A TOML file of [[scenario]] tables.")
]
PolicyFile = Annotated[
    Path | None,
    typer.Option("--file", metavar="TOML", help="A TOML file of [[policy]] tables; else the table policies."),
]
HowMany = Annotated[int, typer.Option("--scenarios", metavar="N", min=1, help="How many are drawn.")]
Within = Annotated[
    float, typer.Option("--demand", metavar="PART", min=0, help="Each demand moves within this part of itself.")
]
Stops = Annotated[float, typer.Option("--stops", metavar="N", min=0, help="Groups that stop, on the mean.")]
Down = Annotated[int, typer.Option("--down", metavar="WEEKS", min=1, help="How long each of them stops.")]
Left = Annotated[float, typer.Option("--left", metavar="PART", min=0, help="Part of its capacity that is left then.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed draws the same scenarios.")]
Near = Annotated[float, typer.Option("--near", metavar="PART", min=0, help="Gap at which a scenario is good enough.")]
Workers = Annotated[
    str | None, typer.Option("--workers", help="Who plans them: `inline`, `processes:N`, or a cluster's address.")
]
Before = Annotated[
    str | None,
    typer.Option("--before", metavar="CHAIN", help="The earlier chain, files; in a workspace an import's number."),
]
Interval = Annotated[
    int | None, typer.Option("--weeks", metavar="N", min=0, help="How many weeks ago the earlier state is; else 4.")
]


@asks
def explain(asked: Asked, demand: Demand = None, week: By = None, remedies: Tries = 6, cost: Cost = None) -> None:
    """Say why a demand is short: what it waits for, what blocks and at which price, and what would help.

    Each blocking point has its price (pieces gained by one more unit) and the range over which that holds; each remedy
    is planned again. Of a chain in files, or of a plan that a workspace keeps.
    """
    from corecar.bridge.plan.explaining import explained

    if demand is not None and not asked.chain and Path(demand).exists():
        asked, demand = replace(asked, chain=[Path(demand)]), None
    named = None if demand == "-" else demand
    asked.answer(
        "plan_explain", {"demand": named, "week": week, "remedies": remedies, "cost": cost},
        lambda made, stop: explained(made, named, week, tries=remedies, costs=cost or (), stop=stop),
    )  # fmt: skip


@asks
def shortages(asked: Asked) -> None:
    """List every demand and week in which something is behind, with why, the most value first."""
    from corecar.bridge.plan.explaining import shortages as shortages_of

    asked.answer("plan_shortages", {}, lambda made, _: shortages_of(made))


@asks
def whatif(asked: Asked, scenarios: Scenarios = None, file: ScenarioFile = None) -> None:
    """Say what changes do to a plan: each --if is a scenario, planned by the same rule, side by side.

    Changes: demand CAR-3 +20% 2027-W10..W13, site S12 down 2027-W10..W13, capacity TEST-1 +40 from 2027-W08, route R9
    from 2027-W20, route R9 like R3 group TEST-2, yield R1 =0.92, stock MCU after test +500, lot L3 released.
    """
    from corecar.bridge.plan.changed_plans import what_if

    asked.answer(
        "plan_whatif", {"scenarios": scenarios, "file": file},
        lambda made, stop: what_if(made, scenarios or (), file=file, stop=stop),
    )  # fmt: skip


@asks
def policy(asked: Asked, file: PolicyFile = None) -> None:
    """Show a plan with policies and without: vehicles, output value, on time, each party's benefit, public cost.

    Policies stand in the chain's table `policies`, or in a TOML file; each is looked at alone, then all together.
    """
    from corecar.bridge.plan.changed_plans import policy_effects

    asked.answer("plan_policy", {"file": file}, lambda made, stop: policy_effects(made, file=file, stop=stop))


@asks
def chances(
    asked: Asked,
    scenarios: HowMany = 100,
    demand: Within = 0.1,
    stops: Stops = 1.0,
    down: Down = 4,
    left: Left = 0.0,
    seed: Seed = 0,
    near: Near = 0.01,
    workers: Workers = None,
) -> None:
    """Draw many scenarios by chance, plan each from the plan as it is, and say what the worst of them cost.

    In each every demand moves up or down, and groups stop for some weeks. The plan's starts and prices are where each
    begins, so it takes a part of the time that a plan takes; every cost stands with its gap, and the mean cost of the
    worst twentieth (CVaR) between two numbers. How many work at once changes nothing in the answer.
    """
    from corecar.bridge.plan.drawn_scenarios import drawn_scenarios

    how = {
        "scenarios": scenarios, "demand": demand, "stops": stops, "down": down, "left": left, "seed": seed,
    }  # fmt: skip
    asked.answer(
        "plan_chances", {**how, "gap": near, "workers": workers},
        lambda made, stop: drawn_scenarios(made, **how, gap=near, workers=workers or "inline", stop=stop),  # type: ignore[arg-type]
    )  # fmt: skip


@asks
def needs(asked: Asked) -> None:
    """List what each need asked for, was promised, got and gets by the plan, and demand that is in doubt.

    In doubt: demand well above its own history, and one need that stands at several suppliers with about the same
    quantity. Response and cycle time stand beside each.
    """
    from corecar.bridge.plan.needs import needs_of

    asked.answer("plan_needs", {}, lambda made, _: needs_of(made))


def alerts(
    chain: Chain = None,
    before: Before = None,
    first_week: FirstWeek = None,
    weeks: Interval = None,
    out: Out = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say which demand has changed by a threshold of its sub-horizon since a measurement interval ago (CX-0128).

    Of files: those of the chain as it is, and with --before those of the chain as it was. In a workspace the earlier
    state is that of four weeks ago, of --weeks, or after the import that --before names.
    """
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import form
    from corecar.cli.grading import refuse
    from corecar.errors import ArgumentError

    wanted = form(json, csv)
    if not chain:
        if before is not None and not before.isdigit():
            raise ArgumentError(f'--before "{before}": the number of an import was expected (corecar chain imports).')
        number = None if before is None else int(before)
        how = {"weeks": 4 if weeks is None else weeks, "before": number, "first_week": first_week, "out": out}
        call_kept("plan_alerts", how, workspace, actor, False, wanted)
        return
    refuse({"--workspace": workspace, "--as": actor, "--weeks": weeks}, NOT_OF_FILES)
    if before is None:
        raise ArgumentError("name the chain as it was a measurement interval ago: --before CHAIN")
    from corecar.bridge.plan.needs import alerts_between
    from corecar.formats.chain import read_chain

    answer = alerts_between(read_chain(*chain), read_chain(before), first_week=first_week, since=before)
    write(answer, "plan_alerts", out)
    print_answer(answer, wanted)


def lights(
    chain: Chain = None,
    first_week: FirstWeek = None,
    weeks: Weeks = None,
    customer: Annotated[
        str | None, typer.Option("--customer", help="Only its demand, against the capacity that is told for it.")
    ] = None,
    out: Out = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Hold the demand that is linked to each capacity group against its capacity, week by week (CX-0128).

    Green up to the capacity that is planned to be there, orange up to the maximum, red above it. Both sides of a link
    get the same lights; no plan is asked, and no lead time counts.
    """
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import form
    from corecar.cli.grading import refuse

    wanted = form(json, csv)
    if not chain:
        how = {"first_week": first_week, "weeks": weeks, "customer": customer, "out": out}
        call_kept("plan_lights", how, workspace, actor, False, wanted)
        return
    refuse({"--workspace": workspace, "--as": actor}, NOT_OF_FILES)
    from corecar.bridge.plan.linked_lights import lights_of
    from corecar.formats.chain import read_chain

    answer = lights_of(read_chain(*chain), first_week=first_week, weeks=weeks, customer=customer)
    write(answer, "plan_lights", out)
    print_answer(answer, wanted)
