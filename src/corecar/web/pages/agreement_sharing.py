"""With whom a memorandum is shared, what other systems call it, and its messages."""

from __future__ import annotations

import tempfile
from pathlib import Path

from nicegui import ui

from corecar.web.pages.agreement_acts import guarding
from corecar.web.pages.agreement_view import View
from corecar.web.pages.exports import as_zip
from corecar.web.pages.parts import Field, button, heading, notes, table
from corecar.web.pages.visitor import Visitor

LEVELS = ("standing", "volumes", "terms")
SPACE, GROUP = "data-space", "capacity-group"
"""What other systems call a memorandum: an agreement of a data space; the capacity group of a volume."""


async def sharing(visitor: Visitor, view: View) -> None:
    """Who else sees it, its identities elsewhere, its messages; and the buttons that change that."""
    say = visitor.say
    heading(say("Who else sees it"))
    table(visitor, view.shared, f"{view.number}-shares")
    if not view.shared:
        notes([say("Only its parties see it.")])
    if view.party and visitor.may("agree_share"):
        await _share(visitor, view)
    heading(say("What other systems call it"))
    links = [{name: row[name] for name in row if name != "identity"} | {"name": row["identity"]} for row in view.links]
    table(visitor, links, f"{view.number}-links")
    if view.party and visitor.may("agree_link"):
        _link(visitor, view)


async def _share(visitor: Visitor, view: View) -> None:
    say = visitor.say
    every = [str(row["party"]) for row in (await visitor.call("parties_list"))["rows"]]
    others = {name: name for name in every if name not in (*view.parties, visitor.party)}
    if not others:
        return
    place = ui.element("div")
    with ui.element("div").classes("row"):
        other = Field(say("Party"), value=next(iter(others)), choices=others)
        level = Field(say("How much of it"), value=LEVELS[0], choices={name: say.word(name) for name in LEVELS})

        async def do(verb: str, **more: str) -> None:
            await visitor.call(verb, number=view.number, other=other.value, party=view.party, **more)
            ui.navigate.reload()

        button(say("Let it see it"), guarding(visitor, place, lambda: do("agree_share", level=level.value)))
        button(say("No more"), guarding(visitor, place, lambda: do("agree_unshare")))


def _link(visitor: Visitor, view: View) -> None:
    say, place = visitor.say, ui.element("div")
    with ui.element("div").classes("row"):
        kinds = {SPACE: say("Agreement of a data space")}
        kinds |= {f"{GROUP} {at + 1}": say("Capacity group of volume {number}", number=at + 1)
                  for at in range(len(view.terms.get("volumes") or ()))}  # fmt: skip
        kind = Field(say("What"), value=SPACE, choices=kinds)
        identity = Field(say("Its identity there; empty takes it back"))

        async def keep() -> None:
            name, _, volume = kind.value.partition(" ")
            how = {"number": view.number, "kind": name, "identity": identity.value, "party": view.party}
            await visitor.call("agree_link", **how, volume=int(volume or 0))
            ui.navigate.reload()

        button(say("Keep it"), guarding(visitor, place, keep))
        button(say("Messages (Catena-X)"), guarding(visitor, place, lambda: _messages(visitor, view)))


async def _messages(visitor: Visitor, view: View) -> None:
    """Hand agreed capacity and comments over as messages, one zip."""
    with tempfile.TemporaryDirectory() as folder:
        await visitor.call("agree_messages", number=view.number, out=Path(folder) / "messages")
        content = as_zip(Path(folder) / "messages")
    ui.download.content(content, f"{view.number}-messages.zip", "application/zip")
