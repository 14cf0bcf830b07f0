"""What is done with a qualification: proposed, approved by another, refused, reopened; what it would earn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from corecar.web.pages.forms import Ask, form
from corecar.web.pages.visitor import Visitor


async def acts(visitor: Visitor, about: Mapping[str, Any]) -> None:
    """The forms of whoever has the right, by the state."""
    say, fixed = visitor.say, {"number": about["number"]}
    why = Ask("reason", say("Why"), kind="long", needed=True)
    with ui.element("div"):
        if about["own"]:
            await _steps(visitor, str(about["state"]), fixed, why)
        if about["route"]:
            told = say("The plan beside itself with the route {route} open from a week on.", route=about["route"])
            week = Ask("week", say("First week, such as 2027-W20"), needed=True)
            form(visitor, say("What would it earn"), "qualify_worth", [week], fixed=fixed, told=told)


async def _steps(visitor: Visitor, state: str, fixed: Mapping[str, Any], why: Ask) -> None:
    say = visitor.say
    if state in ("open", "refused"):
        form(visitor, say("Propose it"), "qualify_propose", [why], fixed=fixed,
             told=say("You say that the evidence is whole. Another person approves it."))  # fmt: skip
    if state == "proposed":
        until = Ask("until", say("Last day on which it counts, if there is one"), kind="date")
        form(visitor, say("Approve it"), "qualify_approve", [why, until], fixed=fixed,
             told=say("Who proposed it does not approve it. Its route counts in the next plan."))  # fmt: skip
        form(visitor, say("Refuse it"), "qualify_refuse", [why], fixed=fixed, danger=True,
             told=say("Evidence can be added again."))  # fmt: skip
    changes = (await visitor.call("qualify_changes"))["rows"]
    choices = {"": say("No change")} | {str(row["change"]): say.word(str(row["change"])) for row in changes}
    asked = [why, Ask("change", say("The change that was made"), choices=choices),
             Ask("detail", say("Details of the change, such as thinner-wire=no"), kind="list")]  # fmt: skip
    form(visitor, say("Reopen it"), "qualify_reopen", asked, fixed=fixed, danger=True,
         told=say("It counts no more. With a change, a new plan begins with the tests that it asks for."))  # fmt: skip
