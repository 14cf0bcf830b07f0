"""Recipes: which there are, what other widths of the limits would cost and let through, and how limits live."""

from __future__ import annotations

from collections import Counter
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.errors import NotFound
from corecar.screen.recipe import DEFAULT, SHIPPED
from corecar.web.pages.forms import Ask, form
from corecar.web.pages.jobs import leaving
from corecar.web.pages.limit_acts import limit_acts
from corecar.web.pages.missing import Missing, near
from corecar.web.pages.parts import Field, back, button, empty, facts, heading, notes, sentence, table
from corecar.web.pages.visitor import Visitor


async def recipes(visitor: Visitor, request: Request) -> None:
    say = visitor.say
    lots = (await visitor.call("lots", limit=1_000))["rows"]
    limits = (await visitor.call("limits_list"))["rows"]
    counts = Counter(str(row["state"]) for row in limits)
    states = say(", ").join(f"{count:,} {say.word(state)}" for state, count in counts.items())
    told = say("Limit sets kept: {count} ({states}).", count=len(limits), states=states)
    due = min((str(row["review_by"]) for row in limits if row["review_by"]), default="")
    more = say("The next review is due by {day}.", day=due) if due else ""
    how = say("Limits are proposed of lots that were graded; another person approves them.")
    sentence(told if limits else say("No limit set is kept yet."), more if limits else how)
    table(visitor, limits, "limit-sets", title=say("Limit sets: in force, waiting, to be reviewed"),
          opens="/recipes/limits/{}", key="number")  # fmt: skip
    place = ui.element("div")
    if lots:
        heading(say("What other widths would cost and let through"))
        with ui.element("div").classes("row"):
            lot = Field(
                say("Lot"), value=str(lots[0]["lot"]), choices={str(row["lot"]): str(row["lot"]) for row in lots}
            )
            recipe = Field(say("Recipe"), value=DEFAULT, choices={name: name for name in SHIPPED})
            button(
                say("Draw the curve"),
                leaving(visitor, place, lambda: ("whatif", {"lot": lot.value, "recipe": recipe.value})),
                kind="main-act",
            )
            if visitor.may("limits_propose"):
                button(say("Propose limits of this lot"), leaving(visitor, place, lambda: _proposed(lot.value)))
        _two_recipes(visitor, str(lots[0]["lot"]))
    else:
        empty(say("No lot yet."), (say("Lots"), "/lots"))


def _two_recipes(visitor: Visitor, lot: str) -> None:
    """The form that screens lots by two recipes. lot: that stands in it at first."""
    say, names = visitor.say, {name: name for name in SHIPPED}
    asked = [
        Ask("a", say("Recipe"), DEFAULT, choices=names),
        Ask("b", say("against"), next(name for name in SHIPPED if name != DEFAULT), choices=names),
        Ask("lots", say("Lots, commas between"), lot, "list", needed=True),
    ]
    told = say("The same lots are screened by both; nothing is graded.")
    form(visitor, say("Compare two recipes"), "recipe_compare", asked, told=told)


def _proposed(lot: str) -> tuple[str, dict[str, Any]]:
    """Limits that one lot makes: fewer than the standard asks, so they are marked as preliminary."""
    return "limits_propose", {"sources": [lot], "preliminary": True}


async def limit_set(visitor: Visitor, request: Request) -> None:
    """One limit set: its limits, what they rest on, every step of its life, the next review."""
    say, number = visitor.say, request.path_params["number"]
    to_all = (say("Recipes"), "/recipes")
    every = (await visitor.call("limits_list"))["rows"]
    try:
        found = await visitor.call("limits_show", limit_set=number)
    except NotFound:
        known = {str(row["number"]): str(row["name"]) for row in every}
        told = say("There is no limit set {number} that you may see.", number=number)
        raise Missing(told, near(number, known, "/recipes/limits/{}"), to_all) from None
    back(say("Recipes"), "/recipes")
    sentence(found["said"])
    facts(say, found["facts"])
    limit_acts(visitor, found["facts"], every)
    table(visitor, found["history"], f"limits-{number}-history", title=say("What was decided"))
    table(visitor, found["limits"], f"limits-{number}", title=say("Limits"))
    if found["details"]["lots"]:
        notes([say("Made of the lots {lots}.", lots=say(", ").join(map(str, found["details"]["lots"])))])
    notes(found["notes"])
