"""From a new package to an approved submission in the browser; a drifting subpopulation is found on the way."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from tests.web.browsers import Person, Site, need_browser, serving, sits_down
from tests.web.whole_pages import check_no_wider, check_usable_by_all

import corecar
from corecar.bridge.files.submissions import verify_submission
from corecar.qualify.ppap import ELEMENTS
from corecar.simulate import simulate_stress

LOTS = ("TC1", "TC2", "TC3", "TC4")
DRIFTS = "TC3"
PLAN = {
    "A1": (3, 77), "A2": (3, 77), "A3": (3, 77), "A6": (1, 45), "B1": (3, 77), "B2": (3, 800), "C1": (1, 5),
    "C2": (1, 5), "C3": (1, 15), "C4": (3, 10), "C5": (3, 10), "E1": (1, 231), "E2": (1, 3), "E3": (1, 3),
    "E5": (3, 30),
}  # fmt: skip
"""Lots and units of the tests of a new package in a ball grid array, by AEC-Q100 Rev H; A4 is shown by runs."""
VALUES = {"C1": 2.1, "C2": 1.9, "C4": 2.0, "C5": 2.2, "E5": 1.8, "E2": 2000, "E3": 750}


@dataclass
class Desk:
    """A served house of two people of quality, each at a browser, and a folder of what laboratory and tester wrote."""

    folder: Path
    site: Site
    eva: Person
    lin: Person
    controls: tuple[str, ...]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Desk]:
    need_browser()
    folder = tmp_path_factory.mktemp("qualification")
    with corecar.init(folder / "house", owner="Demo House") as house:
        links = []
        for name in ("eva", "lin"):
            house.people_add(name, role="quality")
            links.append(str(house.people_link(person=name)["secret"]))
    controls: tuple[str, ...] = ()
    for seed, lot in enumerate(LOTS, 1):
        before, after = folder / f"{lot}-pre.stdf", folder / f"{lot}-post.stdf"
        made = simulate_stress(before, after, lot=lot, seed=seed, drifting=8 if lot == DRIFTS else 0)
        controls = made.controls
    rows = [f"{test},L{lot + 1},{units},{VALUES.get(test, '')}" for test, (lots, units) in PLAN.items()
            for lot in range(lots)]  # fmt: skip
    (folder / "report.csv").write_text("\n".join(["test,lot,units,value", *rows]) + "\n")
    (folder / "file.pdf").write_bytes(b"%PDF-1.7 of a fictional part")
    with serving(folder / "house") as site:
        people = [sits_down(browser, site) for _ in links]
        for person, link in zip(people, links, strict=True):
            person.choose(link)
        yield Desk(folder, site, people[0], people[1], controls)


def filled(person: Person, summary: str, button: str = "", **fields: str) -> None:
    """Open a form by its words, fill in its fields by label, send it; the page is drawn again."""
    page = person.page
    page.click(f"details.form > summary:has-text('{summary}')")
    opened = page.locator("details.form[open]")
    for label, text in fields.items():
        opened.get_by_label(label.replace("_", " ").strip(), exact=True).fill(text)
    page.evaluate("window.before = true")
    opened.locator(f"button:has-text('{button or summary}')").click()


def again(person: Person) -> None:
    """Wait for the page that comes after a form."""
    person.page.wait_for_function("!window.before")
    person.settle()


def sent(person: Person, words: str, file: Path) -> None:
    """Send a file into the place of these words; the page is drawn again."""
    person.page.evaluate("window.before = true")
    person.page.set_input_files(f".drop:has-text('{words}') input[type=file]", file)
    again(person)


def test_a_new_package_comes_from_a_blank_page_to_an_approved_submission(desk: Desk) -> None:
    eva, lin = desk.eva, desk.lin
    opened(eva)
    sent(eva, "Send a table of results", desk.folder / "report.csv")
    assert eva.page.locator(".tests a.state.bad").count() == 0
    stressed(desk)
    documented(desk)
    filled(eva, "Propose it", Why="the evidence is whole")
    again(eva)
    filled(eva, "Approve it", Why="me too")
    eva.page.wait_for_selector(".problem:has-text('eva proposed qualification 1')")
    lin.go("/qualify")
    assert lin.said() == "Qualifications that wait for a second person: 1."
    lin.page.click(".ag-cell:has-text('DEMO-MCU') >> nth=0")
    lin.page.wait_for_url("**/qualify/1")
    lin.settle()
    filled(lin, "Approve it", Why="seen, with the 8D of TC3")
    again(lin)
    assert "is approved" in lin.said()
    submitted(desk, lin)
    assert (eva.wrong, lin.wrong) == ([], [])


def opened(eva: Person) -> None:
    """What is brought in, which tests that needs, and the plan is kept."""
    eva.go("/qualify")
    assert eva.said() == "No qualification yet."
    eva.page.click("a:has-text('Open a qualification')")
    eva.page.wait_for_url("**/qualify/new")
    eva.settle()
    page = eva.page
    page.get_by_label("Product", exact=True).fill("DEMO-MCU")
    page.get_by_label("New product, or which change").select_option("new-package")
    page.get_by_label("Package", exact=True).select_option("bga")
    page.get_by_label("Wire", exact=True).select_option("gold")
    page.get_by_label("Customer", exact=True).fill("Demo Cars")
    page.click("button:has-text('Which tests')")
    page.wait_for_selector(".answer:has-text('DEMO-MCU, grade 1, new-package: 17 tests')")
    page.click("button:has-text('Open it')")
    page.wait_for_url(re.compile("/qualify/1$"))
    eva.settle()
    assert "9 of 26 tests done or not needed, 17 gaps" in eva.said()


def stressed(desk: Desk) -> None:
    """Three lots are cycled; in one some units drift within limits: the test fails, and another lot takes its place."""
    eva, page = desk.eva, desk.eva.page
    eva.go("/lots")
    page.set_input_files(".drop input[type=file]", [desk.folder / f"{lot}-{side}.stdf" for lot in LOTS
                                                    for side in ("pre", "post")])  # fmt: skip
    page.wait_for_url("**/jobs/*")
    page.wait_for_selector("h2:has-text('The job')")
    eva.go("/qualify/1")
    page.click(".tests a:has-text('A4')")
    page.wait_for_url("**/tests/A4")
    eva.settle()
    for lot in LOTS[:3]:
        attached(desk, lot)
    assert eva.said() == "It is failed."
    told = page.locator(".notes li").first.inner_text()
    assert re.match(r"1070 VREF_1V2: 8 units moved apart from the rest \(U0", told)
    eva.go("/qualify/1")
    assert page.locator(".tests a.state.bad").all_inner_texts() == ["A4"]
    filled(eva, "Propose it", Why="as good as whole")
    page.wait_for_selector(".problem:has-text('8 units moved apart from the rest')")
    eva.go("/qualify/1/tests/A4")
    page.click("details.form > summary:has-text('Set a lot aside')")
    page.locator("details.form[open]").get_by_label("Lot", exact=True).select_option(f"{DRIFTS}-POST")
    page.locator("details.form[open]").get_by_label("Why", exact=True).fill("8D-17: a worn socket")
    page.evaluate("window.before = true")
    page.locator("details.form[open] button").click()
    again(eva)
    assert "2 of 3 lots" in page.locator(".notes li").first.inner_text()
    attached(desk, LOTS[3])
    assert eva.said() == "It is passed."


def attached(desk: Desk, lot: str) -> None:
    """The runs of one lot before and after the stress."""
    filled(desk.eva, "Attach runs before and after", **{
        "Lot before the stress": f"{lot}-PRE", "Lot after it": f"{lot}-POST",
        "Control units, blanks between": " ".join(desk.controls),
    })  # fmt: skip
    again(desk.eva)


def documented(desk: Desk) -> None:
    """One file for the report of E12 and all elements but the one that does not apply."""
    eva, page = desk.eva, desk.eva.page
    eva.go("/qualify/1")
    there = [element for element in ELEMENTS if element not in ("appearance", "warrant", "material-tests")]
    page.get_by_label("Tests or elements it belongs to, commas between").fill(",".join(["E12", *there]))
    sent(eva, "Send a document in", desk.folder / "file.pdf")
    page.click("details.form > summary:has-text('Leave an element out')")
    page.locator("details.form[open]").get_by_label("Element").select_option("appearance")
    page.locator("details.form[open]").get_by_label("Why").fill("no surface that anybody sees")
    page.evaluate("window.before = true")
    page.locator("details.form[open] button").click()
    again(eva)
    assert page.locator(".tiles b").all_inner_texts() == ["26 / 26", "0", "0", "0"]


def submitted(desk: Desk, lin: Person) -> None:
    """The folder is taken along, and holds offline; the lot that drifted stands in it with its reason."""
    with lin.page.expect_download(timeout=60_000) as given:
        lin.page.click("button:has-text('Take the submission along')")
    folder = desk.folder / "submission"
    ZipFile(io.BytesIO(Path(given.value.path()).read_bytes())).extractall(folder)
    found = verify_submission(folder)
    assert found["rows"] == []
    assert "8D-17: a worn socket" in (folder / "data" / "qualification.json").read_text("utf-8")


@pytest.mark.parametrize(("language", "light"), [("en-US", "light"), ("zh-CN", "dark")])
def test_the_pages_of_a_qualification_have_no_serious_fault_of_accessibility(
    desk: Desk, browser: Any, language: str, light: str
) -> None:
    person = sits_down(browser, desk.site, language=language, light=light, width=820 if light == "dark" else 1280)
    person.log_in("eva")
    person.page.wait_for_selector("nav.rail")
    paths = ("/qualify/1", "/qualify/new") if light == "dark" else ("/qualify", "/qualify/1/tests/A4")
    for path in paths:
        person.go(path)
        assert person.wrong == [], path
        check_no_wider(person.page, path)
        check_usable_by_all(person.page, path)
