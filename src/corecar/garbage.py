"""Python's search for cycles of garbage, and when it is in the way."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Leave garbage lying for some seconds, where much comes into being that has no cycles.

    The search is a sixth of the time of compiling, a third of that of taking in a million events, half of that of
    following ten thousand pieces.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


__all__ = ["no_collection"]
