"""An answer about a plan in a folder: a page, a PDF, its tables as CSV; the summary comes last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from corecar.bridge.plain import plain
from corecar.bridge.whole_folder import into_folder, write_summary
from corecar.report.html import html_page
from corecar.report.pdf import typeset
from corecar.report.plan_question import question_document

TITLES = {
    "plan_explain": "Why a demand is short",
    "plan_shortages": "What is behind, and why",
    "plan_whatif": "What if",
    "plan_policy": "With and without a policy",
    "plan_chances": "Scenarios by chance",
    "plan_needs": "Needs",
    "plan_alerts": "Volatility of demand",
    "plan_lights": "Linked demand against capacity",
    "expand_cells": "Cells of machines",
    "expand_plan": "What to order, and when",
    "expand_flow": "How long lots take at each cell",
    "expand_frontier": "Money against what stays short",
    "expand_shared": "Who benefits from new machines",
    "impact": "What stopped lots take away",
}
"""How the page of each question is headed."""


def write_answer(answer: Mapping[str, Any], title: str, out: str | Path) -> None:
    """Write an answer into a folder, which is whole or as it was before: answer.html, answer.pdf, CSVs, summary.json.

    title   what was asked, as the page is headed
    Raises  OutputError
    """
    into_folder(out, lambda folder: _write(answer, title, folder))


def _write(answer: Mapping[str, Any], title: str, folder: Path) -> None:
    from pyarrow import csv

    tables = {name: rows for name, rows in answer.items() if name != "notes" and _are_rows(rows)}
    for name, rows in tables.items():
        csv.write_csv(pa.Table.from_pylist([_flat(row) for row in rows]), folder / f"{name}.csv")
    titled = {name.replace("_", " ").capitalize() if name != "rows" else title: rows for name, rows in tables.items()}
    document = question_document(answer, title, titled)
    (folder / "answer.html").write_text(html_page(document), encoding="utf-8")
    (folder / "answer.pdf").write_bytes(typeset(document))
    write_summary(folder, plain(answer))


def _are_rows(value: Any) -> bool:
    return isinstance(value, Sequence) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _text(value) if isinstance(value, Mapping | list | tuple) else value for name, value in row.items()}


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {_text(each)}" for key, each in value.items())
    return ", ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)
