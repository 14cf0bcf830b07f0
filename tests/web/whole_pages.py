"""What every page must be: drawn without a complaint, no wider than its window, usable by all, in its language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.web.addresses import LACKING
from tests.web.browsers import Person

if TYPE_CHECKING:
    from playwright.sync_api import Page

ENGLISH_ANYWAY = re.compile(
    r"[\d\W_]*|Corecar|English|root|Cpk?|BPN[LSA]|GRR|PPAP|Ppk?|Cpm|HHI|ppm|[XYAB]|CSV|SVG|PNG", re.I
)
"""Heads of columns that are the same in Chinese."""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def check_whole(person: Person, path: str, *, language: str, light: str) -> None:
    """Open a page and hold it against all of this; in English also that what it shows can be taken along."""
    person.go(path)
    assert person.wrong == [], path
    assert person.page.locator(".problem").count() == 0, path
    check_no_wider(person.page, path)
    assert language != "en-US" or person.page.evaluate(LACKING) == [], path
    check_usable_by_all(person.page, f"{path} ({light})")


def check_no_wider(page: Page, path: str) -> None:
    """Nothing needs sideways scrolling."""
    wide = page.evaluate(WIDER)
    assert wide <= 0, f"{path} scrolls sideways by {wide} px"


def check_usable_by_all(page: Page, path: str) -> None:
    """No serious fault of accessibility, by axe."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    worst = {
        (fault["id"], node["html"][:160])
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    }
    assert worst == set(), path


def english_in(page: Page, places: str) -> list[str]:
    """Texts at places (a CSS selector) that have English words on a Chinese page and need not."""
    texts = page.locator(places).all_inner_texts()
    return [text for text in texts if re.fullmatch(r"[\x00-\x7f]+", text) and not _same_in_chinese(text)]


def _same_in_chinese(text: str) -> bool:
    return ENGLISH_ANYWAY.fullmatch(text.strip()) is not None or bool(re.search(r"\d", text))
