"""What people asked of pages: clear words where nothing is, marks where an address points, no commands."""

from __future__ import annotations

import io
import re
from typing import Any
from zipfile import ZipFile

import pytest
from tests.web.browsers import Person, Site, another

from corecar.chain.tables import POLICIES
from corecar.web.pages.chain_files import empty_tables
from corecar.web.pages.missing import near, number_of
from corecar.web.pages.today import SHOWN

COMMAND = re.compile(r"corecar [a-z]|(?<!\w)--[a-z]")


@pytest.fixture(scope="module")
def person(site: Site, browser: Any, administrator: Person) -> Person:
    return another(browser, site, administrator)


@pytest.mark.parametrize(
    ("path", "told", "near_one", "back"),
    [
        ("/chain?site=OSAT1", "There is no site OSAT1 in the chain.", "OSAT-1", "/chain"),
        ("/chain?table=demands", "There is no table demands in a chain.", "demand", "/chain"),
        ("/lots/99", "There is no lot of the number 99 that you may see.", "", "/lots"),
        ("/lots/x", "There is no lot of the number x that you may see.", "", "/lots"),
        ("/lots/1/wafers/W1", "Lot SIM00001 has no wafer W1.", "W01", "/lots/1"),
        ("/lots/1/wafers/W01?test=7", "Lot SIM00001 has no test 7.", "", "/lots/1"),
        ("/lots/1/tests/1001", "Lot SIM00001 has no test 1001.", "1000", "/lots/1"),
        ("/plan?plan=77", "There is no plan 77 that you may see.", "2", "/plan"),
        ("/plan?plan=x", "There is no plan x that you may see.", "", "/plan"),
        ("/plan/compare?first=1&second=9", "There is no plan 9 that you may see.", "1", "/plan/compare"),
        ("/recipes/limits/9", "There is no limit set 9 that you may see.", "1", "/recipes"),
        ("/quality/actions/x", "There is no action x that you may see.", "", "/quality"),
        ("/meetings/9", "There is no meeting 9 that you may see.", "", "/match"),
        ("/jobs/999", "There is no job 999 that you may see.", "", "/jobs"),
        ("/compare?a=number%3A99", "There is no lot 99 that you may see.", "", "/lots"),
    ],
)  # fmt: skip
def test_what_an_address_names_and_is_not_there_is_said_with_what_is_near(
    person: Person, path: str, told: str, near_one: str, back: str
) -> None:
    person.go(path)
    place = person.page.locator(".missing")
    assert place.locator(".answer").inner_text() == told
    if near_one:
        assert near_one in place.locator(".near a").all_inner_texts()
    assert place.locator("a.btn").get_attribute("href") == back


def test_an_address_without_a_page_is_a_page_of_the_house_with_the_way_back(person: Person) -> None:
    answer = person.page.goto(person.at + "/nosuch")
    assert answer is not None
    assert answer.status == 404
    assert person.page.locator(".missing .answer").inner_text() == "There is no page at /nosuch."
    assert person.page.locator("nav.rail a.place").count() > 5
    person.page.click(".missing a.btn")
    person.page.wait_for_url(person.at + "/")


def test_what_an_address_asks_of_a_plan_that_has_no_such_site_is_said(person: Person) -> None:
    person.go("/plan?down=OSAT1&group=NO&from=1999-W01")
    told = person.page.locator(".notes").first.inner_text()
    assert "There is no site OSAT1 in this plan, so none is down. Did you mean" in told
    assert "There is no group of machines NO" in told
    assert "The plan has no week 1999-W01." in told


def test_a_wafers_die_in_an_address_is_marked_on_the_map_and_told(person: Person) -> None:
    ring = """() => { const c = document.querySelector('canvas.map-canvas'), pen = c.getContext('2d');
      const accent = getComputedStyle(document.documentElement).getPropertyValue('--accent').trim();
      const n = parseInt(accent.slice(1), 16), data = pen.getImageData(0, 0, c.width, c.height).data; let found = 0;
      for (let i = 0; i < data.length; i += 4)
        if (data[i] === n >> 16 && data[i + 1] === (n >> 8 & 255) && data[i + 2] === (n & 255)) found++;
      return found; }"""
    person.go("/lots/1/wafers/W01")
    assert person.page.evaluate(ring) == 0
    box = person.page.locator("canvas.map-canvas").bounding_box()
    assert box
    person.page.locator("canvas.map-canvas").click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    person.page.wait_for_selector("h2:has-text('Die X')")
    person.page.wait_for_timeout(200)
    assert person.page.evaluate(ring) > 20
    die = re.search(r"die=(-?\d+)%2C(-?\d+)", person.page.url)
    assert die
    person.go(f"/lots/1/wafers/W01?die={die[1]},{die[2]}")
    person.page.wait_for_selector("h2:has-text('Die X')")
    person.page.wait_for_timeout(200)
    assert person.page.evaluate(ring) > 20
    person.go("/lots/1/wafers/W01?die=999,999")
    assert "Wafer W01 has no die at 999,999." in person.page.locator(".notes").inner_text()


