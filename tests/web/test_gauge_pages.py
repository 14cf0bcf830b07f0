"""Gauge studies in a real browser: a table is sent in, its study opened, drawn and taken along, and retired."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.gauge_files import gauge_table
from tests.web.browsers import Person, Site, another


def test_a_table_of_readings_sent_in_becomes_a_study_that_is_drawn_and_retired(
    site: Site, browser: Any, administrator: Person, tmp_path: Path
) -> None:
    person = another(browser, site, administrator)
    page = person.page
    person.go("/quality")
    path = gauge_table(tmp_path / "readings.csv", noisy=False)
    page.set_input_files("input[type=file]", path)
    page.wait_for_selector("text=Fill this in first: Gauge")
    page.fill("#send-gauge", "handler <b>3</b>")
    page.set_input_files("input[type=file]", path)
    page.wait_for_selector('text=no column "value"')
    person.wrong.clear()  # the browser notes the refusal itself
    page.fill("#send-test", "vref, idd")
    page.fill("#send-operator", "site")
    page.set_input_files("input[type=file]", path)
    page.wait_for_url(re.compile("/quality/gauges/"))
    person.settle()
    assert person.said() == "Gauge study 2 of handler <b>3</b>: 2 tests, 2 good."
    assert page.locator("h1").inner_text() == "Gauge study 2: handler <b>3</b>"
    assert page.locator("figure svg[aria-label]").count() == 1
    person.go("/quality/gauges/2?test=vref")
    assert str(page.locator("figure svg").first.get_attribute("aria-label")).startswith("vref · %GRR")
    with page.expect_download() as given:
        page.locator(".grid-wrap").last.locator("button:has-text('CSV')").click()
    assert Path(given.value.path()).read_text("utf-8-sig").startswith("part,operator,trial,value")
    page.click("button:has-text('Retire this study')")
    page.fill(".card textarea", "the handler was sold")
    page.click(".card button:has-text('Retire this study')")
    page.wait_for_selector("dd:has-text('the handler was sold')")
    person.go("/quality")
    assert page.locator(".ag-cell:has-text('tester 7')").count() == 1
    assert page.locator(".ag-cell:has-text('handler')").count() == 0
    assert person.wrong == []
