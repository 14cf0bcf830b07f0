"""Drawings that can be taken along as pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

from nicegui import ui
from nicegui.element import Element

from corecar.words import Words


class PictureButtons(Element, component="picture_buttons.js"):
    """Two small buttons: the drawing around them as SVG and as PNG; canvases as one PNG."""

    def __init__(self, say: Words, name: str, *, vector: bool) -> None:
        super().__init__()
        self._props |= {"name": filed(name), "words": [say("Take the picture along as")], "vector": vector}


def figure(say: Words, svg: str, caption: str = "", *, name: str = "") -> None:
    """A drawing with its caption, which can be taken along as a picture. name: of the file; else by its caption."""
    with pictured(say, name or caption or _label(svg), vector=True, class_="figure"):
        ui.html(svg, sanitize=False)
        if caption:
            ui.html(f"<figcaption>{escape(caption)}</figcaption>", sanitize=False)


@contextmanager
def pictured(say: Words, name: str, *, vector: bool = False, class_: str = "") -> Iterator[None]:
    """A place whose drawings can be taken along as a picture. vector: one SVG, instead of canvases."""
    with ui.element("figure" if vector else "div").classes(class_).props("data-picture"):
        yield
        PictureButtons(say, name, vector=vector)


def filed(name: str) -> str:
    """A name as the name of a file: letters of any language, digits and hyphens.

    >>> filed("Lot A/7: yields")
    'Lot-A-7-yields'
    """
    return re.sub(r"[^\w]+", "-", name).strip("-")[:60] or "picture"


def _label(svg: str) -> str:
    found = re.search(r'aria-label="([^"]*)"', svg)
    return found[1] if found else ""
