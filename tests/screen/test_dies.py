"""Dies on one grid: what counts, where it lies, and wafers that lie differently."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lots import build_lot
from tests.screen.maps import lot_of

from corecar.screen.dies import BAD, NO_DIE, SOUND, lay_out, states

MAP = [".1X", "111", "11."]


def test_a_wafer_is_laid_out_as_its_coordinates_say() -> None:
    lot = lot_of(MAP)
    found = states(lot, lay_out(lot))
    assert found.tolist() == [[[NO_DIE, SOUND, BAD], [SOUND] * 3, [SOUND, SOUND, NO_DIE]]]


def test_attempts_that_do_not_count_and_parts_of_unknown_verdict_are_no_dies() -> None:
    lot = build_lot(
        [1, 1, 1, 1], wafer=["W"] * 4, x=[0, 1, 2, 3], y=0, passed=[True, False, False, False],
        superseded=[False, True, False, False], incomplete=[False, False, True, False],
    )  # fmt: skip
    assert states(lot, lay_out(lot)).tolist() == [[[SOUND, NO_DIE, NO_DIE, BAD]]]


def test_the_worst_of_several_final_parts_at_one_place_counts() -> None:
    lot = build_lot([1, 1], wafer=["W"] * 2, x=[4, 4], y=[2, 2], passed=[False, True])
    assert states(lot, lay_out(lot)).tolist() == [[[BAD]]]


def test_the_same_wafer_at_two_temperatures_is_two_planes() -> None:
    runs = {"lot": ["L", "L"], "temperature": ["25C", "125C"], "stage": ["wafer sort"] * 2}
    lot = build_lot([1, 1], wafer=["W"] * 2, x=[0, 0], y=[0, 0], passed=[True, False], run=[0, 1], runs=runs)
    dies = lay_out(lot)
    assert states(lot, dies).ravel().tolist() == [SOUND, BAD]
    assert dies.stack.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("columns", "trouble"),
    [
        ({"wafer": ["W"] * 2}, "no coordinates"),
        ({}, "no wafers"),
        ({"wafer": ["W"] * 2, "x": [0, 30000], "y": [0, 30000]}, "the coordinates span 30,001 x 30,001 places"),
    ],
)
def test_a_lot_without_places_says_why(columns: dict[str, Any], trouble: str) -> None:
    found = lay_out(build_lot([1, 1], **columns))
    assert found.trouble.startswith(trouble)
    assert found.place.tolist() == [-1, -1]


FRAMES = [(flat, x, y) for flat in "DLUR" for x in "LR" for y in "UD"]


def viewed(frame: tuple[str, str, str], right: Any, down: Any) -> tuple[Any, Any]:
    """Coordinates that a prober writes of dies seen with the flat at the bottom, once its wafer lies in a frame."""
    flat, x, y = frame
    quarters = "DLUR".index(flat)
    for _ in range(quarters):
        right, down = -down, right  # a quarter clockwise: what was at the bottom is at the left
    return (right if x == "R" else -right), (down if y == "D" else -down)


@given(st.lists(st.sampled_from(FRAMES), min_size=1, max_size=4), st.integers(-9, 9), st.integers(-9, 9))
def test_wafers_of_any_frames_lie_over_each_other(frames: Any, middle_x: int, middle_y: int) -> None:
    places = [(1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (0, 2), (1, 2)]
    right, down = (np.tile([place[axis] for place in places], (len(frames), 1)) for axis in (0, 1))
    written = [viewed(frame, r + middle_x, d + middle_y) for frame, r, d in zip(frames, right, down, strict=True)]
    centre = [viewed(frame, 1 + middle_x, 1 + middle_y) for frame in frames]
    names = [f"W{number}" for number in range(len(frames))]
    wafers = {
        "wafer": names, "run": [0] * len(frames), "head": [1] * len(frames), "flat": [f for f, _, _ in frames],
        "positive_x": [x for _, x, _ in frames], "positive_y": [y for _, _, y in frames],
        "center_x": [int(x) for x, _ in centre], "center_y": [int(y) for _, y in centre],
    }  # fmt: skip
    lot = build_lot(
        np.ones(right.size), wafer=np.repeat(names, len(places)).tolist(),
        x=np.concatenate([x for x, _ in written]).tolist(), y=np.concatenate([y for _, y in written]).tolist(),
        passed=[place != (2, 0) for place in places] * len(frames), wafers=wafers,
    )  # fmt: skip
    found = lay_out(lot)
    assert found.notes == ()
    for wafer in states(lot, found):
        assert wafer.tolist() == [[NO_DIE, SOUND, BAD], [SOUND] * 3, [SOUND, SOUND, NO_DIE]]


def test_wafers_of_different_frames_without_a_centre_are_stacked_by_their_middle_and_say_so() -> None:
    wafers = {"wafer": ["W01", "W02"], "run": [0, 0], "head": [1, 1], "flat": ["D", "U"]}
    lot = lot_of(MAP, [row[::-1] for row in MAP[::-1]], wafers=wafers)
    found = lay_out(lot)
    first, second = states(lot, found).tolist()
    assert first == second
    assert found.notes == (
        "The wafers lie differently, and the files do not say all of how W01, W02 lay: where they are silent X grows "
        "to the right, Y down, and flat or notch is down.",
        "The wafers lie in 2 different frames and not all of their files tell a centre: stacked by the middle of their "
        "dies.",
    )


def test_the_fingerprint_tells_maps_and_their_places_apart() -> None:
    marks = set()
    for rows, x in ((MAP, 0), (MAP, 1), (["11X", *MAP[1:]], 0)):
        lot = lot_of(rows)
        shifted = lot_of(rows, x=[value + x for value in lot.parts["x"].to_pylist()])
        dies = lay_out(shifted)
        marks.add(dies.fingerprint(states(shifted, dies), 0))
    assert len(marks) == 3