def test_where_no_policy_is_one_can_be_made(person: Person) -> None:
    person.go("/plan")
    assert person.page.locator("button:has-text('With and without policies')").count() == 0
    person.page.click("button:has-text('Make a policy')")
    person.page.wait_for_url(re.compile("table=policies"))
    person.settle()
    assert POLICIES.caption in person.page.locator("#main").inner_text()
    assert person.page.locator("input[type=file]").count() == 1


def test_the_empty_tables_come_as_a_workbook_and_as_csv_files() -> None:
    with ZipFile(io.BytesIO(empty_tables())) as archive:
        assert {"chain.xlsx", "csv/policies.csv", "csv/demand.csv"} <= set(archive.namelist())


def test_a_plan_made_with_other_options_than_the_page_takes_says_so(person: Person) -> None:
    person.go("/plan?plan=2")
    said = "Plan 2 was made with other options than “Plan again” takes: Rule cost, not max_min_fill."
    assert said in person.page.locator("#main").inner_text()
    person.go("/plan?plan=1")
    assert "other options" not in person.page.locator("#main").inner_text()


def test_tables_of_two_lots_keep_the_test_in_sight_and_have_units(person: Person) -> None:
    person.go("/compare")
    pinned = person.page.locator(".ag-pinned-left-header .ag-header-cell-text").all_inner_texts()
    assert pinned == ["Number", "Name"]
    assert re.search(r"\d [mµn]?[VA]$", person.page.locator(".ag-cell[col-id=mean_a]").first.inner_text())


def test_today_says_that_a_table_is_cut_and_where_all_is(person: Person) -> None:
    from corecar.web.pages.today import rest
    from corecar.words import words_of

    say, made = words_of("en"), list[str]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("corecar.web.pages.today.ui.html", lambda html, **_: made.append(html))
        rest(say, SHOWN, "/plan", "All")
        rest(say, SHOWN + 1, "/plan", "All demands")
        rest(say, SHOWN + 1, "/lots", "All lots", counted=False)
    assert made == [
        f'<p class="explanation">The first {SHOWN} of {SHOWN + 1}. <a href="/plan">All demands →</a></p>',
        f'<p class="explanation">The latest {SHOWN}. <a href="/lots">All lots →</a></p>',
    ]
    person.go("/")
    assert person.page.locator("h1").inner_text() == "Today"


def test_no_page_shows_a_command(person: Person) -> None:
    for path in ("/", "/match", "/match?need=N1", "/plan", "/stress", "/lots/1", "/recipes", "/quality", "/jobs",
                 "/admin", "/chain"):  # fmt: skip
        person.go(path)
        assert not COMMAND.search(person.page.locator("#main").inner_text()), path


def test_near_names_are_alike_or_the_first_and_numbers_are_numbers() -> None:
    assert list(near("osat1", ["FAB", "OSAT-1"], "/x?{}")) == ["OSAT-1"]
    assert near("zzz", ["a b", "c"], "/x?site={}") == {"a b": "/x?site=a%20b", "c": "/x?site=c"}
    assert number_of("12", "none", ("All", "/")) == 12
    for text in ("", "-1", "x", "9" * 10, "²"):
        with pytest.raises(Exception, match="none"):
            number_of(text, "none", ("All", "/"))


def test_jobs_are_told_by_what_they_do_and_limits_are_proposed_where_recipes_are(person: Person) -> None:
    person.go("/jobs")
    assert re.match(r"Jobs: \d+ \(\d+ done", person.said())
    assert {"Plan", "Files taken in"} <= set(person.page.locator(".ag-cell[col-id=verb]").all_inner_texts())
    person.go("/recipes")
    person.page.click("button:has-text('Propose limits of this lot')")
    person.page.wait_for_url(re.compile("/jobs/"))
    person.page.wait_for_selector("h2:has-text('The job'), .problem")
    assert "corecar " not in person.page.locator("#main").inner_text()
