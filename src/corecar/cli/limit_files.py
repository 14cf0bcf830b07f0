"""`limits check`: limits of files, which need no workspace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corecar.cli.failures import FAULT
from corecar.cli.options import Csv, Identity, IdentityOption, Json, Retest, RetestOption, Salvage, on_error

if TYPE_CHECKING:
    from corecar.bridge.limit_checks import LimitCheck

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

    Ends with exit code 1 where one is not.
    """
    from corecar.bridge.limit_checks import check_limits
    from corecar.cli.answers import print_answer
    from corecar.cli.listing import Form, form

    wanted = form(json, csv)
    found = check_limits(records, files, identity=identity.value, retest=retest.value, on_error=on_error(salvage))
    told = found if wanted is not Form.TABLE else [one for one in found if one.outcome != "same"]
    print_answer({"said": _said(found), "rows": [one.to_dict() for one in told]}, wanted)
    if any(one.outcome == "different" for one in found):
        raise typer.Exit(FAULT)


def _said(found: Sequence[LimitCheck]) -> str:
    from corecar.plurals import plural

    counts = Counter(one.outcome for one in found)
    rest = "".join(f"; {counts[word]:,} {word}" for word in ("different", "not checked") if counts[word])
    return f"{counts['same']:,} of {plural(len(found), 'limit')} came out again, bit for bit{rest}"
