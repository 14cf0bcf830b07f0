"""How many threads work: one or all, whichever was faster lately. What they compute does not depend on it.

Where other work keeps the cores busy, threads that wait for each other take several times as long as one alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from corecar.compiled import on_threads

EVERY = 16
"""Blocks of the same work after which the other way is tried again."""


class Pace:
    """Chooses for each block of the same work; `seconds` by number of threads, None for all, as last measured."""

    def __init__(self) -> None:
        self.seconds: dict[int | None, float] = {}
        self.blocks = 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """The block below on as many threads as suit, measured."""
        threads = self.chosen()
        begun = time.perf_counter()
        with on_threads(threads):
            yield
        self.seconds[threads] = time.perf_counter() - begun
        self.blocks += 1

    def chosen(self) -> int | None:
        """One thread or all for the next block: what was faster; each once first, the other now and then."""
        if len(self.seconds) < 2:
            return None if 1 in self.seconds else 1
        one_is_faster = self.seconds[1] <= self.seconds[None]
        if self.blocks % EVERY == 0:
            one_is_faster = not one_is_faster
        return 1 if one_is_faster else None
