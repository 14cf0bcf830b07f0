"""The page Expand in a browser: a case that was made is drawn, told in Chinese, and held against another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.chain.books import write_book
from tests.plan.expansion.houses import BOARD, MACHINE, short_book
from tests.web.browsers import Person, Site, another, need_browser, serving, sits_down

import corecar


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A served house with two cases of its plan: the orders that are best, and those that were chosen."""
    need_browser()
    folder = tmp_path_factory.mktemp("floor")
    chosen = [{"option": "BUY-BOARD", "week": "2027-W02", "quantity": "1"}]
    budget = {"budget": "Q1", "from_week": "2027-W01", "until_week": "2027-W13", "amount": "1000000", "currency": "EUR"}
    money = {"co_investment": "CARS-TESTER", "party": "CARS", "budget": "Q1", "amount": "2000000", "currency": "EUR"}
    book = short_book(MACHINE, BOARD, chosen_orders=chosen, budgets=[budget], co_investments=[money])
    with corecar.init(folder / "house", owner="Demo House") as house:
        house.chain_import([write_book(book, folder / "chain")])
        house.plan()
        house.expand_case(points=2, scenarios=0)
        house.expand_case(points=2, scenarios=0, chosen=True)
        house.expand_shared(scenarios=0)
    with serving(folder / "house") as made:
        yield made


@pytest.fixture(scope="module")
def planner(floor: Site, browser: Any) -> Person:
    person = sits_down(browser, floor)
    person.choose(floor.link)
    return person


def test_the_newest_case_is_drawn_and_two_stand_side_by_side(planner: Person) -> None:
    planner.go("/expand")
    page = planner.page
    assert planner.said().startswith("1 order for 60,000 EUR win 0 vehicles, not paid back within the plan")
    titles = ("Orders over the weeks of the plan", "What stays short for each sum of money", "What limits each cell")
    for title in titles:
        page.locator(f"main :text('{title}')").first.wait_for()
    page.locator("main :text('Margin by program and what is in it')").first.wait_for()
    page.locator("main :text-is('with co-investment')").first.wait_for()
    assert page.locator("h2:has-text('Two cases side by side')").count() == 1
    assert page.locator(".side-by-side svg[role=img]").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert planner.wrong == []


def test_it_is_told_in_chinese_at_night_on_a_tablet(floor: Site, browser: Any, planner: Person) -> None:
    chinese = another(browser, floor, planner, language="zh-CN", light="dark", width=820)
    chinese.settle()
    chinese.go("/expand")
    assert "多供应 0 辆车" in chinese.said()
    chinese.page.locator("main :text-is('含共同投资')").first.wait_for()
    chinese.page.locator("main :text-is('各方合计')").first.wait_for()
    chinese.page.locator("svg text:has-text('短缺车辆数')").first.wait_for()
    assert chinese.page.locator("h2:has-text('两份议案并列')").count() == 1
    assert chinese.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert chinese.wrong == []
