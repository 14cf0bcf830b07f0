"""Forms that call a verb, filled in by two people in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from zipfile import ZipFile

import pytest
from tests.bridge.houses import cut_copy, small_lot
from tests.bridge.mail_servers import smtp_server
from tests.chain.books import small_book, write_book
from tests.match.markets import NEED, OFFER
from tests.web.browsers import Person, Site, added, need_browser, serving, sits_down

import corecar


@pytest.fixture(scope="module")
def formed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A served workspace with a graded lot, a file that is cut, limits, an action, needs and offers, two parties."""
    need_browser()
    folder = tmp_path_factory.mktemp("forms")
    with corecar.init(folder / "house", owner="Demo House") as house:
        lot = small_lot(folder, 1)
        house.ingest([lot, cut_copy(small_lot(folder, 2)), small_lot(folder, 3)])
        house.grade("SIM00001")
        house.limits_propose(["SIM00001"], preliminary=True)
        house.action_open(
            "one zone fails", kind="yield", measure="yield", expected=0.02, responsible=house.me()["facts"]["person"],
            due=datetime(2030, 1, 1),
        )  # fmt: skip
        house.chain_import([write_book(small_book() | {
            "needs": [NEED | {"site": "", "party": "CARS"}], "offers": [OFFER | {"site": "", "party": "OSAT"}],
        }, folder / "chain")])  # fmt: skip
        house.plan()
        house.parties_add("Demo Cars", kind="carmaker")
    with serving(folder / "house") as made:
        yield made


@pytest.fixture(scope="module")
def keeper(formed: Site, browser: Any) -> Person:
    """Who administers."""
    person = sits_down(browser, formed)
    person.choose(formed.link)
    return person


@pytest.fixture(scope="module")
def releaser(formed: Site, keeper: Person, browser: Any) -> Person:
    """Who releases for quality, in the same party."""
    person = sits_down(browser, formed)
    person.choose(added(keeper, "Rui", "Demo House", "quality"))
    return person


def form_of(person: Person, words: str) -> Any:
    """A form by its words, opened."""
    made = person.page.locator("details.form", has=person.page.locator(f"summary:text-is('{words}')"))
    if made.get_attribute("open") is None:
        made.locator("summary").click()
    return made


def fills(person: Person, words: str, given: dict[str, str], *, stays: bool = False) -> Any:
    """Fill a form in and send it; the form. stays: whether it answers in its place instead of showing the page anew."""
    made = form_of(person, words)
    for label, text in given.items():
        field = made.get_by_label(label, exact=True)
        field.select_option(text) if field.evaluate("e => e.tagName") == "SELECT" else field.fill(text)
        field.blur()
    with nullcontext() if stays else person.page.expect_navigation():
        made.locator("button", has_text=words).click()
    if stays:
        made.locator("[role=status], [role=alert]").first.wait_for()
    else:
        person.settle()
    return made


def test_the_mail_server_is_set_on_a_page_and_a_trial_letter_arrives(keeper: Person) -> None:
    with smtp_server() as box:
        keeper.go("/admin")
        keeper.page.get_by_label("Mail address").fill("lin@example.com")
        keeper.page.get_by_label("Mail address").blur()
        with keeper.page.expect_navigation():
            keeper.page.get_by_role("button", name="Keep", exact=True).click()
        keeper.settle()
        made = fills(keeper, "Set the mail server", {"Server": "127.0.0.1"}, stays=True)
        assert "Fill this in first: Mails are from" in made.locator("[role=alert]").inner_text()
        rest = {
            "Mails are from": "corecar@example.com",
            "Encryption": "none",
            "Port (empty: the usual one)": f"{box.port}",
        }
        fills(keeper, "Set the mail server", rest, stays=True)
        made.locator("[role=status]").wait_for()
        with keeper.page.expect_navigation():
            made.get_by_role("button", name="Show the page as it is now").click()
        keeper.settle()
        tried = fills(keeper, "Send a trial letter to me", {}, stays=True)
        assert "lin@example.com" in tried.locator("[role=status]").inner_text()
        assert box.to == ["lin@example.com"]


