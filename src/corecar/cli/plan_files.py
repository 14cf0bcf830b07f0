"""`plan`: a plan of a chain in files, or of the chain of a workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from corecar.cli.forms import Form, form
from corecar.cli.generated import ActorOption, KeyOption, LaterOption, WorkspaceOption
from corecar.cli.options import Csv, Json

NOT_OF_FILES = "is for the chain of a workspace, and what is named are files. Leave it out, or name no files."


class RuleName(StrEnum):
    """Who gets what is scarce."""

    cost = "cost"
    priority = "priority"
    proportional = "proportional"
    max_min_fill = "max_min_fill"
    max_min_quantity = "max_min_quantity"


class OverName(StrEnum):
    """What shares are taken over."""

    horizon = "horizon"
    week = "week"


class LimitName(StrEnum):
    """Up to which capacity is planned."""

    actual = "actual"
    maximum = "maximum"


Chain = Annotated[
    list[Path] | None,
    typer.Argument(metavar="CHAIN", help="Files and folders of a chain's tables; without them the workspace's."),
]
Rule = Annotated[
    RuleName,
    typer.Option("--rule", help="Who gets what is scarce: by cost, by class, in one proportion, or by max-min."),
]
Over = Annotated[OverName, typer.Option("--over", help="Shares of the horizon's sum, or of the sum up to every week.")]
Exact = Annotated[
    bool, typer.Option("--exact", help="Settle shares on the weekly model itself, run by run: exact, and slow.")
]
FirstWeek = Annotated[
    str | None, typer.Option("--first-week", metavar="WEEK", help="Such as 2027-W05; else the first with open demand.")
]
Weeks = Annotated[
    int | None, typer.Option("--weeks", metavar="N", min=1, help="How many weeks; else as far as demand reaches.")
]
Limit = Annotated[
    LimitName, typer.Option("--limit", help="Plan up to the actual capacity, or the maximum at short notice.")
]
WholeLots = Annotated[
    bool, typer.Option("--whole-lots", help="Round starts to whole pieces, wafers and the least lots of routes.")
]
Gap = Annotated[
    float, typer.Option("--gap", metavar="PART", min=0, help="Part by which the cost may lie above its bound.")
]
TimeLimit = Annotated[
    float,
    typer.Option("--time-limit", metavar="S", help="Seconds; where they do not suffice, the static plan is given."),
]
Method = Annotated[
    str,
    typer.Option(
        "--method", help="How it is solved: choose, simplex, first-order, interior-point, interior-point-only."
    ),
]
Freeze = Annotated[
    int, typer.Option("--freeze", metavar="N", min=0, help="First weeks that keep the starts of an earlier plan.")
]
AsPlan = Annotated[
    str | None,
    typer.Option(
        "--as-plan", metavar="PLAN", help="That plan: its folder, or in a workspace its number; else the last."
    ),
]
MeasuredToo = Annotated[
    bool, typer.Option("--measured", help="Plan with what testers measured instead of what the tables assume.")
]
Assumed = Annotated[
    list[str] | None,
    typer.Option("--assumed", metavar="NUMBER", help="Stays as assumed all the same: MCU-T.yield, or a route."),
]
Of = Annotated[str | None, typer.Option("--of", metavar="PARTY", help="Only tables that this party owns.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="A folder for the tables, a workbook, a page and a PDF.")
]
Note = Annotated[str, typer.Option("--note", help="What the plan is for, kept with it.")]
TryOnly = Annotated[bool, typer.Option("--try-only", help="Say what the plan would be, and keep nothing.")]


def make(
    chain: Chain = None,
    rule: Rule = RuleName.max_min_fill,
    over: Over = OverName.horizon,
    exact: Exact = False,
    first_week: FirstWeek = None,
    weeks: Weeks = None,
    limit: Limit = LimitName.maximum,
    whole_lots: WholeLots = False,
    gap: Gap = 0.01,
    time_limit: TimeLimit = 120.0,
    method: Method = "choose",
    freeze: Freeze = 0,
    as_plan: AsPlan = None,
    measured: MeasuredToo = False,
    assumed: Assumed = None,
    of: Of = None,
    out: Out = None,
    note: Note = "",
    try_only: TryOnly = False,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    key: KeyOption = None,
    later: LaterOption = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Plan a chain: who gets how much in which week, how full every group of machines is, and what falls short.

    A chain of files is planned and told; that of a workspace is kept too, with the versions of its tables, and held
    against the last plan. Kept plans: corecar plan list, show, compare, share, unshare. Ctrl-C stops; of a large plan
    it gives the best so far, with its bound.
    """
    wanted = form(json, csv)
    how: dict[str, Any] = {
        "rule": rule.value, "over": over.value, "exact": exact, "first_week": first_week, "weeks": weeks,
        "limit": limit.value, "whole_lots": whole_lots, "gap": gap, "time_limit": time_limit, "method": method,
        "freeze": freeze, "as_plan": as_plan, "out": out,
    }  # fmt: skip
    of_workspace = {"--workspace": workspace, "--as": actor, "--key": key, "--later": later, "--of": of,
                    "--note": note, "--try-only": try_only, "--measured": measured, "--assumed": assumed}  # fmt: skip
    if chain:
        from corecar.cli.grading import refuse

        refuse(of_workspace, NOT_OF_FILES)
        _plan_files(chain, how, wanted)
    else:
        from corecar.bridge.verbs import WORKSPACE_VERBS
        from corecar.cli.calling import call_verb

        if as_plan is not None and not as_plan.isdecimal():
            raise typer.BadParameter(
                f'"{as_plan}" is no number of a plan; see: corecar plan list', param_hint="--as-plan"
            )
        how["as_plan"] = None if as_plan is None else int(as_plan)
        how |= {"measured": measured, "assumed": assumed, "of": of, "note": note, "try_only": try_only}
        call_verb(
            WORKSPACE_VERBS["plan"], how, workspace=workspace, actor=actor, key=key, later=later, wanted=wanted
        )  # fmt: skip
    if out is not None and not later and wanted is Form.TABLE:
        typer.echo(f"wrote {out}")


@contextmanager
def planning(paths: list[Path], how: Mapping[str, Any]) -> Iterator[tuple[Any, Callable[[], bool]]]:
    """A plan of files, made while its steps are told, and whether work upon it is to stop."""
    from corecar.bridge.plan.planning import STEPS, plan_chain
    from corecar.cli.calling import watched

    with watched("plan") as (report, stopped):
        done = 0

        def tell(words: str) -> None:
            nonlocal done
            looked = words[:1].isdigit()  # how a search goes is told with its seconds first, and is no step
            if report is not None:
                report(min(done - looked, STEPS), STEPS, words)
            done += not looked

        yield plan_chain(*paths, **how, tell=tell, stop=stopped), stopped


def _plan_files(paths: list[Path], how: dict[str, Any], wanted: Form) -> None:
    from corecar.cli.answers import print_answer

    with planning(paths, how) as (made, _):
        answer = made.answer
    print_answer(answer, wanted)
