"""What a party does with a memorandum: offer, counter, refuse, withdraw, end, amend, renew; comment; take it along."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nicegui import ui

from corecar.web.pages.agreement_links import address_of
from corecar.web.pages.agreement_terms import path_told
from corecar.web.pages.agreement_view import View
from corecar.web.pages.frame import guarded
from corecar.web.pages.parts import Field, ask_reason, button, heading, notes
from corecar.web.pages.visitor import Visitor

Work = Callable[[], Awaitable[None]]
EDITED = {"revise": "agree_revise", "counter": "agree_counter", "amend": "agree_amend"}
"""What is done by changing terms in a form, and the verb of each."""
REASONED = {"refuse": "agree_refuse", "withdraw": "agree_withdraw", "end": "agree_end"}
AFTERWARDS = {"signed": ("amend",)}
"""What may be drafted by a form out of a memorandum in a state."""
RENEWED = ("signed", "ended")
"""States of memoranda that may be followed by another."""


def acts(visitor: Visitor, view: View) -> None:
    """The buttons of whoever has the right, and what anybody who sees it may take along."""
    say, place = visitor.say, ui.element("div").props('aria-live="assertive"')
    if len(view.may) > 1:
        _acting_for(visitor, view)
    ways = [*view.ways, *(AFTERWARDS.get(view.state, ()) if view.party else ())]
    with ui.element("div").classes("bar"):
        if "offer" in ways and visitor.may("agree_offer"):
            button(say("Offer it"), lambda: _offer(visitor, view), kind="main-act")
        if "sign" in ways and visitor.may("agree_signed"):
            button(say("Sign it"), lambda: ui.run_javascript("document.getElementById('sign').scrollIntoView()"),
                   kind="main-act")  # fmt: skip
        for way, label in _edits(visitor).items():
            if way in ways and visitor.may(EDITED[way]):
                button(label, opening(view, way))
        if view.state in RENEWED and view.party and visitor.may("agree_renew"):
            button(say("Renew it"), guarding(visitor, place, lambda: _renewed(visitor, view)))
        for way, label in _ends(visitor).items():
            if way in ways and visitor.may(REASONED[way]):
                button(label, _reasoned(visitor, view, way, label), kind="danger")
        button(say("PDF"), guarding(visitor, place, lambda: taken(visitor, view, "pdf")))
        button(say("Terms as JSON"), guarding(visitor, place, lambda: taken(visitor, view, "json")))


def _edits(visitor: Visitor) -> dict[str, str]:
    say = visitor.say
    return {"revise": say("Edit the draft"), "counter": say("Counter it"), "amend": say("Amend it")}


def _ends(visitor: Visitor) -> dict[str, str]:
    say = visitor.say
    return {"refuse": say("Refuse it"), "withdraw": say("Withdraw it"), "end": say("End it")}


def opening(view: View, way: str) -> Callable[[], None]:
    """Opens the form in which terms are changed."""
    to = f"{address_of(view.number)}/edit?act={way}&as={quote(view.party, safe='')}"
    return lambda: ui.navigate.to(to)


def _acting_for(visitor: Visitor, view: View) -> None:
    """A choice of the party that one acts for, where nobody can tell whose one is."""
    home = address_of(view.number)
    with ui.element("div").classes("row"):
        Field(visitor.say("You act for"), value=view.party, choices={name: name for name in view.may},
              changed=lambda name: ui.navigate.to(f"{home}?as={quote(name, safe='')}"))  # fmt: skip


def guarding(visitor: Visitor, place: ui.element, work: Work) -> Work:
    """Do something; what goes wrong is said in a place of the page."""

    async def go() -> None:
        place.clear()
        with place:
            await guarded(visitor, work())

    return go


def _reasoned(visitor: Visitor, view: View, way: str, label: str) -> Callable[[], None]:
    """Asks for the reason, then does it."""
    say = visitor.say

    async def do(reason: str) -> None:
        await visitor.call(REASONED[way], **view.acting, reason=reason)

    told = say("The parties see this, with your name and the reason: {parties}.", parties=say(", ").join(view.parties))
    if view.state == "draft":
        told = say("Nobody else has seen this draft; it goes.")
    return lambda: ask_reason(visitor, f"{label}: {view.number}", told, label, do)


def _offer(visitor: Visitor, view: View) -> None:
    """Ask until when an answer is awaited, and put the draft to the others."""
    say = visitor.say
    others = say(", ").join(each for each in view.parties if each != view.party)
    with ui.dialog(value=True) as dialog, ui.element("div").classes("card").props('role="dialog" aria-modal="true"'):
        heading(say("Offer {number}", number=view.number))
        notes([say("From now on these parties see it, and sign, counter or refuse it: {others}.", others=others)])
        until = Field(say("Answer until, if there is a last day"), kind="date")
        place = ui.element("div")

        async def go() -> None:
            await visitor.call("agree_offer", **view.acting, until=moment_of(until.value))
            dialog.close()
            ui.navigate.reload()

        with ui.element("div").classes("bar").style("margin-top:16px"):
            button(say("Offer it"), guarding(visitor, place, go), kind="main-act")
            button(say("Leave it"), dialog.close)


async def _renewed(visitor: Visitor, view: View) -> None:
    """Draft what follows, for the next span of the same length, and open it."""
    made = await visitor.call("agree_renew", number=view.number, party=view.party)
    ui.navigate.to(address_of(str(made["number"])))


def moment_of(day: str) -> datetime | None:
    """A day that somebody chose; None for none."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None


async def taken(visitor: Visitor, view: View, kind: str) -> None:
    """Hand over the newest PDF, which is what is signed next, or the terms as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{view.number}.{kind}"
        await visitor.call("agree_show", number=view.number, **{"pdf" if kind == "pdf" else "out": path})
        content = path.read_bytes()
    ui.download.content(content, path.name, "application/pdf" if kind == "pdf" else "application/json")


def commenting(visitor: Visitor, view: View) -> None:
    """What was said, and a place to say something."""
    say = visitor.say
    heading(say("Comments"))
    for row in view.comments:
        _comment(visitor, row)
    if not view.comments:
        notes([say("Nobody has said anything yet.")])
    if not view.party or not visitor.may("agree_comment"):
        return
    place = ui.element("div").props('aria-live="assertive"')
    with ui.element("div").classes("row"):
        text = Field(say("Your comment"), kind="long")
        top = ["", *(name for name in view.terms if name not in ("form", "number"))]
        field = Field(say("It is about"), choices={name: say.name(name) if name else say("the whole") for name in top})

        async def add() -> None:
            how = {"number": view.number, "party": view.party, "text": text.value, "field": field.value}
            await visitor.call("agree_comment", **how)
            ui.navigate.reload()

        button(say("Say it to the parties"), guarding(visitor, place, add))


def _comment(visitor: Visitor, row: Mapping[str, Any]) -> None:
    say = visitor.say
    about = f" · {path_told(say, str(row['field']))}" if row.get("field") else ""
    with ui.element("div").classes("said"):
        ui.label(f"{row['by']}, {row['party']} · {str(row['at'])[:16].replace('T', ' ')}{about}").classes("explanation")
        ui.label(str(row["text"]))
