"""Maps of wafers: what is counted and marked, and how they look and move in a browser."""

from __future__ import annotations

import base64
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.web.browsers import Person, Site, another

from corecar.report.figures.palette import FAIL_COLOURS
from corecar.web.pages.lot_maps import scaled
from corecar.web.pages.wafer import die_at
from corecar.web.pages.wafer_map import (
    Lie,
    bin_colours,
    dies_of,
    fails_by_count,
    lie_of,
    lie_told,
    packed,
    stacked,
    value_colours,
)
from corecar.words import words_of

MAP = "canvas.map-canvas"


def wafer(name: str, *rows: tuple[int | None, int, int, bool]) -> Any:
    x, y, hard_bin, passed = zip(*rows, strict=True)
    return dies_of(name, pa.table({"x": pa.array(x, pa.int32()), "y": list(y), "hard_bin": list(hard_bin),
                                   "passed": list(passed)}))  # fmt: skip


def test_places_are_counted_over_the_wafers_also_where_one_lacks_them() -> None:
    one = wafer("W1", (0, 0, 1, True), (1, 0, 5, False), (None, 9, 9, False))
    other = wafer("W2", (1, 0, 7, False), (2, 0, 5, False))
    places, fails, tested = stacked([one, other])
    counted = {(x, y): (f, t) for x, y, f, t in np.stack([places.x, places.y, fails, tested], 1).tolist()}
    assert counted == {(0, 0): (0, 1), (1, 0): (2, 2), (2, 0): (1, 1)}
    assert fails_by_count([one, other]) == {5: 2, 7: 1}


def test_fails_take_colours_in_the_order_of_their_counts_and_the_rest_shares_the_last() -> None:
    many = wafer("W1", *((x, 0, x + 2, False) for x in range(FAIL_COLOURS + 3)), (99, 0, 1, True))
    colours = bin_colours(many, list(fails_by_count([many])))
    assert colours[-1] == 0
    assert colours.max() == FAIL_COLOURS
    assert (colours == FAIL_COLOURS).sum() == 4


def test_units_that_a_screen_rejected_are_marked_on_their_own_wafer_alone() -> None:
    units = {"W1 (1, 0)", "W2 (0, 0)"}
    assert wafer("W1", (0, 0, 1, True), (1, 0, 1, True)).marked(units).tolist() == [False, True]
    assert wafer("W3", (0, 0, 1, True)).marked(units).tolist() == [False]


def test_what_was_not_measured_has_a_colour_of_its_own() -> None:
    colours = value_colours(np.array([0.0, 1.0, 99.0, np.nan]), 0.0, 1.0)
    assert colours.tolist() == [0, 18, 18, 19]
    values, unit = scaled([np.array([0.012, np.nan]), np.array([0.013])], "A")
    assert unit == "mA"
    assert values[1][0] == pytest.approx(13.0)


def test_numbers_travel_as_their_bytes() -> None:
    assert np.frombuffer(base64.b64decode(packed([-3, 70_000], "<i4")), "<i4").tolist() == [-3, 70_000]


def test_an_address_names_a_die_or_none() -> None:
    found = wafer("W1", (0, 0, 1, True), (-1, 2, 1, True))
    assert [die_at(found, at) for at in ("-1,2", "0,0", "5,5", "", "x,y", "1", "9" * 30 + ",1")] == [
        1, 0, None, None, None, None, None,
    ]  # fmt: skip


def test_a_die_that_is_clicked_stands_in_the_address_and_is_told_again(
    site: Site, browser: Any, administrator: Person
) -> None:
    person = another(browser, site, administrator)
    person.go("/lots/1/wafers/W01?test=1000")
    canvas = person.page.locator(MAP)
    box = canvas.bounding_box()
    assert box
    canvas.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    person.page.wait_for_url(re.compile(r"test=1000&die=-?\d+%2C-?\d+"))
    title = person.page.locator("h2:has-text('Die X')")
    title.wait_for()
    person.go(person.page.url.removeprefix(person.at))
    title.wait_for()
    assert person.page.locator("select#test").input_value() == "1000"
    place = re.search(r"die=(-?\d+)%2C(-?\d+)", person.page.url)
    assert place
    assert title.inner_text() == f"Die X {place[1]}, Y {place[2]}"


def test_a_lot_shows_its_wafers_over_each_other_and_by_a_test(site: Site, browser: Any, administrator: Person) -> None:
    person = another(browser, site, administrator)
    person.go("/lots/3")
    assert person.page.locator(".gallery canvas").count() == 3
    assert "How many of 3 wafers fail" in person.page.locator(".stack figcaption").inner_text()
    person.page.locator("select#test").select_option("1000")
    person.page.wait_for_url(re.compile(r"/lots/3\?test=1000"))
    person.settle()
    assert "quantiles" in person.page.locator(".scale-bar").first.inner_text()
    drawn = person.page.evaluate(
        "[...document.querySelectorAll('.gallery canvas')].every(c => "
        "new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer).some(p => p))"
    )
    assert drawn
    person.go("/lots/1")
    assert "passed, and rejected by a screen" in person.page.locator(".map-legend").inner_text()


def test_wafers_lie_as_their_files_say_and_share_one_scale() -> None:
    small, large = wafer("W1", (0, 5, 1, True), (1, 5, 1, True)), wafer("W2", (-3, 2, 1, True), (4, 9, 1, True))
    frame = {"flat": "L", "notched": False, "x_right": False, "y_down": True, "known_axes": True, "die_aspect": 0.5}
    assert lie_of(frame, [small, large]) == Lie((-3, 4, 2, 9), 0.5, False, True, "L", False)
    assert lie_of({}, [small]) == Lie((0, 1, 5, 5))
    assert lie_of(frame, []).flat == ""


def test_what_no_file_says_of_a_wafers_lie_is_said_under_its_map() -> None:
    english, chinese = words_of("en"), words_of("zh")
    known = {"flat": "D", "known_axes": True, "die_aspect": 1.0}
    assert lie_told(english, known) == ""
    told = lie_told(english, known | {"flat": None, "known_axes": False})
    assert told.startswith("The files do not say which way X and Y grow, where the notch is: X is drawn")
    assert "缺口" in lie_told(chinese, {})


LIGHT = """([x, y]) => { const c = document.querySelector('canvas.map-canvas'), side = Math.min(c.width, c.height);
  return c.getContext('2d').getImageData(c.width / 2 + x * side / 2, c.height / 2 + y * side / 2, 1, 1).data[3]; }"""
"""Whether anything is drawn at a place of the map, as a part of its half side from its middle."""


def test_a_map_shows_the_notch_where_the_file_has_it_and_y_grows_as_it_says(
    site: Site, browser: Any, administrator: Person
) -> None:
    person = another(browser, site, administrator)
    person.go("/lots/3/wafers/W01")  # notch down, Y upwards
    person.page.wait_for_timeout(300)
    near_edge = [(0, 0.95), (0, -0.95), (0.95, 0), (-0.95, 0)]
    assert [person.page.evaluate(LIGHT, place) > 0 for place in near_edge] == [False, True, True, True]
    heights = []
    for part in (0.2, 0.8):
        box = person.page.locator(MAP).bounding_box()
        assert box
        person.page.locator(MAP).click(position={"x": box["width"] / 2, "y": box["height"] * part})
        person.page.wait_for_url(re.compile("die="))
        person.page.wait_for_timeout(300)
        found = re.search(r"die=-?\d+%2C(-?\d+)", person.page.url)
        assert found
        heights.append(int(found[1]))
    assert heights[0] > heights[1]
