"""Commands about submissions that need no workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corecar.cli.options import Csv, Json


def verify(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The submission folder, unpacked.")],
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Check a submission folder: every file by its hash, every verdict by judging the evidence again.

    Needs no workspace. Compare the SHA-256 of the index with the one that the supplier told you by another way. Unless
    nothing speaks against it, the exit code is 1.
    """
    from corecar.bridge.files.submissions import verify_submission
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import form

    answer = verify_submission(folder)
    print_answer(answer, form(json, csv))
    if not answer["sound"]:
        raise typer.Exit(1)
