"""Forms that call a verb, filled in by two people in a real browser."""

from __future__ import annotations

import re
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


def _rejected(formed: Site) -> tuple[str, str]:
    """The page of a lot, and a part of it that the screen of averages alone rejected, as people name it."""
    with corecar.open(formed.house) as house:
        found = house.lot("SIM00001")
    (units,) = found["details"]["screened_out"].values()
    unit = next(unit for unit, screens in units.items() if list(screens) == ["dynamic-pat"])
    return f"/lots/{found['number']}", re.sub(r" \(([^,]+), ([^)]+)\)", r",\1,\2", unit)


def test_two_people_let_a_rejected_part_through_on_the_page_of_its_lot(
    formed: Site, keeper: Person, releaser: Person
) -> None:
    path, part = _rejected(formed)
    title, what = "Propose that rejected parts may ship", "Parts, as W01,2,2 or by their identity; blanks between"
    for named, told in (("W01,2,222", "has no part"), (part, "proposed")):
        keeper.go(path)
        fills(keeper, title, {what: named, "Reason": "looked at it"})
        keeper.page.wait_for_url("**/jobs/*")
        keeper.page.locator("#main").get_by_text(told).first.wait_for(timeout=60_000)
    releaser.go(path)
    fills(releaser, "Approve an override", {"Reason": "agreed"})
    fills(releaser, "Withdraw an override", {"Reason": "seen again"})
    with corecar.open(formed.house) as house:
        (row,) = house.override_list()["rows"]
    assert (row["approved_by"], row["withdrawn_by"]) == ("Rui", "Rui")


def test_an_action_is_opened_noted_compared_and_closed_on_pages(formed: Site, keeper: Person) -> None:
    keeper.go("/quality")
    gone = fills(keeper, "Open an action", {
        "What was found, in a sentence": "site 3 reads high", "Until when": "2030-05-01",
        "Change that counts as the gain: 0.02 is a yield 2 points higher": "much",
    }, stays=True)  # fmt: skip
    assert "“much” is not what belongs here" in gone.locator("[role=alert]").inner_text()
    fills(keeper, "Open an action", {"Change that counts as the gain: 0.02 is a yield 2 points higher": "0.01"})
    keeper.go("/quality/actions/2")
    fills(keeper, "Add a note", {"What was done or found": "socket cleaned"})
    keeper.page.locator("#main").get_by_text("socket cleaned").first.wait_for()
    made = fills(keeper, "Compare before and after", {}, stays=True)
    assert "--" not in made.locator("[role=alert]").inner_text()
    lots = {"Or lots from before it, commas between": "SIM00001", "and lots from after it": "SIM00003"}
    fills(keeper, "Compare before and after", lots)
    assert "not confirmed" in keeper.said()
    fills(keeper, "Close this action", {"Reason": "given up"})
    assert "is closed" in keeper.said()
    assert keeper.page.locator("details.form").count() == 0


def test_roles_accounts_parties_and_tokens_are_changed_on_the_page_admin(formed: Site, keeper: Person) -> None:
    added(keeper, "Xu", "Demo House", "reader")
    keeper.go("/admin")
    fills(keeper, "Change a role", {"Name": "Xu", "Role": "planner"})
    fills(keeper, "Shut an account", {"Name": "Xu"})
    fills(keeper, "Add a party", {"Name": "Demo Vans", "Kind": "carmaker"})
    keeper.page.get_by_label("What the token is for").fill("a notebook")
    keeper.page.get_by_label("What the token is for").blur()
    keeper.page.get_by_role("button", name="Make a token").click()
    keeper.page.get_by_text("It is shown once.").first.wait_for()
    keeper.go("/admin")
    fills(keeper, "Revoke a token", {})
    with corecar.open(formed.house) as house:
        (xu,) = [row for row in house.people_list()["rows"] if row["person"] == "Xu"]
        assert (xu["role"], xu["active"]) == ("planner", False)
        assert {"party": "Demo Vans", "kind": "carmaker"} in house.parties_list()["rows"]
        assert [bool(row["revoked"]) for row in house.tokens_list()["rows"]] == [True]
    keeper.go("/admin")
    fills(keeper, "Open an account again", {"Name": "Xu"})
    assert keeper.page.locator("summary:text-is('Open an account again')").count() == 0


def test_a_damaged_file_is_tried_again_from_the_page_today(formed: Site, keeper: Person) -> None:
    keeper.go("/")
    fills(keeper, "Try a file again", {"How": "keep every whole record of a damaged file"})
    keeper.page.wait_for_url("**/jobs/*")
    keeper.page.locator("#main").get_by_text("1 new file").first.wait_for(timeout=60_000)


def test_a_study_of_a_lot_and_what_changed_between_two_have_addresses(keeper: Person) -> None:
    keeper.go("/lots/1?study=assess_outliers")
    assert keeper.page.locator("#study").input_value() == "assess_outliers"
    assert keeper.page.locator("[aria-label*='assess-outliers']").count() == 1
    keeper.go("/compare")
    keeper.page.get_by_role("button", name="Say in ten lines what changed").click()
    keeper.page.wait_for_url("**/compare?*changed=1")
    keeper.settle()
    assert keeper.page.locator("[role=alert]").count() == 0
    assert keeper.page.locator("h2:text-is('Hardware')").count() == 1


def test_chances_of_a_plan_and_two_recipes_are_left_as_jobs(keeper: Person) -> None:
    keeper.go("/plan")
    fills(keeper, "Chances of this plan", {"Scenarios that are drawn": "3"})
    keeper.page.wait_for_url("**/jobs/*")
    keeper.page.locator("#main").get_by_text("Chances").first.wait_for()
    keeper.go("/recipes")
    fills(keeper, "Compare two recipes", {"Lots, commas between": "SIM00001"})
    keeper.page.wait_for_url("**/jobs/*")
    keeper.page.locator("#main").get_by_text("Recipe compare").first.wait_for()


def test_a_stroke_leads_to_the_search_and_fields_are_not_printed(keeper: Person) -> None:
    keeper.go("/plan")
    for _ in range(40):
        keeper.page.keyboard.press("/")
        if keeper.page.evaluate("document.activeElement.name") == "q":
            break
        keeper.page.wait_for_timeout(250)
    keeper.page.keyboard.type("/a")
    assert keeper.page.locator("input.search").input_value() == "/a"
    assert keeper.page.locator("main:not([role=presentation])").count() == 1
    keeper.page.emulate_media(media="print")
    assert not keeper.page.locator("#main select").first.is_visible()
    assert keeper.page.locator(".answer").first.is_visible()
    keeper.page.emulate_media(media="screen")
