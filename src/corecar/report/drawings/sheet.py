"""A drawing as one SVG: title, legend, pictures on a grid, caption."""

from __future__ import annotations

import re

from corecar.report.blocks import Gallery
from corecar.report.drawings.drawing import Drawing
from corecar.report.figures.svg import drawing, element, figure_number, fitted, label, text_width, wrapped
from corecar.report.figures.telling import told

MARGIN, GAP = 20.0, 16.0
LINE = 16.0
HEAD = 18.0
WIDEST = {1: 720.0, 2: 400.0, 3: 280.0, 4: 230.0, 5: 200.0}
"""Width of a picture by how many stand side by side; a map that stands alone is not drawn wider than it is high."""

ALONE = 480.0
LONGEST = 115
"""Characters of a line of the caption."""


def sheet(drawn: Drawing, subject: str) -> str:
    """The whole drawing as an inline SVG with the lot's name above it."""
    gallery = drawn.gallery
    columns = min(gallery.columns, max(len(gallery.items), 1))
    cell = _cell(gallery, columns)
    width = max(2 * MARGIN + columns * cell + (columns - 1) * GAP, 480.0)
    head = [
        label(fitted(drawn.title, width - 2 * MARGIN, 16), MARGIN, MARGIN + 14, class_="title"),
        label(fitted(subject, width - 2 * MARGIN, 12), MARGIN, MARGIN + 32, class_="quiet"),
    ]
    legend, y = _legend(gallery, width, MARGIN + 44)
    pictures, y = _pictures(gallery, columns, cell, y)
    texts = [text for text in (gallery.caption, *drawn.notes) if text]
    caption, y = _caption(texts, width, y + 4)
    height = y + MARGIN - 6
    paper = element("rect", class_="paper", x=0, y=0, width=width, height=height)
    return drawing(width, height, f"{told(drawn.title)}. {told(subject)}", paper, *head, *legend, *pictures, *caption)


def _cell(gallery: Gallery, columns: int) -> float:
    widest = WIDEST.get(columns, 200.0)
    across, down = _size(gallery.items[0].svg)
    return min(widest, ALONE) if columns == 1 and abs(across - down) < 80 else widest


def _size(svg: str) -> tuple[float, float]:
    found = re.match(r'<svg viewBox="0 0 ([0-9.]+) ([0-9.]+)"', svg)
    return (float(found[1]), float(found[2])) if found else (1.0, 1.0)


def placed(svg: str, x: float, y: float, width: float) -> str:
    """An inline drawing at a place of another one, scaled to a width."""
    across, down = _size(svg)
    inside = svg.split(">", 1)[1]
    at = {"x": x, "y": y, "width": width, "height": width * down / across}
    told = " ".join(f'{name}="{figure_number(value)}"' for name, value in at.items())
    return f'<svg {told} viewBox="0 0 {figure_number(across)} {figure_number(down)}">{inside}'


def _legend(gallery: Gallery, width: float, y: float) -> tuple[list[str], float]:
    """Swatches and words over as many lines as they need."""
    drawn: list[str] = []
    x = MARGIN
    for svg, words in gallery.legend:
        across = _size(svg)[0]
        needed = across + 6 + text_width(words) + 18
        if x > MARGIN and x + needed > width - MARGIN:
            x, y = MARGIN, y + LINE
        drawn.append(placed(svg, x, y, across))
        drawn.append(label(fitted(words, width - MARGIN - x - across - 6), x + across + 6, y + 10))
        x += needed
    return drawn, y + LINE + 6 if gallery.legend else y


def _pictures(gallery: Gallery, columns: int, cell: float, y: float) -> tuple[list[str], float]:
    drawn: list[str] = []
    for start in range(0, len(gallery.items), columns):
        row = gallery.items[start : start + columns]
        tall = 0.0
        for place, picture in enumerate(row):
            x = MARGIN + place * (cell + GAP)
            across, down = _size(picture.svg)
            if picture.title:
                drawn.append(label(fitted(picture.title, cell), x, y + 12))
            drawn.append(placed(picture.svg, x, y + HEAD, cell))
            tall = max(tall, cell * down / across)
        y += HEAD + tall + GAP
    return drawn, y


def _caption(texts: list[str], width: float, y: float) -> tuple[list[str], float]:
    drawn = []
    for text in texts:
        for line in wrapped(text, width - 2 * MARGIN, 9.3, LONGEST):
            drawn.append(label(line, MARGIN, y + 10, class_="small quiet"))
            y += 14
    return drawn, y
