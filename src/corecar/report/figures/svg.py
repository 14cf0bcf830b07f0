"""The few lines that write SVG: every text and attribute passes through one escape."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from html import escape

from corecar.report.figures.palette import drawing_css, light
from corecar.report.figures.telling import told
from corecar.report.printable import printable

NAMESPACE = "http://www.w3.org/2000/svg"


def figure_number(value: float) -> str:
    """A coordinate with at most two decimals and no needless zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def element(name: str, *children: str, **attributes: str | float) -> str:
    """One element; `class_` and `stroke_width` become `class` and `stroke-width`; children are SVG already.

    >>> element("rect", class_="pass", x=1.0, width=2.5)
    '<rect class="pass" x="1" width="2.5"/>'
    """
    given = "".join(f' {_attribute(key)}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>{''.join(children)}</{name}>" if children else f"<{name}{given}/>"


def _attribute(key: str) -> str:
    return key if key == "viewBox" else key.rstrip("_").replace("_", "-")


def _value(value: str | float) -> str:
    return escape(value, quote=True) if isinstance(value, str) else figure_number(value)


def label(text: str, x: float, y: float, *, class_: str = "", anchor: str = "start") -> str:
    """A text at a place; the text may be anything a file holds."""
    return element("text", escape(printable(told(text))), x=x, y=y, class_=class_, text_anchor=anchor)


def title(text: str) -> str:
    """What a reader sees when pointing at an element."""
    return element("title", escape(printable(told(text), 400)))


def drawing(width: float, height: float, alt: str, *children: str, links: bool = False) -> str:
    """A whole inline SVG of this size, with its meaning in words for those who can't see it.

    links  whether some of its parts lead somewhere: then it is a group of links, no picture
    """
    return element(
        "svg",
        *children,
        viewBox=f"0 0 {figure_number(width)} {figure_number(height)}",
        width=width,
        height=height,
        role="group" if links else "img",
        aria_label=printable(told(alt), 400),
    )


def standalone(svg: str, families: Sequence[str]) -> str:
    """An inline drawing made fit to stand alone: namespace, light colours and fonts of its own."""
    fonts = ",".join(f"'{family}'" for family in families)
    style = f"text{{font-family:{fonts}}}\n{drawing_css(light())}"
    head, rest = svg.split(">", 1)
    return f'{head} xmlns="{NAMESPACE}"><style>{escape(style, quote=False)}</style>{rest}'


def text_width(text: str, size: float = 11.0) -> float:
    """A generous guess of a text's width as it is told, for placing labels [the drawing's units]."""
    return _width(told(text), size)


def _width(text: str, size: float) -> float:
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return size * (0.62 * (len(text) - wide) + wide)


def fitted(text: str, width: float, size: float = 11.0) -> str:
    """The text as it is told, cut with an ellipsis so that it fits a width."""
    text = told(text)
    if _width(text, size) <= width:
        return text
    while text and _width(text + "…", size) > width:
        text = text[:-1]
    return text + "…"


def wrapped(text: str, width: float, size: float = 11.0, most: int = 10_000) -> list[str]:
    """The text as it is told in lines of a width and of `most` letters; Chinese may break after every letter.

    >>> wrapped("one two three", 50)
    ['one two', 'three']
    """
    lines, line = [], ""
    for piece in re.findall(r"[⺀-\uffff]\s*|[^\s⺀-\uffff]+\s*", told(text)):
        longer = line + piece
        if line and (len(longer.rstrip()) > most or _width(longer.rstrip(), size) > width):
            lines.append(line.rstrip())
            longer = piece
        line = longer
    return [*lines, line.rstrip()]
