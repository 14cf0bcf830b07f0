"""A qualification begun: what it is of, which tests that needs, and then the plan that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from nicegui import ui
from starlette.requests import Request

from corecar.qualify.product import Grade, Package, Wire
from corecar.web.pages.agreement_acts import guarding
from corecar.web.pages.parts import Field, back, button, notes, sentence, table
from corecar.web.pages.visitor import Visitor

PRODUCT = "new product"
"""The choice of no change."""
SHOWN = ("test", "group", "name", "state", "lots", "units", "parts", "accept", "judged", "reference", "conditions",
         "why", "clause", "to_confirm")  # fmt: skip


async def new(visitor: Visitor, request: Request) -> None:
    """The page."""
    say = visitor.say
    back(say("Qualify"), "/qualify")
    sentence(
        say("What is brought in?"), say("Nothing is kept until you open it. Lists take commas between their words.")
    )
    changes = [str(row["change"]) for row in (await visitor.call("qualify_changes"))["rows"]]
    fields = _fields(visitor, changes)
    place = ui.element("div").props('aria-live="polite"')

    async def look() -> None:
        _planned(visitor, await visitor.call("qualify_plan", **plan_of(_given(fields))))

    async def keep() -> None:
        given = _given(fields)
        more = {name: given[name] for name in ("customer", "route") if given[name]}
        made = await visitor.call("qualify_open", **plan_of(given), **more)
        ui.navigate.to(f"/qualify/{made['number']}")

    with ui.element("div").classes("bar"):
        button(say("Which tests"), guarding(visitor, place, look))
        if visitor.may("qualify_open"):
            button(say("Open it"), guarding(visitor, place, keep), kind="main-act")
    place.move(target_index=-1)


def _fields(visitor: Visitor, changes: list[str]) -> dict[str, Field]:
    say = visitor.say
    fields: dict[str, Field] = {}
    with ui.element("div").classes("row"):
        fields["product"] = Field(say("Product"))
        words = {PRODUCT: say.word(PRODUCT)} | {name: say.word(name) for name in changes}
        fields["change"] = Field(say("New product, or which change"), value=PRODUCT, choices=words)
        fields["grade"] = Field(say("Temperature grade"), value="1", choices={str(n): str(n) for n in get_args(Grade)})
    with ui.element("div").classes("row"):
        fields["package"] = Field(say("Package"), choices={name: say.word(name) for name in get_args(Package)})
        fields["wire"] = Field(say("Wire"), value="copper", choices={name: say.word(name) for name in get_args(Wire)})
        fields["revision"] = Field(say("Revision of AEC-Q100"), value="H")
    with ui.element("div").classes("row"):
        fields["fact"] = Field(say("What else it is, such as memory=nonvolatile, power_w=2, modules"))
        fields["detail"] = Field(say("Details of the change, such as thinner-wire=no"))
    with ui.element("div").classes("row"):
        fields["customer"] = Field(say("Customer"))
        fields["route"] = Field(say("Route of the chain that its approval opens"))
    return fields


def _given(fields: Mapping[str, Field]) -> dict[str, str]:
    return {name: field.value.strip() for name, field in fields.items()}


def plan_of(given: Mapping[str, str]) -> dict[str, Any]:
    """What a form says, as `qualify plan` takes it."""
    lists = {name: [word.strip() for word in given[name].split(",") if word.strip()] for name in ("fact", "detail")}
    return {
        "product": given["product"], "grade": int(given["grade"]), "package": given["package"], "wire": given["wire"],
        "change": None if given["change"] == PRODUCT else given["change"], "revision": given["revision"], **lists,
    }  # fmt: skip


def _planned(visitor: Visitor, answer: Mapping[str, Any]) -> None:
    """The plan that would be kept."""
    sentence(str(answer["said"]))
    table(visitor, [{name: row[name] for name in SHOWN} for row in answer["rows"]], "plan-of-tests")
    notes([str(note) for note in answer["notes"]])
