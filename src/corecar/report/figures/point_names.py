"""Names of points that stand out: above or below each, or beside it, where nothing else is in the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corecar.report.figures.axes import Plane
from corecar.report.figures.svg import label, text_width


def point_names(plane: Plane, points: Sequence[tuple[float, float, str]]) -> Iterator[str]:
    """The words of each point, or nothing where another point or name is in the way of every place for them.

    points  x, y and words, the most important first
    """
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y, _ in points]
    for x, y, words in points:
        half = text_width(words, 10) / 2
        middle = min(max(x, plane.left + half), plane.right - half)
        beside = [x + 10 + half, x - 10 - half]
        for centre, foot in ((middle, y - 9), (middle, y + 17), *((each, y + 3.5) for each in beside)):
            box = (centre - half - 2, foot - 9, centre + half + 2, foot + 1)
            across = plane.left <= centre - half and centre + half <= plane.right
            inside = plane.top <= box[1] and box[3] <= plane.bottom and across
            if inside and not any(_meet(box, other) for other in taken):
                taken.append(box)
                yield label(words, centre, foot, class_="small halo", anchor="middle")
                break


def _meet(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two boxes (left, top, right, bottom) overlap."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
