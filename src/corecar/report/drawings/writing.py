"""A drawing as a file: SVG, PNG, or an HTML page that fetches nothing."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from corecar.atomic import whole_file
from corecar.fonts import families
from corecar.report.blocks import Block, Document, Text
from corecar.report.document import subject_of
from corecar.report.drawings.drawing import Drawing, stage
from corecar.report.drawings.sheet import sheet
from corecar.report.evidence import Evidence
from corecar.report.figures.saved import checked_ending, png
from corecar.report.figures.svg import standalone
from corecar.report.html import html_page


def write_drawing(drawn: Drawing, evidence: Evidence, path: str | Path) -> Path:
    """Write a drawing of a lot; raises as `write_sheet`."""
    return write_sheet(drawn, subject_of(evidence.grade), stage(evidence), path)


def write_sheet(drawn: Drawing, subject: str, state: str, path: str | Path) -> Path:
    """Write a drawing, whole or not at all; its extension says as what.

    subject  what is drawn; state: in which state, for the head of a page
    Raises   ArgumentError, OutputError
    """
    ending = checked_ending(path)
    if ending == ".html":
        content = html_page(_document(drawn, subject, state)).encode()
    else:
        svg = standalone(sheet(drawn, subject), families())
        content = svg.encode() if ending == ".svg" else png(svg)
    with whole_file(path) as sibling:
        sibling.write_bytes(content)
    return Path(path)


def _document(drawn: Drawing, subject: str, state: str) -> Document:
    moment = datetime.now().astimezone()
    front: tuple[Block, ...] = (drawn.gallery, *(Text(note, "note") for note in drawn.notes))
    return Document(
        title=drawn.title,
        subject=subject,
        state=("plain", state),
        answer=drawn.title,
        explanation="",
        front=front,
        sections=(),
        made=f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".strip(),
        author="",
        maker=f"Corecar {version('corecar')}",
    )
