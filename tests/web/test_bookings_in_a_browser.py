"""Offers of a laboratory in the browser: scheduled and booked by houses, seen and cancelled by the laboratory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.bridge.laboratories import laboratories
from tests.web.browsers import Person, need_browser, serving, sits_down
from tests.web.whole_pages import check_no_wider, check_usable_by_all

import corecar


@dataclass
class Desk:
    """Two houses and a laboratory, each at a browser; the laboratory reads Chinese."""

    ann: Person
    bo: Person
    lab: Person


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Desk]:
    need_browser()
    folder = tmp_path_factory.mktemp("laboratories")
    with laboratories(folder), corecar.open(folder / "house") as house:
        links = {name: str(house.people_link(person=name)["secret"]) for name in ("ann", "bo", "lab")}
    with serving(folder / "house") as site:
        people = {name: sits_down(browser, site, language="zh-CN" if name == "lab" else "en-US") for name in links}
        for name, link in links.items():
            people[name].choose(link)
        yield Desk(**people)


def scheduled(person: Person) -> None:
    """Schedule at the HAST chamber that is offered, and see the schedule drawn."""
    page = person.page
    person.go("/qualify")
    page.click("summary:has-text('Schedule at offers alone')")
    form = page.locator("details.form[open]")
    form.get_by_label("Offers of the chain").fill("O-HAST")
    form.get_by_label("Week of the first lot").fill("2027-W05")
    form.locator("button:has-text('Schedule at offers alone')").click()
    page.wait_for_url(re.compile("/jobs/\\d+$"))
    page.wait_for_selector("summary:has-text('Book it at the offers')")


def booked(person: Person) -> None:
    person.page.click("summary:has-text('Book it at the offers')")
    person.page.locator("details.form[open] button:has-text('Book it at the offers')").click()


def test_what_one_house_books_the_other_cannot_and_the_laboratory_sees_and_cancels_it(desk: Desk) -> None:
    ann, bo, lab = desk.ann, desk.bo, desk.lab
    scheduled(ann)
    scheduled(bo)
    booked(ann)
    ann.page.wait_for_selector("[role=status]:has-text('6 bookings of schedule')")
    booked(bo)
    bo.page.wait_for_selector(".problem:has-text('has no room in 2027-W')")
    ann.go("/qualify")
    ann.page.wait_for_selector(".ag-cell:has-text('O-HAST') >> nth=5")
    for width in (1280, 820):
        ann.page.set_viewport_size({"width": width, "height": 900})
        check_no_wider(ann.page, "/qualify")
    check_usable_by_all(ann.page, "/qualify")
    ann.go("/qualify/1")
    ann.page.wait_for_selector(".ag-cell:has-text('O-HAST') >> nth=5")
    lab.go("/qualify")
    lab.page.wait_for_selector("h2:has-text('实验室供给的预订')")
    lab.page.wait_for_selector(".ag-cell:has-text('ANN-MCU') >> nth=5")
    lab.page.click("summary:has-text('取消预订')")
    form = lab.page.locator("details.form[open]")
    form.get_by_label("预订编号").fill("1, 2")
    form.get_by_label("理由", exact=True).fill("the chamber is broken")
    lab.page.evaluate("window.before = true")
    form.locator("button:has-text('取消预订')").click()
    lab.page.wait_for_function("!window.before")
    lab.page.wait_for_selector(".ag-cell:has-text('已取消') >> nth=1")
    assert (ann.wrong, bo.wrong, lab.wrong) == ([], [], [])
