"""What a notebook shows of a lot, a grading, a plan, an answer, figures: the blocks of the reports, few rows, escaped.

Drawings go in as pictures of their own, so that neither their style nor their names meet those of the notebook.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

from corecar.fonts import families
from corecar.graded import Grade
from corecar.report.answer_cells import Row, cell_text, cells_of, tables_of
from corecar.report.answer_pictures import pictures_of
from corecar.report.blocks import Block, Column, Facts, Picture, Points, Table, Text
from corecar.report.chapters.opening import answer as graded_answer
from corecar.report.chapters.opening import explanation, tiles
from corecar.report.document import subject_of
from corecar.report.drawings.drawing import Drawing
from corecar.report.drawings.maps import bins_of, few_wafers
from corecar.report.drawings.sheet import sheet
from corecar.report.evidence import Evidence, rule_name
from corecar.report.figures.svg import standalone
from corecar.report.html import block_html
from corecar.report.printable import printable

if TYPE_CHECKING:
    from corecar.chain.chain import Chain

ROWS = 20
"""Rows of a table that a notebook shows; the sentence under it says how many there are more."""
TESTS = 10
"""Tests that a lot or a grading names."""
LONGEST = 300
"""Characters of a text."""
VALUES = 12
"""Numbers of a list that stand in a fact."""


def cell_html(blocks: Sequence[Block]) -> str:
    """Blocks as the output of one cell: a style of their own, pictures as images."""
    style = files("corecar.report").joinpath("cell.css").read_text(encoding="utf-8")
    inside = "".join(_image(block) if isinstance(block, Picture) else block_html(block) for block in blocks)
    return f'<div class="corecar"><style>{style}</style>{inside}</div>'


def _image(picture: Picture) -> str:
    """A drawing as an image; whatever it holds is data and no part of the page."""
    whole = picture.svg if " xmlns=" in picture.svg[:400] else standalone(picture.svg, families())
    coded = b64encode(whole.encode()).decode()
    head = f"<h4>{escape(picture.title)}</h4>" if picture.title else ""
    return f'{head}<img alt="{escape(picture.alt, quote=True)}" src="data:image/svg+xml;base64,{coded}">'


def drawn(drawing: Drawing, subject: str) -> Picture:
    """A drawing with its title, legend and caption as one picture."""
    return Picture(sheet(drawing, subject), f"{drawing.title}. {subject}")


def table_of(rows: Sequence[Row], most: int = ROWS) -> Table:
    """The first rows of a table of an answer, each cell as people read it."""
    few = rows[:most]
    cells = cells_of(few)
    columns = tuple(
        Column(printable(name.replace("_", " "), 60), "right" if _counts(few, name) else "left") for name in cells
    )
    lines = tuple(tuple(printable(cell, LONGEST) for cell in line) for line in zip(*cells.values(), strict=True))
    return Table(columns, lines, len(rows))


def _counts(rows: Sequence[Row], name: str) -> bool:
    """Whether nothing but numbers stands in a column."""
    return all(isinstance(row.get(name), (int, float, type(None))) for row in rows)


def answer_html(answer: Mapping[str, Any], verb: str = "") -> str:
    """An answer of a verb: its sentence, facts, pictures, every table with its first rows, notes."""
    return cell_html(answer_blocks(answer, verb))


def answer_blocks(answer: Mapping[str, Any], verb: str = "", most: int = ROWS) -> list[Block]:
    """An answer of a verb as blocks; what is under `details` is for programs."""
    blocks: list[Block] = []
    if answer.get("said"):
        blocks.append(Text(printable(str(answer["said"]), 1000), "lead"))
    told = tuple(
        (printable(name.replace("_", " "), 60).capitalize(), printable(cell_text(name, value), LONGEST))
        for name, value in (answer.get("facts") or {}).items()
        if value is not None
    )
    if told:
        blocks.append(Facts(told))
    blocks += pictures_of(verb, answer)
    for title, rows in tables_of(answer):
        blocks += [Text(printable(title), "plain")] if title else []
        blocks.append(table_of(rows, most))
    if answer.get("rows") == [] and not answer.get("said"):
        blocks.append(Text("No rows.", "note"))
    if isinstance(answer.get("result"), Mapping):
        blocks += answer_blocks(answer["result"], most=most)
    if notes := answer.get("notes"):
        blocks.append(Points(tuple(printable(str(note), 1000) for note in notes)))
    return blocks


def grade_html(grade: Grade) -> str:
    """A graded lot: what may ship, why parts fail, what stands against it, its first wafers after screening."""
    evidence = Evidence(grade)
    summary = grade.summary()
    screens = [{"screen": rule_name(rule), "parts": parts} for rule, parts in summary["rejected_by_screen"].items()]
    tests = [
        {"test": str(row["number"]), "name": row["name"], "rejected_parts": row["parts"]}
        for row in summary["rejected_by_test"]
    ]
    head = f"{subject_of(grade)}, {grade.recipe}" if grade.recipe else f"{subject_of(grade)}, not screened"
    blocks: list[Block] = [
        Text(printable(f"{head}: {graded_answer(evidence)}", LONGEST), "lead"),
        Text(explanation(evidence)),
        Facts(
            tuple(
                (what.capitalize(), f"{figure}, {part}" if part else figure)
                for figure, what, part in tiles(evidence).items
            )
        ),
    ]
    if grade.hold:
        blocks += [
            Text("What stands against shipping", "bad"),
            Points(tuple(printable(one, 600) for one in grade.hold)),
        ]
    if screens:
        blocks += [Text("Good parts that each screen rejects"), table_of(screens)]
    if tests:
        blocks += [Text("Tests that reject most parts"), table_of(tests, TESTS)]
    blocks += wafer_pictures(evidence)
    if grade.notes:
        blocks.append(Points(tuple(printable(note, 600) for note in grade.notes)))
    return cell_html(blocks)


def wafer_pictures(evidence: Evidence) -> list[Block]:
    """The first wafers by bin; nothing where no part has coordinates."""
    wafers, left = few_wafers(evidence)
    if not wafers:
        return []
    more: list[Block] = [Text(f"{left:,} more wafers: corecar.draw draws them all.", "note")] if left else []
    return [drawn(bins_of(evidence, wafers), subject_of(evidence.grade)), *more]


class Told(Protocol):
    """Named figures, as those of an assessment."""

    def told(self) -> dict[str, Any]:
        """The figures as plain values."""


def figures_html(figures: Told) -> str:
    """Named figures of an assessment: the single ones as facts, the others as tables."""
    told = figures.told()
    return answer_html({"said": type(figures).__name__, **_laid_out(told)})


def _laid_out(told: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values as an answer has them: facts, and tables under their names."""
    facts: dict[str, Any] = {}
    tables: dict[str, Any] = {}
    for name, value in told.items():
        if isinstance(value, Mapping):
            tables[name] = [{"what": key, "value": one} for key, one in value.items()]
        elif isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
            tables[name] = value
        elif isinstance(value, list):
            more = f" and {len(value) - VALUES:,} more" if len(value) > VALUES else ""
            facts[name] = cell_text("", value[:VALUES]) + more
        else:
            facts[name] = value
    return {"facts": facts, **tables}


def chain_html(chain: Chain) -> str:
    """The tables of a chain and how many rows each has."""
    rows = [{"table": name, "rows": count} for name, count in chain.counts.items() if count]
    return answer_html({"said": "The tables of a chain.", "rows": rows})
