"""The case for new machines in a folder: two pages for a board, a workbook that a committee changes and sends back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from corecar.bridge.plain import plain
from corecar.bridge.whole_folder import into_folder, write_summary
from corecar.chain.chain import Chain
from corecar.chain.machine_tables import MACHINE_TABLES
from corecar.chain.tables import TABLES
from corecar.chain.weeks import monday
from corecar.formats.chain.workbook import GUIDE, OF_OTHERS, TOLD
from corecar.formats.chain.writing import chain_sheet
from corecar.formats.outputs.sheets import styles_of, table_sheet, workbook, write_cell
from corecar.report.expansion_case import case_document
from corecar.report.html import html_page
from corecar.report.pdf import typeset

WORKBOOK, PDF = "committee.xlsx", "case.pdf"
HOW = (
    "The sheets cells, cell_runs, machines, budgets, co_investments, rooms, chosen_orders and assumptions are tables "
    "of the chain: change them, and take them in with: corecar chain import committee.xlsx",
    "Then plan again, and ask for the orders that were chosen: corecar expand case --chosen",
    "The other sheets say what came out, and are not taken in.",
)
Row = Mapping[str, Any]


def write_case(chain: Chain, answer: Row, out: str | Path) -> None:
    """Write a case into a folder, which is whole or as it was before: PDF, page, workbook, summary.

    answer   of the verb `expand_case`, for that chain
    Raises   OutputError
    """
    into_folder(out, lambda folder: _write(chain, answer, folder))


def _write(chain: Chain, answer: Row, folder: Path) -> None:
    document = case_document(answer)
    (folder / "case.html").write_text(html_page(document), encoding="utf-8")
    (folder / PDF).write_bytes(typeset(document))
    _workbook(chain, answer, folder / WORKBOOK)
    write_summary(folder, plain(answer))


def _workbook(chain: Chain, answer: Row, path: Path) -> None:
    filled = {
        "chosen_orders": _table("chosen_orders", [_chosen(row) for row in answer["rows"]]),
        "assumptions": _table("assumptions", answer["assumptions"]),
    }
    with workbook(path) as book:
        styles = styles_of(book)
        _guide(book.add_worksheet(GUIDE), styles)
        _facts(book.add_worksheet(TOLD[0]), styles, answer)
        for title, key in zip(TOLD[1:], ("effect", "sums", "cells"), strict=True):
            table_sheet(book, styles, title, pa.Table.from_pylist(answer[key]))
        for title, key in zip(OF_OTHERS, ("shared", "parties", "shares"), strict=True):
            if answer.get(key):
                table_sheet(book, styles, title, pa.Table.from_pylist(answer[key]))
        for table in MACHINE_TABLES:
            chain_sheet(book, styles, table, filled.get(table.name, chain[table.name]))


def _chosen(row: Row) -> dict[str, Any]:
    return {"option": row["option"], "week": monday(row["ordered_in"]), "quantity": row["count"]}


def _table(name: str, rows: Sequence[Row]) -> Any:
    return pa.Table.from_pylist(list(rows), schema=TABLES[name].schema)


def _guide(sheet: Any, styles: Row) -> None:
    sheet.set_column(0, 0, 120)
    sheet.write_string(0, 0, "Case for new machines", styles["title"])
    for row, text in enumerate(HOW, 2):
        sheet.write_string(row, 0, text)


def _facts(sheet: Any, styles: Row, answer: Row) -> None:
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 110)
    lines = [("Answer", answer["said"])]
    lines += [(name.replace("_", " ").capitalize(), value) for name, value in answer["earned"].items()]
    lines += [("Currency", answer["details"]["currency"]), *(("Note", note) for note in answer["notes"])]
    for row, (name, value) in enumerate(lines):
        sheet.write_string(row, 0, name)
        write_cell(sheet, row, 1, value, styles["left"])
