"""In which words a drawing speaks: English by itself, those of a page where it is given them."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[..., str]
"""Takes a text with places such as `{count}` in it, and what stands there."""


def plain(text: str, **values: object) -> str:
    """The text as it is, its places filled in."""
    return text.format(**values) if values else text
