"""`plan explain`, `shortages`, `whatif`, `policy`, `needs`, `alerts`: of a chain in files, or of a kept plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from corecar.cli.generated import ActorOption, LaterOption, WorkspaceOption
from corecar.cli.options import Csv, Json
from corecar.cli.plan_files import NOT_OF_FILES, Chain, Exact, FirstWeek, LimitName, OverName, RuleName, Weeks, planning

NOT_OF_KEPT = "is for the chain of files, and a kept plan has its own. Leave it out, or name the files of a chain."
Answered = Callable[[Any, Callable[[], bool]], dict[str, Any]]

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
PlanOption = Annotated[
    int | None, typer.Option("--plan", metavar="N", help="Number of the kept plan; without it your last one.")
]
Rule = Annotated[
    RuleName | None, typer.Option("--rule", help="Who gets what is scarce, of files; without it max_min_fill.")
]
Limit = Annotated[
    LimitName | None, typer.Option("--limit", help="Up to which capacity, of files; without it the maximum.")
]
Over = Annotated[
    OverName | None,
    typer.Option("--over", help="Shares of the horizon's sum, or of the sum up to every week; without it horizon."),
]
Gap = Annotated[
    float | None,
    typer.Option("--gap", metavar="PART", min=0, help="Part by which the cost may lie above its bound; else 0.01."),
]
TimeLimit = Annotated[
    float | None, typer.Option("--time-limit", metavar="S", help="Seconds for each plan; without it 120.")
]
Method = Annotated[
    str | None,
    typer.Option("--method", help="How it is solved, as of corecar plan; without it chosen by the plan's size."),
]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="A folder for a page, a PDF and the tables.")]
Before = Annotated[
    str | None,
    typer.Option("--before", metavar="CHAIN", help="The earlier chain, files; in a workspace an import's number."),
]
Interval = Annotated[
    int | None, typer.Option("--weeks", metavar="N", min=0, help="How many weeks ago the earlier state is; else 4.")
]


def _given(
    rule: RuleName | None, first_week: str | None, weeks: int | None, limit: LimitName | None, over: OverName | None,
    exact: bool, gap: float | None, time_limit: float | None, method: str | None,
) -> dict[str, Any]:  # fmt: skip
    """How a plan of files is to be made; None for what was not said."""
    return {
        "rule": rule, "first_week": first_week, "weeks": weeks, "limit": limit, "over": over, "exact": exact or None,
        "gap": gap, "time_limit": time_limit, "method": method,
    }  # fmt: skip


def explain(
    demand: Demand = None, chain: Chain = None, week: By = None, remedies: Tries = 6, cost: Cost = None,
    rule: Rule = None, first_week: FirstWeek = None, weeks: Weeks = None, limit: Limit = None,
    over: Over = None, exact: Exact = False, gap: Gap = None, time_limit: TimeLimit = None, method: Method = None,
    plan: PlanOption = None,
    out: Out = None, workspace: WorkspaceOption = None, actor: ActorOption = None, later: LaterOption = False,
    json: Json = False, csv: Csv = False,
) -> None:  # fmt: skip
    """Say why a demand is short: what it waits for, what blocks and at which price, and what would help.

    Each blocking point has its price (pieces gained by one more unit) and the range over which that holds; each remedy
    is planned again. Of a chain in files, or of a plan that a workspace keeps.
    """
    from corecar.bridge.plan.explaining import explained

    if demand is not None and not chain and Path(demand).exists():
        chain, demand = [Path(demand)], None
    named = None if demand == "-" else demand
    how: dict[str, Any] = {"demand": named, "week": week, "remedies": remedies, "cost": cost}
    _answer(
        "plan_explain", how, chain,
        _given(rule, first_week, weeks, limit, over, exact, gap, time_limit, method),
        {"--workspace": workspace, "--as": actor, "--later": later, "--plan": plan}, out, json, csv,
        lambda made, stop: explained(made, named, week, tries=remedies, costs=cost or (), stop=stop),
    )  # fmt: skip


def shortages(
    chain: Chain = None, rule: Rule = None, first_week: FirstWeek = None, weeks: Weeks = None, limit: Limit = None,
    over: Over = None, exact: Exact = False, gap: Gap = None, time_limit: TimeLimit = None, method: Method = None,
    plan: PlanOption = None, out: Out = None, workspace: WorkspaceOption = None, actor: ActorOption = None,
    later: LaterOption = False, json: Json = False, csv: Csv = False,
) -> None:  # fmt: skip
    """List every demand and week in which something is behind, with why, the most value first."""
    from corecar.bridge.plan.explaining import shortages as shortages_of

    _answer(
        "plan_shortages", {}, chain,
        _given(rule, first_week, weeks, limit, over, exact, gap, time_limit, method),
        {"--workspace": workspace, "--as": actor, "--later": later, "--plan": plan}, out, json, csv,
        lambda made, _: shortages_of(made),
    )  # fmt: skip


def whatif(
    chain: Chain = None, scenarios: Scenarios = None, file: ScenarioFile = None, rule: Rule = None,
    first_week: FirstWeek = None, weeks: Weeks = None, limit: Limit = None,
    over: Over = None, exact: Exact = False, gap: Gap = None, time_limit: TimeLimit = None, method: Method = None,
    plan: PlanOption = None, out: Out = None,
    workspace: WorkspaceOption = None, actor: ActorOption = None, later: LaterOption = False, json: Json = False,
    csv: Csv = False,
) -> None:  # fmt: skip
    """Say what changes do to a plan: each --if is a scenario, planned by the same rule, side by side.

    Changes: demand CAR-3 +20% 2027-W10..W13, site S12 down 2027-W10..W13, capacity TEST-1 +40 from 2027-W08, route R9
    from 2027-W20, route R9 like R3 group TEST-2, yield R1 =0.92, stock MCU after test +500, lot L3 released.
    """
    from corecar.bridge.plan.changed_plans import what_if

    _answer(
        "plan_whatif", {"scenarios": scenarios, "file": file}, chain,
        _given(rule, first_week, weeks, limit, over, exact, gap, time_limit, method),
        {"--workspace": workspace, "--as": actor, "--later": later, "--plan": plan}, out, json, csv,
        lambda made, stop: what_if(made, scenarios or (), file=file, stop=stop),
    )  # fmt: skip


def policy(
    chain: Chain = None, file: PolicyFile = None, rule: Rule = None, first_week: FirstWeek = None, weeks: Weeks = None,
    limit: Limit = None,
    over: Over = None, exact: Exact = False, gap: Gap = None, time_limit: TimeLimit = None, method: Method = None,
    plan: PlanOption = None, out: Out = None, workspace: WorkspaceOption = None,
    actor: ActorOption = None, later: LaterOption = False, json: Json = False, csv: Csv = False,
) -> None:  # fmt: skip
    """Show a plan with policies and without: vehicles, output value, on time, each party's benefit, public cost.

    Policies stand in the chain's table `policies`, or in a TOML file; each is looked at alone, then all together.
    """
    from corecar.bridge.plan.changed_plans import policy_effects

    _answer(
        "plan_policy", {"file": file}, chain,
        _given(rule, first_week, weeks, limit, over, exact, gap, time_limit, method),
        {"--workspace": workspace, "--as": actor, "--later": later, "--plan": plan}, out, json, csv,
        lambda made, stop: policy_effects(made, file=file, stop=stop),
    )  # fmt: skip


def needs(
    chain: Chain = None, rule: Rule = None, first_week: FirstWeek = None, weeks: Weeks = None, limit: Limit = None,
    over: Over = None, exact: Exact = False, gap: Gap = None, time_limit: TimeLimit = None, method: Method = None,
    plan: PlanOption = None, out: Out = None, workspace: WorkspaceOption = None, actor: ActorOption = None,
    later: LaterOption = False, json: Json = False, csv: Csv = False,
) -> None:  # fmt: skip
    """List what each need asked for, was promised, got and gets by the plan, and demand that is in doubt.

    In doubt: demand well above its own history, and one need that stands at several suppliers with about the same
    quantity. Response and cycle time stand beside each.
    """
    from corecar.bridge.plan.needs import needs_of

    _answer(
        "plan_needs", {}, chain,
        _given(rule, first_week, weeks, limit, over, exact, gap, time_limit, method),
        {"--workspace": workspace, "--as": actor, "--later": later, "--plan": plan}, out, json, csv,
        lambda made, _: needs_of(made),
    )  # fmt: skip


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
        _call_kept("plan_alerts", how, workspace, actor, False, wanted)
        return
    refuse({"--workspace": workspace, "--as": actor, "--weeks": weeks}, NOT_OF_FILES)
    if before is None:
        raise ArgumentError("name the chain as it was a measurement interval ago: --before CHAIN")
    from corecar.bridge.plan.needs import alerts_between
    from corecar.formats.chain import read_chain

    answer = alerts_between(read_chain(*chain), read_chain(before), first_week=first_week, since=before)
    _write(answer, "plan_alerts", out)
    print_answer(answer, wanted)


def _answer(
    verb: str, how: dict[str, Any], chain: list[Path] | None, options: Mapping[str, Any], kept: Mapping[str, Any],
    out: Path | None, json: bool, csv: bool, ask: Answered,
) -> None:  # fmt: skip
    """Ask a plan of files, or a kept one, and print the answer."""
    from corecar.cli.forms import form
    from corecar.cli.grading import refuse

    wanted = form(json, csv)
    if chain:
        refuse(kept, NOT_OF_FILES)
        given = {name: value for name, value in options.items() if value is not None}
        _of_files(chain, given, verb, out, wanted, ask)
        return
    refuse({f"--{name.replace('_', '-')}": value is not None for name, value in options.items()}, NOT_OF_KEPT)
    how |= {"plan": kept["--plan"], "out": out}
    _call_kept(verb, how, kept["--workspace"], kept["--as"], kept["--later"], wanted)


def _of_files(
    chain: list[Path], options: Mapping[str, Any], verb: str, out: Path | None, wanted: Any, ask: Answered
) -> None:
    from corecar.cli.answers import print_answer

    plain = {name: getattr(value, "value", value) for name, value in options.items()}
    with planning(chain, plain) as (made, stopped):
        answer = ask(made, stopped)
    _write(answer, verb, out)
    print_answer(answer, wanted)


def _write(answer: dict[str, Any], verb: str, out: Path | None) -> None:
    if out is not None:
        from corecar.bridge.plan.plan_answers import TITLES, write_answer

        write_answer(answer, TITLES[verb], out)
        answer["notes"] = [*answer["notes"], f"wrote: {out}"]


def _call_kept(
    verb: str, how: Mapping[str, Any], workspace: str | None, actor: str | None, later: bool, wanted: Any
) -> None:
    from corecar.bridge.verbs import WORKSPACE_VERBS
    from corecar.cli.calling import call_verb

    call_verb(WORKSPACE_VERBS[verb], how, workspace=workspace, actor=actor, key=None, later=later, wanted=wanted)
