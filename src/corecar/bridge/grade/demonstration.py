"""The verb behind `make demo`: simulate a lot, grade it, compare with the truth."""

from __future__ import annotations

from pathlib import Path

from corecar.bridge.grade.grading import grade
from corecar.errors import OutputError
from corecar.graded import Grade
from corecar.lot import Progress
from corecar.simulate import simulate_lot, truth_path

LOT = "lot.stdf.gz"


def demo(out: str | Path, *, lot: str | Path | None = None, progress: Progress | None = None) -> Grade:
    """Grade a fictional lot of 25 wafers with planted outliers, or a file of the user's own.

    out      the folder to write to; made when it is missing
    lot      the file to grade; None simulates one as `lot.stdf.gz` in `out`
    Raises   SourceError, OutputError
    """
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise OutputError(f"{folder}: cannot be made: {failure.strerror}. Choose another folder.") from failure
    if lot is not None:
        return grade([lot], out=folder, progress=progress)
    made = simulate_lot(folder / LOT)
    try:
        return grade([made], out=folder, truth=truth_path(made), progress=progress)
    except BaseException:
        made.unlink()
        truth_path(made).unlink()
        raise
