"""Drawings of a lot as the verb `draw` makes them, put into a page."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corecar.errors import CorecarError
from corecar.web.pages.parts import notes
from corecar.web.pages.pictures import figure
from corecar.web.pages.visitor import Visitor

_STYLE = re.compile(r"<style>.*?</style>|<\?xml[^>]*\?>", re.S)
"""What a drawing on its own carries with it, and a page has already."""


async def draw(visitor: Visitor, kind: str, lot: str, *, test: Sequence[str] = (), recipe: str | None = None) -> None:
    """One drawing of a lot; where it cannot be made, why.

    Raises  what the verb raises beside CorecarError
    """
    try:
        told, svg = await drawn_by(visitor, "draw", "out", kind=kind, lot=lot, test=list(test), recipe=recipe)
    except CorecarError as error:
        notes([str(error)])
        return
    figure(visitor.say, svg, told["said"])


async def drawn_by(visitor: Visitor, verb: str, into: str, **arguments: Any) -> tuple[Any, str]:
    """The answer of a verb, and the drawing that it writes into the file of its parameter `into`.

    Raises  what the verb raises
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "drawn.svg"
        answer = await visitor.call(verb, **{into: out}, **arguments)
        return answer, inline(await asyncio.to_thread(out.read_text, "utf-8"))


def inline(svg: str) -> str:
    """A drawing that stands alone, as a page takes it: with the page's own style."""
    return _STYLE.sub("", svg)
