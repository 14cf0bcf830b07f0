"""Drawings of a lot as the verb `draw` makes them, put into a page."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from corecar.errors import CorecarError
from corecar.web.pages.parts import notes
from corecar.web.pages.pictures import figure
from corecar.web.pages.visitor import Visitor

_STYLE = re.compile(r"<style>.*?</style>|<\?xml[^>]*\?>", re.S)
"""What a drawing on its own carries with it, and a page has already."""


async def draw(visitor: Visitor, kind: str, lot: str, *, test: Sequence[str] = (), recipe: str | None = None) -> None:
    """One drawing; where it cannot be made, why.

    Raises  what the verb raises beside CorecarError
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "drawn.svg"
        try:
            told = await visitor.call("draw", kind=kind, lot=lot, out=out, test=list(test), recipe=recipe)
        except CorecarError as error:
            notes([str(error)])
            return
        svg = await asyncio.to_thread(out.read_text, "utf-8")
    figure(visitor.say, inline(svg), told["said"])


def inline(svg: str) -> str:
    """A drawing that stands alone, as a page takes it: with the page's own style."""
    return _STYLE.sub("", svg)
