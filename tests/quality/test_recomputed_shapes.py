"""Screens of shapes of failed dies against SciPy and plain loops: clusters, statistical bins, scratches, edges.

Every wafer is laid on the table in the eight ways there are: the verdicts turn with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import ndimage
from tests.lots import build_lot
from tests.quality.test_recomputed_places import lot_from, places, rejected, wafers
from tests.screen.maps import EIGHT

from corecar.lot import Lot
from corecar.screen.clusters import SHAPES

CORNERS = np.ones((3, 3), bool)
SIDES = ndimage.generate_binary_structure(2, 1)
SEEDS = range(3)


def laid(grids: Any, turn: Any) -> Any:
    """Wafers as they lie after a turn or a mirror, shape (wafers, rows, columns)."""
    return np.stack([turn(one) for one in grids])


def grown(mask: Any, steps: int) -> Any:
    """A mask and all within some rows and columns of it."""
    return ndimage.binary_dilation(mask, CORNERS, iterations=steps) if steps else mask


def neighbours_together(there: Any, bad: Any) -> float:
    """Neighbouring pairs that failed together, in standard deviations from their mean over all ways to place the fails.

    The moments are those of drawing without replacement, from the pairs themselves, one by one.
    """
    dies = [tuple(place) for place in np.argwhere(there).tolist()]
    known = set(dies)
    steps = ((0, 1), (1, -1), (1, 0), (1, 1))
    pairs = [((y, x), (y + i, x + j)) for y, x in dies for i, j in steps if (y + i, x + j) in known]
    n, k = len(dies), int(bad.sum())
    if k < 2 or k == n:
        return -math.inf
    chance = [math.prod((k - i) / (n - i) for i in range(drawn)) for drawn in range(5)]
    degree: dict[tuple[int, ...], int] = dict.fromkeys(dies, 0)
    for one, other in pairs:
        degree[one] += 1
        degree[other] += 1
    # Ordered pairs of two pairs that share a die; the rest of the ordered pairs share none.
    sharing = sum(count * (count - 1) for count in degree.values())
    mean = len(pairs) * chance[2]
    square = mean + sharing * chance[3] + (len(pairs) * (len(pairs) - 1) - sharing) * chance[4]
    found = sum(bool(bad[one] and bad[other]) for one, other in pairs)
    return (found - mean) / math.sqrt(square - mean**2)


def clustered(grids: Any, seeds: Any, *, size: int, chance: float, joins: float, dilation: int, holes: bool) -> Any:
    """Good dies beside or inside of clusters of seeds that are no accident, bool, shape (wafers, rows, columns)."""
    out = np.zeros(grids.shape, bool)
    for plane, (grid, bad) in enumerate(zip(grids, seeds, strict=True)):
        there = ~np.isnan(grid)
        label, count = ndimage.label(bad, CORNERS)
        crowded = neighbours_together(there, bad) >= joins
        kept = np.zeros(grid.shape, bool)
        for number in range(1, count + 1):
            dies = int((label == number).sum())
            share = (int(bad.sum()) - dies) / (int(there.sum()) - dies)
            likely = min(1.0, *(int(there.sum()) * SHAPES[n - 1] * share**n for n in range(1, min(dies, 10) + 1)))
            if dies >= size and (crowded or likely < chance):
                kept |= label == number
        area = grown(kept, dilation)
        if holes:
            area |= ndimage.binary_fill_holes(kept, SIDES)
        out[plane] = area & (grid == 1)
    return out


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("dilation", "holes"), [(1, True), (2, False), (0, True)])
def test_good_dies_of_clusters_are_those_of_labelled_images(seed: int, dilation: int, holes: bool) -> None:
    grids = wafers(seed, 3, share=0.05)
    ring = np.zeros(grids.shape, bool)
    ring[:, 14:19, 12:17] = True
    ring[:, 15:18, 13:16] = False
    grids = np.where(ring & ~np.isnan(grids), 0.0, grids)
    expected = clustered(grids, grids == 0, size=5, chance=1e-3, joins=6.0, dilation=dilation, holes=holes)
    keys = f"size = 5\nchance = 1e-3\njoins = 6.0\ndilation = {dilation}\nholes = {str(holes).lower()}\n"
    assert expected.any()
    for turn in EIGHT:
        assert rejected(lot_from(laid(grids, turn)), keys, "cluster") == places(laid(expected, turn))


@pytest.mark.parametrize("seed", SEEDS)
def test_bins_that_seed_clusters_are_those_above_the_other_wafers(seed: int) -> None:
    random = np.random.default_rng(seed)
    grids = wafers(seed, 8, share=0.05)
    grids[:, 8:12, 8:12] = np.where(np.isnan(grids[:, 8:12, 8:12]), np.nan, 1.0)
    bins = np.where(grids == 1, 1, random.choice([5, 6, 7], size=grids.shape))
    grids[2, 10:13, 10:14], bins[2, 10:13, 10:14] = 0, 6
    grids[5, 4:8, 9:12], bins[5, 4:8, 9:12] = 0, 7
    tested = (~np.isnan(grids)).sum(axis=(1, 2))
    seeds = np.zeros(grids.shape, bool)
    for number in (5, 6, 7):
        mine = (bins == number) & (grids == 0)
        shares = mine.sum(axis=(1, 2)) / tested
        for plane, share in enumerate(shares.tolist()):
            others = np.delete(shares, plane)
            if share > others.mean() + 3 * others.std(ddof=1):
                seeds[plane] |= mine[plane]
    expected = clustered(grids, seeds, size=5, chance=1e-3, joins=6.0, dilation=1, holes=True)
    assert places(expected)
    keys = 'seeds = "statistical"\nsize = 5\nchance = 1e-3\njoins = 6.0\ndilation = 1\nholes = true\nwidth = 3\n'
    for turn in EIGHT:
        turned = laid(grids, turn)
        hard = laid(bins, turn)[~np.isnan(turned)].tolist()
        assert rejected(lot_from(turned, hard_bin=hard), keys, "cluster") == places(laid(expected, turn))


def scratched(grid: Any) -> Any:
    """Good dies on lines through groups of failed dies, by singular values; sizes and widths are the recipe's below."""
    bad = [tuple(place) for place in np.argwhere(grid == 0).tolist()]
    left, out = set(bad), np.zeros(grid.shape, bool)
    while left:
        group, waiting = [], [left.pop()]
        while waiting:
            y, x = waiting.pop()
            group.append((y, x))
            near = {(i, j) for i, j in left if max(abs(i - y), abs(j - x)) <= 2}
            left -= near
            waiting += near
        if len(group) < 6:
            continue
        points = np.array(group, float)
        middle = points.mean(axis=0)
        _, singular, axes = np.linalg.svd(points - middle, full_matrices=False)
        along, across = singular / math.sqrt(len(group))
        if across > 0.6 or along < 4 * across:
            continue
        reach = (points - middle) @ axes[0]
        for y, x in np.argwhere(grid == 1).tolist():
            at, off = (np.array([y, x]) - middle) @ axes.T
            # A hair on the inside: a die on the border itself counts.
            out[y, x] |= reach.min() - 2 - 1e-9 <= at <= reach.max() + 2 + 1e-9 and abs(off) <= 0.75 + 1e-9
    return out


