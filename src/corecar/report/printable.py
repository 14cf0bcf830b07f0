"""Text from tester files made fit to print: no control characters, no invisible direction marks, no endless names."""

from __future__ import annotations

import unicodedata

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def printable(text: str | None, most: int = 120) -> str:
    r"""The text with what cannot be seen written out and runs of spaces made one, cut at `most` with an ellipsis.

    most  characters
    Control characters would make an SVG or HTML file malformed; direction marks would let a name rewrite its line.

    >>> printable("Idd\x07 \u202etset"), printable("x" * 200, most=5)
    ('Idd\\x07 \\u202etset', 'xxxx…')
    """
    seen = " ".join("".join(_shown(character) for character in (text or "")).split())
    return seen if len(seen) <= most else seen[: most - 1] + "…"


def _shown(character: str) -> str:
    if character in "\t\n\r":
        return " "
    if unicodedata.category(character) not in _UNSEEN:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
