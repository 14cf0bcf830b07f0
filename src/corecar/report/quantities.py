"""Numbers as people of the trade write them: engineering prefixes, fitting digits, percentages, ppm, dashes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from corecar.plurals import plural as plural

DASH = "–"
"""What stands where nothing was measured; never a zero."""

PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}

_EXPONENTS = {symbol: exponent for exponent, symbol in PREFIXES.items() if symbol} | {"u": -6, "μ": -6}

_BASES = {
    "V": "V", "v": "V", "volt": "V", "volts": "V", "Vrms": "Vrms", "Vpp": "Vpp", "A": "A", "a": "A", "amp": "A",
    "amps": "A", "W": "W", "watt": "W", "watts": "W", "Ω": "Ω", "\u2126": "Ω", "ohm": "Ω", "ohms": "Ω", "Hz": "Hz",
    "hz": "Hz", "hertz": "Hz", "s": "s", "S": "S", "sec": "s", "secs": "s", "F": "F", "farad": "F", "H": "H",
    "henry": "H", "J": "J",
}  # fmt: skip
"""Units that take a prefix, by how tester files spell them. Single letters count only as listed."""

MOST_DIGITS = 7
"""A float32 reading carries no more significant digits than this."""


@dataclass(frozen=True)
class Scale:
    """A power of ten to divide by, and the unit that goes with it.

    >>> Scale(-3, "mV").of(0.0125)
    12.5
    """

    exponent: int
    unit: str

    def of(self, value: float) -> float:
        """The value in this scale's unit."""
        return value / 10.0**self.exponent if self.exponent >= 0 else value * 10.0**-self.exponent


def split_unit(unit: str | None) -> tuple[str, int, bool]:
    """A unit as written -> (base unit, power of ten in front of it, does it take a prefix).

    `MV` in capitals may mean milli or mega, so it is left as written; `MHZ` can only be mega.

    >>> split_unit("uA"), split_unit("OHM"), split_unit("%")
    (('A', -6, True), ('Ω', 0, True), ('%', 0, False))
    """
    written = (unit or "").strip()
    base = _base(written)
    if base:
        return base, 0, True
    prefix, rest = written[:1], written[1:]
    ambiguous = prefix == "M" and rest.isascii() and rest.isupper() and rest != "HZ"
    base = _base(rest) if prefix in _EXPONENTS and not ambiguous else None
    return (base, _EXPONENTS[prefix], True) if base else (written, 0, False)


def _base(written: str) -> str | None:
    """The base unit of a spelling, also of a quotient such as `V/s`; None when it takes no prefix."""
    head, slash, rest = written.partition("/")
    base = _BASES.get(head) or (_BASES.get(head.lower()) if len(head) > 1 else None)
    return base and base + slash + rest


def scale_for(values: Iterable[float | None], unit: str | None) -> Scale:
    """One scale for values that are read together (a row, an axis), by the largest finite magnitude among them.

    values  in the unit as written; None and non-finite ones do not count
    unit    as the file writes it; a prefix already in it is taken into account

    >>> scale_for([0.0125, 0.002], "V")
    Scale(exponent=-3, unit='mV')
    """
    base, written, takes_prefix = split_unit(unit)
    if not takes_prefix:
        return Scale(0, base)
    magnitude = max((abs(v) for v in values if v is not None and math.isfinite(v)), default=0.0)
    if magnitude == 0:
        return Scale(0, PREFIXES[written] + base)
    power = math.floor(math.log10(magnitude * (1 + 1e-6))) + written
    chosen = min(max(3 * math.floor(power / 3), min(PREFIXES)), max(PREFIXES))
    return Scale(chosen - written, PREFIXES[chosen] + base)


def decimals_written(c_format: str | None, scale: int | None) -> int | None:
    """Decimals, in the unit without prefix, that a test's own display format shows; None when it does not say.

    c_format  a C printf format such as `%9.3f` (STDF C_RESFMT)
    scale     the value is shown times ten to this power (STDF RES_SCAL)

    >>> decimals_written("%9.3f", 3)
    6
    """
    found = re.fullmatch(r"\s*%[-+ 0#]*\d*(?:\.(\d+))?l?([fFdiu])\s*", c_format or "")
    if not found:
        return None
    shown = int(found[1] or 6) if found[2] in "fF" else 0
    return shown + (scale or 0)


