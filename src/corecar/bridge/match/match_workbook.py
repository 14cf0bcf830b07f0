"""Who should talk to whom, as an Excel workbook: pairs, party by party, parts of scores, questions, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from corecar.chain.chain import Chain
from corecar.formats.outputs.sheets import styles_of, table_sheet, workbook, write_cell
from corecar.match.matching import Matches
from corecar.match.telling import NEAREST, alone, need_rows, pair_rows, part_rows, question_rows, refusal_rows
from corecar.plurals import plural

MOST = 20_000
"""Needs without a partner whose nearest misses are written out, and rows of the sheets of parts and questions."""


def write_match_workbook(found: Matches, chain: Chain, path: str | Path) -> None:
    """Write matches as .xlsx. Raises OutputError when it cannot be written."""
    parties = {row["party"]: row for row in chain.parties.to_pylist()}
    pairs = found.taken
    rows = [
        _with_titles(found, row, int(pair), parties) for row, pair in zip(pair_rows(found, pairs), pairs, strict=True)
    ]
    lonely = alone(found)
    sheets = {
        "Who talks to whom": rows,
        "By party": _by_party(rows),
        "Parts of scores": part_rows(found, pairs[: MOST // 7]),
        "Questions": question_rows(found, pairs)[:MOST],
        "Needs": need_rows(found),
        "Nearest misses": [row for need in lonely[: MOST // NEAREST] for row in refusal_rows(found, need, NEAREST)],
    }
    with workbook(path) as book:
        styles = styles_of(book)
        _summary(book, styles, found, len(lonely))
        for title, of_sheet in sheets.items():
            if of_sheet:
                table_sheet(book, styles, title, pa.Table.from_pylist(of_sheet))


def _with_titles(found: Matches, row: dict[str, Any], pair: int, parties: dict[str, Any]) -> dict[str, Any]:
    """A pair with the names, titles and contacts of both sides, as one needs them at a table."""
    wider: dict[str, Any] = {}
    for side, of_side, index, word in (
        ("need", found.needs, int(found.need[pair]), "needed_by"),
        ("offer", found.offers, int(found.offer[pair]), "offered_by"),
    ):
        party = parties.get(row[word], {})
        wider |= {
            side: row[side], word: row[word], f"{word}_name": party.get("name"),
            f"{side}_title": of_side.text("title", index), f"{side}_title_zh": of_side.text("title_zh", index) or None,
            f"{side}_contact": of_side.text("contact", index) or party.get("contact"),
        }  # fmt: skip
    return wider | {name: value for name, value in row.items() if name not in wider}


def _by_party(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each party whom it should talk to, what about, the best pair first."""
    found = []
    for own, other, role in (("needed_by", "offered_by", "needs"), ("offered_by", "needed_by", "offers")):
        for row in rows:
            found.append({
                "party": row[own], "talks_to": row[other], "because_it": role, "need": row["need"],
                "offer": row["offer"], "kind": row["kind"], "score": row["score"],
                "about": row["need_title"], "about_zh": row["need_title_zh"],
            })  # fmt: skip
    return sorted(found, key=lambda row: (row["party"], -row["score"], row["talks_to"]))


def _summary(book: Any, styles: dict[str, Any], found: Matches, lonely: int) -> None:
    sheet = book.add_worksheet("Summary")
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 100)
    sheet.write_string(0, 0, "Who should talk to whom", styles["title"])
    weights = found.scorer.weights
    lines = [
        ("needs", len(found.needs)), ("offers", len(found.offers)), ("pairs", len(found.taken)),
        ("needs alone", f"{plural(lonely, 'need')} that no offer fits; see Nearest misses"),
        ("chosen", f"{found.ways.method}, by {found.ways.by}"), ("weights", weights.name),
        *((f"weight of {name.replace('_', ' ')}", f"{value:.0%}") for name, value in weights.parts.items()),
        ("score", "0 to 1 by what is known; at_best: if all that is not known turns out well"),
        ("covers, uses", "part of the need that the offer covers; part of the offer that the need uses"),
        ("saves, earns", "a week: against the highest price that is paid; at the price that is asked"),
        ("durations", "of remedies are a template, to be confirmed"),
    ]  # fmt: skip
    for row, (label, value) in enumerate(lines, 2):
        sheet.write_string(row, 0, label)
        write_cell(sheet, row, 1, value, styles["left"])
