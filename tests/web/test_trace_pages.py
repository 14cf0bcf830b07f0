"""Tracing in a real browser: events sent in, searched both ways, drawn, held, followed to closure, and drilled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.trace.told_events import story
from tests.web.browsers import Person, Site, need_browser, serving, sits_down
from tests.web.whole_pages import check_whole, english_in

import corecar
from corecar.simulate.movements import Movements, move_lots

PEOPLE = {"ana": "Demo House", "tom": "Demo Tier"}


@dataclass
class Desk:
    """A served workspace, what truly became of its pieces, and two people of two parties."""

    folder: Path
    site: Site
    moved: Movements
    of: dict[str, Person]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Desk]:
    need_browser()
    folder = tmp_path_factory.mktemp("tracing")
    moved = move_lots(7, steps=60)
    lines = [re.sub(r"^E(\d+)", r"M\1", line) for line in moved.lines]
    (folder / "moves.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with corecar.init(folder / "house", owner="Demo House") as house:
        house.parties_add("Demo Tier")
        for name, party in PEOPLE.items():
            house.people_add(name, role="quality", party=party)
        links = {name: str(house.people_link(person=name)["secret"]) for name in PEOPLE}
    with serving(folder / "house") as site:
        people = {name: sits_down(browser, site) for name in PEOPLE}
        for name, person in people.items():
            person.choose(links[name])
        yield Desk(folder, site, moved, people)


def test_events_are_sent_in_and_a_car_is_traced_back_to_its_die(desk: Desk) -> None:
    ana = desk.of["ana"]
    ana.go("/trace")
    assert ana.said() == "Where does it come from, and where did it go?"
    for file in (story(desk.folder), desk.folder / "moves.csv"):
        with ana.page.expect_navigation():
            ana.page.set_input_files(".drop input[type=file]", file)
        ana.settle()
    ana.page.fill("#what", "VIN1")
    ana.page.select_option("#way", "back")
    ana.page.click("button:has-text('Trace it')")
    ana.page.wait_for_url("**/trace?what=VIN1&way=back**")
    ana.settle()
    assert ana.said() == "VIN1: the die of W1 at 6,1."
    assert ana.page.locator("figure svg a rect.node").count() == 5
    assert ana.page.locator("figure svg a rect.node-asked").count() == 1
    assert ana.page.locator("figure svg circle.dot").count() == 7
    assert "BOND-3" in ana.page.locator("[aria-label^='Tools, material']").inner_text()
    ana.page.locator("figure svg a:has-text('R1')").click()
    ana.page.wait_for_url(re.compile(r"what=reel%3AR1|what=reel:R1"))


def test_a_wafer_is_followed_to_wherever_its_pieces_truly_went(desk: Desk) -> None:
    ana = desk.of["ana"]
    kind, name = desk.moved.pieces[0].path[0][0]
    ana.go(f"/trace?what={kind}:{name}&way=forward")
    shown = ana.page.locator("figure svg").first.text_content() or ""
    for piece in desk.moved.pieces:
        if piece.path[0][0] == (kind, name) and piece.now[0] != "scrap":
            assert piece.now[1] in shown or "more" in shown
    assert ana.said().startswith(f"{kind}:{name} now: ")


def test_how_finely_an_answer_is_known_and_why_no_finer_is_told(desk: Desk) -> None:
    ana = desk.of["ana"]
    ana.go("/trace?what=equipment:BOND-3&since=2026-03-05&until=2026-03-05")
    told = ana.page.locator("#main .notes").first.inner_text()
    assert "40 told to the unit." in told
    assert "60 told to the lot, because pieces mixed into lot REST in event E6 at 2026-03-08 08:00." in told
    ana.go("/trace?what=equipment:BOND-3&since=2027-03-05")
    assert "no event in that time used it" in ana.page.locator(".problem").inner_text()
    ana.go("/trace?what=VINN1")
    assert 'nothing of the name "VINN1" is recorded' in ana.page.locator(".problem").inner_text()


def test_another_party_sees_one_step_until_all_is_shared(desk: Desk) -> None:
    ana, tom = desk.of["ana"], desk.of["tom"]
    tom.go("/trace?what=VIN1")
    assert "nothing of the name" in tom.page.locator(".problem").inner_text()
    ana.go("/trace")
    ana.page.click("summary:has-text('Share all of it')")
    ana.page.click("button:has-text('Share all of it')")
    ana.page.wait_for_selector("text=Demo Tier may see all genealogy of Demo House.")
    tom.go("/trace?what=VIN1&way=back")
    assert tom.said() == "VIN1: the die of W1 at 6,1."
    assert "You see the whole genealogy of: Demo House, Demo Tier." in tom.page.locator("#main").inner_text()


def test_what_is_suspect_is_held_and_each_piece_followed_until_it_is_closed(desk: Desk) -> None:
    ana = desk.of["ana"]
    ana.go("/trace?what=wafer:W1@0,1..9,1&way=forward")
    ana.page.click("summary:has-text('Hold all of these')")
    ana.page.get_by_label("Name of the containment").fill("8D-7")
    ana.page.get_by_label("What is wrong").fill("scratch <b>µ</b>")
    ana.page.click(".panel button:has-text('Hold all of these')")
    ana.page.wait_for_url("**/jobs/*")
    ana.page.wait_for_selector(".answer:has-text('8D-7: 10 pieces held.')")
    ana.go("/containments")
    assert ana.said() == "Containments that are not closed: 1."
    ana.page.locator(".ag-cell:has-text('8D-7')").first.click()
    ana.page.wait_for_url("**/containments/8D-7")
    ana.settle()
    assert ana.said() == "8D-7: 0 of 10 pieces closed, 10 held still."
    assert "scratch <b>µ</b>" in ana.page.locator("#main").inner_text()
    with ana.page.expect_download() as given:
        ana.page.click("button:has-text('Alert to Demo Tier')")
    assert '"type": "QM-Alert"' in Path(given.value.path()).read_text("utf-8")
    ana.page.click("summary:has-text('Close pieces')")
    ana.page.get_by_label("Which pieces").select_option("reel:R1")
    ana.page.get_by_label("What is done").select_option("scrap")
    ana.page.get_by_label("Reason").fill("cracked")
    ana.page.click(".panel button:has-text('Close pieces')")
    ana.page.wait_for_selector(".answer:has-text('9 of 10 pieces closed, 1 held still.')")
    assert ana.wrong == []


def test_a_shipment_has_a_certificate_that_is_verified_by_dropping_it(desk: Desk) -> None:
    ana = desk.of["ana"]
    ana.go("/shipments")
    ana.page.locator(".ag-cell:has-text('E7')").first.click()
    ana.page.wait_for_url("**/shipments/E7")
    ana.settle()
    assert ana.said() == "Certificate of E7: 40 pieces to Demo Tier, 0 lots."
    with ana.page.expect_download(timeout=60_000) as given:
        ana.page.click("button:has-text('Certificate as PDF')")
    ana.go("/shipments")
    ana.page.set_input_files(".drop input[type=file]", given.value.path())
    ana.page.wait_for_selector(".verdict:has-text('It does not hold')")
    assert "Demo House has not signed." in ana.page.locator("#main").inner_text()
    assert ana.wrong == []


@pytest.mark.parametrize(("language", "light"), [("en-US", "light"), ("zh-CN", "dark")])
def test_the_pages_are_whole_in_both_languages_and_by_day_and_night(
    desk: Desk, browser: Any, language: str, light: str
) -> None:
    person = sits_down(browser, desk.site, language=language, light=light, width=820 if light == "dark" else 1280)
    person.log_in("ana")
    person.page.wait_for_selector("nav.rail")
    for path in PATHS:
        check_whole(person, path, language=language, light=light)
        if language == "zh-CN":
            heads = ".ag-header-cell-text, dt, h2, h3, .btn, .field label, .answer"
            assert english_in(person.page, f"#main :is({heads})") == [], path


PATHS = (
    "/trace",
    "/trace?what=VIN1",
    "/trace?what=equipment:BOND-3",
    "/containments",
    "/containments/8D-7",
    "/shipments",
    "/shipments/E7",
)
