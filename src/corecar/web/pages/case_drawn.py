"""The case for new machines as a page shows it: tiles, orders over the weeks, the frontier, then the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corecar.report.figures.money_frontier import money_frontier
from corecar.report.figures.order_line import order_line
from corecar.report.quantities import DASH
from corecar.web.pages.money import money
from corecar.web.pages.parts import notes, sentence, table, tiles
from corecar.web.pages.pictures import figure
from corecar.web.pages.visitor import Visitor
from corecar.words import Words

Answer = Mapping[str, Any]
DRAWN = 40
"""Orders of a drawing; the table has all."""


def draw_case(visitor: Visitor, answer: Answer, currency: str) -> None:
    """The answer of `expand_case`. currency: where the case says none"""
    say, details, earned = visitor.say, answer["details"], answer["earned"]
    paid = details["currency"] or currency
    sentence(str(answer["said"]))
    if answer["rows"]:
        tiles([
            (money(say, earned["paid"], paid), say("paid"), "#"),
            (f"{earned['won']:,}", say("vehicles won"), "#"),
            (money(say, earned["net_present_value"], paid), say("net present value"), "#"),
            (earned["payback"] or DASH, say("paid back"), "#"),
        ])  # fmt: skip
        timeline(say, answer)
    frontier(say, answer, answer["sums"])
    for key, title in (
        ("rows", say("What to order, and when")), ("effect", say("The plan without and with the orders")),
        ("sums", say("Sums of money")), ("cells", say("What limits each cell")), ("assumptions", say("Assumed")),
    ):  # fmt: skip
        table(visitor, answer[key], f"case-{key}", title=title, currency=paid)
    notes(answer["notes"])


def timeline(say: Words, answer: Answer) -> None:
    """Orders over the weeks of the plan; nothing where none are."""
    if answer["rows"]:
        details, said = answer["details"], say("Orders over the weeks of the plan")
        figure(say, order_line(answer["rows"][:DRAWN], details["first_week"], details["weeks"], said), said)


def frontier(say: Words, answer: Answer, rows: Any) -> None:
    """Money against what stays short, where several sums are."""
    if len(rows) > 1:
        details, said = answer["details"], say("What stays short for each sum of money")
        figure(say, money_frontier(rows, details["piece"], details["currency"], said), said)
