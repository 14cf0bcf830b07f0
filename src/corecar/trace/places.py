"""Places within a thing as files write them: `17`, `1..500`, `12,7`, `0,0..99,79`, or a name such as `brake`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from corecar.trace.ranges import Ranges

_NUMBER = r"(-?\d{1,9})"
_LINE = re.compile(rf"{_NUMBER}(?:\.\.{_NUMBER})?")
_GRID = re.compile(rf"{_NUMBER},{_NUMBER}(?:\.\.{_NUMBER},{_NUMBER})?")
_LIKE_NUMBERS = re.compile(r"[-\d.,\s]+")


@dataclass(frozen=True, slots=True)
class Places:
    """A row of numbered places, a rectangle of them, or one named place.

    left, right, low, high  bounds, both included: of x and of y; a row of places has y = 0
    grid  whether places are pairs x,y
    name  of a named place, which holds any number of pieces; then the bounds say nothing
    """

    left: int = 0
    right: int = 0
    low: int = 0
    high: int = 0
    grid: bool = False
    name: str = ""

    @property
    def count(self) -> int:
        """How many places they are."""
        return (self.right - self.left + 1) * (self.high - self.low + 1)

    def __str__(self) -> str:
        if self.name:
            return self.name
        first = f"{self.left},{self.low}" if self.grid else f"{self.left}"
        last = f"{self.right},{self.high}" if self.grid else f"{self.right}"
        return first if first == last else f"{first}..{last}"

    def holds(self, other: Places) -> bool:
        """Whether all of the other's places are among these."""
        return (
            not self.name
            and not other.name
            and self.grid == other.grid
            and self.left <= other.left
            and other.right <= self.right
            and self.low <= other.low
            and other.high <= self.high
        )

    def shares(self, other: Places) -> Places | None:
        """The places that are in both; None where there is none."""
        if self.name or other.name:
            return self if self.name == other.name else None
        left, right = max(self.left, other.left), min(self.right, other.right)
        low, high = max(self.low, other.low), min(self.high, other.high)
        if self.grid != other.grid or left > right or low > high:
            return None
        return Places(left, right, low, high, self.grid)

    def offsets(self, inner: Places) -> Ranges:
        """Where inner places stand in the order of these, row by row, counted from 0. They must hold them."""
        width, rows = self.right - self.left + 1, range(inner.low - self.low, inner.high - self.low + 1)
        first, last = inner.left - self.left, inner.right - self.left
        if first == 0 and last == width - 1:
            return [(rows[0] * width, rows[-1] * width + last)]
        return [(row * width + first, row * width + last) for row in rows]

    def in_order_of(self, other: Places) -> list[tuple[int, int, int]]:
        """What is shared with other places, neither named: where it stands in the order of the others, then first and
        last in the order of these. A range for each row, or for several whole rows of both.

        >>> Places(1, 4, grid=False).in_order_of(Places(3, 9))
        [(0, 2, 3)]
        """
        shared = self.shares(other)
        if shared is None:
            return []
        whole = shared.low == shared.high or (
            (shared.left, shared.right) == (self.left, self.right) == (other.left, other.right)
        )
        rows = [shared] if whole else [
            Places(shared.left, shared.right, y, y, shared.grid) for y in range(shared.low, shared.high + 1)
        ]  # fmt: skip
        return [(other.offsets(row)[0][0], *self.offsets(row)[0]) for row in rows]

    def cut(self, first: int, last: int) -> list[tuple[Places, int, int]]:
        """Offsets first to last as rectangles of places, each with the offsets it spans.

        >>> [(str(places), a, b) for places, a, b in Places(0, 9, 0, 9, grid=True).cut(8, 25)]
        [('8,0..9,0', 8, 9), ('0,1..9,1', 10, 19), ('0,2..5,2', 20, 25)]
        """
        if self.name:
            return [(self, first, last)]
        width = self.right - self.left + 1
        made, at = [], first
        while at <= last:
            row, column = divmod(at, width)
            rows = (last - at + 1) // width if column == 0 else 0
            end = at + rows * width - 1 if rows else min(last, at - column + width - 1)
            right = self.right if rows else self.left + end % width
            low = self.low + row
            made.append((Places(self.left + column, right, low, low + max(rows, 1) - 1, self.grid), at, end))
            at = end + 1
        return made

    def at(self, offset: int) -> str:
        """The place at an offset, as files write it."""
        if self.name:
            return self.name
        row, column = divmod(offset, self.right - self.left + 1)
        return f"{self.left + column},{self.low + row}" if self.grid else f"{self.left + column}"


@lru_cache(maxsize=65536)
def read_places(text: str) -> Places | None:
    """Places as a file writes them; None for an empty text. Raises ValueError that says what is expected.

    >>> read_places("0,0..9,4").count
    50
    """
    if not text:
        return None
    if found := _LINE.fullmatch(text):
        first = int(found[1])
        return _ordered(text, first, int(found[2]) if found[2] else first, 0, 0, grid=False)
    if found := _GRID.fullmatch(text):
        x, y = int(found[1]), int(found[2])
        return _ordered(text, x, int(found[3]) if found[3] else x, y, int(found[4]) if found[4] else y, grid=True)
    if _LIKE_NUMBERS.fullmatch(text) or len(text) > 100:
        raise ValueError('expected places such as "17", "1..500", "12,7" or "0,0..99,79", or a name.')
    return Places(name=text)


def _ordered(text: str, left: int, right: int, low: int, high: int, *, grid: bool) -> Places:
    if right < left or high < low:
        raise ValueError("the last place stands before the first. Write the lower number first.")
    return Places(left, right, low, high, grid)
