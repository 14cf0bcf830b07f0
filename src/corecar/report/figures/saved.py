"""A drawing as a file: SVG or HTML as it is, PNG by the typesetter of the reports."""

from __future__ import annotations

from pathlib import Path

from corecar.atomic import whole_file
from corecar.errors import ArgumentError
from corecar.report.figures.svg import standalone

SANS = ("Noto Sans", "Liberation Sans", "DejaVu Sans", "DejaVu Sans Mono", "sans-serif")
KINDS = (".svg", ".png", ".html")
DOTS_PER_INCH = 192.0


def save_figure(path: str | Path, svg: str) -> None:
    """Write a drawing; the ending says as what. Raises ArgumentError for another ending, OutputError."""
    kind = Path(path).suffix.lower()
    if kind not in KINDS:
        raise ArgumentError(f"{path}: a figure ends in {', '.join(KINDS)}. Choose one of these endings.")
    whole = standalone(svg, SANS)
    with whole_file(path) as sibling:
        if kind == ".png":
            sibling.write_bytes(_png(whole))
        else:
            sibling.write_text(whole if kind == ".svg" else _page(whole), encoding="utf-8")


def _page(svg: str) -> str:
    head = '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Corecar</title>'
    return f'{head}<body style="margin:24px">{svg}</body></html>\n'


def _png(svg: str) -> bytes:
    import typst

    template = (
        '#set page(width: auto, height: auto, margin: 12pt, fill: white)\n#image(bytes(sys.inputs.svg), format: "svg")'
    )
    content: bytes = typst.compile(template.encode(), format="png", ppi=DOTS_PER_INCH, sys_inputs={"svg": svg})
    return content
