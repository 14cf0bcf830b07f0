"""Tables of standards that have columns of their own: the tests of a qualification, changes, rules for family data."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

TABLED = (
    "q100_revisions",
    "q100_tests",
    "q100_changes",
    "q100_letters",
    "q006_steps",
    "q104_tests",
    "test_durations",
    "family_rules",
    "ppap_elements",
    "quality_tables",
    "quality_templates",
)
"""Each a CSV of this name; every row says its clause, and `unconfirmed` names columns that no standard here gives."""
UNCONFIRMED = "template, to be confirmed"


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a table in the file's order, every cell as written.

    >>> table("q100_revisions")[0]["revision"]
    'H'
    """
    text = files(__name__.rpartition(".")[0]).joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
