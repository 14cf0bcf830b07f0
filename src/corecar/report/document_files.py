"""A document as a file: an HTML page, a PDF, or its picture alone as SVG or PNG; the ending says as what."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from corecar.atomic import whole_file
from corecar.errors import ArgumentError
from corecar.fonts import families
from corecar.report.blocks import Document, Picture
from corecar.report.figures.saved import png
from corecar.report.figures.svg import standalone
from corecar.report.html import html_page
from corecar.report.pdf import typeset

DOCUMENTS = (".html", ".pdf")
PICTURES = (".svg", ".png")


def checked_ending(path: str | Path) -> str:
    """The ending of a document's file. Raises ArgumentError for one that is none."""
    ending = Path(path).suffix.lower()
    if ending not in (*DOCUMENTS, *PICTURES):
        raise ArgumentError(
            f"{path}: expected a file that ends in {', '.join(DOCUMENTS)} (with tables and notes), "
            f"{' or '.join(PICTURES)} (the picture alone). Choose one of these endings."
        )
    return ending


def write_document(document: Document, pictures: Sequence[Picture], path: str | Path) -> Path:
    """Write a document, whole or not at all.

    pictures  those of the document; .svg and .png are the only one of them
    Raises    ArgumentError for another ending, and for .svg and .png unless there is just one picture; OutputError
    """
    ending = checked_ending(path)
    if ending == ".html":
        content = html_page(document).encode()
    elif ending == ".pdf":
        content = typeset(document)
    else:
        svg = standalone(_only(pictures, path).svg, families())
        content = svg.encode() if ending == ".svg" else png(svg)
    with whole_file(path) as sibling:
        sibling.write_bytes(content)
    return Path(path)


def _only(pictures: Sequence[Picture], path: str | Path) -> Picture:
    if len(pictures) == 1:
        return pictures[0]
    if not pictures:
        raise ArgumentError(f"{path}: there is no picture to draw. Write it as {' or '.join(DOCUMENTS)}: it says why.")
    names = "; ".join(picture.title for picture in pictures[:3]) + (" ..." if len(pictures) > 3 else "")
    raise ArgumentError(
        f"{path}: holds one picture, and there are {len(pictures)} ({names}). Choose one of them, or write all as "
        f"{' or '.join(DOCUMENTS)}."
    )
