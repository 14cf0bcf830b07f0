"""Money on pages: always with its currency and as many digits as somebody decides by, in every language's own steps."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from corecar.report.quantities import DASH
from corecar.words import Words

STEPS = {"zh": ((1e8, "亿"), (1e4, "万"))}
"""By language, from which amount on it is told in what. Other languages take those of `ENGLISH`."""
ENGLISH = ((1e12, "tn"), (1e9, "bn"), (1e6, "M"))
HEADS = {"zh": ((1e8, "亿"), (1e4, "万"))}
"""The same for a column, all of whose cells share one."""
ENGLISH_HEADS = ((1e6, "M"), (1e3, "k"))
FULL = re.compile(r"(?P<sign>[+\-−]?)(?P<number>\d{1,3}(?:,\d{3}){2,})(?P<currency> [A-Z]{3})?\b")
"""An amount as verbs write it, to the last unit."""
MINUS = re.compile(r"(?<=[ (])-(?=\d)")
"""A hyphen that stands before a number."""
DIGITS = 3


@dataclass(frozen=True)
class Scale:
    """In what the money of a column is told. unit: with the currency, such as `M CNY`."""

    divisor: float
    unit: str
    decimals: int

    def show(self, value: float | None) -> str:
        """The amount in this unit; a dash where there is none."""
        return DASH if value is None else f"{value / self.divisor:,.{self.decimals}f}".replace("-", "−")


def money_scale(say: Words, values: Iterable[float | None], currency: str) -> Scale:
    """One scale for amounts that stand below each other, by the largest of them."""
    most = max((abs(value) for value in values if value is not None), default=0.0)
    divisor, step = next((each for each in HEADS.get(say.code, ENGLISH_HEADS) if most >= 10 * each[0]), (1.0, ""))
    decimals = 0 if most >= 1000 * divisor else 1 if divisor > 1 or most >= 100 else 2
    return Scale(divisor, f"{step} {currency}".strip(), decimals)


def money(say: Words, value: float, currency: str = "", *, signed: bool = False) -> str:
    """An amount with three digits and its currency: 816 M CNY, 1.27 bn CNY.

    signed  whether more is written with a plus
    """
    sign = "−" if value < 0 else "+" if signed else ""
    size, step = next(
        (each for each in STEPS.get(say.code, ENGLISH) if abs(value) >= each[0] * (1 - 0.5 / 10**DIGITS)), (1.0, "")
    )
    number = f"{abs(value) / size:#.{DIGITS}g}".rstrip(".") if step else f"{abs(value):,.0f}"
    if step and abs(value) / size >= 10**DIGITS:
        number = f"{abs(value) / size:,.0f}"
    return " ".join(part for part in (sign + number, step, currency) if part)


def with_money(say: Words, text: str, currency: str | None = None) -> str:
    """A sentence of a verb with its amounts of money as pages tell them; pieces are told in full.

    currency  of millions that stand without one, where such a sentence speaks of money alone; None where it does not
    """

    def shorter(found: re.Match[str]) -> str:
        paid = (found["currency"] or "").strip() or currency
        if paid is None:
            return found[0]
        value = float(found["number"].replace(",", "")) * (-1 if found["sign"] in ("-", "−") and found["sign"] else 1)
        return money(say, value, paid, signed=found["sign"] == "+")

    return MINUS.sub("−", FULL.sub(shorter, text))
