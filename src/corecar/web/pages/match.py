"""Needs and offers: who should talk to whom, with reasons, and the meetings where they do."""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from corecar.web.pages.parts import button, empty, heading, notes, sentence, show_answer, table
from corecar.web.pages.visitor import Visitor

MEASURED = "/match?risk=measured"
"""The page with the risk of routes as lots tell it."""


async def match(visitor: Visitor, request: Request) -> None:
    say, need = visitor.say, request.query_params.get("need") or None
    measured = request.query_params.get("risk") == "measured"
    if need is not None:
        found = await visitor.call("match", need=need, explain=True, measured=measured)
        show_answer(visitor, found, f"need-{need}", without=("columns",))
        return
    needs = (await visitor.call("chain_tables"))["rows"]
    if not any(row["table"] in ("needs", "offers") for row in needs):
        empty(say("No need and no offer yet."), how_to=say("Fill in the tables needs and offers of the chain."))
        return
    found = await visitor.call("match", measured=measured)
    pairs = found["rows"]
    sentence(
        say(
            "Pairs that should talk: {pairs}, of needs: {needs}.",
            pairs=len(pairs),
            needs=len({row["need"] for row in pairs}),
        )
        if pairs
        else say("No offer fits a need.")
    )
    opens = "/match?need={}&risk=measured" if measured else "/match?need={}"
    other = say("Risk of routes as assumed") if measured else say("Risk of routes as measured")
    button(other, lambda: ui.navigate.to("/match" if measured else MEASURED))
    table(visitor, pairs, "pairs", opens=opens, key="need", title=say("Ranked pairs"))
    table(visitor, found.get("risks") or [], "risks", title=say("Risk of routes, measured beside assumed"))
    table(visitor, found.get("alone") or [], "alone", opens=opens, key="need",
          title=say("Needs that no offer fits, and the nearest miss"))  # fmt: skip
    notes(found["notes"])
    meetings = (await visitor.call("meeting_list"))["rows"]
    heading(say("Meetings"))
    if meetings:
        table(visitor, meetings, "meetings", opens="/meetings/{}", key="meeting")
    else:
        empty(say("No meeting yet."), how_to=say("Propose one with corecar meeting propose NAME."))


async def meeting(visitor: Visitor, request: Request) -> None:
    found = await visitor.call("meeting_show", meeting=int(request.path_params["meeting"]))
    show_answer(visitor, found, "meeting")


async def search(visitor: Visitor, request: Request) -> None:
    say, words = visitor.say, request.query_params.get("q", "").strip()
    if not words:
        empty(say("Write something to search for."))
        return
    every = (await visitor.call("lots", limit=100_000))["rows"]
    wanted = words.casefold()
    lots = [row for row in every if any(wanted in str(row[key]).casefold() for key in ("lot", "product", "customer"))]
    found = await visitor.call("match_search", words=words) if await _has_chain(visitor) else {"rows": []}
    sentence(
        say(
            "“{words}”: lots {lots}, needs and offers {others}",
            lots=len(lots),
            others=len(found["rows"]),
            words=words,
        )
    )
    table(visitor, lots, "lots", opens="/lots/{}", key="number", title=say("Lots"))
    table(visitor, found["rows"], "needs-and-offers", title=say("Needs and offers"))


async def _has_chain(visitor: Visitor) -> bool:
    return bool((await visitor.call("chain_tables"))["rows"])
