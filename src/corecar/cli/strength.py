"""`concentration` and `indicators`: how strong the chain is, of files or of a workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from corecar.cli.generated import ActorOption, LaterOption, WorkspaceOption
from corecar.cli.options import Csv, Json
from corecar.cli.stressing import Paths


class Over(StrEnum):
    """What the rows of `indicators` are."""

    horizon = "horizon"
    imports = "imports"
    plans = "plans"


OverOption = Annotated[
    Over,
    typer.Option("--over", help="Windows of the horizon; or the whole chain as of each import, or of each kept plan."),
]
Last = Annotated[int, typer.Option("--last", min=1, metavar="N", help="Imports or plans at most, the latest.")]
Step = Annotated[int, typer.Option("--step", min=1, metavar="WEEKS", help="Weeks of one window.")]
Local = Annotated[
    list[str] | None, typer.Option("--local", metavar="NAME", help="A region, country or site that counts as local.")
]
Target = Annotated[
    list[str] | None, typer.Option("--target", metavar="NAME=VALUE", help="A target, such as coverage=0.95 or 95%.")
]
Stops = Annotated[bool, typer.Option("--stops", help="Look at exposure too: a stress of every site and window.")]


def concentration(
    paths: Paths = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    later: LaterOption = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say which stages of which products one site alone can do, and how concentrated the others are (HHI)."""
    from corecar.bridge.stress.strength import concentration_of

    _answer(
        "concentration", paths, {}, (workspace, actor, later), (json, csv), lambda chain, _: concentration_of(chain)
    )


def indicators(
    paths: Paths = None,
    over: OverOption = Over.horizon,
    step: Step = 13,
    local: Local = None,
    target: Target = None,
    stops: Stops = False,
    last: Last = 12,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    later: LaterOption = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Follow coverage, local share, single sources, exposure and value over the horizon, against targets.

    In a workspace --over imports and --over plans say how they changed from one saved state of the chain to the next.
    """
    from corecar.bridge.stress.strength import indicators_of
    from corecar.cli.grading import refuse

    how: dict[str, Any] = {"step": step, "local": local, "target": target, "stops": stops}
    if paths:
        refuse({"--over": over is not Over.horizon}, "is for what a workspace has saved. Leave it out, or the files.")
    _answer(
        "indicators", paths, how, (workspace, actor, later), (json, csv),
        lambda chain, advance: indicators_of(chain, **how, advance=advance), {"over": over.value, "last": last},
    )  # fmt: skip


def _answer(
    name: str,
    paths: list[Path] | None,
    how: dict[str, Any],
    house: tuple[str | None, str | None, bool],
    forms: tuple[bool, bool],
    ask: Callable[[Any, Any], dict[str, Any]],
    of_house: Mapping[str, Any] | None = None,
) -> None:
    """Of files at once, of a workspace by its verb, which has some options more."""
    from corecar.cli.answers import print_answer
    from corecar.cli.calling import call_verb
    from corecar.cli.forms import form
    from corecar.cli.grading import NOT_OF_FILES, refuse
    from corecar.cli.stressing import advancing

    workspace, actor, later = house
    wanted = form(*forms)
    if paths:
        from corecar.formats.chain import read_chain

        refuse({"--workspace": workspace, "--as": actor, "--later": later}, NOT_OF_FILES)
        chain = read_chain(*paths)
        with advancing("windows") as (advance, _):
            answer = ask(chain, advance)
        print_answer(answer, wanted)
        return
    from corecar.bridge.verbs import WORKSPACE_VERBS

    asked = {**how, **(of_house or {})}
    call_verb(
        WORKSPACE_VERBS[name], asked, workspace=workspace, actor=actor, key=None, later=later, wanted=wanted,
    )  # fmt: skip
