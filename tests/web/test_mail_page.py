"""Mail to oneself on the page Admin, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.web.browsers import Person, serving, sits_down
from tests.web.whole_pages import check_usable_by_all

import corecar

ENGLISH_ANYWAY = re.compile(r"[\d\W_]*|English|CSV", re.I)


@pytest.fixture(scope="module")
def administrator(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Person]:
    """Somebody at a browser, who gets a report already."""
    folder = tmp_path_factory.mktemp("mailing")
    with corecar.init(folder / "house", owner="Demo House") as house:
        house.mail_set("127.0.0.1", port=1, security="none", sender="corecar@example.com")
        house.mail_address("demo@example.com")
        house.reports_add("plan", at="07:00")
    with serving(folder / "house") as site:
        person = sits_down(browser, site)
        person.choose(site.link)
        yield person


def test_everybody_says_on_the_page_what_mail_they_get(administrator: Person) -> None:
    person, page = administrator, administrator.page

    def does(act: Any) -> None:
        with page.expect_navigation():
            act()
        person.settle()

    person.go("/admin")
    page.get_by_label("Mail address").fill("lin@example.com")
    page.get_by_label("Time zone").fill("Asia/Shanghai")
    page.get_by_label("Time zone").blur()
    does(page.get_by_role("button", name="Keep", exact=True).click)
    assert page.get_by_label("Mail address").input_value() == "lin@example.com"
    held = page.get_by_role("button", name="Lots on hold or in quarantine")
    does(held.click)
    assert held.get_attribute("aria-pressed") == "true"
    does(held.click)
    assert held.get_attribute("aria-pressed") == "false"
    does(page.get_by_role("button", name="Send it to me").click)
    stops = page.get_by_role("button", name=re.compile("Stop report"))
    assert stops.count() == 2
    does(stops.last.click)
    assert stops.count() == 1
    page.get_by_label("Mail address").fill("nobody")
    page.get_by_label("Mail address").blur()
    page.get_by_role("button", name="Keep", exact=True).click()
    assert "no mail address" in page.locator("[role=alert]").inner_text()


def test_the_section_speaks_chinese_and_has_no_serious_fault_of_accessibility(administrator: Person) -> None:
    administrator.go("/admin")
    check_usable_by_all(administrator.page, "/admin")
    administrator.page.get_by_role("button", name="中文").or_(administrator.page.get_by_text("中文")).first.click()
    administrator.settle()
    heads = administrator.page.locator("h2, .btn, .field label").all_inner_texts()
    strange = [head for head in heads if re.fullmatch(r"[\x00-\x7f]+", head) and not ENGLISH_ANYWAY.fullmatch(head)]
    assert strange == []
    assert "邮件警报" in heads
