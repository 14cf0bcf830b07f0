"""The one table of the terminal: as wide as there is room, and nothing in it is cut without a word.

What does not fit gives way in this order: heads take two lines, columns that say the same in every row are told once,
texts are wrapped, and then whole columns are left out and named.
"""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import typer

GAP = 2
"""Blanks between two columns."""
NARROW = 24
"""What a text is wrapped to at the least; a column of shorter texts needs no more than they do."""
WIDE = 36
"""Width from which a text is rather wrapped than its column left out."""
PAGE = 100
"""Room of an answer where nobody looks at a terminal."""
ENDLESS = 10_000
"""Room where nobody looks at a terminal."""
DIGITS = 12
"""Digits of an identity that are enough for a person to name it."""
_IDENTITY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Column:
    """One column, ready to be shown.

    name   as JSON and CSV call it; the footer names a column that was left out by it
    head   as the table calls it
    cells  a text for every row
    right  whether they are numbers, aligned at their last digit
    prose  whether its texts may be wrapped
    rank   how early the column gives way: those of the highest rank first and together, those of rank 0 last, one by
           one from the right
    """

    name: str
    head: str
    cells: Sequence[str]
    right: bool = False
    prose: bool = False
    rank: int = 0

    @property
    def width(self) -> int:
        return max(map(width_of, (*self.head.split("\n"), *self.cells)))

    @property
    def says_one_thing(self) -> bool:
        """Whether all of several rows say the same, which can then be told once."""
        return len(self.cells) > 1 and len(set(self.cells)) == 1 and not self.prose

    @property
    def least(self) -> int:
        """The narrowest it can be drawn without harm."""
        return min(self.width, max(NARROW, width_of(self.head))) if self.prose else self.width


@dataclass(frozen=True)
class Table:
    """What was drawn: its lines, heads first; what is the same in every row; names of columns without room."""

    lines: list[str]
    same: dict[str, str]
    hidden: list[str]


