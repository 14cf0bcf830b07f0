"""`concentration` and `indicators`: how strong the chain is, of files or of a workspace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from corecar.cli.generated import ActorOption, LaterOption, WorkspaceOption
from corecar.cli.options import Csv, Json
from corecar.cli.stressing import Paths

Step = Annotated[int, typer.Option("--step", min=1, metavar="WEEKS", help="Weeks of one window.")]
Local = Annotated[
    list[str] | None, typer.Option("--local", metavar="NAME", help="A region, country or site that counts as local.")
]
Target = Annotated[
    list[str] | None, typer.Option("--target", metavar="NAME=VALUE", help="A target, such as coverage=0.95.")
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
    from corecar.bridge.strength import concentration_of

    _answer(
        "concentration", paths, {}, (workspace, actor, later), (json, csv), lambda chain, _: concentration_of(chain)
    )


def indicators(
    paths: Paths = None,
    step: Step = 13,
    local: Local = None,
    target: Target = None,
    stops: Stops = False,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    later: LaterOption = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Follow coverage, local share, single sources, exposure and value over the horizon, against targets."""
    from corecar.bridge.strength import indicators_of

    how: dict[str, Any] = {"step": step, "local": local, "target": target, "stops": stops}
    _answer(
        "indicators", paths, how, (workspace, actor, later), (json, csv),
        lambda chain, advance: indicators_of(chain, **how, advance=advance),
    )  # fmt: skip


def _answer(
    name: str,
    paths: list[Path] | None,
    how: dict[str, Any],
    house: tuple[str | None, str | None, bool],
    forms: tuple[bool, bool],
    ask: Callable[[Any, Any], dict[str, Any]],
) -> None:
    """Of files at once, of a workspace by its verb."""
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
        with advancing("windows") as advance:
            answer = ask(chain, advance)
        print_answer(answer, wanted)
        return
    from corecar.bridge.verbs import WORKSPACE_VERBS

    call_verb(WORKSPACE_VERBS[name], how, workspace=workspace, actor=actor, key=None, later=later, wanted=wanted)
