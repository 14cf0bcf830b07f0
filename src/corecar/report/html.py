"""The report as one HTML file: no request to anywhere, light and dark, fit to print."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import singledispatch
from html import escape
from importlib.resources import files
from pathlib import Path

from corecar.errors import OutputError
from corecar.graded import Grade
from corecar.report.blocks import (
    Block,
    Column,
    Document,
    Facts,
    Formula,
    Gallery,
    Picture,
    Points,
    Section,
    Table,
    Text,
    Tiles,
)
from corecar.report.document import lot_report
from corecar.report.figures.palette import dark, drawing_css, light, variables

SORTABLE_FROM = 8
"""Rows from which a table can be sorted and filtered."""


def write_html(grade: Grade, path: str | Path, *, author: str = "", made: datetime | None = None) -> Path:
    """Write the report of a graded lot as one self-contained HTML file and return its path.

    author  who answers for it, as printed on the first page
    made    when it was made, with time zone; now by default
    Raises  OutputError when the file can't be written
    """
    page = html_page(lot_report(grade, author=author, made=made))
    target = Path(path)
    try:
        target.write_text(page, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{target}: the report could not be written ({error}). Choose another folder.") from error
    return target


def html_page(document: Document) -> str:
    """A document as the text of one HTML page."""
    tone, word = document.state
    sections = "".join(_section(place, section) for place, section in enumerate(document.sections, start=1))
    contents = "".join(
        f'<a href="#s{place}">{escape(section.title)}</a>' for place, section in enumerate(document.sections, start=1)
    )
    front = "".join(block_html(block) for block in document.front)
    said = (document.made, document.author, document.maker)
    made = " · ".join(escape(text) for text in said if text)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{escape(document.subject)} – {escape(document.title)}</title>
<style>
{page_css()}
</style>
</head>
<body>
<nav aria-label="Contents"><a href="#top">{escape(document.subject)}</a>{contents}</nav>
<main id="top">
<header>
<p class="kicker">{escape(document.title)}</p>
<h1>{escape(document.subject)} <span class="state {tone}">{escape(word)}</span></h1>
<p class="made">{made}</p>
</header>
<p class="answer">{escape(document.answer)}</p>
<p class="explanation">{escape(document.explanation)}</p>
{front}
{sections}
<footer>{escape(document.subject)} · {made}</footer>
</main>
<script>
{_packaged("page.js")}
</script>
</body>
</html>
"""


_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""The browser itself refuses any request this page might make."""


def page_css() -> str:
    """The page's style sheet: colours by meaning, then the drawings, then the page."""
    bright = "".join(f"--{name}:{colour};" for name, colour in light().items())
    night = "".join(f"--{name}:{colour};" for name, colour in dark().items())
    return (
        f":root{{color-scheme:light dark;{bright}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{night}}}}}\n"
        f"{drawing_css(variables(), scope='svg ')}\n{_packaged('page.css')}"
    )


def _packaged(name: str) -> str:
    return files("corecar.report").joinpath(name).read_text(encoding="utf-8")


def _section(place: int, section: Section) -> str:
    inside = "".join(block_html(block) for block in section.blocks)
    classes = [name for name, on in (("new-page", section.new_page), ("wide", section.wide)) if on]
    class_ = f' class="{" ".join(classes)}"' if classes else ""
    return f'<section id="s{place}"{class_}><h2>{escape(section.title)}</h2>{inside}</section>\n'


@singledispatch
def block_html(block: Block) -> str:
    """One block as HTML; all text is escaped."""
    raise TypeError(f"no HTML for a block of type {type(block).__name__}")


@block_html.register
def _text(block: Text) -> str:
    return f'<p class="text {block.tone}">{escape(block.text)}</p>'


@block_html.register
def _points(block: Points) -> str:
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in block.items) + "</ul>"


@block_html.register
def _facts(block: Facts) -> str:
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in block.rows)
    return f'<dl class="facts columns-{block.columns}">{rows}</dl>'


@block_html.register
def _tiles(block: Tiles) -> str:
    return '<div class="tiles">' + "".join(
        f"<div><b>{escape(figure)}</b><span>{escape(what)}</span><i>{escape(part)}</i></div>"
        for figure, what, part in block.items
    ) + "</div>"  # fmt: skip


@block_html.register
def _picture(block: Picture) -> str:
    head = f"<figcaption>{escape(block.title)}</figcaption>" if block.title else ""
    return f"<figure>{head}{block.svg}</figure>"


@block_html.register
def _gallery(block: Gallery) -> str:
    legend = "".join(f"<li>{svg}{escape(words)}</li>" for svg, words in block.legend)
    items = "".join(_picture(item) for item in block.items)
    head = f"<h3>{escape(block.title)}</h3>" if block.title else ""
    caption = f'<p class="text note">{escape(block.caption)}</p>' if block.caption else ""
    keys = f'<ul class="legend">{legend}</ul>' if legend else ""
    return f'{head}{keys}<div class="gallery of-{block.columns}">{items}</div>{caption}'


@block_html.register
def _formula(block: Formula) -> str:
    return (
        f'<div class="formula"><h3>{escape(block.title)}</h3><code>{escape(block.formula)}</code>'
        f'<p>{escape(block.text)}</p><p class="source">{escape(block.source)}</p></div>'
    )


@block_html.register
def _table(block: Table) -> str:
    paddings = decimal_paddings(block)
    heads = "".join(f'<th scope="col" class="{column.align}">{escape(column.title)}</th>' for column in block.columns)
    rows = "".join(
        _row(block.columns, row, padding, printed=place < block.printed)
        for place, (row, padding) in enumerate(zip(block.rows, paddings, strict=True))
    )
    live = " live" if len(block.rows) >= SORTABLE_FROM else ""
    left = block.remainder(len(block.rows))
    below = f'<p class="text note">{escape(left)}</p>' if left else ""
    printed = block.printed
    short = f'<p class="text note on-paper">The first {printed:,} rows are printed.</p>'
    cut = short if printed < len(block.rows) else ""
    return (
        f'<div class="table{live}"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{below}{cut}"
    )


def _row(columns: tuple[Column, ...], row: tuple[str, ...], padding: tuple[str, ...], *, printed: bool) -> str:
    cells = []
    for column, text, pad in zip(columns, row, padding, strict=True):
        class_ = ' class="r"' if column.align != "left" else ' class="w"' if column.weight else ""
        unseen = f' data-pad="{pad}"' if pad else ""
        cells.append(f"<td{class_}{unseen}>{escape(text)}</td>")
    return f"<tr{'' if printed else ' class=unprinted'}>{''.join(cells)}</tr>"


def decimal_paddings(table: Table) -> list[tuple[str, ...]]:
    """What must stand unseen behind each cell so that a decimal column lines up at its decimal marks."""
    tails: list[Callable[[str], int]] = [_tail if c.align == "decimal" else _none for c in table.columns]
    lengths = [[tail(text) for tail, text in zip(tails, row, strict=True)] for row in table.rows]
    longest = [max(column, default=0) for column in zip(*lengths, strict=True)]
    return [
        tuple(_padding(most - own) if own or most else "" for own, most in zip(row, longest, strict=True))
        for row in lengths
    ]


def _none(text: str) -> int:
    return 0


def _tail(text: str) -> int:
    """Characters from the decimal mark on; of a number in scientific notation none count."""
    return len(text) - text.index(".") if "." in text and "e" not in text else 0


def _padding(missing: int) -> str:
    return "0" * missing
