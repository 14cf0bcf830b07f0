"""One rule for temperatures as testers and people write them: `25C`, `+25`, `25.0 deg C` are all 25 degrees Celsius."""

from __future__ import annotations

import re
from decimal import Decimal

_DEGREES = re.compile(r"([+-]?[0-9]{1,6})(?:[.,]([0-9]{1,6}))?\s*(?:°|º|deg|degrees)?\.?\s*(?:c|celsius)?")


def temperature_c(text: str | None) -> str | None:
    """A temperature as its number in degrees Celsius; a text that is no such number stays, without its blanks.

    >>> [temperature_c(text) for text in ("25C", "+25", "25.0 °C", "-40,5 deg C", "ROOM", " ")]
    ['25', '25', '25', '-40.5', 'ROOM', None]
    """
    plain = (text or "").strip("\0 \t\r\n")
    found = _DEGREES.fullmatch(plain.replace("−", "-").replace("℃", "C").casefold())
    if found is None:
        return plain or None
    number = Decimal(f"{found[1]}.{found[2] or 0}")
    return f"{number:f}".rstrip("0").rstrip(".") if number else "0"


def same_temperature(one: str | None, other: str | None) -> bool:
    """Whether two texts tell the same temperature.

    >>> same_temperature("25C", "25"), same_temperature("25", "125"), same_temperature(None, " ")
    (True, False, True)
    """
    return temperature_c(one) == temperature_c(other)
