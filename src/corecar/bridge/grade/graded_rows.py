"""A grading as tables of rows, the same of files and of a lot of a workspace: for a spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corecar.bridge.grade.lot_grading import insertion_row
from corecar.bridge.lot.kept_lots import INSERTION
from corecar.graded import Grade

Row = dict[str, Any]


def graded_tables(rows: Sequence[Mapping[str, Any]], summaries: Sequence[Mapping[str, Any]]) -> dict[str, list[Row]]:
    """Tables by name: the insertions, and of each its hard bins, screens and tests that rejected parts.

    rows       one row per insertion: `lot_grading.insertion_row`
    summaries  of each of them `Grade.summary`
    """
    both = list(zip((row["insertion"] for row in rows), summaries, strict=True))
    return {
        "insertions": [{**row, "on_hold": bool(one["hold"])} for row, (_, one) in zip(rows, both, strict=True)],
        "hard_bins": [{"insertion": name, **row} for name, one in both for row in _bins(one)],
        "screens": [{"insertion": name, **row} for name, one in both for row in one["kills"]["screens"]],
        "tests": [{"insertion": name, **row} for name, one in both for row in one["rejected_by_test"]],
    }


def tables_of(graded: Grade) -> dict[str, list[Row]]:
    """The same of the files of one lot."""
    runs = graded.lot.runs
    insertion = tuple(
        ", ".join(dict.fromkeys(text for text in runs[name].to_pylist() if text)) or None for name in INSERTION
    )
    return graded_tables([insertion_row(insertion, graded)], [graded.summary()])


def _bins(summary: Mapping[str, Any]) -> list[Row]:
    before, after = summary["hard_bins_before"], summary["hard_bins_after"]
    return [
        {"hard_bin": int(code) if code else None, "before": before.get(code, 0), "after": after.get(code, 0)}
        for code in dict.fromkeys((*before, *after))
    ]
