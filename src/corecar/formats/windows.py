"""Decompressed content window by window, inflated by a second thread while the first one scans."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.formats.sources import Member

ROOM = 1 << 23
"""Bytes of a window, besides what the last one left over."""
LEFT_OVER = 1 << 19
"""Room before a window for what the last one left: a cut record and the few after it that prove a chain."""


@dataclass
class Window:
    """A stretch of content: data[start:stop] is to be scanned, data[:size] is there.

    origin   position of data[0] in the decompressed content
    last     nothing comes after data[size - 1]
    left_at  set by the reader: from here on the bytes are still needed
    """

    data: Any
    start: int
    stop: int
    size: int
    origin: int
    last: bool
    left_at: int = 0


def inflated(member: Member) -> Iterator[Window]:
    """Windows over a compressed file's content; bytes left over by one stand at the beginning of the next."""
    pieces = member.chunks()
    buffers = [np.empty(LEFT_OVER + ROOM, np.uint8) for _ in range(2)]
    rest: list[bytes] = []
    done = 0
    with ThreadPoolExecutor(1) as pool:
        coming: Future[int] = pool.submit(_fill, buffers[0], pieces, rest)
        current, left = 0, np.empty(0, np.uint8)
        while True:
            filled = coming.result()
            data = buffers[current]
            last = filled < ROOM
            if not last:
                coming = pool.submit(_fill, buffers[1 - current], pieces, rest)
            start = LEFT_OVER - len(left)
            data[start:LEFT_OVER] = left
            size = LEFT_OVER + filled
            window = Window(data, start, size, size, done - LEFT_OVER, last)
            yield window
            done += filled
            left = data[window.left_at : size].copy()
            current = 1 - current
            if last:
                return


def _fill(buffer: Any, pieces: Iterator[bytes], rest: list[bytes]) -> int:
    """Fill a buffer behind its head room; what does not fit stays in `rest`. Returns the bytes filled."""
    at = LEFT_OVER
    while at < len(buffer):
        piece = rest.pop() if rest else next(pieces, None)
        if piece is None:
            break
        fits = min(len(piece), len(buffer) - at)
        buffer[at : at + fits] = np.frombuffer(piece, np.uint8, fits)
        if fits < len(piece):
            rest.append(piece[fits:])
        at += fits
    return at - LEFT_OVER
