"""The chain's page: where sites stand, their lights, and down to one site in one week."""

from __future__ import annotations

import math
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.web.browsers import Person, Site, another

from corecar.report.figures.site_map import BLOCK, HEIGHT, WIDTH, SiteLight, Town, apart, projected, site_map
from corecar.web.pages.chain import towns_of
from corecar.words import words_of


def town(name: str, north: float | None, east: float | None, sites: int = 1) -> Town:
    lights = tuple(
        SiteLight(f"{name}-{number}", "red", f"{name} told", f"/chain?site={name}") for number in range(sites)
    )
    return Town(name, "Region <1>", north, east, lights)


def test_from_the_map_to_a_site_and_to_its_week(site: Site, browser: Any, administrator: Person) -> None:
    person = another(browser, site, administrator)
    person.go("/chain")
    person.page.locator(".chain-views a:has-text('OSAT-1')").first.click()
    person.page.wait_for_url(re.compile(r"/chain\?site=OSAT-1$"))
    person.settle()
    assert person.said().startswith("OSAT-1: ")
    person.page.locator(".figure a").first.click()
    person.page.wait_for_url(re.compile(r"site=OSAT-1&week=2027-W01"))
    person.settle()
    assert person.page.locator("h2:has-text('OSAT-1 in 2027-W01')").count() == 1
    weeks = person.page.locator(".ag-cell[col-id=week]").all_inner_texts()
    assert weeks
    assert set(weeks) == {"2027-W01"}


def test_a_kilometre_is_as_long_to_the_east_as_to_the_north() -> None:
    points, km = projected([town("A", 30.0, 110.0), town("B", 31.0, 110.0), town("C", 30.0, 111.0)])
    north = points[0][1] - points[1][1]
    east = points[2][0] - points[0][0]
    assert north == pytest.approx(111.195 * km)
    assert east == pytest.approx(north * math.cos(math.radians(30.5)))


def test_a_single_town_stands_in_the_middle() -> None:
    points, km = projected([town("A", 30.0, 110.0)])
    assert points == [(WIDTH / 2, HEIGHT / 2)]
    assert km == 0.0


def test_towns_in_one_spot_do_not_cover_each_other() -> None:
    heights = [30.0, 60.0, 45.0, 30.0]
    placed = apart([(200.0, 200.0)] * 4, heights)
    for one in range(4):
        for other in range(one):
            (x, y), (u, v) = placed[one], placed[other]
            clear = abs(x - u) >= BLOCK or y + heights[one] <= v or v + heights[other] <= y
            assert clear, (one, other, placed)


def test_a_town_without_coordinates_is_still_drawn_and_nothing_escapes_its_text() -> None:
    svg = site_map([town("<A>", 30.0, 110.0, 2), town("B", None, None)], "Map", "Elsewhere")
    texts = [each.text for each in ElementTree.fromstring(svg).iter("text")]
    assert {"<A>", "<A>-0", "<A>-1", "B", "B-0", "Elsewhere"} <= set(texts)


def test_a_site_has_the_worst_light_of_its_groups_and_a_town_lies_amid_its_sites() -> None:
    def row(site: str, place: str, north: float | None) -> dict[str, Any]:
        return {"site": site, "place": place, "region": None, "latitude": north, "longitude": 110.0}

    groups = {"G1": [{"site": "S1", "light": "green"}, {"site": "S1", "light": "orange"}],
              "G2": [{"site": "S1", "light": "red"}, {"site": "S2", "light": "green"}]}  # fmt: skip
    towns = towns_of(words_of("en"), [row("S1", "T", 30.0), row("S2", "T", 32.0), row("S3", "U", None)], groups)
    assert [(each.name, each.latitude) for each in towns] == [("T", 31.0), ("U", None)]
    assert [site.light for each in towns for site in each.sites] == ["red", "green", ""]
    assert towns[1].sites[0].told == "S3: no machines in the plan"
