"""Parts that screens rejected and that may ship all the same: proposed by one person, approved by another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corecar.store.override_states import STEPS
from corecar.web.pages.forms import Ask, form
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]


def override_acts(visitor: Visitor, found: Row, overrides: Sequence[Row]) -> None:
    """The forms of overrides of a lot: proposed of parts that its last grading rejected, approved, withdrawn.

    found  the answer of the verb `lot`; overrides: those of the lot
    """
    say, reason = visitor.say, Ask("reason", visitor.say("Reason"), kind="long", needed=True)
    graded: Mapping[str, Mapping[str, Sequence[str]]] = found["details"].get("screened_out") or {}
    screens = sorted({screen for units in graded.values() for rules in units.values() for screen in rules})
    if screens:
        asked = [
            Ask("parts", say("Parts, as W01,2,2 or by their identity; blanks between"), kind="places", needed=True),
            Ask("screens", say("Screens that rejected them: {names}", names=", ".join(screens)), screens[0], "list",
                needed=True),
            reason,
        ]  # fmt: skip
        told = say("It counts once another person approves it, and when the lot is graded again.")
        form(visitor, say("Propose that rejected parts may ship"), "override_propose", asked,
             fixed={"lot": f"number:{found['number']}"}, told=told)  # fmt: skip
    told = say("Another person approves than who proposed; your name and the reason stand in the history.")
    words = {"approve": say("Approve an override"), "withdraw": say("Withdraw an override")}
    for action, title in words.items():
        states = {step.now for step in STEPS if step.action == action}
        choices = {
            str(row["number"]): f"{row['number']}: {row['units']}" for row in overrides if row["state"] in states
        }
        if choices:
            form(visitor, title, f"override_{action}",
                 [Ask("override", say("Override"), kind="number", choices=choices), reason],
                 told=told if action == "approve" else "", danger=action == "withdraw")  # fmt: skip
