"""A file's content window by window, fetched or inflated by a second thread while the first one scans."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.formats.sources import Member, Straight

ROOM = 1 << 22
"""Bytes of a window at most, besides what the last one left over: two of them fit into a processor's last cache."""
LEAST_ROOM = 1 << 20
"""Bytes of a small file's windows, so that scanning begins early and little memory is touched."""
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

    @property
    def fresh(self) -> memoryview:
        """What no window before it held."""
        return memoryview(self.data)[LEFT_OVER : self.size]


def windows(member: Member, *, buffers: int = 2) -> Iterator[Window]:
    """Windows over a file's content; bytes left over by one stand at the beginning of the next.

    buffers  how many there are: a window's bytes stay until so many less one more have been asked for
    """
    room = min(max(member.size // 4, LEAST_ROOM), ROOM)
    rooms = [np.empty(LEFT_OVER + room, np.uint8) for _ in range(buffers)]
    done = 0
    with closing(_Pouring(member)) as pouring, ThreadPoolExecutor(1) as pool:
        coming: Future[int] = pool.submit(pouring.fill, rooms[0])
        current, left = 0, np.empty(0, np.uint8)
        while True:
            filled = coming.result()
            data = rooms[current]
            last = filled < room
            if not last:
                coming = pool.submit(pouring.fill, rooms[(current + 1) % buffers])
            start = LEFT_OVER - len(left)
            data[start:LEFT_OVER] = left
            size = LEFT_OVER + filled
            window = Window(data, start, size, size, done - LEFT_OVER, last)
            yield window
            done += filled
            left = data[window.left_at : size].copy()
            current = (current + 1) % buffers
            if last:
                return


class _Pouring:
    """A member's content poured into one buffer after the other, each behind its head room.

    What is plain, and gzip, goes straight into the buffers, which saves a copy. Where that meets anything odd, the
    member's pieces take over behind what was poured: they know what to say of it and what can still be had.
    """

    def __init__(self, member: Member) -> None:
        self.member, self.straight = member, member.straight()
        self.pieces, self.rest = member.chunks(), b""
        self.poured = 0

    def close(self) -> None:
        if self.straight is not None:
            self.straight.close()

    def fill(self, buffer: Any) -> int:
        """Fill a buffer; returns the bytes filled, fewer than there is room for at the end only."""
        at = LEFT_OVER
        if self.straight is not None:
            at = self._fill_straight(self.straight, buffer, at)
        if self.straight is None:
            at = self._fill_by_piece(buffer, at)
        self.poured += at - LEFT_OVER
        return at - LEFT_OVER

    def _fill_straight(self, straight: Straight, buffer: Any, at: int) -> int:
        view = memoryview(buffer)
        try:
            while at < len(buffer) and (count := straight.read_into(view[at:])):
                at += count
        except straight.faults:
            self.close()
            self.straight, self.member.consumed = None, 0
            self._skip(self.poured + at - LEFT_OVER)
        return at

    def _skip(self, count: int) -> None:
        """Leave out the first bytes of the pieces."""
        while count > 0 and (piece := next(self.pieces, None)) is not None:
            self.rest = piece[count:]
            count -= len(piece)

    def _fill_by_piece(self, buffer: Any, at: int) -> int:
        while at < len(buffer):
            piece = self.rest or next(self.pieces, None)
            if piece is None:
                break
            fits = min(len(piece), len(buffer) - at)
            buffer[at : at + fits] = np.frombuffer(piece, np.uint8, fits)
            self.rest = piece[fits:]
            at += fits
        return at
