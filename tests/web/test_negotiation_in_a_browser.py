"""Three parties at three browsers: drafted, countered side by side, signed by key and by file, kept, breached."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.chain.books import contested_book, write_book
from tests.web.browsers import Person, Site, need_browser, serving, sits_down
from tests.web.whole_pages import check_whole, english_in

import corecar
from corecar.agree.authority import Issued, issue, make_authority
from corecar.agree.certificates import as_pem
from corecar.agree.keys import as_pkcs12, key_from_files
from corecar.agree.signatures import sign

SECRET = "a passphrase of nobody"
PEOPLE = {"osa": ("OSAT", "Ana Ruiz"), "van": ("VANS", "Jonas Berg"), "lab": ("LAB", "Li Wei")}
NUMBER = re.compile(r"/agreements/(M-\d{4}-\d{3})$")


@dataclass
class Desk:
    """A served workspace of three parties, a folder with their keys, and each at a browser."""

    folder: Path
    site: Site
    of: dict[str, Person]
    links: dict[str, str]
    number: str = ""

    def at(self, name: str, part: str = "") -> Person:
        """Somebody who looks at the memorandum."""
        person = self.of[name]
        person.go(f"/agreements/{self.number}{part}")
        return person

    def key(self, name: str) -> Path:
        """The file of a person's key."""
        return self.folder / f"{name}.p12"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Desk]:
    need_browser()
    folder = tmp_path_factory.mktemp("negotiation")
    ago = datetime.now(UTC) - timedelta(days=2)
    office = make_authority("Demo Office", now=ago)
    authority = folder / "authority.pem"
    authority.write_bytes(as_pem((office.certificate,)))
    with corecar.init(folder / "house", owner="OSAT") as house:
        house.chain_import([write_book(contested_book(), folder / "chain")])
        for party in ("VANS", "LAB"):
            house.parties_add(party)
        for name, (party, person) in PEOPLE.items():
            house.people_add(name, role="signatory", party=party)
            made: Issued = issue(office, person, party, now=ago)
            chain = (made.certificate, office.certificate)
            (folder / f"{name}.p12").write_bytes(as_pkcs12(person, made.key, chain, SECRET))
        links = {name: str(house.people_link(person=name)["secret"]) for name in PEOPLE}
    for name in ("osa", "van"):
        with corecar.open(folder / "house", actor=name) as opened:
            opened.agree_trust(authority)
    with serving(folder / "house") as site:
        people = {name: sits_down(browser, site) for name in PEOPLE}
        for name, seat in people.items():
            seat.choose(links[name])
        yield Desk(folder, site, people, links)


def test_three_parties_come_from_a_blank_page_to_a_memorandum_that_all_have_signed(desk: Desk) -> None:
    drafted(desk)
    offered(desk)
    countered(desk)
    signed_by_key(desk, "lab")
    signed_by_file(desk, "van")
    signed_by_key(desk, "osa")
    person = desk.at("van")
    assert person.said() == "It holds from 2027-01-11 to 2056-12-31."
    assert person.page.locator(".read .state.good").all_inner_texts()[0].startswith("osa, ")
    assert person.page.locator("button:has-text('Sign it')").count() == 0
    assert [each.wrong for each in desk.of.values()] == [[], [], []]


def drafted(desk: Desk) -> None:
    """The packager drafts it blank, and edits the draft in the form."""
    osa = desk.of["osa"]
    osa.go("/agreements")
    assert osa.said() == "No memorandum yet."
    osa.page.click("a:has-text('Draft a memorandum')")
    osa.page.wait_for_url("**/agreements/new")
    osa.settle()
    page = osa.page
    page.get_by_label("Subject, in one line").fill("Controllers for vans")
    page.get_by_label("Product, by its name in the chain").fill("CAR")
    page.get_by_label("Party 2").fill("VANS")
    page.get_by_label("A third party, if there is one").fill("LAB")
    page.get_by_label("First day").fill("2027-01-11")
    page.get_by_label("Last day").fill("2027-01-17")
    page.get_by_label("Quantity in each week").fill("1000")
    page.click("button:has-text('Draft it')")
    page.wait_for_url(NUMBER)
    osa.settle()
    desk.number = NUMBER.search(page.url)[1]  # type: ignore[index]
    assert osa.said() == "A draft of OSAT, which nobody else sees yet."
    desk.of["van"].go("/agreements")
    assert desk.of["van"].said() == "No memorandum yet."
    page.click("button:has-text('Edit the draft')")
    page.wait_for_url("**/edit?act=revise**")
    osa.settle()
    page.get_by_label("Valid until").fill("2056-12-31")
    assert "Fields changed: 1" in page.locator(".doing").inner_text()
    page.click("button:has-text('Keep the draft')")
    page.wait_for_url(NUMBER)
    osa.settle()


