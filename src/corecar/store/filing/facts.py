"""What is to be known of a run to file it, and how each fact is spelled."""

from __future__ import annotations

import re

from corecar.tables import RUNS

FACTS = ("customer", "product", "lot", "sublot", "stage", "temperature", "test_pass")
"""Found in this order, so that a rule of a later one may ask for the customer."""

NO_FIELDS = ("run", "source", "start", "finish")
COLUMNS = tuple(column.name for column in RUNS if column.name not in NO_FIELDS)
PLACES = ("path", "file", "folder")
FIELDS = (*PLACES, "customer", *COLUMNS)
"""What a rule may look at: the file's path, its last part, what stands before that, the customer found, and
columns of `runs`."""

LONGEST = {"customer": 200, "product": 200, "lot": 200, "sublot": 200, "stage": 100, "temperature": 40}
"""Characters of each fact that the catalogue holds."""

HIGHEST_PASS = 65535
"""`test_pass` is an uint16."""

_UNREADABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def unfit(fact: str, value: str) -> str | None:
    """Why the catalogue cannot hold a text as this fact; None when it can.

    >>> unfit("lot", "A530"), unfit("lot", "A\\x00530")
    (None, 'it holds characters that nobody can read')
    """
    if _UNREADABLE.search(value):
        return "it holds characters that nobody can read"
    longest = LONGEST.get(fact, len(value))
    return f"it has {len(value)} characters and at most {longest} are kept" if len(value) > longest else None


def test_pass_number(text: str) -> str | None:
    """The number of a test pass, from 1, in its plainest spelling; None when the text is no such number.

    >>> test_pass_number("02"), test_pass_number("0"), test_pass_number("R1")
    ('2', None, None)
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        return None
    return str(int(text)) if 1 <= int(text) <= HIGHEST_PASS else None