def number(value: float | None, decimals: int) -> str:
    """A number with thousands separated and a real minus sign; a dash for None and NaN.

    >>> number(-1234.5, 2), number(None, 2)
    ('−1,234.50', '–')
    """
    if value is None or not math.isfinite(value):
        return DASH
    if value and not 1e-9 <= abs(value) < 1e9:
        return _scientific(value)
    text = f"{value:,.{decimals}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def _scientific(value: float) -> str:
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa}e{int(exponent)}".replace("-", "−")


def decimals_for(magnitude: float | None, digits: int) -> int:
    """Decimals so that a number of this magnitude shows so many significant digits; at most nine.

    >>> decimals_for(12.5, 4), decimals_for(0.012, 2)
    (2, 3)
    """
    if not magnitude or not math.isfinite(magnitude):
        return 0
    return min(max(digits - 1 - math.floor(math.log10(abs(magnitude))), 0), 9)


@dataclass(frozen=True)
class Display:
    """How the numbers of one test are shown: one unit and one number of decimals for the whole row."""

    scale: Scale
    decimals: int

    def show(self, value: float | None, *, unit: bool = False) -> str:
        """The value in this display's unit, with the unit behind it when asked for; a dash when not measured."""
        if value is None or not math.isfinite(value):
            return DASH
        text = number(self.scale.of(value), self.decimals)
        return f"{text} {self.scale.unit}" if unit and self.scale.unit else text


def display_for(
    values: Iterable[float | None], unit: str | None, *, spread: float | None = None, written: int | None = None
) -> Display:
    """The display of numbers that stand together.

    values   what will be shown, in the unit as written (largest magnitude sets the prefix)
    unit     as written
    spread   a standard deviation: it shows at least two digits
    written  decimals of the test's own format, see `decimals_written`

    >>> display_for([0.0125], "V", written=4).show(0.0125, unit=True)
    '12.5 mV'
    """
    finite = [abs(v) for v in values if v is not None and math.isfinite(v)]
    largest = max(finite, default=0.0)
    scale = scale_for(finite, unit)
    most = decimals_for(scale.of(largest), MOST_DIGITS)
    wanted = decimals_for(scale.of(largest), 4) if written is None else max(written + scale.exponent, 0)
    if spread and math.isfinite(spread):
        wanted = max(wanted, decimals_for(scale.of(spread), 2))
    return Display(scale, min(wanted, most))


def quantity(value: float | None, unit: str | None, *, written: int | None = None) -> str:
    """One value with its unit and the prefix that fits.

    >>> quantity(0.0125, "V"), quantity(3.2e-9, "A"), quantity(None, "V")
    ('12.50 mV', '3.200 nA', '–')
    """
    return display_for([value], unit, written=written).show(value, unit=True)


def count(value: int | None) -> str:
    """A whole number with thousands separated; a dash for None."""
    return DASH if value is None else f"{value:,}"


def share(part: int | None, whole: int | None) -> str:
    """A part of a whole in percent, in ppm below 0.1 %; a dash when there is no whole.

    `100 %` and `0` stand only for all and none.

    >>> share(1332, 1456), share(3, 40_000), share(9_999, 10_000), share(5, 5), share(1, 0)
    ('91.5 %', '75 ppm', '99.99 %', '100 %', '–')
    """
    if part is None or not whole:
        return DASH
    if part in (0, whole):
        return "100 %" if part else "0 %"
    fraction = part / whole
    if fraction < 0.001:
        return f"{fraction * 1e6:,.3g} ppm" if fraction < 1e-5 else f"{fraction * 1e6:,.0f} ppm"
    decimals = 1
    while decimals < 4 and round(fraction * 100, decimals) >= 100:
        decimals += 1
    return f"{fraction * 100:.{decimals}f} %"


def percent(fraction: float) -> str:
    """`3.3%`; more digits where fewer would show nothing, or all, of what is neither: `0.004%`.

    What a sum of float64 leaves beside nothing or all is nothing or all: less than a ten-millionth of a percent.
    """
    decimals = 1
    fraction = round(fraction, 9) + 0.0
    while decimals < 6 and fraction not in (0, 1) and round(abs(fraction) * 100, decimals) in (0, 100):
        decimals += 1
    return f"{fraction:.{decimals}%}"
