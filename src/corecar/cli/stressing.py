"""`stress`: what stops do to the chain, of files or of a workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from corecar.cli.generated import ActorOption, LaterOption, WorkspaceOption
from corecar.cli.options import Csv, Json


class By(StrEnum):
    """What stops, one at a time."""

    site = "site"
    route = "route"
    region = "region"
    party = "party"


Paths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATH", help="Workbooks, CSV and Parquet files of the chain; without one the workspace's."),
]
ByOption = Annotated[
    By, typer.Option("--by", metavar="KIND", help="What stops, one at a time: site, route, region or party.")
]
Default = Annotated[
    float | None, typer.Option("--default", metavar="WEEKS", help="Weeks to recover of every site; else by stage.")
]
Own = Annotated[
    list[str] | None,
    typer.Option("--own", metavar="SITE=WEEKS", help="Weeks to recover of one site, as often as needed."),
]
Joint = Annotated[
    list[str] | None, typer.Option("--joint", metavar="A+B", help="Sites, regions or parties that stop together.")
]
Years = Annotated[int, typer.Option("--years", min=0, metavar="N", help="Draw so many years by chance.")]
Seed = Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Seed of the draw.")]
Recheck = Annotated[
    int,
    typer.Option(
        "--recheck", min=0, metavar="N", help="Plan so many of the worst again week by week, with lead times."
    ),
]
Start = Annotated[
    int, typer.Option("--start", min=0, metavar="WEEK", help="The week of the horizon in which those stops begin.")
]
Seconds = Annotated[float, typer.Option("--seconds", min=0, metavar="S", help="Seconds that one weekly plan may take.")]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, metavar="N", help="Threads; without it one for each core.")
]
Measured = Annotated[
    bool, typer.Option("--measured", help="Count outliers, falling yields and stopped lots of routes as their risk.")
]
Assumed = Annotated[
    list[str] | None,
    typer.Option("--assumed", metavar="NAME", help="A number that stays as assumed, such as MCU-T.drift, or a route."),
]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="A folder for JSON, CSV and two pictures.")]


def stress(
    paths: Paths = None,
    by: ByOption = By.site,
    default: Default = None,
    own: Own = None,
    joint: Joint = None,
    years: Years = 0,
    seed: Seed = 0,
    recheck: Recheck = 0,
    start: Start = 0,
    seconds: Seconds = 60.0,
    workers: Workers = None,
    measured: Measured = False,
    assumed: Assumed = None,
    out: Out = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    later: LaterOption = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say what happens when a site, route, region or party stops: how long nothing is lost, and what is lost then.

    Time to survive (TTS) against time to recover (TTR), value lost beyond what is lost anyway, and its part of the
    worst (REI), for files of a chain or for that of a workspace. With --out DIR the folder gets tables and pictures.
    """
    from corecar.cli.forms import form
    from corecar.cli.grading import NOT_OF_FILES, refuse

    wanted = form(json, csv)
    how: dict[str, Any] = {
        "by": by.value, "default": default, "own": own, "joint": joint, "years": years, "seed": seed,
        "recheck": recheck, "start": start, "seconds": seconds, "workers": workers, "out": out,
    }  # fmt: skip
    risk = {"--measured": measured, "--assumed": assumed}
    if paths:
        refuse({"--workspace": workspace, "--as": actor, "--later": later, **risk}, NOT_OF_FILES)
        _of_files(paths, how, wanted)
        return
    from corecar.bridge.verbs import WORKSPACE_VERBS
    from corecar.cli.calling import call_verb

    how |= {"measured": measured, "assumed": assumed}
    call_verb(WORKSPACE_VERBS["stress"], how, workspace=workspace, actor=actor, key=None, later=later, wanted=wanted)


@contextmanager
def advancing(what: str) -> Iterator[tuple[Callable[[int, int], None], Callable[[], bool]]]:
    """A progress bar, with Ctrl-C that ends the work between two pieces, and whether it was pressed."""
    from corecar.cli.calling import watched
    from corecar.errors import Cancelled

    with watched(what) as (report, stopped):

        def advance(done: int, total: int) -> None:
            if stopped():
                raise Cancelled("stopped as asked. Nothing was written.")
            if report is not None:
                report(done, total, what)

        yield advance, stopped


def _of_files(paths: list[Path], how: dict[str, Any], wanted: Any) -> None:
    from corecar.bridge.stress.stressing import stress_chain
    from corecar.cli.answers import print_answer
    from corecar.formats.chain import read_chain

    chain = read_chain(*paths)
    with advancing("stops") as (advance, stopped):
        answer = stress_chain(chain, **how, advance=advance, stop=stopped)
    print_answer(answer, wanted)
