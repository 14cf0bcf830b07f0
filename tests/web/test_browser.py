"""The pages in a real browser: three people of three parties, every page in both languages and both lights."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import small_lot
from tests.web.addresses import LACKING, PATHS
from tests.web.browsers import PASSWORD, Person, Site, added, another, sits_down
from tests.web.whole_pages import check_no_wider, check_usable_by_all, english_in

DRAWN_WORDS = """() => [...document.querySelectorAll("main svg[aria-label], main canvas")].flatMap((drawn) => [
  drawn.getAttribute("aria-label"), ...[...drawn.querySelectorAll("text, title")].map((each) => each.textContent)])"""
"""What drawings of a page say."""
ENGLISH_WORD = re.compile(r"(?<![\w-])(?!tester|vref|idd|ndc|Demo|Hill|Town)[A-Z]?[a-z]{3,}(?![\w-])")
"""A word that is no name of this workspace (tests, testers, towns) and no abbreviation."""


def test_nobody_sees_a_page_before_logging_in_and_gets_back_to_it(
    site: Site, browser: Any, administrator: Person
) -> None:
    person = sits_down(browser, site)
    person.go("/lots/1?x=1")
    assert person.page.url == f"{site.at}/login?next=%2Flots%2F1%3Fx%3D1"
    name = administrator.page.locator(".rail .me").inner_text().split("\n")[0]
    person.page.fill("#name", name)
    person.page.fill("#password", "not the password")
    person.page.click("button.main-act")
    assert "do not fit" in person.page.locator("[role=alert]").inner_text()
    person.page.fill("#password", PASSWORD)
    person.page.click("button.main-act")
    person.page.wait_for_url(f"{site.at}/lots/1?x=1")
    person.page.click("text=Log out")
    person.page.wait_for_url(f"{site.at}/login")
    person.go("/lots")
    assert "/login" in person.page.url


@pytest.mark.parametrize(("language", "light"), [("en-US", "light"), ("zh-CN", "dark")])
def test_every_page_is_drawn_without_a_complaint_and_what_it_shows_can_be_taken_along(
    site: Site, browser: Any, administrator: Person, language: str, light: str
) -> None:
    person = another(browser, site, administrator, language=language, light=light)
    tables = drawings = 0
    for path in PATHS:
        person.wrong.clear()
        person.go(path)
        assert person.wrong == [], path
        assert person.page.locator(".problem").count() == 0, path
        assert person.page.locator("h1").inner_text().strip(), path
        check_no_wider(person.page, path)
        tables += person.page.locator("main .ag-root-wrapper").count()
        drawings += person.page.locator("main [data-picture]").count()
        if language == "en-US":
            assert person.page.evaluate(LACKING) == [], path
        if language == "zh-CN":
            strange = english_in(person.page, ".ag-header-cell-text, .facts dt, h1, h2, .btn, .tiles span")
            assert strange == [], f"{path} says in English: {strange}"
            words = sorted({said for said in person.page.evaluate(DRAWN_WORDS) if ENGLISH_WORD.search(said)})
            assert words == [], f"{path} draws in English: {words}"
    assert tables > 30
    assert drawings > 8


def test_no_page_has_a_serious_fault_of_accessibility(site: Site, browser: Any, administrator: Person) -> None:
    person = another(browser, site, administrator, light="dark")
    for path in (
        "/login",
        "/",
        "/chain",
        "/match",
        "/plan",
        "/lots",
        "/lots/1",
        "/lots/1/wafers/W01",
        "/compare",
        "/admin",
    ):
        person.go(path)
        check_usable_by_all(person.page, path)


def test_a_tablet_in_portrait_needs_no_sideways_scrolling(site: Site, browser: Any, administrator: Person) -> None:
    person = another(browser, site, administrator, width=820)
    for path in ("/", "/chain", "/plan", "/lots", "/lots/1", "/admin"):
        person.go(path)
        check_no_wider(person.page, path)


def test_the_story_of_three_people_of_three_parties(site: Site, browser: Any, administrator: Person) -> None:
    links = {name: added(administrator, name, party, role)
             for name, party, role in (("qin", "Demo House", "quality"), ("car", "Demo Cars", "planner"))}  # fmt: skip
    quality, carmaker = (sits_down(browser, site) for _ in links)
    quality.choose(links["qin"])
    carmaker.choose(links["car"])

    carmaker.go("/lots")
    assert carmaker.said() == "No lot yet."
    assert carmaker.page.locator("input[type=file]").count() == 0
    carmaker.go("/lots/1")
    assert carmaker.said() == "There is no lot of the number 1 that you may see."
    carmaker.go("/chain")
    assert carmaker.said() == "No chain yet."
    assert "Send tables in" in carmaker.page.locator("#main .drop").inner_text()

    quality.go("/lots/1")
    quality.page.click("button:has-text('Hold')")
    quality.page.click(".card button:has-text('Hold SIM00001')")
    quality.page.wait_for_selector("text=Write a reason.")
    quality.page.fill(".card textarea", "a zone at the edge <b>looks</b> bad")
    quality.page.click(".card button:has-text('Hold SIM00001')")
    quality.page.wait_for_selector("text=is held")
    assert "<b>looks</b>" in quality.page.locator(".explanation").first.inner_text()
    quality.go("/")
    assert quality.said().startswith("Lots that wait for a decision: 1")

    quality.go("/lots/1")
    quality.page.click("button:has-text('Impact on the plan')")
    quality.page.wait_for_url(re.compile("/jobs/"))
    quality.page.wait_for_selector("h2:has-text('The job')")
    assert quality.said().startswith("1 lot stopped")
    quality.page.reload()
    quality.settle()
    quality.page.wait_for_selector("h2:has-text('The job')")
    assert quality.said().startswith("1 lot stopped")

    quality.go("/lots/1")
    released_by(quality)
    quality.page.wait_for_selector(".card :text('so another person has to release it')")
    administrator.go("/lots/1")
    released_by(administrator)
    administrator.page.wait_for_selector("text=is released")


def released_by(person: Person) -> None:
    """Ask for the release of the lot whose page is open."""
    person.page.click("button:has-text('Release')")
    person.page.fill(".card textarea", "looked at")
    person.page.click(".card button:has-text('Release SIM00001')")


def test_a_job_can_be_stopped_and_files_come_in_by_the_page(
    site: Site, browser: Any, administrator: Person, tmp_path: Path
) -> None:
    person = another(browser, site, administrator)
    person.go("/lots")
    person.page.set_input_files("input[type=file]", small_lot(tmp_path, 7))
    person.page.wait_for_url(re.compile("/jobs/"))
    person.page.wait_for_selector("h2:has-text('The job')")
    assert person.said().startswith("1 new file, 1 run")
    person.go("/search?q=SIM00007")
    person.page.wait_for_selector(".ag-cell:has-text('SIM00007')")
    person.go("/lots")
    with person.page.expect_download() as given:
        person.page.click("button:has-text('CSV') >> nth=0")
    assert "SIM00007" in Path(given.value.path()).read_text("utf-8-sig")
    broken = tmp_path / "<img src=x onerror=alert(1)>.stdf"
    broken.write_bytes(b"no tester wrote this")
    person.wrong.clear()
    person.go("/lots")
    person.page.set_input_files("input[type=file]", broken)
    person.page.wait_for_url(re.compile("/jobs/"))
    person.page.wait_for_selector("h2:has-text('The job')")
    assert "1 put in quarantine" in person.said()
    assert person.wrong == []


def test_language_and_light_are_remembered(site: Site, browser: Any, administrator: Person) -> None:
    person = another(browser, site, administrator)
    person.go("/plan")
    person.page.click("button:has-text('中文')")
    person.page.wait_for_url(f"{site.at}/plan")
    assert person.page.locator("h1").inner_text() == "计划"
    person.page.click("button:has-text('外观')")
    person.page.click("button:has-text('外观')")
    person.settle()
    assert person.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 25, 29)"
    assert person.page.locator("html").get_attribute("lang") == "zh"
