"""A count with its noun, for every sentence that a person reads."""

from __future__ import annotations


def plural(value: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "part"), plural(1200, "part"), plural(2, "die", "dies")
    ('1 part', '1,200 parts', '2 dies')
    """
    return f"{value:,} {one if value == 1 else many or one + 's'}"
