"""The case for new machines as a page shows it: tiles, orders over the weeks, the frontier, then the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corecar.plurals import signed
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
        ("sums", say("Sums of money")), ("shared", say("With and without each")),
        ("parties", say("Who benefits, and who pays")), ("cells", say("What limits each cell")),
        ("assumptions", say("Assumed")),
    ):  # fmt: skip
        if key in answer:
            table(visitor, answer[key], f"case-{key}", title=title, currency=paid)
    notes(answer["notes"])


def draw_shared(visitor: Visitor, answer: Answer, currency: str) -> None:
    """The answer of `expand_shared`: cases side by side, who benefits, by program and what is in it."""
    say, paid = visitor.say, answer["details"]["currency"] or currency
    alone, last = answer["rows"][1], answer["rows"][-1]
    sentence(str(answer["said"]))
    tiles([
        (signed(last["vehicles_won"] - alone["vehicles_won"]).replace("-", "−"), say("vehicles won"), "#"),
        (money(say, last["margin_won"] - alone["margin_won"], paid, signed=True), say("margin won"), "#"),
        (money(say, last["own_money"] - alone["own_money"], paid, signed=True), say("own money"), "#"),
        (money(say, last["others_money"], paid), say("others' money"), "#"),
    ])  # fmt: skip
    for key, title in (
        ("rows", say("With and without each")), ("parties", say("Who benefits, and who pays")),
        ("shares", say("Margin by program and what is in it")), ("agreements", say("What memoranda lack")),
    ):  # fmt: skip
        table(visitor, answer[key], f"shared-{key}", title=title, currency=paid)
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
