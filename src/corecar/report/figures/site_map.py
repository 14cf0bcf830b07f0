"""Sites where they stand: a block for each town with the light of every site, moved apart where they would overlap.

Places are projected by degrees east, shortened by the cosine of the middle latitude, and degrees north, both on one
scale: good for a province or a country, and marked with a bar of kilometres. Places without coordinates stand below, by
region.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from corecar.report.figures.load_map import LETTERS
from corecar.report.figures.svg import drawing, element, fitted, label, title

WIDTH, HEIGHT, EDGE = 560.0, 440.0, 12.0
BLOCK, LINE, HEAD = 92.0, 15.0, 15.0
KM_PER_DEGREE = 111.195
"""Of latitude, on a sphere of 6,371 km."""
ROUNDS, APART = 400, 6.0
BARS_KM = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


@dataclass(frozen=True)
class SiteLight:
    """A site: its name, its light (empty where nothing is known), what is said of it, and where it leads."""

    name: str
    light: str
    told: str
    to: str


@dataclass(frozen=True)
class Town:
    """A town, or another place, with its sites.

    latitude, longitude  of its middle [degree]; None where they are not known
    """

    name: str
    region: str
    latitude: float | None
    longitude: float | None
    sites: tuple[SiteLight, ...]

    @property
    def height(self) -> float:
        """Of its block [px]."""
        return HEAD + LINE * len(self.sites)


def site_map(places: Sequence[Town], alt: str, without: str) -> str:
    """The map. without: the words above places that have no coordinates."""
    known = [place for place in places if place.latitude is not None and place.longitude is not None]
    other = [place for place in places if place not in known]
    drawn = _mapped(known) if known else []
    top = HEIGHT if known else 0.0
    if other:
        drawn.append(label(without, EDGE, top + 14, class_="small quiet"))
        below, bottom = _in_rows(sorted(other, key=lambda place: (place.region, place.name)), top + 24)
        drawn += below
        top = bottom
    return drawing(WIDTH, max(top, 40.0), alt, *drawn, links=True)


def _mapped(places: Sequence[Town]) -> list[str]:
    points, scale = projected(places)
    corners = apart([(x - BLOCK / 2, y - place.height / 2) for (x, y), place in zip(points, places, strict=True)],
                    [place.height for place in places])  # fmt: skip
    drawn = []
    for (x, y), (left, top), place in zip(points, corners, places, strict=True):
        middle = (left + BLOCK / 2, top + place.height / 2)
        drawn.append(element("path", class_="link", d=f"M{x:.1f} {y:.1f}L{middle[0]:.1f} {middle[1]:.1f}"))
        drawn.append(element("circle", class_="dot", cx=x, cy=y, r=2.5))
    drawn += [_block(place, left, top) for (left, top), place in zip(corners, places, strict=True)]
    return [*drawn, *_bar(scale), *_north()]


def projected(places: Sequence[Town]) -> tuple[list[tuple[float, float]], float]:
    """Where each place lies [px], and how long a kilometre is [px]."""
    north = [float(place.latitude or 0.0) for place in places]
    shrink = math.cos(math.radians((min(north) + max(north)) / 2))
    east = [float(place.longitude or 0.0) * shrink for place in places]
    wide, high = max(east) - min(east), max(north) - min(north)
    room = (WIDTH - BLOCK - 2 * EDGE, HEIGHT - 110.0 - 2 * EDGE)
    scale = min(room[0] / wide if wide else math.inf, room[1] / high if high else math.inf)
    scale = scale if math.isfinite(scale) else 0.0
    middle = ((min(east) + max(east)) / 2, (min(north) + max(north)) / 2)
    return [
        (WIDTH / 2 + (x - middle[0]) * scale, HEIGHT / 2 - (y - middle[1]) * scale)
        for x, y in zip(east, north, strict=True)
    ], scale / KM_PER_DEGREE


def apart(corners: Sequence[tuple[float, float]], heights: Sequence[float]) -> list[tuple[float, float]]:
    """Corners of blocks moved as little as is needed for none to cover another, within the frame."""
    placed = [list(corner) for corner in corners]
    for _ in range(ROUNDS):
        moved = False
        for one in range(len(placed)):
            for other in range(one):
                moved |= _push(placed[one], placed[other], heights[one], heights[other])
        for corner, height in zip(placed, heights, strict=True):
            corner[0] = min(max(corner[0], EDGE), WIDTH - BLOCK - EDGE)
            corner[1] = min(max(corner[1], EDGE), HEIGHT - height - EDGE)
        if not moved:
            break
    return [(left, top) for left, top in placed]


def _push(one: list[float], other: list[float], height: float, height_of_other: float) -> bool:
    """Push two blocks apart by half of what they cover of each other, the short way. Whether they did."""
    dx = (one[0] - other[0]) or 0.01
    dy = (one[1] + height / 2 - other[1] - height_of_other / 2) or 0.01
    over_x = BLOCK + APART - abs(dx)
    over_y = (height + height_of_other) / 2 + APART - abs(dy)
    if over_x <= 0 or over_y <= 0:
        return False
    way, by = (0, math.copysign(over_x / 2, dx)) if over_x < over_y else (1, math.copysign(over_y / 2, dy))
    one[way] += by
    other[way] -= by
    return True


def _block(place: Town, left: float, top: float) -> str:
    drawn = [
        title(f"{place.name}, {place.region}" if place.region else place.name),
        element("rect", class_="paper", x=left - 3, y=top, width=BLOCK + 6, height=place.height + 3, rx=3),
        label(fitted(place.name, BLOCK, 10), left, top + 11, class_="small quiet"),
    ]
    for row, site in enumerate(place.sites):
        y = top + HEAD + row * LINE
        light = site.light if site.light in LETTERS else ""
        drawn.append(
            element(
                "a",
                title(site.told),
                element("rect", class_=f"light-{light}" if light else "unknown", x=left, y=y, width=13, height=13),
                label(
                    LETTERS.get(light, "–"),
                    left + 6.5,
                    y + 9.5,
                    class_=f"letter on-{light}" if light else "letter",
                    anchor="middle",
                ),
                label(fitted(site.name, BLOCK - 18, 10), left + 18, y + 10.5, class_="small"),
                href=site.to,
            )
        )
    return element("g", *drawn)


def _in_rows(places: Sequence[Town], top: float) -> tuple[list[str], float]:
    """Blocks beside each other, as many as have room; and where they end."""
    drawn, left, tallest = [], EDGE, 0.0
    for place in places:
        if left + BLOCK > WIDTH:
            left, top, tallest = EDGE, top + tallest + APART, 0.0
        drawn.append(_block(place, left, top))
        left += BLOCK + 2 * APART
        tallest = max(tallest, place.height)
    return drawn, top + tallest + APART


def _bar(scale: float) -> list[str]:
    """A bar of kilometres, at most a quarter as long as the map is wide."""
    fits = [km for km in BARS_KM if km * scale <= WIDTH / 4]
    if not scale or not fits:
        return []
    long, y = fits[-1] * scale, HEIGHT - 8
    path = element("path", class_="axis", d=f"M{EDGE:g} {y - 5:g}V{y:g}H{EDGE + long:.1f}V{y - 5:g}")
    return [path, label(f"{fits[-1]:,} km", EDGE + long + 6, y, class_="small quiet")]


def _north() -> list[str]:
    x, y = WIDTH - 16, 16.0
    return [
        element(
            "path", class_="axis", d=f"M{x:g} {y + 18:g}V{y:g}M{x - 4:g} {y + 6:g}L{x:g} {y:g}L{x + 4:g} {y + 6:g}"
        ),
        label("N", x, y + 30, class_="small quiet", anchor="middle"),
    ]