@pytest.mark.parametrize("seed", range(6))
def test_good_dies_on_scratches_are_those_of_singular_values(seed: int) -> None:
    random = np.random.default_rng(seed)
    grids = np.where(np.isnan(wafers(seed, 3)), np.nan, 1.0)
    for grid in grids:
        angle = random.uniform(0, math.pi)
        for step in np.arange(-8, 8, 0.8):
            y, x = round(13 + step * math.sin(angle)), round(12 + step * math.cos(angle))
            if 0 <= y < grid.shape[0] and 0 <= x < grid.shape[1] and random.random() < 0.8 and grid[y, x] == 1:
                grid[y, x] = 0
        grid[(random.random(grid.shape) < 0.01) & (grid == 1)] = 0
    expected = np.stack([scratched(grid) for grid in grids])
    assert expected.any()
    keys = "size = 6\nreach = 2\nspread = 0.6\nelongation = 4.0\nextension = 2.0\nhalf_width = 0.75\n"
    for turn in EIGHT:
        assert rejected(lot_from(laid(grids, turn)), keys, "scratch") == places(laid(expected, turn))


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_dies_near_the_edge_are_those_near_a_place_off_the_lot(rows: int) -> None:
    """Places off the wafer are joined to the outside by sides; what is skipped inside is none."""
    grids = wafers(rows, 4)
    there = np.pad((~np.isnan(grids)).any(axis=0), 4)
    label, _ = ndimage.label(~there, SIDES)
    near = grown(label == label[0, 0], rows)[4:-4, 4:-4]
    expected = (grids == 1) & near
    keys = f"exclusion_mm = 0\nrows = {rows}\n"
    for turn in EIGHT:
        assert rejected(lot_from(laid(grids, turn)), keys, "edge-ring") == places(laid(expected, turn))


