"""The picture of README.md and the first page: `python docs/picture.py` draws docs/assets/wafer.svg anew.

A fictional wafer as tested and after screening, drawn by the code that draws the reports.
"""

from __future__ import annotations

import re
import sys
import tempfile
from html import escape
from pathlib import Path

from corecar import grade, simulate_lot
from corecar.report.chapters.wafers import maps
from corecar.report.evidence import Evidence
from corecar.report.figures.palette import drawing_css, light
from corecar.simulate import Outliers

TARGET = Path(__file__).resolve().parent / "assets" / "wafer.svg"
PLANTED = Outliers(strong=8, weak=2)
SIDE, GAP, HEAD, FOOT = 300, 60, 34, 40


def picture() -> str:
    """One wafer twice on a white ground, so that it can be seen on dark pages too."""
    with tempfile.TemporaryDirectory() as folder:
        graded = grade(simulate_lot(Path(folder) / "lot.stdf", wafers=1, dies=1000, seed=7, outliers=PLANTED))
        gallery = maps(Evidence(graded))[0]
    before, after = (_placed(item.svg, place) for place, item in zip((20, 20 + SIDE + GAP), gallery.items, strict=True))
    width, height = 40 + 2 * SIDE + GAP, HEAD + SIDE + FOOT
    words = (
        _text(20 + SIDE / 2, 22, "as tested"),
        _text(20 + SIDE * 1.5 + GAP, 22, "after screening"),
        _text(width / 2, height - 14, _answer(graded.shippable, graded.tested, graded.rejected)),
    )
    style = f"text{{font-family:system-ui,sans-serif;font-size:14px;fill:#2b3440}}\n{drawing_css(light())}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="A wafer as tested and after screening"><style>{escape(style, quote=False)}</style>'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>{before}{after}{"".join(words)}</svg>\n'
    )


def _answer(shippable: int, tested: int, rejected: int) -> str:
    return f"{shippable:,} of {tested:,} dies may ship; {rejected} passed every test, yet are unlike their siblings"


def _placed(svg: str, x: float) -> str:
    """A drawing of the reports set into a larger one."""
    return re.sub(r"<svg\b", f'<svg x="{x}" y="{HEAD}" width="{SIDE}" height="{SIDE}"', _without_size(svg), count=1)


def _without_size(svg: str) -> str:
    head, rest = svg.split(">", 1)
    return re.sub(r' (?:width|height)="[^"]*"', "", head) + ">" + rest


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle">{escape(words)}</text>'


if __name__ == "__main__":
    TARGET.write_text(picture(), encoding="utf-8")
    sys.exit(0)
