"""A drawing as a file: SVG or HTML as it is, PNG by the typesetter of the reports."""

from __future__ import annotations

from pathlib import Path

from corecar.atomic import whole_file
from corecar.errors import ArgumentError, OutputError
from corecar.fonts import families
from corecar.report.figures.svg import standalone

ENDINGS = (".svg", ".png", ".html")
PPI = 144.0
"""Pixels per 72 units of a drawing: two for each."""
MARGIN = 12
"""Units of white around a figure that stands alone."""

_PICTURE = """#set page(width: auto, height: auto, margin: {margin}pt, fill: white)
#image(bytes(sys.inputs.svg), format: "svg")
"""


def checked_ending(path: str | Path) -> str:
    """The ending of a drawing's file. Raises ArgumentError for one that is none."""
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise ArgumentError(f"{path}: a drawing is written as {', '.join(ENDINGS)}. Choose one of these endings.")
    return ending


def png(svg: str, margin: int = 0) -> bytes:
    """A standalone SVG as the bytes of a PNG. Raises OutputError when it can't be drawn."""
    import typst

    page = _PICTURE.format(margin=margin).encode()
    try:
        content: bytes = typst.compile(page, format="png", ppi=PPI, sys_inputs={"svg": svg})
    except typst.TypstError as error:
        raise OutputError(f"The drawing could not be made a PNG ({error}). Write it as .svg or .html.") from error
    return content


def save_figure(path: str | Path, svg: str) -> None:
    """Write a figure that stands alone; its ending says as what. Raises ArgumentError for another one, OutputError."""
    ending = checked_ending(path)
    whole = standalone(svg, families())
    with whole_file(path) as sibling:
        if ending == ".png":
            sibling.write_bytes(png(whole, MARGIN))
        else:
            sibling.write_text(whole if ending == ".svg" else _page(whole), encoding="utf-8")


def _page(svg: str) -> str:
    head = '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Corecar</title>'
    return f'{head}<body style="margin:24px">{svg}</body></html>\n'
