"""The cores of the machine shared out among the items of one piece of work."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

MOST = 8
"""Threads at most: the loops wait for memory before they wait for a processor."""


def on_all_cores(work: Callable[[int, int], None], count: int) -> None:
    """Do something for items 0 to count - 1, each of a few threads a stretch of them; `work` takes (start, stop).

    What `work` does must run without the interpreter's lock to gain, and different items must not write to one place.
    """
    workers = max(min(_cores(), MOST, count), 1)
    if workers == 1:
        work(0, count)
        return
    edges = np.linspace(0, count, workers + 1).astype(int).tolist()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, edges[:-1], edges[1:]))


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