def offered(desk: Desk) -> None:
    """It is put to the others, who find it on their pages."""
    osa, van = desk.of["osa"], desk.of["van"]
    osa.page.click("button:has-text('Offer it')")
    osa.page.click(".card button:has-text('Offer it')")
    osa.page.wait_for_selector(".answer:has-text('Offered by OSAT; still to sign: OSAT, VANS, LAB.')")
    van.go("/agreements")
    assert van.said() == "Memoranda that wait for you: 1."
    van.page.click(f".ag-cell:has-text('{desk.number}') >> nth=0")
    van.page.wait_for_url(NUMBER)
    van.go("/")
    assert desk.number in van.page.locator(".ag-root-wrapper").first.inner_text()


def countered(desk: Desk) -> None:
    """Two counter at once: the faster one's terms lie on the table, the other is told and loses nothing typed."""
    van, lab = desk.at("van"), desk.at("lab", "/edit?act=counter&as=LAB")
    van.page.click("button:has-text('Counter it')")
    van.page.wait_for_url("**/edit?act=counter**")
    van.settle()
    for person, agreed in ((van, "900"), (lab, "1")):
        person.page.get_by_label("2027-W02, Agreed").fill(agreed)
        assert person.page.locator(".doing span").first.inner_text() == "Fields changed: 1"
        assert "changed" in person.page.locator("tr.changed").inner_text()
    van.page.get_by_label("Why").fill("half of it is enough")
    van.page.click("button:has-text('Put it to the others')")
    van.page.wait_for_url(NUMBER)
    van.settle()
    assert van.said() == "Countered by VANS; still to sign: OSAT, VANS, LAB."
    lab.page.click("button:has-text('Put it to the others')")
    lab.page.wait_for_selector(".problem:has-text('has changed since step 3 that you saw (van of VANS: counter)')")
    assert lab.page.get_by_label("2027-W02, Agreed").input_value() == "1"
    osa = desk.at("osa")
    row = osa.page.locator(".sides tbody tr")
    assert row.all_inner_texts() == ["Volumes OSAT VANS piece › 2027-W02 › Agreed\t1,000\t900"] or row.count() == 1
    assert (row.locator("del").inner_text(), row.locator("ins").inner_text()) == ("1000", "900")
    osa.page.get_by_label("Your comment").fill("So be it. <b>Thanks</b>")
    osa.page.click("button:has-text('Say it to the parties')")
    osa.page.wait_for_selector(".said:has-text('So be it. <b>Thanks</b>')")


def signed_by_key(desk: Desk, name: str) -> None:
    """Somebody signs with a key that goes to the server once; of a wrong passphrase they are told."""
    person = desk.at(name)
    page = person.page
    if name == "lab":
        assert "has not said by which authority it signs" in page.locator("#sign").inner_text()
        person.go("/agreements")
        with page.expect_navigation():
            page.set_input_files("input[type=file]", desk.folder / "authority.pem")
        person.settle()
        page.wait_for_selector(".ag-cell:has-text('Demo Office') >> nth=2")
        desk.at(name)
        page.set_input_files("#sign-key", desk.key(name))
        page.fill("#sign-passphrase", "wrong")
        page.click("button:has-text('Sign with this key')")
        page.wait_for_selector("text=the passphrase does not open it")
        assert page.locator("#sign-passphrase").input_value() == ""
        person.wrong.clear()
    page.set_input_files("#sign-key", desk.key(name))
    page.fill("#sign-passphrase", SECRET)
    page.click("button:has-text('Sign with this key')")
    page.wait_for_selector(f".state.good:has-text('{name}, ')")


def signed_by_file(desk: Desk, name: str) -> None:
    """Somebody takes the PDF along, signs it at home and sends it in."""
    person = desk.at(name)
    to_sign = taken(person, "Take the PDF to sign along")
    key = key_from_files(desk.key(name).read_bytes(), passphrase=SECRET)
    signed = desk.folder / "signed.pdf"
    signed.write_bytes(sign(to_sign.read_bytes(), key, PEOPLE[name][0]))
    person.page.set_input_files("#sign .drop input[type=file]", signed)
    person.page.wait_for_selector(f".state.good:has-text('{name}, ')")


