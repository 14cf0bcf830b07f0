"""Names of columns and rows in use in the field, in English, Chinese and German: what each usually means.

The names stand in `names.csv`, one row per fact; an earlier row wins a name that two rows could claim.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files

PARTS, LOT, TESTS, READINGS = "parts", "lot", "tests", "readings"
"""Sections of a mapping; the names under `tests` are first cells of rows about tests, or headers in a long layout."""


def plain(text: str) -> str:
    """A name without case, blanks and joining marks, so that `X_COORD`, `x coord` and `X-Coord` are one."""
    return re.sub(r"[\s_\-.:/#]+", "", text.casefold())


def meaning(text: str, section: str) -> str | None:
    """The fact of a section that a name usually stands for, or None.

    >>> meaning("X_COORD", PARTS), meaning("上限", TESTS), meaning("VDD", PARTS)
    ('x', 'high_limit', None)
    """
    return _known()[section].get(plain(text))


@cache
def _known() -> dict[str, dict[str, str]]:
    """Section -> plain name -> fact."""
    known: dict[str, dict[str, str]] = {}
    text = files(__package__).joinpath("names.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        section = known.setdefault(row["section"], {})
        for name in row["names"].split("|"):
            section.setdefault(plain(name), row["fact"])
    return known
