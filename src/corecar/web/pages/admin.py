"""Admin: people and parties, mail to oneself, tokens, who did what."""

from __future__ import annotations

from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.bridge.access import ROLES
from corecar.errors import CorecarError
from corecar.web.pages.admin_acts import party_acts, people_acts, token_acts
from corecar.web.pages.frame import guarded
from corecar.web.pages.mail import mail_section
from corecar.web.pages.parts import Field, button, facts, heading, notes, sentence, table
from corecar.web.pages.visitor import Visitor


async def admin(visitor: Visitor, request: Request) -> None:
    say = visitor.say
    me = await visitor.call("me")
    sentence(say("You are {person} of {party}.", person=visitor.person, party=visitor.party))
    may = say(", ").join(say.word(word) for word in str(me["facts"]["may"]).split(", "))
    facts(say, me["facts"] | {"may": may})
    if visitor.may("people_add"):
        await _people(visitor, str(request.base_url).rstrip("/"))
    await mail_section(visitor)
    heading(say("Tokens"))
    place = ui.element("div")
    with ui.element("div").classes("row"):
        name = Field(say("What the token is for"))

        async def make() -> None:
            await guarded(visitor, _token(visitor, place, name.value))

        button(say("Make a token"), make)
    tokens = (await visitor.call("tokens_list"))["rows"]
    table(visitor, tokens, "tokens")
    token_acts(visitor, tokens)
    try:
        rows = (await visitor.call("audit"))["rows"]
    except CorecarError as error:
        notes([str(error)])
        return
    table(visitor, rows, "audit", title=say("Who did what"))


async def _people(visitor: Visitor, at: str) -> None:
    say = visitor.say
    heading(say("People"))
    parties = (await visitor.call("parties_list"))["rows"]
    place = ui.element("div")
    with ui.element("div").classes("row"):
        person = Field(say("Name"))
        party = Field(say("Party"), value=visitor.party, choices={row["party"]: row["party"] for row in parties})
        role = Field(say("Role"), value="engineer", choices={name: say.word(name) for name in ROLES})

        async def add() -> None:
            how: dict[str, Any] = {"person": person.value.strip(), "party": party.value, "role": role.value}
            await guarded(visitor, _link(visitor, place, at, how))

        button(say("Add, and make a link"), add, kind="main-act")
    people = (await visitor.call("people_list"))["rows"]
    table(visitor, people, "people")
    people_acts(visitor, people)
    table(visitor, parties, "parties", title=say("Parties"), opens="/parties/{}", key="party")
    party_acts(visitor)


async def _link(visitor: Visitor, place: ui.element, at: str, how: dict[str, Any]) -> None:
    await visitor.call("people_add", **how)
    made = await visitor.call("people_link", person=how["person"])
    place.clear()
    with place:
        facts(visitor.say, {"link": f"{at}{made['secret']}"})
        notes([visitor.say("It holds once and for two days; hand it over yourself.")])


async def _token(visitor: Visitor, place: ui.element, name: str) -> None:
    made = await visitor.call("tokens_add", name=name.strip())
    place.clear()
    with place:
        facts(visitor.say, {"token": made["secret"]})
        notes([visitor.say("It is shown once. Keep it like a password.")])
