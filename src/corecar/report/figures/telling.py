"""The language that drawings speak: English as the code says it, or another one for as long as a block lasts.

What is written into a drawing passes through `told` before it is measured, cut or wrapped, so that a text of another
length finds its place too. The language is one of the context: pages made at the same time do not hear each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Tell = Callable[[str], str]
_TELL: ContextVar[Tell] = ContextVar("tell", default=str)


def told(text: str) -> str:
    """A text of a drawing in the language of this context; one that was told already, as it is.

    >>> with telling(str.upper):
    ...     told("parts")
    'PARTS'
    """
    return _TELL.get()(text)


@contextmanager
def telling(tell: Tell) -> Iterator[None]:
    """Let drawings say what they say by this function, in the block and in threads that it starts work in."""
    before = _TELL.set(tell)
    try:
        yield
    finally:
        _TELL.reset(before)
