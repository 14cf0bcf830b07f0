"""A count with its noun, for every sentence that a person reads."""

from __future__ import annotations


def plural(value: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "part"), plural(1200, "part"), plural(2, "die", "dies")
    ('1 part', '1,200 parts', '2 dies')
    """
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def are_left(value: int) -> str:
    """What remains, as a clause.

    >>> are_left(1), are_left(12)
    ('1 is left', '12 are left')
    """
    return f"{value} {'is' if value == 1 else 'are'} left"


def signed(value: float) -> str:
    """A change as a whole number with its sign; what rounds to nothing is no loss.

    >>> signed(-0.3), signed(-1200.6), signed(7)
    ('+0', '-1,201', '+7')
    """
    return f"{round(value):+,}"
