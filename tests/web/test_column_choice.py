"""Columns of a table are chosen beside it; the choice stands in the address and is remembered by the browser."""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.browsers import Person, Site, another

from corecar.web.pages.column_choice import MANY, SELDOM, hidden_at_first
from corecar.words import words_of


@pytest.fixture
def person(site: Site, browser: Any, administrator: Person) -> Person:
    return another(browser, site, administrator)


def heads(person: Person) -> list[str]:
    return person.page.locator(".ag-header-cell-text").all_inner_texts()


def choose(person: Person, head: str) -> None:
    person.page.click(".columns summary")
    person.page.locator(".columns label", has_text=head).first.locator("input").click()
    person.page.keyboard.press("Escape")
    person.page.wait_for_timeout(200)


def test_a_choice_of_columns_stands_in_the_address_and_whoever_opens_it_sees_the_same(
    site: Site, browser: Any, administrator: Person, person: Person
) -> None:
    person.go("/lots")
    assert "Runs" in heads(person)
    choose(person, "Runs")
    assert "Runs" not in heads(person)
    assert "columnVisibility" in person.page.url
    assert person.page.locator(".columns summary").inner_text() == "Columns (1 hidden)"
    friend = another(browser, site, administrator)
    friend.go(person.page.url.removeprefix(person.at))
    assert "Runs" not in heads(friend)
    friend.go("/lots")
    assert "Runs" in heads(friend)  # what another chose is not one's own choice


def test_a_choice_is_remembered_until_all_are_shown_again(person: Person) -> None:
    person.go("/lots")
    choose(person, "Final yield")
    person.go("/")
    person.go("/lots")
    assert "Final yield" not in heads(person)
    person.page.click(".columns summary")
    person.page.click(".columns button:has-text('Show all')")
    person.page.wait_for_timeout(200)
    assert "Final yield" in heads(person)
    assert "columnVisibility" not in person.page.url
    person.go("/lots")
    assert "Final yield" in heads(person)


def test_the_last_column_cannot_be_hidden(person: Person) -> None:
    person.go("/lots")
    person.page.click(".columns summary")
    boxes = person.page.locator(".columns input")
    for place in range(boxes.count() - 1):
        boxes.nth(place).uncheck()
    assert boxes.last.is_disabled()
    assert len(heads(person)) == 1


def test_a_wide_table_hides_at_first_what_is_seldom_read_and_a_sort_does_not_bring_it_back(person: Person) -> None:
    person.go("/compare")
    person.page.click(".columns summary")
    seldom = [person.page.locator(".columns label", has_text=head) for head in ("N a", "Passing n b")]
    assert [label.last.locator("input").is_checked() for label in seldom] == [False, False]
    person.page.keyboard.press("Escape")
    person.page.locator(".ag-header-cell-text").first.click()
    person.page.wait_for_url("**t.compare*")
    assert "columnVisibility" not in person.page.url
    hidden = person.page.locator(".columns summary").inner_text()
    person.page.reload()
    person.settle()
    assert person.page.locator(".columns summary").inner_text() == hidden


def test_only_wide_tables_hide_columns_at_first() -> None:
    assert hidden_at_first(["site", "latitude"]) == []
    wide = [f"c{place}" for place in range(MANY)]
    assert hidden_at_first([*wide, "latitude"]) == ["latitude"]
    assert all(words_of("zh").name(column) != column for column in SELDOM)
