"""A unit that came back from the field, in a real browser: one page with its die, its values, and what catches it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.bridge.houses import small_lot
from tests.bridge.trace.told_events import TESTED, story
from tests.web.browsers import Person, Site, need_browser, serving, sits_down
from tests.web.whole_pages import check_whole, english_in

import corecar

PAGE = "/trace/returned?what=K1"


@pytest.fixture(scope="module")
def ana(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[tuple[Person, Site]]:
    need_browser()
    folder = tmp_path_factory.mktemp("returned")
    with corecar.init(folder / "house", owner="Demo House") as house:
        house.ingest([small_lot(folder, 1)], workers="inline")
        house.grade("SIM00001")
        house.trace_import(story(folder, of=TESTED))
        house.people_add("ana", role="quality", party="Demo House")
        link = str(house.people_link(person="ana")["secret"])
    with serving(folder / "house") as site:
        person = sits_down(browser, site)
        person.choose(link)
        yield person, site


def test_a_returned_unit_is_asked_for_on_the_page_trace(ana: tuple[Person, Site]) -> None:
    person, _ = ana
    person.go("/trace")
    person.page.get_by_label("The unit that came back").fill("K1")
    person.page.click("button:has-text('Tell its story')")
    person.page.wait_for_url("**/trace/returned?what=K1")
    person.page.wait_for_selector(".answer:has-text('K1: SIM00001-W01 (6, 1) of lot SIM00001.')")


def test_its_die_lies_on_the_wafer_and_its_values_within_the_lot(ana: tuple[Person, Site]) -> None:
    person, _ = ana
    person.go(PAGE)
    person.page.wait_for_selector("h2:has-text('Die X 6, Y 1 on wafer W01 of lot SIM00001')")
    person.page.wait_for_selector("canvas")
    drawn = person.page.locator(".drawn-small figure svg")
    drawn.first.wait_for()
    drawn.nth(2).wait_for()
    for name in ("Which screen would have caught it", "Die around it", "Tools and programs", "Where its siblings"):
        person.page.wait_for_selector(f"[aria-label^='{name}'], h2:has-text('{name}')")
    person.page.wait_for_selector("#main :text('BOND-3')")
    assert person.wrong == []


def test_what_is_no_unit_is_told(ana: tuple[Person, Site]) -> None:
    person, _ = ana
    person.go("/trace/returned?what=K99")
    person.page.wait_for_selector(".problem:has-text('K99')")


@pytest.mark.parametrize(("language", "light"), [("en-US", "light"), ("zh-CN", "dark")])
def test_the_page_is_whole_in_both_languages_and_by_day_and_night(
    ana: tuple[Person, Site], browser: Any, language: str, light: str
) -> None:
    person = sits_down(browser, ana[1], language=language, light=light, width=820 if light == "dark" else 1280)
    person.log_in("ana")
    person.page.wait_for_selector("nav.rail")
    for path in (PAGE, "/trace/returned"):
        check_whole(person, path, language=language, light=light)
        if language == "zh-CN":
            heads = ".ag-header-cell-text, dt, h2, h3, .btn, .field label"
            assert english_in(person.page, f"#main :is({heads})") == [], path
