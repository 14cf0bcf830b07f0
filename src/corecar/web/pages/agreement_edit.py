"""Terms changed in a form, side by side: what lies on the table, and what one puts in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import events, ui
from nicegui.element import Element
from starlette.requests import Request

from corecar.web.pages.agreement_acts import AFTERWARDS, EDITED, moment_of
from corecar.web.pages.agreement_links import address_of
from corecar.web.pages.agreement_view import View, found_view, titled
from corecar.web.pages.file_drop import FileDrop
from corecar.web.pages.frame import guarded
from corecar.web.pages.missing import Missing
from corecar.web.pages.parts import back, heading, sentence
from corecar.web.pages.terms_fields import changes_of, form_groups
from corecar.web.pages.visitor import Visitor


class TermsForm(Element, component="terms_form.js"):
    """The terms on the table beside fields for others; what differs is marked. `done` tells what was changed."""

    def __init__(self, groups: list[dict[str, Any]], words: Mapping[str, str], extra: list[dict[str, str]]) -> None:
        super().__init__()
        self._props |= {"made": groups, "words": dict(words), "extra": extra}


async def edit(visitor: Visitor, request: Request) -> None:
    """The page. `act` in the address: revise, counter or amend; `as`: for which party."""
    say = visitor.say
    view = await found_view(visitor, request)
    way = request.query_params.get("act", "counter")
    number, home = view.number, address_of(view.number)
    if way not in EDITED or way not in (*view.ways, *AFTERWARDS.get(view.state, ())) or not view.party:
        state = say.word(view.state)
        told = say("{number} is {state}, and this is not for you to change now.", number=number, state=state)
        raise Missing(told, {}, (number, home))
    titled(_title(visitor, way, number))
    back(number, home)
    sentence(_told(visitor, view, way), say("Change fields on the right; what differs from the left is marked."))
    place = ui.element("div").props('aria-live="assertive"')
    form = TermsForm(form_groups(say, view.terms), _words(visitor, way), _extra(visitor, way))

    async def done(event: events.GenericEventArguments) -> None:
        told = event.args[0] if isinstance(event.args, list) else event.args
        place.clear()
        with place:
            if not await guarded(visitor, _taken(visitor, view, way, told)):
                ui.run_javascript("window.scrollTo(0, 0)")

    form.on("done", done)
    heading(say("Or send a whole file of terms in"))
    fixed = {"number": number, "party": view.party, **({"revision": view.revision} if way in view.ways else {})}
    FileDrop(visitor, say("Choose a file of terms (JSON), or drop it here"), verb=EDITED[way], field="terms",
             fixed=fixed, opens="/agreements/{}", key="number", several=False)  # fmt: skip


def _title(visitor: Visitor, way: str, number: str) -> str:
    say = visitor.say
    return {"revise": say("Edit the draft {number}", number=number), "counter": say("Counter {number}", number=number),
            "amend": say("Amend {number}", number=number)}[way]  # fmt: skip


def _told(visitor: Visitor, view: View, way: str) -> str:
    """What will happen, before it does."""
    say = visitor.say
    if way == "counter":
        return say("Your counter goes beside the terms of {party}; signatures of earlier terms become void.",
                   party=view.facts.get("proposed_by"))  # fmt: skip
    if way == "revise":
        return say("Nobody else sees the draft before you offer it.")
    return say("An amendment takes the place of {number} once all have signed it.", number=view.number)


def _words(visitor: Visitor, way: str) -> dict[str, str]:
    say = visitor.say
    before = {"revise": say("The draft"), "counter": say("On the table"), "amend": say("As signed")}[way]
    send = {"revise": say("Keep the draft"), "counter": say("Put it to the others"),
            "amend": say("Draft the amendment")}[way]  # fmt: skip
    return {
        "field": say("Field"), "before": before, "after": say("Yours"), "changed": say("changed"), "send": send,
        "undo": say("Take changes back"), "drop": say("remove"), "keep": say("keep it"),
        "count": say("Fields changed: {count}", count="COUNT"),
    }  # fmt: skip


def _extra(visitor: Visitor, way: str) -> list[dict[str, str]]:
    """What a counter says besides: why, and until when an answer is awaited."""
    say = visitor.say
    if way != "counter":
        return []
    return [{"name": "reason", "label": say("Why"), "kind": "text"},
            {"name": "until", "label": say("Answer until, if there is a last day"), "kind": "date"}]  # fmt: skip


async def _taken(visitor: Visitor, view: View, way: str, told: Mapping[str, Any]) -> None:
    how: dict[str, Any] = {"number": view.number, "party": view.party, "change": changes_of(told["changes"])}
    if way in view.ways:
        how["revision"] = view.revision
    if way == "counter":
        given = told["given"]
        how |= {"reason": str(given.get("reason") or ""), "until": moment_of(str(given.get("until") or ""))}
    made = await visitor.call(EDITED[way], **how)
    ui.navigate.to(address_of(str(made["number"])))
