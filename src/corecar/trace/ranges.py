"""Ranges of whole numbers: sorted, without overlap, both ends included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Range = tuple[int, int]
Ranges = list[Range]


def joined(ranges: Iterable[Range]) -> Ranges:
    """Sorted, with those that overlap or touch made one.

    >>> joined([(4, 6), (1, 3), (9, 9)])
    [(1, 6), (9, 9)]
    """
    listed = list(ranges)
    if len(listed) < 2:
        return listed
    made: Ranges = []
    for low, high in sorted(listed):
        if made and low <= made[-1][1] + 1:
            if high > made[-1][1]:
                made[-1] = (made[-1][0], high)
        else:
            made.append((low, high))
    return made


def without(ranges: Sequence[Range], gone: Sequence[Range]) -> Ranges:
    """What is in `ranges` and not in `gone`; both sorted and without overlap.

    >>> without([(1, 9)], [(3, 4), (9, 12)])
    [(1, 2), (5, 8)]
    """
    if not gone:
        return list(ranges)
    left: Ranges = []
    at = 0
    for low, high in ranges:
        while at < len(gone) and gone[at][1] < low:
            at += 1
        start, look = low, at
        while look < len(gone) and gone[look][0] <= high:
            if gone[look][0] > start:
                left.append((start, gone[look][0] - 1))
            start = max(start, gone[look][1] + 1)
            look += 1
        if start <= high:
            left.append((start, high))
    return left


def both(one: Sequence[Range], other: Sequence[Range]) -> Ranges:
    """What is in both; both sorted and without overlap.

    >>> both([(1, 5), (8, 9)], [(4, 8)])
    [(4, 5), (8, 8)]
    """
    return without(one, without(one, other))


def size(ranges: Iterable[Range]) -> int:
    """How many whole numbers are in them."""
    return sum(high - low + 1 for low, high in ranges)


def clipped(ranges: Sequence[Range], low: int, high: int) -> Ranges:
    """The part of sorted ranges between two numbers, both included."""
    return [(max(a, low), min(b, high)) for a, b in ranges if b >= low and a <= high]


def aligned(one: Sequence[Range], other: Sequence[Range]) -> list[tuple[Range, Range]]:
    """Two lists of ranges of the same size cut so that the n-th number of one stands at the n-th of the other.

    >>> aligned([(0, 1), (5, 6)], [(10, 13)])
    [((0, 1), (10, 11)), ((5, 6), (12, 13))]
    """
    pairs: list[tuple[Range, Range]] = []
    left, right = list(one[::-1]), list(other[::-1])
    while left and right:
        (a, b), (c, d) = left.pop(), right.pop()
        count = min(b - a, d - c)
        pairs.append(((a, a + count), (c, c + count)))
        if a + count < b:
            left.append((a + count + 1, b))
        if c + count < d:
            right.append((c + count + 1, d))
    return pairs
