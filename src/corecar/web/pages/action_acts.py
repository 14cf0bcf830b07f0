"""What is done with actions upon findings: opened, noted, confirmed by figures, closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from corecar.bridge.study.actions import Kind
from corecar.bridge.study.gains import Figure, Measure
from corecar.web.pages.forms import Ask, form
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]


def opening(visitor: Visitor, products: Sequence[str]) -> None:
    """The form that opens an action upon a finding. products: that it may be about."""
    say = visitor.say

    def words(kind: Any) -> dict[str, str]:
        return {name: say.word(name) for name in get_args(kind)}

    asked = [
        Ask("finding", say("What was found, in a sentence"), kind="long", needed=True),
        Ask("kind", say("Kind of finding"), "yield", choices=words(Kind)),
        Ask("measure", say("What is compared before and after"), choices=words(Measure)),
        Ask("figure", say("Figure of it"), choices={"": say("the usual one")} | words(Figure)),
        Ask("subject", say("Test, or characteristic of assembly, that is compared")),
        Ask("product", say("Product"), choices={"": say("all")} | {name: name for name in products}),
        Ask("expected", say("Change that counts as the gain: 0.02 is a yield 2 points higher"), "", "decimal",
            needed=True),
        Ask("responsible", say("Who sees to it"), visitor.person, needed=True),
        Ask("due", say("Until when"), kind="date", needed=True),
    ]  # fmt: skip
    form(visitor, say("Open an action"), "action_open", asked)


def action_acts(visitor: Visitor, facts: Row) -> None:
    """The forms of an action that is not closed. facts: as `action_show` tells them."""
    say, fixed = visitor.say, {"action": int(facts["action"])}
    if facts["state"] == "closed":
        return
    form(visitor, say("Add a note"), "action_note",
         [Ask("text", say("What was done or found"), kind="long", needed=True)], fixed=fixed)  # fmt: skip
    asked = [
        Ask("changed", say("Day on which it took effect"), kind="date"),
        Ask("before", say("Or lots from before it, commas between"), kind="list"),
        Ask("after", say("and lots from after it"), kind="list"),
    ]
    told = say("Lots before and after are compared by the action's figure; the figures are kept.")
    form(visitor, say("Compare before and after"), "action_confirm", asked, fixed=fixed, told=told)
    reason = Ask("reason", say("Reason"), kind="long", needed=True)
    told = say("Its history and figures stay.")
    form(visitor, say("Close this action"), "action_close", [reason], fixed=fixed, told=told, danger=True)
