"""`whatif`: other widths of the limits, before anybody changes a recipe."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from corecar.cli.generated import ActorOption, WorkspaceOption
from corecar.cli.grading import NO_WORKSPACE, NOT_OF_A_LOT, NOT_OF_FILES, Recipe, Truth, means_lot, refuse
from corecar.cli.options import Csv, Encoding, Files, Identity, IdentityOption, Json, Retest, RetestOption, Salvage
from corecar.errors import SourceMissing


class Swept(StrEnum):
    """What is swept."""

    k = "k"


Sweep = Annotated[Swept, typer.Option("--sweep", help="What is swept: k, the width of the dynamic limits.")]
Start = Annotated[float, typer.Option("--from", "--start", help="The narrowest width, in robust sigmas.")]
Stop = Annotated[float, typer.Option("--to", "--stop", help="The widest width, in robust sigmas.")]
Step = Annotated[float, typer.Option("--step", help="The step between two widths.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="The folder for table, picture, HTML page and PDF.")
]


def whatif(
    files: Files,
    sweep: Sweep = Swept.k,
    start: Start = 3.0,
    stop: Stop = 10.0,
    step: Step = 0.25,
    recipe: Recipe = None,
    out: Out = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    truth: Truth = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say what other widths of the dynamic limits would cost and let through: of files, or of a lot of a workspace.

    For each width: parts rejected, yield loss, and the outliers that are predicted to escape; with the truth file of a
    simulated lot also those that really would. Nothing is graded. With --out DIR the folder gets whatif.json, .csv,
    .svg, .html and .pdf.
    """
    from corecar.bridge.grade.whatif import what_if
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import form
    from corecar.cli.options import on_error
    from corecar.cli.progress import reading

    wanted = form(json, csv)
    how: dict[str, Any] = {"recipe": recipe, "start": start, "stop": stop, "step": step, "out": out}
    alone = len(files) == 1 and not files[0].exists()
    of_lots = {"--workspace": workspace, "--as": actor}
    if alone and means_lot(str(files[0]), workspace, actor, surely=any(of_lots.values())):
        refuse({"--salvage": salvage, "--encoding": encoding, "--truth": truth}, NOT_OF_A_LOT)
        refuse({"--identity": identity != Identity.auto, "--retest": retest != Retest.last}, NOT_OF_A_LOT)
        call_lot_verb("whatif", {"lot": str(files[0]), **how}, workspace, actor, wanted)
        return
    refuse(of_lots, NOT_OF_FILES)
    try:
        with reading(*files, works=("reading", "grading")) as progress:
            answer = what_if(files, **how, identity=identity.value, retest=retest.value, encoding=encoding,
                             on_error=on_error(salvage), truth=truth, progress=progress)  # fmt: skip
    except SourceMissing as error:
        if not alone:
            raise
        problem = "there is no such file, and no workspace here."
        raise SourceMissing(error.path, problem, advice=NO_WORKSPACE) from error
    if out is not None and answer["rows"]:
        answer["notes"].append(f"wrote: {out}/ whatif.pdf, whatif.html, whatif.svg, whatif.csv, whatif.json")
    print_answer(answer, wanted)


def call_lot_verb(name: str, given: dict[str, Any], workspace: str | None, actor: str | None, wanted: Any) -> None:
    """Call a verb that has a command of its own on a lot of the workspace."""
    from corecar.bridge.verbs import WORKSPACE_VERBS
    from corecar.cli.calling import call_verb

    call_verb(WORKSPACE_VERBS[name], given, workspace=workspace, actor=actor, key=None, later=False, wanted=wanted)
