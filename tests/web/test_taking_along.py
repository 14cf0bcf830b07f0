"""What is taken along: tables as CSV and workbook, drawings as pictures, views as addresses."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

from tests.web.browsers import Person, Site, another


def taken(person: Person, press: str) -> bytes:
    with person.page.expect_download() as given:
        person.page.locator(press).first.click()
    return Path(given.value.path()).read_bytes()


def test_pictures_and_tables_hold_what_is_shown(site: Site, browser: Any, administrator: Person) -> None:
    person = another(browser, site, administrator)
    person.go("/plan")
    drawn = ElementTree.fromstring(taken(person, ".picture-buttons button:has-text('SVG')"))
    assert "CAR" in {each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert taken(person, ".picture-buttons button:has-text('PNG')").startswith(b"\x89PNG")
    rows = list(csv.DictReader(io.StringIO(taken(person, "button:has-text('CSV')").decode("utf-8-sig"))))
    assert [row["demand"] for row in rows] == ["CAR"]
    with ZipFile(io.BytesIO(taken(person, "button:has-text('Workbook')"))) as book:
        assert b"CAR" in book.read("xl/sharedStrings.xml")
    person.go("/lots/3")
    assert taken(person, ".maps .picture-buttons button").startswith(b"\x89PNG")


def test_how_a_table_is_sorted_and_filtered_is_handed_on_with_the_address(
    site: Site, browser: Any, administrator: Person
) -> None:
    person = another(browser, site, administrator)
    person.go("/chain")
    head = person.page.locator(".ag-header-cell[col-id=table] .ag-header-cell-label")
    head.click()
    person.page.wait_for_url(re.compile("t.tables="))
    head.click()
    person.page.wait_for_function("location.href.includes('desc')")
    shown = "[...document.querySelectorAll('.ag-row')].sort((a, b) => a.getAttribute('row-index') - "
    shown += "b.getAttribute('row-index')).map(r => r.querySelector('[col-id=table]').textContent)"
    before = person.page.evaluate(shown)
    assert before == sorted(before, reverse=True)
    other = another(browser, site, administrator)
    other.go(person.page.url.removeprefix(person.at))
    assert other.page.evaluate(shown) == before
    wanted = {"filter": {"filterModel": {"table": {"filterType": "text", "type": "equals", "filter": "demand"}}}}
    other.go("/chain?t.tables=" + json.dumps(wanted))
    assert other.page.evaluate(shown) == ["demand"]
    other.go("/chain?t.tables={not JSON")
    assert len(other.page.evaluate(shown)) > 1


def test_views_open_again_from_their_address(site: Site, browser: Any, administrator: Person) -> None:
    """Chosen plan, site and week, test and die, lots to compare, chart and product; each in a browser of its own."""
    person = another(browser, site, administrator)
    for path, holds in (
        ("/plan?plan=1&why=CAR&demand=35", "Programs by week"),
        ("/plan/compare?first=2&second=1", "Plan 1"),
        ("/chain?site=OSAT-1&week=2027-W01", "OSAT-1 in 2027-W01"),
        ("/lots/1?test=1000", "Wafers"),
        ("/lots?state=held", ""),
        ("/compare?a=number%3A2&b=number%3A3", ""),
        ("/quality?test=1000&kind=ewma&by=wafer", "Points of the chart"),
        ("/match?need=NOTHING", ""),
        ("/search?q=SIM", "Lots"),
    ):
        person.go(path)
        assert person.page.url == person.at + path
        assert not holds or person.page.locator(f"h2:has-text('{holds}')").count(), path
    person.go("/compare?a=number%3A2&b=number%3A3")
    assert person.page.locator("select#a").input_value() == "number:2"
    person.go("/quality?test=1000&kind=ewma&by=wafer")
    assert person.page.locator("select#kind").input_value() == "ewma"
