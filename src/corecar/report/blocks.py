"""What a report is made of, before it is paper or a page: sections of text, facts, figures and tables.

The same document feeds the PDF and the HTML, so that both say the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Align = Literal["left", "right", "decimal"]
Tone = Literal["plain", "lead", "note", "good", "attention", "bad"]


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Names and values, in so many columns side by side."""

    rows: tuple[tuple[str, str], ...]
    columns: int = 2


@dataclass(frozen=True)
class Tiles:
    """A few figures that matter: (figure, what it counts, its share)."""

    items: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Picture:
    """One drawing: inline SVG, what it shows in words, and a title above it."""

    svg: str
    alt: str
    title: str = ""


@dataclass(frozen=True)
class Gallery:
    """Several drawings side by side that share one scale and one legend.

    columns  drawings a row
    legend   (swatch SVG, label)
    """

    items: tuple[Picture, ...]
    columns: int
    title: str = ""
    caption: str = ""
    legend: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Column:
    """A table's column: its head, how it is set, and its share of a page's width (0: as narrow as its text)."""

    title: str
    align: Align = "left"
    weight: float = 0.0


@dataclass(frozen=True)
class Table:
    """Rows of text under their heads.

    total  rows there are; `rows` may be only the first of them
    paper  rows printed on paper at most; a tenth more where that leaves none out
    rest   where the other rows stand, for example `verdicts.parquet`
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int
    paper: int = 60
    rest: str = ""

    @property
    def printed(self) -> int:
        """Rows on paper: no table is cut for its last few."""
        return len(self.rows) if len(self.rows) <= self.paper * 1.1 else self.paper

    def without_empty(self, *titles: str) -> Table:
        """The table without those of these columns that say nothing in any row."""
        kept = [
            place
            for place, column in enumerate(self.columns)
            if column.title not in titles or any(row[place] for row in self.rows)
        ]
        rows = tuple(tuple(row[place] for place in kept) for row in self.rows)
        return replace(self, columns=tuple(self.columns[place] for place in kept), rows=rows)

    def remainder(self, shown: int) -> str:
        """The sentence under a table that does not show everything; empty when it does."""
        left = self.total - shown
        if left <= 0:
            return ""
        return f"{left:,} more{' in ' + self.rest if self.rest else ' not shown'}."


@dataclass(frozen=True)
class Formula:
    """One step of the method: what it is called, the formula, a sentence, and where it comes from."""

    title: str
    formula: str
    text: str
    source: str


Block = Text | Points | Facts | Tiles | Picture | Gallery | Table | Formula


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it.

    new_page  starts a page of its own on paper
    wide      stands on pages turned on their side, for tables of many columns
    """

    title: str
    blocks: tuple[Block, ...]
    new_page: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Document:
    """A whole report.

    title     what it is
    subject   which lot
    state     `good`, `attention` or `bad`, with the word that says so
    answer    the sentence that matters
    front     what stands on the first page below the answer
    made      date and time of making, with time zone
    maker     program and version
    """

    title: str
    subject: str
    state: tuple[Tone, str]
    answer: str
    explanation: str
    front: tuple[Block, ...]
    sections: tuple[Section, ...]
    made: str
    author: str
    maker: str
