"""The language that drawings speak: English as the code says it, or another one for as long as a block lasts.

What is written into a drawing passes through `told` before it is measured, cut or wrapped, so that a text of another
length finds its place too. The language is one of the context: pages made at the same time do not hear each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Tell = Callable[[str], str]
WIDE = re.compile("[\u4e00-\u9fff]")
"""A letter of a language whose punctuation is wide."""
_TELL: ContextVar[Tell] = ContextVar("tell", default=str)


def told(text: str) -> str:
    """A text of a drawing in the language of this context; one that was told already, as it is.

    >>> with telling(str.upper):
    ...     told("parts")
    'PARTS'
    """
    return _TELL.get()(text)


def told_in_a_row(texts: Iterable[str]) -> str:
    """Texts one after the other, each told by itself, so that none is taken for a part of another.

    >>> told_in_a_row(["notch not drawn", "1 of 3 wafers shown"])
    'notch not drawn; 1 of 3 wafers shown'
    """
    found = [told(text) for text in texts]
    return ("；" if any(map(WIDE.search, found)) else "; ").join(found)


@contextmanager
def telling(tell: Tell) -> Iterator[None]:
    """Let drawings say what they say by this function, in the block and in threads that it starts work in."""
    before = _TELL.set(tell)
    try:
        yield
    finally:
        _TELL.reset(before)
