"""Memory that is given back the moment it is dropped."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np

LEAST = 1 << 17
"""Bytes from which on a mapping of its own pays."""
HUGE = 1 << 22
"""Bytes from which on huge pages are asked for: the system may have to make room for one, which takes longer than
touching a few hundred small ones."""


def passing(length: int, dtype: Any) -> Any:
    """An uninitialised array whose pages go back to the system when it is dropped.

    The C library keeps freed blocks of a few megabytes in its heap, where larger arrays can't use them: the peak of a
    read was half as high again. Huge pages, where the system has them, make the first touch of much memory cheap.
    """
    size = length * np.dtype(dtype).itemsize
    if size < LEAST or not hasattr(mmap, "MAP_ANONYMOUS"):
        return np.empty(length, dtype)
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if size >= HUGE and hasattr(mmap, "MADV_HUGEPAGE"):
        pages.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(pages, dtype, length)
