"""Recipes: which there are, what other widths of the limits would cost and let through, and how limits live."""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from corecar.screen.recipe import DEFAULT, SHIPPED
from corecar.web.pages.jobs import leaving
from corecar.web.pages.parts import Field, button, empty, heading, sentence, table
from corecar.web.pages.visitor import Visitor


async def recipes(visitor: Visitor, request: Request) -> None:
    say = visitor.say
    lots = (await visitor.call("lots", limit=1_000))["rows"]
    limits = (await visitor.call("limits_list"))["rows"]
    sentence(say("Limit sets kept: {count}.", count=len(limits)) if limits else say("No limit set is kept yet."))
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
    else:
        empty(say("No lot yet."), (say("Lots"), "/lots"))
    table(visitor, limits, "limit-sets", title=say("Limit sets: in force, waiting, to be reviewed"))
