"""`grade`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corecar.cli.failures import HELD
from corecar.cli.generated import WorkspaceOption
from corecar.cli.options import (
    Encoding,
    Files,
    Identity,
    IdentityOption,
    Json,
    Retest,
    RetestOption,
    Salvage,
    on_error,
)

Recipe = Annotated[
    str | None, typer.Option("--recipe", help="A recipe file (TOML), or the name of one that comes with Corecar.")
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="The folder for reports, tables, maps and re-binned STDF.")
]
FailOnHold = Annotated[
    bool, typer.Option("--fail-on-hold", help="End with exit code 3 when the lot is held; all is written all the same.")
]
Truth = Annotated[
    Path | None, typer.Option("--truth", help="The truth file of a simulated lot: says how many planted were caught.")
]

History = Annotated[
    list[Path] | None,
    typer.Option(
        "--history",
        metavar="DIR",
        help="A folder that grading wrote for an earlier lot, or a folder of such; can be given several times.",
    ),
]

Static = Annotated[
    Path | None, typer.Option("--static", metavar="FILE", help="Static limits that `corecar static` made.")
]


def grade(
    files: Files,
    recipe: Recipe = None,
    out: Out = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    truth: Truth = None,
    history: History = None,
    static: Static = None,
    fail_on_hold: FailOnHold = False,
    workspace: WorkspaceOption = None,
    json: Json = False,
) -> None:
    """Screen every part of a lot, and say what may ship: a lot of a workspace by its name, or the files of one lot.

    Without --out only the summary is printed. With --out DIR the folder gets summary.json, verdicts.parquet,
    parts.csv, wafer maps before and after, the re-binned STDF, report.pdf and report.html.
    """
    from corecar.bridge.grading import grade as grade_lot
    from corecar.cli.progress import reading
    from corecar.cli.streams import print_json
    from corecar.cli.summary import print_summary

    if len(files) == 1 and not files[0].exists() and _is_lot(str(files[0]), workspace):
        _grade_kept(files[0], workspace, recipe, out, identity, retest, fail_on_hold, json)
        return
    with reading(*files, works=("reading", "grading")) as progress:
        graded = grade_lot(
            files,
            recipe=recipe,
            out=out,
            identity=identity.value,
            retest=retest.value,
            encoding=encoding,
            on_error=on_error(salvage),
            truth=truth,
            history=history or (),
            static=static,
            progress=progress,
        )
    if json:
        print_json(graded.summary(), indent=1)
    else:
        print_summary(graded, out)
    if fail_on_hold and graded.hold:
        raise typer.Exit(HELD)


def _is_lot(name: str, workspace: str | None) -> bool:
    """Whether a workspace is meant, and it has a lot of this name or number. Raises NotFound when it has none."""
    from corecar.bridge.workspace import open_workspace
    from corecar.errors import WorkspaceError

    try:
        opened = open_workspace(workspace)
    except WorkspaceError:
        if workspace is not None:
            raise
        return False
    with opened:
        opened.lot(name)
    return True


def _grade_kept(
    lot: Path,
    workspace: str | None,
    recipe: str | None,
    out: Path | None,
    identity: Identity,
    retest: Retest,
    fail_on_hold: bool,
    json: bool,
) -> None:
    """Grade a lot of the workspace and print what became of it."""
    from corecar.bridge.verbs import WORKSPACE_VERBS
    from corecar.cli.calling import call_verb
    from corecar.cli.listing import form

    asked = {"lot": str(lot), "recipe": recipe, "out": out, "identity": identity.value, "retest": retest.value}
    answer = call_verb(
        WORKSPACE_VERBS["grade"],
        asked,
        workspace=workspace,
        actor=None,
        key=None,
        later=False,
        wanted=form(json, False),
    )
    if fail_on_hold and answer["hold"]:
        raise typer.Exit(HELD)
