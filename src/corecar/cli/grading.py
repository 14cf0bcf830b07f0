"""`grade`: the main job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corecar.cli.failures import HELD
from corecar.cli.generated import ActorOption, KeyOption, LaterOption, WorkspaceOption
from corecar.cli.options import (
    Csv,
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
from corecar.errors import ArgumentError

if TYPE_CHECKING:
    from corecar.cli.forms import Form
    from corecar.graded import Grade

NOT_OF_A_LOT = "is for files: those of a workspace's lot are read as they were taken in. Leave it out."
NOT_OF_FILES = "is for a lot of a workspace, and what is named are files. Leave it out, or name one lot."

Recipe = Annotated[
    str | None, typer.Option("--recipe", help="A recipe file (TOML), or the name of one that comes with Corecar.")
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="The folder for reports, tables, maps and re-binned STDF.")
]
Maps = Annotated[
    list[str] | None,
    typer.Option(
        "--maps", metavar="FORMAT", help="Also write the wafer maps as e142, sinf or csv, beside SEMI G85; repeatable."
    ),
]
FailOnHold = Annotated[
    bool, typer.Option("--fail-on-hold", help="End with exit code 3 when the lot is held; all is written all the same.")
]
NO_WORKSPACE = "Check the path; a lot of a workspace is found in its folder, or with --workspace DIR."
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
    Path | None,
    typer.Option(
        "--static",
        metavar="FILE",
        help="Static limits that `corecar static` made; of a workspace's lot also `in-force`, its limit set in force.",
    ),
]

Before = Annotated[
    list[Path] | None,
    typer.Option(
        "--before",
        metavar="FILE",
        help="A file of the same units before a stress such as burn-in; can be given several times.",
    ),
]


def grade(
    files: Files,
    recipe: Recipe = None,
    out: Out = None,
    maps: Maps = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    truth: Truth = None,
    history: History = None,
    static: Static = None,
    before: Before = None,
    fail_on_hold: FailOnHold = False,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    key: KeyOption = None,
    later: LaterOption = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Screen every part of a lot, and say what may ship: a lot of a workspace by its name, or the files of one lot.

    A word that is no path is a lot of the workspace. --as, --key and --later are for such a lot; --salvage, --encoding,
    --truth and --before are for files.

    Without --out only the summary is printed. With --out DIR the folder gets summary.json, verdicts.parquet,
    parts.csv, wafer maps before and after, the re-binned STDF, report.pdf and report.html.
    """
    from corecar.bridge.grade.grading import grade as grade_lot
    from corecar.cli.forms import Form, form
    from corecar.cli.progress import reading
    from corecar.cli.streams import print_json
    from corecar.cli.summary import print_summary

    wanted = form(json, csv)
    refuse({"--maps": maps and out is None}, "says how maps are written into the folder of --out. Give --out DIR too.")
    of_lots = {"--workspace": workspace, "--as": actor, "--key": key, "--later": later}
    alone = len(files) == 1 and not files[0].exists()
    if alone and means_lot(str(files[0]), workspace, actor, surely=any(of_lots.values())):
        of_files = {
            "--salvage": salvage,
            "--encoding": encoding,
            "--truth": truth,
            "--history": history,
            "--before": before,
        }
        refuse(of_files, NOT_OF_A_LOT)
        refuse({"--fail-on-hold": later and fail_on_hold}, "has to wait for the outcome: leave out --later.")
        if later and recipe and Path(recipe).is_file():
            recipe = str(Path(recipe).absolute())
        if later and static is not None and static.is_file():
            static = static.absolute()
        how = {
            "recipe": recipe, "static": static, "out": out, "maps": maps or [], "identity": identity.value,
            "retest": retest.value,
        }  # fmt: skip
        _grade_kept(str(files[0]), workspace, actor, key, later, how, fail_on_hold, wanted)
        return
    refuse(of_lots, NOT_OF_FILES)
    with no_lot_either(alone), reading(*files, works=("reading", "grading")) as progress:
        graded = grade_lot(
            files,
            recipe=recipe,
            out=out,
            maps=maps or (),
            identity=identity.value,
            retest=retest.value,
            encoding=encoding,
            on_error=on_error(salvage),
            truth=truth,
            history=history or (),
            static=static,
            before=before or None,
            progress=progress,
        )
    if wanted is Form.JSON:
        print_json(graded.summary(), indent=1)
    elif wanted is Form.CSV:
        _print_spreadsheet(graded)
    else:
        print_summary(graded, out)
    if fail_on_hold and graded.hold:
        raise typer.Exit(HELD)


def _print_spreadsheet(graded: Grade) -> None:
    """Print the tables of a grading as CSV; why the lot is held and the notes go to stderr."""
    from corecar.bridge.grade.graded_rows import tables_of
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import Form

    notes = [*(f"hold: {reason}" for reason in graded.hold), *graded.notes]
    print_answer({**tables_of(graded), "notes": notes}, Form.CSV)


@contextmanager
def no_lot_either(alone: bool) -> Iterator[None]:
    """A single word that is no file might have been meant as a lot, so that is told too."""
    from corecar.errors import SourceMissing

    try:
        yield
    except SourceMissing as error:
        if not alone:
            raise
        problem = "there is no such file, and no workspace here."
        raise SourceMissing(error.path, problem, advice=NO_WORKSPACE) from error


def means_lot(word: str, workspace: str | None, actor: str | None, *, surely: bool) -> bool:
    """Whether a word that is no path is a lot of a workspace; without one, unless it surely is, it is a file.

    Raises  NotFound for one that is no lot either; WorkspaceError where it surely is one and there is no workspace
    """
    from corecar.bridge.sharing import is_lot, lots_alike
    from corecar.bridge.workspace import open_workspace
    from corecar.cli.servers import server_meant
    from corecar.errors import AccessDenied, NotFound, WorkspaceError

    if server_meant() is not None:
        return True
    try:
        with open_workspace(workspace, actor) as opened:
            if not is_lot(opened, word):
                where = opened.store.folder or opened.store.catalogue
                near = lots_alike(opened, word) or " See: corecar lots"
                raise NotFound(f'{word}: no file is there, and no lot is called "{word}" in {where}.{near}')
    except WorkspaceError:
        if surely:
            raise
        return False
    except AccessDenied:
        return True  # the call itself is refused, and that stands on record
    return True


def refuse(given: Mapping[str, object], why: str) -> None:
    """Raises ArgumentError for the first option that was given."""
    for option, value in given.items():
        if value:
            raise ArgumentError(f"{option} {why}")


def _grade_kept(
    lot: str,
    workspace: str | None,
    actor: str | None,
    key: str | None,
    later: bool,
    given: Mapping[str, object],
    fail_on_hold: bool,
    wanted: Form,
) -> None:
    """Grade a lot of the workspace and print what became of it."""
    from corecar.bridge.verbs import WORKSPACE_VERBS
    from corecar.cli.calling import call_verb

    answer = call_verb(
        WORKSPACE_VERBS["grade"],
        {"lot": lot, **given},
        workspace=workspace,
        actor=actor,
        key=key,
        later=later,
        wanted=wanted,
    )
    if fail_on_hold and answer["hold"]:
        raise typer.Exit(HELD)