def taken(person: Person, button: str) -> Path:
    """A file that a button hands over."""
    with person.page.expect_download(timeout=60_000) as given:
        person.page.click(f"button:has-text('{button}')")
    return Path(given.value.path())


def test_whoever_drops_the_pdf_reads_who_signed_it_and_what_was_changed(desk: Desk) -> None:
    document = taken(desk.at("lab"), "PDF").read_bytes()
    lab = desk.of["lab"]
    lab.go("/agreements/verify")
    for content, word, signatures in ((document, "It holds", 3), (document + b"\n% more", "It does not hold", 3)):
        (desk.folder / "dropped.pdf").write_bytes(content)
        lab.page.set_input_files(".drop input[type=file]", desk.folder / "dropped.pdf")
        lab.page.wait_for_selector(f".verdict:has-text('{word}')")
        grid = lab.page.locator(".ag-root-wrapper").first
        assert grid.locator(".ag-center-cols-container [role=row]").count() == signatures
    assert "stand behind the last signature" in lab.page.locator("#main").inner_text()
    (desk.folder / "dropped.pdf").write_bytes(b"no PDF")
    lab.page.set_input_files(".drop input[type=file]", desk.folder / "dropped.pdf")
    lab.page.wait_for_selector(".drop [role=status]:has-text('dropped.pdf')")
    lab.wrong.clear()


def test_a_call_off_is_drawn_against_its_week_and_one_outside_of_it_is_told(desk: Desk) -> None:
    van = desk.at("van")
    van.page.get_by_label("Quantity", exact=True).fill("950")
    van.page.click("button:has-text('Tell it')")
    van.page.wait_for_selector(".notes:has-text('called off 50 above what was agreed (0 to 900)')")
    van.page.locator("svg path.cross").nth(1).wait_for(state="attached")
    assert van.page.locator("svg path.cross").count() == 2
    assert "called off 950" in str(van.page.locator("svg g title").first.text_content())
    osa = desk.at("osa")
    kinds = osa.page.get_by_label("What", exact=True).first.locator("option").all_inner_texts()
    assert kinds == ["We confirm", "We delivered"]


def test_what_would_breach_it_is_named_on_its_page_by_clause_weeks_and_quantity(desk: Desk) -> None:
    book = contested_book()
    book["wip"][0]["state"] = "held"
    with corecar.open(desk.folder / "house", actor="osa") as house:
        house.chain_import([write_book(book, desk.folder / "held")])
        house.plan()
    osa = desk.at("osa")
    osa.page.wait_for_selector("#breaches .notes")
    told = osa.page.locator("#breaches .notes li").inner_text()
    assert told == f"{desk.number}, volume 1, CAR of OSAT for VANS: 400 missing, 2027-W02 to 2027-W02 (plan 1)."
    osa.go("/")
    osa.page.wait_for_selector(f"#breaches .notes li:has-text('{told}')")
    osa.go("/plan")
    broken = osa.page.locator("[aria-label='Signed memoranda that this plan would breach']")
    broken.locator(f".ag-cell:has-text('{desk.number}')").first.click()
    osa.page.wait_for_url(NUMBER)


@pytest.mark.parametrize(("language", "light"), [("en-US", "light"), ("zh-CN", "dark")])
def test_the_pages_of_memoranda_are_whole_in_both_languages_and_by_day_and_night(
    desk: Desk, browser: Any, language: str, light: str
) -> None:
    person = sits_down(browser, desk.site, language=language, light=light, width=820 if light == "dark" else 1280)
    person.log_in("osa")
    person.page.wait_for_selector("nav.rail")
    home = f"/agreements/{desk.number}"
    for path in (
        "/agreements", "/agreements/new", "/agreements/verify", home, f"{home}/edit?act=amend", "/parties/VANS",
        "/agreements/new?plan=1&demand=CAR for VANS", "/agreements?state=signed",
    ):  # fmt: skip
        check_whole(person, path, language=language, light=light)
        if language == "zh-CN":
            heads = ".ag-header-cell-text, dt, h2, h3, .btn, .read thead th, .sides label, .field label"
            strange = english_in(person.page, f"#main :is({heads})")
            assert [text for text in strange if text not in ("OSAT", "VANS", "LAB")] == [], path
