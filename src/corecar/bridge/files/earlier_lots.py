"""The lots before: what their grading left, from folders or from a workspace."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from corecar.errors import ArgumentError, SourceError, SourceMissing
from corecar.screen.lot_yields import LotYields, read_lot_yields

SUMMARY = "summary.json"


def earlier_lots(paths: Iterable[str | Path]) -> list[LotYields]:
    """What was counted of lots that were graded before.

    paths   folders that `grade` wrote, or their summary.json; a folder of such folders stands for all of them
    Raises  SourceMissing, SourceError for a file that is no summary of a graded lot
    """
    return [_read(file) for path in paths for file in _summaries(Path(path))]


def _summaries(path: Path) -> list[Path]:
    if path.is_dir():
        found = [path / SUMMARY] if (path / SUMMARY).is_file() else sorted(path.glob(f"*/{SUMMARY}"))
        if found:
            return found
    elif path.is_file():
        return [path]
    raise SourceMissing(path, f"there is no {SUMMARY} of a graded lot.", advice="Give a folder that grading wrote.")


def _read(file: Path) -> LotYields:
    try:
        return read_lot_yields(json.loads(file.read_text(encoding="utf-8"))["yields"]["counts"])
    except (OSError, ValueError, KeyError, TypeError, ArgumentError) as error:
        raise SourceError(
            file, f"is no summary of a graded lot with its yields: {error}.", advice="Grade that lot again."
        ) from error
