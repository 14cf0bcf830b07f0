"""`limits check` and `limits diff`: limits of files, which need no workspace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corecar.cli.failures import FAULT
from corecar.cli.generated import ActorOption, WorkspaceOption
from corecar.cli.options import Csv, Identity, IdentityOption, Json, Retest, RetestOption, Salvage, on_error
from corecar.errors import ArgumentError, WorkspaceError

if TYPE_CHECKING:
    from corecar.bridge.limits.limit_checks import LimitCheck

Records = Annotated[
    Path, typer.Argument(metavar="RECORDS", help="A file that `corecar static` wrote, or the folder of a grading.")
]
Sources = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE", help="What the limits were made of: one per lot of the baseline, or the lot's files."
    ),
]


def check(
    records: Records,
    files: Sources,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Derive every limit again from the files it was made of, and say whether each bit is the same.

    Ends with exit code 1 where one is not, or where none could be checked.
    """
    from corecar.bridge.limits.limit_checks import check_limits
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import Form, form

    wanted = form(json, csv)
    found = check_limits(records, files, identity=identity.value, retest=retest.value, on_error=on_error(salvage))
    told = found if wanted is not Form.TABLE else [one for one in found if one.outcome != "same"]
    print_answer({"said": _said(found), "rows": [one.to_dict() for one in told]}, wanted)
    outcomes = {one.outcome for one in found}
    if "different" in outcomes or "same" not in outcomes:
        raise typer.Exit(FAULT)


def _said(found: Sequence[LimitCheck]) -> str:
    from corecar.plurals import plural

    counts = Counter(one.outcome for one in found)
    rest = "".join(f"; {counts[word]:,} {word}" for word in ("different", "not checked") if counts[word])
    return f"{counts['same']:,} of {plural(len(found), 'limit')} came out again, bit for bit{rest}"


OneSide = Annotated[
    str,
    typer.Argument(
        metavar="A", help="A limit set, run or lot of the workspace; or a tester file, recipe or file of static limits."
    ),
]
OtherSide = Annotated[str, typer.Argument(metavar="B", help="The other one, of the same kind.")]
InLot = Annotated[
    list[str] | None,
    typer.Option(
        "--lot",
        metavar="FILE",
        help="Files of one lot, or a lot of the workspace, to count parts in. Can be given several times.",
    ),
]


def diff(
    a: OneSide,
    b: OtherSide,
    lot: InLot = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say what differs between two test programs, two recipes or two sets of limits, and for how many parts.

    Two tester files are two programs: tests added and removed, limits moved, units changed; and how many parts of each
    would turn under the limits of the other.
    """
    from corecar.bridge.limits.limit_differences import differences, nothing_called
    from corecar.bridge.verbs import WORKSPACE_VERBS
    from corecar.cli.answers import print_answer
    from corecar.cli.calling import call_verb
    from corecar.cli.forms import form

    wanted = form(json, csv)
    if _all_files([a, b, *(lot or [])]):
        how = on_error(salvage)
        answer = differences(a, b, lot=lot or (), identity=identity.value, retest=retest.value, on_error=how)
        print_answer(answer, wanted, WORKSPACE_VERBS["limits_diff"])
        return
    if salvage:
        raise ArgumentError("--salvage is for files: what a workspace holds is read as it was taken in. Leave it out.")
    given = {"a": a, "b": b, "lot": lot, "identity": identity.value, "retest": retest.value}
    verb = WORKSPACE_VERBS["limits_diff"]
    try:
        call_verb(verb, given, workspace=workspace, actor=actor, key=None, later=False, wanted=wanted)
    except WorkspaceError as error:
        if workspace:
            raise
        word = next(word for word in (a, b, *(lot or [])) if not _all_files([word]))
        raise nothing_called(word, "there is no workspace here") from error


def _all_files(words: Sequence[str]) -> bool:
    from corecar.screen.recipe import SHIPPED

    return all(Path(word).exists() or word.removesuffix(".toml") in SHIPPED for word in words)
