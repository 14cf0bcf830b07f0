"""The pages of a plan in a browser: sliders of what if, two plans side by side."""

from __future__ import annotations

import re
from typing import Any

from tests.web.browsers import Person, Site, another

from corecar.report.figures.difference_map import LEAST
from corecar.web.pages.plan_compare import differences
from corecar.web.pages.plan_questions import down_weeks, scenario_line
from corecar.words import words_of


def test_sliders_stand_in_the_address_and_are_planned_as_a_job(site: Site, browser: Any, administrator: Person) -> None:
    person = another(browser, site, administrator)
    person.go("/plan?demand=-50&down=OSAT-1&weeks=1")
    demand = person.page.locator("input[type=range]").first
    assert demand.input_value() == "-50"
    assert person.page.locator("output").first.inner_text() == "−50%"
    demand.fill("20")
    person.page.wait_for_url(re.compile(r"demand=20&down=OSAT-1&weeks=1"))
    person.go(person.page.url.removeprefix(person.at))
    assert person.page.locator("input[type=range]").first.input_value() == "20"
    person.page.click("button:has-text('Try it')")
    person.page.wait_for_url(re.compile("/jobs/"))
    person.page.wait_for_selector("h2:has-text('The job')")
    assert person.said().startswith("demand * +20%; site OSAT-1 down 2027-W01: ")
    tiles = person.page.locator(".tiles").inner_text()
    assert "at most from the best plan" in tiles
    assert "vehicles supplied" in tiles


def test_sliders_that_change_nothing_are_told_on_the_page(site: Site, browser: Any, administrator: Person) -> None:
    person = another(browser, site, administrator)
    person.go("/plan?demand=0")
    person.page.click("button:has-text('Try it')")
    person.page.wait_for_selector(".problem:has-text('Nothing is changed.')")


def test_two_plans_stand_side_by_side_with_their_totals(site: Site, browser: Any, administrator: Person) -> None:
    person = another(browser, site, administrator)
    person.go("/plan")
    person.page.click("button:has-text('Compare plans')")
    person.page.wait_for_url(re.compile(r"/plan/compare\?first=1&second=2"))
    person.settle()
    assert person.page.locator(".side-by-side svg").count() == 2
    assert "points on time" in person.page.locator(".tiles").inner_text()


def test_what_differs_is_what_is_behind_by_program_and_week() -> None:
    def row(demand: str, week: str, behind: float) -> dict[str, Any]:
        return {"demand": demand, "week": week, "behind": behind}

    first = [row("A", "2027-W01", 5), row("A", "2027-W02", 0), row("B", "2027-W01", 1)]
    second = [row("A", "2027-W01", 2), row("A", "2027-W02", LEAST / 2), row("C", "2027-W02", 100)]
    weeks, found = differences(words_of("en"), first, second)
    assert weeks == ["2027-W01", "2027-W02"]
    assert [(each.name, each.values) for each in found] == [("C", (0, 100)), ("A", (-3, LEAST / 2)), ("B", (-1, 0))]
    assert found[1].told[0] == "2027-W01: 5 behind, then 2"


def test_sliders_say_their_changes_as_the_verb_takes_them() -> None:
    assert scenario_line(0, "", "2027-W01", "", 10) == ""
    assert scenario_line(-5, "", "2027-W01", "TEST-1", -10) == "demand * -5%; capacity TEST-1 -10%"
    weeks = ["2026-W52", "2026-W53", "2027-W01"]
    assert down_weeks(weeks, "2026-W53", 5) == "2026-W53..2027-W01"
    assert down_weeks(weeks, "2026-W52", 2) == "2026-W52..W53"