@pytest.mark.parametrize("exclusion", [2.5, 6.0, 11.0])
@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("axes", ["RD", "RU", "LD", "LU"])
def test_dies_in_the_ring_are_those_with_a_corner_there_however_the_wafer_lay(
    axes: str, quarters: int, exclusion: float
) -> None:
    """Wafers of 200 mm with a notch of 1 mm; dies of 8 by 7.4 mm, that at row 13 and column 12 in the middle."""
    grids = wafers(1, 2)
    expected = np.zeros(grids.shape, bool)
    for plane, y, x in np.argwhere(grids == 1).tolist():
        across = [(x - 12 + i) * 8.0 for i in (-0.5, 0.5)]
        down = [(y - 13 + j) * 7.4 for j in (-0.5, 0.5)]
        near = math.hypot(max(across[0], -across[1], 0.0), max(down[0] - 99.0, 99.0 - down[1], 0.0))
        far = max(math.hypot(one, other) for one in across for other in down)
        expected[plane, y, x] = far > 100 - exclusion or near < exclusion
    lot, seen_at = laid_in_prober(grids, axes, quarters)
    keys = f"exclusion_mm = {exclusion}\nrows = 0\n"
    assert rejected(lot, keys, "edge-ring") == {(name, *seen_at(y, x)) for name, y, x in places(expected)}
    assert 0 < expected.sum() < (grids == 1).sum()


def laid_in_prober(grids: Any, axes: str, quarters: int) -> tuple[Lot, Callable[[int, int], tuple[int, int]]]:
    """A lot turned clockwise by some quarters from notch down, and y and x that the files then give to a die.

    axes  where X and Y grow, as the prober sees it: R or L, D or U
    """

    def seen_at(y: int, x: int) -> tuple[int, int]:
        for _ in range(quarters):
            y, x = x, -y
        return (y if axes[1] == "D" else -y), (x if axes[0] == "R" else -x)

    at = np.argwhere(~np.isnan(grids)).tolist()
    names = [f"W{plane + 1:02}" for plane in range(len(grids))]
    size = (8.0, 7.4) if quarters % 2 == 0 else (7.4, 8.0)
    middle = seen_at(13, 12)
    told = {
        "wafer": names, "run": 0, "head": 1, "wafer_size": 200.0, "die_width": size[0], "die_height": size[1],
        "wafer_units": "mm", "flat": "DLUR"[quarters], "center_x": middle[1], "center_y": middle[0],
        "positive_x": axes[0], "positive_y": axes[1],
    }  # fmt: skip
    every = {key: value if isinstance(value, list) else [value] * len(names) for key, value in told.items()}
    y, x = zip(*(seen_at(row, column) for _, row, column in at), strict=True)
    lot = build_lot(
        np.ones(len(at)), wafer=[names[plane] for plane, _, _ in at], y=list(y), x=list(x), wafers=every,
        passed=[bool(grids[tuple(place)] == 1) for place in at],
    )  # fmt: skip
    return lot, seen_at