def terminal_room() -> int:
    """Columns of the terminal; endless where the output goes elsewhere, since a program has room for all."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else ENDLESS


def answer_room() -> int:
    """Columns for a table of an answer: the terminal's; elsewhere those that COLUMNS says, or a page of 100.

    Who reads it in a pager or a ticket reads it like that; a program takes --csv or --json, which have all.
    """
    return shutil.get_terminal_size((PAGE, 24)).columns


def drawn(columns: Sequence[Column], room: int, prose_room: int | None = None) -> Table:
    """A table of these columns, at most `room` wide where that can be done at all.

    prose_room  the width that texts are wrapped to where there is more room than one reads in
    """
    shown = [replace(column, cells=[one_line(cell) for cell in column.cells]) for column in columns]
    if _least(shown) > room:
        shown = [replace(column, head=_in_two(column)) for column in shown]
    if _least(shown) > room:
        shown = [replace(c, prose=c.prose or (not c.right and c.width > WIDE)) for c in shown]
    constant: list[Column] = []
    while _least(shown) > room and (gone := _weakest([column for column in shown[1:] if column.says_one_thing])):
        shown, constant = [column for column in shown if column not in gone], [*constant, *gone]
    hidden: list[Column] = []
    # The first column stays: it says what a row is of.
    while _least(shown) > room and (gone := _weakest(shown[1:])):
        shown, hidden = [column for column in shown if column not in gone], [*hidden, *gone]
    order = [column.name for column in columns]
    constant.sort(key=lambda column: order.index(column.name))
    hidden.sort(key=lambda column: order.index(column.name))
    read = room if prose_room is None else min(room, max(prose_room, _least(shown) + WIDE))
    same = {column.head.replace("\n", " "): column.cells[0] for column in constant}
    return Table(list(_lines(shown, read)), same, [column.name for column in hidden])


def print_columns(
    columns: Sequence[Column], prose_room: int | None = None, in_full: str = "--json has", room: int | None = None
) -> None:
    """Print a table, and under it what stands in every row and what there is no room for.

    room  how wide; that of the terminal without it
    """
    wide = terminal_room() if room is None else room
    table = drawn(columns, wide, prose_room)
    for line in table.lines:
        typer.echo(line)
    for remark in remarks(table, in_full):
        for line in folded(remark, wide):
            typer.echo(typer.style(line, dim=True))


def remarks(table: Table, in_full: str) -> Iterator[str]:
    """What a reader of a table must know beside it."""
    if table.same:
        yield f"in every row: {', '.join(f'{name} {value}' for name, value in table.same.items())}"
    if table.hidden:
        yield no_room(table.hidden, in_full)


def no_room(hidden: Sequence[str], in_full: str) -> str:
    """`no room for sd, cpk: --json has them`."""
    return f"no room for {', '.join(hidden)}: {in_full} {'it' if len(hidden) == 1 else 'them'}"


def short(text: str) -> str:
    """An identity of 64 hex digits by as many as name it; any other text as it is."""
    return text[:DIGITS] if _IDENTITY.fullmatch(text) else text


def one_line(text: str) -> str:
    """A text without tabs, line breaks and other control characters, which would break a table.

    >>> one_line("VDD\\tmin")
    'VDD min'
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def width_of(text: str) -> int:
    """Places that a text takes on a terminal: two for each ideogram.

    >>> width_of("lot"), width_of("晶圆")
    (3, 4)
    """
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def folded(text: str, width: int) -> list[str]:
    """A text over as many lines as it needs; a word that is wider than a line goes on in the next one.

    >>> folded("no test has it", 8), folded("abcdefgh", 3)
    (['no test', 'has it'], ['abc', 'def', 'gh'])
    """
    lines, line = [], ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if width_of(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        while width_of(word) > width:
            head = _head(word, width)
            lines.append(head)
            word = word[len(head) :]
        line = word
    return [*lines, line] if line or not lines else lines


def _head(word: str, width: int) -> str:
    """As many letters as fit, at least one."""
    end = 1
    while end < len(word) and width_of(word[: end + 1]) <= width:
        end += 1
    return word[:end]


def _least(columns: Sequence[Column]) -> int:
    return sum(column.least for column in columns) + GAP * (len(columns) - 1)


def _in_two(column: Column) -> str:
    """The head of a column over the lines that its cells leave it, at the blanks."""
    width = max([*map(width_of, column.cells), *map(width_of, column.head.split())], default=1)
    return "\n".join(folded(column.head, width))


def _weakest(columns: Sequence[Column]) -> list[Column]:
    """The columns that give way next: those of the highest rank together or, without ranks, the last one."""
    highest = max((column.rank for column in columns), default=0)
    return [column for column in columns if column.rank == highest] if highest else list(columns[-1:])


def _lines(columns: Sequence[Column], room: int) -> Iterator[str]:
    widths = _widths(columns, room)
    heads = [column.head.split("\n") for column in columns]
    height = max(map(len, heads))
    for line in zip(*([""] * (height - len(head)) + head for head in heads), strict=True):
        yield typer.style(_joined(columns, widths, line), bold=True)
    for row in zip(*(column.cells for column in columns), strict=True):
        cells = [
            folded(cell, width) if column.prose and width_of(cell) > width else [cell]
            for column, width, cell in zip(columns, widths, row, strict=True)
        ]
        for at in range(max(map(len, cells))):
            yield _joined(columns, widths, [cell[at] if at < len(cell) else "" for cell in cells])


def _widths(columns: Sequence[Column], room: int) -> list[int]:
    """The width of each column: what it needs, and for texts to wrap what the others leave, the short ones first."""
    widths = [column.least for column in columns]
    spare = max(room - _least(columns), 0)
    wanting = sorted(
        (at for at, column in enumerate(columns) if column.width > widths[at]), key=lambda at: columns[at].width
    )
    for place, at in enumerate(wanting):
        more = min(columns[at].width - widths[at], spare // (len(wanting) - place))
        widths[at] += more
        spare -= more
    return widths


def _joined(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str]) -> str:
    padded = (
        " " * (width - width_of(cell)) + cell if column.right else cell + " " * (width - width_of(cell))
        for column, width, cell in zip(columns, widths, cells, strict=True)
    )
    return (" " * GAP).join(padded).rstrip()