def test_a_password_in_a_file_of_the_server_stays_there_when_the_mail_server_is_set_on_the_page(
    formed: Site, keeper: Person
) -> None:
    file = str(formed.house / "password")
    with corecar.open(formed.house) as house:
        house.mail_set("127.0.0.1", port=1, security="none", sender="a@example.com", user="corecar", password_file=file)
    keeper.go("/admin")
    made = form_of(keeper, "Set the mail server")
    assert f"It is read from {file}" in made.inner_text()
    fills(keeper, "Set the mail server", {"Port (empty: the usual one)": "2"}, stays=True)
    assert "127.0.0.1:2" in made.locator("[role=status]").inner_text()
    with corecar.open(formed.house) as house:
        assert house.mail_show()["details"]["settings"]["file"] == file


def test_limits_live_on_their_page_until_they_are_with_the_tester(
    formed: Site, keeper: Person, releaser: Person
) -> None:
    keeper.go("/recipes/limits/1")
    made = fills(keeper, "Approve these limits", {}, stays=True)
    assert "Fill this in first: Reason" in made.locator("[role=alert]").inner_text()
    made = fills(keeper, "Approve these limits", {"Reason": "as the lots before"}, stays=True)
    made.locator("[role=alert]", has_text="another person has to approve it").wait_for()
    releaser.go("/recipes/limits/1")
    fills(releaser, "Approve these limits", {"Reason": "as the lots before"})
    assert "is approved" in releaser.said()
    keeper.go("/recipes/limits/1")
    fills(keeper, "Note a review", {"Reason": "looked at every test"})
    keeper.page.locator("#main").get_by_text("looked at every test").first.wait_for()
    made = form_of(keeper, "Release to the tester")
    with keeper.page.expect_download() as taken:
        made.locator("button", has_text="Release to the tester").click()
    with ZipFile(taken.value.path()) as archive:
        assert {name.rsplit(".", 1)[1] for name in archive.namelist()} == {"csv", "xlsx"}
    assert "is released" in made.locator("[role=status]").inner_text()
    assert "/tmp" not in made.inner_text()
    fills(keeper, "Retire these limits", {"Reason": "a trial"})
    assert "is retired" in keeper.said()
    assert keeper.page.locator("details.form").count() == 0


def test_what_came_of_a_pair_is_told_and_a_meeting_without_outcomes_is_cancelled(formed: Site, keeper: Person) -> None:
    with corecar.open(formed.house) as house:
        for name in ("First", "Second"):
            house.meeting_propose(name, day=datetime(2030, 1, 1), place="Demo Town")
    keeper.go("/meetings/1")
    half = {"What came of it": "agreed", "What was said": "a sample first", "Next step": "send a sample"}
    made = fills(keeper, "Tell what came of a pair", half, stays=True)
    assert "a next step says what, by whom and until when" in made.locator("[role=alert]").inner_text()
    assert "--" not in made.locator("[role=alert]").inner_text()
    fills(keeper, "Tell what came of a pair", {"Who does it": "OSAT", "Until when": "2030-02-01"})
    keeper.page.locator("#main").get_by_text("send a sample").first.wait_for()
    assert keeper.page.locator("summary:text-is('Cancel this meeting')").count() == 0
    keeper.go("/meetings/2")
    fills(keeper, "Cancel this meeting", {"Reason": "too early"})
    assert "too early" in keeper.page.locator("dl.facts").inner_text()
    assert keeper.page.locator("summary:text-is('Tell what came of a pair')").count() == 0
    with corecar.open(formed.house) as house:
        assert house.meeting_show(1)["rows"][0]["responsible"] == "OSAT"


@pytest.mark.parametrize("path", ["/lots/1", "/chain?table=needs", "/plan", "/meetings/1"])
def test_what_is_shown_is_shared_and_shared_no_more_on_its_own_page(formed: Site, keeper: Person, path: str) -> None:
    keeper.go(path)
    fills(keeper, "Share it", {"Party": "Demo Cars"})
    keeper.page.locator("#main").get_by_text("It is shared with Demo Cars.").first.wait_for()
    fills(keeper, "Share it no more", {"Party": "Demo Cars"})
    keeper.page.locator("#main").get_by_text("It is shared with nobody.").first.wait_for()
